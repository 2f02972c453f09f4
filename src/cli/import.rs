//! `merestone import`.

use std::path::{Path, PathBuf};

use super::{FINE, FOUND, Failure, Outcome, Place, progress, settings};
use crate::domain::text::Lang;
use crate::service::import::{self, Mapping, Request, What};
use crate::service::startup;
use crate::unit::Epoch;

/// Founds a boundary from its border file; every other word is the name of a collection.
const BOUNDARY: &str = "boundary";

#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// Files: GeoJSON, CSV, GeoPackage, Shapefile (zip), KML, KMZ, DXF; border.toml for --as boundary
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the records are: boundary, sections, segments, boundary_points, markers, islands, ports, routes, projects,
    /// or any other collection
    #[arg(long = "as", value_name = "KIND", value_parser = kind)]
    kind: String,
    /// Key of the boundary they belong to; not needed when there is only one
    #[arg(long, value_name = "KEY")]
    boundary: Option<String>,
    /// Reference system of the file, such as EPSG:4490; else what the file says, else the boundary's own
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Epoch of the file's coordinates as a decimal year, where it is not the frame's
    #[arg(long, value_name = "YEAR", value_parser = epoch)]
    epoch: Option<Epoch>,
    /// Layer of a file with several; of a drawing, the layer drawn on
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Encoding of the file's texts, such as GBK; found out when not given
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Columns of the file for fields of the register: field=column,...
    #[arg(long, value_name = "MAP", value_parser = pairs)]
    map: Option<String>,
    /// Values for fields that the file has not: field=value,...
    #[arg(long, value_name = "SET", value_parser = pairs)]
    set: Option<String>,
    /// Why the records are taken over; kept with each version
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Key of the instrument by which they are in force; without one they are imported and bind nobody
    #[arg(long, value_name = "KEY", requires = "reason")]
    instrument: Option<String>,
    /// Show what would change and what is wrong; take nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the good rows and name the bad ones, instead of taking nothing when one is bad
    #[arg(long)]
    partial: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn kind(word: &str) -> Result<String, String> {
    if word == BOUNDARY || import::collections().any(|collection| collection == word) {
        return Ok(word.to_owned());
    }
    let words: Vec<&str> = import::collections().collect();
    Err(format!("use one of {BOUNDARY}, {}", words.join(", ")))
}

fn epoch(text: &str) -> Result<Epoch, String> {
    let year: f64 = text
        .parse()
        .map_err(|_| "write it as a decimal year, such as 2024.5".to_owned())?;
    Epoch::new(year).map_err(|fault| fault.to_string())
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
    let mut code = FINE;
    for path in &args.files {
        let bar = progress::waiting(path.display().to_string());
        let done = if args.kind == BOUNDARY {
            border(running, args, path).await
        } else {
            collection(running, args, path).await
        };
        bar.finish_and_clear();
        code = code.max(done?);
    }
    Ok(code)
}

async fn border(running: &startup::Running, args: &ImportArgs, path: &Path) -> Outcome {
    for taken in import::border(&running.cx, path, args.dry_run)
        .await
        .map_err(Failure::Service)?
    {
        let verb = if args.dry_run {
            "would be taken from"
        } else {
            "taken from"
        };
        println!(
            "{:>7} {:<16} {verb} {} (transformation: {})",
            taken.records, taken.kind, taken.file, taken.way
        );
    }
    Ok(FINE)
}

async fn collection(running: &startup::Running, args: &ImportArgs, path: &Path) -> Outcome {
    let request = Request {
        boundary: args.boundary.as_deref(),
        crs: args.crs.as_deref(),
        layer: args.layer.as_deref(),
        encoding: args.encoding.as_deref(),
        mapping: mapping(args.map.as_deref(), args.set.as_deref()),
        reason: args.reason.as_deref(),
        instrument: args.instrument.as_deref(),
        dry_run: args.dry_run,
        partial: args.partial,
        epoch: args.epoch,
        ..Request::new(path, &args.kind)
    };
    let outcome = import::file(&running.cx, &request).await.map_err(Failure::Service)?;
    if args.json {
        println!("{}", import::json(&outcome, args.dry_run));
    } else {
        show(&outcome, args.dry_run);
    }
    Ok(if outcome.refused().is_empty() { FINE } else { FOUND })
}

/// Rows told one by one, at most; the rest is counted.
const TOLD: usize = 50;

fn show(outcome: &import::Outcome, dry_run: bool) {
    if dry_run {
        let changes = outcome.rows.iter().filter_map(|row| match &row.what {
            What::New => Some(format!("  new        {} {}", row.collection, row.label)),
            What::Changed(fields) => Some(format!(
                "  changed    {} {}: {}",
                row.collection,
                row.label,
                fields.join(", ")
            )),
            What::Unchanged | What::Refused(_) => None,
        });
        let changes: Vec<String> = changes.collect();
        for line in changes.iter().take(TOLD) {
            println!("{line}");
        }
        if changes.len() > TOLD {
            println!("  and {} more", changes.len() - TOLD);
        }
    }
    let refused = outcome.refused();
    for mistake in refused.iter().take(TOLD) {
        println!("  refused    {}: {}", mistake.at, mistake.detail.get(Lang::En));
    }
    if refused.len() > TOLD {
        println!("  and {} more mistakes", refused.len() - TOLD);
    }
    let verb = match outcome.proposal {
        _ if dry_run => "would be taken from",
        Some(_) => "proposed from",
        None => "taken from",
    };
    if let Some(way) = &outcome.way {
        let accuracy = way.accuracy_m.map_or_else(String::new, |m| format!(", within {m} m"));
        println!("  positions  {}{accuracy}", way.name);
    }
    println!(
        "{}: {} new, {} changed {verb} {}; {} unchanged, {} refused",
        outcome.collection,
        outcome.created(),
        outcome.changed(),
        outcome.file,
        outcome.unchanged(),
        outcome.bad_rows()
    );
    match outcome.proposal {
        Some(number) => println!("It is to be in force: somebody who may approve it does so at /proposals/{number}."),
        None if dry_run && outcome.binds.is_some() => {
            println!("It is to be in force, so it would be proposed, and taken over when a second person approves it.");
        }
        None => {}
    }
}
