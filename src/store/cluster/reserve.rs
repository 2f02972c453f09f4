//! Room kept free for the day the disk is full.
//!
//! A full disk stops PostgreSQL when it hits the write-ahead log, and then even recovery needs a few more megabytes of
//! log. A file of that size stands by and is given up at that moment: the server comes back, what was acknowledged can
//! be read, and somebody has time to make room. It is taken again at the first start after that.

use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::error::{At, ClusterError};

/// Three segments of the write-ahead log: recovery ends with a checkpoint, which then frees older ones.
pub const SIZE: u64 = 48 << 20;

const FILE: &str = "reserve";

/// Gives the reserve up when less than its size is left, takes it when there is plenty; between the two does nothing.
pub fn balance(root: &Path) -> Result<(), ClusterError> {
    let disk = statvfs(root).map_err(std::io::Error::from).at(root)?;
    balance_at(root, disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// As [`balance`], with so many bytes free.
pub fn balance_at(root: &Path, free: u64) -> Result<(), ClusterError> {
    let path = root.join(FILE);
    if free < SIZE && path.exists() {
        tracing::error!(free, path = %path.display(), "the disk is full; giving up the reserve so that the database can start");
        return std::fs::remove_file(&path).at(&path);
    }
    if free > 4 * SIZE && !path.exists() {
        let file = std::fs::File::create(&path).at(&path)?;
        if let Err(error) = fallocate(&file, FallocateFlags::empty(), 0, SIZE) {
            // Some file systems cannot promise room. Then there is no reserve, and nothing is worse than before.
            tracing::warn!(%error, "no room could be reserved for a full disk");
            return std::fs::remove_file(&path).at(&path);
        }
    }
    Ok(())
}
