//! From settings to a running service, and back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::audit::Log;
use super::backup::{self, Backups};
use super::changes;
use super::context::{Context, Outside};
use super::worker::Worker;
use super::{Error, Result, upload};
use crate::config::{ANY_ORIGIN, Config, Fence};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::store::Db;
use crate::store::cluster::{APPLICATION, Access, Cluster, ClusterError, ClusterSettings, Durability};
use crate::store::original::Originals;

/// A service that can be used. End it with [`Running::stop`].
pub struct Running {
    pub cx: Context,
    /// None where the register is in a PostgreSQL of somebody else's.
    pub backups: Option<Backups>,
    listener: tokio::task::JoinHandle<()>,
    cluster: Option<Cluster>,
}

/// How long changes may take yet when everything else has ended. A cut one has not happened, and is sent again.
const LAST_WRITES: Duration = Duration::from_secs(30);

/// How a register is reached.
enum Reached {
    /// In a PostgreSQL that the settings name.
    Elsewhere,
    /// In the private cluster, which this process started.
    Started(Cluster),
    /// In the private cluster, which another service keeps running.
    Joined(Access),
}

/// Opens the database (making and starting the private one where no other is named), brings its schema to this
/// release's after a backup, and opens the store of originals.
///
/// # Errors
/// A refusal in one sentence when the private database cannot be had, or there is no fresh backup; a fault when another
/// cannot be reached.
pub async fn open(config: &Config) -> Result<Running> {
    let reached = match &config.database_url.value {
        Some(_) => Reached::Elsewhere,
        None => Reached::Started(start(config, Some(config.backups())).await?),
    };
    migrate(config, reached).await
}

async fn migrate(config: &Config, reached: Reached) -> Result<Running> {
    let (running, ()) = opened(config, reached, async |cx, backups| {
        let before = Context {
            db: cx.db.owned().await?,
            ..cx.clone()
        };
        let made = backup::before_migration(&before, backups, config).await?;
        before.db.close().await;
        cx.db.migrate().await?;
        match made {
            Some(made) => backup::record(cx, &made).await,
            None => Ok(()),
        }
    })
    .await?;
    Ok(running)
}

/// As [`open`]; but where a service is running on the data folder, beside it and through its database, in which nothing
/// is migrated.
///
/// # Errors
/// As [`open`], and when that service is of another release.
pub async fn join(config: &Config) -> Result<Running> {
    if config.database_url.value.is_some() {
        return open(config).await;
    }
    match start(config, Some(config.backups())).await {
        Err(ClusterError::InUse { .. }) => {}
        Err(fault) => return Err(fault.into()),
        // Nobody else is there: as any other command.
        Ok(cluster) => return migrate(config, Reached::Started(cluster)).await,
    }
    let access = Access::join(&config.data_dir.value).await?;
    let (running, ()) = opened(config, Reached::Joined(access), async |cx, _| {
        match cx.db.schema().await? {
            (newest, 0) if newest == Some(Db::newest_migration()) => Ok(()),
            _ => Err(other_release().into()),
        }
    })
    .await?;
    Ok(running)
}

/// Opens a register that was just restored; whether its schema had to be brought to this release's. The backup is there
/// still, so none is made; nor is anything of it archived yet.
pub(super) async fn open_restored(config: &Config) -> Result<(Running, bool)> {
    let reached = Reached::Started(start(config, None).await?);
    opened(config, reached, async |cx, _| {
        let (_, missing) = cx.db.schema().await?;
        cx.db.migrate().await?;
        Ok(missing > 0)
    })
    .await
}

async fn start(config: &Config, backups: Option<PathBuf>) -> std::result::Result<Cluster, ClusterError> {
    let settings = ClusterSettings {
        data_dir: config.data_dir.value.clone(),
        durability: Durability::Durable,
        backups,
    };
    Cluster::start(&settings).await
}

async fn opened<T>(
    config: &Config,
    reached: Reached,
    migrated: impl AsyncFnOnce(&Context, Option<&Backups>) -> Result<T>,
) -> Result<(Running, T)> {
    let size = config.database_connections.value;
    let access = match &reached {
        Reached::Elsewhere => None,
        Reached::Started(cluster) => Some(cluster.access()),
        Reached::Joined(access) => Some(access.clone()),
    };
    if !matches!(reached, Reached::Joined(_)) {
        worker(config).tidy();
    }
    let cluster = match reached {
        Reached::Started(cluster) => Some(cluster),
        Reached::Elsewhere | Reached::Joined(_) => None,
    };
    let opened = async {
        let db = match (&config.database_url.value, &access) {
            (_, Some(access)) => Db::connect(access.options(APPLICATION), size).await?,
            (url, None) => Db::connect_url(url.as_deref().unwrap_or_default(), size).await?,
        };
        if access.is_none() && !config.scratch.value {
            db.must_be_durable().await?;
        }
        let originals = Originals::open(config.data_dir.value.join("originals")).await?;
        let cx = Context {
            font_dirs: config.font_dirs.value.clone(),
            upload_limit: config.upload_limit_mb.value << 20,
            outside: Arc::new(outside(config)),
            ..Context::new(db, originals, worker(config), Log::under(&config.data_dir.value))
        };
        let backups = access.map(|access| Backups::new(config, access));
        let migrated = migrated(&cx, backups.as_ref()).await?;
        Ok::<_, Error>((cx, backups, migrated))
    };
    match opened.await {
        Ok((cx, backups, migrated)) => {
            let running = Running {
                listener: tokio::spawn(changes::listen(cx.clone())),
                cx,
                backups,
                cluster,
            };
            Ok((running, migrated))
        }
        Err(error) => {
            if let Some(cluster) = cluster {
                cluster.stop().await;
            }
            Err(error)
        }
    }
}

fn other_release() -> Problem {
    Problem::new(
        Code::Conflict,
        Message::new(
            "The service that is running is of another release than this program.",
            "正在运行的服务与本程序版本不同。",
        ),
        Message::new("Use the program of that release.", "请使用该版本的程序。"),
    )
}

fn outside(config: &Config) -> Outside {
    let origins = &config.cors_origins.value;
    Outside {
        public_url: config.public_url.value.clone(),
        public_page: config.public_page.value,
        any_may_read: origins.iter().any(|origin| origin == ANY_ORIGIN),
        origins: origins.iter().filter(|origin| *origin != ANY_ORIGIN).cloned().collect(),
    }
}

/// The file worker that the settings name.
pub fn worker(config: &Config) -> Worker {
    Worker::new(
        config.file_worker.value.as_deref(),
        config.data_dir.value.join("scratch"),
        config.file_fence.value == Fence::Partial,
    )
}

impl Running {
    /// Reads what an interruption left unread.
    ///
    /// # Errors
    /// When the database breaks.
    pub async fn resume(&self) -> Result<usize> {
        upload::resume(&self.cx).await
    }

    /// Lets changes that are being made end, closes the connections and stops the private database.
    pub async fn stop(self) {
        self.cx.writing.close();
        if tokio::time::timeout(LAST_WRITES, self.cx.writing.wait()).await.is_err() {
            tracing::warn!(
                left = self.cx.writing.len(),
                "changes were cut off that did not end in time"
            );
        }
        self.listener.abort();
        // Its connection goes back before the pool is closed.
        let _ = self.listener.await;
        self.cx.db.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}
