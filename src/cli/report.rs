//! `merestone report`: documents of the register.

use std::path::PathBuf;

use uuid::Uuid;

use super::{FINE, Failure, Outcome, Place, progress, settings};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::{Lang, Message};
use crate::service::{report, startup};

#[derive(Debug, Clone, clap::Args)]
pub struct ReportArgs {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Subject {
    /// Documents of an inspection
    Inspection(InspectionArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct InspectionArgs {
    /// The inspection's identity, as receipts and /boundaries give it
    id: Uuid,
    /// Which document: act
    #[arg(long, default_value = "act", value_parser = ["act"])]
    document: String,
    /// Two languages, the first on the left
    #[arg(long, default_value = "zh,en", value_name = "LANG,LANG")]
    lang: String,
    /// Where to write it; the document's own name when not given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: ReportArgs) -> Outcome {
    let Subject::Inspection(args) = args.subject;
    let languages: Vec<Lang> = args
        .lang
        .split(',')
        .filter_map(|code| Lang::from_code(code.trim()))
        .collect();
    let [first, second] = languages[..] else {
        return Err(Problem::new(
            Code::ParameterInvalid,
            Message::new(
                format!("--lang {} is not two languages.", args.lang),
                format!("--lang {} 不是两种语言。", args.lang),
            ),
            Message::new("Give two of zh, en, ru, ko.", "请给出 zh、en、ru、ko 中的两种。"),
        )
        .into());
    };
    let config = settings(args.place.flags())?;
    let running = startup::open(&config).await?;
    let bar = progress::waiting(args.document.clone());
    let made = report::act(&running.cx, args.id, [first, second]).await;
    bar.finish_and_clear();
    running.stop().await;
    let document = made?;
    let path = args.output.unwrap_or_else(|| PathBuf::from(&document.file_name));
    std::fs::write(&path, &document.bytes).map_err(|fault| {
        Failure::fault(
            format!("{} cannot be written: {fault}", path.display()),
            format!("无法写入 {}：{fault}", path.display()),
        )
    })?;
    println!("{} ({} bytes)", path.display(), document.bytes.len());
    Ok(FINE)
}
