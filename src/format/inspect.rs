//! What a file holds, without storing it.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::tally::Tally;
use super::track::{self, Options};
use crate::domain::problem::Problem;
use crate::domain::text::hex;
use crate::domain::track::{TrackSummary, Warnings};

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The file's name as the sender gave it.
    pub file: String,
    pub bytes: u64,
    /// Of the original bytes, packed as they are.
    pub sha256: [u8; 32],
    /// `gpx 1.1`, `gpx 1.0 (gzip)`, ...
    pub format: String,
    pub summary: TrackSummary,
    pub warnings: Warnings,
}

impl Inspection {
    /// The hash as it is written.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }
}

/// Hashes and counts what passes through.
#[derive(Debug)]
pub struct Hashing<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashing<R> {
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// The number of bytes and their SHA-256, after whatever was left was read too.
    ///
    /// - **Errors**: where the rest cannot be read.
    pub fn finish(mut self) -> io::Result<(u64, [u8; 32])> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((self.bytes, self.hash.finalize().into()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.hash.update(&into[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}

/// Reads a file to its end and says what it holds.
///
/// - **Shape**: `input` is the whole file; `file` its name, used for nothing but the answer.
/// - **Units**: `options.now` in seconds since 1970.
/// - **Errors**: those of [`track::open`] and [`track::TrackReader::next_event`], with the file's name.
pub fn inspect(input: impl Read, file: &str, options: Options) -> Result<Inspection, Problem> {
    let mut input = Hashing::new(input);
    let named = |problem: Problem| problem.in_file(file);
    let (format, summary, warnings) = read(&mut input, options).map_err(named)?;
    let (bytes, sha256) = input.finish().map_err(|fault| named(track::unreadable(&fault)))?;
    Ok(Inspection {
        file: file.to_owned(),
        bytes,
        sha256,
        format,
        summary,
        warnings,
    })
}

fn read(input: impl Read, options: Options) -> Result<(String, TrackSummary, Warnings), Problem> {
    let mut opened = track::open(input, options)?;
    let mut tally = Tally::default();
    while let Some(event) = opened.reader.next_event()? {
        tally.take(&event);
    }
    let summary = tally.finish(opened.reader.rejected());
    Ok((opened.format(), summary, opened.reader.into_warnings()))
}
