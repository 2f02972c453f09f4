//! The list of boundaries.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::names_json;
use crate::domain::collection::Collection;
use crate::service::upload::acquire;
use crate::service::{Context, Result, demo};
use crate::store;
use crate::store::feature::Query;

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
