//! Reading records of any kind: pages, counts, streams.

use std::collections::HashMap;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use uuid::Uuid;

use super::labels::{Label, Labels};
use super::sql::Sql;
use super::{column, filter};
use crate::domain::filter::Test;
use crate::domain::moment::{InForce, Moment};
use crate::domain::schema::{ANY, Field, Schema, Type, Writes};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;
use crate::store::codec::Ewkb;
use crate::store::{Result, broken};

/// Where a feature's display position must lie.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// West, south, east, north in degrees; west beyond east crosses the antimeridian.
    Box([f64; 4]),
    /// A surface in degrees, longitude first: a box of another system.
    Surface(Geometry),
}

/// Which position is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// For maps, EPSG:4326.
    Display,
    /// In the frame of the boundary.
    Legal,
    None,
}

/// Where a page ended: the sort keys of its last row as text, and its feature id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub keys: Vec<Option<String>>,
    pub feature_id: i64,
}

/// What is wanted of a collection.
#[derive(Debug, Clone)]
pub struct Selection {
    pub schema: &'static Schema,
    pub moment: Moment,
    pub boundary: Option<Uuid>,
    pub feature_ids: Option<Vec<i64>>,
    pub area: Option<Area>,
    pub filter: Option<Test>,
    /// Fields to sort by, true for descending; the feature id decides at the end.
    pub sort: Vec<(&'static Field, bool)>,
    pub after: Option<Cursor>,
    pub limit: Option<i64>,
    pub position: Position,
    /// The fields that are read, in this order.
    pub fields: Vec<&'static Field>,
}

impl Selection {
    /// All of a collection with all its fields, in display positions.
    pub fn all(schema: &'static Schema, moment: Moment) -> Self {
        Self {
            schema,
            moment,
            boundary: None,
            feature_ids: None,
            area: None,
            filter: None,
            sort: Vec::new(),
            after: None,
            limit: None,
            position: Position::Display,
            fields: schema.fields().collect(),
        }
    }
}

/// One record as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub feature_id: i64,
    pub id: Uuid,
    pub boundary: Option<Uuid>,
    pub version: i32,
    /// In the order of the selection's fields.
    pub values: Vec<Value>,
    pub geometry: Option<Geometry>,
    /// The sort keys of its place in the order asked for.
    pub keys: Vec<Option<String>>,
}

impl Row {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            keys: self.keys.clone(),
            feature_id: self.feature_id,
        }
    }
}

/// A statement whose first three values are those of the moment, as `column` expects them.
fn statement(moment: &Moment) -> Sql {
    let (from, to) = match moment.in_force {
        InForce::At(at) => (Some(at), None),
        InForce::Within { from, to } => (from, to),
    };
    let mut sql = Sql::default();
    for value in [from, to, moment.known] {
        sql.bind(value.map(ToSqlx::to_sqlx));
    }
    sql
}

fn fetched(schema: &Schema, field: &Field, moment: &Moment) -> String {
    let column = column::raw(schema, field, moment);
    match field.kind {
        Type::Integer => format!("{column}::bigint"),
        Type::Number => format!("{column}::float8"),
        Type::Document => format!("{column}::text"),
        _ => column,
    }
}

/// Everything behind `from` but order and limit.
fn conditions(sql: &mut Sql, wanted: &Selection) {
    let (schema, moment) = (wanted.schema, &wanted.moment);
    sql.push(" from ").push(column::tables(schema, moment));
    sql.push(" where ").push(column::one_version(schema, moment));
    if let Some(boundary) = wanted.boundary {
        sql.push(" and ")
            .push(column::boundary(schema))
            .push(" = ")
            .push_bind(boundary);
    }
    if let Some(ids) = &wanted.feature_ids {
        sql.push(" and t.feature_id = any(").push_bind(ids.clone()).push(")");
    }
    match &wanted.area {
        Some(Area::Box([west, south, east, north])) => {
            let halves = if west <= east {
                vec![[*west, *south, *east, *north]]
            } else {
                vec![[*west, *south, 180.0, *north], [-180.0, *south, *east, *north]]
            };
            let meets: Vec<String> = halves
                .into_iter()
                .map(|bounds| {
                    let window = window(sql, bounds);
                    column::meets(schema, moment, &window)
                })
                .collect();
            sql.push(" and (").push(meets.join(" or ")).push(")");
        }
        Some(Area::Surface(surface)) => {
            let surface = sql.bind(Ewkb::geometry(4326, surface));
            sql.push(" and (")
                .push(column::meets(schema, moment, &surface))
                .push(")");
        }
        None => {}
    }
    if let Some(test) = &wanted.filter {
        let condition = filter::condition(sql, schema, moment, test);
        sql.push(" and ").push(condition);
    }
}

/// A window as a geometry. One without width or height is a line or a point: a surface without an inside meets nothing.
fn window(sql: &mut Sql, [west, south, east, north]: [f64; 4]) -> String {
    let [w, s, e, n] = [west, south, east, north].map(|degrees| sql.bind(degrees));
    let corner = |x: &str, y: &str| format!("st_setsrid(st_makepoint({x}, {y}), 4326)");
    if west == east && south == north {
        corner(&w, &s)
    } else if west == east || south == north {
        format!("st_makeline({}, {})", corner(&w, &s), corner(&e, &n))
    } else {
        format!("st_makeenvelope({w}, {s}, {e}, {n}, 4326)")
    }
}

/// The condition that a row comes behind the cursor: null sorts last either way.
fn behind(sql: &mut Sql, wanted: &Selection, cursor: &Cursor) {
    let mut alternatives = Vec::new();
    let mut same = String::new();
    for ((field, descending), key) in wanted.sort.iter().zip(&cursor.keys) {
        let column = column::sort_key(wanted.schema, field, &wanted.moment);
        match key {
            Some(key) => {
                let key = format!("{}::text::{}", sql.bind(key.clone()), sort_type(field));
                let beyond = if *descending { "<" } else { ">" };
                alternatives.push(format!("{same}({column} {beyond} {key} or {column} is null)"));
                same.push_str(&format!("{column} = {key} and "));
            }
            None => same.push_str(&format!("{column} is null and ")),
        }
    }
    let id = sql.bind(cursor.feature_id);
    alternatives.push(format!("{same}t.feature_id > {id}"));
    sql.push(" and ((").push(alternatives.join(") or (")).push("))");
}

/// The type a sort key has in the database.
const fn sort_type(field: &Field) -> &'static str {
    match field.kind {
        Type::Integer => "bigint",
        Type::Number => "float8",
        Type::Flag => "boolean",
        Type::Date => "date",
        Type::Time => "timestamptz",
        Type::Texts => "text[]",
        Type::Text | Type::Code(_) | Type::Reference(_) | Type::Document => "text",
    }
}

fn columns(sql: &mut Sql, wanted: &Selection) {
    let (schema, moment) = (wanted.schema, &wanted.moment);
    let version = if schema.writes == Writes::Versions {
        "t.version"
    } else {
        "1"
    };
    sql.push("select t.feature_id, ")
        .push(column::identity(schema))
        .push(", ")
        .push(column::boundary(schema));
    sql.push(", ").push(version).push(", ").push(match wanted.position {
        Position::Display => column::display(schema, moment),
        Position::Legal => column::legal(schema, moment),
        Position::None => "null::geometry".to_owned(),
    });
    for field in &wanted.fields {
        sql.push(", ").push(fetched(schema, field, moment));
    }
    for (field, _) in &wanted.sort {
        sql.push(", (")
            .push(column::sort_key(schema, field, moment))
            .push(")::text");
    }
}

fn order(sql: &mut Sql, wanted: &Selection) {
    sql.push(" order by ");
    for (field, descending) in &wanted.sort {
        let key = column::sort_key(wanted.schema, field, &wanted.moment);
        sql.push(key).push(if *descending {
            " desc nulls last, "
        } else {
            " asc nulls last, "
        });
    }
    sql.push("t.feature_id");
}

fn select(wanted: &Selection) -> Sql {
    let mut sql = statement(&wanted.moment);
    columns(&mut sql, wanted);
    conditions(&mut sql, wanted);
    if let Some(cursor) = &wanted.after {
        behind(&mut sql, wanted, cursor);
    }
    order(&mut sql, wanted);
    if let Some(limit) = wanted.limit {
        sql.push(" limit ").push_bind(limit);
    }
    sql
}

/// A value as fetched; references are still identities.
enum Fetched {
    Known(Value),
    Reference(Option<Uuid>),
}

fn value(row: &PgRow, index: usize, field: &Field) -> std::result::Result<Fetched, sqlx::Error> {
    fn known<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Fetched {
        Fetched::Known(value.map_or(Value::Null, make))
    }
    Ok(match field.kind {
        Type::Reference(_) => Fetched::Reference(row.try_get(index)?),
        Type::Text | Type::Code(_) => known(row.try_get(index)?, Value::Text),
        Type::Document => known(row.try_get(index)?, Value::Document),
        Type::Integer => known(row.try_get(index)?, Value::Integer),
        Type::Number => known(row.try_get(index)?, Value::Number),
        Type::Flag => known(row.try_get(index)?, Value::Flag),
        Type::Date => known(row.try_get::<Option<jiff_sqlx::Date>, _>(index)?, |date| {
            Value::Date(date.to_jiff())
        }),
        Type::Time => known(row.try_get::<Option<jiff_sqlx::Timestamp>, _>(index)?, |time| {
            Value::Time(time.to_jiff())
        }),
        Type::Texts => known(row.try_get(index)?, Value::Texts),
    })
}

/// A row before its references have been named.
struct Raw {
    row: Row,
    references: Vec<(usize, Uuid)>,
}

const FIXED: usize = 5;

fn read(row: &PgRow, wanted: &Selection) -> Result<Raw> {
    let feature_id: i64 = row.try_get(0)?;
    let geometry: Option<Ewkb> = row.try_get(4)?;
    let geometry = geometry
        .map(|ewkb| ewkb.to_geometry())
        .transpose()
        .map_err(|fault| broken(wanted.schema.kind, feature_id, "geometry")(fault.into()))?;
    let mut references = Vec::new();
    let mut values = Vec::with_capacity(wanted.fields.len());
    for (index, field) in wanted.fields.iter().enumerate() {
        values.push(match value(row, FIXED + index, field)? {
            Fetched::Known(value) => value,
            Fetched::Reference(id) => {
                references.extend(id.map(|id| (index, id)));
                Value::Null
            }
        });
    }
    let from = FIXED + wanted.fields.len();
    let keys = (from..from + wanted.sort.len())
        .map(|index| row.try_get(index))
        .collect::<std::result::Result<_, _>>()?;
    Ok(Raw {
        row: Row {
            feature_id,
            id: row.try_get(1)?,
            boundary: row.try_get(2)?,
            version: row.try_get(3)?,
            values,
            geometry,
            keys,
        },
        references,
    })
}

fn name_references(raw: Vec<Raw>, labels: &HashMap<Uuid, Label>, fields: &[&Field]) -> Vec<Row> {
    raw.into_iter()
        .map(|mut raw| {
            for (index, id) in raw.references {
                if let Some(label) = labels.get(&id) {
                    raw.row.values[index] = Value::Text(match fields[index].kind {
                        Type::Reference(ANY) => label.with_collection(),
                        _ => label.text.to_string(),
                    });
                }
            }
            raw.row
        })
        .collect()
}

fn referred(raw: &[Raw]) -> impl Iterator<Item = Uuid> + '_ {
    raw.iter().flat_map(|raw| raw.references.iter().map(|(_, id)| *id))
}

/// The records of a selection, in its order.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn rows(conn: &mut PgConnection, labels: &Labels, wanted: &Selection) -> Result<Vec<Row>> {
    let sql = select(wanted);
    let large = sql.is_large();
    let found = sql.build()?.fetch_all(&mut *conn).await;
    if large {
        conn.clear_cached_statements().await?;
    }
    let found = found?;
    let raw = found.iter().map(|row| read(row, wanted)).collect::<Result<Vec<_>>>()?;
    let labels = labels.of(conn, referred(&raw)).await?;
    Ok(name_references(raw, &labels, &wanted.fields))
}

/// How many records a selection has, page and limit apart; none when counting takes longer than a page may.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(conn: &mut PgConnection, wanted: &Selection) -> Result<Option<i64>> {
    /// PostgreSQL's word for a statement that ran out of time.
    const TIMED_OUT: &str = "57014";
    let mut sql = statement(&wanted.moment);
    sql.push("select count(*)");
    conditions(&mut sql, wanted);
    let mut tx = conn.begin().await?;
    tx.execute("set local statement_timeout = '500ms'").await?;
    let large = sql.is_large();
    let counted = sql.build()?.fetch_one(&mut *tx).await;
    drop(tx);
    if large {
        conn.clear_cached_statements().await?;
    }
    match counted {
        Ok(row) => Ok(Some(row.try_get(0)?)),
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == TIMED_OUT) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// The records of a selection in batches, however many there are, in constant memory.
///
/// References are named on `names`, since `conn` is busy with the stream.
pub fn batches<'c>(
    conn: &'c mut PgConnection,
    names: &'c mut PgConnection,
    labels: &'c Labels,
    wanted: &'c Selection,
) -> BoxStream<'c, Result<Vec<Row>>> {
    const BATCH: usize = 500;
    let query = match select(wanted).build() {
        Ok(query) => query,
        Err(fault) => return futures_util::stream::once(async { Err(fault) }).boxed(),
    };
    let names = std::sync::Arc::new(tokio::sync::Mutex::new(names));
    query
        .fetch(conn)
        .map_err(crate::store::Error::from)
        .and_then(async |row| read(&row, wanted))
        .try_chunks(BATCH)
        .map_err(|fault| fault.1)
        .and_then(move |raw| {
            let names = std::sync::Arc::clone(&names);
            async move {
                let mut names = names.lock().await;
                let labels = labels.of(&mut names, referred(&raw)).await?;
                Ok(name_references(raw, &labels, &wanted.fields))
            }
        })
        .boxed()
}

/// The extent of what a selection shows on maps: west, south, east, north; none when it shows nothing.
///
/// # Errors
/// When the database cannot be read.
pub async fn extent(conn: &mut PgConnection, wanted: &Selection) -> Result<Option<[f64; 4]>> {
    let mut sql = statement(&wanted.moment);
    sql.push("select st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b) from (select st_extent(");
    sql.push(column::display(wanted.schema, &wanted.moment)).push(") as b");
    conditions(&mut sql, wanted);
    sql.push(") s");
    let row = sql.build()?.fetch_one(conn).await?;
    let bounds: [Option<f64>; 4] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?];
    Ok(match bounds {
        [Some(w), Some(s), Some(e), Some(n)] => Some([w, s, e, n]),
        _ => None,
    })
}

/// Whether a record, or any of the kind that whoever asks may see, has a restricted version.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_restricted(conn: &mut PgConnection, schema: &Schema, feature_id: Option<i64>) -> Result<bool> {
    // The table's name is one of ours.
    let sql = format!(
        "select exists (select from {} where class = 'restricted' and ($1::bigint is null or feature_id = $1))",
        schema.kind
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(feature_id)
        .fetch_one(conn)
        .await?)
}
