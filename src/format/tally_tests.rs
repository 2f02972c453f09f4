use super::*;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn check(lons: &[f64], west_east: [f64; 2]) {
    let mut extent = Extent::default();
    for lon in lons {
        extent.add(at(*lon, 1.0));
    }
    assert_eq!(extent.bbox(), Some([west_east[0], 1.0, west_east[1], 1.0]), "{lons:?}");
}

#[test]
fn a_box_takes_the_shorter_way_round() {
    check(&[130.6, 130.5, 130.7], [130.5, 130.7]);
    check(&[179.9, -179.9, 180.0], [179.9, -179.9]);
    check(&[-180.0, 180.0], [180.0, -180.0]);
    check(&[-80.0, 80.0], [-80.0, 80.0]);
    check(&[-100.0, 100.0], [100.0, -100.0]);
    check(&[0.0], [0.0, 0.0]);
    check(&[-180.0], [-180.0, -180.0]);
    // Neither way is shorter: it stays on this side.
    check(&[-90.0, 90.0], [-90.0, 90.0]);
}

#[test]
fn a_box_of_nothing_is_none() {
    assert_eq!(Extent::default().bbox(), None);
}

#[test]
fn segments_are_not_joined() {
    let fix = |lon| {
        TrackEvent::Fix(Fix {
            position: at(lon, 0.0),
            elevation_m: None,
            time: None,
            quality: Default::default(),
        })
    };
    let events = [
        TrackEvent::TrackStart { name: None },
        TrackEvent::SegmentStart,
        fix(0.0),
        fix(1.0),
        TrackEvent::SegmentEnd,
        TrackEvent::SegmentStart,
        fix(5.0),
        fix(6.0),
        TrackEvent::SegmentEnd,
        TrackEvent::TrackEnd,
    ];
    let mut tally = Tally::default();
    events.iter().for_each(|event| tally.take(event));
    let summary = tally.finish(3);
    // A degree of the equator: a pi / 180.
    assert!(
        (summary.length_m - 2.0 * 111_319.490_793).abs() < 1e-3,
        "{}",
        summary.length_m
    );
    assert_eq!((summary.segments, summary.trackpoints, summary.rejected), (2, 4, 3));
}
