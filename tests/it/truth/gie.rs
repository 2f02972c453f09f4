//! The test files of PROJ and of IOGP's GIGS series, as far as Merestone can be asked the same: conversions between a
//! geographic system and a projected one on it, and earth-centred coordinates.

use std::fs;
use std::path::Path;

use merestone::crs::{Crs, Projection};
use merestone::geom::ellipsoid::Ellipsoid;

use super::{Worst, at};
use crate::support::shared;

/// One number pair (or triple) that goes in, and what must come out.
#[derive(Debug)]
struct Case {
    operation: String,
    /// Metres.
    tolerance: f64,
    accept: Vec<f64>,
    expect: Option<Vec<f64>>,
    round_trips: Option<usize>,
}

/// Reads the commands of a file: each stands at the start of a line; `\` carries an operation on to the next.
fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let (mut operation, mut tolerance, mut more) = (String::new(), 0.0005, false);
    for line in text.lines() {
        let line = line.split('#').next().unwrap().trim();
        if more {
            operation.push(' ');
            operation.push_str(line.trim_end_matches('\\'));
            more = line.ends_with('\\');
            continue;
        }
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let numbers = || -> Vec<f64> { rest.split_whitespace().map_while(|word| word.parse().ok()).collect() };
        match command {
            "operation" => {
                operation = rest.trim_end_matches('\\').to_owned();
                // A new operation begins with gie's own tolerance of half a millimetre.
                tolerance = 0.0005;
                more = line.ends_with('\\');
            }
            "tolerance" => {
                let unit = rest.split_whitespace().nth(1).unwrap_or("m");
                tolerance = numbers().first().copied().unwrap_or(0.0) * if unit == "mm" { 0.001 } else { 1.0 };
            }
            "accept" => cases.push(Case {
                operation: operation.clone(),
                tolerance,
                accept: numbers(),
                expect: None,
                round_trips: None,
            }),
            "expect" => {
                let case = cases.last_mut().unwrap();
                case.tolerance = tolerance;
                case.expect = Some(numbers()).filter(|n| !n.is_empty());
            }
            "roundtrip" => {
                let case = cases.last_mut().unwrap();
                case.tolerance = tolerance;
                case.round_trips = numbers().first().map(|n| *n as usize);
            }
            _ => {}
        }
    }
    cases
}

/// The same question to Merestone.
enum Way {
    Forward(Projection, Ellipsoid),
    Inverse(Projection, Ellipsoid),
    ToEarthCentred(Ellipsoid),
    FromEarthCentred(Ellipsoid),
}

/// Which of our operations an operation is, or why it is none.
fn way(operation: &str) -> Result<Way, &'static str> {
    let words: Vec<&str> = operation
        .split_whitespace()
        .map(|word| word.trim_start_matches('+'))
        .collect();
    let mut codes: Vec<String> = words
        .iter()
        .filter_map(|word| word.strip_prefix("init=epsg:"))
        .map(|code| format!("EPSG:{code}"))
        .collect();
    if words
        .iter()
        .any(|w| w.starts_with("grids=") || w.starts_with("nadgrids="))
    {
        return Err("a grid");
    }
    // POSGAR 98 / Argentina 5, written out.
    let argentina = ["lat_0=-90", "lon_0=-60", "k=1", "x_0=5500000", "y_0=0", "ellps=GRS80"];
    if codes == ["EPSG:4190"] && argentina.iter().all(|word| words.contains(word)) {
        let first_is_geographic = words.iter().position(|w| w.starts_with("init=")).unwrap()
            < words.iter().position(|w| w.starts_with("proj=etmerc")).unwrap();
        codes.insert(usize::from(first_is_geographic), "EPSG:22175".to_owned());
    }
    let [from, to] = &codes[..] else {
        return Err("an operation written as a PROJ string, which is not taken");
    };
    let geocentric = |code: &str| code == "EPSG:4978";
    if geocentric(from) || geocentric(to) {
        let earth = Ellipsoid::wgs84();
        return Ok(if geocentric(from) {
            Way::FromEarthCentred(earth)
        } else {
            Way::ToEarthCentred(earth)
        });
    }
    let (Ok(a), Ok(b)) = (Crs::lookup(from), Crs::lookup(to)) else {
        return Err("a code that is not known");
    };
    let earth = a.ellipsoid().clone();
    if b.base_code() == a.code() && b.code() != a.code() {
        Ok(Way::Forward(Projection::new(&b).unwrap(), earth))
    } else if a.base_code() == b.code() {
        Ok(Way::Inverse(Projection::new(&a).unwrap(), earth))
    } else {
        Err("two datums")
    }
}

/// Metres between what comes out and what must, or why it cannot be asked.
fn deviation(case: &Case) -> Result<f64, &'static str> {
    let way = way(&case.operation)?;
    let accept = &case.accept;
    let planar = |a: [f64; 2], b: &[f64]| (a[0] - b[0]).hypot(a[1] - b[1]);
    match (way, &case.expect, case.round_trips) {
        (Way::Forward(projection, _), Some(expect), _) => {
            Ok(planar(projection.forward(at(accept[0], accept[1])).unwrap(), expect))
        }
        (Way::Inverse(projection, earth), Some(expect), _) => {
            let [lon, lat] = projection.inverse([accept[0], accept[1]]).unwrap();
            Ok(earth.distance(at(lon, lat), at(expect[0], expect[1])))
        }
        (Way::Forward(projection, earth), None, Some(times)) => {
            let mut position = at(accept[0], accept[1]);
            for _ in 0..times {
                let [lon, lat] = projection.inverse(projection.forward(position).unwrap()).unwrap();
                position = at(lon, lat);
            }
            Ok(earth.distance(position, at(accept[0], accept[1])))
        }
        (Way::Inverse(projection, _), None, Some(times)) => {
            let mut place = [accept[0], accept[1]];
            for _ in 0..times {
                let [lon, lat] = projection.inverse(place).unwrap();
                place = projection.forward(at(lon, lat)).unwrap();
            }
            Ok(planar(place, accept))
        }
        (Way::FromEarthCentred(earth), Some(expect), _) => {
            let (position, height) = earth.geographic([accept[0], accept[1], accept[2]]);
            let off = earth.distance(position, at(expect[0], expect[1]));
            Ok(off.hypot(height - expect[2]))
        }
        (Way::ToEarthCentred(earth), Some(expect), _) => {
            if accept[2] != 0.0 {
                return Err("a height above the ellipsoid on the way to earth-centred coordinates");
            }
            let [x, y, z] = earth.geocentric(at(accept[0], accept[1]));
            Ok(planar([x, y], expect).hypot(z - expect[2]))
        }
        (Way::FromEarthCentred(_) | Way::ToEarthCentred(_), None, _) => Err("a round trip with heights"),
        (_, None, None) => Err("an expected failure"),
    }
}

/// Comparisons made, and not made by reason.
fn run(path: &Path) -> usize {
    let name = path.file_name().unwrap().to_string_lossy();
    let cases = cases(&fs::read_to_string(path).unwrap());
    let mut compared = 0;
    let mut left: Vec<(&str, usize)> = Vec::new();
    let mut worst = Worst::default();
    for case in &cases {
        match deviation(case) {
            Ok(off) => {
                assert!(off <= case.tolerance, "{name}: {off} m at {case:?}");
                worst.take(off, || format!("{case:?}"));
                compared += 1;
            }
            Err(why) => match left.iter_mut().find(|(known, _)| *known == why) {
                Some((_, n)) => *n += 1,
                None => left.push((why, 1)),
            },
        }
    }
    print!(
        "{name}: {compared} of {} compared, worst {:.1e} m",
        cases.len(),
        worst.value
    );
    for (why, n) in left {
        print!("; not applicable: {n} ({why})");
    }
    println!();
    compared
}

#[test]
fn published_test_series_come_out() {
    // How many comparisons each file must give, so that a file that is read differently one day is noticed.
    let files = [
        ("gigs/5101.1-jhs.gie", 0),
        ("gigs/5101.4-jhs-etmerc.gie", 69),
        ("gigs/5102.1.gie", 57),
        ("gigs/5103.1.gie", 60),
        ("gigs/5104.gie", 60),
        ("gigs/5106.gie", 69),
        ("gigs/5108.gie", 51),
        ("gigs/5111.1.gie", 105),
        ("gigs/5201.gie", 34),
        ("gie/DHDN_ETRS89.gie", 0),
        ("gie/axisswap.gie", 0),
        ("gie/ellipsoid.gie", 0),
        ("gie/unitconvert.gie", 0),
    ];
    let mut total = 0;
    for (file, least) in files {
        let Some(path) = shared(&format!("truth/proj/{file}")) else {
            return;
        };
        let compared = run(&path);
        assert!(compared >= least, "{file}: only {compared} of {least}");
        total += compared;
    }
    println!("{total} comparisons in {} files", files.len());
}
