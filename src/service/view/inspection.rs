//! Inspections.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::names_json;
use crate::domain::text::Message;
use crate::service::upload::acquire;
use crate::service::{Context, Result, not_found};
use crate::store;
use crate::store::check_run::Which;

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
