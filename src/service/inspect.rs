//! What a file holds, before anything is stored. Needs no database.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use super::check::files::{name, unreadable};
use super::files::{self, Look};
use super::worker::Worker;
use crate::domain::problem::Problem;
use crate::domain::text::hex;
use crate::format::inspect::Hashing;
pub use crate::format::inspect::Inspection;
use crate::format::limits::Limits;
use crate::format::sniff::{HEAD, Kind, sniff};
use crate::format::track::Options;

/// What a file of any kind holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// Tracks, routes and waypoints of a receiver.
    Track(Box<Inspection>),
    Features(Box<FeatureFile>),
}

/// A file of features or rows, and what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureFile {
    /// The file's name as the sender gave it.
    pub file: String,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub look: Look,
}

impl FeatureFile {
    /// The hash as it is written.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }
}

/// Reads a file to its end, whatever it is, by what it holds.
///
/// - **Units**: `now` in seconds since 1970.
/// - **Errors**: a refusal with the file's name, place and remedy.
pub fn inspect_file(worker: &Worker, path: &Path, now: f64) -> Result<Held, Problem> {
    let broken = |fault: std::io::Error| unreadable(path, &fault);
    let mut file = File::open(path).map_err(broken)?;
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(broken)?;
    file.rewind().map_err(broken)?;
    if matches!(
        sniff(&head),
        Kind::Gpx | Kind::Nmea | Kind::Xml(_) | Kind::Gzip | Kind::Empty
    ) {
        return inspect(file, &name(path), now).map(|found| Held::Track(Box::new(found)));
    }
    let look = files::look(worker, path, files::Options::default())?;
    let (bytes, sha256) = Hashing::new(BufReader::new(file)).finish().map_err(broken)?;
    Ok(Held::Features(Box::new(FeatureFile {
        file: name(path),
        bytes,
        sha256,
        look,
    })))
}

/// Reads a file of any kind that is read here to its end, within the limits that uploads have.
///
/// - **Units**: `now` in seconds since 1970.
/// - **Errors**: a refusal with the file's name, place and remedy.
pub fn inspect(input: impl Read, file: &str, now: f64) -> Result<Inspection, Problem> {
    let options = Options {
        now: Some(now),
        limits: Limits::DEFAULT,
    };
    crate::format::inspect::inspect(input, file, options)
}
