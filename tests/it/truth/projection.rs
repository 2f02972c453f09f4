//! Projections inside one datum, against PROJ 9.1.1 (`cct`) for points in and around Jilin.

use std::fs;
use std::path::Path;

use merestone::crs::{Crs, Projection};

use super::{Worst, at, golden};
use crate::support::shared;

/// Metres, as the table promises: near the zone, and far from its central meridian.
const NEAR_M: f64 = 0.001;
const FAR_M: f64 = 0.01;

/// Degrees from a zone's central meridian that count as near.
const NEAR_DEGREES: f64 = 3.5;

fn check(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| columns.iter().position(|c| *c == name).unwrap();
    let (geographic, projected) = (column("geographic_crs"), column("projected_crs"));
    let (lat, lon) = (column("lat"), column("lon"));
    let (easting, northing) = (column("easting_m"), column("northing_m"));
    let [mut near, mut far, mut back] = std::array::from_fn::<Worst, 3, _>(|_| Worst::default());
    let mut rows = 0;
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let number = |k: usize| cells[k].parse::<f64>().unwrap();
        let crs = Crs::lookup(cells[projected]).unwrap();
        assert_eq!(crs.base_code(), cells[geographic], "{line}");
        assert_eq!(crs.name(), cells[column("name")], "{line}");
        let projection = Projection::new(&crs).unwrap();
        let position = at(number(lon), number(lat));
        let expected = [number(easting), number(northing)];
        let [x, y] = projection.forward(position).unwrap();
        let off = (x - expected[0]).hypot(y - expected[1]);
        // The central meridian is where the easting is a round half million in its zone.
        let from_meridian =
            (expected[0].rem_euclid(1e6) - 5e5).abs() / (111_320.0 * position.lat.get().to_radians().cos());
        let close = from_meridian <= NEAR_DEGREES || cells[projected] == "EPSG:3857";
        if close { &mut near } else { &mut far }.take(off, || line.to_owned());
        let [back_lon, back_lat] = projection.inverse(expected).unwrap();
        back.take(crs.ellipsoid().distance(position, at(back_lon, back_lat)), || {
            line.to_owned()
        });
        rows += 1;
    }
    println!(
        "{}: {rows} rows; forward off by {:.1e} m near the zone, {:.1e} m far from it, inverse by {:.1e} m",
        path.display(),
        near.value,
        far.value,
        back.value
    );
    near.at_most(NEAR_M, "near the zone");
    far.at_most(FAR_M, "far from the zone");
    back.at_most(FAR_M, "inverse");
    rows
}

#[test]
fn positions_are_projected_as_by_an_older_proj() {
    assert!(check(&golden("jilin_conversions.tsv")) >= 100);
}

#[test]
fn all_shared_conversions_agree() {
    if let Some(path) = shared("truth/proj/jilin_conversions.tsv") {
        assert_eq!(check(&path), 429);
    }
}
