//! Connections to PostgreSQL.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};

use super::Result;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// A pool whose connections are never handed out inside a transaction that someone else left open.
///
/// A future that is dropped inside `begin()` can return its connection to the pool with the transaction open; the next
/// write would then be acknowledged and lost. `statement_timestamp()` differs from `now()` exactly then.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connect(options: PgConnectOptions, size: u32) -> Result<PgPool> {
    let options = options.application_name("merestone").options([
        ("statement_timeout", "60s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("timezone", "UTC"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .before_acquire(|connection, _| {
            Box::pin(async move {
                let row: (bool,) = sqlx::query_as("select now() = statement_timestamp()")
                    .fetch_one(connection)
                    .await?;
                Ok(row.0)
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Brings the schema to this release's, under a lock, so that several services may start at once.
///
/// # Errors
/// When a migration fails (it leaves no trace), or the schema is newer than this release.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    Ok(MIGRATIONS.run(pool).await?)
}

/// Whether the database answers and has this release's schema.
pub async fn is_ready(pool: &PgPool) -> bool {
    let Ok(mut connection) = pool.acquire().await else {
        return false;
    };
    let newest = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let applied: std::result::Result<(bool,), _> =
        sqlx::query_as("select exists (select from _sqlx_migrations where version = $1 and success)")
            .bind(newest)
            .fetch_one(&mut *connection)
            .await;
    applied.is_ok_and(|(yes,)| yes)
}

/// The versions of PostgreSQL and PostGIS.
///
/// # Errors
/// When the database cannot be reached.
pub async fn software(pool: &PgPool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let (postgres, postgis): (String, String) =
        sqlx::query_as("select current_setting('server_version'), postgis_lib_version()")
            .fetch_one(&mut *connection)
            .await?;
    Ok(format!("PostgreSQL {postgres}, PostGIS {postgis}"))
}

/// Starts a transaction in which every read sees the same moment.
///
/// # Errors
/// When the database cannot be reached.
pub async fn snapshot(pool: &PgPool) -> Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = pool.begin().await?;
    tx.execute("set transaction isolation level repeatable read, read only")
        .await?;
    Ok(tx)
}
