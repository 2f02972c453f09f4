//! Connections to PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgPool, Postgres, Row};
use uuid::Uuid;

use super::Result;
use super::cluster::{ClusterError, must_be_durable};
use crate::domain::rights::Rights;

/// The setting that says what whoever asks may see and write.
const SCOPE: &str = "merestone.scope";

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

/// A part of a transaction that may be undone alone; dropped, it is.
///
/// # Errors
/// When the connection is lost.
pub async fn attempt(conn: &mut Conn) -> Result<sqlx::Transaction<'_, Postgres>> {
    Ok(conn.begin().await?)
}

/// Makes a part of a transaction part of the whole.
///
/// # Errors
/// When the connection is lost.
pub async fn keep(part: sqlx::Transaction<'_, Postgres>) -> Result<()> {
    Ok(part.commit().await?)
}

/// Undoes a part of a transaction.
///
/// # Errors
/// When the connection is lost.
pub async fn undo(part: sqlx::Transaction<'_, Postgres>) -> Result<()> {
    Ok(part.rollback().await?)
}

/// Until the transaction ends, the database judges by this scope.
///
/// # Errors
/// When the connection is lost.
pub async fn judge_by(conn: &mut Conn, scope: &str) -> Result<()> {
    sqlx::query("select set_config($1, $2, true)")
        .bind(SCOPE)
        .bind(scope)
        .execute(conn)
        .await?;
    Ok(())
}

/// The role that every use works as. It owns nothing, so that what a row allows holds for all of them.
pub const WORKING_ROLE: &str = "merestone_app";

/// On whose behalf the database is asked: what they may see and write, and who they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Behalf {
    /// As `domain::rights::Rights::scope` gives it.
    pub scope: Arc<str>,
    pub account: Option<Uuid>,
    pub actor: Arc<str>,
}

impl Behalf {
    /// The service itself.
    pub fn service() -> Self {
        Self {
            scope: Rights::all().scope().into(),
            account: None,
            actor: "local".into(),
        }
    }

    /// One statement for a connection that was just taken: whether nobody left a transaction open in it, and from now on
    /// on whose behalf it works. As plain text: where a statement is prepared first, its transaction began before it did.
    fn statement(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let account = self.account.map(|account| account.to_string()).unwrap_or_default();
        format!(
            "select now() = statement_timestamp(), \
             set_config('merestone.scope', {}, false), set_config('merestone.account', {}, false), \
             set_config('merestone.actor', {}, false)",
            quoted(&self.scope),
            quoted(&account),
            quoted(&self.actor),
        )
    }
}

/// The database of the register, on somebody's behalf.
///
/// Long work has connections of its own, so that however much of it there is, who comes in is served.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
    long: PgPool,
    /// How its owner connects, who alone changes tables.
    owner: Arc<PgConnectOptions>,
    /// What every taken connection is told first.
    told: Arc<str>,
}

impl Db {
    /// Connections that are open, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, usize) {
        (
            self.pool.size() + self.long.size(),
            self.pool.num_idle() + self.long.num_idle(),
        )
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
        let owner = options.clone().options([(SCOPE, &*Rights::all().scope())]);
        let options = options.options([("role", WORKING_ROLE), (SCOPE, "")]);
        let long = (size / 2).max(1);
        let pools = |size| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(Duration::from_secs(10))
                // Said anew each time a connection is taken, and checked then (`taken`).
                .test_before_acquire(false)
        };
        Ok(Self {
            long: pools(long).connect_lazy_with(options.clone()),
            pool: pools((size - long.min(size)).max(1)).connect_with(options).await?,
            owner: Arc::new(owner),
            told: Behalf::service().statement().into(),
        })
    }

    /// The same database on somebody's behalf.
    #[must_use]
    pub fn on_behalf_of(&self, behalf: &Behalf) -> Self {
        Self {
            told: behalf.statement().into(),
            ..self.clone()
        }
    }

    /// The same database as its owner sees it: for what has to be done before the working role has any rights there.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn owned(&self) -> Result<Self> {
        let owner = self.owner().await?;
        Ok(Self {
            pool: owner.clone(),
            long: owner,
            ..self.clone()
        })
    }

    /// One connection as the owner of the tables.
    async fn owner(&self) -> Result<PgPool> {
        let owner = PgPoolOptions::new().max_connections(2);
        Ok(owner.connect_with(PgConnectOptions::clone(&self.owner)).await?)
    }

    /// # Errors
    /// When the address is no PostgreSQL address, or the database cannot be reached.
    pub async fn connect_url(url: &str, size: u32) -> Result<Self> {
        Self::connect(url.parse()?, size).await
    }

    /// How to connect beside the pool, for who keeps a connection for good.
    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::clone(&self.pool.connect_options())
    }

    /// Goes on where the server acknowledges only what its disk has.
    ///
    /// # Errors
    /// When it does not, or does not answer.
    pub async fn must_be_durable(&self) -> std::result::Result<(), ClusterError> {
        must_be_durable(&mut *self.pool.acquire().await?).await
    }

    /// A connection on behalf of this database's user, and in no transaction.
    ///
    /// A future that is dropped inside `begin()` can return its connection to the pool with the transaction open; the
    /// next write would then be acknowledged and lost. `statement_timestamp()` differs from `now()` exactly then.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn acquire(&self) -> Result<PoolConn> {
        self.taken(&self.pool).await
    }

    async fn taken(&self, pool: &PgPool) -> Result<PoolConn> {
        let mut last = sqlx::Error::PoolTimedOut;
        // Each connection of the pool may be spoilt; a new one is sound.
        for _ in 0..=pool.options().get_max_connections() {
            let mut connection = pool.acquire().await?;
            let told = sqlx::raw_sql(AssertSqlSafe(&*self.told))
                .fetch_one(&mut *connection)
                .await;
            match told.and_then(|row| row.try_get(0)) {
                Ok(true) => return Ok(connection),
                Ok(false) => {}
                Err(fault) => last = fault,
            }
            connection.close_on_drop();
        }
        Err(last.into())
    }

    /// # Errors
    /// When no connection becomes free in time.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx::begin(self.acquire().await?, None).await?)
    }

    /// A transaction for a long job: its statements may take as long as they need, and so may pauses between them.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn begin_long(&self) -> Result<Tx> {
        let mut tx = Tx::begin(self.taken(&self.long).await?, None).await?;
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
        let owner = self.owner().await?;
        let is_new: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is null")
            .fetch_one(&owner)
            .await?;
        if is_new {
            return Ok((None, MIGRATIONS.iter().count()));
        }
        let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&owner)
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
        let owner = self.owner().await?;
        let is_there: bool = sqlx::query_scalar("select to_regclass('audit_event') is not null")
            .fetch_one(&owner)
            .await?;
        if !is_there {
            return Ok(false);
        }
        Ok(sqlx::query_scalar("select exists (select from audit_event)")
            .fetch_one(&owner)
            .await?)
    }

    /// Brings the schema to this release's, under a lock, so that several services may start at once.
    ///
    /// # Errors
    /// When a migration fails (it leaves no trace), or the schema is newer than this release.
    pub async fn migrate(&self) -> Result<()> {
        let owner = self.owner().await?;
        // Tables are made and filled for as long as it takes.
        owner.execute("set statement_timeout = 0").await?;
        Ok(MIGRATIONS.run(&owner).await?)
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
        self.pool.close().await;
        self.long.close().await;
    }
}
