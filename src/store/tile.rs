//! Map tiles and the versions that make their cache keys.

use jiff::Timestamp;
use sqlx::PgConnection;
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
) -> Result<Vec<u8>> {
    Ok(sqlx::query_scalar(include_str!("sql/tile.sql"))
        .bind(zoom)
        .bind(column)
        .bind(row)
        .bind(boundary)
        .bind(jiff_sqlx::Timestamp::from(at))
        .fetch_one(conn)
        .await?)
}
