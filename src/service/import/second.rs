//! A file that would put something binding into force: kept, proposed, and taken over when a second person has approved it.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use super::{Outcome, Request, What, batch, boundary, file_in, kind};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::NOWHERE;
use crate::domain::text::{Message, hex};
use crate::service::proposal::{self, FileDeed};
use crate::service::{Context, Error, Result};
use crate::store;

/// Records that are named to who approves.
const NAMED: usize = 200;
/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;
/// Formats of several files beside one another, by the ending of the one that is named.
const OF_PARTS: [&str; 4] = ["shp", "tab", "mif", "dbf"];

/// Proposes a file that was tried; the number of the proposal.
///
/// # Errors
/// When its bytes cannot be kept, or the database breaks.
pub(super) async fn propose(
    cx: &Context,
    conn: &mut store::Conn,
    request: &Request<'_>,
    outcome: &Outcome,
    class: Class,
) -> Result<i64> {
    let schema = kind(request.collection)?;
    let held = boundary(cx, conn, request).await?;
    // A file may reach all sections of a boundary, so it is approved by who may approve all of it.
    let place = held.map_or(NOWHERE, |held| held.id.uuid());
    let sha256 = match request.sha256 {
        Some(sha256) => sha256.to_owned(),
        None => keep(cx, request.path).await?,
    };
    let written = outcome.rows.iter().filter(|row| is_written(&row.what));
    let deed = FileDeed {
        asked: request.asked(),
        name: outcome.file.clone(),
        sha256,
        plan: plan(outcome),
        created: outcome.created() as u64,
        changed: outcome.changed() as u64,
        first: written
            .take(NAMED)
            .map(|row| format!("{} {}", row.what.word(), row.label))
            .collect(),
    };
    proposal::file(cx, conn, schema, deed, class, &[place]).await
}

const fn is_written(what: &What) -> bool {
    matches!(what, What::New | What::Changed(_))
}

/// Digest of what becomes of each row.
fn plan(outcome: &Outcome) -> String {
    let mut digest = Sha256::new();
    for row in outcome.rows.iter().filter(|row| is_written(&row.what)) {
        let fields = match &row.what {
            What::Changed(fields) => fields.join(","),
            _ => String::new(),
        };
        for said in [row.collection, &row.place, &row.label, row.what.word(), &fields] {
            digest.update((said.len() as u64).to_le_bytes());
            digest.update(said);
        }
    }
    hex(&digest.finalize())
}

/// Keeps the bytes of a file of this machine; their digest.
async fn keep(cx: &Context, path: &Path) -> Result<String> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if path.is_dir() || ending.is_some_and(|ending| OF_PARTS.contains(&ending.as_str())) {
        return Err(Problem::new(
            Code::ParameterInvalid,
            Message::new(
                "What is to be in force wants a second person, until whose approval the file is kept; this one consists of \
                 several.",
                "生效内容须经第二人批准，在此之前需保存文件；而该文件由多个部分组成。",
            ),
            Message::new(
                "Put its parts into one zip, and take that over.",
                "请将各部分打包为一个 zip 文件后再导入。",
            ),
        )
        .into());
    }
    let mut file = tokio::fs::File::open(path).await.map_err(fault)?;
    let mut incoming = cx.originals.receive(cx.ids.next()).await?;
    let mut piece = vec![0; PIECE];
    loop {
        let n = file.read(&mut piece).await.map_err(fault)?;
        match piece.get(..n) {
            Some(read) if !read.is_empty() => incoming.write(read).await?,
            _ => break,
        }
    }
    Ok(hex(&incoming.keep().await?.sha256))
}

fn fault(error: std::io::Error) -> Error {
    Error::Fault(Box::new(error))
}

/// Takes a file over that was proposed and is approved; what was written, in numbers.
///
/// # Errors
/// [`Code::Stale`] when something else would become of its rows than what was proposed.
pub async fn again(cx: &Context, conn: &mut store::Conn, file: &FileDeed) -> Result<Value> {
    let digest: Option<[u8; 32]> = data_encoding::HEXLOWER
        .decode(file.sha256.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let digest = digest.ok_or_else(|| Error::Fault("a proposal names no file".into()))?;
    let path = cx.originals.path(&digest);
    let request = Request {
        name: Some(&file.name),
        sha256: Some(&file.sha256),
        ..file.asked.request(&path)
    };
    let outcome = file_in(cx, conn, &request).await?;
    if plan(&outcome) != file.plan {
        return Err(Problem::new(
            Code::Stale,
            Message::new(
                "Something else would become of the file's rows now.",
                "现在导入该文件的结果与提出时不同。",
            ),
            Message::new("Propose it anew.", "请重新提出。"),
        )
        .into());
    }
    batch::check_later(cx, conn, &request, &outcome).await?;
    Ok(json!({ "created": outcome.created(), "changed": outcome.changed() }))
}
