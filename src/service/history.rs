//! All versions of one record, and what each changed.

use uuid::Uuid;

use super::audit::shown;
use super::features::{self, Found, Record, Selection, When};
use super::{Context, Result, not_found};
use crate::domain::lineage::Lineage;
use crate::domain::moment::InForce;
use crate::domain::schema::{Schema, Writes, lineage};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::store;

/// One field that a version has otherwise than the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub field: &'static str,
    pub before: Value,
    pub after: Value,
}

/// One version of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub lineage: Lineage,
    /// As it was when it was recorded; none where it is read no more.
    pub record: Option<Record>,
    /// What it changed of the version before; empty for the first.
    pub changed: Vec<Changed>,
    /// Whether it has another geometry than the version before.
    pub moved: bool,
}

impl Version {
    /// What is told of a version without reading it.
    pub(super) const fn bare(lineage: Lineage) -> Self {
        Self {
            lineage,
            record: None,
            changed: Vec::new(),
            moved: false,
        }
    }

    /// The view of the register in which this version is seen.
    pub fn when(&self) -> When {
        When {
            in_force: Some(InForce::At(self.lineage.in_force.from)),
            known: Some(self.lineage.known.from),
        }
    }
}

/// Versions that are read whole, at most; of older ones only the lineage is told.
const WHOLE: usize = 200;

/// The identity of a record, and when and why it became as it was, newest first.
///
/// # Errors
/// When there never was such a record, or its kind has no versions.
pub(super) async fn identified(
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
) -> Result<(Uuid, Vec<Lineage>)> {
    let absent = || not_found(&Message::new(schema.kind, schema.title.zh), feature_id);
    let id = match store::version::identify(conn, feature_id).await? {
        Some((kind, id)) if kind == schema.kind && schema.writes == Writes::Versions => id,
        _ => return Err(absent()),
    };
    let history = store::version::history_of_kind(conn, schema.kind, id).await?;
    // An index may tell of a record whose rows are hidden.
    if history.is_empty() {
        return Err(absent());
    }
    Ok((id, history))
}

/// When and why a record became as it was, newest version first.
///
/// # Errors
/// When there never was such a record, or its kind has no versions.
pub async fn lineages(cx: &Context, schema: &'static Schema, feature_id: i64) -> Result<Vec<Lineage>> {
    shown::record(cx, schema, feature_id).await?;
    let mut conn = cx.db.acquire().await?;
    Ok(identified(&mut conn, schema, feature_id).await?.1)
}

/// All versions, newest first.
///
/// # Errors
/// When there never was such a record, or its kind has no versions.
pub async fn versions(cx: &Context, schema: &'static Schema, feature_id: i64) -> Result<Vec<Version>> {
    let history = lineages(cx, schema, feature_id).await?;
    let mut versions: Vec<Version> = history.into_iter().map(Version::bare).collect();
    let mut conn = cx.db.acquire().await?;
    for version in versions.iter_mut().take(WHOLE) {
        fill(cx, &mut conn, schema, feature_id, version).await?;
    }
    for at in 0..versions.len().saturating_sub(1) {
        let (after, before) = (&versions[at], &versions[at + 1]);
        let changed = changed(schema, before, after);
        let moved = match (&after.record, &before.record) {
            (Some(after), Some(before)) => after.geometry != before.geometry,
            _ => false,
        };
        versions[at].changed = changed;
        versions[at].moved = moved;
    }
    Ok(versions)
}

/// Reads the record of a version.
///
/// # Errors
/// When the database breaks.
pub(super) async fn fill(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    version: &mut Version,
) -> Result<()> {
    let wanted = Selection {
        when: version.when(),
        ..Selection::of(schema)
    };
    if let Found::Record(record) = features::item_in(cx, conn, &wanted, feature_id).await?
        && record.version == version.lineage.version
    {
        version.record = Some(*record);
    }
    Ok(())
}

/// The fields in which two versions differ.
pub(super) fn changed(schema: &'static Schema, before: &Version, after: &Version) -> Vec<Changed> {
    let (Some(before), Some(after)) = (&before.record, &after.record) else {
        return Vec::new();
    };
    schema
        .fields()
        .zip(before.values.iter().zip(&after.values))
        .filter(|(field, (before, after))| is_told(field.name) && before != after)
        .map(|(field, (before, after))| Changed {
            field: field.name,
            before: before.clone(),
            after: after.clone(),
        })
        .collect()
}

/// Whether a difference in a field is worth telling: what every version has anew is not.
fn is_told(name: &str) -> bool {
    matches!(name, "standing" | "class") || !lineage::FIELDS.iter().any(|field| field.name == name)
}
