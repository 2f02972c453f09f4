//! What records are called by others: a reference is stored as an identity and shown as a number, key or code.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::domain::schema::{self, Schema};
use crate::store::Result;

/// What a record is called, and of which kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub kind: Option<&'static str>,
    pub text: Arc<str>,
}

impl Label {
    /// With the collection before it, where a reference may lead to any record: `projects/B-2025-01`.
    pub fn with_collection(&self) -> String {
        match self.kind.and_then(schema::of_kind) {
            Some(schema) => format!("{}/{}", schema.collection, self.text),
            None => self.text.to_string(),
        }
    }
}

/// Labels that have been looked up, kept until somebody renames a record. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Labels(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// Grows whenever all is forgotten: what was read before a renaming is not kept after it.
    generation: u64,
    labels: HashMap<Uuid, Label>,
}

/// More than any register needs; a memory that grew beyond is begun anew.
const MOST: usize = 200_000;

impl Labels {
    /// What records are called, those that are known from memory and the rest in one statement. Others may forget
    /// meanwhile what they like.
    ///
    /// - **Shape**: one entry for each record that is there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(&self, conn: &mut PgConnection, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, Label>> {
        let mut named = HashMap::new();
        let mut unknown = Vec::new();
        let generation = match self.0.read() {
            Ok(kept) => {
                for id in ids {
                    match kept.labels.get(&id) {
                        Some(label) => {
                            named.entry(id).or_insert_with(|| label.clone());
                        }
                        None => unknown.push(id),
                    }
                }
                Some(kept.generation)
            }
            Err(_) => {
                unknown.extend(ids);
                None
            }
        };
        if unknown.is_empty() {
            return Ok(named);
        }
        unknown.sort_unstable();
        unknown.dedup();
        let found: Vec<(Uuid, String, Option<String>)> = sqlx::query_as(
            "select record_id, kind, label from record where record_id = any($1)
             union all select check_run_id, 'check_run', number from check_run where check_run_id = any($1)",
        )
        .bind(&unknown)
        .fetch_all(conn)
        .await?;
        let found: Vec<(Uuid, Label)> = found
            .into_iter()
            .map(|(id, kind, label)| {
                let label = Label {
                    kind: schema::of_kind(&kind).map(|schema| schema.kind),
                    text: label.unwrap_or_default().into(),
                };
                (id, label)
            })
            .collect();
        if let Ok(mut kept) = self.0.write()
            && generation == Some(kept.generation)
        {
            if kept.labels.len() + found.len() > MOST {
                kept.labels.clear();
            }
            kept.labels.extend(found.iter().cloned());
        }
        named.extend(found);
        Ok(named)
    }

    /// Forgets all, after a record was renamed.
    pub fn forget(&self) {
        if let Ok(mut kept) = self.0.write() {
            kept.generation += 1;
            kept.labels.clear();
        }
    }
}

/// The identities behind natural keys of one kind: those of `boundary`, and those of kinds that belong to none.
///
/// - **Shape**: one entry for each label that is known, none for one that several boundaries have where no boundary is
///   named; unknown labels are not in the answer.
///
/// # Errors
/// When the database cannot be read.
pub async fn identities(
    conn: &mut PgConnection,
    schema: &Schema,
    boundary: Option<Uuid>,
    labels: &[String],
) -> Result<HashMap<String, Option<Uuid>>> {
    // A retired record may share its label with a newer one; the newest wins.
    let found: Vec<(String, Uuid, Option<Uuid>)> = sqlx::query_as(
        "select label, record_id, boundary_id from record
         where kind = $1 and label = any($2) and ($3::uuid is null or boundary_id is null or boundary_id = $3
             or not $4)
         order by feature_id",
    )
    .bind(schema.kind)
    .bind(labels)
    .bind(boundary)
    .bind(schema.of_boundary)
    .fetch_all(conn)
    .await?;
    let mut identities: HashMap<String, (Option<Uuid>, Option<Uuid>)> = HashMap::with_capacity(found.len());
    for (label, id, at) in found {
        let is_elsewhere = identities.get(&label).is_some_and(|(_, before)| *before != at);
        identities.insert(label, (Some(id).filter(|_| !is_elsewhere), at));
    }
    Ok(identities.into_iter().map(|(label, (id, _))| (label, id)).collect())
}

/// The record of a kind that is called so, at a boundary where one is named; the newest where an older one was retired.
///
/// # Errors
/// When the database cannot be read.
pub async fn identity(
    conn: &mut PgConnection,
    kind: &str,
    boundary: Option<Uuid>,
    label: &str,
) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar(
        "select record_id from record where kind = $1 and label = $2 and ($3::uuid is null or boundary_id = $3)
         order by feature_id desc limit 1",
    )
    .bind(kind)
    .bind(label)
    .bind(boundary)
    .fetch_optional(conn)
    .await?)
}

/// Whether another record of the kind, at the same boundary, is called so now.
///
/// Waits for whoever is just about to call one so: of two writers one sees the other's.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_taken(
    conn: &mut PgConnection,
    schema: &Schema,
    boundary: Option<Uuid>,
    label: &str,
    own: Option<Uuid>,
) -> Result<bool> {
    let key = format!("{} {boundary:?} {label}", schema.kind);
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(&key)
        .execute(&mut *conn)
        .await?;
    let kind = schema.kind;
    let sql = format!(
        "select exists (
             select from record r join {kind} t on t.{kind}_id = r.record_id and upper_inf(t.known) and upper_inf(t.in_force)
             where r.kind = $1 and r.label = $2 and r.boundary_id is not distinct from $3
               and r.record_id is distinct from $4
         )"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(kind)
        .bind(label)
        .bind(boundary)
        .bind(own)
        .fetch_one(conn)
        .await?)
}

/// The boundary a record belongs to.
///
/// # Errors
/// When the database cannot be read.
pub async fn boundary_of(conn: &mut PgConnection, feature_id: i64) -> Result<Option<Uuid>> {
    let found: Option<Option<Uuid>> = sqlx::query_scalar("select boundary_id from record where feature_id = $1")
        .bind(feature_id)
        .fetch_optional(conn)
        .await?;
    Ok(found.flatten())
}

/// The feature ids of records that are called so now, of one kind and boundary.
///
/// # Errors
/// When the database cannot be read.
pub async fn current(
    conn: &mut PgConnection,
    schema: &Schema,
    boundary: Option<Uuid>,
    labels: &[String],
) -> Result<HashMap<String, i64>> {
    let kind = schema.kind;
    let sql = format!(
        "select r.label, r.feature_id
         from record r join {kind} t on t.{kind}_id = r.record_id and upper_inf(t.known) and upper_inf(t.in_force)
         where r.kind = $1 and r.label = any($2) and (r.boundary_id is not distinct from $3 or r.boundary_id = r.record_id)"
    );
    let found: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(kind)
        .bind(labels)
        .bind(boundary)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// The feature ids of records that are or were called so, of one kind and boundary; the newest of each name.
///
/// # Errors
/// When the database cannot be read.
pub async fn ever(
    conn: &mut PgConnection,
    schema: &Schema,
    boundary: Option<Uuid>,
    labels: &[String],
) -> Result<HashMap<String, i64>> {
    let found: Vec<(String, i64)> = sqlx::query_as(
        "select label, max(feature_id) from record
         where kind = $1 and label = any($2) and (boundary_id is not distinct from $3 or boundary_id = record_id)
         group by label",
    )
    .bind(schema.kind)
    .bind(labels)
    .bind(boundary)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().collect())
}
