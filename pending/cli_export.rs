//! `merestone export`.

use std::path::PathBuf;

use super::{FINE, Failure, Outcome, Place, progress, settings};
use crate::crs::Crs;
use crate::domain::problem::Problem;
use crate::domain::schema;
use crate::service::export::{self, ExportFormat, Request};
use crate::service::features::{When, Selection};
use crate::service::startup;

#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    /// The collection: sections, segments, markers, ports, ...
    #[arg(value_name = "COLLECTION", value_parser = collection)]
    collection: String,
    /// Where to write; the ending chooses the format when --format does not
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// geojson, gpkg, fgb, kml, gpx, csv, shp, dxf or parquet
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<ExportFormat>,
    /// Key of the boundary; all of them when not given
    #[arg(long, value_name = "KEY")]
    boundary: Option<String>,
    /// Key of a section of it
    #[arg(long, value_name = "KEY")]
    section: Option<String>,
    /// Reference system of the positions, such as EPSG:4490; the boundary's own when not given
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Which records, in CQL2: "condition = 'damaged' AND sequence > 10"
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// As in force at this time, such as 2026-05-01T00:00:00Z; now when not given
    #[arg(long, value_name = "TIME")]
    datetime: Option<jiff::Timestamp>,
    /// As known at this time; by the newest knowledge when not given
    #[arg(long, value_name = "TIME")]
    known_at: Option<jiff::Timestamp>,
    #[command(flatten)]
    place: Place,
}

fn collection(word: &str) -> Result<String, String> {
    if schema::of(word).is_some() {
        return Ok(word.to_owned());
    }
    let words: Vec<&str> = schema::ALL.iter().map(|schema| schema.collection).collect();
    Err(format!("use one of {}", words.join(", ")))
}

fn format(word: &str) -> Result<ExportFormat, String> {
    ExportFormat::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = ExportFormat::ALL.iter().map(|format| format.word()).collect();
        format!("use one of {}", words.join(", "))
    })
}

/// The format that a file's name ends with.
fn by_name(path: &std::path::Path) -> Option<ExportFormat> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    ExportFormat::ALL.into_iter().find(|format| name.ends_with(&format!(".{}", format.extension())))
}

pub async fn run(args: ExportArgs) -> Outcome {
    let config = settings(args.place.flags())?;
    let running = startup::open(&config).await?;
    let done = give(&running, &args).await;
    running.stop().await;
    done
}

async fn give(running: &startup::Running, args: &ExportArgs) -> Outcome {
    let Some(schema) = schema::of(&args.collection) else { return Ok(FINE) };
    let format = args.format.or_else(|| by_name(&args.output)).unwrap_or(ExportFormat::GeoJson);
    let mut filters: Vec<String> = args.filter.iter().map(|filter| format!("({filter})")).collect();
    if let Some(section) = &args.section {
        let field = if schema.kind == "section" { "key" } else { "section" };
        filters.push(format!("{field} = '{}'", section.replace('\'', "''")));
    }
    let filter = match filters.is_empty() {
        true => None,
        false => Some(export::filter(&filters.join(" AND "), schema).map_err(Failure::Service)?),
    };
    let crs = args.crs.as_deref().map(Crs::lookup).transpose();
    let crs = crs.map_err(|fault| Failure::Service(Problem::from(fault).into()))?;
    let request = Request {
        selection: Selection {
            boundary: args.boundary.clone(),
            filter,
            when: When {
                in_force: args.datetime.map(crate::domain::moment::InForce::At),
                known: args.known_at,
            },
            ..Selection::of(schema)
        },
        format,
        crs,
        limit: None,
    };
    let bar = progress::waiting(args.output.display().to_string());
    let written = export::to_file(&running.cx, &request, &args.output).await;
    bar.finish_and_clear();
    let written = written.map_err(Failure::Service)?;
    println!("{written} of {} written to {} as {}", schema.collection, args.output.display(), format.title());
    Ok(FINE)
}
