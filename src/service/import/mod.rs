//! Taking records over from files: a batch with its source, nothing binding until an instrument says so.
//!
//! [`border()`] founds a boundary with everything its file names. [`file`] brings the records of one collection up to
//! what a file says: new ones are created, changed ones get a further version, the rest is left alone, so that the same
//! file taken twice changes nothing.

mod batch;
mod border;
mod elements;
mod force;
mod history;
mod second;
mod sent;
mod ties;
mod told;

use std::path::Path;

pub use batch::{Outcome, Planned, Way, What};
pub(super) use border::boundary_place;
pub use border::{Taken, border};
pub(super) use second::again;
pub use sent::{Asked, Received, Sent, receive, take};
pub use told::json;

use super::answers::Begun;
use super::check::files::name;
use super::edit::Edit;
use super::features::Coordinates;
use super::{Context, Result, files, not_found, transformations};
use crate::crs::Crs;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Realm, Verb};
use crate::domain::schema::{self, Schema, Shape, Writes};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::format::draft;
use crate::format::register::ToFrame;
pub use crate::format::row::Mapping;
use crate::store;
use crate::unit::Epoch;

/// What a sender wants to be taken over.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    pub path: &'a Path,
    /// Name of the collection.
    pub collection: &'a str,
    /// Key of the boundary it belongs to; the only one there is when it is not named.
    pub boundary: Option<&'a str>,
    /// The file's system; when none is named that of the file, else the frame's own.
    pub crs: Option<&'a str>,
    /// The layer that is wanted, of a file with several.
    pub layer: Option<&'a str>,
    /// The encoding of the file's texts; wins over what it says.
    pub encoding: Option<&'a str>,
    pub mapping: Mapping,
    pub reason: Option<&'a str>,
    /// Key of the instrument by which the records are in force; without one they are imported and bind nobody.
    pub instrument: Option<&'a str>,
    /// Show what would be taken, take nothing.
    pub dry_run: bool,
    /// Take the good rows and name the bad ones, instead of taking nothing when one is bad.
    pub partial: bool,
    /// The epoch of its coordinates, where their system moves with the plates; the frame's own when not said.
    pub epoch: Option<Epoch>,
    /// What the sender calls the file, where the path does not say it.
    pub name: Option<&'a str>,
    /// The digest under which its bytes are kept, where they are.
    pub sha256: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// All of a file, as it says itself.
    pub fn new(path: &'a Path, collection: &'a str) -> Self {
        Self {
            path,
            collection,
            boundary: None,
            crs: None,
            layer: None,
            encoding: None,
            mapping: Mapping::default(),
            reason: None,
            instrument: None,
            dry_run: false,
            partial: false,
            epoch: None,
            name: None,
            sha256: None,
        }
    }

    /// What is wanted of the file, apart from where it is.
    fn asked(&self) -> Asked {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Asked {
            collection: self.collection.to_owned(),
            boundary: owned(self.boundary),
            crs: owned(self.crs),
            layer: owned(self.layer),
            encoding: owned(self.encoding),
            mapping: self.mapping.clone(),
            reason: owned(self.reason),
            instrument: owned(self.instrument),
            dry_run: self.dry_run,
            partial: self.partial,
            epoch: self.epoch,
        }
    }

    /// The file's name, for people.
    fn file(&self) -> String {
        self.name.map_or_else(|| name(self.path), str::to_owned)
    }
}

/// Rows of one file, at most: more is split by section.
const MOST_ROWS: usize = 2_000_000;

/// The kinds that are taken over from files, by the names of their collections.
pub fn collections() -> impl Iterator<Item = &'static str> {
    schema::ALL
        .iter()
        .filter(|schema| schema.writes == Writes::Versions)
        .map(|schema| schema.collection)
}

fn kind(collection: &str) -> Result<&'static Schema> {
    let known = schema::of(collection).filter(|schema| schema.writes == Writes::Versions);
    Ok(known.ok_or_else(|| {
        let names: Vec<&str> = collections().collect();
        Problem::new(
            Code::ParameterInvalid,
            Message::new(
                format!("{collection:?} is no collection that is taken over from files."),
                format!("“{collection}”不是可从文件导入的集合。"),
            ),
            Message::new(
                format!("Use one of {}.", names.join(", ")),
                format!("请使用：{}。", names.join("、")),
            ),
        )
    })?)
}

/// Takes one file over, in one transaction.
///
/// # Errors
/// A refusal that lists all mistakes of the file, unless the good rows were asked for; nothing of it is then in the
/// register.
pub async fn file(cx: &Context, request: &Request<'_>) -> Result<Outcome> {
    match file_once(cx, request).await? {
        Taking::Now(outcome) => Ok(outcome),
        Taking::Before(_) => Err(super::answers::not_kept()),
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Taking {
    Now(Outcome),
    /// It was taken over before, under the same key of its sender: what was told then, as [`json()`].
    Before(serde_json::Value),
}

/// Bytes of what is told of a file that are kept, at most.
const KEPT: usize = 4 << 20;

/// What is noted for who sends the same file under the same key.
fn to_tell_again(cx: &Context, outcome: &Outcome) -> serde_json::Value {
    if cx.keyed.is_none() {
        return serde_json::Value::Null;
    }
    let told = json(outcome, false);
    if told.to_string().len() > KEPT {
        return serde_json::Value::Null;
    }
    told
}

/// As [`file`]; under a key of the sender once only.
async fn file_once(cx: &Context, request: &Request<'_>) -> Result<Taking> {
    // A collection that there is not is refused below, with those that there are.
    if let Some(schema) = schema::of(request.collection) {
        cx.must(Verb::Record, Realm::of(schema.kind))?;
    }
    let mut tx = match cx.claim(cx.db.begin_long().await?).await? {
        Begun::Now(tx) => tx,
        Begun::Before(serde_json::Value::Null) => return Err(super::answers::not_kept()),
        Begun::Before(told) => return Ok(Taking::Before(told)),
    };
    let mut trial = store::attempt(&mut tx).await?;
    let mut outcome = file_in(cx, &mut trial, request).await?;
    // What would happen is found out by doing it; a transaction that is dropped has not happened.
    if request.dry_run {
        drop(trial);
        return Ok(Taking::Now(outcome));
    }
    if let Some(class) = outcome.binds {
        store::undo(trial).await?;
        outcome.proposal = Some(second::propose(cx, &mut tx, request, &outcome, class).await?);
    } else {
        store::keep(trial).await?;
        batch::check_later(cx, &mut tx, request, &outcome).await?;
    }
    cx.commit_as(tx, &to_tell_again(cx, &outcome)).await?;
    cx.wake.notify_one();
    Ok(Taking::Now(outcome))
}

/// One file, inside a transaction of the caller's.
async fn file_in(cx: &Context, conn: &mut store::Conn, request: &Request<'_>) -> Result<Outcome> {
    let schema = kind(request.collection)?;
    let source = request.file();
    let held = boundary(cx, conn, request).await?;
    let options = files::Options {
        name: Some(&source),
        crs: request.crs,
        layer: request.layer,
        encoding: request.encoding,
        without_positions: schema.shape == Shape::None,
    };
    let opened = files::open(cx, request.path, options).await?;
    let said = opened.crs.clone();
    // Formats that know one system only give positions as maps do; what they mean is written down with each.
    let as_drawn = opened.table.format.starts_with("KM");
    let read = tokio::task::spawn_blocking(move || opened.rows(MOST_ROWS)).await??;
    let crs = match (&said, &held) {
        // Degrees of maps at an epoch are those of WGS 84, which moves.
        (None, Some(_)) if as_drawn && request.epoch.is_some() => {
            Some(Crs::lookup("EPSG:4326").map_err(Problem::from)?)
        }
        (Some(code), _) => Some(Crs::lookup(code).map_err(Problem::from)?),
        (None, Some(held)) if !as_drawn => Some(held.record.frame.crs.clone()),
        (None, _) => None,
    };
    let in_file = |problem: Problem| problem.in_file(&source);
    // A system from which nothing leads to the frame is refused once, not at every row.
    let mut agencies = Vec::new();
    let way = match (&held, &crs) {
        (Some(held), Some(crs)) if schema.shape != Shape::None => {
            let near = border::boundary_place(conn, held).await?;
            let frame = &held.record.frame;
            let ways = transformations::ways(cx, conn, crs, frame, near).await?;
            let way = ToFrame::with(crs, frame, near, request.epoch, &ways.agencies);
            agencies.clone_from(&ways.agencies);
            Some(way.map_err(|refused| in_file(transformations::refusal(refused, frame, ways)))?)
        }
        _ => None,
    };
    // Lists of markers with a row for each element are read by their own rules.
    let parts: Vec<(&'static Schema, Vec<draft::ReadRow>)> = match (&held, &way) {
        (Some(held), Some(way)) if schema.kind == "marker" && elements::has_elements(&read, &request.mapping) => {
            elements::read(&read, &request.mapping, way, held).map_err(in_file)?
        }
        _ => vec![(
            schema,
            read.iter()
                .map(|row| draft::read(schema, row, &request.mapping))
                .collect(),
        )],
    };
    let mut outcome = Outcome::new(schema, source.clone());
    outcome.way = way.as_ref().map(Way::of);
    for (schema, rows) in parts {
        let edits = rows
            .into_iter()
            .map(|row| {
                let mut draft = row.draft;
                if schema.kind == "section" {
                    // Drawn with it in exports, but made of its segments.
                    draft.geometry = None;
                }
                // Desktop programs write every line as one of several.
                if let Some(Some(geometry)) = &mut draft.geometry
                    && !schema.shape.admits(geometry)
                {
                    let single = geometry.clone().single();
                    *geometry = single;
                }
                for (field, given) in [("instrument", request.instrument), ("reason", request.reason)] {
                    if let Some((given, field)) = given.zip(schema.field(field)) {
                        draft.set(field.name, Value::Text(given.to_owned()));
                    }
                }
                if request.instrument.is_some() {
                    draft.set("standing", Value::Text("in_force".to_owned()));
                }
                let edit = Edit {
                    draft,
                    coordinates: crs.clone().map_or(Coordinates::Display, Coordinates::System),
                    source: source.clone(),
                    epoch: request.epoch,
                };
                batch::Item {
                    place: row.place,
                    edit,
                    valid_to: row.valid_to,
                    mistakes: row.mistakes,
                }
            })
            .collect();
        batch::plan_and_apply(cx, conn, schema, held.as_ref(), edits, &agencies, &mut outcome).await?;
    }
    let refused = outcome.refused();
    if !refused.is_empty() && !request.partial && !request.dry_run {
        return Err(in_file(batch::refusal(&refused)).into());
    }
    if let Some(held) = held.as_ref().filter(|_| outcome.created() > 0) {
        ties::tie(cx, conn, schema, held, &source).await?;
    }
    batch::finish(cx, conn, schema, held.as_ref(), &outcome, request.sha256).await?;
    Ok(outcome)
}

async fn boundary(
    cx: &Context,
    conn: &mut store::Conn,
    request: &Request<'_>,
) -> Result<Option<crate::domain::id::Held<crate::domain::boundary::Boundary>>> {
    let schema = kind(request.collection)?;
    let now = cx.clock.now();
    match request.boundary {
        Some(key) => {
            let held = store::boundary::by_key(conn, now, key).await?;
            Ok(Some(
                held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?,
            ))
        }
        None if !schema.of_boundary => Ok(None),
        None => {
            let mut all = store::boundary::list(conn, now).await?;
            if all.len() == 1 {
                return Ok(all.pop());
            }
            Err(Problem::new(
                Code::ParameterInvalid,
                Message::new("The boundary is not named.", "未说明国界。"),
                Message::new("Name it with --boundary KEY.", "请用 --boundary 说明。"),
            )
            .into())
        }
    }
}
