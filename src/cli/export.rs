//! `merestone export`: records as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::{FINE, Failure, Outcome, Place, language, progress, settings};
use crate::crs::Crs;
use crate::domain::filter::check::Frame;
use crate::domain::moment::text;
use crate::domain::problem::{Code, Problem};
use crate::domain::schema;
use crate::domain::text::{Lang, Message};
use crate::service::export::{self, ALL, ExportFormat, Progress, Request, What, Written};
use crate::service::features::{Area, Coordinates, Selection, When, area};
use crate::service::startup;
use crate::service::wire::cql2;

#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    /// The collection: sections, segments, markers, ports, ...; or all, as layers of a GeoPackage
    #[arg(value_name = "COLLECTION", value_parser = collection)]
    collection: String,
    /// Where to write; its ending says the format: .geojson .gpkg .fgb .kml .gpx .csv .shp.zip .dxf .parquet
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The format, where the ending does not say it: geojson, gpkg, fgb, kml, gpx, csv, shp, dxf, parquet
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<ExportFormat>,
    /// Key of the boundary; all of them when not given
    #[arg(long, value_name = "KEY")]
    boundary: Option<String>,
    /// Key of a section: only what belongs to it
    #[arg(long, value_name = "KEY")]
    section: Option<String>,
    /// Reference system of the positions, such as EPSG:4326; the frame of the boundary when not given
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Only records for which this condition holds (CQL2), such as "condition = 'damaged'"
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// West, south, east and north in degrees, with commas between
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// What was in force at this time, or last within an interval: 2026-05-01, 2020-01-01/2026-05-01
    #[arg(long, value_name = "TIME")]
    datetime: Option<String>,
    /// As the register knew it at this time
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn collection(word: &str) -> Result<String, String> {
    if word == ALL || schema::of(word).is_some() {
        return Ok(word.to_owned());
    }
    let names: Vec<&str> = schema::ALL.iter().map(|schema| schema.collection).collect();
    Err(format!("use {ALL} or one of {}", names.join(", ")))
}

fn format(word: &str) -> Result<ExportFormat, String> {
    ExportFormat::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = ExportFormat::ALL.iter().map(|format| format.word()).collect();
        format!("use one of {}", words.join(", "))
    })
}

/// The format that a file's name asks for.
fn by_name(path: &Path) -> Option<ExportFormat> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "json" => Some(ExportFormat::GeoJson),
        "zip" => Some(ExportFormat::Shapefile),
        other => ExportFormat::from_word(other).filter(|format| *format != ExportFormat::Shapefile),
    }
}

fn wrong(option: &str, detail: &Message) -> Failure {
    let remedy = Message::new("See merestone export --help.", "见 merestone export --help。");
    let detail = Message::new(format!("{option} {}.", detail.en), format!("{option} {}。", detail.zh));
    Failure::Service(Problem::new(Code::ParameterInvalid, detail, remedy).into())
}

fn numbers(text: &str) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite()))
        .collect::<Option<_>>()?;
    <[f64; 4]>::try_from(numbers)
        .ok()
        .filter(|[_, south, _, north]| south <= north)
}

/// What is asked for; nothing of the register is looked at yet.
fn request(args: &ExportArgs) -> Result<Request, Failure> {
    let Some(format) = args.format.or_else(|| by_name(&args.output)) else {
        let detail = Message::new(
            format!("{} has no ending that says a format", args.output.display()),
            format!("{} 的扩展名未表明格式", args.output.display()),
        );
        return Err(wrong("--output", &detail));
    };
    let all = args.collection == ALL;
    let Some(schema) = schema::of(&args.collection).or_else(|| schema::ALL.first().copied()) else {
        return Err(Failure::fault("there is no collection", "没有数据集"));
    };
    let crs = args.crs.as_deref().map(Crs::lookup).transpose();
    let crs = crs.map_err(|fault| Failure::Service(Problem::from(fault).into()))?;
    if args.filter.is_some() && all {
        let detail = Message::new("asks for properties of one collection", "只能用于单个数据集");
        return Err(wrong("--filter", &detail));
    }
    let selection = Selection {
        boundary: args.boundary.clone(),
        filter: match &args.filter {
            Some(filter) => {
                let language = cql2::Language::of(None, filter)?;
                Some(cql2::read(language, filter, schema, &Frame::CRS84)?)
            }
            None => None,
        },
        area: bounds(args)?,
        when: When {
            in_force: match &args.datetime {
                Some(time) => Some(text::datetime(time).map_err(|detail| wrong("--datetime", &detail))?),
                None => None,
            },
            known: match &args.known_at {
                Some(time) => Some(text::known_at(time).map_err(|detail| wrong("--known-at", &detail))?),
                None => None,
            },
        },
        ..Selection::of(schema)
    };
    Ok(Request {
        what: if all {
            What::All(Box::new(selection))
        } else {
            What::Collection(Box::new(selection))
        },
        format,
        crs,
        section: args.section.clone(),
        limit: None,
        asked: asked(args),
    })
}

fn bounds(args: &ExportArgs) -> Result<Option<Area>, Failure> {
    let Some(text) = &args.bbox else { return Ok(None) };
    let Some(bounds) = numbers(text) else {
        let detail = Message::new("is not west,south,east,north", "应为西,南,东,北四个数");
        return Err(wrong("--bbox", &detail));
    };
    Ok(Some(area(bounds, &Coordinates::Display).map_err(Failure::Service)?))
}

/// The options that were given, for the log.
fn asked(args: &ExportArgs) -> BTreeMap<String, String> {
    let given = [
        ("boundary", &args.boundary),
        ("section", &args.section),
        ("crs", &args.crs),
        ("filter", &args.filter),
        ("bbox", &args.bbox),
        ("datetime", &args.datetime),
        ("known-at", &args.known_at),
    ];
    given
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .collect()
}

pub async fn run(args: ExportArgs) -> Outcome {
    let request = request(&args)?;
    let config = settings(args.place.flags())?;
    let running = startup::open(&config).await?;
    let bar = progress::records(&args.output.display().to_string());
    let total = Mutex::new(Some(0));
    let seen = |progress: Progress| watch(&bar, &total, progress);
    let written = tokio::select! {
        written = export::to_path(&running.cx, &request, &args.output, seen) => Some(written),
        // What was begun is taken away.
        _ = tokio::signal::ctrl_c() => None,
    };
    bar.finish_and_clear();
    running.stop().await;
    let Some(written) = written else {
        return Err(Failure::fault(
            "the export was stopped; nothing was written",
            "导出已中止，未写入任何内容",
        ));
    };
    let written = written.map_err(Failure::Service)?;
    if args.json {
        println!("{:#}", as_json(&request, &written));
    } else {
        show(&request, &written, language());
    }
    Ok(FINE)
}

/// A bar of as many records as were counted; where counting took too long it only turns.
fn watch(bar: &ProgressBar, total: &Mutex<Option<u64>>, progress: Progress) {
    match progress {
        Progress::Begun(_, counted) => {
            if let Ok(mut total) = total.lock() {
                *total = total.zip(counted).map(|(sum, more)| sum + more);
                match *total {
                    Some(all) => bar.set_length(all),
                    None => bar.unset_length(),
                }
            }
        }
        Progress::Records(more) => bar.inc(more),
    }
}

fn records(written: &Written) -> u64 {
    written.layers.iter().map(|layer| layer.records).sum()
}

fn show(request: &Request, written: &Written, lang: Lang) {
    let said = |en: &str, zh: &str| if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() };
    if written.layers.len() > 1 {
        for layer in &written.layers {
            println!("{:>9} {}", layer.records, layer.collection);
        }
    }
    let title = request.format.title();
    let file = written
        .files
        .first()
        .map(|file| file.display().to_string())
        .unwrap_or_default();
    let (n, bytes) = (records(written), written.bytes);
    println!(
        "{}",
        said(
            &format!("{n} records written to {file} ({title}, {bytes} bytes)"),
            &format!("已将 {n} 条记录写入 {file}（{title}，{bytes} 字节）"),
        )
    );
    for beside in written.files.iter().skip(1) {
        println!("  {} {}", said("beside it", "附带文件"), beside.display());
    }
    for (name, words_zh) in [
        ("version", "版本"),
        ("crs", "坐标系"),
        ("frame", "坐标框架"),
        ("epoch", "历元"),
        ("positions", "位置"),
        ("in_force", "生效时间"),
        ("known_at", "登记时间"),
        ("licence", "许可"),
    ] {
        if let Some((_, text)) = written.statement.iter().find(|(known, _)| *known == name) {
            println!("  {:<10} {text}", said(&name.replace('_', " "), words_zh));
        }
    }
}

fn as_json(request: &Request, written: &Written) -> Value {
    let layers: Vec<Value> = written
        .layers
        .iter()
        .map(|layer| json!({ "collection": layer.collection, "records": layer.records }))
        .collect();
    let statement: Map<String, Value> = written
        .statement
        .iter()
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect();
    json!({
        "files": written.files, "format": request.format.word(), "bytes": written.bytes, "records": records(written),
        "layers": layers, "statement": statement,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_format() {
        for (name, expect) in [
            ("a.gpkg", Some(ExportFormat::GeoPackage)),
            ("a.shp.zip", Some(ExportFormat::Shapefile)),
            ("a.JSON", Some(ExportFormat::GeoJson)),
            ("a.parquet", Some(ExportFormat::GeoParquet)),
            ("a.shp", None),
            ("a.txt", None),
            ("a", None),
        ] {
            assert_eq!(by_name(Path::new(name)), expect, "{name}");
        }
    }

    #[test]
    fn a_box_has_four_numbers_the_south_first() {
        assert_eq!(numbers("-170, 40,-160,45"), Some([-170.0, 40.0, -160.0, 45.0]));
        for bad in ["1,2,3", "1,2,3,x", "1,5,3,4", "1,2,3,inf", ""] {
            assert_eq!(numbers(bad), None, "{bad}");
        }
    }
}
