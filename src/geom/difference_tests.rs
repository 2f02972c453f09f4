use proptest::prelude::*;

use super::*;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

fn earth() -> Ellipsoid {
    Ellipsoid::grs80()
}

fn line(vertices: Vec<LonLat>) -> GeodesicLine {
    GeodesicLine::new(earth(), vertices).unwrap()
}

/// Places along a geodesic through 42 N with an offset to the left (negative) or right.
fn beside(lon: f64, along: &[(f64, f64)]) -> Vec<LonLat> {
    let start = at(lon, 42.0);
    let place = |(s, offset): &(f64, f64)| {
        let on = earth().direct(start, 70.0, *s);
        if *offset == 0.0 {
            return on.position;
        }
        earth().direct(on.position, on.azimuth + 90.0, *offset).position
    };
    along.iter().map(place).collect()
}

fn straight(lon: f64, length: f64) -> GeodesicLine {
    line(beside(lon, &[(0.0, 0.0), (length, 0.0)]))
}

#[track_caller]
fn close(found: f64, expect: f64, tolerance: f64) {
    assert!(
        (found - expect).abs() <= tolerance,
        "{found} is not {expect} within {tolerance}"
    );
}

#[test]
fn equal_lines_differ_by_nothing_at_all() {
    let zigzag: Vec<(f64, f64)> = (0..500)
        .map(|k| (f64::from(k) * 40.0, f64::from(k % 7) * 11.0))
        .collect();
    let old = line(beside(130.0, &zigzag));
    let found = lines(&old, &old.clone());
    assert_eq!((found.maximum, found.mean, found.area), (0.0, 0.0, 0.0));
    // A change at one vertex leaves exactly nothing elsewhere.
    let mut changed = zigzag.clone();
    changed[250].1 += 1.0;
    let new = line(beside(130.0, &changed));
    let found = lines(&old, &new);
    assert!(found.maximum > 0.5 && found.maximum < 1.0 + 1e-6, "{found:?}");
    // Two triangles of 40 m by 1 m.
    close(found.area, 40.0, 0.01);
    assert!(found.mean < 0.01);
}

#[test]
fn a_parallel_line_is_as_far_away_everywhere() {
    // Many vertices, so that the chain of geodesics stays at its distance.
    let run = |offset: f64| (0..=1000).map(|k| (f64::from(k) * 10.0, offset)).collect::<Vec<_>>();
    for offset in [-25.0, 3.0] {
        let (old, new) = (line(beside(130.0, &run(0.0))), line(beside(130.0, &run(offset))));
        let found = lines(&old, &new);
        close(found.maximum, offset.abs(), 1e-3);
        close(found.mean, offset.abs(), 1e-4);
        close(found.area, 10_000.0 * offset.abs(), 1.0);
        let back = line(new.vertices().iter().rev().copied().collect());
        let turned = lines(&old, &back);
        close(turned.area, found.area, 1e-3);
        close(turned.mean, found.mean, 1e-6);
    }
}

#[test]
fn a_zigzag_that_crosses_has_all_its_triangles() {
    // Ten crossings of a straight line, 100 m to either side: twenty right-angled triangles of 500 m by 100 m, and at
    // both ends the line itself.
    let mut places = vec![(0.0, 0.0)];
    places.extend((0..10).map(|k| (500.0 + 1000.0 * f64::from(k), if k % 2 == 0 { 100.0 } else { -100.0 })));
    places.push((10_000.0, 0.0));
    let new = line(beside(130.0, &places));
    let found = lines(&straight(130.0, 10_000.0), &new);
    close(found.maximum, 100.0, 1e-3);
    close(found.area, 20.0 * 0.5 * 500.0 * 100.0, 1.0);
    // Seen from the line the nearest point of the zigzag is square to its legs.
    let leg = 500.0_f64.hypot(100.0);
    let (of_new, of_old) = (50.0, 50.0 * 500.0 / leg);
    let n = 10.0 * 2.0 * leg;
    let expect = (of_new * n + of_old * 10_000.0) / (n + 10_000.0);
    close(found.mean, expect, 0.5);
}

#[test]
fn the_place_of_the_greatest_distance_is_told() {
    let old = straight(130.0, 6_000.0);
    let new = line(beside(
        130.0,
        &[
            (0.0, 0.0),
            (2_000.0, 0.0),
            (2_500.0, 70.0),
            (3_000.0, 0.0),
            (6_000.0, 0.0),
        ],
    ));
    let found = lines(&old, &new);
    close(found.maximum, 70.0, 1e-3);
    let expect = beside(130.0, &[(2_500.0, 70.0), (2_500.0, 0.0)]);
    assert!(earth().distance(found.new, expect[0]) < 1e-3, "{found:?}");
    assert!(earth().distance(found.old, expect[1]) < 1.0, "{found:?}");
    let back = lines(&new, &old);
    assert_eq!((back.old, back.new), (found.new, found.old));
    close(found.area, 0.5 * 1000.0 * 70.0, 0.1);
}

#[test]
fn a_loop_that_was_left_out_is_seen_from_the_old_line() {
    // The new line cuts off a bay of 300 m by 400 m.
    let old = line(beside(
        130.0,
        &[
            (0.0, 0.0),
            (1_000.0, 0.0),
            (1_000.0, 300.0),
            (1_400.0, 300.0),
            (1_400.0, 0.0),
            (2_000.0, 0.0),
        ],
    ));
    let new = straight(130.0, 2_000.0);
    let found = lines(&old, &new);
    close(found.maximum, 300.0, 1e-3);
    close(found.area, 120_000.0, 5.0);
}

#[test]
fn the_180th_meridian_is_no_place_of_its_own() {
    let places = [(0.0, 0.0), (4_000.0, 12.0), (8_000.0, -12.0), (12_000.0, 0.0)];
    let far = lines(&straight(130.0, 12_000.0), &line(beside(130.0, &places)));
    let near = lines(&straight(179.95, 12_000.0), &line(beside(179.95, &places)));
    close(near.maximum, far.maximum, 1e-6);
    close(near.mean, far.mean, 1e-6);
    close(near.area, far.area, 1e-2);
}

#[test]
fn lines_that_cross_in_another_order_on_each_are_measured_all_the_same() {
    // The new line crosses the old one at 8 km, comes back to cross it at 4 km, and goes on.
    let old = straight(130.0, 12_000.0);
    let new = line(beside(
        130.0,
        &[
            (0.0, 0.0),
            (9_000.0, 100.0),
            (9_000.0, -100.0),
            (3_000.0, -100.0),
            (3_000.0, -300.0),
            (12_000.0, 0.0),
        ],
    ));
    let found = lines(&old, &new);
    assert!(found.area > 0.0 && found.area.is_finite());
    // The box of all of it.
    assert!(found.area < 12_000.0 * 400.0, "{found:?}");
    // In the plane: the triangle above the line, less what lies between its right edge and the line's end is nothing;
    // below it the strip of 6 km by 100 m, and the piece down to the way home.
    let flat = |places: &[(f64, f64)]| -> f64 {
        let ring: Vec<geo::Coord<f64>> = places.iter().map(|(x, y)| geo::Coord { x: *x, y: *y }).collect();
        let course = geo::Polygon::new(geo::LineString::from(ring), Vec::new());
        course
            .union_with_fill_rule(&geo::MultiPolygon::new(Vec::new()), FillRule::NonZero)
            .unsigned_area()
    };
    let expect = flat(&[
        (0.0, 0.0),
        (9_000.0, 100.0),
        (9_000.0, -100.0),
        (3_000.0, -100.0),
        (3_000.0, -300.0),
        (12_000.0, 0.0),
    ]);
    close(found.area, expect, 1e-4 * expect);
}

#[test]
fn more_vertices_on_the_same_geodesics_change_next_to_nothing() {
    let old = line(beside(130.0, &[(0.0, 0.0), (5_000.0, 400.0), (9_000.0, -100.0)]));
    let new = line(densify(&earth(), old.vertices(), 37.0));
    let found = lines(&old, &new);
    assert!(found.maximum < 2e-6 && found.mean < 1e-7, "{found:?}");
    assert!(found.area < 0.01, "{found:?}");
}

#[test]
fn the_separation_agrees_with_a_slow_look_at_every_metre() {
    let wave = |k: i32| {
        let s = f64::from(k) * 50.0;
        (s, 40.0 * (s / 300.0).sin() + 15.0 * (s / 77.0).cos())
    };
    let old = line(beside(130.0, &(0..100).map(wave).collect::<Vec<_>>()));
    let new = line(beside(
        130.0,
        &(0..60)
            .map(|k| (f64::from(k) * 84.0, 25.0 * (f64::from(k) / 3.0).cos()))
            .collect::<Vec<_>>(),
    ));
    let found = lines(&old, &new);
    let (mut greatest, mut sum, mut n) = (0.0_f64, 0.0, 0.0);
    for (line, other) in [(&new, &old), (&old, &new)] {
        let mut s = 0.25;
        while s < line.length() {
            let distance = other.foot(line.at(s)).distance;
            greatest = greatest.max(distance);
            sum += distance;
            n += 1.0;
            s += 0.5;
        }
        for vertex in line.vertices() {
            greatest = greatest.max(other.foot(*vertex).distance);
        }
    }
    assert!(found.maximum >= greatest - 2e-3, "{} {greatest}", found.maximum);
    close(found.maximum, greatest, 0.01);
    close(found.mean, sum / n, 2e-3 * found.mean);
    // The area by the plane: the lines are short enough.
    let plane = EqualArea::new(&earth(), old.at(2_500.0));
    let mut ring = old.vertices().to_vec();
    ring.extend(new.vertices().iter().rev());
    ring.extend(old.vertices().first());
    let course = geo::Polygon::new(drawn(&earth(), &plane, &ring), Vec::new());
    let whole = course
        .union_with_fill_rule(&geo::MultiPolygon::new(Vec::new()), FillRule::NonZero)
        .unsigned_area();
    close(found.area, whole, 1e-5 * whole);
}

#[test]
fn a_long_line_takes_no_longer_than_it_must() {
    let wave = |offset: f64| {
        let place = move |k: u32| {
            let s = f64::from(k) * 20.0;
            (s, offset + 60.0 * (s / 2_000.0).sin())
        };
        (0..20_000).map(place).collect::<Vec<_>>()
    };
    let old = line(beside(130.0, &wave(0.0)));
    let mut moved = wave(0.0);
    for (index, place) in moved.iter_mut().enumerate() {
        place.1 += 2.0 * (index as f64 / 50.0).sin();
    }
    let new = line(beside(130.0, &moved));
    let begun = std::time::Instant::now();
    let found = lines(&old, &new);
    println!("{found:?} in {:?}", begun.elapsed());
    close(found.maximum, 2.0, 0.01);
    // The mean of |sin| is 2 / pi.
    close(found.mean, 4.0 / std::f64::consts::PI, 0.02);
    close(
        found.area,
        old.length() * 4.0 / std::f64::consts::PI,
        0.02 * old.length(),
    );
}

#[test]
fn a_point_has_moved_so_far_and_there() {
    let (old, new) = (at(130.0, 42.0), earth().direct(at(130.0, 42.0), 200.0, 3.5).position);
    let moved = displacement(&earth(), old, new);
    close(moved.distance, 3.5, 1e-8);
    close(moved.azimuth.unwrap().get(), 200.0, 1e-6);
    let still = displacement(&earth(), old, old);
    assert_eq!((still.distance, still.azimuth), (0.0, None));
}

/// A square by the ellipsoid, its first corner in the south-west.
fn square(lon: f64, east: f64, north: f64, side: f64) -> Vec<LonLat> {
    let go = |from: LonLat, azimuth: f64, way: f64| earth().direct(from, azimuth, way).position;
    let corner = |x: f64, y: f64| go(go(at(lon, 42.0), 90.0, x), 0.0, y);
    vec![
        corner(east, north),
        corner(east + side, north),
        corner(east + side, north + side),
        corner(east, north + side),
        corner(east, north),
    ]
}

#[test]
fn a_square_that_moved_by_a_third_gains_and_loses_a_third() {
    for lon in [130.0, 179.99] {
        let old = vec![vec![square(lon, 0.0, 0.0, 3_000.0)]];
        let new = vec![vec![square(lon, 1_000.0, 0.0, 3_000.0)]];
        let found = polygons(&earth(), &old, &new).unwrap();
        // Meridians come together: half way up the squares a metre is so much shorter.
        let expect = 3_000_000.0 * (1.0 - 1_500.0 * 42.0_f64.to_radians().tan() / 6_380_000.0);
        close(found.gained, expect, 10.0);
        close(found.lost, expect, 10.0);
        close(found.total(), found.gained + found.lost, 0.0);
        assert_eq!(polygons(&earth(), &old, &old), Some(Exchange::default()));
    }
}

#[test]
fn a_hole_is_lost_and_the_area_is_that_of_the_ellipsoid() {
    let outer = square(130.0, 0.0, 0.0, 80_000.0);
    let hole: Vec<LonLat> = square(130.0, 20_000.0, 10_000.0, 5_000.0).into_iter().rev().collect();
    let found = polygons(&earth(), &[vec![outer.clone()]], &[vec![outer.clone(), hole.clone()]]).unwrap();
    assert!(found.gained < 1e-3, "{found:?}");
    let expect = earth().ring_area(&hole).abs();
    close(found.lost, expect, 1e-6 * expect);
    // All of a polygon, where there was none.
    let found = polygons(&earth(), &[], &[vec![outer.clone()]]).unwrap();
    let expect = earth().ring_area(&outer);
    assert!(expect > 0.0);
    close(found.gained, expect, 1e-7 * expect);
}

#[test]
fn the_area_of_a_small_ring_keeps_its_digits() {
    let ring = square(130.0, 0.0, 0.0, 1.0);
    close(earth().ring_area(&ring), 1.0, 1e-6);
    // The whole zone between two parallels of the sphere, by Archimedes.
    let sphere = Ellipsoid::new(6_371_000.0, f64::INFINITY);
    let octant = [at(0.0, 0.0), at(90.0, 0.0), at(90.0, 90.0)];
    let expect = 4.0 * std::f64::consts::PI * 6_371_000.0_f64.powi(2) / 8.0;
    close(sphere.ring_area(&octant), expect, 1e-9 * expect);
}

#[test]
fn geometries_are_compared_kind_by_kind() {
    let earth = earth();
    let p = |x: f64| Geometry::Point([x, 42.0]);
    let Some(Difference::Points(moved)) = between(&earth, &p(130.0), &p(130.001)) else {
        panic!()
    };
    close(moved.distance, earth.distance(at(130.0, 42.0), at(130.001, 42.0)), 1e-9);
    let l = |y: f64| Geometry::Line(vec![[130.0, y], [130.1, y]]);
    let two = |y: f64| Geometry::Lines(vec![vec![[130.0, y], [130.1, y]], vec![[130.2, y], [130.3, y]]]);
    let Some(Difference::Lines(one)) = between(&earth, &l(42.0), &l(42.001)) else {
        panic!()
    };
    let Some(Difference::Lines(both)) = between(&earth, &two(42.0), &two(42.001)) else {
        panic!()
    };
    close(both.area, 2.0 * one.area, 1e-6 * both.area);
    close(both.mean, one.mean, 1e-6 * one.mean);
    assert!(matches!(
        between(&earth, &l(42.0), &two(42.0)),
        Some(Difference::Lines(_))
    ));
    assert_eq!(between(&earth, &p(130.0), &l(42.0)), None);
    assert_eq!(between(&earth, &p(130.0), &p(f64::NAN)), None);
    assert_eq!(between(&earth, &p(130.0), &p(500.0)), None);
    let q = Geometry::Polygon(vec![vec![[130.0, 42.0], [130.1, 42.0], [130.1, 42.1], [130.0, 42.0]]]);
    assert_eq!(between(&earth, &q, &q), Some(Difference::Polygons(Exchange::default())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the lines: nothing is negative, the mean is not above the maximum, and the order does not matter.
    #[test]
    fn the_difference_is_the_same_both_ways(
        a in prop::collection::vec((0.0..3_000.0_f64, -300.0..300.0_f64), 2..12),
        b in prop::collection::vec((0.0..3_000.0_f64, -300.0..300.0_f64), 2..12),
    ) {
        let (old, new) = (line(beside(130.0, &a)), line(beside(130.0, &b)));
        let (there, back) = (lines(&old, &new), lines(&new, &old));
        prop_assert!(there.area >= 0.0 && there.mean >= 0.0);
        prop_assert!(there.mean <= there.maximum + 1e-6);
        prop_assert!((there.maximum - back.maximum).abs() <= 2e-3 + 2e-5 * there.maximum, "{:?} {:?}", there, back);
        prop_assert!((there.mean - back.mean).abs() <= 2e-3 * there.mean + 1e-6);
        prop_assert!((there.area - back.area).abs() <= 1e-4 * there.area + 1.0, "{:?} {:?}", there, back);
    }
}
