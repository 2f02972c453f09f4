//! Giving records out as files: any collection, any selection of it, in any format, as it was at any date.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use super::features::{self, Coordinates, Record, Selection};
use super::{Context, Error, Result};
use crate::crs::Crs;
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::problem::Problem;
use crate::domain::schema::Schema;
use crate::domain::filter::{Frame, Test};
use crate::domain::text::{Lang, Names};
use crate::format::cql2;
pub use crate::format::write::ExportFormat;
use crate::format::write::{Error as WriteError, Export, Header, Outgoing};
use crate::store;
use crate::store::audit::{self, Deed};

/// What is to be given out.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its limit and page count as none: a file holds all.
    pub selection: Selection,
    pub format: ExportFormat,
    /// The system of the positions; the frame of the boundary where it is one and the format allows it.
    pub crs: Option<Crs>,
    /// Records, at most.
    pub limit: Option<i64>,
}

/// Batches that are read ahead of the writer.
const AHEAD: usize = 2;

fn fault(error: WriteError) -> Error {
    match error {
        WriteError::Refused(problem) => Error::Refused(problem),
        error => Error::Fault(Box::new(error)),
    }
}

/// What a file says about itself, and the selection in the system that it says.
async fn header(cx: &Context, request: &Request) -> Result<(Header, Selection)> {
    let mut selection = request.selection.clone();
    let mut conn = cx.db.acquire().await?;
    let now = cx.clock.now();
    let boundaries: Vec<Held<Boundary>> = match &selection.boundary {
        Some(key) => store::boundary::by_key(&mut conn, now, key).await?.into_iter().collect(),
        None => store::boundary::list(&mut conn, now).await?,
    };
    let frame = match boundaries.as_slice() {
        [one] => Some(&one.record.frame),
        _ => None,
    };
    let drawn = Crs::lookup("EPSG:4326").map_err(Problem::from)?;
    let crs = match (&request.crs, frame) {
        (Some(crs), _) => crs.clone(),
        (None, Some(frame)) if !request.format.is_wgs84_only() => frame.crs.clone(),
        (None, _) => drawn.clone(),
    };
    selection.coordinates = if crs.code() == drawn.code() {
        Coordinates::Display
    } else {
        Coordinates::System(crs.clone())
    };
    let mut notice = Names::default();
    for lang in Lang::ALL {
        let mut said: Vec<&str> = boundaries.iter().filter_map(|held| held.record.notice.get(lang)).collect();
        said.dedup();
        if !said.is_empty() {
            notice = notice.with(lang, said.join(" "));
        }
    }
    let version = features::version(cx, selection.schema).await?;
    let header = Header {
        schema: selection.schema,
        fields: selection.fields(),
        title: title(selection.schema, &boundaries),
        epoch: frame.filter(|frame| frame.crs.code() == crs.code()).and_then(|frame| frame.epoch),
        crs,
        version: format!("{}-{version}", selection.schema.collection),
        licence: notice.get(Lang::En).unwrap_or("no licence is stated: not for publication").to_owned(),
        notice,
        made_at: now,
    };
    Ok((header, selection))
}

fn title(schema: &Schema, boundaries: &[Held<Boundary>]) -> String {
    match boundaries {
        [one] => format!("{} – {}", schema.title.en, one.record.names.best(Lang::En).unwrap_or(&one.record.key)),
        _ => schema.title.en.to_owned(),
    }
}

/// Notes that something was given out.
async fn note(cx: &Context, request: &Request) -> Result<()> {
    let mut tx = cx.db.begin().await?;
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.actor,
        action: "export",
        kind: request.selection.schema.collection,
        subject: request.selection.boundary.clone().unwrap_or_else(|| "all".to_owned()),
        reason: None,
        detail: json!({ "format": request.format.word(), "crs": request.crs.as_ref().map(Crs::code) }),
    };
    audit::append(&mut tx, deed).await?;
    Ok(store::commit(tx).await?)
}

/// Writes batches as they come, on a thread of its own; the number of records.
fn write(mut export: Export<'_>, mut batches: mpsc::Receiver<Vec<Record>>) -> std::result::Result<u64, WriteError> {
    while let Some(batch) = batches.blocking_recv() {
        for record in &batch {
            let mut geometry = record.geometry.clone();
            if let Some(geometry) = &mut geometry {
                geometry.wind();
            }
            export.feature(&Outgoing {
                feature_id: record.feature_id,
                values: &record.values,
                geometry: geometry.as_ref(),
            })?;
        }
    }
    export.finish()
}

/// Reads the selection into the writer; ends early when the writer has.
async fn read(
    cx: &Context,
    selection: &Selection,
    limit: Option<i64>,
    writer: mpsc::Sender<Vec<Record>>,
) -> Result<()> {
    let mut left = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    features::each(cx, selection, async |mut batch: Vec<Record>| {
        batch.truncate(left);
        left -= batch.len();
        writer.send(batch).await.is_ok() && left > 0
    })
    .await
}

/// Writes a file at `path`; the number of records in it.
///
/// # Errors
/// A refusal when the format cannot hold what was asked for; a fault when the file cannot be written.
pub async fn to_file(cx: &Context, request: &Request, path: &Path) -> Result<u64> {
    let (header, selection) = header(cx, request).await?;
    note(cx, request).await?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (format, place) = (request.format, path.to_owned());
    let writer = tokio::task::spawn_blocking(move || write(Export::to_file(format, header, &place)?, receiver));
    let read = read(cx, &selection, request.limit, sender).await;
    // What the writer says went wrong is why the reader could not go on.
    let written = writer.await?.map_err(fault)?;
    read?;
    Ok(written)
}

/// A file that is being given out: pieces as they are written, or a whole file that is to be sent and then removed.
pub enum Given {
    Stream(mpsc::Receiver<io::Result<Bytes>>),
    File(tempfile::TempPath),
}

/// Hands what is written on to whoever reads the answer.
struct Pipe(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pipe {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.blocking_send(Ok(Bytes::copy_from_slice(piece))).map_err(gone)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives a selection out. Formats that are streams begin to flow at once.
///
/// # Errors
/// As [`to_file`].
pub async fn give(cx: &Context, request: Request) -> Result<Given> {
    if !request.format.is_stream() {
        let scratch: PathBuf = std::env::temp_dir();
        let path = tempfile::Builder::new()
            .prefix("merestone-export-")
            .suffix(&format!(".{}", request.format.extension()))
            .tempfile_in(scratch)
            .map_err(|fault| Error::Fault(fault.into()))?
            .into_temp_path();
        to_file(cx, &request, &path).await?;
        return Ok(Given::File(path));
    }
    let (header, selection) = header(cx, &request).await?;
    note(cx, &request).await?;
    let (pieces, given) = mpsc::channel(AHEAD);
    let (sender, receiver) = mpsc::channel(AHEAD);
    let out = Pipe(pieces.clone());
    let format = request.format;
    // What the format cannot hold is refused before the answer begins.
    let (ready, begun) = tokio::sync::oneshot::channel();
    let writer = tokio::task::spawn_blocking(move || match Export::to_stream(format, header, out) {
        Ok(export) => {
            let _ = ready.send(Ok(()));
            write(export, receiver).map(drop)
        }
        Err(error) => {
            let _ = ready.send(Err(error));
            Ok(())
        }
    });
    match begun.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(fault(error)),
        Err(gone) => return Err(Error::Fault(gone.into())),
    }
    let cx = cx.clone();
    tokio::spawn(async move {
        let read = read(&cx, &selection, request.limit, sender).await;
        let written = writer.await;
        let broke = match (read, written) {
            (Err(error), _) => Some(error.to_string()),
            (_, Ok(Err(error))) => Some(error.to_string()),
            (_, Err(error)) => Some(error.to_string()),
            _ => None,
        };
        if let Some(fault) = broke {
            tracing::error!(%fault, "an export broke off");
            // Cut short, so that nobody takes a part for the whole.
            let _ = pieces.send(Err(io::Error::other(fault))).await;
        }
    });
    Ok(Given::Stream(given))
}

/// A filter in CQL2 text, its geometries in degrees, longitude first.
///
/// # Errors
/// A refusal that tells the place of the mistake.
pub fn filter(text: &str, schema: &Schema) -> Result<Test> {
    let lonlat = |position: [f64; 2]| Some(position);
    let frame = Frame { geographic: true, lonlat: &lonlat };
    let language = cql2::Language::of(Some("cql2-text"), text)?;
    Ok(cql2::read(language, text, schema, &frame)?)
}
