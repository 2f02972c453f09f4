//! A feature with everything a card on the map shows.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::json_of;
use super::position::{PositionView, positions, received, reference};
use crate::domain::collection::Collection;
use crate::domain::id::Id;
use crate::domain::lineage::Lineage;
use crate::domain::schema;
use crate::domain::text::Message;
use crate::service::audit::shown;
use crate::service::features::When;
use crate::service::register::{self, Register};
use crate::service::upload::acquire;
use crate::service::{Context, Result, not_found};
use crate::store;
use crate::store::check_run::{StoredFinding, Which};
use crate::store::feature::{Item, Query, versions};
use crate::store::link::StoredLink;
use crate::unit::LonLat;

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

/// One feature as a card, as it was at a moment.
///
/// What is said of its place along the line is left out where the line of that moment is not known: as the register knew
/// it at another time.
///
/// # Errors
/// When there is no such feature.
pub async fn card(cx: &Context, collection: Collection, feature_id: i64, when: When) -> Result<Card> {
    if let Some(schema) = schema::of(collection.name()) {
        shown::record(cx, schema, feature_id).await?;
    }
    let mut conn = acquire(cx).await?;
    let now = cx.clock.now();
    let past = when.in_force.is_some() || when.known.is_some();
    let at = past.then(|| when.moment(now).instant(now));
    let query = Query {
        feature_id: Some(feature_id),
        limit: 1,
        at,
        known: when.known,
        ..Query::default()
    };
    let Some(item) = store::feature::items(&mut conn, collection, &query).await?.pop() else {
        return Err(not_found(&Message::new("feature", "要素"), feature_id));
    };
    let mut more = Vec::new();
    let register = match when.known {
        Some(_) => None,
        None => register_of(cx, &mut conn, item.boundary_id, at).await?,
    };
    if let Some(register) = register {
        more.extend(placed(&mut conn, collection, &item, &register).await?);
    }
    let links = store::link::of_record(&mut conn, item.id).await?;
    if !links.is_empty() {
        more.push(("links", Value::Array(links.iter().map(link).collect())));
    }
    if let Some(table) = versions(collection) {
        let history = store::version::history(&mut conn, table, item.id).await?;
        let versions: Vec<VersionView> = history.into_iter().map(Into::into).collect();
        more.push(("versions", json_of(&versions)));
    }
    Ok(Card { item, more })
}

/// A tie as a link to the feature at its other end.
fn link(link: &StoredLink) -> Value {
    json!({
        "href": format!("/collections/{}s/items/{}", link.kind, link.feature_id),
        "rel": link.relation.word(),
        "made_by": link.made_by.word(),
        "title": link.number,
        "names": link.names,
    })
}

async fn register_of(
    cx: &Context,
    conn: &mut store::Conn,
    boundary: Option<Uuid>,
    at: Option<Timestamp>,
) -> Result<Option<Arc<Register>>> {
    let Some(id) = boundary else { return Ok(None) };
    let Some(held) = store::boundary::by_id(conn, cx.clock.now(), Id::new(id)).await? else {
        return Ok(None);
    };
    match at {
        None => register::load(cx, conn, held).await,
        Some(at) => Ok(register::read_at(conn, held, at).await?.map(Arc::new)),
    }
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
    if let Some(run) = store::check_run::find(conn, Which::NewestOfBoundary(boundary.uuid())).await? {
        let found = store::check_run::findings(conn, run.id, Some(&labels)).await?;
        findings.extend(found.into_iter().map(FindingView::from));
        let all = store::check_run::visits(conn, run.id).await?;
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
