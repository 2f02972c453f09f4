//! Map tiles and the versions that make their cache keys.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::Result;

/// A number that grows with every committed change of any of some collections; 0 when none was ever changed.
///
/// # Errors
/// When the database cannot be read.
pub async fn collections_version(conn: &mut PgConnection, collections: &[&str]) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select coalesce(sum(version), 0)::bigint from collection_version where collection = any($1)",
    )
    .bind(collections)
    .fetch_one(conn)
    .await?)
}

/// One tile with all layers, by its zoom, column and row; empty when nothing is there.
///
/// # Errors
/// When the database cannot be read.
pub async fn tile(
    conn: &mut PgConnection,
    [zoom, column, row]: [i32; 3],
    boundary: Uuid,
    at: Timestamp,
    known: Option<Timestamp>,
) -> Result<Vec<u8>> {
    const NOW: &str = include_str!("sql/tile.sql");
    // As known at a moment, the newest knowledge is that of the moment; indexes on the newest do not serve then.
    let sql = match known {
        None => NOW.to_owned(),
        Some(_) => as_known(NOW, "$6").replace("<= $5", "<= least($5, $6)"),
    };
    let mut query = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(zoom)
        .bind(column)
        .bind(row)
        .bind(boundary)
        .bind(jiff_sqlx::Timestamp::from(at));
    if let Some(known) = known {
        query = query.bind(jiff_sqlx::Timestamp::from(known));
    }
    Ok(query.fetch_one(conn).await?)
}

/// The statement with `upper_inf(x.known)` turned into `x.known @> $6`, where that is the value bound to the moment.
pub(super) fn as_known(sql: &str, known: &str) -> String {
    let mut said = String::with_capacity(sql.len() + 64);
    for (index, part) in sql.split("upper_inf(").enumerate() {
        match part.split_once(')') {
            Some((column, rest)) if index > 0 => {
                said.push_str(column);
                said.push_str(" @> ");
                said.push_str(known);
                said.push_str(rest);
            }
            _ => said.push_str(part),
        }
    }
    said
}
