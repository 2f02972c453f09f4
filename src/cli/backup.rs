//! `merestone backup`: make one, verify one, list them, restore the newest for trial.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{FINE, FOUND, Failure, Outcome, Place, language, progress, settings};
use crate::config::Config;
use crate::domain::text::Message;
use crate::service::Error;
use crate::service::backup::{self, Backups, Listed, Looked, Progress, Step};
use crate::service::startup::{self, Running};

#[derive(Debug, Clone, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BackupArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    make: MakeArgs,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Whether a backup is as it was made: signature, every file, the write-ahead log after it
    Verify(VerifyArgs),
    /// The backups that are there, when each was verified and tried
    List(ListArgs),
    /// Restore the newest backup beside the register, compare the two, and take the copy away again
    Drill(DrillArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct MakeArgs {
    /// Folder for the backup, instead of the setting `backup_dir`
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Days of which each moment shall stay restorable; older backups go when a newer one is verified
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, clap::Args)]
struct VerifyArgs {
    /// Folder of one backup
    #[arg(value_name = "DIR")]
    backup: PathBuf,
    /// File with the public key that must have signed it; else the key of the register here
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, clap::Args)]
struct ListArgs {
    /// Folder of backups, instead of the setting `backup_dir`
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, clap::Args)]
struct DrillArgs {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: BackupArgs) -> Outcome {
    match args.what {
        None => make(&args.make).await,
        Some(What::Verify(args)) => verify(&args).await,
        Some(What::List(args)) => list(&args),
        Some(What::Drill(args)) => drill(&args).await,
    }
}

/// Reaches the register, running or not, for one use.
async fn with<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Running, &Backups) -> Result<T, Error>,
) -> Result<T, Failure> {
    if config.database_url.value.is_some() {
        return Err(backup::not_private().into());
    }
    let running = startup::join(config).await?;
    let done = match &running.backups {
        Some(backups) => work(&running, backups).await,
        None => Err(backup::not_private().into()),
    };
    running.stop().await;
    Ok(done?)
}

async fn make(args: &MakeArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let (bar, progress) = progress_bar();
    let made = with(&config, async |running, backups| {
        let backups = match &args.output {
            Some(folder) => backups.clone().elsewhere(std::path::absolute(folder)?),
            None => backups.clone(),
        };
        backup::make(&running.cx, &backups, args.keep_days, &progress).await
    })
    .await;
    bar.finish_and_clear();
    let made = made?;
    if args.json {
        println!(
            "{}",
            json!({
                "name": made.name, "path": made.path, "bytes": made.bytes, "originals": made.originals,
                "manifest_sha256": made.manifest_sha256, "restorable_from": made.stopped_at,
                "duration_s": made.seconds, "faults": messages(&made.faults), "removed": made.removed,
            })
        );
    } else {
        tell_faults(&made.faults);
        let (path, size, n, seconds) = (made.path.display(), size(made.bytes), made.originals, made.seconds);
        say(
            format!(
                "{path}: {size} and {n} originals in {seconds:.1} s, {}",
                verdict(&made.faults).en
            ),
            format!(
                "{path}：{size}，{n}个原始文件，用时{seconds:.1}秒，{}",
                verdict(&made.faults).zh
            ),
        );
        for name in &made.removed {
            say(
                format!("{name} is no longer needed and was removed"),
                format!("{name} 不再需要，已删除"),
            );
        }
    }
    Ok(if made.faults.is_empty() { FINE } else { FOUND })
}

async fn verify(args: &VerifyArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let key = key_text(args.key.as_deref())?;
    let (keys, own) = backup::keys_for(&args.backup, key.as_deref(), &config.data_dir.value.join("log"))?;
    let (bar, progress) = progress_bar();
    let looked = backup::verify(&args.backup, None, &keys, &progress).await;
    bar.finish_and_clear();
    let looked = looked?;
    if args.json {
        println!("{}", looked_json(&looked, own));
    } else {
        tell_faults(&looked.faults);
        tell_faults(&looked.wal_faults);
        tell_looked(&looked);
        if own {
            tell_own_key();
        }
    }
    Ok(if looked.is_whole() { FINE } else { FOUND })
}

fn looked_json(looked: &Looked, own: bool) -> Value {
    let manifest = looked.manifest.as_ref();
    json!({
        "path": looked.path, "manifest_sha256": looked.manifest_sha256, "key": looked.key, "key_from_backup": own,
        "files": looked.files, "originals": looked.originals, "bytes": looked.bytes,
        "restorable_from": manifest.map(|manifest| manifest.stopped_at), "restorable_before": looked.until,
        "wal_pieces": looked.pieces.len(), "faults": messages(&looked.faults), "wal_faults": messages(&looked.wal_faults),
    })
}

fn tell_looked(looked: &Looked) {
    let (files, bytes, originals, pieces) = (looked.files, size(looked.bytes), looked.originals, looked.pieces.len());
    let faults: Vec<Message> = looked.faults.iter().chain(&looked.wal_faults).cloned().collect();
    let verdict = verdict(&faults);
    say(
        format!(
            "{files} files, {bytes}; {originals} originals; {pieces} pieces of the log after it; {}",
            verdict.en
        ),
        format!(
            "{files}个文件，{bytes}；{originals}个原始文件；其后{pieces}段预写日志；{}",
            verdict.zh
        ),
    );
    if let Some(from) = looked.manifest.as_ref().map(|manifest| manifest.stopped_at) {
        match looked.until.filter(|until| *until > from) {
            Some(until) => say(
                format!("can be restored to any moment from {from} to before {until}"),
                format!("可恢复到 {from} 至 {until} 之前的任一时刻"),
            ),
            None => say(
                format!("can be restored to its own state, of {from}"),
                format!("可恢复到其自身状态（{from}）"),
            ),
        }
    }
    println!("{}", looked.key);
}

/// Said where nothing but the backup vouches for itself.
pub(super) fn tell_own_key() {
    say(
        "This key lies in the backup itself: compare it with one that you know, or give that with --key.".to_owned(),
        "此公钥取自备份本身：请与您已知的公钥核对，或用 --key 指定。".to_owned(),
    );
}

fn list(args: &ListArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let listed = backup::list(args.output.clone().unwrap_or_else(|| config.backups()))?;
    if args.json {
        println!("{}", Value::Array(listed.iter().map(listed_json).collect()));
    } else {
        for one in &listed {
            tell_listed(one);
        }
        if listed.is_empty() {
            say("There is no backup.".to_owned(), "没有备份。".to_owned());
        }
    }
    Ok(FINE)
}

fn listed_json(one: &Listed) -> Value {
    let manifest = one.manifest.as_ref();
    let (n_originals, original_bytes) = one.originals();
    json!({
        "name": one.name, "path": one.path, "bytes": one.bytes(), "originals": n_originals,
        "original_bytes": original_bytes, "restorable_from": manifest.map(|manifest| manifest.stopped_at),
        "program": manifest.map(|manifest| &manifest.program), "postgresql": manifest.map(|manifest| &manifest.postgresql),
        "schema": manifest.map(|manifest| manifest.schema), "verified_at": one.state.verified_at,
        "drill": one.state.drill.as_ref().map(|drill| json!({
            "at": drill.at, "duration_s": drill.seconds, "events": drill.events, "rows": drill.rows,
            "faults": drill.faults,
        })),
    })
}

fn tell_listed(one: &Listed) {
    let size = size(one.bytes());
    let (n, _) = one.originals();
    let verified = one.state.verified_at.map_or_else(
        || Message::new("not verified", "未经验证"),
        |at| Message::new(format!("verified {at:.0}"), format!("{at:.0} 已验证")),
    );
    let tried = one.state.drill.as_ref().map_or_else(
        || Message::new("not tried", "未经演练"),
        |drill| {
            let at = drill.at;
            if drill.faults.is_empty() {
                Message::new(format!("tried {at:.0}, fine"), format!("{at:.0} 演练成功"))
            } else {
                Message::new(format!("tried {at:.0}, NOT GOOD"), format!("{at:.0} 演练失败"))
            }
        },
    );
    let name = &one.name;
    say(
        format!("{name}  {size}, {n} originals; {}; {}", verified.en, tried.en),
        format!("{name}  {size}，{n}个原始文件；{}；{}", verified.zh, tried.zh),
    );
}

async fn drill(args: &DrillArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let (bar, progress) = progress_bar();
    let drilled = with(&config, async |running, backups| {
        backup::drill(&running.cx, backups, &progress).await
    })
    .await;
    bar.finish_and_clear();
    let drilled = drilled?;
    if args.json {
        println!(
            "{}",
            json!({
                "backup": drilled.backup, "at": drilled.at, "duration_s": drilled.seconds, "events": drilled.events,
                "rows": drilled.rows, "originals": drilled.originals, "last_transaction": drilled.last_transaction,
                "faults": messages(&drilled.faults),
            })
        );
    } else {
        tell_faults(&drilled.faults);
        let verdict = verdict(&drilled.faults);
        let backup::Drilled {
            backup,
            events,
            rows,
            originals,
            seconds,
            ..
        } = drilled;
        say(
            format!(
                "{backup} restored for trial in {seconds:.1} s: {events} events, {rows} rows of law, {originals} originals; {}",
                verdict.en
            ),
            format!(
                "{backup} 演练恢复用时{seconds:.1}秒：{events}个事件，{rows}行法律数据，{originals}个原始文件；{}",
                verdict.zh
            ),
        );
    }
    Ok(if drilled.faults.is_empty() { FINE } else { FOUND })
}

/// The text of a public key that was given.
pub(super) fn key_text(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|fault| {
            let path = path.display();
            Failure::fault(
                format!("{path} cannot be read: {fault}"),
                format!("无法读取 {path}：{fault}"),
            )
        })
    };
    file.map(read).transpose()
}

/// A bar for all steps of one piece of work, and what moves it.
pub(super) fn progress_bar() -> (ProgressBar, Progress) {
    let bar = progress::waiting(String::new());
    let counted = ProgressStyle::with_template("{msg} {bar:30} {percent}%");
    let counted = counted.unwrap_or_else(|_| ProgressStyle::default_bar());
    let spinning = ProgressStyle::default_spinner();
    let moved = bar.clone();
    let told = Progress::new(move |step, done, total| {
        let word = match step {
            Step::Copying => Message::new("Database", "数据库"),
            Step::Originals => Message::new("Originals", "原始文件"),
            Step::Checking => Message::new("Checking", "核对"),
            Step::Replaying => Message::new("Replaying the log", "重放日志"),
        };
        moved.set_message(word.get(language()).to_owned());
        moved.set_style(if total > 0 { counted.clone() } else { spinning.clone() });
        moved.set_length(total);
        moved.set_position(done);
    });
    (bar, told)
}

pub(super) fn messages(faults: &[Message]) -> Value {
    faults
        .iter()
        .map(|fault| json!({ "en": fault.en, "zh": fault.zh }))
        .collect()
}

pub(super) fn tell_faults(faults: &[Message]) {
    for fault in faults {
        println!("{}", fault.get(language()));
    }
}

pub(super) fn verdict(faults: &[Message]) -> Message {
    match faults.len() {
        0 => Message::new("all is well", "一切完好"),
        n => Message::new(format!("{n} faults"), format!("发现{n}处问题")),
    }
}

pub(super) fn say(en: String, zh: String) {
    println!("{}", Message::new(en, zh).get(language()));
}

fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
