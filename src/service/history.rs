//! All versions of one record, and what each changed.

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

/// All versions, newest first.
///
/// # Errors
/// When there never was such a record, or its kind has no versions.
pub async fn versions(cx: &Context, schema: &'static Schema, feature_id: i64) -> Result<Vec<Version>> {
    let mut conn = cx.db.acquire().await?;
    let known = store::version::identify(&mut conn, feature_id).await?;
    let id = match known {
        Some((kind, id)) if kind == schema.kind && schema.writes == Writes::Versions => id,
        _ => return Err(not_found(&Message::new(schema.kind, schema.title.zh), feature_id)),
    };
    let history = store::version::history_of_kind(&mut conn, schema.kind, id).await?;
    drop(conn);
    let mut versions: Vec<Version> = history
        .into_iter()
        .map(|lineage| Version {
            lineage,
            record: None,
            changed: Vec::new(),
            moved: false,
        })
        .collect();
    for version in versions.iter_mut().take(WHOLE) {
        let wanted = Selection {
            when: version.when(),
            ..Selection::of(schema)
        };
        if let Found::Record(record) = features::item(cx, &wanted, feature_id).await?
            && record.version == version.lineage.version
        {
            version.record = Some(*record);
        }
    }
    compare(schema, &mut versions);
    Ok(versions)
}

/// Notes what each version changed of the one before it.
fn compare(schema: &'static Schema, versions: &mut [Version]) {
    for at in 0..versions.len().saturating_sub(1) {
        let (Some(after), Some(before)) = (&versions[at].record, &versions[at + 1].record) else {
            continue;
        };
        let moved = after.geometry != before.geometry;
        let changed = schema
            .fields()
            .zip(before.values.iter().zip(&after.values))
            .filter(|(field, (before, after))| is_told(field.name) && before != after)
            .map(|(field, (before, after))| Changed {
                field: field.name,
                before: before.clone(),
                after: after.clone(),
            })
            .collect();
        versions[at].moved = moved;
        versions[at].changed = changed;
    }
}

/// Whether a difference in a field is worth telling: what every version has anew is not.
fn is_told(name: &str) -> bool {
    matches!(name, "standing" | "class") || !lineage::FIELDS.iter().any(|field| field.name == name)
}
