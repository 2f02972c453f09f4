//! `merestone import`.

use std::path::PathBuf;

use super::{FINE, Failure, Outcome, Place, progress, settings};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::import::{self, Kind, Mapping, Request, Taken};
use crate::service::startup;

#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// Files: GeoJSON or CSV; border.toml for --as boundary
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the records are: boundary, segments, boundary_points, markers, islands, ports, routes, projects
    #[arg(long = "as", value_name = "KIND", value_parser = kind)]
    kind: Kind,
    /// Key of the boundary they belong to
    #[arg(long, value_name = "KEY")]
    boundary: Option<String>,
    /// Reference system of the file, such as EPSG:4490; the boundary's own when not given
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Columns of the file for fields of the register: field=column,...
    #[arg(long, value_name = "MAP", value_parser = pairs)]
    map: Option<String>,
    /// Values for fields that the file has not: field=value,...
    #[arg(long, value_name = "SET", value_parser = pairs)]
    set: Option<String>,
    /// Why the records are taken over; kept with each version
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Show what would be taken and what is wrong; take nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        format!("use one of {}", words.join(", "))
    })
}

/// Checks `field=column,...` early; it is read again where it is used.
pub(super) fn pairs(text: &str) -> Result<String, String> {
    Mapping::pairs(text)
        .map(|_| text.to_owned())
        .map_err(|part| format!("{part:?} is no field=column"))
}

pub(super) fn mapping(map: Option<&str>, set: Option<&str>) -> Mapping {
    let read = |text: Option<&str>| Mapping::pairs(text.unwrap_or("")).unwrap_or_default();
    Mapping {
        columns: read(map),
        constants: read(set),
        ..Mapping::default()
    }
}

pub async fn run(args: ImportArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let running = startup::open(&config).await?;
    let done = take(&running, &args).await;
    running.stop().await;
    done
}

async fn take(running: &startup::Running, args: &ImportArgs) -> Outcome {
    for path in &args.files {
        let bar = progress::waiting(path.display().to_string());
        let taken: Result<Vec<Taken>, Failure> = if args.kind == Kind::Boundary {
            import::border(&running.cx, path, args.dry_run)
                .await
                .map_err(Failure::Service)
        } else {
            one(running, args, path).await.map(|taken| vec![taken])
        };
        bar.finish_and_clear();
        for taken in taken? {
            let verb = if args.dry_run {
                "would be taken from"
            } else {
                "taken from"
            };
            println!(
                "{:>7} {:<16} {verb} {} (transformation: {})",
                taken.records,
                taken.kind.word(),
                taken.file,
                taken.way
            );
        }
    }
    Ok(FINE)
}

async fn one(running: &startup::Running, args: &ImportArgs, path: &std::path::Path) -> Result<Taken, Failure> {
    let boundary = args.boundary.as_deref().ok_or_else(|| {
        Problem::new(
            Code::ParameterInvalid,
            Message::new("The boundary is not named.", "未说明国界。"),
            Message::new("Name it with --boundary KEY.", "请用 --boundary 说明。"),
        )
    })?;
    let request = Request {
        path,
        kind: args.kind,
        boundary,
        crs: args.crs.as_deref(),
        mapping: mapping(args.map.as_deref(), args.set.as_deref()),
        reason: args.reason.as_deref(),
        dry_run: args.dry_run,
    };
    import::file(&running.cx, &request).await.map_err(Failure::Service)
}
