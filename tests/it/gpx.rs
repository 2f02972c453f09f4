//! What a GPX file holds: real files against the facts that independent tools found, and hostile files.
//!
//! The files stand beside the package, in `shared/data`, and are not copied here because of their licences. Where they
//! are absent the tests say so and pass.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use merestone::domain::problem::{Code, Problem};
use merestone::domain::text::Message;
use merestone::format::inspect::{Inspection, inspect};
use merestone::format::limits::Limits;
use merestone::format::track::{self, Options, TrackEvent};

use crate::support::shared;

/// 2026-11-23T00:00:00Z.
const NOW: f64 = 1_795_392_000.0;

const OPTIONS: Options = Options {
    now: Some(NOW),
    limits: Limits::DEFAULT,
};

fn inspect_file(path: &Path) -> Result<Inspection, Problem> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    inspect(File::open(path).unwrap(), &name, OPTIONS)
}

fn speaks(message: &Message) {
    assert!(!message.en.is_empty() && !message.zh.is_empty(), "{message:?}");
    assert!(
        message.zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)),
        "{message:?}"
    );
}

/// What independent tools found in each file; an empty column is not known.
#[test]
fn real_files_hold_what_other_tools_found() {
    let Some(manifest) = shared("tracks/MANIFEST.tsv") else {
        return;
    };
    let table = std::fs::read_to_string(&manifest).unwrap();
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let mut rows = 0;
    for line in lines.filter(|line| line.starts_with("gpx/")) {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |name: &str| cells[columns.iter().position(|column| *column == name).unwrap()];
        let file = cell("file");
        let outcome = inspect_file(&manifest.parent().unwrap().join(file));
        rows += 1;
        if cell("bytes") == "0" {
            assert_eq!(outcome.unwrap_err().code, Code::FileEmpty, "{file}");
            continue;
        }
        let found = outcome.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(found.bytes.to_string(), cell("bytes"), "{file}");
        assert!(found.sha256_hex().starts_with(cell("sha256_16")), "{file}");
        let summary = &found.summary;
        // The manifest counts two points at latitudes 100 and 200, which are no positions, and lets them widen the box.
        let impossible = file == "gpx/opentracks_legacy_gpx_pause_resume.gpx";
        assert_eq!(summary.rejected, if impossible { 2 } else { 0 }, "{file}");
        let counts = [
            ("tracks", summary.tracks),
            ("segments", summary.segments),
            ("trackpoints", summary.trackpoints + summary.rejected),
            ("timed_points", summary.timed_points + summary.rejected),
            ("routes", summary.routes),
            ("routepoints", summary.routepoints),
            ("waypoints", summary.waypoints),
        ];
        for (column, count) in counts.into_iter().filter(|(column, _)| !cell(column).is_empty()) {
            assert_eq!(count.to_string(), cell(column), "{file}: {column}");
        }
        if impossible {
            assert_eq!(summary.bbox, Some([14.0, 3.0, 14.003, 3.0]), "{file}");
        } else if !cell("minlon").is_empty() {
            let printed = ["minlon", "minlat", "maxlon", "maxlat"].map(|column| cell(column).parse::<f64>().unwrap());
            let digits = ["minlon", "minlat", "maxlon", "maxlat"]
                .map(|column| cell(column).split_once('.').map_or(0, |(_, fraction)| fraction.len()));
            let bbox = summary.bbox.unwrap();
            for i in 0..4 {
                let n = digits[i];
                assert_eq!(
                    format!("{:.n$}", bbox[i]),
                    format!("{:.n$}", printed[i]),
                    "{file}: bbox {i}"
                );
            }
        } else if cell("trackpoints") == "0" {
            assert_eq!(summary.bbox, None, "{file}");
        }
        for (column, time) in [("first_time", summary.first_time), ("last_time", summary.last_time)] {
            if !cell(column).is_empty() {
                let text = cell(column).trim_end_matches('Z').to_owned() + "Z";
                let expected: jiff::Timestamp = text.parse().unwrap();
                let expected = expected.as_microsecond();
                assert_eq!(
                    time.map(|time| (time * 1e6).round() as i64),
                    Some(expected),
                    "{file}: {column}"
                );
            } else if cell("timed_points") == "0" {
                assert_eq!(time, None, "{file}: {column}");
            }
        }
        if !cell("geodesic_length_m").is_empty() {
            let expected: f64 = cell("geodesic_length_m").parse().unwrap();
            let off = (summary.length_m - expected).abs();
            // Half a unit of the last printed digit, and the order of summation over long tracks.
            assert!(
                off <= 0.000_51 + 1e-9 * expected,
                "{file}: {} is not {expected}",
                summary.length_m
            );
        }
        for warning in found.warnings.kept() {
            speaks(&warning.message);
        }
    }
    assert!(rows >= 40, "only {rows} rows of GPX in the manifest");
}

/// The whole file as events.
fn read_all(path: &Path) -> (Vec<TrackEvent>, merestone::domain::track::Warnings) {
    let mut reader = track::open(File::open(path).unwrap(), OPTIONS).unwrap().reader;
    let mut events = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        events.push(event);
    }
    (events, reader.into_warnings())
}

/// A refusal that a person can act on.
fn refused(file: &str, code: Code) -> Option<Problem> {
    let path = shared(&format!("bad/{file}"))?;
    let problem = inspect_file(&path).unwrap_err();
    assert_eq!(problem.code, code, "{file}: {problem}");
    assert_eq!(problem.file.as_deref(), Some(file));
    speaks(&problem.detail);
    speaks(&problem.remedy);
    Some(problem)
}

#[test]
fn a_bad_position_is_rejected_with_its_value() {
    let Some(path) = shared("bad/bad_coords.gpx") else {
        return;
    };
    let found = inspect_file(&path).unwrap();
    assert_eq!((found.summary.trackpoints, found.summary.rejected), (2, 7));
    assert_eq!(found.summary.bbox, Some([130.5, 42.5, 130.6, 42.6]));
    let rejected: Vec<_> = found
        .warnings
        .kept()
        .iter()
        .filter(|w| w.kind == "fix-rejected")
        .collect();
    let values = ["91", "200", "NaN", "inf", "\"\"", "42,5", "1e400"];
    assert_eq!(rejected.len(), values.len());
    for (warning, value) in rejected.iter().zip(values) {
        assert_eq!(warning.place.unwrap().line, 1);
        assert!(warning.message.en.contains(value), "{value}: {}", warning.message.en);
        speaks(&warning.message);
    }
    assert!(rejected[5].message.en.contains("comma"), "{}", rejected[5].message.en);
}

#[test]
fn entities_are_never_expanded() {
    for file in ["billion_laughs.gpx", "xxe_file.gpx"] {
        let Some(problem) = refused(file, Code::FileForbiddenContent) else {
            return;
        };
        assert_eq!(problem.place.unwrap().line, 1);
        assert_eq!(problem.place.unwrap().byte, 21, "where the document type begins");
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        assert!(host.trim().is_empty() || !format!("{problem:?}").contains(host.trim()));
    }
}

#[test]
fn deep_nesting_is_refused() {
    let Some(problem) = refused("deep_xml.gpx", Code::FileTooDeep) else {
        return;
    };
    assert_eq!(problem.place.unwrap().line, 1);
}

#[test]
fn a_file_is_what_its_content_says() {
    if let Some(problem) = refused("wrong_type.gpx", Code::FormatUnknown) {
        assert!(problem.detail.en.contains("PNG"), "{}", problem.detail.en);
    }
    if let Some(problem) = refused("local_file.vrt", Code::FormatUnknown) {
        assert!(problem.detail.en.contains("OGRVRTDataSource"), "{}", problem.detail.en);
    }
    for (file, kind) in [
        ("zip_bomb.kmz", "zip"),
        ("nan.geojson", "JSON"),
        ("truncated.gpkg", "SQLite"),
    ] {
        let Some(problem) = refused(file, Code::FormatUnknown) else {
            return;
        };
        assert!(problem.detail.en.contains(kind), "{file}: {}", problem.detail.en);
    }
}

/// None of the broken files, of whatever format, does harm.
#[test]
fn every_bad_file_has_an_answer() {
    let Some(folder) = shared("bad/MANIFEST.tsv") else {
        return;
    };
    let mut files = 0;
    for entry in std::fs::read_dir(folder.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let begun = Instant::now();
        let outcome = inspect_file(&path);
        assert!(
            begun.elapsed().as_secs_f64() < 1.0,
            "{}: {:?}",
            path.display(),
            begun.elapsed()
        );
        let tracks = ["gpx", "nmea"];
        if path
            .extension()
            .is_none_or(|own| tracks.iter().all(|read| own != *read))
        {
            assert_eq!(outcome.unwrap_err().code, Code::FormatUnknown, "{}", path.display());
        }
        files += 1;
    }
    assert!(files > 30);
}

#[test]
fn markup_in_a_name_is_text_and_a_script_is_no_link() {
    let Some(path) = shared("bad/html_inject.gpx") else {
        return;
    };
    let (events, warnings) = read_all(&path);
    let [TrackEvent::Waypoint(point)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(point.name.as_deref(), Some("<img src=x onerror=alert(1)>"));
    assert_eq!(point.description.as_deref(), Some("<script>alert(1)</script>"));
    assert_eq!(point.link, None);
    assert_eq!(warnings.of("link-dropped"), 1);
}

#[test]
fn odd_times_are_told_and_impossible_ones_left_out() {
    let Some(path) = shared("bad/time_disorder.gpx") else {
        return;
    };
    let (events, warnings) = read_all(&path);
    let times: Vec<Option<f64>> = events
        .iter()
        .filter_map(|event| match event {
            TrackEvent::Fix(fix) => Some(fix.time),
            _ => None,
        })
        .collect();
    let new_year = 1_704_067_200.0;
    assert_eq!(
        times,
        [
            Some(new_year),
            Some(new_year + 20.0),
            Some(new_year + 10.0),
            None,
            Some(0.0),
            Some(new_year + 30.0),
            Some(3_913_142_400.0),
        ]
    );
    for kind in [
        "time-backwards",
        "time-malformed",
        "time-before-gps",
        "time-future",
        "time-missing",
    ] {
        assert_eq!(warnings.of(kind), 1, "{kind}: {:?}", warnings.counts());
    }
    assert_eq!(warnings.total(), 5);
    let malformed = warnings.kept().iter().find(|w| w.kind == "time-malformed").unwrap();
    assert!(malformed.message.en.contains("2024-13-40T99:99:99Z"));
}

#[test]
fn a_cut_file_gives_what_is_complete_and_says_where_it_ends() {
    let Some(path) = shared("bad/truncated.gpx") else {
        return;
    };
    let bytes = std::fs::read(&path).unwrap();
    let complete = String::from_utf8_lossy(&bytes).matches("</trkpt>").count() as u64;
    let found = inspect_file(&path).unwrap();
    assert_eq!(found.summary.trackpoints, complete);
    let cut = found.warnings.kept().iter().find(|w| w.kind == "file-cut").unwrap();
    assert_eq!(
        (cut.place.unwrap().line, cut.place.unwrap().byte),
        (1, bytes.len() as u64)
    );
    for text in [&cut.message.en, &cut.message.zh] {
        assert!(text.contains(&bytes.len().to_string()), "{text}");
    }
    speaks(&cut.message);
}

#[test]
fn utf_16_is_read() {
    let Some(path) = shared("bad/utf16.gpx") else { return };
    let (events, warnings) = read_all(&path);
    let [TrackEvent::Waypoint(point)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(point.name.as_deref(), Some("界碑"));
    assert_eq!(warnings.total(), 0);
}

#[test]
fn the_shifted_track_and_the_true_one_are_both_read() {
    for file in ["gcj02_hunchun.gpx", "gcj02_hunchun_plain.gpx"] {
        let Some(path) = shared(&format!("bad/{file}")) else {
            return;
        };
        let found = inspect_file(&path).unwrap();
        assert_eq!((found.summary.trackpoints, found.summary.rejected), (60, 0), "{file}");
    }
}

const MEASURED: &str = "MERESTONE_TEST_MEASURED_FILE";

/// Memory is measured in a process that reads one file and nothing else: this very test, told the file's name.
#[test]
fn memory_does_not_grow_with_the_file() {
    if let Some(path) = std::env::var_os(MEASURED) {
        let _ = inspect_file(Path::new(&path));
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        println!("\npeak KiB {}", peak.trim().trim_end_matches("kB").trim());
        return;
    }
    let Some(small) = shared("tracks/gpx/josm_single_trackpoint.gpx") else {
        return;
    };
    let floor = peak_kib(&small);
    for file in [
        "bad/billion_laughs.gpx",
        "bad/deep_xml.gpx",
        "tracks/gpx/huge_geolife_a_x4.gpx.gz",
    ] {
        let Some(path) = shared(file) else { return };
        let grown = peak_kib(&path).saturating_sub(floor);
        eprintln!("{file}: {grown} KiB more than a file of one point");
        assert!(grown < 8 << 10, "{file}: {grown} KiB");
    }
}

/// The greatest resident size of a process that inspects `path`, in KiB.
fn peak_kib(path: &Path) -> u64 {
    let program = std::env::current_exe().unwrap();
    let child = Command::new(program)
        .args(["--exact", "gpx::memory_does_not_grow_with_the_file", "--nocapture"])
        .env(MEASURED, path)
        .output()
        .unwrap();
    assert!(child.status.success());
    let told = String::from_utf8_lossy(&child.stdout).into_owned();
    let line = told.lines().find_map(|line| line.strip_prefix("peak KiB ")).unwrap();
    line.parse().unwrap()
}
