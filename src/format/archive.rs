//! Zip archives, within limits: how many entries, how large, how much they grow, and what they are called.
//!
//! Nothing is ever unpacked under the name it has in the archive; still an archive whose names climb out of its folder is
//! refused as a whole, because no honest program writes one.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use encoding_rs::GB18030;
use zip::ZipArchive;
use zip::result::ZipError;

use super::limits::Limits;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;

/// Entries of one archive, at most.
pub const ENTRIES: usize = 2_000;
/// Bytes that are read to find out what is in an archive, at most: a thousandfold of what honest ones need, and far
/// less than a list of entries that is made to fill the memory.
const DIRECTORY_BYTES: u64 = 8 << 20;
/// Characters of one name, at most.
const NAME_CHARS: usize = 500;

/// One file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    index: usize,
    /// With its folders, `/` between them.
    pub name: String,
    /// Bytes after unpacking, as the archive says.
    pub bytes: u64,
}

impl Entry {
    /// The name without folders.
    pub fn file(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The name without folders and ending.
    pub fn stem(&self) -> &str {
        self.file().rsplit_once('.').map_or(self.file(), |(stem, _)| stem)
    }

    /// The ending in small letters, without the dot; empty where there is none.
    pub fn ending(&self) -> String {
        self.file()
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase())
            .unwrap_or_default()
    }

    /// The name up to its ending, with folders, in small letters: what the parts of one Shapefile have in common.
    pub fn family(&self) -> String {
        let name = self.name.to_lowercase();
        match (name.rfind('.'), name.rfind('/')) {
            (Some(dot), slash) if slash.is_none_or(|slash| slash < dot) => name[..dot].to_owned(),
            _ => name,
        }
    }
}

/// An open archive whose list of entries is in order.
pub struct Archive<R> {
    zip: ZipArchive<Budget<BufReader<R>>>,
    entries: Vec<Entry>,
    limits: Limits,
    /// Bytes of the archive itself, and unpacked so far.
    packed: u64,
    unpacked: u64,
}

/// Lets only so much be read until it is told that there is no danger any more.
struct Budget<R> {
    inner: R,
    left: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
#[error("the list of entries is longer than the limit")]
struct Spent;

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(n as u64).ok_or_else(|| io::Error::other(Spent))?;
        }
        Ok(n)
    }
}

impl<R: Seek> Seek for Budget<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the list of entries and refuses an archive that no honest program makes.
    ///
    /// - **Errors**: a [`Problem`]: damaged, too many entries, names that climb out, links, entries of one name, what is
    ///   locked by a password, archives inside the archive, more bytes than the limits let through.
    pub fn open(mut input: R, limits: Limits) -> Result<Self, Problem> {
        let packed = input
            .seek(SeekFrom::End(0))
            .map_err(|fault| damaged(&fault.to_string()))?;
        let budget = Budget {
            inner: BufReader::new(input),
            left: Some(DIRECTORY_BYTES),
        };
        let mut zip = ZipArchive::new(budget).map_err(|fault| refused(&fault))?;
        if zip.len() > ENTRIES {
            return Err(too_many());
        }
        let mut entries: Vec<Entry> = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|fault| refused(&fault))?;
            let name = name(entry.name_raw());
            if !is_safe(&name) || entry.is_symlink() {
                return Err(climbs(&name));
            }
            if entry.is_dir() || is_litter(&name) {
                continue;
            }
            if entry.encrypted() {
                return Err(locked());
            }
            let entry = Entry {
                index,
                name,
                bytes: entry.size(),
            };
            if matches!(
                entry.ending().as_str(),
                "zip" | "kmz" | "7z" | "rar" | "gz" | "tar" | "tgz" | "bz2" | "xz"
            ) {
                return Err(nested(&entry.name));
            }
            entries.push(entry);
        }
        let mut names: Vec<String> = entries.iter().map(|entry| entry.name.to_lowercase()).collect();
        names.sort_unstable();
        if zip.has_duplicate_names() || names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(twice());
        }
        let said: u64 = entries.iter().map(|e| e.bytes).fold(0, u64::saturating_add);
        if said > limits.unpacked_bytes {
            return Err(too_large(&limits));
        }
        // From here on only what is asked for is read, and every byte of it is counted.
        let mut budget = zip.into_inner();
        budget.left = None;
        let zip = ZipArchive::new(budget).map_err(|fault| refused(&fault))?;
        Ok(Self {
            zip,
            entries,
            limits,
            packed,
            unpacked: 0,
        })
    }

    /// The files in it, in the archive's order; folders and what operating systems leave behind are not among them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Unpacks one file.
    ///
    /// # Errors
    /// A [`Problem`] where it is damaged, grows past the limits, or is an archive itself.
    pub fn unpack(&mut self, entry: &Entry, to: &mut impl Write) -> Result<u64, Problem> {
        let mut from = self.zip.by_index(entry.index).map_err(|fault| refused(&fault))?;
        let mut buffer = vec![0; 64 << 10];
        let mut written = 0;
        loop {
            let n = match from.read(&mut buffer) {
                Ok(0) => return Ok(written),
                Ok(n) => n,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
                Err(fault) => return Err(damaged(&fault.to_string())),
            };
            if written == 0 && is_archive(&buffer[..n]) {
                return Err(nested(&entry.name));
            }
            written += n as u64;
            self.unpacked += n as u64;
            let ratio = self.unpacked / self.packed.max(1);
            let bomb = self.unpacked > self.limits.unpack_ratio_after && ratio > self.limits.unpack_ratio;
            if bomb || self.unpacked > self.limits.unpacked_bytes {
                return Err(too_large(&self.limits));
            }
            to.write_all(&buffer[..n]).map_err(|fault| unwritten(&fault))?;
        }
    }

    /// One small file, whole; cut after `limit` bytes.
    ///
    /// # Errors
    /// As [`Archive::unpack`].
    pub fn small(&mut self, entry: &Entry, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        if entry.bytes > limit as u64 {
            return Ok(bytes);
        }
        self.unpack(entry, &mut bytes)?;
        bytes.truncate(limit);
        Ok(bytes)
    }
}

/// Names are UTF-8 or, from the archivers of Chinese Windows, GBK.
fn name(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
    };
    text.replace('\\', "/")
}

/// Whether a name stays in the folder it would be unpacked to.
fn is_safe(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS
        && !name.starts_with('/')
        && !drive
        && !name.split('/').any(|part| part == "..")
        && !name.chars().any(char::is_control)
}

/// What macOS and Windows put into archives by themselves.
fn is_litter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || file.starts_with("._")
        || matches!(
            file.to_ascii_lowercase().as_str(),
            ".ds_store" | "thumbs.db" | "desktop.ini"
        )
}

/// Zip, gzip, 7z, RAR, xz or bzip2, by the first bytes.
fn is_archive(head: &[u8]) -> bool {
    let marks: [&[u8]; 6] = [
        b"PK\x03\x04",
        b"\x1F\x8B\x08",
        b"7z\xBC\xAF",
        b"Rar!",
        b"\xFD7zXZ",
        b"BZh9",
    ];
    marks.iter().any(|mark| head.starts_with(mark))
}

fn refused(fault: &ZipError) -> Problem {
    if let ZipError::Io(inner) = fault
        && inner.get_ref().is_some_and(|inner| inner.is::<Spent>())
    {
        return too_many();
    }
    damaged(&fault.to_string())
}

fn again() -> Message {
    Message::new(
        "Pack it again with the files themselves and nothing else.",
        "请重新打包，只包含所需的文件。",
    )
}

fn damaged(reason: &str) -> Problem {
    let reason = reason.trim_end_matches('.');
    Problem::new(
        Code::FileMalformed,
        Message::new(
            format!("The zip archive cannot be read: {reason}."),
            format!("无法读取 zip 压缩包：{reason}。"),
        ),
        again(),
    )
}

fn too_many() -> Problem {
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("The zip archive has more than {ENTRIES} entries."),
            format!("zip 压缩包中的条目超过 {ENTRIES} 个。"),
        ),
        again(),
    )
}

fn too_large(limits: &Limits) -> Problem {
    let (mib, times) = (limits.unpacked_bytes >> 20, limits.unpack_ratio);
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("The zip archive grows to more than {mib} MiB or more than {times} times when it is unpacked."),
            format!("zip 压缩包解压后超过 {mib} MiB 或原大小的 {times} 倍。"),
        ),
        again(),
    )
}

fn forbidden(en: String, zh: String) -> Problem {
    Problem::new(Code::FileForbiddenContent, Message::new(en, zh), again())
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

fn climbs(name: &str) -> Problem {
    let name = shown(name);
    forbidden(
        format!("The zip archive has an entry that points outside its folder: {name:?}."),
        format!("zip 压缩包中的条目指向其文件夹之外：“{name}”。"),
    )
}

fn nested(name: &str) -> Problem {
    let name = shown(name);
    forbidden(
        format!("The zip archive has another archive in it, {name:?}; archives in archives are not opened."),
        format!("zip 压缩包中还有压缩包“{name}”；不读取嵌套的压缩包。"),
    )
}

fn twice() -> Problem {
    forbidden(
        "The zip archive has two entries of one name.".to_owned(),
        "zip 压缩包中有同名的条目。".to_owned(),
    )
}

fn locked() -> Problem {
    forbidden(
        "The zip archive is locked by a password.".to_owned(),
        "zip 压缩包设有密码。".to_owned(),
    )
}

fn unwritten(fault: &io::Error) -> Problem {
    let code = if fault.kind() == io::ErrorKind::StorageFull {
        Code::StorageFull
    } else {
        Code::Internal
    };
    Problem::new(
        code,
        Message::new(
            format!("The file could not be unpacked: {fault}."),
            format!("无法解压文件：{fault}。"),
        ),
        Message::new("Free some space and try again.", "请释放磁盘空间后重试。"),
    )
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
