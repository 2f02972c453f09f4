//! Restricted records that people are shown stand in the log, before they are shown.
//!
//! A map asks for hundreds of tiles and pages; who looks at a collection is noted once in a while, who opens a record
//! once in a while for each record.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::domain::lineage::Class;
use crate::domain::schema::{Schema, Writes};
use crate::service::caller::Via;
use crate::service::{Context, Result};
use crate::store;
use crate::store::audit::Deed;

/// The same person reading the same again is noted once in this time.
const ONCE_IN: SignedDuration = SignedDuration::from_mins(15);

/// Readings in mind, at most; beyond, all are forgotten and noted again.
const MOST: usize = 20_000;

/// Who was shown what: the account, the kind, and the record or 0 for its collection.
type Reading = (Uuid, &'static str, i64);

/// Readings that have been noted. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<HashMap<Reading, Timestamp>>>);

impl Shown {
    fn is_noted(&self, reading: &Reading, now: Timestamp) -> bool {
        let Ok(noted) = self.0.lock() else { return false };
        // A clock that was put back notes again.
        noted
            .get(reading)
            .is_some_and(|at| *at <= now && now.duration_since(*at) < ONCE_IN)
    }

    fn note(&self, reading: Reading, now: Timestamp) {
        if let Ok(mut noted) = self.0.lock() {
            if noted.len() >= MOST {
                noted.clear();
            }
            noted.insert(reading, now);
        }
    }
}

/// Notes that the caller is about to be shown records of a collection, where restricted ones are among those they may
/// see.
///
/// # Errors
/// When the log cannot be written; nothing is to be shown then.
pub async fn collection(cx: &Context, schema: &'static Schema) -> Result<()> {
    let Some(reading) = reading(cx, schema, 0) else {
        return Ok(());
    };
    if cx.shown.is_noted(&reading, cx.clock.now()) || !has_restricted(cx, schema).await? {
        return Ok(());
    }
    note(cx, reading, "all".to_owned()).await
}

/// Notes that the caller is about to be shown a record, where it is restricted.
///
/// # Errors
/// As [`collection`].
pub async fn record(cx: &Context, schema: &'static Schema, feature_id: i64) -> Result<()> {
    let Some(reading) = reading(cx, schema, feature_id) else {
        return Ok(());
    };
    if cx.shown.is_noted(&reading, cx.clock.now()) || !has_restricted(cx, schema).await? {
        return Ok(());
    }
    let mut conn = cx.db.acquire().await?;
    if !store::record::select::is_restricted(&mut conn, schema, Some(feature_id)).await? {
        return Ok(());
    }
    drop(conn);
    note(cx, reading, feature_id.to_string()).await
}

/// Notes that the caller is about to be given a file as it was handed in.
///
/// # Errors
/// As [`collection`].
pub async fn original(cx: &Context, class: Class, id: Uuid) -> Result<()> {
    let Some(account) = who(cx).filter(|_| class == Class::Restricted) else {
        return Ok(());
    };
    let reading = (account, "upload", id.as_u64_pair().1.cast_signed());
    if cx.shown.is_noted(&reading, cx.clock.now()) {
        return Ok(());
    }
    note(cx, reading, id.to_string()).await
}

/// The service and its operator, who hold the database, are not noted; nor is who sees nothing restricted.
fn who(cx: &Context) -> Option<Uuid> {
    cx.caller.account.filter(|_| cx.caller.via != Via::Machine)
}

fn reading(cx: &Context, schema: &'static Schema, feature_id: i64) -> Option<Reading> {
    let account = who(cx)?;
    (schema.writes == Writes::Versions).then_some((account, schema.kind, feature_id))
}

/// Whether any of what the caller may see of a collection is restricted; remembered until it changes.
async fn has_restricted(cx: &Context, schema: &'static Schema) -> Result<bool> {
    let version = cx.version_of(&[schema.collection]).await?;
    if let Some(known) = cx.memory.restricted.get(schema.kind, version) {
        return Ok(known);
    }
    let mut conn = cx.db.acquire().await?;
    let found = store::record::select::is_restricted(&mut conn, schema, None).await?;
    cx.memory.restricted.put(schema.kind, version, found);
    Ok(found)
}

async fn note(cx: &Context, reading: Reading, subject: String) -> Result<()> {
    let now = cx.clock.now();
    let mut tx = cx.db.begin().await?;
    let deed = Deed {
        at: now,
        actor: &cx.caller.name,
        action: "read",
        kind: reading.1,
        subject,
        reason: None,
        detail: json!({ "class": Class::Restricted.word() }),
    };
    store::audit::append(&mut tx, deed).await?;
    store::commit(tx).await?;
    cx.shown.note(reading, now);
    Ok(())
}

/// Which collections hold restricted records, by their version. Cheap to clone.
#[derive(Debug, Default)]
pub struct Restricted(Mutex<HashMap<&'static str, (i64, bool)>>);

impl Restricted {
    fn get(&self, kind: &'static str, version: i64) -> Option<bool> {
        let known = self.0.lock().ok()?;
        known
            .get(kind)
            .filter(|(at, _)| *at == version)
            .map(|(_, found)| *found)
    }

    fn put(&self, kind: &'static str, version: i64, found: bool) {
        if let Ok(mut known) = self.0.lock() {
            known.insert(kind, (version, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_noted_once_in_a_while() {
        let shown = Shown::default();
        let now = Timestamp::UNIX_EPOCH;
        let [one, other] = [7, 0].map(|id| (Uuid::nil(), "marker", id));
        shown.note(one, now);
        assert!(shown.is_noted(&one, now) && !shown.is_noted(&other, now));
        assert!(!shown.is_noted(&one, now + ONCE_IN));
        assert!(!shown.is_noted(&one, now - ONCE_IN));
    }
}
