//! The running server: started as a child, watched, started again when it dies, stopped in good order.
//!
//! The server runs as our child and not through `pg_ctl`, so that the moment of its death is known without asking. It
//! has its own process group: Ctrl-C reaches the service alone, which then ends its work before it ends its database.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::{At, ClusterError};
use super::installation::Installation;
use super::layout::Layout;
use super::owner::Owner;
use super::{Durability, process, reserve};

/// How long a start may take. Recovery after a crash reads the log since the last checkpoint, some minutes at worst.
pub const START_LIMIT: Duration = Duration::from_secs(600);

/// A fast shutdown writes a checkpoint; what does not fit into this is left to recovery.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A server that lived shorter than this is not started again at once.
const SHORT_LIFE: Duration = Duration::from_secs(10);

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// All that is needed to start the server, once or again.
#[derive(Debug, Clone)]
pub struct Plan {
    pub installation: Installation,
    pub layout: Layout,
    pub owner: Owner,
    pub settings: PathBuf,
    pub durability: Durability,
    /// Settings for this start alone, `name=value`.
    pub extra: Vec<String>,
    /// How long a start may take.
    pub limit: Duration,
}

/// The server, and the task that keeps it running.
#[derive(Debug)]
pub struct Postmaster {
    stop: Option<oneshot::Sender<()>>,
    keeper: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The server's process, 0 while there is none.
    pid: AtomicI32,
    /// Whether the first start succeeded. Before that a death is an error to report, after it one to mend.
    ready: AtomicBool,
}

impl Postmaster {
    /// Starts the server, waits until it answers, and keeps it running from then on.
    pub async fn start(plan: Plan, options: &PgConnectOptions) -> Result<Self, ClusterError> {
        let child = plan.spawn().await?;
        let shared = Arc::new(Shared::default());
        shared.note(&child);
        let (stop, stopped) = oneshot::channel();
        let (layout, limit) = (plan.layout.clone(), plan.limit);
        let keeper = tokio::spawn(keep(plan, child, Arc::clone(&shared), stopped));
        let postmaster = Self {
            stop: Some(stop),
            keeper: Some(keeper),
            shared,
        };
        postmaster.wait_ready(options, &layout, limit).await?;
        postmaster.shared.ready.store(true, Ordering::Release);
        Ok(postmaster)
    }

    async fn wait_ready(
        &self,
        options: &PgConnectOptions,
        layout: &Layout,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let since = Instant::now();
        let mut said = 0;
        loop {
            if self.keeper.as_ref().is_none_or(JoinHandle::is_finished) {
                return Err(ClusterError::Start {
                    log: layout.last_words(),
                });
            }
            match options.connect().await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if since.elapsed() > limit => {
                    tracing::error!(%error, "the database does not answer");
                    return Err(ClusterError::Slow {
                        seconds: limit.as_secs(),
                    });
                }
                Err(error) => {
                    let waited = since.elapsed().as_secs();
                    if waited >= said + 10 {
                        said = waited;
                        tracing::info!(%error, waited, "waiting for the database");
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The process id of the server, or `None` in the moment between its death and its next start.
    pub fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.shared.pid.load(Ordering::Acquire))
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take()
            && stop.send(()).is_err()
        {
            tracing::debug!("the database's keeper has already ended");
        }
        if let Some(keeper) = self.keeper.take()
            && let Err(error) = keeper.await
        {
            tracing::error!(%error, "the database's keeper failed");
        }
    }
}

/// A service that ends without [`Postmaster::stop`] still asks its server to shut down; the next start waits for it.
impl Drop for Postmaster {
    fn drop(&mut self) {
        if self.keeper.is_some()
            && let Some(pid) = self.pid()
        {
            process::signal(pid, Signal::INT);
        }
    }
}

impl Shared {
    fn note(&self, child: &Child) {
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or(0);
        self.pid.store(pid, Ordering::Release);
    }
}

impl Plan {
    /// Starts the server after whatever an earlier one has left is out of the way.
    async fn spawn(&self) -> Result<Child, ClusterError> {
        process::clear(&self.layout.data).await?;
        self.layout.remove_sockets();
        if self.durability == Durability::Durable {
            reserve::balance(&self.layout.root)?;
        }
        let early = self.layout.start_log();
        let log = std::fs::File::create(&early).at(&early)?;
        let program = self.installation.bin.join("postgres");
        let mut command: Command = self.owner.command(&program);
        command
            .arg("-D")
            .arg(&self.layout.data)
            .arg("-c")
            .arg(config_file(&self.settings))
            .args(self.extra.iter().flat_map(|setting| ["-c", setting]))
            .stdout(log.try_clone().at(&early)?)
            .stderr(Stdio::from(log))
            .process_group(0);
        command.spawn().at(&program)
    }
}

fn config_file(settings: &std::path::Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from("config_file=");
    option.push(settings);
    option
}

/// Waits for the server to die and starts it again, until told to stop or until nobody is left to serve.
async fn keep(plan: Plan, mut child: Child, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    let mut pause = Duration::ZERO;
    loop {
        let born = Instant::now();
        tokio::select! {
            _ = &mut stop => {
                end(&mut child).await;
                shared.pid.store(0, Ordering::Release);
                plan.layout.remove_short_socket_folder();
                return;
            }
            status = child.wait() => {
                shared.pid.store(0, Ordering::Release);
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                if !shared.ready.load(Ordering::Acquire) {
                    return;
                }
                tracing::error!(%status, log = plan.layout.last_words(), "the database server ended; starting it again");
            }
        }
        pause = if born.elapsed() < SHORT_LIFE {
            (pause * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE)
        } else {
            Duration::ZERO
        };
        child = loop {
            tokio::select! {
                _ = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
            match plan.spawn().await {
                Ok(child) => break child,
                Err(error) => tracing::error!(%error, "the database server did not start; trying again"),
            }
            pause = (pause * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE);
        };
        shared.note(&child);
    }
}

/// Fast shutdown, then immediate shutdown, then the end.
async fn end(child: &mut Child) {
    for (signal, limit) in [
        (Signal::INT, STOP_LIMIT),
        (Signal::QUIT, Duration::from_secs(10)),
        (Signal::KILL, Duration::from_secs(10)),
    ] {
        let Some(pid) = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw)
        else {
            return;
        };
        process::signal(pid, signal);
        if tokio::time::timeout(limit, child.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(?signal, "the database server did not end in time");
    }
}
