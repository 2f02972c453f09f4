//! Making a backup.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use serde_json::json;

use super::list::list;
use super::{Backups, KIND, Progress, Step, blocking, busy, full, note, room, verify};
use crate::domain::backup::{Kept, Piece, dispensable};
use crate::domain::text::Message;
use crate::format::backup::{self as format, Count, Entry, Manifest};
use crate::service::audit::{self, Keys};
use crate::service::{Context, Error, Result};
use crate::store;
use crate::store::backup::tree::{self, Print};
use crate::store::backup::{Folder, Unfinished, base, count, free, pool, wal};
use crate::store::cluster::archive;

/// In the log of deeds.
pub(super) const ACTION: &str = "backup";

/// Room beyond the database itself: its log while the copy is made, and what comes in meanwhile.
const MARGIN: u64 = 64 << 20;

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct Made {
    pub name: String,
    pub path: PathBuf,
    /// Bytes of its own files.
    pub bytes: u64,
    /// Original files that it names.
    pub originals: usize,
    pub manifest_sha256: String,
    /// The earliest moment that it can be restored to.
    pub stopped_at: Timestamp,
    /// Seconds, its verification included.
    pub seconds: f64,
    /// What verification found; a backup with faults is no reason to let an older one go.
    pub faults: Vec<Message>,
    /// Older backups that nothing needs any more and that are gone.
    pub removed: Vec<String>,
}

/// Makes a backup of the running register, verifies it, lets older ones go, and notes it in the log of deeds.
///
/// # Errors
/// When the disk has no room, another backup is being made, or a part of it fails; then there is no new backup.
pub async fn make(cx: &Context, backups: &Backups, keep_days: Option<u32>, progress: &Progress) -> Result<Made> {
    let made = make_unrecorded(cx, backups, keep_days, progress).await?;
    record(cx, &made).await?;
    Ok(made)
}

/// As [`make`], without a word in the log: the database may have the schema of an older release.
pub(super) async fn make_unrecorded(
    cx: &Context,
    backups: &Backups,
    keep_days: Option<u32>,
    progress: &Progress,
) -> Result<Made> {
    let begun = std::time::Instant::now();
    let folder = &backups.folder;
    folder.make()?;
    let turn = folder.turn()?.ok_or_else(|| busy(folder.path()))?;
    folder.clean(&turn).await?;
    let server = base::server(&backups.access).await?;
    enough_room(folder, server.bytes.unsigned_abs())?;

    let checkpoint = audit::newest(cx).await?;
    let mut conn = cx.db.acquire().await?;
    let signer = cx.log.signer(&mut conn).await?;
    drop(conn);
    let before = counts(cx).await?;
    let (schema, _) = cx.db.schema().await?;
    let started_at = base::now(&backups.access).await?;
    let unfinished = folder.begin(&free_name(folder, cx.clock.now()), &turn)?;
    let told = progress.clone();
    base::copy(&backups.access, &unfinished.base(), move |done, total| {
        told.at(Step::Copying, done, total);
    })
    .await
    .map_err(|fault| match fault {
        store::Error::Io(fault) => room(fault, folder.path()),
        fault => fault.into(),
    })?;
    let range = base::range(&unfinished.base())?;
    let stopped_at = base::now(&backups.access).await?;
    let after: HashMap<String, i64> = counts(cx).await?.into_iter().collect();

    // After the copy: a file is on the disk before the database speaks of it.
    let (live, pooled, told) = (backups.originals(), folder.originals(), progress.clone());
    let copied = blocking(move || pool::keep_all(&live, &pooled, |done, total| told.at(Step::Originals, done, total)))
        .await?
        .map_err(|fault| room(fault, folder.path()))?;
    let damaged: Vec<Message> = copied.damaged.iter().map(|name| damaged_original(name)).collect();

    extras(cx, backups, &unfinished).map_err(|fault| room(fault, folder.path()))?;
    let system = backups.access.system_identifier()?;
    let pieces = new_pieces(folder, &system)?;
    let (path, told) = (unfinished.path().to_owned(), progress.clone());
    let files = blocking(move || prints(&path, &told)).await??;
    let manifest = Manifest {
        name: name_of(&unfinished),
        origin: signer.verifier().name().to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schema.unwrap_or_default(),
        postgresql: server.version,
        system,
        timeline: range.timeline,
        start_lsn: range.start.to_string(),
        stop_lsn: range.stop.to_string(),
        started_at,
        stopped_at,
        checkpoint,
        counts: before
            .into_iter()
            .map(|(table, before)| Count {
                after: after.get(&table).copied().unwrap_or(before),
                before,
                table,
            })
            .collect(),
        files,
        originals: copied
            .safe
            .into_iter()
            .map(|print| entry(pool::place(&print.sha256), print))
            .collect(),
        wal: pieces,
    };
    let broken = |fault: format::Fault| Error::Fault(Box::new(fault));
    let text = format::write(&manifest).map_err(broken)?;
    let note = format::sign(&text, signer).map_err(broken)?;
    let path = unfinished
        .finish(&text, &note)
        .map_err(|fault| room(fault, folder.path()))?;

    let keys = Keys::with_retired(signer.verifier().clone(), cx.log.folder())?;
    // The originals were hashed a moment ago.
    let looked = verify::look(&path, None, &keys, false, progress).await?;
    let faults: Vec<Message> = damaged.into_iter().chain(looked.faults).collect();
    if faults.is_empty() {
        note::change(folder, &manifest.name, |state| state.verified_at = Some(cx.clock.now()))?;
    }
    let days = keep_days.unwrap_or(backups.config.backup_keep_days.value);
    let removed = let_go(folder, &manifest.system, cx.clock.now(), days, &turn)?;
    Ok(Made {
        bytes: manifest.files.iter().map(|entry| entry.size).sum(),
        originals: manifest.originals.len(),
        manifest_sha256: format::digest(&text),
        stopped_at: manifest.stopped_at,
        seconds: begun.elapsed().as_secs_f64(),
        name: manifest.name,
        path,
        faults,
        removed,
    })
}

/// Notes a backup in the log of deeds: one with faults under another name, so that nobody counts on it.
pub(in crate::service) async fn record(cx: &Context, made: &Made) -> Result<()> {
    let faults: Vec<&str> = made.faults.iter().map(|fault| fault.en.as_str()).collect();
    let mut tx = cx.db.begin().await?;
    let deed = store::audit::Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: if faults.is_empty() { ACTION } else { "backup_damaged" },
        kind: KIND,
        subject: made.name.clone(),
        reason: None,
        detail: json!({
            "folder": made.path.display().to_string(), "bytes": made.bytes, "originals": made.originals,
            "manifest_sha256": made.manifest_sha256, "restorable_from": made.stopped_at, "faults": faults,
            "removed": made.removed,
        }),
    };
    store::audit::append(&mut tx, deed).await?;
    cx.commit(tx).await
}

async fn counts(cx: &Context) -> Result<Vec<(String, i64)>> {
    let mut snapshot = cx.db.snapshot().await?;
    Ok(count::counts(&mut snapshot).await?)
}

fn enough_room(folder: &Folder, bytes: u64) -> Result<()> {
    let (free, needed) = (folder.free()?, bytes + MARGIN);
    if free >= needed {
        return Ok(());
    }
    let (free, needed) = (free >> 20, needed >> 20);
    Err(full(folder.path(), &format!("{needed} MiB needed, {free} MiB free")).into())
}

/// The moment as a name that sorts by time.
fn free_name(folder: &Folder, now: Timestamp) -> String {
    let second = now.round(Unit::Second).unwrap_or(now);
    let name = second.strftime("%Y%m%dT%H%M%SZ").to_string();
    let others = (2..1000).map(|n| format!("{name}-{n:03}"));
    let mut names = std::iter::once(name.clone()).chain(others);
    names.find(|name| !folder.backup(name).exists()).unwrap_or(name)
}

fn name_of(unfinished: &Unfinished) -> String {
    let path = unfinished.path().file_name().unwrap_or_default().to_string_lossy();
    path.trim_start_matches(".unfinished-").to_owned()
}

fn damaged_original(sha256: &str) -> Message {
    Message::new(
        format!("the original {sha256} in the register is damaged, and no backup has a good copy"),
        format!("登记簿中的原始文件 {sha256} 已损坏，且没有完好的备份副本"),
    )
}

/// Settings, public keys and checkpoints. Only what is named here is copied: never a private key.
fn extras(cx: &Context, backups: &Backups, unfinished: &Unfinished) -> std::io::Result<()> {
    unfinished.write("settings.toml", backups.settings.as_bytes())?;
    let local = backups.data_dir.join("postgres/local.conf");
    if local.is_file() {
        unfinished.write("local.conf", &std::fs::read(&local)?)?;
    }
    let log = cx.log.folder();
    for folder in ["", "checkpoints", "retired"] {
        let Ok(entries) = std::fs::read_dir(log.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            let is_public = path
                .extension()
                .is_some_and(|ending| ending == "vkey" || ending == "checkpoint");
            if let Some(name) = path.file_name().filter(|_| is_public && path.is_file()) {
                let name = Path::new("log").join(folder).join(name);
                unfinished.write(&name.to_string_lossy(), &std::fs::read(&path)?)?;
            }
        }
    }
    Ok(())
}

pub(super) fn entry(path: String, print: Print) -> Entry {
    Entry {
        path,
        size: print.size,
        sha256: print.sha256,
    }
}

fn prints(root: &Path, progress: &Progress) -> std::io::Result<Vec<Entry>> {
    let (files, _) = tree::list(root)?;
    let total = files.len() as u64;
    let hashed = (0..).zip(files).map(|(done, path)| {
        progress.at(Step::Checking, done, total);
        let name = path
            .to_str()
            .ok_or_else(|| std::io::Error::other("a file has a name that is no text"))?;
        Ok(entry(name.to_owned(), tree::print(&root.join(&path))?))
    });
    hashed.collect()
}

/// Pieces of the log that came into the archive since the backup before began.
fn new_pieces(folder: &Folder, system: &str) -> Result<Vec<Entry>> {
    let before = list(folder.path().to_owned())?;
    let before = before.iter().rev().filter_map(|listed| listed.manifest.as_ref());
    let since = before
        .filter(|manifest| manifest.system == system)
        .find_map(|manifest| Some(Piece::of(manifest.timeline, manifest.start_lsn.parse().ok()?).number));
    let archive = archive::folder(folder.path(), system);
    let mut entries = Vec::new();
    for piece in wal::pieces(&archive)? {
        if piece.number >= since.unwrap_or_default() {
            let print = tree::print(&wal::path(&archive, piece))?;
            entries.push(entry(wal::file(piece), print));
        }
    }
    Ok(entries)
}

/// Removes what no moment of the last days needs: backups, and the log from before the oldest that stays.
fn let_go(folder: &Folder, system: &str, now: Timestamp, days: u32, turn: &store::backup::Turn) -> Result<Vec<String>> {
    let ours: Vec<(Kept, u64)> = list(folder.path().to_owned())?
        .into_iter()
        .filter_map(|listed| {
            let manifest = listed.manifest.filter(|manifest| manifest.system == system)?;
            let start = manifest.start_lsn.parse().ok()?;
            let kept = Kept {
                name: listed.name,
                at: manifest.stopped_at,
                verified: listed.state.verified_at.is_some(),
            };
            Some((kept, Piece::of(manifest.timeline, start).number))
        })
        .collect();
    let kept: Vec<Kept> = ours.iter().map(|(kept, _)| kept.clone()).collect();
    let old = dispensable(&kept, now, days);
    for name in &old {
        folder.remove(name, turn)?;
    }
    let first = ours
        .iter()
        .filter(|(kept, _)| !old.contains(&kept.name))
        .map(|(_, first)| *first);
    if let Some(first) = first.min().filter(|_| !old.is_empty()) {
        wal::remove_before(&archive::folder(folder.path(), system), first)?;
    }
    Ok(old)
}

/// Whether a disk has room for a copy of a database, with some to spare.
pub(super) fn room_for(place: &Path, bytes: u64) -> Result<()> {
    let free = free(place)?;
    if free >= bytes + MARGIN {
        return Ok(());
    }
    let (free, needed) = (free >> 20, (bytes + MARGIN) >> 20);
    Err(full(place, &format!("{needed} MiB needed, {free} MiB free")).into())
}
