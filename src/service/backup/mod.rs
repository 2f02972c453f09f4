//! Backups of a register in its private cluster: made, verified, restored, tried, and let go.
//!
//! Start reading at [`make()`]; [`store::backup`](crate::store::backup) has the picture of the folder. A register in a
//! PostgreSQL of one's own is backed up by that server's means; here it has no [`Backups`].

mod drill;
mod guard;
mod keep;
mod list;
mod make;
mod note;
mod restore;
mod verify;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

pub use drill::{Drilled, drill};
pub(super) use guard::before_migration;
pub use keep::keep;
pub use list::{Listed, list};
pub(super) use make::record;
pub use make::{Made, make};
pub use note::{State, Trial};
pub use restore::{LogKey, Restored, Wanted, restore};
pub use verify::{Looked, keys_for, verify};

use super::{Context, Result};
use crate::config::Config;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::store::audit;
use crate::store::backup::Folder;
use crate::store::cluster::Access;

/// The kind of the subject in the log of deeds.
const KIND: &str = "backup";

/// What long work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Bytes of the database.
    Copying,
    /// Original files.
    Originals,
    /// Files of a backup.
    Checking,
    /// The write-ahead log is replayed; nobody knows how long.
    Replaying,
}

type Listener = dyn Fn(Step, u64, u64) + Send + Sync;

/// Hears how far long work is: the step, what is done, and what there is. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<Listener>);

impl Progress {
    /// Tells a function.
    pub fn new(told: impl Fn(Step, u64, u64) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_, _, _| {})
    }

    fn at(&self, step: Step, done: u64, total: u64) {
        (self.0)(step, done, total);
    }
}

/// Where the backups of a register are, and what making one needs.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: Folder,
    data_dir: PathBuf,
    access: Access,
    /// The settings that hold, without secrets.
    settings: String,
    config: Arc<Config>,
}

impl Backups {
    /// By the settings, for a cluster that runs.
    pub fn new(config: &Config, access: Access) -> Self {
        let settings = config
            .lines()
            .into_iter()
            .map(|(name, value, source)| format!("{name} = {value:?} # {}\n", source.word()))
            .collect();
        Self {
            folder: Folder::at(config.backups()),
            data_dir: config.data_dir.value.clone(),
            access,
            settings,
            config: Arc::new(config.clone()),
        }
    }

    /// The same in another folder. The write-ahead log stays where the settings have it.
    #[must_use]
    pub fn elsewhere(mut self, folder: PathBuf) -> Self {
        self.folder = Folder::at(folder);
        self
    }

    /// The folder of backups.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn originals(&self) -> PathBuf {
        self.data_dir.join("originals")
    }
}

/// How old the newest backup and the newest trial are, as the log of deeds has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When the newest backup that was found whole was made.
    pub backup_at: Option<Timestamp>,
    /// When a backup was last restored for trial.
    pub drill_at: Option<Timestamp>,
    /// Whether nothing was wrong with it.
    pub drill_fine: bool,
    /// Whether pieces of the write-ahead log do not get into the archive.
    pub archive_fails: bool,
}

impl Health {
    /// Seconds since the newest good backup.
    pub fn backup_age_s(&self, now: Timestamp) -> Option<i64> {
        self.backup_at.map(|at| now.duration_since(at).as_secs())
    }

    /// Seconds since the newest trial, whatever it found.
    pub fn drill_age_s(&self, now: Timestamp) -> Option<i64> {
        self.drill_at.map(|at| now.duration_since(at).as_secs())
    }
}

/// How old the newest backup and the newest trial are. Three short reads; for `/readyz` and metrics.
///
/// # Errors
/// When the database cannot be read.
pub async fn health(cx: &Context) -> Result<Health> {
    let mut conn = cx.db.acquire().await?;
    let backup = audit::last(&mut conn, KIND, make::ACTION).await?;
    let drill = audit::last(&mut conn, KIND, drill::ACTION).await?;
    Ok(Health {
        backup_at: backup.map(|(at, _)| at),
        drill_at: drill.as_ref().map(|(at, _)| *at),
        drill_fine: drill.is_some_and(|(_, detail)| detail["faults"].as_array().is_some_and(Vec::is_empty)),
        archive_fails: crate::store::backup::count::archive_fails(&mut conn).await?,
    })
}

/// The refusal where the register is not in a private cluster.
pub fn not_private() -> Problem {
    Problem::new(
        Code::Conflict,
        Message::new(
            "The register is in a PostgreSQL that Merestone does not keep (DATABASE_URL is set).",
            "登记簿存放在并非由 Merestone 管理的 PostgreSQL 中（已设置 DATABASE_URL）。",
        ),
        Message::new(
            "Back that server up by its own means, and the folders originals and log under the data folder with it.",
            "请用该服务器自身的方式备份，并一并备份数据文件夹下的 originals 和 log。",
        ),
    )
}

/// A disk without room, with what to free; any other fault as it is.
fn room(fault: io::Error, place: &Path) -> super::Error {
    if fault.kind() == io::ErrorKind::StorageFull {
        return full(place, &fault.to_string()).into();
    }
    fault.into()
}

fn full(place: &Path, why: &str) -> Problem {
    let place = place.display();
    Problem::new(
        Code::StorageFull,
        Message::new(
            format!("There is not enough room in {place}: {why}."),
            format!("{place} 空间不足：{why}。"),
        ),
        Message::new(
            "Free some space there, or choose another folder with -o or backup_dir; nothing half made is left.",
            "请释放该处空间，或用 -o 或 backup_dir 另选文件夹；没有留下不完整的内容。",
        ),
    )
}

/// The refusal where another process makes or removes backups in the same folder.
fn busy(place: &Path) -> Problem {
    Problem::new(
        Code::Conflict,
        Message::new(
            format!("Another backup is being made in {}.", place.display()),
            format!("{} 中正在进行另一个备份。", place.display()),
        ),
        Message::new("Wait until it is done.", "请等待其完成。"),
    )
}

/// Runs work with files on a thread where it may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<io::Result<T>> {
    Ok(tokio::task::spawn_blocking(work).await?)
}
