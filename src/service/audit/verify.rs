//! Whether the log and everything it vouches for are as they were written.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use futures_util::TryStreamExt;

use crate::domain::merkle::{Edge, Hash};
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::Verb;
use crate::domain::text::Message;
use crate::format::checkpoint::{self, Checkpoint, Verifier};
use crate::service::{Context, Result};
use crate::store::audit::{self as log, RowFault};
use crate::store::{self};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The name of the log and the public half of its key.
    pub key: String,
    /// Keys that signed it before, from the folder of the log.
    pub older_keys: Vec<String>,
    /// Events that are sealed, and those that wait for the next seal.
    pub events: u64,
    pub unsealed: u64,
    pub seals: u64,
    /// Rows of law.
    pub rows: u64,
    /// Sizes of the tree at which checkpoints from outside the database were held against it.
    pub checkpoints: Vec<u64>,
    pub faults: Vec<Message>,
}

/// The keys with which a log was signed: one a time.
#[derive(Debug, Clone)]
pub struct Keys {
    now: Verifier,
    /// Each with the greatest size of a log that it holds for.
    before: Vec<(Verifier, u64)>,
}

impl Keys {
    /// The key of today alone.
    pub const fn only(now: Verifier) -> Self {
        Self {
            now,
            before: Vec::new(),
        }
    }

    /// With the keys that the folder of the log keeps from before a restore.
    ///
    /// # Errors
    /// When a file there cannot be read, or is no key.
    pub fn with_retired(now: Verifier, folder: &Path) -> std::io::Result<Self> {
        let retired = folder.join(super::key::RETIRED);
        let files = match std::fs::read_dir(&retired) {
            Ok(files) => files,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Self::only(now)),
            Err(fault) => return Err(fault),
        };
        let mut before = Vec::new();
        for file in files {
            let path = file?.path();
            let is_no_key = || {
                let said = format!("{} is no retired key", path.display());
                std::io::Error::new(ErrorKind::InvalidData, said)
            };
            if path.extension().is_none_or(|ending| ending != "vkey") {
                continue;
            }
            let size = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let key = std::fs::read_to_string(&path)?.trim().parse();
            before.push((key.map_err(|_| is_no_key())?, size.ok_or_else(is_no_key)?));
        }
        before.sort_by_key(|(_, size)| *size);
        Ok(Self { now, before })
    }

    /// All of them, today's first.
    pub fn all(&self) -> impl Iterator<Item = &Verifier> {
        std::iter::once(&self.now).chain(self.before.iter().map(|(key, _)| key))
    }

    /// Reads a checkpoint that was kept elsewhere. An older key may have signed it over more than was restored later: that
    /// is what it is kept for, and no seal is accepted on its word.
    fn read_outside(&self, note: &str) -> std::result::Result<Checkpoint, checkpoint::Fault> {
        let today = checkpoint::read(note, &self.now);
        if today.is_ok() {
            return today;
        }
        let older = self.before.iter().find_map(|(key, _)| checkpoint::read(note, key).ok());
        older.map_or(today, Ok)
    }

    /// Reads a seal that today's key signed, or an older one over no more than it holds for.
    fn read(&self, note: &str) -> std::result::Result<Checkpoint, checkpoint::Fault> {
        let today = checkpoint::read(note, &self.now);
        if today.is_ok() {
            return today;
        }
        let older = self.before.iter().find_map(|(key, until)| {
            let signed = checkpoint::read(note, key).ok()?;
            (signed.size <= *until).then_some(signed)
        });
        older.map_or(today, Ok)
    }
}

impl Verified {
    fn fault(&mut self, en: impl Into<String>, zh: impl Into<String>) {
        self.faults.push(Message::new(en, zh));
    }
}

/// Compares every event with its leaf, every seal with the tree and its signature, every row of law with its digest,
/// every digest with its event, and checkpoints that were kept elsewhere with all of it.
///
/// - **Shape**: `outside` are signed notes with where they come from.
///
/// # Errors
/// When the database cannot be read, or a checkpoint is not signed by the key of this log.
pub async fn verify(cx: &Context, outside: &[(String, String)]) -> Result<Verified> {
    cx.must_somewhere(Verb::Audit)?;
    let mut tx = cx.db.snapshot().await?;
    let verifier = cx.log.signer(&mut tx).await?.verifier().clone();
    let keys = Keys::with_retired(verifier.clone(), cx.log.folder())?;
    let mut kept: Vec<(String, Checkpoint)> = Vec::new();
    for (name, note) in outside {
        let read = keys
            .read_outside(note)
            .map_err(|fault| unreadable(name, &fault.to_string()))?;
        kept.push((name.clone(), read));
    }
    let mut verified = Verified {
        key: verifier.to_string(),
        older_keys: keys.before.iter().map(|(key, _)| key.to_string()).collect(),
        unsealed: log::unsealed_count(&mut tx).await?.unsigned_abs(),
        ..Verified::default()
    };
    let seals = seals(&mut tx, &keys, &mut verified).await?;
    tree(&mut tx, &seals, &kept, &mut verified).await?;
    for event in log::digest_faults(&mut tx).await? {
        verified.fault(
            format!("event {event} does not agree with the digests of the rows that it speaks for"),
            format!("事件{event}与其所涉记录的摘要不一致"),
        );
    }
    rows(&mut tx, &mut verified).await?;
    Ok(verified)
}

fn unreadable(name: &str, fault: &str) -> Problem {
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("{name} is no checkpoint of this log: {fault}."),
            format!("{name} 不是本日志的检查点：{fault}。"),
        ),
        Message::new(
            "Give a checkpoint that this register signed, as it was given out.",
            "请提供本登记簿签发的检查点原件。",
        ),
    )
}

/// The roots that are sealed, by the size of the tree.
async fn seals(conn: &mut store::Conn, keys: &Keys, verified: &mut Verified) -> Result<HashMap<u64, Hash>> {
    let mut roots = HashMap::new();
    for (size, root, note) in log::seals(conn).await? {
        let size = size.unsigned_abs();
        verified.seals += 1;
        match keys.read(&note) {
            Ok(signed) if signed.size == size && signed.root.as_slice() == root => {
                roots.insert(size, signed.root);
            }
            Ok(signed) => {
                verified.fault(
                    format!("the seal over {size} events says another root than was signed"),
                    format!("第{size}个事件处的封签与所签根值不一致"),
                );
                roots.insert(signed.size, signed.root);
            }
            Err(fault) => verified.fault(
                format!("the seal over {size} events is not signed by this log: {fault}"),
                format!("第{size}个事件处的封签不是本日志所签：{fault}"),
            ),
        }
    }
    Ok(roots)
}

/// Grows the tree again from the events.
async fn tree(
    conn: &mut store::Conn,
    seals: &HashMap<u64, Hash>,
    kept: &[(String, Checkpoint)],
    verified: &mut Verified,
) -> Result<()> {
    let mut edge = Edge::default();
    // Up to where the tree is as it was sealed; after the first root that is not, no later one can be.
    let (mut good, mut is_whole) = (0, true);
    let mut events = log::sealed(conn);
    while let Some(event) = events.try_next().await? {
        let (number, place) = (event.audit_event_id, event.leaf.unwrap_or_default().unsigned_abs());
        if place != edge.size() {
            let size = edge.size();
            verified.fault(
                format!("event {number} is at place {place} of the log, where {size} is the next: events in between are gone"),
                format!("事件{number}位于日志第{place}位，而下一位应为{size}：中间的事件已缺失"),
            );
            is_whole = false;
            break;
        }
        let hash = event.hash();
        if event.leaf_hash.as_deref() != Some(hash.as_slice()) {
            verified.fault(
                format!("event {number} is not what was sealed"),
                format!("事件{number}与封签时不同"),
            );
        }
        edge.push(hash);
        let (size, root) = (edge.size(), edge.root());
        if let Some(sealed) = seals.get(&size).filter(|_| is_whole) {
            if *sealed == root {
                good = size;
            } else {
                verified.fault(
                    format!("the log was changed among its events {} to {size}", good + 1),
                    format!("日志在第{}至第{size}个事件之间被改动", good + 1),
                );
                is_whole = false;
            }
        }
        for (name, checkpoint) in kept.iter().filter(|(_, checkpoint)| checkpoint.size == size) {
            verified.checkpoints.push(size);
            if checkpoint.root != root {
                verified.fault(
                    format!("the first {size} events are not those of {name}: the history was written anew"),
                    format!("前{size}个事件与{name}不符：历史已被改写"),
                );
            }
        }
    }
    drop(events);
    let size = edge.size();
    verified.events = size;
    if let Some(sealed) = seals.keys().max().filter(|sealed| **sealed > size && is_whole) {
        verified.fault(
            format!("{sealed} events were sealed, and {size} are there: the end of the log was cut off"),
            format!("已封签{sealed}个事件，现仅有{size}个：日志末尾被截断"),
        );
    }
    for (name, checkpoint) in kept.iter().filter(|(_, checkpoint)| checkpoint.size > size) {
        verified.checkpoints.push(checkpoint.size);
        let then = checkpoint.size;
        verified.fault(
            format!(
                "{name} is over {then} events, and {size} are there: the end was cut off, or an older database put back"
            ),
            format!("{name}涵盖{then}个事件，现仅有{size}个：日志末尾被截断，或恢复了旧数据库"),
        );
    }
    Ok(())
}

async fn rows(conn: &mut store::Conn, verified: &mut Verified) -> Result<()> {
    for table in log::law_tables(conn).await? {
        let (rows, faults) = log::row_faults(conn, &table).await?;
        verified.rows += rows.unsigned_abs();
        for (key, fault) in faults {
            let called = log::called(conn, &key).await?.unwrap_or_default();
            let version = key.rsplit('/').next().unwrap_or_default();
            let name = table.name();
            let (en, zh) = match fault {
                RowFault::Changed => ("is not what was written", "与写入时不同"),
                RowFault::Gone => ("was written and is gone", "曾写入，现已缺失"),
                RowFault::Unknown => ("was written past the log", "未经日志写入"),
            };
            verified.fault(
                format!("{name} {called}, version {version} ({key}), {en}"),
                format!("{name} {called}（版本{version}，{key}）{zh}"),
            );
        }
    }
    Ok(())
}
