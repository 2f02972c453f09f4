//! No migration of a register with data without a backup that is fresh and was verified.

use jiff::SignedDuration;

use super::list::list;
use super::make::make_unrecorded;
use super::restore::damaged;
use super::{Backups, Made, Progress};
use crate::config::Config;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::{Context, Result};

/// Older than so many hours, a backup is not fresh.
const FRESH_HOURS: i64 = 24;

/// The migration that brought the sealed log.
const SEALED: i64 = 20_261_128_090_000;

/// Makes a backup if the database is about to be migrated and has something to lose; that backup is to be noted in the
/// log when the schema is this release's.
///
/// # Errors
/// When there is no fresh backup and none can be made.
pub async fn before_migration(cx: &Context, backups: Option<&Backups>, config: &Config) -> Result<Option<Made>> {
    let (newest, missing) = cx.db.schema().await?;
    if missing == 0 || newest.is_none() || config.without_backup.value || !cx.db.has_history().await? {
        return Ok(None);
    }
    let Some(backups) = backups else {
        return Err(needed(missing).into());
    };
    if newest.is_some_and(|newest| newest < SEALED) {
        return Err(unsigned().into());
    }
    let now = cx.clock.now();
    let system = backups.access.system_identifier()?;
    let is_fresh = list(backups.folder().to_owned())?.iter().any(|listed| {
        let age = listed
            .manifest
            .as_ref()
            .map(|manifest| now.duration_since(manifest.stopped_at));
        listed.state.verified_at.is_some()
            && listed
                .manifest
                .as_ref()
                .is_some_and(|manifest| manifest.system == system)
            && age.is_some_and(|age| age < SignedDuration::from_hours(FRESH_HOURS))
    });
    if is_fresh {
        return Ok(None);
    }
    tracing::info!(
        folder = %backups.folder().display(),
        migrations = missing,
        "the register is backed up before its schema is changed"
    );
    let made = make_unrecorded(cx, backups, None, &Progress::silent()).await?;
    if made.faults.is_empty() {
        tracing::info!(name = made.name, "the backup is whole; going on");
        return Ok(Some(made));
    }
    Err(damaged(&made.path, &made.faults).into())
}

fn unsigned() -> Problem {
    Problem::new(
        Code::BackupNeeded,
        Message::new(
            "The register is of a release whose log had no seals, and a backup is signed with the key of the log.",
            "该登记簿的版本尚无封存日志，而备份需用日志密钥签名。",
        ),
        Message::new(
            "With the service stopped, copy the whole data folder; then run `merestone migrate --without-backup`.",
            "请停止服务并复制整个数据文件夹，然后运行 `merestone migrate --without-backup`。",
        ),
    )
}

fn needed(migrations: usize) -> Problem {
    Problem::new(
        Code::BackupNeeded,
        Message::new(
            format!("The register has data, and {migrations} migrations would change its schema."),
            format!("登记簿中已有数据，而将有{migrations}项升级更改其结构。"),
        ),
        Message::new(
            "Back up the database that DATABASE_URL names, then run `merestone migrate --without-backup` (or set \
             MERESTONE_WITHOUT_BACKUP=true).",
            "请先备份 DATABASE_URL 所指的数据库，再运行 `merestone migrate --without-backup`（或设置 \
             MERESTONE_WITHOUT_BACKUP=true）。",
        ),
    )
}
