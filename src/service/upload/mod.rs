//! A file is handed in: its bytes are made safe, read, filed, and checked; the sender gets a numbered receipt.

mod read;
pub mod receipt;

use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::shown;
use super::{Context, Error, Result, not_found};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{NOWHERE, Realm, Verb};
use crate::domain::text::{Message, hex};
use crate::domain::upload::receipt_number;
use crate::service::caller::Via;
use crate::store::audit::Deed;
use crate::store::upload::{NewUpload, StoredUpload};
use crate::store::{self, audit, job, original, track};
use receipt::{JobPart, KeptProblem, Receipt, TrackPart};

/// A receipt, and whether these bytes came for the first time.
pub struct Received {
    pub receipt: Receipt,
    pub is_new: bool,
}

/// Takes a file: stores its bytes durably, reads it, files its tracks and queues their checking.
///
/// A file that cannot be read is kept as it came and answered with a receipt whose `problem` says why; nothing of it is
/// in the register. The same bytes again give the same receipt.
///
/// # Errors
/// When the transfer breaks, the file is larger than the limit, there is no room, or the inspection does not exist.
pub async fn receive<E: std::fmt::Display>(
    cx: &Context,
    file_name: &str,
    inspection: Option<Uuid>,
    body: impl Stream<Item = std::result::Result<bytes::Bytes, E>> + Unpin,
) -> Result<Received> {
    cx.must(Verb::Upload, Realm::Field)?;
    // A device that was given to one inspection brings nothing to another.
    let inspection = match cx.caller.via {
        Via::Token {
            inspection: Some(own), ..
        } => {
            if inspection.is_some_and(|asked| asked != own) {
                return Err(not_found(
                    &Message::new("inspection", "检查"),
                    inspection.unwrap_or_default(),
                ));
            }
            Some(own)
        }
        _ => inspection,
    };
    let class = class_at(cx, inspection).await?;
    let kept = write_down(cx, file_name, body).await?.keep().await?;
    // A task of its own, so that a sender who hangs up cannot stop the filing half way.
    let (cx, file_name) = (cx.clone(), clean(file_name));
    tokio::spawn(async move { file_it(&cx, &file_name, inspection, class, kept).await }).await?
}

/// The class of what is handed in to an inspection: as narrow as the sender may give.
async fn class_at(cx: &Context, inspection: Option<Uuid>) -> Result<Class> {
    let mut places = vec![NOWHERE];
    if let Some(id) = inspection {
        // A device that only hands in sees no inspection; that it was given to one is enough.
        let mut conn = cx.whole_db().acquire().await?;
        let found = store::field::inspections(&mut conn, cx.clock.now(), None, Some(id)).await?;
        places = store::record::write::places(&mut conn, &[id]).await?;
        let rights = &cx.caller.rights;
        if found.is_empty()
            || !Class::ALL
                .iter()
                .any(|class| rights.may_with(Verb::Upload, Realm::Field, *class, &places))
        {
            return Err(not_found(&Message::new("inspection", "检查"), id));
        }
    }
    let may = |class: &Class| cx.caller.rights.may_with(Verb::Upload, Realm::Field, *class, &places);
    let class = Class::ALL.into_iter().rev().find(may).unwrap_or_default();
    cx.must_with(Verb::Upload, Realm::Field, class, &places)?;
    Ok(class)
}

/// The refusal of bytes that somebody else has handed in, to whom the sender may not look.
fn known_elsewhere(file_name: &str) -> Problem {
    Problem::new(
        Code::Conflict,
        Message::new(
            format!("{file_name} has been handed in before, by somebody else."),
            format!("{file_name} 已由他人提交。"),
        ),
        Message::new(
            "Nothing has to be done; ask them for the receipt.",
            "无需再次提交；可向其索取回执。",
        ),
    )
}

/// Writes a file down as it comes. What is not kept is taken away.
///
/// # Errors
/// When the transfer breaks, the file is larger than the limit, or there is no room.
pub(super) async fn write_down<E: std::fmt::Display>(
    cx: &Context,
    file_name: &str,
    mut body: impl Stream<Item = std::result::Result<bytes::Bytes, E>> + Unpin,
) -> Result<original::Incoming> {
    let mut incoming = cx.originals.receive(cx.ids.next()).await?;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|fault| broken_transfer(file_name, &fault.to_string()))?;
        if incoming.bytes() + piece.len() as u64 > cx.upload_limit {
            return Err(too_large(file_name, cx.upload_limit));
        }
        incoming.write(&piece).await?;
    }
    Ok(incoming)
}

async fn file_it(
    cx: &Context,
    file_name: &str,
    inspection: Option<Uuid>,
    class: Class,
    kept: original::Kept,
) -> Result<Received> {
    let mut tx = cx.db.begin().await?;
    let new = NewUpload {
        id: cx.ids.next(),
        sha256: kept.sha256,
        file_name,
        bytes: kept.bytes,
        received_at: cx.clock.now(),
        uploader: &cx.caller.name,
        inspection,
        class,
    };
    // Looked up first, because an insert that meets known bytes would use up a receipt number.
    let is_new = store::upload::by_sha256(&mut tx, &kept.sha256).await?.is_none()
        && store::upload::insert(&mut tx, &new).await?;
    let known = store::upload::by_sha256(&mut tx, &kept.sha256).await?;
    let Some(upload) = known else {
        return Err(known_elsewhere(file_name).into());
    };
    // A later release may read what an earlier one refused.
    let again = !is_new && store::upload::reopen(&mut tx, upload.upload_id).await?;
    if is_new {
        let detail = json!({ "file_name": file_name, "sha256": hex(&kept.sha256), "bytes": kept.bytes });
        deed(cx, &mut tx, "upload", &upload, detail).await?;
    }
    cx.commit(tx).await?;
    if is_new || again {
        read_and_file(cx, &upload).await?;
    }
    Ok(Received {
        receipt: by_id(cx, upload.upload_id).await?,
        is_new,
    })
}

/// Reads a stored file and files what it holds, in one transaction; or notes why it cannot be read.
async fn read_and_file(cx: &Context, upload: &StoredUpload) -> Result<()> {
    let path = cx.originals.path(&upload.sha256);
    let mut tx = cx.db.begin_long().await?;
    match read::read(cx, &mut tx, upload, &path).await {
        Ok(reading) => {
            let job_id = cx.ids.next();
            let payload = json!({ "upload": upload.upload_id });
            job::queue(&mut tx, job_id, "check_upload", payload, cx.clock.now()).await?;
            let stored = store::upload::Reading {
                format: &reading.format,
                summary: to_json(&receipt::Summary::from(&reading.summary))?,
                warnings: to_json(&receipt::warnings(&reading.warnings))?,
                warnings_total: reading.warnings.total(),
                job: job_id,
            };
            store::upload::set_read(&mut tx, upload.upload_id, stored).await?;
            cx.commit(tx).await?;
            cx.wake.notify_one();
            Ok(())
        }
        // Not the file's fault: it is read when it is sent again, or at the next start.
        Err(error) if error.is_passing() => Err(error),
        Err(Error::Refused(problem)) => {
            drop(tx);
            let problem = problem.in_file(&upload.file_name);
            let mut tx = cx.db.begin().await?;
            store::upload::set_refused(&mut tx, upload.upload_id, to_json(&KeptProblem::from(&problem))?).await?;
            deed(cx, &mut tx, "refuse", upload, json!({ "code": problem.code.slug() })).await?;
            cx.commit(tx).await?;
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

/// Reads the files whose reading an interruption of the service cut short. Called once at the start.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn resume(cx: &Context) -> Result<usize> {
    let mut conn = acquire(cx).await?;
    let waiting = store::upload::interrupted(&mut conn).await?;
    drop(conn);
    for upload in &waiting {
        read_and_file(cx, upload).await?;
    }
    Ok(waiting.len())
}

async fn deed(cx: &Context, conn: &mut store::Conn, action: &str, upload: &StoredUpload, detail: Value) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action,
        kind: "upload",
        subject: upload.upload_id.to_string(),
        reason: None,
        detail,
    };
    Ok(audit::append(conn, deed).await?)
}

/// The receipt of an upload.
///
/// # Errors
/// When there is no such upload.
pub async fn by_id(cx: &Context, id: Uuid) -> Result<Receipt> {
    let mut conn = acquire(cx).await?;
    let Some(upload) = store::upload::by_id(&mut conn, id).await? else {
        return Err(not_found(&Message::new("upload", "上传"), id));
    };
    let mut receipts = receipts(&mut conn, vec![upload]).await?;
    receipts
        .pop()
        .ok_or_else(|| not_found(&Message::new("upload", "上传"), id))
}

/// The newest receipts.
///
/// # Errors
/// When the database cannot be read.
pub async fn newest(cx: &Context, limit: i64) -> Result<Vec<Receipt>> {
    let mut conn = acquire(cx).await?;
    let uploads = store::upload::newest(&mut conn, limit).await?;
    receipts(&mut conn, uploads).await
}

/// Name and path of the original bytes.
///
/// # Errors
/// When there is no such upload.
pub async fn original(cx: &Context, id: Uuid) -> Result<(String, std::path::PathBuf)> {
    let mut conn = acquire(cx).await?;
    let upload = store::upload::by_id(&mut conn, id).await?;
    let upload = upload.ok_or_else(|| not_found(&Message::new("upload", "上传"), id))?;
    drop(conn);
    shown::original(cx, upload.class, id).await?;
    Ok((upload.file_name, cx.originals.path(&upload.sha256)))
}

async fn receipts(conn: &mut store::Conn, uploads: Vec<StoredUpload>) -> Result<Vec<Receipt>> {
    let ids: Vec<Uuid> = uploads.iter().map(|u| u.upload_id).collect();
    let tracks = track::of_uploads(conn, &ids).await?;
    let job_ids: Vec<Uuid> = uploads.iter().filter_map(|u| u.job_id).collect();
    let jobs = job::by_ids(conn, &job_ids).await?;
    let mut receipts = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let job = jobs.iter().find(|job| Some(job.job_id) == upload.job_id);
        let own = tracks.iter().filter(|t| t.upload_id == upload.upload_id);
        receipts.push(Receipt {
            id: upload.upload_id,
            number: receipt_number(upload.number),
            state: upload.state,
            filename: upload.file_name,
            sha256: hex(&upload.sha256),
            bytes: upload.bytes,
            received_at: upload.received_at,
            format: upload.format,
            inspection: upload.inspection_id,
            summary: serde_json::from_value(upload.summary).ok(),
            warnings: from_json(upload.warnings)?,
            warnings_total: upload.warnings_total,
            problem: upload
                .problem
                .map(from_json::<KeptProblem>)
                .transpose()?
                .map(Problem::from),
            job: job.map(|job| JobPart {
                id: job.job_id,
                state: job.state.clone(),
                progress: job.progress,
            }),
            results: from_json(upload.results)?,
            tracks: own
                .map(|t| TrackPart {
                    id: t.feature_id,
                    name: t.name.clone(),
                    fixes: t.n_fixes,
                    length_m: t.length_m,
                })
                .collect(),
        });
    }
    Ok(receipts)
}

pub(super) async fn acquire(cx: &Context) -> Result<store::PoolConn> {
    Ok(cx.db.acquire().await?)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|fault| Error::Fault(fault.into()))
}

fn from_json<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|fault| Error::Fault(fault.into()))
}

/// A name without folders, control and direction characters, or more than 200 characters; it is shown, never opened.
pub(super) fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // Marks of text direction would let a name be read as another.
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .take(200)
        .collect();
    if kept.trim().is_empty() {
        "unnamed".to_owned()
    } else {
        kept
    }
}

fn too_large(file_name: &str, limit: u64) -> Error {
    let megabytes = limit >> 20;
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("The file is larger than {megabytes} MB."),
            format!("文件大于{megabytes} MB。"),
        ),
        Message::new(
            "Split it by day or by section, or pack it: a track with gzip, other files with zip.",
            "请按天或按段拆分，或压缩后提交：航迹用 gzip，其他文件用 zip。",
        ),
    )
    .in_file(clean(file_name))
    .into()
}

fn broken_transfer(file_name: &str, fault: &str) -> Error {
    Problem::new(
        Code::BodyInvalid,
        Message::new(
            format!("The transfer broke off: {fault}."),
            format!("传输中断：{fault}。"),
        ),
        Message::new(
            "Send the file again; nothing of it was kept.",
            "请重新发送；未保留任何内容。",
        ),
    )
    .in_file(clean(file_name))
    .into()
}
