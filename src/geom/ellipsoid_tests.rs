use proptest::prelude::*;

use super::*;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

#[test]
fn the_worked_legs_of_the_tumen_marks_come_out() {
    // Published coordinates of marks 1 and 2 of the trilateral agreement on Krassowsky, 417.8 m at 217.80 degrees.
    let one = at(130.0 + 38.0 / 60.0 + 17.7 / 3600.0, 42.0 + 25.0 / 60.0 + 10.2 / 3600.0);
    let two = at(130.0 + 38.0 / 60.0 + 6.5 / 3600.0, 42.0 + 24.0 / 60.0 + 59.5 / 3600.0);
    let leg = Ellipsoid::krassowsky().inverse(one, two);
    assert!((leg.distance - 417.8).abs() < 0.05, "{leg:?}");
    assert!((leg.azimuth_start + 360.0 - 217.80).abs() < 0.005, "{leg:?}");
}

#[test]
fn longitudes_differ_the_short_way_round() {
    assert!((lon_difference(at(179.9, 0.0), at(-179.9, 0.0)) - 0.2).abs() < 1e-9);
    assert!((lon_difference(at(-179.9, 0.0), at(179.9, 0.0)) + 0.2).abs() < 1e-9);
}

proptest! {
    #[test]
    fn going_there_and_measuring_back_agree(lon in -180.0..180.0, lat in -80.0..80.0, azimuth in -180.0..180.0, s in 0.0..2e5) {
        let earth = Ellipsoid::grs80();
        let end = earth.direct(at(lon, lat), azimuth, s);
        prop_assert!((earth.distance(at(lon, lat), end.position) - s).abs() < 1e-7);
    }

    #[test]
    fn a_short_step_is_as_long_as_its_geodesic(lon in -180.0..180.0, lat in -80.0..80.0, azimuth in -180.0..180.0, s in 0.0..100.0) {
        let earth = Ellipsoid::grs80();
        let end = earth.direct(at(lon, lat), azimuth, s).position;
        prop_assert!((earth.short_distance(at(lon, lat), end) - s).abs() < 1e-7);
    }

    #[test]
    fn earth_centred_and_back_is_the_same_place(lon in -180.0..180.0, lat in -90.0..90.0) {
        let earth = Ellipsoid::wgs84();
        let (back, height) = earth.geographic(earth.geocentric(at(lon, lat)));
        prop_assert!((back.lat.get() - lat).abs() < 1e-12 && height.abs() < 1e-8);
        prop_assert!(lon_difference(back, at(lon, lat)).abs() * back.lat.get().to_radians().cos() < 1e-12);
    }
}
