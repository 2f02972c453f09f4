//! From settings to a running service, and back.

use std::sync::Arc;

use super::audit::Log;
use super::changes;
use super::context::{Context, Outside};
use super::worker::Worker;
use super::{Error, Result, upload};
use crate::config::{ANY_ORIGIN, Config, Fence};
use crate::store::Db;
use crate::store::cluster::{APPLICATION, Cluster, ClusterSettings, Durability};
use crate::store::original::Originals;

/// A service that can be used. End it with [`Running::stop`].
pub struct Running {
    pub cx: Context,
    listener: tokio::task::JoinHandle<()>,
    cluster: Option<Cluster>,
}

/// Opens the database (making and starting the private one where no other is named), brings its schema to this
/// release's, and opens the store of originals.
///
/// # Errors
/// A refusal in one sentence when the private database cannot be had; a fault when another cannot be reached.
pub async fn open(config: &Config) -> Result<Running> {
    let size = config.database_connections.value;
    let (db, cluster) = match &config.database_url.value {
        Some(url) => (Db::connect_url(url, size).await?, None),
        None => {
            let settings = ClusterSettings {
                data_dir: config.data_dir.value.clone(),
                durability: Durability::Durable,
            };
            let cluster = Cluster::start(&settings)
                .await
                .map_err(crate::domain::problem::Problem::from)?;
            (Db::connect(cluster.options(APPLICATION), size).await?, Some(cluster))
        }
    };
    let opened = async {
        db.migrate().await?;
        let originals = Originals::open(config.data_dir.value.join("originals")).await?;
        Ok::<_, Error>(Context {
            font_dirs: config.font_dirs.value.clone(),
            upload_limit: config.upload_limit_mb.value << 20,
            outside: Arc::new(outside(config)),
            ..Context::new(
                db.clone(),
                originals,
                worker(config),
                Log::under(&config.data_dir.value),
            )
        })
    };
    worker(config).tidy();
    match opened.await {
        Ok(cx) => Ok(Running {
            listener: tokio::spawn(changes::listen(cx.clone())),
            cx,
            cluster,
        }),
        Err(error) => {
            if let Some(cluster) = cluster {
                cluster.stop().await;
            }
            Err(error)
        }
    }
}

fn outside(config: &Config) -> Outside {
    let origins = &config.cors_origins.value;
    Outside {
        public_url: config.public_url.value.clone(),
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

    /// Closes the connections and stops the private database.
    pub async fn stop(self) {
        self.listener.abort();
        // Its connection goes back before the pool is closed.
        let _ = self.listener.await;
        self.cx.db.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}
