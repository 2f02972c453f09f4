use super::*;
use crate::unit::LonLat;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn crs(code: &str) -> Crs {
    Crs::lookup(code).unwrap()
}

#[test]
fn codes_have_one_spelling() {
    for text in [
        "EPSG:4490",
        "epsg:4490",
        "4490",
        " http://www.opengis.net/def/crs/EPSG/0/4490 ",
        "urn:ogc:def:crs:EPSG::4490",
    ] {
        assert_eq!(crs(text).code(), "EPSG:4490", "{text}");
    }
    assert_eq!(crs("CRS84").srid(), Some(4326));
    for text in [
        "",
        "EPSG:",
        "EPSG:0",
        "999999",
        "EPSG:5773",
        "+proj=longlat",
        "http://example.invalid/crs.wkt",
        "4326; drop",
    ] {
        assert!(Crs::lookup(text).is_err(), "{text}");
    }
}

#[test]
fn a_system_knows_its_ellipsoid_and_base() {
    let zone = crs("EPSG:4531");
    assert_eq!((zone.kind(), zone.base_code()), (Kind::Projected, "EPSG:4490"));
    assert_eq!(
        crs("EPSG:4284").ellipsoid(),
        &crate::geom::ellipsoid::Ellipsoid::krassowsky()
    );
    assert_eq!(
        crs("EPSG:4490").ellipsoid(),
        &crate::geom::ellipsoid::Ellipsoid::grs80()
    );
}

#[test]
fn ballpark_operations_are_refused() {
    // The eleven pairs of shared truth (datum_operations) that PROJ would answer with the numbers unchanged.
    for (from, to) in [
        ("EPSG:4214", "EPSG:4490"),
        ("EPSG:4610", "EPSG:4490"),
        ("EPSG:4490", "EPSG:4326"),
        ("EPSG:4610", "EPSG:4326"),
    ] {
        let refused = Operation::between(&crs(from), &crs(to), at(130.6, 42.45));
        assert_eq!(
            refused.map_err(|e| e.reason),
            Err(Reason::NoOperation),
            "{from} to {to}"
        );
    }
}

#[test]
fn a_published_operation_is_named_with_its_accuracy() {
    let operation = Operation::between(&crs("EPSG:4284"), &crs("EPSG:4326"), at(130.6, 42.45)).unwrap();
    assert!(
        operation.name().contains("EPSG:5044") && operation.accuracy_m() == 3.0,
        "{operation:?}"
    );
    let [lon, lat] = operation.apply([130.6, 42.45], None).unwrap();
    // PROJ 9.1.1 gives the same: moved 92.61 m, to 130.601049865 E 42.450300978 N.
    assert!(
        (lon - 130.601_049_865).abs() < 1e-8 && (lat - 42.450_300_978).abs() < 1e-8,
        "{lon} {lat}"
    );
}

#[test]
fn a_receiver_in_the_pacific_is_brought_to_the_frames_epoch() {
    let frame = |plate| Frame {
        crs: crs("EPSG:4490"),
        epoch: Epoch::new(2000.0).ok(),
        plate,
    };
    let observed = Epoch::new(2026.6).unwrap();
    let refused = GnssToFrame::new(&frame(None), at(-168.0, 42.5));
    assert_eq!(refused.map_err(|e| e.reason), Err(Reason::PlateMissing));
    let way = GnssToFrame::new(&frame(Some(Plate::Pacific)), at(-168.0, 42.5)).unwrap();
    let moved = way.apply(at(-168.0, 42.5), observed).unwrap();
    let distance = crs("EPSG:4490").ellipsoid().distance(at(-168.0, 42.5), moved);
    // The Pacific plate moves some 70 mm a year here.
    assert!((1.5..2.3).contains(&distance), "{distance}");
    assert!(way.sigma(observed).get() < 0.1);
}

#[test]
fn eurasia_moves_as_published_at_hunchun() {
    // By the published pole: 27.8 mm/a at Hunchun, 0.75 m from 2000.0 to 2026.9.
    let earth = crate::geom::ellipsoid::Ellipsoid::grs80();
    let (from, to) = (Epoch::new(2000.0).unwrap(), Epoch::new(2026.9).unwrap());
    let moved = Plate::Eurasia.move_point(earth.geocentric(at(130.36, 42.87)), from, to);
    let leg = earth.inverse(at(130.36, 42.87), earth.geographic(moved).0);
    assert!((leg.distance - 0.748).abs() < 0.005, "{leg:?}");
    assert!((leg.azimuth_start - 117.0).abs() < 1.0, "{leg:?}");
}

#[test]
fn north_america_is_reached_by_a_published_operation() {
    let frame = Frame {
        crs: crs("EPSG:4269"),
        epoch: None,
        plate: None,
    };
    let way = GnssToFrame::new(&frame, at(-71.5, 45.0)).unwrap();
    assert!(way.name().contains("NAD83"), "{}", way.name());
    assert!(way.sigma(Epoch::new(2026.0).unwrap()).get() > 0.5);
}

#[test]
fn metres_are_read_in_the_zone_of_the_place() {
    let zone = |frame: &str, lon, lat| utm_zone(&crs(frame), at(lon, lat)).unwrap();
    assert_eq!(zone("EPSG:4490", 130.3, 42.8).code(), "EPSG:4531");
    assert_eq!(zone("EPSG:4490", 130.6, 42.8).code(), "EPSG:4532");
    assert_eq!(zone("EPSG:4490", -168.1, 42.5).code(), "EPSG:32602");
    assert_eq!(zone("EPSG:4490", -167.9, 42.5).code(), "EPSG:32603");
    assert_eq!(zone("EPSG:4269", -71.5, 45.0).code(), "EPSG:32619");
    assert!(zone("EPSG:4490", 129.0, 42.0).name().contains("zone 43"));
}

#[test]
fn display_positions_are_the_same_numbers() {
    assert_eq!(
        null_for_display(&crs("EPSG:4490"), [130.5, 42.5]).unwrap(),
        at(130.5, 42.5)
    );
    let back = null_for_display(&crs("EPSG:4531"), [43_500_000.0, 4_700_000.0]).unwrap();
    assert!((back.lon.get() - 129.0).abs() < 1e-9);
}

#[test]
fn the_order_of_axes_is_the_authoritys() {
    for (code, expect) in [
        ("OGC:CRS84", false),
        ("EPSG:4326", true),
        ("EPSG:4490", true),
        ("EPSG:3857", false),
        ("EPSG:32652", false),
        // Gauss-Kruger zones of CGCS2000: x is the northing.
        ("EPSG:4534", true),
    ] {
        assert_eq!(Crs::lookup(code).unwrap().northing_first(), expect, "{code}");
    }
}
