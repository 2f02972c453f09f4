//! The backups that are there.

use std::path::PathBuf;

use super::note::{self, State};
use crate::format::backup::Manifest;
use crate::service::Result;
use crate::store::backup::{Folder, MANIFEST};

/// A backup in the list. Its manifest is taken at its word: [`verify`](super::verify) looks whether it is true.
#[derive(Debug, Clone)]
pub struct Listed {
    pub name: String,
    pub path: PathBuf,
    /// None where the manifest cannot be read.
    pub manifest: Option<Manifest>,
    pub state: State,
}

impl Listed {
    /// Bytes of the backup's own files, without the originals that all share.
    pub fn bytes(&self) -> u64 {
        let files = self.manifest.iter().flat_map(|manifest| &manifest.files);
        files.map(|entry| entry.size).sum()
    }

    /// Original files, and their bytes.
    pub fn originals(&self) -> (usize, u64) {
        let entries = self.manifest.as_ref().map_or(&[][..], |manifest| &manifest.originals);
        (entries.len(), entries.iter().map(|entry| entry.size).sum())
    }
}

/// The backups in a folder, the oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: PathBuf) -> Result<Vec<Listed>> {
    let folder = Folder::at(folder);
    let listed = folder.names()?.into_iter().map(|name| {
        let path = folder.backup(&name);
        let text = std::fs::read_to_string(path.join(MANIFEST)).ok();
        Listed {
            manifest: text.and_then(|text| crate::format::backup::read(&text).ok()),
            state: note::read(&folder, &name),
            path,
            name,
        }
    });
    Ok(listed.collect())
}
