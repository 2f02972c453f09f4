//! `merestone check`: the checks over plain files.

use std::io::Write;
use std::path::PathBuf;

use super::import::{mapping, pairs};
use super::{FINE, FOUND, Failure, Outcome, language};
use crate::domain::finding::{CheckCode, Verdict};
use crate::domain::text::Lang;
use crate::service::Clock;
use crate::service::check::files::{Answer, Request, check};

#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The boundary line, or its segments: GeoJSON
    #[arg(long, required = true, value_name = "LINE")]
    line: Vec<PathBuf>,
    /// Markers: CSV or GeoJSON, one row an element
    #[arg(long, value_name = "MARKERS")]
    markers: Vec<PathBuf>,
    /// Walked tracks: GPX, also packed with gzip
    #[arg(long, value_name = "TRACK")]
    track: Vec<PathBuf>,
    /// Planned routes: GeoJSON
    #[arg(long, value_name = "ROUTE")]
    route: Vec<PathBuf>,
    /// Project footprints: GeoJSON
    #[arg(long, value_name = "PROJECT")]
    project: Vec<PathBuf>,
    /// Further tracks
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,
    /// Reference system of line and markers, and so of the check [default: EPSG:4326]
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Coordinate epoch of the line, as a decimal year
    #[arg(long, value_name = "YEAR")]
    epoch: Option<f64>,
    /// Plate on which the boundary stands (EURA, PCFC, ...), to bring tracks to the line's epoch
    #[arg(long, value_name = "PLATE")]
    plate: Option<String>,
    /// Columns of the file for fields of the register: field=column,...
    #[arg(long, value_name = "MAP", value_parser = pairs)]
    map: Option<String>,
    /// Values for fields that the file has not: field=value,...
    #[arg(long, value_name = "SET", value_parser = pairs)]
    set: Option<String>,
    /// Only these checks, such as C02,C12
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = code)]
    only: Vec<CheckCode>,
    /// How to answer: text, geojson (opens in a GIS) or json (summary only)
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "geojson", "json"])]
    format: String,
}

fn code(word: &str) -> Result<CheckCode, String> {
    CheckCode::from_word(&word.to_uppercase()).ok_or_else(|| {
        let words: Vec<&str> = CheckCode::ALL.iter().map(|code| code.word()).collect();
        format!("use some of {}", words.join(","))
    })
}

pub fn run(args: &CheckArgs) -> Outcome {
    let request = Request {
        lines: args.line.clone(),
        markers: args.markers.clone(),
        tracks: args.track.iter().chain(&args.files).cloned().collect(),
        routes: args.route.clone(),
        projects: args.project.clone(),
        crs: args.crs.clone(),
        epoch: args.epoch,
        plate: args.plate.clone(),
        mapping: mapping(args.map.as_deref(), args.set.as_deref()),
        only: args.only.clone(),
    };
    let answer = check(&request, Clock::system().now())?;
    let out = &mut std::io::stdout().lock();
    let written = match args.format.as_str() {
        "geojson" => writeln!(out, "{}", answer.geojson()),
        "json" => writeln!(out, "{:#}", answer.summary()),
        _ => text(out, &answer, language()),
    };
    // A reader that has gone away (a pager, `head`) is no fault.
    match written {
        Err(fault) if fault.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(Failure::fault(
                format!("the answer cannot be written: {fault}"),
                format!("无法写出结果：{fault}"),
            ));
        }
        _ => {}
    }
    let all_well = answer.findings.iter().all(|finding| finding.verdict == Verdict::Pass);
    Ok(if all_well { FINE } else { FOUND })
}

fn text(out: &mut impl Write, answer: &Answer, lang: Lang) -> std::io::Result<()> {
    let zh = lang == Lang::Zh;
    writeln!(out, "{}: {}", if zh { "框架" } else { "Frame" }, answer.frame)?;
    if let Some(way) = &answer.way {
        writeln!(out, "{}: {way}", if zh { "轨迹转换" } else { "Tracks" })?;
    }
    for finding in answer.findings.iter().filter(|f| f.verdict != Verdict::Pass) {
        let verdict = match (finding.verdict, zh) {
            (Verdict::Fail, false) => "FAIL        ",
            (Verdict::Fail, true) => "不合格",
            (Verdict::Inconclusive, false) => "INCONCLUSIVE",
            (Verdict::Inconclusive, true) => "无法判定",
            (Verdict::Pass, false) => "pass",
            (Verdict::Pass, true) => "合格",
        };
        write!(out, "{} {verdict} {}", finding.check.word(), finding.message.get(lang))?;
        if let (Some(uncertainty), Some(tolerance)) = (finding.uncertainty_95, finding.tolerance) {
            write!(out, " (U95 {uncertainty:.3}, T {tolerance} {})", finding.unit.symbol())?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    for (code, [pass, inconclusive, fail]) in answer.counts() {
        let title = code.title();
        if zh {
            writeln!(
                out,
                "{} {}：合格 {pass}，无法判定 {inconclusive}，不合格 {fail}",
                code.word(),
                title.zh
            )?;
        } else {
            writeln!(
                out,
                "{} {:<32} {pass} pass, {inconclusive} inconclusive, {fail} fail",
                code.word(),
                title.en
            )?;
        }
    }
    for (code, why) in &answer.not_applicable {
        writeln!(
            out,
            "{} {}",
            code.word(),
            if zh {
                format!("未执行：{}", why.zh)
            } else {
                format!("not run: {}", why.en)
            }
        )?;
    }
    Ok(())
}
