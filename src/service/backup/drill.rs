//! Restoring the newest backup for trial: a backup that was never restored is only a hope.

use jiff::Timestamp;
use serde_json::json;

use super::list::list;
use super::make::room_for;
use super::note::{self, Trial};
use super::restore::{Wanted, run};
use super::{Backups, KIND, Progress, busy};
use crate::domain::text::Message;
use crate::service::{Context, Error, Result, not_found};
use crate::store;
use crate::store::backup::count;
use crate::store::cluster::clear_ground;

/// In the log of deeds.
pub(super) const ACTION: &str = "drill";

/// Folder below the data folder, on whose disk a whole register must have room.
const SCRATCH: &str = "drill";

/// What a trial found.
#[derive(Debug, Clone)]
pub struct Drilled {
    pub backup: String,
    pub at: Timestamp,
    pub seconds: f64,
    /// Events and rows of law in the register that came out.
    pub events: u64,
    pub rows: u64,
    pub originals: usize,
    /// Of the last transaction that came back.
    pub last_transaction: Option<String>,
    pub faults: Vec<Message>,
}

/// Restores the newest backup with all of the log after it beside the running register, compares the two, takes the
/// copy away, and notes the outcome in the log of deeds and beside the backup.
///
/// # Errors
/// When there is no backup, no room, or the trial cannot be made; that a backup is bad is an outcome.
pub async fn drill(cx: &Context, backups: &Backups, progress: &Progress) -> Result<Drilled> {
    let folder = &backups.folder;
    let system = backups.access.system_identifier()?;
    let newest = list(folder.path().to_owned())?.into_iter().rfind(|listed| {
        listed
            .manifest
            .as_ref()
            .is_some_and(|manifest| manifest.system == system)
    });
    let Some(newest) = newest else {
        return Err(not_found(&Message::new("backup in", "备份："), folder.path().display()));
    };
    // So that nobody lets the backup go meanwhile, and no two trials share a folder.
    let turn = folder.turn()?.ok_or_else(|| busy(folder.path()))?;
    let into = std::path::absolute(&backups.data_dir)?.join(SCRATCH);
    clear_ground(&into, false).await?;
    room_for(&backups.data_dir, newest.bytes() + newest.originals().1)?;
    let wanted = Wanted {
        backup: newest.path.clone(),
        into: into.clone(),
        to: None,
        wal: None,
        key: None,
        log_key: None,
    };
    let tried = run(&backups.config, &wanted, true, progress).await;
    clear_ground(&into, false).await?;
    drop(turn);
    let mut drilled = Drilled {
        backup: newest.name.clone(),
        at: cx.clock.now(),
        seconds: 0.0,
        events: 0,
        rows: 0,
        originals: 0,
        last_transaction: None,
        faults: Vec::new(),
    };
    match tried {
        Ok(restored) => {
            let mut snapshot = cx.db.snapshot().await?;
            for (table, now) in count::counts(&mut snapshot).await? {
                let then = restored.counts.iter().find(|(name, _)| *name == table);
                if let Some((_, then)) = then.filter(|(_, then)| *then > now) {
                    drilled.faults.push(Message::new(
                        format!("{table} came back with {then} rows, and has {now} in the register"),
                        format!("恢复出的 {table} 有{then}行，而登记簿中有{now}行"),
                    ));
                }
            }
            drilled.seconds = restored.seconds;
            drilled.events = restored.verified.events + restored.verified.unsealed;
            drilled.rows = restored.verified.rows;
            drilled.originals = restored.originals;
            drilled.last_transaction = restored.recovered.last_transaction;
            drilled.faults.extend(restored.faults);
        }
        Err(Error::Refused(problem)) => {
            drilled.faults.push(problem.detail.clone());
            drilled
                .faults
                .extend(problem.mistakes.into_iter().map(|mistake| mistake.detail));
        }
        Err(fault) => return Err(fault),
    }
    record(cx, backups, &drilled).await?;
    Ok(drilled)
}

async fn record(cx: &Context, backups: &Backups, drilled: &Drilled) -> Result<()> {
    let faults: Vec<String> = drilled.faults.iter().map(|fault| fault.en.clone()).collect();
    let mut tx = cx.db.begin().await?;
    let deed = store::audit::Deed {
        at: drilled.at,
        actor: &cx.caller.name,
        action: ACTION,
        kind: KIND,
        subject: drilled.backup.clone(),
        reason: None,
        detail: json!({
            "seconds": drilled.seconds, "events": drilled.events, "rows": drilled.rows,
            "originals": drilled.originals, "last_transaction": drilled.last_transaction, "faults": faults,
        }),
    };
    store::audit::append(&mut tx, deed).await?;
    cx.commit(tx).await?;
    note::change(&backups.folder, &drilled.backup, |state| {
        state.drill = Some(Trial {
            at: drilled.at,
            seconds: drilled.seconds,
            events: drilled.events,
            rows: drilled.rows,
            faults,
        });
    })
}
