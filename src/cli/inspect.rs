//! `merestone inspect FILE...`: what files hold, without a database.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::domain::problem::Problem;
use crate::domain::text::{Lang, Message};
use crate::domain::track::Warning;
use crate::service::files::LayerLook;
use crate::service::inspect::{FeatureFile, Held, Inspection, inspect_file};
use crate::service::worker::Worker;

/// Say what files hold: tracks with their points, times and length; layers with their features, fields and reference
/// systems; and whatever is odd in them. Nothing is stored.
#[derive(Debug, Clone, clap::Args)]
pub struct InspectArgs {
    /// Files to look into: GPX (also packed with gzip), GeoPackage, GeoJSON, Shapefile, KML, KMZ, FlatGeobuf, DXF, CSV, zip
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write JSON: one object for one file, an array for several
    #[arg(long)]
    pub json: bool,
}

/// All files were read.
pub const FINE: u8 = 0;
/// At least one file was refused.
pub const REFUSED: u8 = 1;
/// At least one file could not be opened, or the answer not be written.
pub const FAULT: u8 = 2;

/// Inspects each file, writes what it holds to `out` and why it was refused to `err`, and gives the exit code.
///
/// - **Units**: `now` in seconds since 1970.
pub fn run(args: &InspectArgs, now: f64, lang: Lang, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match answer(args, now, lang, out, err) {
        Ok(code) => code,
        // Whoever read the answer has gone; there is nobody left to tell.
        Err(_) => FAULT,
    }
}

fn answer(args: &InspectArgs, now: f64, lang: Lang, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut code = FINE;
    let mut records = Vec::new();
    let worker = Worker::beside_this_program();
    for path in &args.files {
        if let Err(fault) = File::open(path) {
            let said = Message::new("cannot be opened", "无法打开");
            writeln!(err, "{}: {}: {fault}", path.display(), said.get(lang))?;
            code = code.max(FAULT);
            continue;
        }
        let found = inspect_file(&worker, path, now);
        if let Err(problem) = &found {
            writeln!(err, "{}", problem.on_one_line(lang))?;
            code = code.max(REFUSED);
        }
        match found {
            _ if args.json => records.push(Record::of(path, &found)),
            Ok(Held::Track(found)) => write_table(out, &found, lang)?,
            Ok(Held::Features(found)) => write_layers(out, &found, lang)?,
            Err(_) => {}
        }
    }
    if args.json {
        match (records.as_slice(), args.files.as_slice()) {
            ([record], [_]) => serde_json::to_writer_pretty(&mut *out, record)?,
            (records, _) => serde_json::to_writer_pretty(&mut *out, records)?,
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(code)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy())
        .into_owned()
}

/// A moment as RFC 3339, to the microsecond.
fn moment(seconds: f64) -> Option<String> {
    jiff::Timestamp::from_microsecond((seconds * 1e6).round() as i64)
        .ok()
        .map(|moment| moment.to_string())
}

fn write_table(out: &mut dyn Write, found: &Inspection, lang: Lang) -> io::Result<()> {
    let summary = &found.summary;
    writeln!(out, "{}", found.file)?;
    let mut line = |name: &str, value: String| writeln!(out, "  {name:<13} {value}");
    line("sha256", found.sha256_hex())?;
    line("format", format!("{}, {} bytes", found.format, found.bytes))?;
    line("tracks", summary.tracks.to_string())?;
    line("segments", summary.segments.to_string())?;
    line("trackpoints", summary.trackpoints.to_string())?;
    line("timed_points", summary.timed_points.to_string())?;
    line("routes", summary.routes.to_string())?;
    line("routepoints", summary.routepoints.to_string())?;
    line("waypoints", summary.waypoints.to_string())?;
    if let Some([west, south, east, north]) = summary.bbox {
        line(
            "bbox",
            format!("{west} {south} {east} {north}  (west south east north)"),
        )?;
    }
    for (name, time) in [("first_time", summary.first_time), ("last_time", summary.last_time)] {
        if let Some(text) = time.and_then(moment) {
            line(name, text)?;
        }
    }
    line("length_m", format!("{:.3}", summary.length_m))?;
    if summary.rejected > 0 {
        line("rejected", summary.rejected.to_string())?;
    }
    line("warnings", found.warnings.total().to_string())?;
    for warning in found.warnings.kept() {
        match warning.place {
            Some(place) => writeln!(out, "    line {}: {}", place.line, warning.message.get(lang))?,
            None => writeln!(out, "    {}", warning.message.get(lang))?,
        }
    }
    let left_out = found.warnings.total() - found.warnings.kept().len() as u64;
    if left_out > 0 {
        writeln!(out, "    and {left_out} more of the same kinds")?;
    }
    Ok(())
}

fn write_layers(out: &mut dyn Write, found: &FeatureFile, lang: Lang) -> io::Result<()> {
    let look = &found.look;
    writeln!(out, "{}", found.file)?;
    let mut line = |name: &str, value: String| writeln!(out, "  {name:<13} {value}");
    line("sha256", found.sha256_hex())?;
    line("format", format!("{}, {} bytes", look.format, found.bytes))?;
    for entry in &look.entries {
        line("entry", entry.clone())?;
    }
    for layer in &look.layers {
        line("layer", layer.layer.name.clone())?;
        line("  features", layer.features.to_string())?;
        for (kind, n) in &layer.kinds {
            let kind = if kind.is_empty() { "no geometry" } else { kind };
            line("  geometry", format!("{kind} {n}"))?;
        }
        for (name, n) in &layer.drawn_on {
            line("  drawn on", format!("{name} {n}"))?;
        }
        if layer.layer.geometry.is_some() {
            let name = layer.system_name().unwrap_or_default();
            let code = layer.layer.system.code().unwrap_or("unknown");
            line("  crs", format!("{code} {name}").trim_end().to_owned())?;
        }
        if let Some([west, south, east, north]) = layer.bounds {
            line(
                "  bbox",
                format!("{west} {south} {east} {north}  (west south east north)"),
            )?;
        }
        for column in &layer.layer.columns {
            line("  field", format!("{} {}", column.name, column.kind.word()))?;
        }
    }
    line("warnings", look.warnings.len().to_string())?;
    for warning in &look.warnings {
        writeln!(out, "    {}", warning.get(lang))?;
    }
    Ok(())
}

/// One file in the JSON answer. A refused file has `problem` and nothing else beside its name.
#[derive(Serialize)]
struct Record {
    file: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    features: Option<FoundFeatures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Refusal>,
}

#[derive(Serialize)]
struct Found {
    sha256: String,
    bytes: u64,
    format: String,
    tracks: u64,
    segments: u64,
    trackpoints: u64,
    timed_points: u64,
    routes: u64,
    routepoints: u64,
    waypoints: u64,
    bbox: Option<[f64; 4]>,
    first_time: Option<String>,
    last_time: Option<String>,
    length_m: f64,
    rejected: u64,
    warnings: Vec<Told>,
    warnings_total: u64,
}

/// A file of features.
#[derive(Serialize)]
struct FoundFeatures {
    sha256: String,
    bytes: u64,
    format: String,
    layers: Vec<FoundLayer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<String>,
    warnings: Vec<Told>,
    warnings_total: u64,
}

#[derive(Serialize)]
struct FoundLayer {
    name: String,
    /// As the file declares it.
    geometry: Option<String>,
    features: u64,
    /// Features by the kind of their geometry, as found; without one under `none`.
    kinds: std::collections::BTreeMap<String, u64>,
    /// A code, or null where the file does not say.
    crs: Option<String>,
    crs_name: Option<String>,
    bbox: Option<[f64; 4]>,
    fields: Vec<FoundField>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    drawn_on: std::collections::BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct FoundField {
    name: String,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Told {
    kind: &'static str,
    #[serde(flatten)]
    place: Option<Where>,
    message_en: String,
    message_zh: String,
}

#[derive(Serialize)]
struct Where {
    line: u64,
    column: u64,
    byte: u64,
}

#[derive(Serialize)]
struct Refusal {
    r#type: String,
    title: String,
    detail: String,
    remedy: String,
    #[serde(flatten)]
    place: Option<Where>,
    detail_zh: String,
    remedy_zh: String,
}

impl Record {
    fn of(path: &Path, outcome: &Result<Held, Problem>) -> Self {
        let (mut found, mut features) = (None, None);
        match outcome {
            Ok(Held::Track(track)) => found = Some(Found::of(track)),
            Ok(Held::Features(file)) => features = Some(FoundFeatures::of(file)),
            Err(_) => {}
        }
        Self {
            file: name_of(path),
            found,
            features,
            problem: outcome.as_ref().err().map(Refusal::of),
        }
    }
}

impl FoundFeatures {
    fn of(found: &FeatureFile) -> Self {
        let warnings: Vec<Told> = found.look.warnings.iter().map(Told::of_file).collect();
        Self {
            sha256: found.sha256_hex(),
            bytes: found.bytes,
            format: found.look.format.clone(),
            layers: found.look.layers.iter().map(FoundLayer::of).collect(),
            entries: found.look.entries.clone(),
            warnings_total: warnings.len() as u64,
            warnings,
        }
    }
}

impl FoundLayer {
    fn of(found: &LayerLook) -> Self {
        let kinds = found.kinds.iter().map(|(kind, n)| {
            let kind = if kind.is_empty() { "none" } else { kind };
            (kind.to_owned(), *n)
        });
        let fields = found.layer.columns.iter().map(|column| FoundField {
            name: column.name.clone(),
            r#type: column.kind.word(),
        });
        Self {
            name: found.layer.name.clone(),
            geometry: found.layer.geometry.clone(),
            features: found.features,
            kinds: kinds.collect(),
            crs: found.layer.system.code().map(str::to_owned),
            crs_name: found.system_name(),
            bbox: found.bounds,
            fields: fields.collect(),
            drawn_on: found.drawn_on.clone(),
        }
    }
}

impl Found {
    fn of(found: &Inspection) -> Self {
        let summary = &found.summary;
        Self {
            sha256: found.sha256_hex(),
            bytes: found.bytes,
            format: found.format.clone(),
            tracks: summary.tracks,
            segments: summary.segments,
            trackpoints: summary.trackpoints,
            timed_points: summary.timed_points,
            routes: summary.routes,
            routepoints: summary.routepoints,
            waypoints: summary.waypoints,
            bbox: summary.bbox,
            first_time: summary.first_time.and_then(moment),
            last_time: summary.last_time.and_then(moment),
            // A millimetre is less than any receiver knows.
            length_m: (summary.length_m * 1000.0).round() / 1000.0,
            rejected: summary.rejected,
            warnings: found.warnings.kept().iter().map(Told::of).collect(),
            warnings_total: found.warnings.total(),
        }
    }
}

impl Told {
    /// Of a file as a whole.
    fn of_file(message: &Message) -> Self {
        Self {
            kind: "file-odd",
            place: None,
            message_en: message.en.clone(),
            message_zh: message.zh.clone(),
        }
    }

    fn of(warning: &Warning) -> Self {
        Self {
            kind: warning.kind,
            place: warning.place.map(Where::of),
            message_en: warning.message.en.clone(),
            message_zh: warning.message.zh.clone(),
        }
    }
}

impl Where {
    const fn of(place: crate::domain::problem::Place) -> Self {
        Self {
            line: place.line,
            column: place.column,
            byte: place.byte,
        }
    }
}

impl Refusal {
    fn of(problem: &Problem) -> Self {
        Self {
            r#type: format!("/problems/{}", problem.code.slug()),
            title: problem.code.title().en,
            detail: problem.detail.en.clone(),
            remedy: problem.remedy.en.clone(),
            place: problem.place.map(Where::of),
            detail_zh: problem.detail.zh.clone(),
            remedy_zh: problem.remedy.zh.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files, their exit code, and what was written to both streams.
    fn check(files: &[(&str, &str)], json: bool) -> (u8, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let files = files
            .iter()
            .map(|(name, text)| {
                let path = folder.path().join(name);
                if !text.is_empty() {
                    std::fs::write(&path, text).unwrap();
                }
                path
            })
            .collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(
            &InspectArgs { files, json },
            1_795_392_000.0,
            Lang::En,
            &mut out,
            &mut err,
        );
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    const GPX: &str = "<gpx version='1.1' xmlns='http://www.topografix.com/GPX/1/1'><trk><trkseg>\
        <trkpt lat='42.5' lon='130.5'><time>2024-01-01T00:00:00.25Z</time></trkpt>\
        <trkpt lat='42.501' lon='130.5'/><trkpt lat='99' lon='130.5'/></trkseg></trk></gpx>";

    #[test]
    fn one_file_is_one_object() {
        let (code, out, err) = check(&[("a.gpx", GPX)], true);
        assert_eq!((code, err.as_str()), (FINE, ""));
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["file"], "a.gpx");
        assert_eq!(told["format"], "gpx 1.1");
        assert_eq!(told["bytes"], GPX.len());
        assert_eq!(told["trackpoints"], 2);
        assert_eq!(told["timed_points"], 1);
        assert_eq!(told["rejected"], 1);
        assert_eq!(told["bbox"], serde_json::json!([130.5, 42.5, 130.5, 42.501]));
        assert_eq!(told["first_time"], "2024-01-01T00:00:00.25Z");
        // A thousandth of a degree of the meridian at 42.5 degrees north.
        assert_eq!(told["length_m"], 111.083);
        assert_eq!(told["warnings"][0]["kind"], "fix-rejected");
        assert_eq!(told["warnings"][0]["line"], 1);
        assert_eq!(told["warnings_total"], 2);
        assert_eq!(told["problem"], serde_json::Value::Null);
    }

    #[test]
    fn several_files_are_an_array_and_one_refusal_is_exit_code_1() {
        let (code, out, err) = check(&[("a.gpx", GPX), ("b.gpx", "a letter")], true);
        assert_eq!(code, REFUSED);
        assert!(err.starts_with("b.gpx: "), "{err}");
        let told: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told[0]["file"], "a.gpx");
        assert_eq!(told[1]["problem"]["type"], "/problems/format-unknown");
        assert_eq!(told[1].get("sha256"), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_exit_code_2() {
        let (code, out, err) = check(&[("absent.gpx", ""), ("a.gpx", GPX)], false);
        assert_eq!(code, FAULT);
        assert!(err.contains("absent.gpx"));
        assert!(out.contains("length_m      111.083"), "{out}");
        assert!(
            out.contains("line 1: A position was rejected: the latitude is \"99\""),
            "{out}"
        );
    }
}
