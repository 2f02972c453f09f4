//! Recordings of receivers in formats other than GPX: real files against the facts that gpsbabel found.

use std::fs::File;

use merestone::domain::track::FixKind;
use merestone::format::inspect::inspect;
use merestone::format::limits::Limits;
use merestone::format::track::{self, Options, TrackEvent};

use crate::support::shared;

const OPTIONS: Options = Options {
    now: Some(4_102_444_800.0),
    limits: Limits::DEFAULT,
};

/// Where we read a file otherwise than gpsbabel did, and why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    // The years 98 and 99 of a file that tests dates: 1998 and 1999 to us, since there was no GPS time before 1980.
    ("nmea/gb_nmeadate.nmea", "first_time", "1998-08-07T03:29:08.379Z"),
    ("nmea/gb_nmeadate.nmea", "last_time", "2002-12-31T23:59:59.999Z"),
    // gpsbabel gives the last moment of these the position of the one before: its length lacks exactly the last step.
    ("nmea/crate_nmea1.log", "geodesic_length_m", "14415.725"),
    ("nmea/gpsd_ublox-zed-f9p-nmea.log", "geodesic_length_m", "0.955"),
    ("nmea/gpsd_ublox-zed-f9p-nmea.log", "maxlat", "-45.8775655"),
    // No sentence names a date: gpsbabel leaves all of it out, here the positions stay and the day is asked for.
    ("nmea/gb_adddate.nmea", "tracks", "1"),
    ("nmea/gb_adddate.nmea", "segments", "1"),
    ("nmea/gb_adddate.nmea", "trackpoints", "500"),
    ("nmea/gb_adddate.nmea", "geodesic_length_m", ""),
];

#[test]
fn real_recordings_hold_what_another_tool_found() {
    let Some(manifest) = shared("tracks/MANIFEST.tsv") else {
        return;
    };
    let table = std::fs::read_to_string(&manifest).unwrap();
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let (mut rows, mut faults) = (0, Vec::new());
    for line in lines.filter(|line| line.starts_with("nmea/")) {
        rows += 1;
        let cells: Vec<&str> = line.split('\t').collect();
        let file = cells[0];
        let cell = |name: &str| {
            let told = DIFFERENT.iter().find(|(of, column, _)| (*of, *column) == (file, name));
            told.map_or_else(
                || cells[columns.iter().position(|column| *column == name).unwrap()],
                |(_, _, ours)| ours,
            )
        };
        let path = manifest.parent().unwrap().join(file);
        let found = inspect(File::open(path).unwrap(), file, OPTIONS).unwrap_or_else(|problem| panic!("{problem}"));
        let summary = &found.summary;
        for (column, count) in [
            ("tracks", summary.tracks),
            ("segments", summary.segments),
            ("trackpoints", summary.trackpoints),
            ("timed_points", summary.timed_points),
            ("waypoints", summary.waypoints),
        ] {
            if count.to_string() != cell(column) {
                faults.push(format!("{file}: {column} {count}, not {}", cell(column)));
            }
        }
        let mut near = |column: &str, ours: Option<f64>, tolerance: f64| {
            if let Ok(expected) = cell(column).parse::<f64>()
                && ours.is_none_or(|ours| (ours - expected).abs() > tolerance)
            {
                faults.push(format!("{file}: {column} {ours:?}, not {expected}"));
            }
        };
        // gpsbabel printed nine decimals of a degree, 0.1 mm, and so the length is its sum of rounded steps.
        for (i, column) in ["minlon", "minlat", "maxlon", "maxlat"].into_iter().enumerate() {
            near(column, summary.bbox.map(|bbox| bbox[i]), 0.51e-9);
        }
        near("geodesic_length_m", Some(summary.length_m), 0.01);
        for (column, time) in [("first_time", summary.first_time), ("last_time", summary.last_time)] {
            let expected = cell(column).parse::<jiff::Timestamp>().ok();
            if time.map(|time| (time * 1e6).round() as i64) != expected.map(jiff::Timestamp::as_microsecond) {
                faults.push(format!("{file}: {column} {time:?}, not {expected:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rows >= 9, "only {rows} recordings in the manifest");
}

/// How many fixes of each kind a file has.
fn kinds(file: &str) -> Option<Vec<(FixKind, usize)>> {
    let path = shared(file)?;
    let mut reader = track::open(File::open(path).unwrap(), OPTIONS).unwrap().reader;
    let mut counts = FixKind::ALL.map(|kind| (kind, 0));
    while let Some(event) = reader.next_event().unwrap() {
        if let TrackEvent::Fix(fix) = event {
            counts[fix.quality.kind as usize].1 += 1;
        }
    }
    Some(counts.into_iter().filter(|(_, n)| *n > 0).collect())
}

#[test]
fn each_fix_keeps_the_solution_its_receiver_had() {
    if let Some(kinds) = kinds("bad/nmea_mixed.nmea") {
        assert_eq!(kinds, [(FixKind::ThreeD, 1), (FixKind::Float, 1), (FixKind::Fixed, 1)]);
    }
    if let Some(kinds) = kinds("tracks/nmea/gpsd_nmea-rtk.log") {
        let of = |kind| kinds.iter().find(|(k, _)| *k == kind).map_or(0, |(_, n)| *n);
        assert!(of(FixKind::Fixed) > 0 && of(FixKind::Differential) > 0, "{kinds:?}");
    }
}
