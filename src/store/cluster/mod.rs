//! The private PostGIS cluster: made, started, kept running and stopped by the service itself.
//!
//! Used when no database is named in the settings. It listens on one socket in a folder of its own, lets in only the
//! user the service runs as, and never touches a cluster that the machine has for other purposes. Knows nothing of
//! HTTP and of the register's tables. Start reading at [`Cluster::start`]; [`layout`] has the picture of the files.

mod access;
pub mod archive;
mod error;
mod installation;
mod layout;
mod lock;
mod owner;
mod postmaster;
mod process;
mod recovery;
mod reserve;

use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

pub(crate) use access::program;
pub use access::{Access, programs_for};
pub use error::ClusterError;
pub(crate) use process::end_programs_on;
pub use recovery::{Ground, Recovered, clear_ground};

use super::WORKING_ROLE;
use error::At as _;
use installation::Installation;
use layout::{Layout, PORT};
use lock::DirLock;
use owner::Owner;
use postmaster::{Plan, Postmaster};

/// The register's database, and the plain role that owns it.
pub const APPLICATION: &str = "merestone";

/// The role that makes extensions and other databases.
const SUPERUSER: &str = "postgres";

/// Made by the superuser, because a plain role may not.
const EXTENSIONS: [&str; 4] = ["postgis", "btree_gist", "pg_trgm", "unaccent"];

/// Operators of extensions that serve indexes: boxes that meet, words that are alike.
const TELL_NOTHING: [&str; 3] = [
    "geometry_overlaps(geometry, geometry)",
    "word_similarity_op(text, text)",
    "word_similarity_commutator_op(text, text)",
];

/// Whether what is acknowledged survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Durable,
    /// Nothing waits for the disk: a commit survives a kill, but no power cut. For tests, whose data are thrown away.
    Fast,
}

/// What a private cluster needs to know.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// The service's data folder; the cluster is its subfolder `postgres`. Made if missing.
    pub data_dir: PathBuf,
    pub durability: Durability,
    /// The folder of backups, below which finished pieces of the write-ahead log are kept; none: they are not kept.
    pub backups: Option<PathBuf>,
}

/// A running private cluster. There is at most one a data folder.
///
/// End it with [`Cluster::stop`]. When it is only dropped, the server is asked to shut down but not waited for.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    installation: Installation,
    postmaster: Postmaster,
    // Fields are dropped in this order: the folder is given free after the server was told to end.
    _lock: DirLock,
}

impl Cluster {
    /// Starts the cluster of a data folder, after making it at the first time and after cleaning up whatever an
    /// interrupted start or a killed service has left.
    ///
    /// When this returns, the database [`APPLICATION`] is there with its extensions and its role.
    pub async fn start(settings: &ClusterSettings) -> Result<Self, ClusterError> {
        let data_dir = std::path::absolute(&settings.data_dir).at(&settings.data_dir)?;
        let owner = Owner::find(&data_dir.join("postgres/data")).await?;
        let before = Layout::new(&data_dir, &owner).stored_version()?;
        // Asked before anything is written, so that a refused start leaves no trace.
        let installation = Installation::find(before.as_deref())?;
        if data_dir.join(recovery::MARK).exists() {
            return Err(ClusterError::HalfRestored { dir: data_dir });
        }
        owner.passable_dir(&data_dir)?;
        let data_dir = data_dir.canonicalize().at(&data_dir)?;
        owner.must_reach(&data_dir)?;
        let lock = DirLock::take(&data_dir)?;
        let layout = Layout::new(&data_dir, &owner);
        layout.make_folders(&owner)?;
        // Asked again under the lock: another service may have made the database meanwhile.
        if layout.stored_version()?.is_none() {
            tracing::info!(major = installation.major, data = %layout.data.display(), "creating the database");
            layout.create(&installation, &owner, settings.durability).await?;
        }
        let plan = Plan {
            settings: layout.write_settings(&owner, settings.durability, settings.backups.as_deref())?,
            installation: installation.clone(),
            layout: layout.clone(),
            owner,
            durability: settings.durability,
            extra: Vec::new(),
            limit: postmaster::START_LIMIT,
        };
        let postmaster = Postmaster::start(plan, &options(&layout.socket, SUPERUSER, "postgres")).await?;
        let cluster = Self {
            layout,
            installation,
            postmaster,
            _lock: lock,
        };
        match cluster.set_up(settings.durability).await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                cluster.stop().await;
                Err(error)
            }
        }
    }

    /// How the application connects to one of the cluster's databases: as the plain role, through the socket.
    ///
    /// A transaction that was begun and forgotten is ended by the server after 15 s, so that it holds no lock for long.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        options(&self.layout.socket, APPLICATION, database).options([("idle_in_transaction_session_timeout", "15s")])
    }

    /// How upkeep connects: as superuser. For making databases and extensions, never for requests.
    pub fn admin_options(&self, database: &str) -> PgConnectOptions {
        options(&self.layout.socket, SUPERUSER, database)
    }

    /// What upkeep needs to reach the cluster while it runs.
    pub fn access(&self) -> Access {
        Access::new(&self.layout, &self.installation)
    }

    /// The folder of the socket, for `psql -h`.
    pub fn socket_dir(&self) -> &Path {
        &self.layout.socket
    }

    /// The server's process, or `None` in the moment between its death and its next start.
    pub fn server_pid(&self) -> Option<u32> {
        self.postmaster
            .pid()
            .map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Stops the server, waits until it has ended, and gives the data folder free.
    pub async fn stop(self) {
        self.postmaster.stop().await;
    }

    /// Role, database and extensions; all of it only where missing, so an interrupted first start is completed by the
    /// next.
    async fn set_up(&self, durability: Durability) -> Result<(), ClusterError> {
        let mut conn = self.admin_options("postgres").connect().await?;
        if durability == Durability::Durable {
            must_be_durable(&mut conn).await?;
        }
        let role: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(APPLICATION)
            .fetch_one(&mut conn)
            .await?;
        if !role {
            let sql = format!("create role {APPLICATION} login nosuperuser nocreatedb nocreaterole");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
        }
        let database: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(APPLICATION)
            .fetch_one(&mut conn)
            .await?;
        if !database {
            let sql = format!("create database {APPLICATION} owner {APPLICATION} template template0");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
        }
        conn.close().await?;
        let mut conn = self.admin_options(APPLICATION).connect().await?;
        add_extensions(&mut conn).await?;
        conn.close().await?;
        Ok(())
    }
}

/// Makes the extensions the register rests on where they are missing, and brings those up to date whose files a package
/// upgrade has replaced. Needs a role that may.
pub async fn add_extensions(conn: &mut PgConnection) -> Result<(), ClusterError> {
    for extension in EXTENSIONS {
        let stale: Option<bool> = sqlx::query_scalar(
            "select installed_version <> default_version from pg_available_extensions \
             where name = $1 and installed_version is not null",
        )
        .bind(extension)
        .fetch_optional(&mut *conn)
        .await?;
        let sql = match stale {
            None => format!("create extension if not exists {extension}"),
            Some(true) => format!("alter extension {extension} update"),
            Some(false) => continue,
        };
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    }
    // The role that requests work as; it owns nothing. Several databases of one server are made ready at once in tests.
    let sql = format!(
        "do $$ begin create role {WORKING_ROLE} nologin; exception when duplicate_object or unique_violation then null; end $$;
         do $$ begin
             execute format('grant {WORKING_ROLE} to %I', (select pg_get_userbyid(datdba) from pg_database
                 where datname = current_database()));
         exception when unique_violation or internal_error then null; end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    // Rows that are hidden by a rule are looked up by an index only where the operator is known to tell nothing of
    // them. These do not: they fail on no row, and say nothing but yes or no.
    for function in TELL_NOTHING {
        sqlx::raw_sql(AssertSqlSafe(format!("alter function {function} leakproof")))
            .execute(&mut *conn)
            .await?;
    }
    // The table of reference systems belongs to the superuser; the register refers to it and adds systems of its own.
    sqlx::raw_sql("grant select, insert, update, references on spatial_ref_sys to pg_database_owner")
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// Refuses a server that acknowledges before the disk has it.
///
/// # Errors
/// [`ClusterError::NotDurable`], and when the server does not answer.
pub async fn must_be_durable(conn: &mut PgConnection) -> Result<(), ClusterError> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut *conn)
            .await?;
        // `remote_write`, `remote_apply` and `local` wait for the own disk too.
        if matches!(value.as_str(), "off" | "false" | "no" | "0") {
            return Err(ClusterError::NotDurable { setting, value });
        }
    }
    let sums: String = sqlx::query_scalar("select current_setting('data_checksums')")
        .fetch_one(&mut *conn)
        .await?;
    if sums == "off" {
        tracing::warn!(
            "the database keeps no checksums of its pages, so a disk that goes bad is found late; \
             stop the server and run `pg_checksums --enable`"
        );
    }
    Ok(())
}

fn options(socket: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(PORT)
        .username(role)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
        .application_name("merestone")
}

#[cfg(test)]
mod tests;
