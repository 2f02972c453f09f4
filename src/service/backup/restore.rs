//! Restoring a backup into a folder of its own, to a moment, and looking whether what came out is whole.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::json;

use super::make::room_for;
use super::verify::{Looked, keys_for, verify};
use super::{KIND, Progress, Step, blocking, room};
use crate::config::Config;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::{Message, hex};
use crate::format::backup::Manifest;
use crate::format::checkpoint::Signer;
use crate::service::audit::{self, Verified};
use crate::service::startup::{self, Running};
use crate::service::{Context, Result};
use crate::store::backup::{BASE, ORIGINALS, count, pool, tree, wal};
use crate::store::cluster::{Ground, Recovered, clear_ground};
use crate::store::{self, Db};

/// In the log of deeds.
const ACTION: &str = "restore";

/// What shall be restored, and how.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub backup: PathBuf,
    /// A folder that is not there, or is empty.
    pub into: PathBuf,
    /// Transactions that were committed by then; none: all there are.
    pub to: Option<Timestamp>,
    /// The archive of the log, where it is not beside the backup.
    pub wal: Option<PathBuf>,
    /// The public key that must have signed the backup.
    pub key: Option<String>,
    /// The file with the secret key of the log, kept apart from all backups.
    pub log_key: Option<PathBuf>,
}

/// With which key the restored log goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogKey {
    /// The one that signed it before.
    Kept(String),
    /// A new one; the old one holds for what it has sealed, and for nothing after it.
    New { old: String, new: String, size: u64 },
}

/// A register that was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    pub name: String,
    pub into: PathBuf,
    pub recovered: Recovered,
    pub log_key: LogKey,
    /// The log and the rows of law, held against their seals and against the checkpoints of the backup.
    pub verified: Verified,
    /// Original files that are there and as they were handed in.
    pub originals: usize,
    /// Rows of tables that only grow, by table.
    pub counts: Vec<(String, i64)>,
    /// Whether the schema was brought up to this release's.
    pub migrated: bool,
    /// Whether nothing but the backup's own key vouches for the backup.
    pub own_key: bool,
    pub seconds: f64,
    /// All that is wrong, that of the log included.
    pub faults: Vec<Message>,
}

/// Restores a backup and notes it in the log of the restored register.
///
/// # Errors
/// When the backup is not whole, does not lead to the moment, or the folder is in use; then nothing is left there.
pub async fn restore(config: &Config, wanted: &Wanted, progress: &Progress) -> Result<Restored> {
    run(config, wanted, false, progress).await
}

/// As [`restore`]; for trial, without a word in any log.
pub(super) async fn run(config: &Config, wanted: &Wanted, trial: bool, progress: &Progress) -> Result<Restored> {
    let begun = std::time::Instant::now();
    not_in_use(&wanted.into)?;
    let log = config.data_dir.value.join("log");
    let (keys, own_key) = keys_for(&wanted.backup, wanted.key.as_deref(), &log)?;
    let looked = verify(&wanted.backup, wanted.wal.clone(), &keys, progress).await?;
    let manifest = whole(&looked)?;
    if manifest.schema > Db::newest_migration() {
        return Err(newer(&manifest).into());
    }
    let until = moment(&looked, &manifest, wanted.to)?;
    let secret = match &wanted.log_key {
        Some(path) => Some(secret(path, &manifest, &looked.path)?),
        None => None,
    };
    let bytes = manifest
        .files
        .iter()
        .chain(&manifest.originals)
        .map(|entry| entry.size)
        .sum();
    let parent = wanted.into.ancestors().find(|dir| dir.is_dir());
    room_for(parent.unwrap_or(Path::new(".")), bytes)?;

    let version = fs::read_to_string(looked.path.join(BASE).join("PG_VERSION"))?;
    let was_there = wanted.into.is_dir();
    let ground = Ground::take(&wanted.into, version.trim())
        .await
        .map_err(Problem::from)?;
    let into = ground.data_dir().to_owned();
    let restored = async {
        let ground = fill(ground, &looked, &manifest, secret, progress).await?;
        progress.at(Step::Replaying, 0, 0);
        let recovered = ground.recover(until.as_deref()).await.map_err(Problem::from)?;
        ground.finish().map_err(Problem::from)?;
        Ok::<_, crate::service::Error>(recovered)
    };
    let recovered = match restored.await {
        Ok(recovered) => recovered,
        Err(fault) => {
            // Half a register is of no use to anybody.
            if let Err(left) = clear_ground(&into, was_there).await {
                tracing::warn!(%left, "what was restored so far stays");
            }
            return Err(fault);
        }
    };
    let mut restored = Restored {
        name: manifest.name.clone(),
        into: into.clone(),
        recovered,
        log_key: LogKey::Kept(String::new()),
        verified: Verified::default(),
        originals: 0,
        counts: Vec::new(),
        migrated: false,
        own_key,
        seconds: 0.0,
        faults: Vec::new(),
    };
    let mut config = config.clone();
    config.data_dir.value = into;
    config.database_url.value = None;
    let (running, migrated) = startup::open_restored(&config).await?;
    restored.migrated = migrated;
    let checked = check(&running, &looked, &manifest, wanted, trial, &mut restored).await;
    running.stop().await;
    checked?;
    restored.seconds = begun.elapsed().as_secs_f64();
    Ok(restored)
}

/// Asked before anything else, so that a slip of the pen is told at once.
fn not_in_use(into: &Path) -> Result<()> {
    let is_free = match fs::read_dir(into) {
        Ok(mut entries) => entries.next().is_none(),
        Err(fault) => fault.kind() == io::ErrorKind::NotFound,
    };
    if is_free {
        return Ok(());
    }
    let fault = store::cluster::ClusterError::NotEmpty { dir: into.to_owned() };
    Err(Problem::new(Code::Conflict, fault.message(), Message::default()).into())
}

fn whole(looked: &Looked) -> Result<Manifest> {
    match &looked.manifest {
        Some(manifest) if looked.faults.is_empty() => Ok(manifest.clone()),
        _ => Err(damaged(&looked.path, &looked.faults).into()),
    }
}

/// The refusal of a backup with faults.
pub(super) fn damaged(path: &Path, faults: &[Message]) -> Problem {
    let mistakes = faults.iter().map(|fault| Mistake {
        at: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        detail: fault.clone(),
    });
    Problem::new(
        Code::BackupDamaged,
        Message::new(
            format!("The backup {} is not whole.", path.display()),
            format!("备份 {} 不完整。", path.display()),
        ),
        Message::new(
            "Take another backup; `merestone backup list` shows them. Nothing was restored.",
            "请改用其他备份；可用 `merestone backup list` 查看。没有恢复任何内容。",
        ),
    )
    .with_mistakes(mistakes.collect())
}

fn newer(manifest: &Manifest) -> Problem {
    let program = &manifest.program;
    Problem::new(
        Code::Conflict,
        Message::new(
            format!("The backup is of a newer release, merestone {program}."),
            format!("该备份来自更新的版本 merestone {program}。"),
        ),
        Message::new("Restore it with that release.", "请用该版本恢复。"),
    )
}

/// The moment as PostgreSQL reads it, if the backup leads there.
fn moment(looked: &Looked, manifest: &Manifest, to: Option<Timestamp>) -> Result<Option<String>> {
    let refuse = |en: String, zh: String| {
        let from = manifest.stopped_at;
        let (en2, zh2) = match looked.until.filter(|until| *until > from) {
            Some(until) => (
                format!("Possible is any moment from {from} to before {until}, or the newest state without --to."),
                format!("可恢复到 {from} 至 {until} 之前的任一时刻；省略 --to 则恢复到最新状态。"),
            ),
            None => (
                format!("Possible is only the state of the backup itself, of {from}, without --to."),
                format!("只能恢复到备份本身的状态（{from}），请省略 --to。"),
            ),
        };
        let problem = Problem::new(Code::ParameterInvalid, Message::new(en, zh), Message::new(en2, zh2));
        Err(if looked.wal_faults.is_empty() {
            problem
        } else {
            problem.with_mistakes(damaged(&looked.path, &looked.wal_faults).mistakes)
        }
        .into())
    };
    let Some(to) = to else {
        if looked.wal_faults.is_empty() {
            return Ok(None);
        }
        return refuse(
            "The write-ahead log after the backup has a fault, so the newest state cannot be restored.".to_owned(),
            "备份之后的预写日志有缺陷，无法恢复到最新状态。".to_owned(),
        );
    };
    if to < manifest.stopped_at {
        return refuse(
            format!("{to} is before the end of this backup; an older one is needed."),
            format!("{to} 早于此备份的完成时刻；需要更早的备份。"),
        );
    }
    // Replay has to come past the moment to know that nothing of it is missing.
    if looked.until.is_none_or(|until| to >= until) {
        return refuse(
            format!("The write-ahead log in the archive does not reach beyond {to}."),
            format!("归档的预写日志未超过 {to}。"),
        );
    }
    Ok(Some(to.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()))
}

/// The secret key in a file, if it is the one that signed the log.
fn secret(path: &Path, manifest: &Manifest, backup: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(path).map_err(tree::named(path))?;
    let bytes = HEXLOWER.decode(text.trim().as_bytes()).ok();
    let key: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    let public = key
        .and_then(|key| Signer::new(&manifest.origin, &key).ok())
        .map(|signer| signer.verifier().to_string());
    if public.is_some_and(|public| public == old_key(backup)) {
        return Ok(text.into_bytes());
    }
    Err(Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("{} is not the secret key of this log.", path.display()),
            format!("{} 不是此日志的私钥。", path.display()),
        ),
        Message::new(
            "Give log.key of the register that was backed up, or leave --log-key away: a new key begins then.",
            "请提供原登记簿的 log.key，或省略 --log-key：届时启用新密钥。",
        ),
    )
    .into())
}

fn old_key(backup: &Path) -> String {
    let text = fs::read_to_string(backup.join("log/log.vkey"));
    text.unwrap_or_default().trim().to_owned()
}

/// Puts the files of the backup where they belong. Each is hashed on its way.
async fn fill(
    ground: Ground,
    looked: &Looked,
    manifest: &Manifest,
    secret: Option<Vec<u8>>,
    progress: &Progress,
) -> Result<Ground> {
    let (looked, manifest, progress) = (looked.clone(), manifest.clone(), progress.clone());
    let place = ground.data_dir().to_owned();
    let filled = blocking(move || {
        database(&ground, &looked, &manifest, &progress)?;
        for name in looked
            .pieces
            .iter()
            .map(|piece| wal::file(*piece))
            .chain(wal::histories(&looked.archive)?)
        {
            let to = ground.pieces().join(&name);
            tree::copy(&looked.archive.join(&name), &to)?;
            ground.give(&to)?;
        }
        let (from, to) = (pool_of(&looked.path), ground.data_dir().join(ORIGINALS));
        let total = manifest.originals.len() as u64;
        for (done, entry) in (0..).zip(&manifest.originals) {
            progress.at(Step::Originals, done, total);
            same(
                &tree::copy(&from.join(&entry.path), &to.join(&entry.path))?.sha256,
                &entry.sha256,
            )?;
        }
        let local = looked.path.join("local.conf");
        if local.is_file() {
            let to = ground.data_dir().join("postgres/local.conf");
            tree::copy(&local, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o644))?;
        }
        let log = ground.data_dir().join("log");
        fs::DirBuilder::new().mode(0o700).create(&log)?;
        for entry in manifest.files.iter().filter(|entry| entry.path.starts_with("log/")) {
            // A new key brings a public half of its own.
            if entry.path != "log/log.vkey" || secret.is_some() {
                tree::copy(&looked.path.join(&entry.path), &ground.data_dir().join(&entry.path))?;
            }
        }
        if let Some(secret) = &secret {
            tree::write_over(&log.join("log.key"), secret)?;
        }
        tree::sync_folders(ground.data_dir())?;
        Ok(ground)
    })
    .await?;
    filled.map_err(|fault| room(fault, &place))
}

fn database(ground: &Ground, looked: &Looked, manifest: &Manifest, progress: &Progress) -> io::Result<()> {
    let to = ground.database();
    for folder in tree::list(&looked.path.join(BASE))?.1 {
        let folder = to.join(folder);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(tree::named(&folder))?;
        ground.give(&folder)?;
    }
    let files = manifest
        .files
        .iter()
        .filter_map(|entry| Some((entry.path.strip_prefix("base/")?, entry)));
    let total = files.clone().map(|(_, entry)| entry.size).sum();
    let mut done = 0;
    for (name, entry) in files {
        progress.at(Step::Copying, done, total);
        let file = to.join(name);
        same(
            &tree::copy(&looked.path.join(&entry.path), &file)?.sha256,
            &entry.sha256,
        )?;
        ground.give(&file)?;
        done += entry.size;
    }
    Ok(())
}

fn same(found: &str, expected: &str) -> io::Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(io::Error::other("a file of the backup changed while it was restored"))
}

fn pool_of(backup: &Path) -> PathBuf {
    backup.parent().unwrap_or(Path::new("/")).join(ORIGINALS)
}

/// Looks at the register that came out, and notes in it where it comes from.
async fn check(
    running: &Running,
    looked: &Looked,
    manifest: &Manifest,
    wanted: &Wanted,
    trial: bool,
    restored: &mut Restored,
) -> Result<()> {
    let cx = &running.cx;
    let old = old_key(&looked.path);
    let mut conn = cx.db.acquire().await?;
    let seal = store::audit::last_seal(&mut conn).await?;
    let size = seal.as_ref().map_or(0, |seal| seal.edge.size());
    if wanted.log_key.is_none() {
        cx.log.retire(&old, size).await?;
    }
    let new = cx.log.signer(&mut conn).await?.verifier().to_string();
    restored.log_key = if new == old {
        LogKey::Kept(old)
    } else {
        LogKey::New { old, new, size }
    };
    let mut outside = audit::kept(cx)?;
    outside.extend(
        manifest
            .checkpoint
            .iter()
            .map(|note| (manifest.name.clone(), note.clone())),
    );
    restored.verified = audit::verify(cx, &outside).await?;
    restored.faults.extend(restored.verified.faults.iter().cloned());
    restored.counts = count::counts(&mut conn).await?;
    originals(cx, &mut conn, &looked.path, restored).await?;
    drop(conn);
    for (table, rows) in &restored.counts {
        let before = manifest.counts.iter().find(|count| count.table == *table);
        if let Some(before) = before.map(|count| count.before).filter(|before| rows < before) {
            restored.faults.push(Message::new(
                format!("{table} has {rows} rows, and had {before} when the backup began"),
                format!("{table} 有{rows}行，而备份开始时有{before}行"),
            ));
        }
    }
    if trial {
        return Ok(());
    }
    note(cx, manifest, wanted, seal.map(|seal| seal.checkpoint), restored, looked).await?;
    audit::keep(cx).await?;
    Ok(())
}

/// Every original that the register refers to; what came after the backup is fetched from beside it.
async fn originals(cx: &Context, conn: &mut store::Conn, backup: &Path, restored: &mut Restored) -> Result<()> {
    let (from, live) = (pool_of(backup), cx.originals.clone());
    let wanted = count::originals(conn).await?;
    let found = blocking(move || {
        let (mut good, mut faults) = (0, Vec::new());
        for digest in wanted {
            let name = hex(&digest);
            let Ok(digest) = <[u8; 32]>::try_from(digest) else {
                continue;
            };
            let (kept, path) = (from.join(pool::place(&name)), live.path(&digest));
            if !path.exists() && tree::print(&kept).is_ok_and(|print| print.sha256 == name) {
                tree::copy(&kept, &path)?;
            }
            match tree::print(&path) {
                Ok(print) if print.sha256 == name => good += 1,
                Ok(_) => faults.push(Message::new(
                    format!("the original {name} is damaged"),
                    format!("原始文件 {name} 已损坏"),
                )),
                Err(_) => faults.push(Message::new(
                    format!("the original {name} is missing"),
                    format!("原始文件 {name} 缺失"),
                )),
            }
        }
        Ok((good, faults))
    });
    let (good, faults) = found.await??;
    restored.originals = good;
    restored.faults.extend(faults);
    Ok(())
}

async fn note(
    cx: &Context,
    manifest: &Manifest,
    wanted: &Wanted,
    checkpoint: Option<String>,
    restored: &Restored,
    looked: &Looked,
) -> Result<()> {
    let key = match &restored.log_key {
        LogKey::Kept(key) => json!({ "kept": key }),
        LogKey::New { old, new, size } => json!({ "old": old, "new": new, "old_holds_to": size }),
    };
    let faults: Vec<&str> = restored.faults.iter().map(|fault| fault.en.as_str()).collect();
    let mut tx = cx.db.begin().await?;
    let deed = store::audit::Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: ACTION,
        kind: KIND,
        subject: manifest.name.clone(),
        reason: None,
        detail: json!({
            "manifest_sha256": looked.manifest_sha256, "to": wanted.to, "lsn": restored.recovered.lsn,
            "last_transaction": restored.recovered.last_transaction, "timeline": restored.recovered.timeline,
            "last_checkpoint": checkpoint, "key": key, "faults": faults,
        }),
    };
    store::audit::append(&mut tx, deed).await?;
    cx.commit(tx).await
}
