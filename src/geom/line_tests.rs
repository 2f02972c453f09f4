use proptest::prelude::*;

use super::*;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// A line of `legs` through turns and lengths, from 42.5 N 168 W.
fn wander(legs: &[(f64, f64)]) -> GeodesicLine {
    let earth = Ellipsoid::grs80();
    let mut points = vec![at(-168.0, 42.5)];
    let mut course = 0.0;
    for (turn, length) in legs {
        course += turn;
        let last = points[points.len() - 1];
        points.push(earth.direct(last, course, *length).position);
    }
    GeodesicLine::new(earth, points).unwrap()
}

/// The nearest point by looking at every geodesic in small steps: slow and independent of the index.
fn slow_distance(line: &GeodesicLine, point: LonLat) -> f64 {
    let mut best = f64::INFINITY;
    for piece in 0..line.vertices().len() - 1 {
        let (a, b) = (line.vertices()[piece], line.vertices()[piece + 1]);
        let leg = line.ellipsoid().inverse(a, b);
        let (mut low, mut high) = (0.0, leg.distance);
        let distance = |s: f64| {
            line.ellipsoid()
                .distance(line.ellipsoid().direct(a, leg.azimuth_start, s).position, point)
        };
        // The distance to a point has one minimum along a short geodesic.
        for _ in 0..100 {
            let (m, n) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if distance(m) < distance(n) { high = n } else { low = m }
        }
        best = best.min(distance(0.5 * (low + high)));
    }
    best
}

#[test]
fn a_point_beside_a_straight_leg_has_its_chainage_and_offset() {
    let line = wander(&[(30.0, 10_000.0), (20.0, 7_000.0)]);
    for (chainage, across, side) in [
        (2_000.0, 90.0, Side::Right),
        (9_500.0, -90.0, Side::Left),
        (12_345.6, 90.0, Side::Right),
    ] {
        let on = line.at(chainage);
        let piece = line.piece_at(chainage);
        let course = line.ellipsoid().inverse(on, line.vertices()[piece + 1]).azimuth_start;
        let point = line.ellipsoid().direct(on, course + across, 321.0).position;
        let foot = line.foot(point);
        assert!((foot.chainage - chainage).abs() < 1e-6, "{foot:?}");
        assert!((foot.distance - 321.0).abs() < 1e-6, "{foot:?}");
        assert_eq!(foot.side, side);
    }
}

#[test]
fn a_vertex_is_on_the_line_at_its_chainage() {
    let line = wander(&[(30.0, 10_000.0), (20.0, 7_000.0)]);
    let foot = line.foot(line.vertices()[1]);
    assert_eq!(foot.side, Side::On);
    assert!((foot.chainage - 10_000.0).abs() < 1e-6);
    assert_eq!(line.nearest_vertex(line.vertices()[1]), (1, 0.0));
}

#[test]
fn outside_a_bend_the_side_is_the_outside() {
    // A sharp right turn: a point in the wedge beyond the vertex is to the left.
    let line = wander(&[(0.0, 1_000.0), (150.0, 1_000.0)]);
    let beyond = line.ellipsoid().direct(line.vertices()[1], -10.0, 50.0).position;
    assert_eq!(line.foot(beyond).side, Side::Left);
}

#[test]
fn stretches_keep_their_vertices() {
    let line = wander(&[(0.0, 100.0), (10.0, 100.0), (10.0, 100.0)]);
    let stretch = line.stretch(50.0, 250.0);
    assert_eq!(stretch.len(), 4);
    assert_eq!(stretch[1], line.vertices()[1]);
    assert!((line.ellipsoid().length(&stretch) - 200.0).abs() < 1e-6);
}

#[test]
fn bounds_take_the_short_way_round() {
    let seen = bounds([at(179.9, -16.8), at(-179.9, -16.72)]).unwrap();
    assert_eq!(
        seen.map(|v| (v * 1e6_f64).round() / 1e6),
        [179.9, -16.8, -179.9, -16.72]
    );
    assert_eq!(bounds([]), None);
}

#[test]
fn within_a_circle_lies_its_chord() {
    let line = wander(&[(0.0, 5_000.0)]);
    let beside = line.ellipsoid().direct(line.at(2_500.0), 90.0, 15.0).position;
    let mut seen = Vec::new();
    line.within(beside, 25.0, |from, to| seen.push((from, to)));
    let [(from, to)] = seen[..] else { panic!("{seen:?}") };
    assert!(
        (from - 2_480.0).abs() < 1e-3 && (to - 2_520.0).abs() < 1e-3,
        "{from} {to}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_foot_is_the_nearest_point(
        legs in prop::collection::vec((-100.0..100.0_f64, 1.0..20_000.0_f64), 1..60),
        direction in -180.0..180.0, away in 0.0..30_000.0,
    ) {
        let line = wander(&legs);
        let middle = line.at(line.length() * 0.4);
        let point = line.ellipsoid().direct(middle, direction, away).position;
        let foot = line.foot(point);
        let slow = slow_distance(&line, point);
        prop_assert!((foot.distance - slow).abs() < 1e-5, "{} against {slow}", foot.distance);
        prop_assert!(line.ellipsoid().distance(line.at(foot.chainage), foot.position) < 1e-5);
    }

    #[test]
    fn reversing_a_line_keeps_its_length_and_turns_the_side(
        legs in prop::collection::vec((-60.0..60.0_f64, 10.0..5_000.0_f64), 1..20), away in 1.0..200.0,
    ) {
        let line = wander(&legs);
        let turned = GeodesicLine::new(Ellipsoid::grs80(), line.vertices().iter().rev().copied().collect()).unwrap();
        prop_assert!((line.length() - turned.length()).abs() < 1e-6);
        let point = line.ellipsoid().direct(line.at(line.length() * 0.3), 77.0, away).position;
        let (there, back) = (line.foot(point), turned.foot(point));
        prop_assert!((there.distance - back.distance).abs() < 1e-6);
        prop_assert!((there.offset() + back.offset()).abs() < 1e-6 || there.distance < 1e-6);
    }

    #[test]
    fn what_is_within_is_what_is_near(
        legs in prop::collection::vec((-120.0..120.0_f64, 5.0..300.0_f64), 1..40), away in 0.0..40.0, direction in -180.0..180.0,
    ) {
        let line = wander(&legs);
        let point = line.ellipsoid().direct(line.at(line.length() * 0.5), direction, away).position;
        let mut stretches = Vec::new();
        line.within(point, 25.0, |from, to| stretches.push((from, to)));
        let mut chainage = 0.0;
        while chainage < line.length() {
            let distance = line.ellipsoid().distance(line.at(chainage), point);
            let inside = stretches.iter().any(|(from, to)| (*from..=*to).contains(&chainage));
            prop_assert!(inside == (distance <= 25.0) || (distance - 25.0).abs() < 0.01, "{chainage}: {distance} {inside}");
            chainage += 3.7;
        }
    }
}

#[test]
fn beside_a_bend_too_slight_to_see_the_side_is_still_right() {
    // A river's line: the point is 46 m to its right, its foot some micrometres from the middle vertex.
    let vertices = [
        (-167.9478223592, 42.5166214902),
        (-167.9477147181, 42.5165127322),
        (-167.9476070774, 42.516403974),
    ];
    let line = GeodesicLine::new(Ellipsoid::grs80(), vertices.map(|(lon, lat)| at(lon, lat)).to_vec()).unwrap();
    assert_eq!(line.foot(at(-167.9481688109, 42.5162667686)).side, Side::Right);
    assert_eq!(line.foot(at(-167.9472304300, 42.5167750472)).side, Side::Left);
}
