//! Founding a boundary: the border file, and the files it names.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::force;
use crate::crs::{Crs, null_for_display};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::line::BoundaryLine;
use crate::domain::lineage::{Class, Standing};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::rights::{Realm, Verb};
use crate::domain::section::Segment;
use crate::domain::text::Message;
use crate::format::border;
use crate::format::register::{self as rows_of, Read, ReadMarker, ToFrame, names_or_number};
use crate::format::row::Mapping;
use crate::geom::line::densify;
use crate::service::check::files::{name, unreadable};
use crate::service::files::{self, Options};
use crate::service::{Context, Result, not_found};
use crate::store::audit::Deed;
use crate::store::boundary::{Keys, NewSegment};
use crate::store::marker::NewMarker;
use crate::store::version::Stamp;
use crate::store::{self, audit};
use crate::unit::LonLat;

/// Steps of a drawn line, in metres: on a map, the straight piece between two is then within centimetres of the line.
const DRAWN_STEP_M: f64 = 500.0;

/// What a border is founded with by rules of its own; files of other kinds are read by their schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boundary,
    Segments,
    Markers,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Boundary, Self::Segments, Self::Markers];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::Segments => "segments",
            Self::Markers => "markers",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One file to be taken over.
#[derive(Debug, Clone)]
struct Request<'a> {
    path: &'a Path,
    kind: Kind,
    /// The file's system; the frame's own when none is named.
    crs: Option<&'a str>,
    mapping: Mapping,
    pub reason: Option<&'a str>,
}

/// What was taken, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub kind: &'static str,
    pub file: String,
    pub records: usize,
    /// The way from the file's system to the frame.
    pub way: String,
}

fn stamp(cx: &Context, class: Class, reason: String) -> Stamp {
    let now = cx.clock.now();
    Stamp {
        in_force_from: now,
        since: HashMap::new(),
        known_from: now,
        standing: Standing::Imported,
        class,
        instrument: None,
        author: cx.caller.name.clone(),
        reason,
    }
}

/// What is added to a boundary is classified as it is, and has been in force as long as it has where it cites nothing.
pub(super) async fn stamp_of(
    cx: &Context,
    conn: &mut store::Conn,
    boundary: &Held<Boundary>,
    reason: String,
) -> Result<Stamp> {
    let history = store::version::history(conn, store::version::Table::Boundary, boundary.id.uuid()).await?;
    let class = history.first().map(|lineage| lineage.class).unwrap_or_default();
    let mut stamp = stamp(cx, class, reason);
    stamp.since = force::since(cx, conn).await?;
    stamp.in_force_from = history
        .last()
        .map_or(stamp.in_force_from, |lineage| lineage.in_force.from);
    Ok(stamp)
}

/// Takes a border file and everything it names over, in one transaction.
///
/// # Errors
/// A refusal that names the file and its mistakes; nothing is then in the register.
pub async fn border(cx: &Context, path: &Path, dry_run: bool) -> Result<Vec<Taken>> {
    for realm in Realm::ALL {
        cx.must(Verb::Record, *realm)?;
    }
    let text = std::fs::read_to_string(path).map_err(|fault| unreadable(path, &fault))?;
    let border = border::read(&text).map_err(|problem| problem.in_file(name(path)))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut tx = cx.db.begin().await?;
    let mut stamp = stamp(cx, border.class, format!("taken over from {}", name(path)));
    let founded = force::founded(&border.instruments, stamp.known_from);
    stamp.in_force_from = founded.unwrap_or(stamp.in_force_from);
    let boundary = found(cx, &mut tx, &border, &mut stamp).await?;
    let mut all = vec![Taken {
        kind: Kind::Boundary.word(),
        file: name(path),
        records: 1 + border.sections.len() + border.instruments.len() + border.inspections.len(),
        way: "none".to_owned(),
    }];
    for import in &border.imports {
        let file = folder.join(&import.file);
        let Some(kind) = Kind::from_word(&import.kind).filter(|kind| *kind != Kind::Boundary) else {
            let request = super::Request {
                path: &file,
                collection: &import.kind,
                boundary: Some(&border.boundary.key),
                crs: import.crs.as_deref(),
                layer: None,
                encoding: None,
                mapping: import.mapping.clone(),
                reason: None,
                instrument: None,
                dry_run,
                partial: false,
                epoch: None,
                name: None,
                sha256: None,
            };
            all.push(further(cx, &mut tx, &request).await?);
            continue;
        };
        let request = Request {
            path: &file,
            kind,
            crs: import.crs.as_deref(),
            mapping: import.mapping.clone(),
            reason: None,
        };
        all.push(take(cx, &mut tx, &boundary, &request).await?);
    }
    // Whatever else of the register lies beside the border file under its own name belongs to it.
    let named: Vec<_> = border.imports.iter().map(|import| folder.join(&import.file)).collect();
    for collection in super::collections() {
        let file = folder.join(format!("{collection}.geojson"));
        if named.contains(&file) || !file.exists() {
            continue;
        }
        let request = super::Request {
            path: &file,
            collection,
            boundary: Some(&border.boundary.key),
            crs: None,
            layer: None,
            encoding: None,
            mapping: Mapping::default(),
            reason: None,
            instrument: None,
            dry_run,
            partial: false,
            epoch: None,
            name: None,
            sha256: None,
        };
        all.push(further(cx, &mut tx, &request).await?);
    }
    if !dry_run {
        check_later(cx, &mut tx, &boundary).await?;
        cx.commit(tx).await?;
        cx.wake.notify_one();
    }
    Ok(all)
}

/// A file of any collection, as part of the border's transaction.
async fn further(cx: &Context, conn: &mut store::Conn, request: &super::Request<'_>) -> Result<Taken> {
    let outcome = super::file_in(cx, conn, request).await?;
    Ok(Taken {
        kind: outcome.collection,
        records: outcome.rows.len(),
        file: outcome.file,
        way: request.crs.unwrap_or("none: the same system").to_owned(),
    })
}

/// Whatever was taken over is checked as soon as a worker is free.
async fn check_later(cx: &Context, conn: &mut store::Conn, boundary: &Held<Boundary>) -> Result<()> {
    let payload = json!({ "boundary": boundary.id.uuid() });
    Ok(store::job::queue(conn, cx.ids.next(), "check_boundary", payload, cx.clock.now()).await?)
}

/// Founds a boundary: parties, instruments, the boundary itself, its sections and inspections.
async fn found(
    cx: &Context,
    conn: &mut store::Conn,
    border: &border::Border,
    stamp: &mut Stamp,
) -> Result<Held<Boundary>> {
    let mut parties = store::boundary::party_ids(conn).await?;
    let new: Vec<_> = border
        .boundary
        .parties
        .iter()
        .filter(|party| !parties.contains_key(&party.code))
        .map(|party| (cx.ids.next(), party))
        .collect();
    store::boundary::insert_parties(conn, stamp, &new).await?;
    parties.extend(new.iter().map(|(id, party)| (party.code.clone(), *id)));
    let mut instruments = store::boundary::instrument_ids(conn).await?;
    let new: Vec<_> = border
        .instruments
        .iter()
        .filter(|instrument| !instruments.contains_key(&instrument.key))
        .map(|instrument| (cx.ids.next(), instrument))
        .collect();
    let now = stamp.known_from;
    stamp.since = force::since(cx, conn).await?;
    let new_since = new
        .iter()
        .filter_map(|(id, instrument)| Some((*id, force::of(instrument, now)?)));
    stamp.since.extend(new_since);
    store::boundary::insert_instruments(conn, stamp, &new).await?;
    instruments.extend(new.iter().map(|(id, instrument)| (instrument.key.clone(), *id)));
    let id: Id<Boundary> = Id::new(cx.ids.next());
    store::boundary::insert_boundary(conn, stamp, id, &border.boundary, &parties).await?;
    let sections: Vec<_> = border
        .sections
        .iter()
        .map(|(section, key)| {
            (
                cx.ids.next(),
                section,
                key.as_ref().and_then(|k| instruments.get(k).copied()),
            )
        })
        .collect();
    store::boundary::insert_sections(conn, stamp, id, &sections).await?;
    let inspections: Vec<_> = border
        .inspections
        .iter()
        .map(|inspection| (cx.ids.next(), inspection))
        .collect();
    store::field::insert_inspections(conn, stamp, id, &inspections).await?;
    deed(
        cx,
        conn,
        Kind::Boundary,
        &border.boundary.key,
        json!({ "key": border.boundary.key }),
    )
    .await?;
    let held = store::boundary::by_key(conn, cx.clock.now(), &border.boundary.key).await?;
    held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), &border.boundary.key))
}

async fn deed(cx: &Context, conn: &mut store::Conn, kind: Kind, subject: &str, detail: Value) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "import",
        kind: kind.word(),
        subject: subject.to_owned(),
        reason: None,
        detail,
    };
    Ok(audit::append(conn, deed).await?)
}

/// What every kind of record needs while it is taken over.
struct Batch<'a> {
    cx: &'a Context,
    boundary: &'a Held<Boundary>,
    stamp: Stamp,
    parties: Keys,
    sections: Keys,
    instruments: Keys,
    crs: Crs,
    file: String,
}

impl Batch<'_> {
    fn instrument<T>(&self, read: &Read<T>) -> Option<Uuid> {
        read.instrument
            .as_ref()
            .and_then(|key| self.instruments.get(key).copied())
    }

    /// The received layer of a position: the numbers as they came, their system and source; nothing rounded.
    fn received(&self, raw: [f64; 2], printed: Option<&(String, String)>, sigma_m: Option<f64>) -> Value {
        json!({
            "x": raw[0],
            "y": raw[1],
            "crs": self.crs.code(),
            "epoch_year": self.boundary.record.frame.epoch.map(crate::unit::Epoch::get),
            "printed_lat": printed.map(|p| &p.0),
            "printed_lon": printed.map(|p| &p.1),
            "sigma_m": sigma_m,
            "source": self.file,
        })
    }
}

async fn take(cx: &Context, conn: &mut store::Conn, boundary: &Held<Boundary>, request: &Request<'_>) -> Result<Taken> {
    let frame = &boundary.record.frame;
    let file_name = name(request.path);
    let options = Options {
        crs: request.crs,
        ..Options::default()
    };
    let opened = files::open(cx, request.path, options).await?;
    let crs = match &opened.crs {
        Some(code) => Crs::lookup(code).map_err(Problem::from)?,
        None => frame.crs.clone(),
    };
    let rows = tokio::task::spawn_blocking(move || opened.rows(super::MOST_ROWS)).await??;
    let near = boundary_place(conn, boundary).await?;
    let way = ToFrame::new(&crs, frame, near).map_err(Problem::from)?;
    let reason = request
        .reason
        .map_or_else(|| format!("taken over from {file_name}"), str::to_owned);
    let batch = Batch {
        cx,
        boundary,
        stamp: stamp_of(cx, conn, boundary, reason).await?,
        parties: store::boundary::party_ids(conn).await?,
        sections: store::boundary::section_ids(conn, boundary.id).await?,
        instruments: store::boundary::instrument_ids(conn).await?,
        crs,
        file: file_name.clone(),
    };
    let in_file = |problem: Problem| problem.in_file(&file_name);
    let (rows, mapping) = (rows.as_slice(), &request.mapping);
    let records = match request.kind {
        Kind::Boundary => {
            return Err(Problem::new(
                Code::ParameterInvalid,
                Message::new("A border file is taken over as a whole.", "国界文件应整体导入。"),
                Message::new(
                    "Use --as boundary with border.toml.",
                    "请对 border.toml 使用 --as boundary。",
                ),
            )
            .into());
        }
        Kind::Segments => segments(conn, &batch, rows_of::segments(rows, mapping, &way).map_err(in_file)?).await?,
        Kind::Markers => {
            let read = rows_of::markers(rows, mapping, &way, Some(&boundary.record)).map_err(in_file)?;
            markers(conn, &batch, read).await?
        }
    };
    let detail = json!({ "file": file_name, "records": records, "way": way.name() });
    deed(cx, conn, request.kind, &boundary.record.key, detail).await?;
    Ok(Taken {
        kind: request.kind.word(),
        file: file_name,
        records,
        way: way.name(),
    })
}

/// Any place of the boundary, to choose an operation by; none is needed while there is no line.
pub(in crate::service) async fn boundary_place(conn: &mut store::Conn, boundary: &Held<Boundary>) -> Result<LonLat> {
    let (bbox, ..) = store::feature::extent(conn, boundary.id.uuid()).await?;
    let place = bbox.and_then(|[w, s, ..]| LonLat::new(w, s).ok()).or_else(|| {
        let [w, s, e, n] = boundary.record.frame.crs.area()?;
        LonLat::new(0.5 * (w + e), 0.5 * (s + n)).ok()
    });
    Ok(place.unwrap_or_default())
}

async fn segments(conn: &mut store::Conn, batch: &Batch<'_>, read: Vec<Read<Segment>>) -> Result<usize> {
    let frame = &batch.boundary.record.frame;
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut new = Vec::with_capacity(read.len());
    for r in &read {
        let segment = &r.record;
        let Some(section) = batch.sections.get(&segment.section).copied() else {
            let at = format!("segment {}/{}", segment.section, segment.ordinal);
            mistakes.push(no_such_section(batch, &at, &segment.section));
            continue;
        };
        // As drawn: by its own line type, brought to short steps, in the display layer's numbers.
        let line = BoundaryLine::new(frame, std::slice::from_ref(segment)).map_err(Problem::from)?;
        let course = line.course();
        let display = densify(course.ellipsoid(), course.vertices(), DRAWN_STEP_M)
            .into_iter()
            .map(|p| null_for_display(&frame.crs, [p.lon.get(), p.lat.get()]))
            .collect::<std::result::Result<Vec<LonLat>, _>>()
            .map_err(Problem::from)?;
        new.push(NewSegment {
            id: batch.cx.ids.next(),
            segment,
            section,
            instrument: batch.instrument(r),
            length_m: course.length(),
            display,
        });
    }
    refuse_if_any(batch, Code::Conflict, mistakes)?;
    store::boundary::insert_segments(conn, &batch.stamp, batch.boundary, &new).await?;
    Ok(new.len())
}

async fn markers(conn: &mut store::Conn, batch: &Batch<'_>, mut read: Vec<ReadMarker>) -> Result<usize> {
    let known = store::marker::markers(conn, batch.cx.clock.now(), batch.boundary.id, None).await?;
    let taken: BTreeMap<&str, ()> = known.iter().map(|m| (m.held.record.number.text(), ())).collect();
    let mistakes: Vec<Mistake> = read
        .iter()
        .filter(|r| taken.contains_key(r.record.0.number.text()))
        .map(|r| Mistake {
            at: format!("marker {}", r.record.0.number.text()),
            detail: Message::new("is in the register already", "已在登记簿中"),
        })
        .collect();
    refuse_if_any(batch, Code::NumberTaken, mistakes)?;
    let unknown = read.iter().filter_map(|r| {
        let (marker, key) = (&r.record.0, r.record.0.section.as_ref()?);
        (!batch.sections.contains_key(key))
            .then(|| no_such_section(batch, &format!("marker {}", marker.number.text()), key))
    });
    refuse_if_any(batch, Code::Conflict, unknown.collect())?;
    for r in &mut read {
        let (marker, _) = &mut r.record;
        marker.names = names_or_number(&marker.names, marker.number.text());
    }
    let new: Vec<NewMarker<'_>> = read
        .iter()
        .map(|r| {
            let (marker, raw) = &r.record;
            let received = marker
                .elements
                .iter()
                .zip(raw)
                .map(|(element, raw)| batch.received(*raw, element.printed.as_ref(), Some(element.sigma.get())))
                .collect();
            NewMarker {
                id: batch.cx.ids.next(),
                element_ids: batch.cx.ids.many(marker.elements.len()),
                section: marker.section.as_ref().and_then(|key| batch.sections.get(key).copied()),
                instrument: r
                    .instrument
                    .as_ref()
                    .and_then(|key| batch.instruments.get(key).copied()),
                marker,
                received,
            }
        })
        .collect();
    store::marker::insert_markers(conn, &batch.stamp, batch.boundary, &batch.parties, &new).await?;
    Ok(new.len())
}

fn no_such_section(batch: &Batch<'_>, at: &str, key: &str) -> Mistake {
    let known: Vec<&str> = batch.sections.keys().map(String::as_str).collect();
    Mistake {
        at: at.to_owned(),
        detail: Message::new(
            format!("there is no section {key:?}; there are {}", known.join(", ")),
            format!("没有“{key}”段；现有：{}", known.join("、")),
        ),
    }
}

fn refuse_if_any(batch: &Batch<'_>, code: Code, mut mistakes: Vec<Mistake>) -> Result<()> {
    if mistakes.is_empty() {
        return Ok(());
    }
    let n = mistakes.len();
    mistakes.truncate(100);
    Err(Problem::new(
        code,
        Message::new(
            format!("{n} records do not fit the register; nothing was taken."),
            format!("{n}条记录与登记簿不符，未导入任何内容。"),
        ),
        Message::new(
            "Correct them, or retire what is there first.",
            "请更正，或先停用已有记录。",
        ),
    )
    .in_file(&batch.file)
    .with_mistakes(mistakes)
    .into())
}
