//! Finding things by what people call them, or by where they are along the line.

use std::collections::HashMap;

use super::{Context, Result, not_found, register};
use crate::domain::moment::Moment;
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

/// Hits of one answer, at most.
pub const MOST: i64 = 50;

/// What is looked through when nobody says: everything of the register but its links.
fn kinds(collections: Option<&[String]>) -> Result<Vec<&'static Schema>> {
    let Some(collections) = collections else {
        return Ok(schema::ALL
            .iter()
            .copied()
            .filter(|schema| schema.group != Group::Links)
            .collect());
    };
    collections
        .iter()
        .map(|name| {
            schema::of(name).ok_or_else(|| {
                let at = "collections".to_owned();
                let detail = Message::new(format!("there is no collection {name:?}"), format!("没有集合“{name}”"));
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
/// # Errors
/// When a collection or the boundary does not exist, or the database breaks.
pub async fn search(
    cx: &Context,
    text: &str,
    boundary: Option<&str>,
    collections: Option<&[String]>,
    limit: i64,
) -> Result<Vec<Hit>> {
    let Some(query) = Query::parse(text) else {
        return Ok(Vec::new());
    };
    let schemas = kinds(collections)?;
    let mut conn = cx.db.acquire().await?;
    let now = cx.clock.now();
    let held = match boundary {
        Some(key) => {
            let held = store::boundary::by_key(&mut conn, now, key).await?;
            Some(held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?)
        }
        None => None,
    };
    let mut hits = Vec::new();
    if let Some(along) = &query.along {
        let all = match &held {
            Some(held) => vec![held.clone()],
            None => store::boundary::list(&mut conn, now).await?,
        };
        for held in all {
            if let Some(register) = register::load(cx, &mut conn, held).await? {
                hits.extend(place(&register, along));
            }
        }
    }
    let names: Vec<&str> = schemas.iter().map(|schema| schema.kind).collect();
    let id = held.as_ref().map(|held| held.id.uuid());
    let limit = limit.clamp(1, MOST);
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
            ..select::Selection::all(schema, Moment::at(now))
        };
        for row in select::rows(&mut conn, &cx.labels, &wanted).await? {
            shown.insert(row.feature_id, hit(schema, &fields, row));
        }
    }
    for candidate in found {
        if let Some(mut hit) = shown.remove(&candidate.feature_id) {
            hit.label = candidate.label;
            hit.score = candidate.score;
            hits.push(hit);
        }
    }
    hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(hits)
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
fn place(register: &register::Register, along: &Along) -> Option<Hit> {
    let course = register.case.line.course();
    let boundary = &register.boundary.record;
    let (label, geometry, reference) = match along {
        Along::Chainage(chainage) if *chainage <= course.length() => {
            let at = course.at(*chainage);
            let label = Chainage::new(*chainage).ok()?.to_string();
            let geometry = Geometry::Point([at.lon.get(), at.lat.get()]);
            (label, geometry, register.case.milestones.describe(*chainage))
        }
        Along::Chainage(_) => return None,
        Along::Between(from, to) => {
            let at = |number: &str| {
                let marker = register
                    .markers
                    .iter()
                    .find(|m| m.held.record.number.text().eq_ignore_ascii_case(number))?;
                Some(course.foot(marker.held.record.elements.first()?.position).chainage)
            };
            let (a, b) = (at(from)?, at(to)?);
            let (start, end) = (a.min(b), a.max(b));
            let line = course
                .stretch(start, end)
                .iter()
                .map(|p| [p.lon.get(), p.lat.get()])
                .collect();
            let geometry = Geometry::Line(line);
            (
                format!("{from}–{to}"),
                geometry,
                register.case.milestones.describe_stretch(start, end),
            )
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
