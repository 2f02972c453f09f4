//! What people look at: boundaries, features as cards, any place on the map.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::register::{self, Register};
use super::upload::acquire;
use super::{Context, Result, demo, not_found};
use crate::crs::{Crs, Frame, Kind, Projection, null_for_display, utm_zone};
use crate::domain::boundary::Boundary;
use crate::domain::collection::Collection;
use crate::domain::id::Held;
use crate::domain::lineage::Lineage;
use crate::domain::problem::Problem;
use crate::domain::text::{Lang, Message, Names};
use crate::geom::line::{Foot, Side};
use crate::store;
use crate::store::check_run::{StoredFinding, StoredRun, Which};
pub use crate::store::feature::Item;
use crate::store::feature::{Query, versions};
use crate::unit::{Chainage, LonLat, dms};

/// A boundary in the list.
#[derive(Debug, Serialize)]
pub struct BoundaryView {
    pub id: Uuid,
    pub key: String,
    pub names: Value,
    pub invented: bool,
    pub notice: Value,
    pub frame: FrameView,
    pub parties: Vec<Value>,
    pub left: Option<String>,
    pub right: Option<String>,
    pub bbox: Option<[f64; 4]>,
    pub length_m: f64,
    pub n_markers: i64,
    pub sections: Vec<Value>,
    pub inspections: Vec<Value>,
    /// Sample base layers, from the bottom up.
    pub base: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct FrameView {
    pub crs: String,
    pub name: String,
    pub epoch: Option<f64>,
}

fn names_json(names: &Names) -> Value {
    Value::Object(
        names
            .iter()
            .map(|(lang, name)| (lang.code().to_owned(), json!(name)))
            .collect(),
    )
}

/// All boundaries in force.
///
/// # Errors
/// When the database cannot be read.
pub async fn boundaries(cx: &Context) -> Result<Vec<BoundaryView>> {
    let mut conn = acquire(cx).await?;
    let now = cx.clock.now();
    let mut views = Vec::new();
    for held in store::boundary::list(&mut conn, now).await? {
        let (bbox, length_m, n_markers) = store::feature::extent(&mut conn, held.id.uuid()).await?;
        let query = Query {
            boundary: Some(held.id.uuid()),
            limit: 1000,
            ..Query::default()
        };
        let lengths = store::feature::items(&mut conn, Collection::Sections, &query).await?;
        let sections = store::boundary::sections(&mut conn, now, held.id).await?;
        let sections = sections
            .iter()
            .map(|s| {
                let length = lengths.iter().find(|item| item.feature_id == s.feature_id);
                json!({
                    "id": s.feature_id,
                    "key": s.record.key,
                    "ordinal": s.record.ordinal,
                    "names": names_json(&s.record.names),
                    "character": s.record.character.word(),
                    "legal_status": s.record.legal_status.word(),
                    "length_m": length.and_then(|item| item.properties.get("length_m")),
                })
            })
            .collect();
        let inspections = store::field::inspections(&mut conn, now, Some(held.id), None).await?;
        let inspections = inspections
            .iter()
            .map(|i| {
                let record = &i.held.record;
                json!({
                    "id": i.held.id.uuid(),
                    "number": record.number,
                    "names": names_json(&record.names),
                    "kind": record.kind.word(),
                    "state": record.state.word(),
                })
            })
            .collect();
        let boundary = held.record;
        views.push(BoundaryView {
            id: held.id.uuid(),
            base: demo::base_layers(&boundary.key),
            names: names_json(&boundary.names),
            invented: boundary.invented,
            notice: names_json(&boundary.notice),
            frame: FrameView {
                crs: boundary.frame.crs.code().to_owned(),
                name: boundary.frame.crs.name().to_owned(),
                epoch: boundary.frame.epoch.map(crate::unit::Epoch::get),
            },
            parties: boundary
                .parties
                .iter()
                .map(|p| json!({ "code": p.code, "names": names_json(&p.names) }))
                .collect(),
            left: boundary.left,
            right: boundary.right,
            bbox,
            length_m,
            n_markers,
            sections,
            inspections,
            key: boundary.key,
        });
    }
    Ok(views)
}

/// A position in one system, ready to be read and copied.
#[derive(Debug, Clone, Serialize)]
pub struct PositionView {
    /// `received`, `legal`, `projected` or `display`.
    pub kind: &'static str,
    pub crs: String,
    pub name: String,
    pub x: f64,
    pub y: f64,
    /// Latitude then longitude in degrees, minutes, seconds; or northing then easting in metres.
    pub text: [String; 2],
}

fn geographic(kind: &'static str, crs: &Crs, p: LonLat) -> PositionView {
    PositionView {
        kind,
        crs: crs.code().to_owned(),
        name: crs.name().to_owned(),
        x: p.lon.get(),
        y: p.lat.get(),
        text: [dms::latitude(p.lat, 5), dms::longitude(p.lon, 5)],
    }
}

/// A legal position in every system people read it in.
fn positions(frame: &Frame, legal: LonLat) -> Result<Vec<PositionView>> {
    let mut views = vec![geographic("legal", &frame.crs, legal)];
    let zone = utm_zone(&frame.crs, legal).map_err(Problem::from)?;
    // Metres of the frame's own datum are a projection; of another they are the display numbers, and say so.
    let of_frame = zone.base_code() == frame.crs.base_code();
    let [x, y] = Projection::new(&zone)
        .and_then(|p| p.forward(legal))
        .map_err(Problem::from)?;
    views.push(PositionView {
        kind: if of_frame { "projected" } else { "display" },
        crs: zone.code().to_owned(),
        name: zone.name().to_owned(),
        x,
        y,
        text: [format!("N {y:.3} m"), format!("E {x:.3} m")],
    });
    let display = null_for_display(&frame.crs, [legal.lon.get(), legal.lat.get()]).map_err(Problem::from)?;
    views.push(geographic(
        "display",
        &Crs::lookup("EPSG:4326").map_err(Problem::from)?,
        display,
    ));
    Ok(views)
}

/// A position as it was received: numbers or printed text, in the system it came in.
fn received(received: &Value) -> Option<PositionView> {
    let (x, y) = (received.get("x")?.as_f64()?, received.get("y")?.as_f64()?);
    let crs = Crs::lookup(received.get("crs")?.as_str()?).ok()?;
    let printed = |key: &str| received.get(key).and_then(Value::as_str).map(str::to_owned);
    let text = match (printed("printed_lat"), printed("printed_lon"), crs.kind()) {
        (Some(lat), Some(lon), _) => [lat, lon],
        (_, _, Kind::Projected) => [format!("N {y} m"), format!("E {x} m")],
        _ => [format!("{y}°"), format!("{x}°")],
    };
    Some(PositionView {
        kind: "received",
        crs: crs.code().to_owned(),
        name: crs.name().to_owned(),
        x,
        y,
        text,
    })
}

/// Where something is along the line.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceView {
    pub en: String,
    pub zh: String,
    pub chainage_m: f64,
    pub chainage: String,
    pub offset_m: f64,
    pub side: &'static str,
    pub section: Option<String>,
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::On => "on",
    }
}

fn reference(register: &Register, foot: &Foot) -> ReferenceView {
    let boundary = &register.boundary.record;
    let name = |side, lang| -> Option<String> {
        let code = boundary.party_on(side)?;
        let party = boundary.parties.iter().find(|p| p.code == code)?;
        Some(party.names.get(lang).unwrap_or(code).to_owned())
    };
    let say = |lang| -> Message {
        let (left, right) = (name(Side::Left, lang), name(Side::Right, lang));
        register
            .case
            .milestones
            .reference(foot, [left.as_deref(), right.as_deref()])
    };
    let chainage = Chainage::new(foot.chainage.max(0.0)).unwrap_or_default();
    ReferenceView {
        en: say(Lang::En).en,
        zh: say(Lang::Zh).zh,
        chainage_m: foot.chainage,
        chainage: chainage.to_string(),
        offset_m: foot.offset(),
        side: side_word(foot.side),
        section: register
            .case
            .line
            .part_at(foot.chainage)
            .map(|part| part.section.clone()),
    }
}

/// A version in a record's history.
#[derive(Debug, Serialize)]
pub struct VersionView {
    pub version: i32,
    pub valid_from: Timestamp,
    pub valid_to: Option<Timestamp>,
    pub known_from: Timestamp,
    pub known_to: Option<Timestamp>,
    pub standing: &'static str,
    pub class: &'static str,
    pub instrument: Option<String>,
    pub author: String,
    pub reason: String,
}

impl From<Lineage> for VersionView {
    fn from(lineage: Lineage) -> Self {
        Self {
            version: lineage.version,
            valid_from: lineage.in_force.from,
            valid_to: lineage.in_force.to,
            known_from: lineage.known.from,
            known_to: lineage.known.to,
            standing: lineage.standing.word(),
            class: lineage.class.word(),
            instrument: lineage.instrument,
            author: lineage.author,
            reason: lineage.reason,
        }
    }
}

/// A finding on a card.
#[derive(Debug, Serialize)]
pub struct FindingView {
    pub id: i64,
    pub check: &'static str,
    pub verdict: &'static str,
    pub measured: Option<f64>,
    pub unit: &'static str,
    pub uncertainty_95: Option<f64>,
    pub tolerance: Option<f64>,
    pub tolerance_source: String,
    pub message_en: String,
    pub message_zh: String,
}

impl From<StoredFinding> for FindingView {
    fn from(finding: StoredFinding) -> Self {
        Self {
            id: finding.feature_id,
            check: finding.check.word(),
            verdict: finding.verdict.word(),
            measured: finding.measured,
            unit: finding.unit.symbol(),
            uncertainty_95: finding.uncertainty_95,
            tolerance: finding.tolerance,
            tolerance_source: finding.tolerance_source,
            message_en: finding.message.en,
            message_zh: finding.message.zh,
        }
    }
}

/// A feature with all that a card shows.
pub struct Card {
    pub item: Item,
    /// Further properties, in the order they are shown.
    pub more: Vec<(&'static str, Value)>,
}

fn json_of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// One feature as a card.
///
/// # Errors
/// When there is no such feature.
pub async fn card(cx: &Context, collection: Collection, feature_id: i64) -> Result<Card> {
    let mut conn = acquire(cx).await?;
    let query = Query {
        feature_id: Some(feature_id),
        limit: 1,
        ..Query::default()
    };
    let Some(item) = store::feature::items(&mut conn, collection, &query).await?.pop() else {
        return Err(not_found(&Message::new("feature", "要素"), feature_id));
    };
    let mut more = Vec::new();
    if let Some(register) = register_of(cx, &mut conn, item.boundary_id).await? {
        more.extend(placed(&mut conn, collection, &item, &register).await?);
    }
    if let Some(table) = versions(collection) {
        let history = store::version::history(&mut conn, table, item.id).await?;
        let versions: Vec<VersionView> = history.into_iter().map(Into::into).collect();
        more.push(("versions", json_of(&versions)));
    }
    Ok(Card { item, more })
}

async fn register_of(cx: &Context, conn: &mut store::Conn, boundary: Option<Uuid>) -> Result<Option<Arc<Register>>> {
    let Some(id) = boundary else { return Ok(None) };
    let Some(held) = store::boundary::by_id(conn, cx.clock.now(), crate::domain::id::Id::new(id)).await? else {
        return Ok(None);
    };
    register::load(cx, conn, held).await
}

/// What a card says about a feature's place: positions, linear reference, elements, findings.
async fn placed(
    conn: &mut store::Conn,
    collection: Collection,
    item: &Item,
    register: &Arc<Register>,
) -> Result<Vec<(&'static str, Value)>> {
    let mut more = Vec::new();
    let frame = &register.boundary.record.frame;
    if collection == Collection::Markers {
        more.extend(marker_parts(conn, item, register).await?);
        return Ok(more);
    }
    let Some(at) = item.geometry.as_ref().and_then(a_point) else {
        return Ok(more);
    };
    // Display numbers are those of the frame, see `crs::null_for_display`.
    let foot = register.case.line.course().foot(at);
    if matches!(collection, Collection::Ports | Collection::BoundaryPoints) {
        let mut views: Vec<PositionView> = item.received.as_ref().and_then(received).into_iter().collect();
        views.extend(positions(frame, at)?);
        more.push(("positions", json_of(&views)));
    }
    more.push(("linear_reference", json_of(&reference(register, &foot))));
    Ok(more)
}

async fn marker_parts(
    conn: &mut store::Conn,
    item: &Item,
    register: &Arc<Register>,
) -> Result<Vec<(&'static str, Value)>> {
    let boundary = register.boundary.id;
    let Some(marker) = register.markers.iter().find(|m| m.held.id.uuid() == item.id) else {
        return Ok(Vec::new());
    };
    let record = &marker.held.record;
    let mut elements = Vec::new();
    let mut first = None;
    for (index, element) in record.elements.iter().enumerate() {
        let foot = register.case.line.course().foot(element.position);
        let place = reference(register, &foot);
        let mut views = positions(&register.boundary.record.frame, element.position)?;
        if let Some((lat, lon)) = &element.printed {
            let mut printed = views[0].clone();
            printed.kind = "received";
            printed.text = [lat.clone(), lon.clone()];
            views.insert(0, printed);
        } else if index == 0
            && let Some(view) = item.received.as_ref().and_then(received)
        {
            views.insert(0, view);
        }
        elements.push(json!({
            "element": element.index,
            "label": record.label(element),
            "party": element.party,
            "height_m": element.height_m,
            "sigma_m": element.sigma.get(),
            "material": element.material,
            "positions": json_of(&views),
            "chainage": json_of(&place),
        }));
        first.get_or_insert(place);
    }
    let mut labels: Vec<String> = record.elements.iter().map(|e| record.label(e)).collect();
    labels.push(record.number.text().to_owned());
    let mut findings = Vec::new();
    let mut visits = Vec::new();
    if let Some(run) = store::check_run::newest_of_boundary(conn, boundary.uuid()).await? {
        let found = store::check_run::findings(conn, run, Some(&labels)).await?;
        findings.extend(found.into_iter().map(FindingView::from));
        let all = store::check_run::visits(conn, run).await?;
        visits.extend(
            all.into_iter()
                .filter(|v| marker.element_ids.contains(&v.marker_element_id))
                .map(|v| {
                    let label = marker
                        .element_ids
                        .iter()
                        .position(|id| *id == v.marker_element_id)
                        .and_then(|k| labels.get(k).cloned());
                    json!({ "label": label, "outcome": v.outcome, "nearest_m": v.nearest_m, "dwell_s": v.dwell_s })
                }),
        );
    }
    Ok(vec![
        ("elements", Value::Array(elements)),
        ("linear_reference", json_of(&first)),
        ("visits", Value::Array(visits)),
        ("findings", json_of(&findings)),
    ])
}

/// A place of a geometry to say where it is by: a point itself, else its middle vertex.
fn a_point(geometry: &Value) -> Option<LonLat> {
    let mut value = geometry.get("coordinates")?;
    while value.get(0)?.is_array() {
        let list = value.as_array()?;
        value = list.get(list.len() / 2)?;
    }
    LonLat::new(value.get(0)?.as_f64()?, value.get(1)?.as_f64()?).ok()
}

/// Any place on the map.
#[derive(Debug, Serialize)]
pub struct PlaceView {
    pub positions: Vec<PositionView>,
    pub linear_reference: ReferenceView,
    pub nearest_markers: Vec<NearMarker>,
}

#[derive(Debug, Serialize)]
pub struct NearMarker {
    /// Feature id.
    pub id: i64,
    pub label: String,
    pub distance_m: f64,
}

/// What is to be said of a place, given by its display position.
///
/// # Errors
/// When there is no such boundary, or it has no line.
pub async fn place(cx: &Context, boundary: &str, at: LonLat) -> Result<PlaceView> {
    let mut conn = acquire(cx).await?;
    let held: Held<Boundary> = store::boundary::by_key(&mut conn, cx.clock.now(), boundary)
        .await?
        .ok_or_else(|| not_found(&Message::new("boundary", "国界"), boundary))?;
    let register = register::load(cx, &mut conn, held).await?;
    let register = register.ok_or_else(|| not_found(&Message::new("line of boundary", "国界的界线"), boundary))?;
    let course = register.case.line.course();
    let foot = course.foot(at);
    let mut nearest: Vec<NearMarker> = register
        .markers
        .iter()
        .flat_map(|m| m.held.record.elements.iter().map(move |e| (m, e)))
        .map(|(m, e)| NearMarker {
            id: m.held.feature_id,
            label: m.held.record.label(e),
            distance_m: course.ellipsoid().distance(at, e.position),
        })
        .collect();
    nearest.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    nearest.truncate(3);
    Ok(PlaceView {
        positions: positions(&register.boundary.record.frame, at)?,
        linear_reference: reference(&register, &foot),
        nearest_markers: nearest,
    })
}

/// Features of a collection, with one more than asked for when there are more.
///
/// # Errors
/// When the boundary does not exist, or the database breaks.
pub async fn items(
    cx: &Context,
    collection: Collection,
    boundary: Option<&str>,
    bbox: Option<[f64; 4]>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Item>> {
    let mut conn = acquire(cx).await?;
    let boundary = match boundary {
        Some(key) => {
            let held = store::boundary::by_key(&mut conn, cx.clock.now(), key).await?;
            Some(
                held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?
                    .id
                    .uuid(),
            )
        }
        None => None,
    };
    let query = Query {
        boundary,
        feature_id: None,
        bbox,
        after,
        limit: limit + 1,
    };
    Ok(store::feature::items(&mut conn, collection, &query).await?)
}

/// How many features of a collection there are, at a boundary and in a box.
///
/// # Errors
/// As [`items`].
pub async fn count(
    cx: &Context,
    collection: Collection,
    boundary: Option<&str>,
    bbox: Option<[f64; 4]>,
) -> Result<i64> {
    let mut conn = acquire(cx).await?;
    let boundary = match boundary {
        Some(key) => store::boundary::by_key(&mut conn, cx.clock.now(), key)
            .await?
            .map(|held| held.id.uuid()),
        None => None,
    };
    let query = Query {
        boundary,
        bbox,
        ..Query::default()
    };
    Ok(store::feature::count(&mut conn, collection, &query).await?)
}

/// The layers of a boundary's tiles.
pub fn tile_layers() -> &'static [crate::tile::Layer] {
    crate::tile::LAYERS
}

/// An inspection with what belongs to it.
#[derive(Debug, Serialize)]
pub struct InspectionView {
    pub id: Uuid,
    pub number: String,
    pub names: Value,
    pub kind: &'static str,
    pub state: &'static str,
    pub starts: Option<String>,
    pub ends: Option<String>,
    pub boundary: Uuid,
    pub teams: Vec<Value>,
    pub uploads: Vec<Uuid>,
    pub newest_check_run: Option<Uuid>,
}

/// # Errors
/// When there is no such inspection.
pub async fn inspection(cx: &Context, id: Uuid) -> Result<InspectionView> {
    let mut conn = acquire(cx).await?;
    let found = store::field::inspections(&mut conn, cx.clock.now(), None, Some(id))
        .await?
        .pop();
    let found = found.ok_or_else(|| not_found(&Message::new("inspection", "检查"), id))?;
    let uploads = store::upload::of_inspection(&mut conn, id).await?;
    let run = store::check_run::find(&mut conn, Which::NewestOfInspection(id)).await?;
    let record = found.held.record;
    Ok(InspectionView {
        id,
        number: record.number,
        names: names_json(&record.names),
        kind: record.kind.word(),
        state: record.state.word(),
        starts: record.starts.map(|d| d.to_string()),
        ends: record.ends.map(|d| d.to_string()),
        boundary: found.boundary.uuid(),
        teams: record
            .teams
            .iter()
            .map(|t| json!({ "party": t.party, "name": t.name, "leader": names_json(&t.leader), "members": t.members }))
            .collect(),
        uploads: uploads.iter().map(|u| u.upload_id).collect(),
        newest_check_run: run.map(|run| run.id),
    })
}

/// A run of the checks.
///
/// # Errors
/// When there is no such run.
pub async fn check_run(cx: &Context, id: Uuid) -> Result<StoredRun> {
    let mut conn = acquire(cx).await?;
    let run = store::check_run::find(&mut conn, Which::Run(id)).await?;
    run.ok_or_else(|| not_found(&Message::new("check run", "检查运行"), id))
}

/// A job in the queue.
///
/// # Errors
/// When there is no such job.
pub async fn job(cx: &Context, id: Uuid) -> Result<store::job::Job> {
    let mut conn = acquire(cx).await?;
    let job = store::job::by_id(&mut conn, id).await?;
    job.ok_or_else(|| not_found(&Message::new("job", "任务"), id))
}

/// Whether the service can answer: the database is there and has this release's schema.
pub async fn is_ready(cx: &Context) -> bool {
    cx.db.is_ready().await
}
