//! How versions of records are written: one way for every kind.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::Result;
use crate::domain::lineage::{Class, Lineage, Period, Standing};

/// The tables of versions. Names reach SQL only from this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Party,
    Instrument,
    Boundary,
    Section,
    Segment,
    BoundaryPoint,
    Island,
    Marker,
    MarkerElement,
    Inspection,
    Route,
    Project,
    Port,
    FeatureLink,
}

impl Table {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Instrument => "instrument",
            Self::Boundary => "boundary",
            Self::Section => "section",
            Self::Segment => "segment",
            Self::BoundaryPoint => "boundary_point",
            Self::Island => "island",
            Self::Marker => "marker",
            Self::MarkerElement => "marker_element",
            Self::Inspection => "inspection",
            Self::Route => "route",
            Self::Project => "project",
            Self::Port => "port",
            Self::FeatureLink => "feature_link",
        }
    }
}

/// What a batch of first versions has in common.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub in_force_from: Timestamp,
    /// From when the records that cite one of these instruments are in force instead.
    pub since: HashMap<Uuid, Timestamp>,
    pub known_from: Timestamp,
    pub standing: Standing,
    pub class: Class,
    pub instrument: Option<Uuid>,
    pub author: String,
    pub reason: String,
}

/// One new record: its identity and the columns of its own. A column `instrument_id` here wins over the stamp's.
pub struct NewRow {
    pub id: Uuid,
    pub columns: Map<String, Value>,
}

impl NewRow {
    /// - **Shape**: `columns` is a JSON object; anything else gives a row that the database refuses.
    pub fn new(id: Uuid, columns: Value) -> Self {
        let columns = if let Value::Object(columns) = columns {
            columns
        } else {
            Map::new()
        };
        Self { id, columns }
    }
}

/// Inserts first versions in two statements, however many there are; gives the feature ids in order.
///
/// # Errors
/// When the database refuses a row; the constraint's name says why.
pub async fn insert(conn: &mut PgConnection, table: Table, stamp: &Stamp, rows: Vec<NewRow>) -> Result<Vec<i64>> {
    insert_kind(conn, table.name(), stamp, rows).await
}

/// As [`insert`], for any kind of the register.
///
/// # Errors
/// When the database refuses a row; the constraint's name says why.
pub async fn insert_kind(
    conn: &mut PgConnection,
    kind: &'static str,
    stamp: &Stamp,
    rows: Vec<NewRow>,
) -> Result<Vec<i64>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let feature_ids: Vec<i64> = sqlx::query_scalar(
        "with made as (
             insert into record (record_id, kind) select id, $2 from unnest($1::uuid[]) as id
             returning record_id, feature_id
         )
         select made.feature_id from unnest($1::uuid[]) with ordinality as asked (id, place)
         join made on made.record_id = asked.id order by asked.place",
    )
    .bind(&ids)
    .bind(kind)
    .fetch_all(&mut *conn)
    .await?;
    let rows = rows.into_iter().zip(&feature_ids);
    let rows = rows
        .map(|(row, feature_id)| whole(kind, stamp, *feature_id, row))
        .collect();
    insert_rows(&mut *conn, kind, rows).await?;
    super::record::write::index(conn, kind, &ids).await?;
    Ok(feature_ids)
}

/// A row with everything that a version says; its own columns win over the stamp.
fn whole(kind: &'static str, stamp: &Stamp, feature_id: i64, mut row: NewRow) -> Map<String, Value> {
    // The key of an instrument bears the name of the column with which others cite one.
    let cited = if kind == "instrument" {
        Some(row.id)
    } else {
        let own = row.columns.get("instrument_id").and_then(Value::as_str);
        own.map_or(stamp.instrument, |id| id.parse().ok())
    };
    let from = cited
        .and_then(|id| stamp.since.get(&id))
        .unwrap_or(&stamp.in_force_from);
    let common = json!({
        "feature_id": feature_id,
        "version": 1,
        "in_force": format!("[{from},)"),
        "known": format!("[{},)", stamp.known_from),
        "standing": stamp.standing.word(),
        "class": stamp.class.word(),
        "author": stamp.author,
        "reason": stamp.reason,
    });
    if kind != "instrument" {
        row.columns.entry("instrument_id").or_insert(json!(stamp.instrument));
    }
    if let Value::Object(common) = common {
        for (column, value) in common {
            row.columns.entry(column).or_insert(value);
        }
    }
    row.columns.insert(format!("{kind}_id"), json!(row.id));
    row.columns
}

/// Inserts further versions of records that are there: each with its feature id, and with its number and span among its
/// columns.
///
/// # Errors
/// When the database refuses a row; the constraint's name says why.
pub async fn insert_further(
    conn: &mut PgConnection,
    kind: &'static str,
    stamp: &Stamp,
    rows: Vec<(i64, NewRow)>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(_, row)| row.id).collect();
    let rows = rows
        .into_iter()
        .map(|(feature_id, row)| whole(kind, stamp, feature_id, row))
        .collect();
    insert_rows(&mut *conn, kind, rows).await?;
    super::record::write::index(conn, kind, &ids).await
}

/// Inserts whole rows; a column that no row names keeps its default.
async fn insert_rows(conn: &mut PgConnection, kind: &'static str, rows: Vec<Map<String, Value>>) -> Result<()> {
    let columns: BTreeSet<&str> = rows.iter().flat_map(|row| row.keys().map(String::as_str)).collect();
    // Column names are ours too; quoted, so that one we do not have is an error and nothing else.
    let list = columns
        .iter()
        .map(|column| format!("\"{}\"", column.replace('"', "")))
        .collect::<Vec<_>>()
        .join(", ");
    // The table's name is one of ours; the values go as one bound document.
    let sql = format!("insert into {kind} ({list}) select {list} from jsonb_populate_recordset(null::{kind}, $1)");
    let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    sqlx::query(AssertSqlSafe(sql))
        .bind(Value::Array(rows))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LineageRow {
    version: i32,
    in_force_from: jiff_sqlx::Timestamp,
    in_force_to: Option<jiff_sqlx::Timestamp>,
    known_from: jiff_sqlx::Timestamp,
    known_to: Option<jiff_sqlx::Timestamp>,
    standing: String,
    class: String,
    instrument: Option<String>,
    author: String,
    approver: Option<String>,
    reason: String,
}

/// All versions of one record, newest first.
///
/// # Errors
/// When the database cannot be read or a row breaks the rules of versions.
pub async fn history(conn: &mut PgConnection, table: Table, id: Uuid) -> Result<Vec<Lineage>> {
    history_of_kind(conn, table.name(), id).await
}

/// As [`history`], for any kind of the register.
///
/// # Errors
/// As [`history`].
pub async fn history_of_kind(conn: &mut PgConnection, name: &'static str, id: Uuid) -> Result<Vec<Lineage>> {
    let sql = format!(
        "select v.version, lower(v.in_force) as in_force_from, upper(v.in_force) as in_force_to,
                lower(v.known) as known_from, upper(v.known) as known_to, v.standing, v.class,
                coalesce(i.names ->> 'en', i.key) as instrument, v.author, a.approver, v.reason
         from {name} v
         left join approved a on a.record_id = v.{name}_id and a.version = v.version
         left join instrument i on i.instrument_id = v.instrument_id and upper_inf(i.known)
         where v.{name}_id = $1
         order by v.version desc"
    );
    let rows: Vec<LineageRow> = sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_all(conn).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Lineage {
                version: row.version,
                in_force: Period {
                    from: row.in_force_from.to_jiff(),
                    to: row.in_force_to.map(jiff_sqlx::Timestamp::to_jiff),
                },
                known: Period {
                    from: row.known_from.to_jiff(),
                    to: row.known_to.map(jiff_sqlx::Timestamp::to_jiff),
                },
                standing: super::word(name, id, "standing", &row.standing, Standing::from_word)?,
                class: super::word(name, id, "class", &row.class, Class::from_word)?,
                instrument: row.instrument,
                author: row.author,
                approver: row.approver,
                reason: row.reason,
            })
        })
        .collect()
}

/// The earliest time at which any record of a kind is in force.
///
/// # Errors
/// When the database cannot be read.
pub async fn earliest(conn: &mut PgConnection, kind: &'static str) -> Result<Option<Timestamp>> {
    let sql = format!("select min(lower(in_force)) from {kind} where upper_inf(known)");
    let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await?;
    Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
}

/// The class of a record's newest version of a boundary: what is entered at a boundary is classified as it is.
///
/// # Errors
/// When the database cannot be read.
pub async fn class(conn: &mut PgConnection, boundary: Uuid) -> Result<Class> {
    let word: Option<String> = sqlx::query_scalar(
        "select class from boundary where boundary_id = $1 and upper_inf(known) order by version desc limit 1",
    )
    .bind(boundary)
    .fetch_optional(conn)
    .await?;
    Ok(word.as_deref().and_then(Class::from_word).unwrap_or_default())
}

/// What a record is called by in its newest version.
///
/// # Errors
/// When the database cannot be read.
pub async fn label(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>> {
    let label: Option<Option<String>> = sqlx::query_scalar("select label from record where record_id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    Ok(label.flatten())
}

/// What kind of record a feature id is, and its identity.
///
/// # Errors
/// When the database cannot be read.
pub async fn identify(conn: &mut PgConnection, feature_id: i64) -> Result<Option<(String, Uuid)>> {
    Ok(
        sqlx::query_as("select kind, record_id from record where feature_id = $1")
            .bind(feature_id)
            .fetch_optional(conn)
            .await?,
    )
}

/// Whether any version of a record is there for whoever asks: an index may tell of a record whose rows are hidden.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(conn: &mut PgConnection, kind: &str, id: Uuid) -> Result<bool> {
    let sql = format!("select exists (select from {kind} t where t.{kind}_id = $1)");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).fetch_one(conn).await?)
}
