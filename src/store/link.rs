//! Ties between records.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::codec::Ewkb;
use super::version::{NewRow, Stamp, Table, insert};
use super::{Result, broken, word};
use crate::domain::link::{MadeBy, Relation};
use crate::domain::schema::Schema;
use crate::geom::shape::Geometry;

/// A new tie.
pub struct NewLink {
    pub id: Uuid,
    pub from: Uuid,
    pub to: Uuid,
    pub relation: Relation,
    pub made_by: MadeBy,
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_links(conn: &mut PgConnection, stamp: &Stamp, links: &[NewLink]) -> Result<()> {
    let rows = links
        .iter()
        .map(|link| {
            NewRow::new(
                link.id,
                json!({
                    "from_id": link.from,
                    "to_id": link.to,
                    "relation": link.relation.word(),
                    "made_by": link.made_by.word(),
                }),
            )
        })
        .collect();
    insert(conn, Table::FeatureLink, stamp, rows).await.map(drop)
}

/// The records of a kind in a boundary that have no tie of their own, with their positions in the frame.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn untied(
    conn: &mut PgConnection,
    schema: &Schema,
    boundary: Uuid,
    now: Timestamp,
) -> Result<Vec<(Uuid, Geometry)>> {
    // The kind's name is one of ours; the boundary is bound.
    let kind = schema.kind;
    let sql = format!(
        "select t.{kind}_id, t.legal from {kind} t
         where t.boundary_id = $1 and upper_inf(t.known) and t.in_force @> $2
           and not exists (select from feature_link l where l.from_id = t.{kind}_id)
         order by t.feature_id"
    );
    let rows: Vec<(Uuid, Ewkb)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(boundary)
        .bind(jiff_sqlx::Timestamp::from(now))
        .fetch_all(conn)
        .await?;
    rows.into_iter()
        .map(|(id, legal)| {
            Ok((
                id,
                legal.to_geometry().map_err(|e| broken(kind, id, "legal")(e.into()))?,
            ))
        })
        .collect()
}

/// A tie seen from one of its ends: the record at the other end, and how the two stand.
#[derive(Debug, Clone)]
pub struct StoredLink {
    pub relation: Relation,
    pub made_by: MadeBy,
    /// The table of the other record, its feature id, number or key, and names.
    pub kind: String,
    pub feature_id: i64,
    pub number: String,
    pub names: Value,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    feature_link_id: Uuid,
    relation: String,
    made_by: String,
    kind: String,
    feature_id: i64,
    number: String,
    names: Value,
}

/// The ties of a record, whichever end it is.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn of_record(conn: &mut PgConnection, record: Uuid) -> Result<Vec<StoredLink>> {
    let rows: Vec<LinkRow> = sqlx::query_as(
        "with other as (
             select l.feature_link_id, l.relation, l.made_by, case when l.from_id = $1 then l.to_id else l.from_id end as id
             from feature_link l
             where (l.from_id = $1 or l.to_id = $1) and upper_inf(l.known) and l.in_force @> now()
         ), named as (
             select section_id as id, key as number, names from section where upper_inf(known) and in_force @> now()
             union all
             select marker_id, number, names from marker where upper_inf(known) and in_force @> now()
             union all
             select port_id, number, names from port where upper_inf(known) and in_force @> now()
             union all
             select project_id, number, names from project where upper_inf(known) and in_force @> now()
         )
         select o.feature_link_id, o.relation, o.made_by, r.kind, r.feature_id, n.number, n.names
         from other o
         join record r on r.record_id = o.id
         join named n on n.id = o.id
         order by r.kind, r.feature_id",
    )
    .bind(record)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.feature_link_id;
            Ok(StoredLink {
                relation: word("feature_link", id, "relation", &row.relation, Relation::from_word)?,
                made_by: word("feature_link", id, "made_by", &row.made_by, MadeBy::from_word)?,
                kind: row.kind,
                feature_id: row.feature_id,
                number: row.number,
                names: row.names,
            })
        })
        .collect()
}
