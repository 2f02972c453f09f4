//! One service a data folder.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::error::{At, ClusterError};

/// The file's name inside the data folder.
pub const FILE: &str = "merestone.lock";

/// Held as long as the service uses the data folder.
///
/// The kernel releases it with the process, however that ends, so there is never a stale lock to remove by hand. The
/// file itself stays: removing it would let two services lock two different files of one name.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock or says who has it.
    pub fn take(data_dir: &Path) -> Result<Self, ClusterError> {
        let path = data_dir.join(FILE);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .at(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The holder may not have written its number yet; then the sentence goes without.
                let pid = file
                    .read_to_string(&mut text)
                    .ok()
                    .and_then(|_| text.trim().parse().ok());
                return Err(ClusterError::InUse {
                    data_dir: data_dir.to_owned(),
                    pid,
                });
            }
            Err(TryLockError::Error(error)) => return Err(error).at(&path),
        }
        file.set_len(0).at(&path)?;
        file.rewind().at(&path)?;
        writeln!(file, "{}", std::process::id()).at(&path)?;
        file.sync_all().at(&path)?;
        Ok(Self { _file: file })
    }
}
