//! `merestone audit`: the log of deeds, its checkpoints, and whether all is as it was written.

use std::path::PathBuf;

use serde_json::json;

use super::{FINE, FOUND, Failure, Outcome, Place, language, settings};
use crate::domain::text::Message;
use crate::service::audit;
use crate::service::startup::{self, Running};

#[derive(Debug, Clone, clap::Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Compare the log and all rows of law with their seals, and with checkpoints that were kept elsewhere
    Verify(VerifyArgs),
    /// Print a signed checkpoint over everything done until now, to be kept elsewhere
    Checkpoint(CheckpointArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct VerifyArgs {
    /// Checkpoints that were kept elsewhere; those beside the database are always looked at
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, clap::Args)]
struct CheckpointArgs {
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: AuditArgs) -> Outcome {
    let place = match &args.what {
        What::Verify(args) => args.place.clone(),
        What::Checkpoint(args) => args.place.clone(),
    };
    let config = settings(place.flags())?;
    let running = startup::join(&config).await?;
    let outcome = match &args.what {
        What::Verify(args) => verify(&running, args).await,
        What::Checkpoint(_) => checkpoint(&running).await,
    };
    running.stop().await;
    outcome
}

async fn checkpoint(running: &Running) -> Outcome {
    match audit::newest(&running.cx).await? {
        Some(note) => print!("{note}"),
        None => eprintln!(
            "{}",
            Message::new("Nothing was done yet.", "尚无任何记录的操作。").get(language())
        ),
    }
    Ok(FINE)
}

async fn verify(running: &Running, args: &VerifyArgs) -> Outcome {
    let mut outside = audit::kept(&running.cx)?;
    for path in &args.checkpoints {
        let note = std::fs::read_to_string(path).map_err(|fault| {
            let path = path.display();
            Failure::fault(
                format!("{path} cannot be read: {fault}"),
                format!("无法读取 {path}：{fault}"),
            )
        })?;
        outside.push((path.display().to_string(), note));
    }
    let verified = audit::verify(&running.cx, &outside).await?;
    let lang = language();
    if args.json {
        let faults: Vec<_> = verified
            .faults
            .iter()
            .map(|fault| json!({ "en": fault.en, "zh": fault.zh }))
            .collect();
        println!(
            "{}",
            json!({
                "key": verified.key, "events": verified.events, "unsealed": verified.unsealed, "seals": verified.seals,
                "older_keys": verified.older_keys, "rows": verified.rows, "checkpoints": verified.checkpoints, "faults": faults,
            })
        );
    } else {
        for fault in &verified.faults {
            println!("{}", fault.get(lang));
        }
        let audit::Verified {
            events,
            seals,
            unsealed,
            rows,
            ..
        } = verified;
        let (kept, faults) = (verified.checkpoints.len(), verified.faults.len());
        let verdict = match faults {
            0 => Message::new("all as it was written", "均与写入时一致"),
            n => Message::new(format!("{n} faults"), format!("发现{n}处问题")),
        };
        let told = Message::new(
            format!(
                "{events} events under {seals} seals, {unsealed} not sealed yet; {rows} rows of law; {kept} checkpoints kept elsewhere; {}",
                verdict.en
            ),
            format!(
                "{events}个事件、{seals}个封签，{unsealed}个尚未封签；{rows}行法律数据；{kept}个外存检查点；{}",
                verdict.zh
            ),
        );
        println!("{}", told.get(lang));
        println!("{}", verified.key);
        for key in &verified.older_keys {
            println!("{key}");
        }
    }
    Ok(if verified.faults.is_empty() { FINE } else { FOUND })
}
