//! Original files beside the backups: each once, under its SHA-256, however many backups name it.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::tree::{self, Print, is_digest, named};

/// What copying found.
#[derive(Debug, Default)]
pub struct Copied {
    /// Each original that is safe, by its SHA-256.
    pub safe: Vec<Print>,
    /// Originals of the register that are not what their names say, of which no good copy is here either.
    pub damaged: Vec<String>,
}

/// Where an original lies below a folder of originals, as a path with `/`.
pub fn place(sha256: &str) -> String {
    format!("{}/{sha256}", sha256.get(..2).unwrap_or_default())
}

/// The originals below a folder, by their SHA-256; what is not called so is passed over.
///
/// # Errors
/// When the folder cannot be read. One that is not there has none.
pub fn names(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in folders(root)? {
        names.extend(inside(&folder)?);
    }
    names.sort();
    Ok(names)
}

fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(named(root)(fault)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(named(root))?;
        if entry.file_name().len() == 2 && entry.file_type().map_err(named(root))?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn inside(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(named(folder))? {
        let name = entry.map_err(named(folder))?.file_name().to_string_lossy().into_owned();
        if is_digest(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Brings every original of the register into the pool. What is there is hashed, and replaced where it was damaged.
///
/// # Errors
/// When a file cannot be read or written.
pub fn keep_all(live: &Path, pool: &Path, told: impl Fn(u64, u64)) -> io::Result<Copied> {
    let names = names(live)?;
    let (mut copied, total) = (Copied::default(), names.len() as u64);
    for (done, name) in (0..).zip(names) {
        told(done, total);
        let there = pool.join(place(&name));
        match tree::print(&there) {
            Ok(print) if print.sha256 == name => {
                copied.safe.push(print);
                continue;
            }
            Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
            Ok(_) => tracing::error!(path = %there.display(), "a kept original was damaged; copying it again"),
            Err(_) => {}
        }
        let here = live.join(place(&name));
        // Looked at first, so that a damaged file never takes a place in the pool.
        if tree::print(&here)?.sha256 == name {
            copied.safe.push(tree::copy(&here, &there)?);
        } else {
            copied.damaged.push(name);
        }
    }
    if pool.exists() {
        tree::sync_folders(pool)?;
    }
    told(total, total);
    Ok(copied)
}

/// Which folders of originals were seen, and how old they were then.
#[derive(Debug, Default)]
pub struct Seen(HashMap<PathBuf, SystemTime>);

/// Brings originals into the pool that came since the last time; how many.
///
/// # Errors
/// When a file cannot be read or written.
pub fn keep_new(live: &Path, pool: &Path, seen: &mut Seen) -> io::Result<usize> {
    let mut n_new = 0;
    for folder in folders(live)? {
        let changed = fs::metadata(&folder)
            .and_then(|meta| meta.modified())
            .map_err(named(&folder))?;
        if seen.0.get(&folder) == Some(&changed) {
            continue;
        }
        let mut touched = None;
        for name in inside(&folder)? {
            let there = pool.join(place(&name));
            if !there.exists() {
                let here = live.join(place(&name));
                if tree::print(&here)?.sha256 == name {
                    tree::copy(&here, &there)?;
                    touched = there.parent().map(Path::to_owned);
                    n_new += 1;
                }
            }
        }
        if let Some(touched) = touched {
            tree::sync_folder(&touched)?;
            tree::sync_folder(pool)?;
        }
        // A file that comes within the same tick of the file system's clock is found by the next backup.
        seen.0.insert(folder, changed);
    }
    Ok(n_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_copy_is_made_good_and_a_damaged_original_never_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (live, pool) = (dir.path().join("live"), dir.path().join("pool"));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let bad = "00".repeat(32);
        for (name, text) in [(abc, "abc"), (&bad, "x")] {
            let path = live.join(place(name));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir_all(live.join("incoming")).unwrap();
        let mut seen = Seen::default();
        assert_eq!(keep_new(&live, &pool, &mut seen).unwrap(), 1);
        assert_eq!(keep_new(&live, &pool, &mut seen).unwrap(), 0);
        fs::write(pool.join(place(abc)), "abd").unwrap();
        let copied = keep_all(&live, &pool, |_, _| {}).unwrap();
        assert_eq!((copied.safe.len(), &copied.damaged), (1, &vec![bad]));
        assert_eq!(fs::read(pool.join(place(abc))).unwrap(), b"abc");
    }
}
