//! A data folder that a backup is put into, and brought to a moment by replaying the write-ahead log.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};

use super::error::{At, ClusterError};
use super::installation::Installation;
use super::layout::Layout;
use super::lock::DirLock;
use super::owner::Owner;
use super::postmaster::{Plan, Postmaster};
use super::{Durability, SUPERUSER, archive, options, process};

/// As long as a file of this name is in a data folder, what is in it is half of a register.
pub(super) const MARK: &str = "restoring";

/// Replay of a month may take hours; a server that fails ends by itself.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Takes away what is in a folder that a restore has begun to fill, after ending a server that still runs there; the
/// folder itself too, unless it was there before.
///
/// # Errors
/// When a server does not end, or something cannot be removed.
pub async fn clear_ground(data_dir: &Path, keep: bool) -> std::io::Result<()> {
    let database = data_dir.join("postgres/data");
    if database.is_dir() {
        process::clear(&database).await.map_err(std::io::Error::other)?;
    }
    match std::fs::remove_dir_all(data_dir) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    if keep {
        std::fs::create_dir(data_dir)?;
    }
    Ok(())
}

/// A new data folder, held by this process. Dropped before [`Ground::finish`], the folder stays marked as half a
/// register, and no service starts on it.
#[derive(Debug)]
pub struct Ground {
    data_dir: PathBuf,
    layout: Layout,
    owner: Owner,
    installation: Installation,
    _lock: DirLock,
}

/// Where recovery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub lsn: String,
    /// Of the last transaction that was replayed, as PostgreSQL writes it; none where there was none.
    pub last_transaction: Option<String>,
    pub timeline: i32,
}

impl Ground {
    /// Takes a folder that is not there or is empty, for a database of a version.
    ///
    /// # Errors
    /// When there is something in it, PostgreSQL could not reach it, or that version is not installed.
    pub async fn take(data_dir: &Path, version: &str) -> Result<Self, ClusterError> {
        let data_dir = std::path::absolute(data_dir).at(data_dir)?;
        let owner = Owner::find(&data_dir.join("postgres/data")).await?;
        let installation = Installation::find(Some(version))?;
        match std::fs::read_dir(&data_dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(ClusterError::NotEmpty { dir: data_dir });
                }
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
            Err(fault) => return Err(fault).at(&data_dir),
        }
        owner.passable_dir(&data_dir)?;
        let data_dir = data_dir.canonicalize().at(&data_dir)?;
        owner.must_reach(&data_dir)?;
        let lock = DirLock::take(&data_dir)?;
        let mark = data_dir.join(MARK);
        std::fs::File::create(&mark)
            .and_then(|file| file.sync_all())
            .at(&mark)?;
        let layout = Layout::new(&data_dir, &owner);
        layout.make_folders(&owner)?;
        owner.private_dir(&layout.data)?;
        owner.private_dir(&layout.root.join("pieces"))?;
        Ok(Self {
            data_dir,
            layout,
            owner,
            installation,
            _lock: lock,
        })
    }

    /// The data folder as it really is called.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Where the files of the database go.
    pub fn database(&self) -> &Path {
        &self.layout.data
    }

    /// Where pieces of the write-ahead log go, as the archive has them.
    pub fn pieces(&self) -> PathBuf {
        self.layout.root.join("pieces")
    }

    /// Gives a file or folder that was put there to the user PostgreSQL runs as.
    ///
    /// # Errors
    /// When the file system does not do it.
    pub fn give(&self, path: &Path) -> std::io::Result<()> {
        if self.owner.lowered {
            std::os::unix::fs::lchown(path, Some(self.owner.uid), Some(self.owner.gid))?;
        }
        Ok(())
    }

    /// Replays the log up to a moment, or to its end, and makes what is there then a database of its own.
    ///
    /// - **Shape**: `until` as PostgreSQL reads a time; transactions that were committed by then are in.
    ///
    /// # Errors
    /// When the server does not come up, with what it said.
    pub async fn recover(&self, until: Option<&str>) -> Result<Recovered, ClusterError> {
        let signal = self.layout.data.join("recovery.signal");
        std::fs::write(&signal, "").at(&signal)?;
        self.give(&signal).at(&signal)?;
        let fetch = archive::fetching(&self.layout, &self.pieces())?;
        let mut extra = vec![
            format!("restore_command={fetch}"),
            "recovery_target_timeline=current".to_owned(),
            "recovery_target_action=promote".to_owned(),
            // Nobody reads before the moment is reached.
            "hot_standby=off".to_owned(),
        ];
        extra.extend(until.map(|until| format!("recovery_target_time={until}")));
        let plan = Plan {
            settings: self.layout.write_settings(&self.owner, Durability::Durable, None)?,
            installation: self.installation.clone(),
            layout: self.layout.clone(),
            owner: self.owner.clone(),
            durability: Durability::Durable,
            extra,
            limit: LIMIT,
        };
        let options = options(&self.layout.socket, SUPERUSER, "postgres");
        let postmaster = Postmaster::start(plan, &options).await?;
        let ended = async {
            let mut conn = options.connect().await?;
            let (lsn, last_transaction, timeline) = sqlx::query_as(
                "select pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp()::text,
                        (select timeline_id from pg_control_checkpoint())",
            )
            .fetch_one(&mut conn)
            .await?;
            conn.close().await?;
            Ok::<_, ClusterError>(Recovered {
                lsn,
                last_transaction,
                timeline,
            })
        };
        let ended = ended.await;
        postmaster.stop().await;
        ended
    }

    /// Says that the folder holds a whole register, and gives it free.
    ///
    /// # Errors
    /// When the file system does not do it.
    pub fn finish(self) -> Result<(), ClusterError> {
        let pieces = self.pieces();
        std::fs::remove_dir_all(&pieces).at(&pieces)?;
        let script = self.layout.root.join("fetch.sh");
        std::fs::remove_file(&script).at(&script)?;
        let mark = self.data_dir.join(MARK);
        std::fs::remove_file(&mark).at(&mark)?;
        std::fs::File::open(&self.data_dir)
            .and_then(|dir| dir.sync_all())
            .at(&self.data_dir)
    }
}
