//! How upkeep reaches a running private cluster: that of this process, or that of a service which holds the folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::process::Command;

use super::error::{At, ClusterError};
use super::installation::Installation;
use super::layout::Layout;
use super::owner::Owner;
use super::{APPLICATION, SUPERUSER, options, process};

/// How long a server may take to be there when another service has just begun to start it.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running private cluster. Whoever has this neither keeps the server running nor stops it.
#[derive(Debug, Clone)]
pub struct Access {
    socket: PathBuf,
    data: PathBuf,
    bin: PathBuf,
}

impl Access {
    pub(super) fn new(layout: &Layout, installation: &Installation) -> Self {
        Self {
            socket: layout.socket.clone(),
            data: layout.data.clone(),
            bin: installation.bin.clone(),
        }
    }

    /// The cluster of a data folder that another service has started, as the server's own note says where it is:
    /// another process may see other places for a socket than this one would choose.
    ///
    /// # Errors
    /// When no server is there within a minute.
    pub async fn join(data_dir: &Path) -> Result<Self, ClusterError> {
        let data_dir = data_dir.canonicalize().at(data_dir)?;
        let owner = Owner::find(&data_dir.join("postgres/data")).await?;
        let layout = Layout::new(&data_dir, &owner);
        let since = Instant::now();
        let socket = loop {
            match socket(&layout.data) {
                Some(socket) => break socket,
                None if since.elapsed() > START_LIMIT => {
                    return Err(ClusterError::Slow {
                        seconds: START_LIMIT.as_secs(),
                    });
                }
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        let installation = Installation::find(layout.stored_version()?.as_deref())?;
        Ok(Self {
            socket,
            data: layout.data,
            bin: installation.bin,
        })
    }

    /// As [`Cluster::options`](super::Cluster::options).
    pub fn options(&self, database: &str) -> PgConnectOptions {
        options(&self.socket, APPLICATION, database).options([("idle_in_transaction_session_timeout", "15s")])
    }

    /// As [`Cluster::admin_options`](super::Cluster::admin_options).
    pub fn admin_options(&self, database: &str) -> PgConnectOptions {
        options(&self.socket, SUPERUSER, database)
    }

    /// Identifies the database and every copy of it.
    ///
    /// # Errors
    /// When its control file cannot be read.
    pub fn system_identifier(&self) -> Result<String, ClusterError> {
        super::layout::system_identifier(&self.data)
    }

    /// A program of PostgreSQL's that connects to this cluster as superuser. It runs as the service's own user.
    pub fn client(&self, name: &str) -> Command {
        let mut command = program(&self.bin, name);
        command
            .arg("-h")
            .arg(&self.socket)
            .args(["-p", &super::layout::PORT.to_string(), "-U", SUPERUSER]);
        command
    }
}

/// A program beside the server, without the service's environment, that ends with its handle.
pub(crate) fn program(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    command
}

/// The folder of programs for the database that is stored, or was copied, in a folder.
///
/// # Errors
/// When there is no database, or its version is not installed.
pub fn programs_for(data: &Path) -> Result<PathBuf, ClusterError> {
    let file = data.join("PG_VERSION");
    let version = std::fs::read_to_string(&file).at(&file)?;
    Ok(Installation::find(Some(version.trim()))?.bin)
}

/// Where a living server that is ready listens.
fn socket(data: &Path) -> Option<PathBuf> {
    let note = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = note.lines().map(str::trim).collect();
    let is_ready = lines.get(7).is_some_and(|state| *state == "ready");
    let lives = process::noted(data).is_some_and(|pid| process::living_in(data).contains(&pid));
    let folder = lines.get(4).filter(|folder| !folder.is_empty())?;
    (is_ready && lives).then(|| PathBuf::from(folder))
}
