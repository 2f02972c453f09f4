//! Connections to PostgreSQL.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, PgPool, Postgres, Row};

use super::Result;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// A connection, in a transaction or not: what every function of the store takes.
pub type Conn = sqlx::PgConnection;

/// A connection on loan from the pool.
pub type PoolConn = sqlx::pool::PoolConnection<Postgres>;

/// A transaction; dropped without [`commit`], nothing of it has happened.
pub type Tx = sqlx::Transaction<'static, Postgres>;

/// # Errors
/// When the database refuses the transaction as a whole.
pub async fn commit(tx: Tx) -> Result<()> {
    Ok(tx.commit().await?)
}

/// The database of the register.
#[derive(Debug, Clone)]
pub struct Db(PgPool);

impl Db {
    /// Connections that are open, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, usize) {
        (self.0.size(), self.0.num_idle())
    }

    /// Opens a pool whose connections are never handed out inside a transaction that someone else left open.
    ///
    /// A future that is dropped inside `begin()` can return its connection to the pool with the transaction open; the
    /// next write would then be acknowledged and lost. `statement_timestamp()` differs from `now()` exactly then.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(options: PgConnectOptions, size: u32) -> Result<Self> {
        // Streams are slow on purpose, so sqlx's own judgement of slow statements is only noise.
        let options = options
            .disable_statement_logging()
            .application_name("merestone")
            .options([
                ("statement_timeout", "60s"),
                ("lock_timeout", "10s"),
                ("timezone", "UTC"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(Duration::from_secs(10))
            .before_acquire(|connection, _| {
                Box::pin(async move {
                    // As plain text: where a statement is prepared first, its transaction began before it did.
                    let row = sqlx::raw_sql("select now() = statement_timestamp()")
                        .fetch_one(connection)
                        .await?;
                    row.try_get(0)
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self(pool))
    }

    /// # Errors
    /// When the address is no PostgreSQL address, or the database cannot be reached.
    pub async fn connect_url(url: &str, size: u32) -> Result<Self> {
        Self::connect(url.parse()?, size).await
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.0
    }

    /// # Errors
    /// When no connection becomes free in time.
    pub async fn acquire(&self) -> Result<PoolConn> {
        Ok(self.0.acquire().await?)
    }

    /// # Errors
    /// When no connection becomes free in time.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.0.begin().await?)
    }

    /// A transaction for a long job: its statements may take as long as they need, and so may pauses between them.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn begin_long(&self) -> Result<Tx> {
        let mut tx = self.0.begin().await?;
        tx.execute("set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0")
            .await?;
        Ok(tx)
    }

    /// A transaction in which every read sees the same moment.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn snapshot(&self) -> Result<Tx> {
        let mut tx = self.begin_long().await?;
        tx.execute("set transaction isolation level repeatable read, read only")
            .await?;
        Ok(tx)
    }

    /// The newest migration that the database has, and how many of this release's it has not.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schema(&self) -> Result<(Option<i64>, usize)> {
        let is_new: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is null")
            .fetch_one(&self.0)
            .await?;
        if is_new {
            return Ok((None, MIGRATIONS.iter().count()));
        }
        let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&self.0)
            .await?;
        let missing = MIGRATIONS.iter().filter(|m| !applied.contains(&m.version)).count();
        Ok((applied.into_iter().max(), missing))
    }

    /// The newest migration of this release.
    pub fn newest_migration() -> i64 {
        MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0)
    }

    /// Whether anything was ever done in this register.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_history(&self) -> Result<bool> {
        let is_there: bool = sqlx::query_scalar("select to_regclass('audit_event') is not null")
            .fetch_one(&self.0)
            .await?;
        if !is_there {
            return Ok(false);
        }
        Ok(sqlx::query_scalar("select exists (select from audit_event)")
            .fetch_one(&self.0)
            .await?)
    }

    /// Brings the schema to this release's, under a lock, so that several services may start at once.
    ///
    /// # Errors
    /// When a migration fails (it leaves no trace), or the schema is newer than this release.
    pub async fn migrate(&self) -> Result<()> {
        Ok(MIGRATIONS.run(&self.0).await?)
    }

    /// Whether the database answers and has this release's schema.
    pub async fn is_ready(&self) -> bool {
        let Ok(mut connection) = self.acquire().await else {
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

    /// Ends all connections.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
