//! Runs of the checks, their findings and visits.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::codec::Ewkb;
use super::{Result, word};
use crate::domain::finding::{CheckCode, Detail, Finding, Shape, Unit, Verdict};
use crate::domain::text::Message;

/// A run with everything that makes it repeatable.
pub struct NewRun {
    pub id: Uuid,
    pub boundary: Uuid,
    pub inspection: Option<Uuid>,
    pub upload: Option<Uuid>,
    pub at: Timestamp,
    pub software: String,
    pub frame: String,
    pub way: Option<String>,
    pub tolerances: Value,
    pub inputs: Value,
    pub summary: Value,
    pub coverage: Option<Value>,
}

/// How a track did at one marker element.
pub struct NewVisit {
    pub element: Uuid,
    pub outcome: &'static str,
    pub nearest_m: Option<f64>,
    pub uncertainty_95_m: f64,
    pub dwell_s: Option<f64>,
    pub chainage_m: f64,
}

/// The details of a finding as their JSON object.
pub fn details_json(details: &[(&'static str, Detail)]) -> Value {
    let members = details.iter().map(|(name, detail)| {
        let value = match detail {
            Detail::Number(number) => json!(number),
            Detail::Text(text) => json!(text),
            Detail::Flag(flag) => json!(flag),
        };
        ((*name).to_owned(), value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn display(shape: &Shape) -> Option<Ewkb> {
    match shape {
        Shape::Nowhere => None,
        Shape::Point(point) => Some(Ewkb::point(4326, *point)),
        Shape::Line(line) => Some(Ewkb::line(4326, line)),
        Shape::Lines(lines) => Some(Ewkb::lines(4326, lines)),
    }
}

/// Stores a run, its findings in order and its visits: three statements, however many there are.
///
/// # Errors
/// When the database refuses a row.
pub async fn insert(
    conn: &mut PgConnection,
    run: &NewRun,
    findings: &[(Uuid, Finding)],
    visits: &[NewVisit],
) -> Result<()> {
    sqlx::query(
        "insert into check_run (check_run_id, boundary_id, inspection_id, upload_id, created_at, software, frame, way,
                                tolerances, inputs, summary, coverage)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(run.id)
    .bind(run.boundary)
    .bind(run.inspection)
    .bind(run.upload)
    .bind(jiff_sqlx::Timestamp::from(run.at))
    .bind(&run.software)
    .bind(&run.frame)
    .bind(&run.way)
    .bind(&run.tolerances)
    .bind(&run.inputs)
    .bind(&run.summary)
    .bind(&run.coverage)
    .execute(&mut *conn)
    .await?;
    let rows: Vec<Value> = findings
        .iter()
        .enumerate()
        .map(|(ordinal, (id, finding))| {
            json!({
                "finding_id": id,
                "ordinal": ordinal,
                "check_code": finding.check.word(),
                "verdict": finding.verdict.word(),
                "subjects": finding.subjects,
                "measured": finding.measured,
                "unit": finding.unit.symbol(),
                "uncertainty_95": finding.uncertainty_95,
                "tolerance": finding.tolerance,
                "tolerance_source": finding.tolerance_source,
                "message_en": finding.message.en,
                "message_zh": finding.message.zh,
                "details": details_json(&finding.details),
                "display": display(&finding.shape).map(|g| g.hex()),
            })
        })
        .collect();
    sqlx::query(
        "insert into finding (finding_id, check_run_id, ordinal, check_code, verdict, subjects, measured, unit,
                              uncertainty_95, tolerance, tolerance_source, message_en, message_zh, details, display)
         select finding_id, $1, ordinal, check_code, verdict, subjects, measured, unit, uncertainty_95, tolerance,
                tolerance_source, message_en, message_zh, details, display
         from jsonb_populate_recordset(null::finding, $2)",
    )
    .bind(run.id)
    .bind(Value::Array(rows))
    .execute(&mut *conn)
    .await?;
    let rows: Vec<Value> = visits
        .iter()
        .map(|visit| {
            json!({
                "marker_element_id": visit.element,
                "outcome": visit.outcome,
                "nearest_m": visit.nearest_m,
                "uncertainty_95_m": visit.uncertainty_95_m,
                "dwell_s": visit.dwell_s,
                "chainage_m": visit.chainage_m,
            })
        })
        .collect();
    sqlx::query(
        "insert into visit (check_run_id, marker_element_id, outcome, nearest_m, uncertainty_95_m, dwell_s, chainage_m)
         select $1, marker_element_id, outcome, nearest_m, uncertainty_95_m, dwell_s, chainage_m
         from jsonb_populate_recordset(null::visit, $2)",
    )
    .bind(run.id)
    .bind(Value::Array(rows))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RunRow {
    check_run_id: Uuid,
    boundary_id: Uuid,
    inspection_id: Option<Uuid>,
    created_at: jiff_sqlx::Timestamp,
    software: String,
    frame: String,
    way: Option<String>,
    inputs: Value,
    summary: Value,
    coverage: Option<Value>,
}

/// A stored run without its findings.
pub struct StoredRun {
    pub id: Uuid,
    pub boundary: Uuid,
    pub inspection: Option<Uuid>,
    pub at: Timestamp,
    pub software: String,
    pub frame: String,
    pub way: Option<String>,
    /// The uploads whose tracks were walked.
    pub uploads: Vec<Uuid>,
    pub summary: Value,
    pub coverage: Option<Value>,
}

/// Which run is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    Run(Uuid),
    NewestOfInspection(Uuid),
    NewestOfBoundary(Uuid),
}

/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut PgConnection, which: Which) -> Result<Option<StoredRun>> {
    let (run, inspection, boundary) = match which {
        Which::Run(id) => (Some(id), None, None),
        Which::NewestOfInspection(id) => (None, Some(id), None),
        Which::NewestOfBoundary(id) => (None, None, Some(id)),
    };
    let row: Option<RunRow> = sqlx::query_as(
        "select check_run_id, boundary_id, inspection_id, created_at, software, frame, way, inputs, summary, coverage
         from check_run
         where ($1::uuid is null or check_run_id = $1) and ($2::uuid is null or inspection_id = $2)
           and ($3::uuid is null or boundary_id = $3)
         order by created_at desc, check_run_id desc limit 1",
    )
    .bind(run)
    .bind(inspection)
    .bind(boundary)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| StoredRun {
        id: row.check_run_id,
        boundary: row.boundary_id,
        inspection: row.inspection_id,
        at: row.created_at.to_jiff(),
        software: row.software,
        frame: row.frame,
        way: row.way,
        uploads: row
            .inputs
            .get("uploads")
            .and_then(|list| serde_json::from_value(list.clone()).ok())
            .unwrap_or_default(),
        summary: row.summary,
        coverage: row.coverage,
    }))
}

/// A stored finding, without its place.
#[derive(Debug, Clone)]
pub struct StoredFinding {
    pub feature_id: i64,
    pub check: CheckCode,
    pub verdict: Verdict,
    pub subjects: Vec<String>,
    pub measured: Option<f64>,
    pub unit: Unit,
    pub uncertainty_95: Option<f64>,
    pub tolerance: Option<f64>,
    pub tolerance_source: String,
    pub message: Message,
    pub details: Value,
}

#[derive(sqlx::FromRow)]
struct FindingRow {
    feature_id: i64,
    check_code: String,
    verdict: String,
    subjects: Vec<String>,
    measured: Option<f64>,
    unit: String,
    uncertainty_95: Option<f64>,
    tolerance: Option<f64>,
    tolerance_source: String,
    message_en: String,
    message_zh: String,
    details: Value,
}

/// Findings of a run in order, all or those about one subject.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn findings(conn: &mut PgConnection, run: Uuid, subjects: Option<&[String]>) -> Result<Vec<StoredFinding>> {
    let rows: Vec<FindingRow> = sqlx::query_as(
        "select feature_id, check_code, verdict, subjects, measured, unit, uncertainty_95, tolerance, tolerance_source,
                message_en, message_zh, details
         from finding where check_run_id = $1 and ($2::text[] is null or subjects && $2) order by ordinal",
    )
    .bind(run)
    .bind(subjects)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.feature_id;
            let unit = [Unit::Metres, Unit::Degrees, Unit::Percent, Unit::Count]
                .into_iter()
                .find(|u| u.symbol() == row.unit);
            Ok(StoredFinding {
                feature_id: id,
                check: word("finding", id, "check_code", &row.check_code, CheckCode::from_word)?,
                verdict: word("finding", id, "verdict", &row.verdict, Verdict::from_word)?,
                subjects: row.subjects,
                measured: row.measured,
                unit: unit.unwrap_or(Unit::Count),
                uncertainty_95: row.uncertainty_95,
                tolerance: row.tolerance,
                tolerance_source: row.tolerance_source,
                message: Message::new(row.message_en, row.message_zh),
                details: row.details,
            })
        })
        .collect()
}

/// Outcome, nearest distance and dwell of a run by marker element.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredVisit {
    pub marker_element_id: Uuid,
    pub outcome: String,
    pub nearest_m: Option<f64>,
    pub dwell_s: Option<f64>,
    pub chainage_m: f64,
}

/// # Errors
/// When the database cannot be read.
pub async fn visits(conn: &mut PgConnection, run: Uuid) -> Result<Vec<StoredVisit>> {
    Ok(sqlx::query_as(
        "select marker_element_id, outcome, nearest_m, dwell_s, chainage_m from visit where check_run_id = $1",
    )
    .bind(run)
    .fetch_all(conn)
    .await?)
}
