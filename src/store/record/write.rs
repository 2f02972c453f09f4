//! Writing versions of records of any kind: nothing is overwritten, every change is a further version.

use jiff::{Timestamp, ToSpan as _};
use jiff_sqlx::ToSqlx;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::column;
use crate::domain::lineage::{Class, Standing};
use crate::domain::moment::Moment;
use crate::domain::schema::{self, Schema, Type};
use crate::store::Result;

/// A record under the lock of a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    pub id: Uuid,
    pub boundary: Option<Uuid>,
    pub label: Option<String>,
    pub class: Class,
    /// Where it is, as grants name places.
    pub places: Vec<Uuid>,
    /// The versions that are newest knowledge, by the time they come into force.
    pub versions: Vec<Head>,
    /// The greatest version number there is.
    pub newest: i32,
}

/// A version as far as writing asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub version: i32,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub known_from: Timestamp,
    pub standing: String,
    pub class: String,
}

impl Locked {
    /// The version that a change as of `at` starts from: the one in force then, else the next to come, else the last.
    pub fn base(&self, at: Timestamp) -> Option<&Head> {
        self.versions
            .iter()
            .find(|head| head.to.is_none_or(|to| to > at))
            .or_else(|| self.versions.last())
    }
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    record_id: Uuid,
    boundary_id: Option<Uuid>,
    label: Option<String>,
    class: Option<String>,
    places: Option<Vec<Uuid>>,
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    version: i32,
    from: jiff_sqlx::Timestamp,
    to: Option<jiff_sqlx::Timestamp>,
    known_from: jiff_sqlx::Timestamp,
    standing: String,
    class: String,
}

/// Takes the lock of a record until the transaction ends, so that of two writers one sees what the other did.
///
/// # Errors
/// When the database cannot be read. `None` when there never was such a record.
pub async fn lock(conn: &mut PgConnection, schema: &Schema, feature_id: i64) -> Result<Option<Locked>> {
    let kind = schema.kind;
    let found: Option<RecordRow> = sqlx::query_as(
        "select record_id, boundary_id, label, class, places from record
         where feature_id = $1 and kind = $2 for update",
    )
    .bind(feature_id)
    .bind(kind)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(record) = found else {
        return Ok(None);
    };
    let id = record.record_id;
    let sql = format!(
        "select version, lower(in_force) as from, upper(in_force) as to, lower(known) as known_from, standing, class
         from {kind} where {kind}_id = $1 and upper_inf(known) order by lower(in_force)"
    );
    let heads: Vec<HeadRow> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(id)
        .fetch_all(&mut *conn)
        .await?;
    let sql = format!("select coalesce(max(version), 0) from {kind} where {kind}_id = $1");
    let newest: i32 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).fetch_one(conn).await?;
    Ok(Some(Locked {
        id,
        boundary: record.boundary_id,
        label: record.label,
        class: record.class.as_deref().and_then(Class::from_word).unwrap_or_default(),
        places: record.places.unwrap_or_default(),
        newest,
        versions: heads
            .into_iter()
            .map(|row| Head {
                version: row.version,
                from: row.from.to_jiff(),
                to: row.to.map(jiff_sqlx::Timestamp::to_jiff),
                known_from: row.known_from.to_jiff(),
                standing: row.standing,
                class: row.class,
            })
            .collect(),
    }))
}

/// What a new version says of itself.
#[derive(Debug, Clone)]
pub struct Change {
    /// From when the change is in force.
    pub from: Timestamp,
    pub known_from: Timestamp,
    pub standing: Standing,
    pub class: Class,
    pub instrument: Option<Uuid>,
    pub author: String,
    pub reason: String,
}

/// Ends what was known from `change.from` on, keeps the time before as a historical version, and, unless the record is
/// retired, puts a new version in its place: that of `base` with `columns` changed. Gives the number of the last
/// version written.
///
/// # Errors
/// When the database refuses a row.
pub async fn supersede(
    conn: &mut PgConnection,
    schema: &Schema,
    locked: &Locked,
    change: &Change,
    columns: Option<Map<String, Value>>,
) -> Result<i32> {
    let kind = schema.kind;
    // A clock that stands still, or went back, must not make an empty span of knowledge.
    let newest_known = locked.versions.iter().map(|head| head.known_from).max();
    let least = newest_known.and_then(|at| at.checked_add(1.microsecond()).ok());
    let known_from = least.map_or(change.known_from, |least| least.max(change.known_from));
    let base = locked.base(change.from).map(|head| head.version);
    let ended: Vec<&Head> = locked
        .versions
        .iter()
        .filter(|head| head.to.is_none_or(|to| to > change.from))
        .collect();
    let versions: Vec<i32> = ended.iter().map(|head| head.version).collect();
    let sql =
        format!("update {kind} set known = tstzrange(lower(known), $3) where {kind}_id = $1 and version = any($2)");
    sqlx::query(AssertSqlSafe(sql))
        .bind(locked.id)
        .bind(&versions)
        .bind(known_from.to_sqlx())
        .execute(&mut *conn)
        .await?;
    let mut newest = locked.newest;
    for head in ended.iter().filter(|head| head.from < change.from) {
        newest += 1;
        let mut remnant = Map::new();
        remnant.insert("version".to_owned(), json!(newest));
        remnant.insert("in_force".to_owned(), json!(format!("[{},{})", head.from, change.from)));
        remnant.insert("known".to_owned(), json!(format!("[{known_from},)")));
        remnant.insert("standing".to_owned(), json!(Standing::Historical.word()));
        if columns.is_none() {
            // Of a retired record this is the last that is said, so it says why.
            remnant.insert("author".to_owned(), json!(change.author));
            remnant.insert("reason".to_owned(), json!(change.reason));
            if change.instrument.is_some() && kind != "instrument" {
                remnant.insert("instrument_id".to_owned(), json!(change.instrument));
            }
        }
        copy(conn, kind, locked.id, head.version, remnant).await?;
    }
    if let (Some(mut columns), Some(base)) = (columns, base) {
        newest += 1;
        for (column, value) in [
            ("version", json!(newest)),
            ("in_force", json!(format!("[{},)", change.from))),
            ("known", json!(format!("[{known_from},)"))),
            ("standing", json!(change.standing.word())),
            ("class", json!(change.class.word())),
            ("author", json!(change.author)),
            ("reason", json!(change.reason)),
        ] {
            columns.insert(column.to_owned(), value);
        }
        // Of an instrument the column is its own key; what it supersedes is a field of its own.
        if kind != "instrument" {
            columns.insert("instrument_id".to_owned(), json!(change.instrument));
        }
        copy(conn, kind, locked.id, base, columns).await?;
    }
    will_come(conn, schema.collection, change.from, known_from).await?;
    index(conn, kind, &[locked.id]).await?;
    Ok(newest)
}

/// Notes a moment to come at which the collection changes by itself.
async fn will_come(conn: &mut PgConnection, collection: &str, at: Timestamp, now: Timestamp) -> Result<()> {
    if at > now {
        sqlx::query("insert into coming_into_force (at, collection) values ($1, $2) on conflict do nothing")
            .bind(at.to_sqlx())
            .bind(collection)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Inserts a copy of a version with some columns changed.
async fn copy(conn: &mut PgConnection, kind: &str, id: Uuid, version: i32, changed: Map<String, Value>) -> Result<()> {
    // The catalogue names the columns; `changed` only says which side each is taken from.
    let columns: Vec<String> = sqlx::query_scalar(
        "select attname::text from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
    )
    .bind(kind)
    .fetch_all(&mut *conn)
    .await?;
    let list = columns
        .iter()
        .map(|c| format!("\"{c}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let taken = columns
        .iter()
        .map(|c| format!("{}.\"{c}\"", if changed.contains_key(c) { "p" } else { "o" }))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "insert into {kind} ({list}) select {taken} from {kind} o, jsonb_populate_record(null::{kind}, $3) p
         where o.{kind}_id = $1 and o.version = $2"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(id)
        .bind(version)
        .bind(Value::Object(changed))
        .execute(conn)
        .await?;
    Ok(())
}

/// Brings what is found and shown of records elsewhere up to their newest versions: label, words, boundary.
///
/// # Errors
/// When the database refuses it.
pub async fn index(conn: &mut PgConnection, kind: &str, ids: &[Uuid]) -> Result<()> {
    let Some(schema) = schema::of_kind(kind) else {
        return Ok(());
    };
    // Only the register's own columns are named here; the moment's numbers do not occur in them.
    let now = Moment::at(Timestamp::UNIX_EPOCH);
    let said = |name: &str| {
        let field = schema.field(name)?;
        Some(column::raw(schema, field, &now))
    };
    let label = said(schema.natural).unwrap_or_else(|| "null".to_owned());
    let words = schema
        .fields()
        .filter(|field| field.is_searched())
        .map(|field| match field.kind {
            Type::Texts => format!("array_to_string({}, ' ')", column::raw(schema, field, &now)),
            _ => column::raw(schema, field, &now),
        })
        .collect::<Vec<_>>()
        .join(", ");
    let kind = schema.kind;
    let boundary = column::boundary(schema);
    let places = column::places(schema);
    let sql = format!(
        "update record r set label = x.label, words = x.words, boundary_id = x.boundary_id, class = x.class,
                places = x.places
         from (select distinct on (t.{kind}_id) t.{kind}_id as id, {label}::text as label,
                      search_words(concat_ws(' ', {words})) as words, {boundary} as boundary_id, t.class,
                      {places} as places
               from {kind} t where t.{kind}_id = any($1) order by t.{kind}_id, t.version desc) x
         where r.record_id = x.id
           and (r.label, r.words, r.boundary_id, r.class, r.places)
               is distinct from (x.label, x.words, x.boundary_id, x.class, x.places)"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(ids).execute(&mut *conn).await?;
    // What stands at a marker is where the marker is.
    if let Some(column) = column::followed(kind) {
        for follower in schema::ALL.iter().filter(|other| column::has(other, column)) {
            let own = follower.kind;
            let places = column::places(follower);
            let sql = format!(
                "update record r set places = x.places
                 from (select distinct on (t.{own}_id) t.{own}_id as id, {places} as places
                       from {own} t where t.{column} = any($1) and upper_inf(t.known)
                       order by t.{own}_id, t.version desc) x
                 where r.record_id = x.id and r.places <> x.places"
            );
            sqlx::query(AssertSqlSafe(sql)).bind(ids).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// Where records are, as grants name places.
///
/// # Errors
/// When the database cannot be read.
pub async fn places(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let found: Vec<Option<Vec<Uuid>>> = sqlx::query_scalar("select places from record where record_id = any($1)")
        .bind(ids)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().flatten().flatten().collect())
}

/// Collections in which a version has come into force since somebody last looked; each counts as changed once.
///
/// # Errors
/// When the database cannot be written.
pub async fn come_into_force(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "with due as (delete from coming_into_force where at <= $1 returning collection),
              changed as (
                  insert into collection_version as c (collection, version) select distinct collection, 1 from due
                  on conflict on constraint collection_version_pkey
                      do update set version = c.version + 1, changed_at = now()
                  returning collection, version
              )
         select collection from changed, pg_notify('collection_version', collection || ' ' || version)",
    )
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?)
}
