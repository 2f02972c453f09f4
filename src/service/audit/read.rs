//! The log as an auditor reads it: who did what, when and why, and which rows it wrote.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::rights::Verb;
use crate::domain::schema::{self, Schema};
use crate::service::{Context, Result};
use crate::store;
use crate::store::audit::Deed;
pub use crate::store::audit::{Sought, Stored};

/// Rows of one event that are listed; the rest is counted.
const ROWS: i64 = 20;

/// An event, and what it wrote.
#[derive(Debug, Clone)]
pub struct Line {
    pub event: Stored,
    /// The first of the rows, in the order of writing.
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub rows_total: i64,
}

impl Line {
    pub fn at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.event.at_micros).unwrap_or(Timestamp::MIN)
    }

    pub fn detail(&self) -> Value {
        serde_json::from_str(&self.event.detail).unwrap_or(Value::Null)
    }
}

/// A version that an event wrote.
#[derive(Debug, Clone)]
pub struct Row {
    /// None for rows that are no record, such as the parties of a boundary.
    pub schema: Option<&'static Schema>,
    pub feature_id: Option<i64>,
    pub label: Option<String>,
    pub version: Option<i32>,
}

/// The newest events first. That somebody read the log is in the log.
///
/// # Errors
/// For who may not; when the database breaks.
pub async fn read(cx: &Context, sought: &Sought<'_>) -> Result<Vec<Line>> {
    cx.must_somewhere(Verb::Audit)?;
    let mut tx = cx.db.begin().await?;
    let events = store::audit::events(&mut tx, sought).await?;
    let ids: Vec<i64> = events.iter().map(|event| event.audit_event_id).collect();
    let mut rows = store::audit::rows(&mut tx, &ids, ROWS).await?;
    let asked = json!({
        "actor": sought.actor, "action": sought.action, "kind": sought.kind, "subject": sought.subject,
        "before": sought.before, "events": ids.len(),
    });
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "read",
        kind: "audit_event",
        subject: String::new(),
        reason: None,
        detail: asked,
    };
    store::audit::append(&mut tx, deed).await?;
    cx.commit(tx).await?;
    let lines = events.into_iter().map(|event| {
        let (own, others) = std::mem::take(&mut rows)
            .into_iter()
            .partition(|row| row.audit_event_id == event.audit_event_id);
        rows = others;
        let own: Vec<store::audit::WrittenRow> = own;
        Line {
            rows_total: own.first().map_or(0, |row| row.total),
            rows: own
                .into_iter()
                .map(|row| Row {
                    schema: schema::of_kind(&row.table_name),
                    version: row
                        .row_key
                        .split_once('/')
                        .and_then(|(_, version)| version.parse().ok()),
                    feature_id: row.feature_id,
                    label: row.label,
                })
                .collect(),
            event,
        }
    });
    Ok(lines.collect())
}
