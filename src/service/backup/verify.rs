//! Whether a backup is as it was made, and to which moments it leads. Needs no database and no service.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Progress, Step, blocking};
use crate::domain::backup::{Lsn, Piece, unbroken};
use crate::domain::text::Message;
use crate::format::backup::{self as format, Entry, MANIFEST_BYTES, Manifest};
use crate::format::checkpoint::Verifier;
use crate::service::audit::Keys;
use crate::service::{Result, not_found};
use crate::store::backup::{BASE, Folder, MANIFEST, ORIGINALS, SIGNATURE, base, tree, wal};
use crate::store::cluster::{archive, programs_for};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Looked {
    pub path: PathBuf,
    /// None where nothing vouches for it.
    pub manifest: Option<Manifest>,
    /// The SHA-256 of the manifest.
    pub manifest_sha256: String,
    /// The key that signed it.
    pub key: String,
    pub files: usize,
    pub originals: usize,
    pub bytes: u64,
    /// What is wrong with the backup itself.
    pub faults: Vec<Message>,
    /// What is wrong with the log after it: moments beyond are lost, the backup is not.
    pub wal_faults: Vec<Message>,
    /// The archive of the log, and the pieces that follow the backup without a gap.
    pub archive: PathBuf,
    pub pieces: Vec<Piece>,
    /// When the last transaction ended that can be restored; none where no log follows.
    pub until: Option<Timestamp>,
}

impl Looked {
    /// Whether nothing at all is wrong.
    pub const fn is_whole(&self) -> bool {
        self.faults.is_empty() && self.wal_faults.is_empty()
    }

    fn fault(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        self.faults.push(Message::new(en, zh));
    }
}

/// The keys to hold a backup against: those given, else those of the register on this machine if it is its backup,
/// else the one that lies in the backup itself, which proves no more than that it is one whole; then true.
///
/// # Errors
/// When a key cannot be read, or there is none.
pub fn keys_for(backup: &Path, given: Option<&str>, log: &Path) -> Result<(Keys, bool)> {
    let read = |text: &str| text.trim().parse::<Verifier>();
    if let Some(text) = given {
        let key = read(text).map_err(|fault| no_key("--key", &fault.to_string()))?;
        return Ok((Keys::only(key), false));
    }
    let inside = backup.join("log/log.vkey");
    let its_own = std::fs::read_to_string(&inside);
    let ours = std::fs::read_to_string(log.join("log.vkey")).ok();
    if let Some(ours) = ours.and_then(|text| read(&text).ok()) {
        // Of another register: ours can say nothing of it.
        let origin = its_own.as_deref().ok().and_then(|text| read(text).ok());
        if origin.is_none_or(|its_own| its_own.name() == ours.name()) {
            return Ok((Keys::with_retired(ours, log)?, false));
        }
    }
    let its_own = its_own.map_err(|fault| no_key(&inside.display().to_string(), &fault.to_string()))?;
    let key = read(&its_own).map_err(|fault| no_key(&inside.display().to_string(), &fault.to_string()))?;
    Ok((Keys::only(key), true))
}

fn no_key(place: &str, why: &str) -> crate::domain::problem::Problem {
    crate::domain::problem::Problem::new(
        crate::domain::problem::Code::BackupDamaged,
        Message::new(
            format!("{place} has no public key: {why}."),
            format!("{place} 中没有公钥：{why}。"),
        ),
        Message::new(
            "Give the public key of the register (log.vkey) with --key.",
            "请用 --key 提供登记簿的公钥（log.vkey）。",
        ),
    )
}

/// Looks at all of a backup: signature, every file, PostgreSQL's own check, and the log that follows.
///
/// # Errors
/// When there is no backup in the folder, or a program of PostgreSQL's is missing.
pub async fn verify(backup: &Path, wal: Option<PathBuf>, keys: &Keys, progress: &Progress) -> Result<Looked> {
    look(backup, wal, keys, true, progress).await
}

pub(super) async fn look(
    backup: &Path,
    wal: Option<PathBuf>,
    keys: &Keys,
    originals: bool,
    progress: &Progress,
) -> Result<Looked> {
    let path = backup
        .canonicalize()
        .map_err(|_| not_found(&Message::new("backup", "备份"), backup.display()))?;
    if !path.join(BASE).is_dir() && !path.join(MANIFEST).exists() {
        return Err(not_found(&Message::new("backup", "备份"), backup.display()));
    }
    let beside = path.parent().unwrap_or(Path::new("/")).to_owned();
    let mut looked = Looked {
        path: path.clone(),
        manifest: None,
        manifest_sha256: String::new(),
        key: String::new(),
        files: 0,
        originals: 0,
        bytes: 0,
        faults: Vec::new(),
        wal_faults: Vec::new(),
        archive: PathBuf::new(),
        pieces: Vec::new(),
        until: None,
    };
    let Some(manifest) = signed(&path, keys, &mut looked) else {
        return Ok(looked);
    };
    looked.archive = wal.unwrap_or_else(|| archive::folder(&beside, &manifest.system));
    // A name is part of what is signed, so that one backup cannot stand in for another.
    if path.file_name().is_none_or(|name| *name != *manifest.name) {
        looked.fault(
            format!("the folder is not called {}, as the backup in it is", manifest.name),
            format!("文件夹名称与其中备份的名称 {} 不符", manifest.name),
        );
    }
    let (own, told) = (manifest.files.clone(), progress.clone());
    let root = path.clone();
    looked
        .faults
        .extend(blocking(move || own_files(&root, &own, &told)).await??);
    looked.files = manifest.files.len();
    looked.bytes = manifest.files.iter().map(|entry| entry.size).sum();
    looked.originals = manifest.originals.len();
    if originals {
        let (pool, entries, told) = (beside.join(ORIGINALS), manifest.originals.clone(), progress.clone());
        let found = blocking(move || Ok(entries_at(&pool, &entries, "originals/", &told))).await??;
        looked.faults.extend(found);
    }
    let base = path.join(BASE);
    match programs_for(&base) {
        Ok(bin) => {
            for said in base::faults(&bin, &base).await? {
                looked.fault(format!("pg_verifybackup: {said}"), format!("pg_verifybackup：{said}"));
            }
            log_after(&bin, &manifest, &beside, keys, &mut looked).await?;
        }
        // What a damaged copy says of its version is no reason to end here.
        Err(fault) if looked.faults.is_empty() => return Err(crate::domain::problem::Problem::from(fault).into()),
        Err(_) => {}
    }
    looked.manifest = Some(manifest);
    Ok(looked)
}

/// The manifest, if a key vouches for it.
fn signed(path: &Path, keys: &Keys, looked: &mut Looked) -> Option<Manifest> {
    let mut texts = [MANIFEST, SIGNATURE].map(|name| {
        let file = path.join(name);
        let text = match std::fs::metadata(&file) {
            Ok(meta) if meta.len() > MANIFEST_BYTES => Err("it is too long".to_owned()),
            _ => std::fs::read_to_string(&file).map_err(|fault| fault.to_string()),
        };
        (name, text)
    });
    for (name, text) in &texts {
        if let Err(fault) = text {
            looked.fault(
                format!("{name} cannot be read: {fault}"),
                format!("无法读取 {name}：{fault}"),
            );
        }
    }
    let [(_, Ok(text)), (_, Ok(note))] = &mut texts else {
        return None;
    };
    looked.manifest_sha256 = format::digest(text);
    let mut first = None;
    for key in keys.all() {
        match format::open(text, note, key) {
            Ok(manifest) => {
                looked.key = key.to_string();
                return Some(manifest);
            }
            Err(fault) => {
                first.get_or_insert(fault);
            }
        }
    }
    if let Some(fault) = first {
        let file = match &fault {
            format::Fault::Note(_) | format::Fault::Label => SIGNATURE,
            _ => MANIFEST,
        };
        looked.fault(
            format!("{file} does not vouch for this backup: {fault}"),
            format!("{file} 不能证明此备份：{fault}"),
        );
    }
    None
}

/// The backup's own files: each as it was, none missing, none more.
fn own_files(root: &Path, entries: &[Entry], progress: &Progress) -> std::io::Result<Vec<Message>> {
    let mut faults = entries_at(root, entries, "", progress);
    let known: HashSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    for path in tree::list(root)?.0 {
        let path = path.to_string_lossy();
        if !known.contains(path.as_ref()) && path != MANIFEST && path != SIGNATURE {
            faults.push(Message::new(
                format!("{path} does not belong to the backup"),
                format!("{path} 不属于此备份"),
            ));
        }
    }
    Ok(faults)
}

fn entries_at(root: &Path, entries: &[Entry], before: &str, progress: &Progress) -> Vec<Message> {
    let total = entries.len() as u64;
    let faults = (0..).zip(entries).filter_map(|(done, entry)| {
        progress.at(Step::Checking, done, total);
        let fault = differs(&root.join(&entry.path), entry)?;
        let path = format!("{before}{}", entry.path);
        Some(Message::new(
            format!("{path} {}", fault.en),
            format!("{path} {}", fault.zh),
        ))
    });
    faults.collect()
}

/// In what a file is not what the manifest says of it.
fn differs(path: &Path, entry: &Entry) -> Option<Message> {
    match tree::print(path) {
        Ok(print) if print.size != entry.size => Some(Message::new(
            format!("has {} bytes instead of {}", print.size, entry.size),
            format!("大小为{}字节，应为{}字节", print.size, entry.size),
        )),
        Ok(print) if print.sha256 != entry.sha256 => Some(Message::new("was changed", "已被改动")),
        Ok(_) => None,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Some(Message::new("is missing", "缺失")),
        Err(fault) => Some(Message::new(
            format!("cannot be read: {fault}"),
            format!("无法读取：{fault}"),
        )),
    }
}

/// The pieces of the log that follow: without a gap, each readable and as it was when a later backup was signed.
async fn log_after(bin: &Path, manifest: &Manifest, beside: &Path, keys: &Keys, looked: &mut Looked) -> Result<()> {
    let (Ok(start), Ok(stop)) = (manifest.start_lsn.parse::<Lsn>(), manifest.stop_lsn.parse::<Lsn>()) else {
        looked.fault("the manifest names no place in the log", "清单未注明日志位置");
        return Ok(());
    };
    let (start, stop) = (Piece::of(manifest.timeline, start), Piece::of(manifest.timeline, stop));
    let mut known: HashMap<&str, &Entry> = manifest.wal.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let later = next_manifest(beside, manifest, keys);
    known.extend(
        later
            .iter()
            .flat_map(|later| &later.wal)
            .map(|entry| (entry.path.as_str(), entry)),
    );
    let archive = looked.archive.clone();
    let there = wal::pieces(&archive)?;
    // Pieces that a signature names: those from the beginning of this backup on have to be there.
    let mut bad = HashSet::new();
    let mut names: Vec<&&str> = known.keys().collect();
    names.sort();
    for name in names {
        let Some(piece) = name.strip_suffix(".gz").and_then(Piece::parse) else {
            continue;
        };
        let is_needed = piece >= start && piece.timeline == manifest.timeline;
        let is_there = there.binary_search(&piece).is_ok();
        if (is_needed || is_there)
            && let Some(fault) = known
                .get(*name)
                .and_then(|entry| differs(&wal::path(&archive, piece), entry))
        {
            bad.insert(piece);
            looked.wal_faults.push(Message::new(
                format!("wal/{}/{name} {}", manifest.system, fault.en),
                format!("wal/{}/{name} {}", manifest.system, fault.zh),
            ));
        }
    }
    let (run, gap) = unbroken(stop, &there);
    if let Some(gap) = gap
        && bad.insert(gap)
    {
        looked.wal_faults.push(Message::new(
            format!("wal/{}/{} is missing", manifest.system, wal::file(gap)),
            format!("wal/{}/{} 缺失", manifest.system, wal::file(gap)),
        ));
    }
    for piece in run {
        let path = wal::path(&archive, piece);
        let fault = blocking(move || wal::fault(&path)).await??;
        if let Some(fault) = fault.filter(|_| !bad.contains(&piece)) {
            bad.insert(piece);
            looked.wal_faults.push(Message::new(
                format!("wal/{}/{} is damaged: {fault}", manifest.system, wal::file(piece)),
                format!("wal/{}/{} 已损坏：{fault}", manifest.system, wal::file(piece)),
            ));
        }
        if bad.contains(&piece) {
            break;
        }
        looked.pieces.push(piece);
    }
    looked.until = newest_transaction(bin, &archive, &looked.pieces).await?;
    Ok(())
}

/// The manifest of the backup made after this one, if a key vouches for it.
fn next_manifest(beside: &Path, manifest: &Manifest, keys: &Keys) -> Option<Manifest> {
    let folder = Folder::at(beside);
    let names = folder.names().ok()?;
    names.into_iter().filter(|name| *name > manifest.name).find_map(|name| {
        let read = |file| std::fs::read_to_string(folder.backup(&name).join(file)).ok();
        let (text, note) = (read(MANIFEST)?, read(SIGNATURE)?);
        let later = keys.all().find_map(|key| format::open(&text, &note, key).ok())?;
        (later.system == manifest.system).then_some(later)
    })
}

/// When the last transaction ended that stands in these pieces.
async fn newest_transaction(bin: &Path, archive: &Path, pieces: &[Piece]) -> Result<Option<Timestamp>> {
    for piece in pieces.iter().rev() {
        let (from, name) = (wal::path(archive, *piece), piece.name());
        let scratch = tempfile::tempdir()?;
        let to = scratch.path().join(&name);
        let unpacked = blocking(move || wal::unpacked(&from, &mut std::fs::File::create(to)?)).await??;
        if unpacked.is_ok()
            && let Some(at) = base::last_transaction(bin, scratch.path(), &name).await?
        {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
