//! Files and folders of a backup: listed, hashed, copied, flushed. Symbolic links are never followed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::text::hex;

/// Bytes that are read at a time.
const PART: usize = 1 << 20;

/// Names the file in the error of an operation on it; the kind stays.
pub fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    let path = path.display().to_string();
    move |fault| io::Error::new(fault.kind(), format!("{path}: {fault}"))
}

/// A file's size and SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    pub size: u64,
    pub sha256: String,
}

fn open(path: &Path) -> io::Result<File> {
    let nofollow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(nofollow).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no plain file"))
    }
}

/// Hashes a file.
///
/// # Errors
/// When it cannot be read, or is no plain file.
pub fn print(path: &Path) -> io::Result<Print> {
    pour(path, &mut io::sink())
}

fn pour(path: &Path, to: &mut impl Write) -> io::Result<Print> {
    let mut file = open(path).map_err(named(path))?;
    let (mut digest, mut size, mut part) = (Sha256::new(), 0, vec![0; PART]);
    loop {
        match file.read(&mut part) {
            Ok(0) => break,
            Ok(n) => {
                digest.update(&part[..n]);
                to.write_all(&part[..n])?;
                size += n as u64;
            }
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(fault) => return Err(named(path)(fault)),
        }
    }
    Ok(Print {
        size,
        sha256: hex(&digest.finalize()),
    })
}

/// Copies a file, hashing what is copied; the copy is on the disk when this returns, and never half there.
///
/// # Errors
/// When it cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<Print> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(named(folder))?;
    let mut beside = tempfile::Builder::new()
        .prefix(".copy-")
        .tempfile_in(folder)
        .map_err(named(to))?;
    let print = pour(from, beside.as_file_mut()).map_err(|fault| match fault.kind() {
        ErrorKind::StorageFull => named(to)(fault),
        _ => fault,
    })?;
    beside.as_file().sync_all().map_err(named(to))?;
    beside.persist(to).map_err(|fault| named(to)(fault.error))?;
    Ok(print)
}

/// Replaces a small file as a whole.
///
/// # Errors
/// When the disk does not take it.
pub fn write_over(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(named(path))?;
    beside.write_all(bytes).map_err(named(path))?;
    beside.as_file().sync_all().map_err(named(path))?;
    beside.persist(path).map_err(|fault| named(path)(fault.error))?;
    sync_folder(folder)
}

/// Everything below a folder that is no folder, by its path from there, in order; folders alone in the second list.
///
/// # Errors
/// When a folder cannot be read.
pub fn list(root: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    fn walk(root: &Path, below: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> io::Result<()> {
        let dir = root.join(below);
        for entry in fs::read_dir(&dir).map_err(named(&dir))? {
            let entry = entry.map_err(named(&dir))?;
            let path = below.join(entry.file_name());
            if entry.file_type().map_err(named(&dir))?.is_dir() {
                folders.push(path.clone());
                walk(root, &path, files, folders)?;
            } else {
                files.push(path);
            }
        }
        Ok(())
    }
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    walk(root, Path::new(""), &mut files, &mut folders)?;
    files.sort();
    folders.sort();
    Ok((files, folders))
}

/// Flushes a folder: what was renamed into it stays there.
///
/// # Errors
/// When the disk does not do it.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(named(path))
}

/// Flushes a folder and all below it.
///
/// # Errors
/// When the disk does not do it.
pub fn sync_folders(root: &Path) -> io::Result<()> {
    for folder in list(root)?.1 {
        sync_folder(&root.join(folder))?;
    }
    sync_folder(root)
}

/// Whether a name is that of an original: its SHA-256.
pub fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b/c"));
        fs::write(&from, "abc").unwrap();
        let copied = copy(&from, &to).unwrap();
        assert_eq!(copied, print(&to).unwrap());
        assert_eq!(
            copied.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&from, &link).unwrap();
        assert!(print(&link).is_err() && print(dir.path()).is_err());
        let (files, folders) = list(dir.path()).unwrap();
        assert_eq!(files, ["a", "b/c", "link"].map(PathBuf::from));
        assert_eq!(folders, [PathBuf::from("b")]);
    }
}
