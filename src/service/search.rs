//! Finding things by what people call them, or by where they are along the line.

use std::collections::HashMap;
use std::sync::Arc;

use super::audit::shown;
use super::features::When;
use super::register::Register;
use super::{Context, Result, not_found, register};
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{self, Field, Group, Schema};
use crate::domain::search::{Along, Query};
use crate::domain::text::{Lang, Message, Names};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;
use crate::store;
use crate::store::record::select::{self, Position};
use crate::unit::Chainage;

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// None for a place along the line.
    pub schema: Option<&'static Schema>,
    pub feature_id: Option<i64>,
    pub boundary: Option<String>,
    pub label: String,
    pub names: Names,
    /// Where it is along the line, for places along the line.
    pub reference: Option<Message>,
    /// Display position, longitude first.
    pub geometry: Option<Geometry>,
    pub score: f32,
}

/// What was found, and what to try where that is nothing.
#[derive(Debug, Clone)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub hint: Option<Message>,
}

/// What is looked for, and where.
#[derive(Debug, Clone, Default)]
pub struct Asked<'a> {
    pub text: &'a str,
    /// Key of a boundary; all when absent.
    pub boundary: Option<&'a str>,
    pub collections: Option<&'a [String]>,
    pub when: When,
    pub limit: i64,
}

/// Hits of one answer, at most.
pub const MOST: i64 = 50;

/// What people mean first by a number that several kinds have.
const FIRST: [&str; 6] = ["marker", "section", "port", "island", "boundary_point", "project"];

/// What is looked through when nobody says: everything of the register but its links.
fn kinds(collections: Option<&[String]>) -> Result<Vec<&'static Schema>> {
    let Some(collections) = collections else {
        let mut all: Vec<&'static Schema> = schema::ALL
            .iter()
            .copied()
            .filter(|schema| schema.group != Group::Links)
            .collect();
        all.sort_by_key(|schema| {
            FIRST
                .iter()
                .position(|kind| *kind == schema.kind)
                .unwrap_or(FIRST.len())
        });
        return Ok(all);
    };
    collections
        .iter()
        .map(|name| {
            schema::of(name).ok_or_else(|| {
                let at = "collections".to_owned();
                let shown: String = name.chars().take(60).collect();
                let detail = Message::new(
                    format!("there is no collection {shown:?}"),
                    format!("没有集合“{shown}”"),
                );
                Problem::new(
                    Code::ParameterInvalid,
                    Message::new("A parameter is not valid.", "参数无效。"),
                    Message::new("Look them up in /collections.", "请在 /collections 中查找。"),
                )
                .with_mistakes(vec![Mistake { at, detail }])
                .into()
            })
        })
        .collect()
}

/// Finds records and places along the line, the likeliest first.
///
/// Records are found by what their newest version says, and shown as they were at the moment asked for.
///
/// # Errors
/// When a collection or the boundary does not exist, or the database breaks.
pub async fn search(cx: &Context, asked: &Asked<'_>) -> Result<Found> {
    let schemas = kinds(asked.collections)?;
    let mut conn = cx.db.acquire().await?;
    let now = cx.clock.now();
    let held = match asked.boundary {
        Some(key) => {
            let held = store::boundary::by_key(&mut conn, now, key).await?;
            Some(held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?)
        }
        None => None,
    };
    let Some(query) = Query::parse(asked.text) else {
        return Ok(Found {
            hits: Vec::new(),
            hint: Some(hint(None, asked)),
        });
    };
    let mut places = Vec::new();
    // The line itself is known by its newest knowledge only.
    if let Some(along) = query.along.as_ref().filter(|_| asked.when.known.is_none()) {
        let all = match &held {
            Some(held) => vec![held.clone()],
            None => store::boundary::list(&mut conn, now).await?,
        };
        for held in all {
            if let Some(register) = register_of(cx, &mut conn, held, asked.when).await? {
                places.extend(place(&register, along));
            }
        }
    }
    let names: Vec<&str> = schemas.iter().map(|schema| schema.kind).collect();
    let id = held.as_ref().map(|held| held.id.uuid());
    let limit = asked.limit.clamp(1, MOST);
    // Some of those found are retired; who asks for ten is given ten.
    let found = store::record::search::candidates(&mut conn, &query, &names, id, 3 * limit).await?;
    let mut by_kind: HashMap<&'static str, Vec<i64>> = HashMap::new();
    for candidate in &found {
        if let Some(schema) = schema::of_kind(&candidate.kind) {
            by_kind.entry(schema.kind).or_default().push(candidate.feature_id);
        }
    }
    let mut shown: HashMap<i64, Hit> = HashMap::new();
    for (kind, ids) in by_kind {
        let Some(schema) = schema::of_kind(kind) else { continue };
        let fields: Vec<&'static Field> = schema
            .fields()
            .filter(|field| field.name.starts_with("name_") || field.name == "boundary")
            .collect();
        let wanted = select::Selection {
            feature_ids: Some(ids),
            position: Position::Display,
            fields: fields.clone(),
            ..select::Selection::all(schema, asked.when.moment(now))
        };
        for row in select::rows(&mut conn, &cx.memory.labels, &wanted).await? {
            shown.insert(row.feature_id, hit(schema, &fields, row));
        }
    }
    // A number that a record bears means that record before the stretch that it may mean too.
    let is_borne = found
        .iter()
        .any(|candidate| candidate.score >= 1.0 && shown.contains_key(&candidate.feature_id));
    let mut hits = Vec::new();
    for candidate in found {
        if let Some(mut hit) = shown.remove(&candidate.feature_id) {
            hit.label = candidate.label;
            hit.score = candidate.score;
            hits.push(hit);
        }
    }
    for mut place in places {
        place.score = if is_borne { 0.99 } else { 1.0 };
        hits.push(place);
    }
    // Places along the line come before what only resembles the text.
    hits.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.schema.is_some().cmp(&b.schema.is_some()))
    });
    hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    drop(conn);
    for schema in hits.iter().filter_map(|hit| hit.schema) {
        shown::collection(cx, schema).await?;
    }
    let hint = hits.is_empty().then(|| hint(query.along.as_ref(), asked));
    Ok(Found { hits, hint })
}

/// The line and what stands along it at the moment asked for.
async fn register_of(
    cx: &Context,
    conn: &mut store::Conn,
    held: Held<Boundary>,
    when: When,
) -> Result<Option<Arc<Register>>> {
    match when.in_force {
        None => register::load(cx, conn, held).await,
        Some(_) => {
            let now = cx.clock.now();
            let at = when.moment(now).instant(now);
            Ok(register::read_at(conn, held, at).await?.map(Arc::new))
        }
    }
}

/// What to try when nothing was found.
fn hint(along: Option<&Along>, asked: &Asked<'_>) -> Message {
    let past = asked.when.in_force.is_some() || asked.when.known.is_some();
    if along.is_some() && asked.when.known.is_some() {
        return Message::new(
            "Places along the line are not given as they were known at an earlier time: leave known-at out.",
            "沿线位置不能按早先所知给出：请去掉 known-at。",
        );
    }
    if along.is_some() {
        return Message::new(
            "There is no such place along the line: look whether the chainage is longer than the line, and whether there are markers or sections of these numbers.",
            "界线上没有该位置：请核对里程是否超出界线长度，以及是否有此编号的界标或国界段。",
        );
    }
    if past {
        return Message::new(
            "Nothing of this name was in force at the time asked for: try it as of today.",
            "所查时间没有此名称的有效记录：请改查今日。",
        );
    }
    Message::new(
        "Try a number (17, 17/2), part of a name in any language, a chainage (K12+300) or two markers (17-18).",
        "请尝试编号（17、17/2）、任一语言的部分名称、里程（K12+300）或两个界标（17-18）。",
    )
}

fn hit(schema: &'static Schema, fields: &[&'static Field], row: select::Row) -> Hit {
    let mut names = Names::default();
    let mut boundary = None;
    for (field, value) in fields.iter().zip(row.values) {
        let Value::Text(text) = value else { continue };
        match field.name.strip_prefix("name_").and_then(Lang::from_code) {
            Some(lang) => names = names.with(lang, text),
            None => boundary = Some(text),
        }
    }
    Hit {
        schema: Some(schema),
        feature_id: Some(row.feature_id),
        boundary,
        label: String::new(),
        names,
        reference: None,
        geometry: row.geometry,
        score: 0.0,
    }
}

/// A place along the line of one boundary, when it has one there.
fn place(register: &Register, along: &Along) -> Option<Hit> {
    let course = register.case.line.course();
    let boundary = &register.boundary.record;
    let milestones = &register.case.milestones;
    let point = |chainage: f64| {
        let at = course.at(chainage);
        Geometry::Point([at.lon.get(), at.lat.get()])
    };
    let written = |chainage: f64| Chainage::new(chainage).ok().map(|chainage| chainage.to_string());
    let (label, geometry, reference) = match along {
        Along::Chainage { section, metres } => {
            let (from, to, name) = match section {
                None => (0.0, course.length(), None),
                Some(wanted) => {
                    let sections = register.case.line.sections();
                    let (key, from, to) = sections.into_iter().find(|(key, ..)| key.to_lowercase() == *wanted)?;
                    (from, to, Some(key))
                }
            };
            let chainage = from + metres;
            if chainage > to {
                return None;
            }
            let label = match name {
                Some(key) => format!("{key} {}", written(*metres)?),
                None => written(chainage)?,
            };
            (label, point(chainage), milestones.describe(chainage))
        }
        Along::Past { marker, metres } => {
            let (from, number) = at(register, marker)?;
            let chainage = from + metres;
            if !(0.0..=course.length()).contains(&chainage) {
                return None;
            }
            let sign = if *metres < 0.0 { '−' } else { '+' };
            let label = format!("{number} {sign} {} m", metres.abs());
            (label, point(chainage), milestones.describe(chainage))
        }
        Along::Between(from, to) => {
            let (mut first, mut last) = (at(register, from)?, at(register, to)?);
            if first.0 > last.0 {
                std::mem::swap(&mut first, &mut last);
            }
            let ((start, from), (end, to)) = (first, last);
            let line = course.stretch(start, end);
            let line = line.iter().map(|p| [p.lon.get(), p.lat.get()]).collect();
            let (a, b) = (written(start)?, written(end)?);
            let reference = Message::new(
                format!("between markers {from} and {to}, {a} to {b}"),
                format!("{from}号与{to}号界标之间，{a}至{b}"),
            );
            (format!("{from}–{to}"), Geometry::Line(line), reference)
        }
    };
    Some(Hit {
        schema: None,
        feature_id: None,
        boundary: Some(boundary.key.clone()),
        label,
        names: boundary.names.clone(),
        reference: Some(reference),
        geometry: Some(geometry),
        score: 1.0,
    })
}

/// Where along the line a marker or one of its elements stands, and what it is called.
fn at(register: &Register, number: &str) -> Option<(f64, String)> {
    let course = register.case.line.course();
    register.markers.iter().find_map(|marker| {
        let record = &marker.held.record;
        let is_named = |label: &str| label.to_lowercase() == number;
        let element = if is_named(record.number.text()) {
            record.elements.first()?
        } else {
            record
                .elements
                .iter()
                .find(|element| is_named(&record.label(element)))?
        };
        let called = if is_named(record.number.text()) {
            record.number.text().to_owned()
        } else {
            record.label(element)
        };
        Some((course.foot(element.position).chainage, called))
    })
}
