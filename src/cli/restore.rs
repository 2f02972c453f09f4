//! `merestone restore`: a backup into a new folder.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::json;

use super::backup::{key_text, messages, progress_bar, say, tell_faults, tell_own_key, verdict};
use super::{FINE, FOUND, Outcome, Place, settings};
use crate::service::backup::{self, LogKey, Restored, Wanted};

#[derive(Debug, Clone, clap::Args)]
pub struct RestoreArgs {
    /// Folder of one backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// Data folder to make; it must not be there, or be empty
    #[arg(long, value_name = "NEWDIR")]
    into: PathBuf,
    /// Restore what was committed by this moment, such as 2026-11-23T09:30:00+08:00; else all there is
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// File with the secret key of the log (log/log.key), which is in no backup; without it a new key begins
    #[arg(long, value_name = "FILE")]
    log_key: Option<PathBuf>,
    /// Folder with the pieces of the write-ahead log, where it is not beside the backup
    #[arg(long, value_name = "DIR")]
    wal: Option<PathBuf>,
    /// File with the public key that must have signed the backup; else the key of the register here
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: RestoreArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let wanted = Wanted {
        backup: args.backup,
        into: args.into,
        to: args.to,
        wal: args.wal,
        key: key_text(args.key.as_deref())?,
        log_key: args.log_key,
    };
    let (bar, progress) = progress_bar();
    let restored = backup::restore(&config, &wanted, &progress).await;
    bar.finish_and_clear();
    let restored = restored?;
    if args.json {
        print_json(&restored);
    } else {
        tell(&restored);
    }
    Ok(if restored.faults.is_empty() { FINE } else { FOUND })
}

fn print_json(restored: &Restored) {
    let key = match &restored.log_key {
        LogKey::Kept(key) => json!({ "kept": key }),
        LogKey::New { old, new, size } => json!({ "old": old, "new": new, "old_holds_to": size }),
    };
    let verified = &restored.verified;
    println!(
        "{}",
        json!({
            "backup": restored.name, "into": restored.into, "lsn": restored.recovered.lsn,
            "last_transaction": restored.recovered.last_transaction, "timeline": restored.recovered.timeline,
            "log_key": key, "events": verified.events, "unsealed": verified.unsealed, "seals": verified.seals,
            "rows": verified.rows, "checkpoints": verified.checkpoints, "originals": restored.originals,
            "migrated": restored.migrated, "key_from_backup": restored.own_key, "duration_s": restored.seconds,
            "faults": messages(&restored.faults),
        })
    );
}

fn tell(restored: &Restored) {
    tell_faults(&restored.faults);
    let (name, into, seconds) = (&restored.name, restored.into.display(), restored.seconds);
    say(
        format!("{name} restored into {into} in {seconds:.1} s"),
        format!("{name} 已恢复到 {into}，用时{seconds:.1}秒"),
    );
    let lsn = &restored.recovered.lsn;
    let last = restored.recovered.last_transaction.as_deref().unwrap_or("-");
    say(
        format!("  last transaction {last}, at {lsn} of the write-ahead log"),
        format!("  最后一个事务 {last}，预写日志位置 {lsn}"),
    );
    let verified = &restored.verified;
    let (events, unsealed, seals, rows) = (verified.events, verified.unsealed, verified.seals, verified.rows);
    let (kept, originals) = (verified.checkpoints.len(), restored.originals);
    let verdict = verdict(&restored.faults);
    say(
        format!(
            "  {events} events under {seals} seals, {unsealed} not sealed; {rows} rows of law; {kept} checkpoints; \
             {originals} originals; {}",
            verdict.en
        ),
        format!(
            "  {events}个事件、{seals}个封签，{unsealed}个未封签；{rows}行法律数据；{kept}个检查点；\
             {originals}个原始文件；{}",
            verdict.zh
        ),
    );
    match &restored.log_key {
        LogKey::Kept(key) => say(
            format!("  the log goes on with its key {key}"),
            format!("  日志沿用原密钥 {key}"),
        ),
        LogKey::New { old, new, size } => say(
            format!(
                "  the log goes on with a new key {new}\n  the old key {old} holds for its first {size} events; both are in log/"
            ),
            format!("  日志启用新密钥 {new}\n  旧密钥 {old} 对前{size}个事件有效；两者均在 log/ 中"),
        ),
    }
    if restored.migrated {
        say(
            "  its schema was brought to this release's".to_owned(),
            "  其结构已升级到本版本".to_owned(),
        );
    }
    if restored.own_key {
        tell_own_key();
    }
    say(
        format!("Next: merestone serve --data-dir {into}"),
        format!("下一步：merestone serve --data-dir {into}"),
    );
}
