//! Inspections.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::boundary::{Keys, names, names_json};
use super::version::{NewRow, Stamp, Table, insert};
use super::{Result, broken, word};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::inspection::{Inspection, InspectionKind, InspectionState, Team};
use crate::domain::text::Message;

/// # Errors
/// When the database refuses a row.
pub async fn insert_inspections(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: Id<Boundary>,
    inspections: &[(Uuid, &Inspection)],
) -> Result<()> {
    let rows = inspections
        .iter()
        .map(|(id, inspection)| {
            let teams: Vec<Value> = inspection
                .teams
                .iter()
                .map(|t| json!({ "party": t.party, "name": t.name, "leader": t.leader, "members": t.members }))
                .collect();
            NewRow::new(
                *id,
                json!({
                    "boundary_id": boundary.uuid(),
                    "number": inspection.number,
                    "names": names_json(&inspection.names),
                    "kind": inspection.kind.word(),
                    "state": inspection.state.word(),
                    "starts_on": inspection.starts.map(|d| d.to_string()),
                    "ends_on": inspection.ends.map(|d| d.to_string()),
                    "teams": teams,
                    "remarks_en": "",
                    "remarks_zh": "",
                }),
            )
        })
        .collect();
    insert(conn, Table::Inspection, stamp, rows).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct InspectionRow {
    inspection_id: Uuid,
    feature_id: i64,
    version: i32,
    boundary_id: Uuid,
    number: String,
    names: Value,
    kind: String,
    state: String,
    starts_on: Option<String>,
    ends_on: Option<String>,
    teams: Value,
    remarks_en: String,
    remarks_zh: String,
}

/// An inspection with the boundary it belongs to and its remarks.
pub struct HeldInspection {
    pub held: Held<Inspection>,
    pub boundary: Id<Boundary>,
    pub remarks: Message,
}

/// Inspections of a boundary, or one by its identity; newest first.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn inspections(
    conn: &mut PgConnection,
    at: Timestamp,
    boundary: Option<Id<Boundary>>,
    id: Option<Uuid>,
) -> Result<Vec<HeldInspection>> {
    let rows: Vec<InspectionRow> = sqlx::query_as(
        "select inspection_id, feature_id, version, boundary_id, number, names, kind, state, starts_on::text,
                ends_on::text, teams, remarks_en, remarks_zh
         from inspection
         where upper_inf(known) and in_force @> $1 and ($2::uuid is null or boundary_id = $2)
           and ($3::uuid is null or inspection_id = $3)
         order by starts_on desc nulls last, number desc",
    )
    .bind(jiff_sqlx::Timestamp::from(at))
    .bind(boundary.map(Id::uuid))
    .bind(id)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.inspection_id;
            let date = |text: Option<String>, column| {
                text.map(|t| t.parse())
                    .transpose()
                    .map_err(|e: jiff::Error| broken("inspection", id, column)(e.into()))
            };
            let text = |team: &Value, key: &str| team.get(key).and_then(Value::as_str).map(str::to_owned);
            let teams = row
                .teams
                .as_array()
                .into_iter()
                .flatten()
                .map(|team| Team {
                    party: text(team, "party").unwrap_or_default(),
                    name: text(team, "name").unwrap_or_default(),
                    leader: text(team, "leader"),
                    members: team
                        .get("members")
                        .and_then(Value::as_i64)
                        .and_then(|n| n.try_into().ok()),
                })
                .collect();
            Ok(HeldInspection {
                boundary: Id::new(row.boundary_id),
                remarks: Message::new(row.remarks_en, row.remarks_zh),
                held: Held {
                    id: Id::new(id),
                    feature_id: row.feature_id,
                    version: row.version,
                    record: Inspection {
                        number: row.number,
                        names: names(&row.names),
                        kind: word("inspection", id, "kind", &row.kind, InspectionKind::from_word)?,
                        state: word("inspection", id, "state", &row.state, InspectionState::from_word)?,
                        starts: date(row.starts_on, "starts_on")?,
                        ends: date(row.ends_on, "ends_on")?,
                        teams,
                    },
                },
            })
        })
        .collect()
}

/// Identities of a boundary's inspections by number.
///
/// # Errors
/// When the database cannot be read.
pub async fn inspection_ids(conn: &mut PgConnection, boundary: Id<Boundary>) -> Result<Keys> {
    let rows: Vec<(String, Uuid)> =
        sqlx::query_as("select number, inspection_id from inspection where boundary_id = $1 and upper_inf(known)")
            .bind(boundary.uuid())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().collect())
}
