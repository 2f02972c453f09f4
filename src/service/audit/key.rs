//! The key of the log, and what else is kept beside the database.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use data_encoding::HEXLOWER;

/// Name of the file with the secret half; nobody but its owner may read it.
pub const SECRET: &str = "log.key";
/// Name of the file with the public half, as C2SP signed notes write it.
pub const PUBLIC: &str = "log.vkey";
/// Name of the folder with public halves of keys that sign no more, each called after the size up to which it holds.
pub const RETIRED: &str = "retired";

/// The secret key of the log under a folder; it is made when there is none.
///
/// # Errors
/// When it cannot be read or made, or the file is no key.
pub fn secret(folder: &Path) -> io::Result<[u8; 32]> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let path = folder.join(SECRET);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let decoded = HEXLOWER.decode(text.trim().as_bytes()).ok();
            decoded
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, format!("{} is no key", path.display())))
        }
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(io::Error::other)?;
            // Of two services that start at once one makes it, and the other reads it.
            match write(&path, HEXLOWER.encode(&secret).as_bytes()) {
                Ok(()) => Ok(secret),
                Err(fault) if fault.kind() == ErrorKind::AlreadyExists => self::secret(folder),
                Err(fault) => Err(fault),
            }
        }
        Err(fault) => Err(fault),
    }
}

/// Writes a file for good, unless it is there.
///
/// # Errors
/// When it cannot be written.
pub fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match write(path, bytes) {
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}

/// A new file, whole or not at all, that a power cut cannot take away.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .tempfile_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist_noclobber(path).map_err(|fault| fault.error)?;
    File::open(folder)?.sync_all()
}
