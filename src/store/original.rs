//! The original bytes of what was handed in, kept under their SHA-256.
//!
//! A file is written beside its place, flushed to the disk, renamed, and its folder flushed: when [`Incoming::keep`]
//! returns, a power cut cannot take it away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::Result;
use crate::domain::text::hex;

/// A transfer that has not grown for so long was interrupted.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The folder of originals.
#[derive(Debug, Clone)]
pub struct Originals {
    root: PathBuf,
}

/// A file that is still coming in.
pub struct Incoming {
    root: PathBuf,
    path: PathBuf,
    file: File,
    digest: Sha256,
    bytes: u64,
    kept: bool,
}

/// A file that is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub sha256: [u8; 32],
    pub bytes: u64,
    pub path: PathBuf,
}

impl Originals {
    /// Makes the folder and takes away what an interrupted transfer left behind.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub async fn open(root: PathBuf) -> Result<Self> {
        let incoming = root.join("incoming");
        fs::create_dir_all(&incoming).await?;
        let mut left_behind = fs::read_dir(&incoming).await?;
        while let Some(entry) = left_behind.next_entry().await? {
            // What is younger may be coming in through another service on the same folder.
            let age = entry.metadata().await?.modified()?.elapsed().unwrap_or_default();
            if age > LEFT_BEHIND_AFTER {
                fs::remove_file(entry.path()).await?;
            }
        }
        Ok(Self { root })
    }

    pub fn path(&self, sha256: &[u8; 32]) -> PathBuf {
        place(&self.root, sha256)
    }

    /// # Errors
    /// When the file cannot be made.
    pub async fn receive(&self, name: Uuid) -> Result<Incoming> {
        let path = self.root.join("incoming").join(name.to_string());
        let file = OpenOptions::new().write(true).create_new(true).open(&path).await?;
        Ok(Incoming {
            root: self.root.clone(),
            path,
            file,
            digest: Sha256::new(),
            bytes: 0,
            kept: false,
        })
    }
}

/// Two folders deep by the first byte, so that no folder grows without bound.
fn place(root: &Path, sha256: &[u8; 32]) -> PathBuf {
    let name = hex(sha256);
    root.join(&name[..2]).join(name)
}

impl Incoming {
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// # Errors
    /// When the disk does not take it.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.digest.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(self.file.write_all(chunk).await?)
    }

    /// What has come so far, as a file that is there until this value is dropped or kept.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn look(&mut self) -> Result<Kept> {
        self.file.flush().await?;
        Ok(Kept {
            sha256: self.digest.clone().finalize().into(),
            bytes: self.bytes,
            path: self.path.clone(),
        })
    }

    /// Makes the file durable under its digest. The same bytes again end in the same place.
    ///
    /// # Errors
    /// When the disk does not take it; then nothing is kept.
    pub async fn keep(mut self) -> Result<Kept> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let sha256: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        let path = place(&self.root, &sha256);
        if let Some(folder) = path.parent() {
            let is_new = !fs::try_exists(folder).await?;
            fs::create_dir_all(folder).await?;
            fs::rename(&self.path, &path).await?;
            self.kept = true;
            File::open(folder).await?.sync_all().await?;
            if is_new {
                File::open(&self.root).await?.sync_all().await?;
            }
        }
        Ok(Kept {
            sha256,
            bytes: self.bytes,
            path,
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort; what is left is taken away at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
