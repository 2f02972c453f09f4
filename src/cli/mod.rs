//! One file per subcommand. Exit code 0: fine; 1: findings or a refusal; 2: usage or a fault.

mod audit;
mod backup;
mod check;
mod config;
mod demo;
mod export;
mod import;
pub mod inspect;
mod log;
mod migrate;
mod progress;
mod report;
mod restore;
mod serve;
mod token;
mod upload;
mod user;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{Parser, Subcommand};

use crate::config::{Config, Flags};
use crate::domain::problem::Problem;
use crate::domain::text::{Lang, Message};
use crate::service::{Clock, Error};

/// Keep a land boundary: register, checks, map, documents.
#[derive(Parser)]
#[command(name = "merestone", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the register is; for the commands that need it.
#[derive(Debug, Clone, clap::Args)]
struct Place {
    /// Folder for originals and the private database [env: MERESTONE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Place {
    fn flags(&self) -> Flags {
        Flags {
            data_dir: self.data_dir.clone(),
            ..Flags::default()
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve the register; without DATABASE_URL with a private PostGIS under the data folder
    Serve(serve::ServeArgs),
    /// Load the sample borders into the register if they are not there, then serve
    Demo(serve::ServeArgs),
    /// Take records over from files
    Import(import::ImportArgs),
    /// Write records to a file: GeoJSON, GeoPackage, FlatGeobuf, KML, GPX, CSV, Shapefile, DXF or GeoParquet
    Export(export::ExportArgs),
    Inspect(inspect::InspectArgs),
    /// Hand files in to a running service and print the receipts
    Upload(upload::UploadArgs),
    /// Run the checks over plain files; needs no database
    Check(check::CheckArgs),
    /// Write a document of the register
    Report(report::ReportArgs),
    /// The log of who did what: verify it, or take a signed checkpoint
    Audit(audit::AuditArgs),
    /// People: accounts, roles, links
    User(user::UserArgs),
    /// Tokens of programs and devices
    Token(token::TokenArgs),
    /// Make a backup of the register, verify one, list them, or restore the newest for trial
    Backup(backup::BackupArgs),
    /// Restore a backup into a new folder
    Restore(restore::RestoreArgs),
    /// Bring the database's schema to this release's
    Migrate(migrate::MigrateArgs),
    /// Print the settings that hold, and where each comes from
    Config(Place),
}

/// Why a command ended badly.
enum Failure {
    Service(Error),
    /// For the user's eyes.
    Fault(Message),
}

impl Failure {
    fn fault(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::Fault(Message::new(en, zh))
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Service(error.into())
    }
}

type Outcome = Result<u8, Failure>;

const FINE: u8 = 0;
/// There were findings, or something was refused.
const FOUND: u8 = 1;
const FAULT: u8 = 2;

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => return usage(&refusal),
    };
    let _log = log::start();
    let outcome = match cli.command {
        Command::Serve(args) => run(serve::run(args)),
        Command::Demo(args) => run(demo::run(args)),
        Command::Import(args) => run(import::run(args)),
        Command::Export(args) => run(export::run(args)),
        Command::Upload(args) => run(upload::run(args)),
        Command::Report(args) => run(report::run(args)),
        Command::Audit(args) => run(audit::run(args)),
        Command::User(args) => run(user::run(args)),
        Command::Token(args) => run(token::run(args)),
        Command::Backup(args) => run(backup::run(args)),
        Command::Restore(args) => run(restore::run(args)),
        Command::Migrate(args) => run(migrate::run(args)),
        Command::Check(args) => check::run(&args),
        Command::Config(place) => config::run(&place),
        Command::Inspect(args) => {
            let now = Clock::system().unix();
            Ok(inspect::run(
                &args,
                now,
                language(),
                &mut std::io::stdout().lock(),
                &mut std::io::stderr().lock(),
            ))
        }
    };
    ExitCode::from(match outcome {
        Ok(code) => code,
        Err(Failure::Service(Error::Refused(problem))) => {
            tell(&problem);
            FOUND
        }
        Err(Failure::Service(Error::Fault(fault))) => {
            let broke = Message::new(format!("{fault}"), format!("出现故障：{fault}"));
            eprintln!("merestone: {}", broke.get(language()));
            FAULT
        }
        Err(Failure::Fault(said)) => {
            eprintln!("merestone: {}", said.get(language()));
            FAULT
        }
    })
}

/// Help and version go to the output; a mistake in the command line is told, in Chinese by a sentence of our own before
/// the parser's, which knows English only.
fn usage(refusal: &clap::Error) -> ExitCode {
    if refusal.use_stderr() && language() == Lang::Zh {
        let given = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand]
            .into_iter()
            .find_map(|kind| refusal.get(kind))
            .map_or_else(String::new, |value| format!("“{value}”"));
        eprintln!(
            "merestone: {}",
            match refusal.kind() {
                ErrorKind::UnknownArgument => format!("没有{given}这一选项。"),
                ErrorKind::InvalidSubcommand => format!("没有{given}这一命令。"),
                ErrorKind::MissingRequiredArgument => format!("缺少必需的参数{given}。"),
                ErrorKind::InvalidValue | ErrorKind::ValueValidation => format!("选项{given}的值无效。"),
                _ => "命令用法有误。".to_owned(),
            }
        );
    }
    // Nobody is left to be told when this fails.
    let _ = refusal.print();
    ExitCode::from(if refusal.use_stderr() { FAULT } else { FINE })
}

/// The language of the terminal: Chinese where the locale is, else English.
fn language() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if locale.is_some_and(|locale| locale.starts_with("zh")) {
        Lang::Zh
    } else {
        Lang::En
    }
}

/// A refusal on the terminal: file, place, what, every mistake, what to do.
fn tell(problem: &Problem) {
    let lang = language();
    let mut head = String::new();
    if let Some(file) = &problem.file {
        head.push_str(file);
        if let Some(place) = problem.place {
            head.push_str(&format!(":{}:{}", place.line, place.column));
        }
        head.push_str(": ");
    }
    eprintln!("merestone: {head}{}", problem.detail.get(lang));
    for mistake in &problem.mistakes {
        eprintln!("  {}: {}", mistake.at, mistake.detail.get(lang));
    }
    if !problem.remedy.get(lang).is_empty() {
        eprintln!("  {}", problem.remedy.get(lang));
    }
}

fn run(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|fault| {
            Failure::fault(
                format!("the runtime cannot be started: {fault}"),
                format!("无法启动运行环境：{fault}"),
            )
        })?;
    runtime.block_on(command)
}

/// The settings, from `merestone.toml` in the current folder, the environment and the flags.
fn settings(flags: Flags) -> Result<Config, Failure> {
    let file = match std::fs::read_to_string("merestone.toml") {
        Ok(text) => Some(text),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => None,
        Err(fault) => {
            return Err(Failure::fault(
                format!("merestone.toml cannot be read: {fault}"),
                format!("无法读取 merestone.toml：{fault}"),
            ));
        }
    };
    let url = secret("DATABASE_URL")?;
    let variable = |name: &str| {
        if name == "DATABASE_URL" {
            url.clone()
        } else {
            std::env::var(name).ok()
        }
    };
    Ok(Config::new(file.as_deref(), &variable, flags)?)
}

/// A variable that holds a secret, or else what the file holds that `..._FILE` names.
fn secret(name: &str) -> Result<Option<String>, Failure> {
    if let Ok(value) = std::env::var(name) {
        return Ok(Some(value));
    }
    let Ok(path) = std::env::var(format!("{name}_FILE")) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(fault) => Err(Failure::fault(
            format!("{name}_FILE: {path} cannot be read: {fault}"),
            format!("{name}_FILE：无法读取 {path}：{fault}"),
        )),
    }
}
