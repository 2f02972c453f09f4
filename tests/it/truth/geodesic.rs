//! Geodesics and rhumb lines against GeographicLib.

use std::fs;
use std::path::{Path, PathBuf};

use merestone::geom::ellipsoid::Ellipsoid;
use merestone::geom::line::GeodesicLine;
use merestone::geom::rhumb::rhumb;
use merestone::unit::LonLat;

use super::{Worst, at, golden};
use crate::support::shared;

/// The exact geodesics of the tables and the series used here differ by some 15 nm at most.
const DISTANCE_M: f64 = 3e-8;

/// Where the direct problem ends, and how far apart two directions lead at the far end: the tables print azimuths to
/// 1e-14 degrees and distances to a nanometre.
const PLACE_M: f64 = 1e-7;

/// What a table's tenth of a micrometre leaves open.
const PRINTED_TENTH_MICROMETRE_M: f64 = 8e-8;

/// One line of a table: latitude, longitude, azimuth of both ends, distance, and (where the line has it) the reduced
/// length, which says how far apart two directions lead.
struct Truth {
    from: LonLat,
    azimuth_start: f64,
    to: LonLat,
    azimuth_end: f64,
    distance: f64,
    reduced: f64,
}

fn table(path: &Path, columns: usize) -> Vec<Truth> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| {
            let v: Vec<f64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
            assert_eq!(v.len(), columns, "{line}");
            Truth {
                from: at(v[1], v[0]),
                azimuth_start: v[2],
                to: at(v[4], v[3]),
                azimuth_end: v[5],
                distance: v[6],
                reduced: v[8],
            }
        })
        .collect()
}

fn turn(a: f64, b: f64) -> f64 {
    ((a - b + 540.0).rem_euclid(360.0) - 180.0).abs()
}

/// Compares one table with the code under test.
fn check(earth: &Ellipsoid, path: &Path, columns: usize, distance_m: f64) {
    let name = path.file_name().unwrap().to_string_lossy();
    let rows = table(path, columns);
    let [mut distance, mut azimuth, mut place, mut course] = std::array::from_fn::<Worst, 4, _>(|_| Worst::default());
    for (n, row) in rows.iter().enumerate() {
        let line = || format!("line {}", n + 1);
        let inverse = earth.inverse(row.from, row.to);
        distance.take((inverse.distance - row.distance).abs(), line);
        distance.take((earth.distance(row.from, row.to) - row.distance).abs(), line);
        // Between points that are nearly antipodal a small step turns the azimuth far; what counts is where it leads.
        let lever = |degrees: f64| degrees.to_radians() * row.reduced.abs();
        azimuth.take(lever(turn(inverse.azimuth_start, row.azimuth_start)), line);
        azimuth.take(lever(turn(inverse.azimuth_end, row.azimuth_end)), line);
        let direct = earth.direct(row.from, row.azimuth_start, row.distance);
        place.take(earth.distance(direct.position, row.to), line);
        course.take(lever(turn(direct.azimuth, row.azimuth_end)), line);
    }
    println!(
        "{name}: {} lines; worst distance {:.1e} m, azimuth {:.1e} m, direct {:.1e} m, its azimuth {:.1e} m",
        rows.len(),
        distance.value,
        azimuth.value,
        place.value,
        course.value
    );
    distance.at_most(distance_m, &format!("{name}: distance"));
    azimuth.at_most(PLACE_M, &format!("{name}: azimuth"));
    place.at_most(PLACE_M, &format!("{name}: direct"));
    course.at_most(PLACE_M, &format!("{name}: azimuth of the direct problem"));
}

fn earths() -> [(&'static str, Ellipsoid); 3] {
    [
        ("wgs84", Ellipsoid::wgs84()),
        // CGCS2000's ellipsoid has the flattening of GRS 1980 to all digits that the national standard states.
        ("cgcs2000", Ellipsoid::grs80()),
        ("krassowsky", Ellipsoid::krassowsky()),
    ]
}

#[test]
fn geodesics_are_those_of_geographiclib() {
    for (name, earth) in earths() {
        for kind in ["global", "jilin"] {
            let path = golden(&format!("geodesic_{kind}_{name}.txt"));
            assert!(table(&path, 12).len() >= 40);
            check(&earth, &path, 12, DISTANCE_M);
        }
    }
}

#[test]
fn geodesics_are_those_of_the_published_test_set() {
    let path = golden("GeodTest-100-half.dat");
    assert_eq!(table(&path, 10).len(), 50);
    check(&Ellipsoid::wgs84(), &path, 10, PRINTED_TENTH_MICROMETRE_M);
}

#[test]
fn shared_geodesics_agree() {
    let mut tables: Vec<(PathBuf, usize, Ellipsoid, f64)> = Vec::new();
    let mut add = |file: String, columns, earth: &Ellipsoid, limit| {
        if let Some(path) = shared(&format!("truth/geodesic/{file}")) {
            if fs::metadata(&path).unwrap().len() == 0 {
                println!("SKIPPED: {file} is empty");
            } else {
                tables.push((path, columns, earth.clone(), limit));
            }
        }
    };
    for ((_, earth), name) in earths().iter().zip(["wgs84", "cgcs2000", "krass"]) {
        for kind in ["global", "jilin_short"] {
            add(format!("{kind}_{name}.txt"), 12, earth, DISTANCE_M);
        }
    }
    add(
        "GeodTest-100-half.dat".to_owned(),
        10,
        &Ellipsoid::wgs84(),
        PRINTED_TENTH_MICROMETRE_M,
    );
    for (path, columns, earth, limit) in tables {
        check(&earth, &path, columns, limit);
    }
}

#[test]
fn rhumb_lines_are_those_of_geographiclib() {
    /// What the chain may leave the line by; its length is then far nearer.
    const TOLERANCE_M: f64 = 1e-4;
    for (name, earth) in earths() {
        let (mut middle, mut length, mut lines) = (Worst::default(), Worst::default(), 0);
        for line in fs::read_to_string(golden(&format!("rhumb_{name}.txt")))
            .unwrap()
            .lines()
        {
            let v: Vec<f64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
            let (from, to) = (at(v[1], v[0]), at(v[3], v[2]));
            let chain = rhumb(&earth, from, to, TOLERANCE_M);
            assert_eq!((chain.first(), chain.last()), (Some(&from), Some(&to)));
            let course = GeodesicLine::new(earth.clone(), chain).unwrap();
            middle.take(course.foot(at(v[7], v[6])).distance, || line.to_owned());
            length.take((course.length() - v[5]).abs() / v[5].max(1e5), || line.to_owned());
            // The first step leaves at the constant azimuth, up to the turn of one step's geodesic.
            let first = earth.inverse(from, course.vertices()[1]);
            let turns = first.distance * from.lat.get().abs().max(to.lat.get().abs()).to_radians().tan() / 6.3e6;
            assert!(
                turn(first.azimuth_start, v[4]).to_radians() <= 0.51 * turns + 1e-9,
                "{line}: {first:?}"
            );
            lines += 1;
        }
        assert!(lines >= 20);
        println!(
            "rhumb_{name}.txt: {lines} lines; middle off by {:.1e} m at most, length by {:.1e} of itself (of 100 km where it is shorter)",
            middle.value, length.value
        );
        middle.at_most(TOLERANCE_M, "middle");
        length.at_most(1e-11, "length");
    }
}
