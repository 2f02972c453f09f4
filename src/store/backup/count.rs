//! How many rows there are in tables that only grow, so that a restored register can be compared.

use sqlx::AssertSqlSafe;

use crate::store::audit::law_tables;
use crate::store::{Conn, Result};

/// Tables without versions, to which rows are only added.
const FACTS: [&str; 3] = ["audit_event", "audit_seal", "upload"];

/// Each table with its rows, by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    let law = law_tables(conn).await?;
    let mut tables: Vec<String> = law.iter().map(|table| table.name().to_owned()).collect();
    for name in FACTS {
        let is_there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(name)
            .fetch_one(&mut *conn)
            .await?;
        if is_there {
            tables.push(name.to_owned());
        }
    }
    tables.sort();
    let mut counts = Vec::new();
    for table in tables {
        let sql = format!("select count(*) from \"{}\"", table.replace('"', "\"\""));
        let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        counts.push((table, rows));
    }
    Ok(counts)
}

/// The SHA-256 of each original file that the register refers to.
///
/// # Errors
/// When the database cannot be read.
pub async fn originals(conn: &mut Conn) -> Result<Vec<Vec<u8>>> {
    Ok(
        sqlx::query_scalar("select sha256 from upload union select sha256 from photo")
            .fetch_all(conn)
            .await?,
    )
}

/// Whether the server's newest attempt to archive a piece of its log failed.
///
/// # Errors
/// When the database cannot be read.
pub async fn archive_fails(conn: &mut Conn) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_stat_archiver",
    )
    .fetch_one(conn)
    .await?)
}
