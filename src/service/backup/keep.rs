//! What the service does by itself: originals each minute, a backup each day, a trial each week.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Backups, Health, Progress, blocking, drill, health, make};
use crate::service::{Context, Result};
use crate::store::backup::pool::{Seen, keep_new};

/// Time between two looks; an original is beside the backups at most so much later.
const EACH: Duration = Duration::from_secs(60);

/// Long work does not begin sooner after a start: commands come and go.
const FIRST: Duration = Duration::from_secs(300);

/// After a failure, the next attempt.
const AGAIN: Duration = Duration::from_secs(3600);

/// Keeps the backups of a register up to date until told to stop.
pub async fn keep(cx: Context, backups: Backups, mut stop: watch::Receiver<bool>) {
    let mut seen = Some(Seen::default());
    let mut not_before = Instant::now() + FIRST;
    loop {
        let work = async {
            if let Some(was) = seen.take() {
                seen = Some(originals(&backups, was).await);
            }
            if Instant::now() >= not_before
                && let Err(error) = long_work(&cx, &backups).await
            {
                tracing::error!(%error, "the register could not be backed up");
                not_before = Instant::now() + AGAIN;
            }
            tokio::time::sleep(EACH).await;
        };
        // What is half done is dropped: an unfinished backup is no backup.
        tokio::select! {
            () = work => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        seen.get_or_insert_default();
    }
}

async fn originals(backups: &Backups, mut seen: Seen) -> Seen {
    let (live, folder) = (backups.originals(), backups.folder.clone());
    let kept = blocking(move || {
        folder.make()?;
        let n_new = keep_new(&live, &folder.originals(), &mut seen)?;
        Ok((seen, n_new))
    });
    match kept.await.and_then(|kept| Ok(kept?)) {
        Ok((seen, _)) => seen,
        Err(error) => {
            tracing::error!(%error, "originals do not get to the backups");
            Seen::default()
        }
    }
}

async fn long_work(cx: &Context, backups: &Backups) -> Result<()> {
    if !cx.db.has_history().await? {
        return Ok(());
    }
    let now = cx.clock.now();
    let hours = i64::from(backups.config.backup_every_hours.value);
    let known = health(cx).await?;
    if is_due(known.backup_at, now, hours) {
        let made = make(cx, backups, None, &Progress::silent()).await?;
        tracing::info!(name = made.name, seconds = made.seconds, "a backup was made");
        if let Some(fault) = made.faults.first() {
            return Err(super::restore::damaged(&made.path, std::slice::from_ref(fault)).into());
        }
    }
    let hours = i64::from(backups.config.drill_every_days.value) * 24;
    let Health {
        backup_at, drill_at, ..
    } = health(cx).await?;
    if backup_at.is_some() && is_due(drill_at, now, hours) {
        let drilled = drill(cx, backups, &Progress::silent()).await?;
        match drilled.faults.first() {
            None => tracing::info!(backup = drilled.backup, "a backup was restored for trial; all is well"),
            Some(fault) => {
                tracing::error!(backup = drilled.backup, %fault.en, "a backup was restored for trial and is not good");
            }
        }
    }
    Ok(())
}

/// Whether so many hours have gone since; 0 hours are never.
fn is_due(last: Option<Timestamp>, now: Timestamp, hours: i64) -> bool {
    hours > 0 && last.is_none_or(|last| now.duration_since(last) >= SignedDuration::from_hours(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_due_when_its_hours_are_over() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        assert!(is_due(None, at(0), 24));
        assert!(!is_due(Some(at(0)), at(23), 24));
        assert!(is_due(Some(at(0)), at(24), 24));
        assert!(!is_due(None, at(99), 0));
    }
}
