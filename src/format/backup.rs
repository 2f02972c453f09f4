//! The manifest of a backup: every file with its size and SHA-256, signed with the key of the register's log.
//!
//! The manifest is JSON and there is one way to write it; the signature is a note (C2SP signed-note) over its SHA-256.
//! The first line of the note has spaces, so that it can never be taken for a checkpoint, which the same key signs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::checkpoint::{Fault as NoteFault, Signer, Verifier};
use crate::domain::text::hex;

/// The first line of the note.
const LABEL: &str = "merestone backup manifest 1";

/// Bytes of a manifest, at most; each file has a line of some hundred.
pub const MANIFEST_BYTES: u64 = 1 << 30;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of its folder.
    pub name: String,
    /// The name of the register's log, and of the key that signs.
    pub origin: String,
    /// Version of the program that made it.
    pub program: String,
    /// The newest migration of the database.
    pub schema: i64,
    /// Version of the server.
    pub postgresql: String,
    /// The database's identifier, the same in each copy of it.
    pub system: String,
    pub timeline: u32,
    /// Where replay begins in the write-ahead log.
    pub start_lsn: String,
    /// Where the copy is first consistent.
    pub stop_lsn: String,
    pub started_at: Timestamp,
    /// The earliest moment that can be restored.
    pub stopped_at: Timestamp,
    /// The newest signed checkpoint of the log before the copy began.
    pub checkpoint: Option<String>,
    /// Rows of tables that only grow.
    pub counts: Vec<Count>,
    /// Files of this backup's own, by their path in its folder.
    pub files: Vec<Entry>,
    /// Original files, by their path in the folder that all backups share.
    pub originals: Vec<Entry>,
    /// Pieces of the write-ahead log that were archived since the backup before, by the names of their files.
    pub wal: Vec<Entry>,
}

/// Rows of a table, before and after the copy was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    pub table: String,
    pub before: i64,
    pub after: i64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub path: String,
    pub size: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// What is wrong with a manifest or its signature.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it is not as manifests are: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it is not written as the program writes it")]
    NotCanonical,
    #[error("the path {0} leads out of the backup")]
    Path(String),
    #[error(transparent)]
    Note(#[from] NoteFault),
    #[error("the note is not the signature of a manifest")]
    Label,
    #[error("the signature is of another manifest")]
    OtherManifest,
    #[error("the manifest is of the log {found}, the signature of {expected}")]
    OtherOrigin { expected: String, found: String },
}

/// The manifest as text.
///
/// # Errors
/// When [`read`] would not give it back.
pub fn write(manifest: &Manifest) -> Result<String, Fault> {
    let mut text = serde_json::to_string_pretty(manifest)?;
    text.push('\n');
    Ok(text)
}

/// Reads a manifest. Every path in it stays inside the backup.
///
/// # Errors
/// When it is not exactly what [`write()`] makes of it, or a path leads elsewhere.
pub fn read(text: &str) -> Result<Manifest, Fault> {
    let manifest: Manifest = serde_json::from_str(text)?;
    if write(&manifest)? != text {
        return Err(Fault::NotCanonical);
    }
    let entries = [&manifest.files, &manifest.originals, &manifest.wal];
    let names = [&manifest.name, &manifest.system];
    for path in entries.into_iter().flatten().map(|entry| &entry.path).chain(names) {
        let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']);
        if !path.split('/').all(is_plain) || (names.contains(&path) && path.contains('/')) {
            return Err(Fault::Path(path.clone()));
        }
    }
    Ok(manifest)
}

/// The SHA-256 of a manifest's text, in hexadecimal digits.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// The note that vouches for a manifest.
///
/// # Errors
/// When the key belongs to another log.
pub fn sign(text: &str, signer: &Signer) -> Result<String, Fault> {
    same_origin(text, signer.verifier())?;
    Ok(signer.sign(&format!("{LABEL}\n{}\n", digest(text)))?)
}

/// The manifest that a note vouches for.
///
/// # Errors
/// When the key did not sign the note, or the note is of other bytes.
pub fn open(text: &str, note: &str, verifier: &Verifier) -> Result<Manifest, Fault> {
    let signed = verifier.open(note)?;
    let digest = signed.strip_prefix(LABEL).ok_or(Fault::Label)?;
    if digest != format!("\n{}\n", self::digest(text)) {
        return Err(Fault::OtherManifest);
    }
    same_origin(text, verifier)?;
    read(text)
}

fn same_origin(text: &str, verifier: &Verifier) -> Result<(), Fault> {
    let manifest = read(text)?;
    if manifest.origin == verifier.name() {
        return Ok(());
    }
    Err(Fault::OtherOrigin {
        expected: verifier.name().to_owned(),
        found: manifest.origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let entry = |path: &str| Entry {
            path: path.to_owned(),
            size: 3,
            sha256: digest("abc"),
        };
        Manifest {
            name: "20270115T080000Z".to_owned(),
            origin: "merestone/x".to_owned(),
            program: "0.1.0".to_owned(),
            schema: 1,
            postgresql: "15.18".to_owned(),
            system: "7".to_owned(),
            timeline: 1,
            start_lsn: "0/2000028".to_owned(),
            stop_lsn: "0/2000100".to_owned(),
            started_at: at,
            stopped_at: at,
            checkpoint: None,
            counts: Vec::new(),
            files: vec![entry("base/PG_VERSION")],
            originals: vec![entry("ba/ba7816bf")],
            wal: Vec::new(),
        }
    }

    #[test]
    fn what_was_signed_reads_back_and_nothing_else_does() {
        let signer = Signer::new("merestone/x", &[7; 32]).unwrap();
        let text = write(&manifest()).unwrap();
        let note = sign(&text, &signer).unwrap();
        assert_eq!(open(&text, &note, signer.verifier()).unwrap(), manifest());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(open(&changed, &note, signer.verifier()).is_err(), "{at}");
        }
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(open(&text, &changed, signer.verifier()).is_err(), "{at}");
        }
        let other = Signer::new("merestone/x", &[8; 32]).unwrap();
        assert!(matches!(open(&text, &note, other.verifier()), Err(Fault::Note(_))));
        let elsewhere = Signer::new("merestone/y", &[7; 32]).unwrap();
        assert!(matches!(sign(&text, &elsewhere), Err(Fault::OtherOrigin { .. })));
    }

    #[test]
    fn a_note_of_another_kind_is_no_signature() {
        let signer = Signer::new("merestone/x", &[7; 32]).unwrap();
        let text = write(&manifest()).unwrap();
        let note = signer.sign(&format!("merestone/x\n{}\n", digest(&text))).unwrap();
        assert!(matches!(open(&text, &note, signer.verifier()), Err(Fault::Label)));
    }

    #[test]
    fn no_path_leads_out() {
        for path in ["../x", "/x", "a//b", "a/./b", "", "a\0"] {
            let mut bad = manifest();
            bad.files[0].path = path.to_owned();
            assert!(matches!(read(&write(&bad).unwrap()), Err(Fault::Path(_))), "{path}");
        }
        let mut bad = manifest();
        bad.system = "../7".to_owned();
        assert!(read(&write(&bad).unwrap()).is_err());
    }

    #[test]
    fn spaces_and_order_are_not_free() {
        let text = write(&manifest()).unwrap();
        assert!(matches!(read(&text.replace(": ", ":")), Err(Fault::NotCanonical)));
        assert!(matches!(
            read(&text.replace("\"timeline\"", "\"other\"")),
            Err(Fault::Json(_))
        ));
    }
}
