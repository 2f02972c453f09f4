//! What became of a file, as JSON.

use serde_json::{Value, json};

use super::{Outcome, What};

/// Counts, the way into the frame, and every row with its place, what became of it and why.
pub fn json(outcome: &Outcome, dry_run: bool) -> Value {
    let rows: Vec<Value> = outcome
        .rows
        .iter()
        .map(|row| {
            let (fields, mistakes) = match &row.what {
                What::New | What::Unchanged => (json!([]), json!([])),
                What::Changed(fields) => (json!(fields), json!([])),
                What::Refused(mistakes) => {
                    let told: Vec<Value> = mistakes
                        .iter()
                        .map(|m| json!({ "at": m.at, "en": m.detail.en, "zh": m.detail.zh }))
                        .collect();
                    (json!([]), Value::Array(told))
                }
            };
            json!({
                "collection": row.collection, "place": row.place, "label": row.label, "what": row.what.word(),
                "fields": fields, "mistakes": mistakes,
            })
        })
        .collect();
    json!({
        "collection": outcome.collection, "file": outcome.file, "dry_run": dry_run,
        "created": outcome.created(), "changed": outcome.changed(), "unchanged": outcome.unchanged(),
        "refused": outcome.bad_rows(),
        "two_persons": outcome.binds.is_some(), "proposal": outcome.proposal,
        "way": outcome.way.as_ref().map(|way| json!({ "name": way.name, "accuracy_m": way.accuracy_m })),
        "rows": rows,
    })
}
