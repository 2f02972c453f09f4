//! The folder of backups: what lies where, how a backup comes into being, and how one goes.
//!
//! ```text
//! <backup folder>/20261123T220636Z/            one backup, complete because it has this name
//!   manifest.json manifest.sig                 every file with its SHA-256; the signature of that
//!   base/                                      the database, as pg_basebackup copied it
//!   settings.toml local.conf log/              settings, public keys, checkpoints of the log
//! <backup folder>/20261123T220636Z.state.json  when it was last verified and tried; signed by nobody
//! <backup folder>/originals/                   original files under their SHA-256, one copy for all backups
//! <backup folder>/wal/<database>/              the write-ahead log, piece by piece
//! <backup folder>/.unfinished-.../             what is being made, or was when somebody pulled the plug
//! ```
//!
//! A backup is made under a name that nobody takes for one, flushed, and renamed. It goes the same way back.

pub mod base;
pub mod count;
pub mod pool;
pub mod tree;
pub mod wal;

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::cluster::end_programs_on;
use tree::named;

pub const MANIFEST: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.sig";
pub const BASE: &str = "base";
pub const ORIGINALS: &str = "originals";

const UNFINISHED: &str = ".unfinished-";

/// The folder of backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

/// The right to make or remove backups in a folder; one process has it.
#[derive(Debug)]
pub struct Turn {
    _file: File,
}

/// A backup that is being made.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    done: PathBuf,
}

impl Folder {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn backup(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn originals(&self) -> PathBuf {
        self.0.join(ORIGINALS)
    }

    pub fn state(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.state.json"))
    }

    /// Makes the folder, unless it is there: for the service, and for PostgreSQL's user to pass through.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> io::Result<()> {
        let mode = if rustix::process::geteuid().is_root() {
            0o711
        } else {
            0o700
        };
        let made = fs::DirBuilder::new().recursive(true).mode(mode).create(&self.0);
        made.map_err(named(&self.0))
    }

    /// Backups that are complete, the oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read. One that is not there has no backups.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(fault) => return Err(named(&self.0)(fault)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(named(&self.0))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && entry.path().join(MANIFEST).is_file() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Takes the turn, or none where another process has it.
    ///
    /// # Errors
    /// When the file of the lock cannot be made.
    pub fn turn(&self) -> io::Result<Option<Turn>> {
        let path = self.0.join("backup.lock");
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(named(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Turn { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(fault)) => Err(named(&path)(fault)),
        }
    }

    /// Takes away what interruptions have left, after ending programs that still write there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn clean(&self, _turn: &Turn) -> io::Result<usize> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.0).map_err(named(&self.0))? {
            let path = entry.map_err(named(&self.0))?.path();
            let is_left = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
            if is_left {
                end_programs_on("pg_basebackup", &path.join(BASE)).await;
                fs::remove_dir_all(&path).map_err(named(&path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Begins a backup.
    ///
    /// # Errors
    /// When one of this name is there, or the folder cannot be made.
    pub fn begin(&self, name: &str, _turn: &Turn) -> io::Result<Unfinished> {
        let (path, done) = (self.0.join(format!("{UNFINISHED}{name}")), self.backup(name));
        if done.exists() {
            return Err(named(&done)(io::ErrorKind::AlreadyExists.into()));
        }
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(named(&path))?;
        Ok(Unfinished { path, done })
    }

    /// Removes a backup; interrupted, what is left is no backup any more.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &str, _turn: &Turn) -> io::Result<()> {
        let (from, to) = (self.backup(name), self.0.join(format!("{UNFINISHED}{name}")));
        fs::rename(&from, &to).map_err(named(&from))?;
        tree::sync_folder(&self.0)?;
        fs::remove_dir_all(&to).map_err(named(&to))?;
        match fs::remove_file(self.state(name)) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(named(&self.state(name))(fault)),
            _ => Ok(()),
        }
    }

    /// Writes what is known of a backup, in place of what was.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn note(&self, name: &str, text: &str) -> io::Result<()> {
        tree::write_over(&self.state(name), text.as_bytes())
    }

    /// Bytes that are free on the disk of the folder, for this user.
    ///
    /// # Errors
    /// When the file system does not say.
    pub fn free(&self) -> io::Result<u64> {
        free(&self.0)
    }
}

/// Bytes that are free on the disk of a path, for this user.
///
/// # Errors
/// When the file system does not say.
pub fn free(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path).map_err(|fault| named(path)(fault.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Unfinished {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn base(&self) -> PathBuf {
        self.path.join(BASE)
    }

    /// Writes a file of the backup.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(named(folder))?;
        }
        let mut file = File::create_new(&path).map_err(named(&path))?;
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .map_err(named(&path))?;
        file.write_all(bytes).map_err(named(&path))?;
        file.sync_all().map_err(named(&path))
    }

    /// Makes it a backup: manifest, signature, name; each safe before the next.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(self, manifest: &str, signature: &str) -> io::Result<PathBuf> {
        self.write(SIGNATURE, signature.as_bytes())?;
        self.write(MANIFEST, manifest.as_bytes())?;
        tree::sync_folders(&self.path)?;
        fs::rename(&self.path, &self.done).map_err(named(&self.done))?;
        if let Some(folder) = self.done.parent() {
            tree::sync_folder(folder)?;
        }
        let done = self.done.clone();
        std::mem::forget(self);
        Ok(done)
    }
}

/// A backup that broke off is taken away at once where that is possible, so that a full disk has room again.
impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.path)
            && fault.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%fault, path = %self.path.display(), "an unfinished backup stays until the next one");
        }
    }
}
