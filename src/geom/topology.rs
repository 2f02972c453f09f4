//! Whether a line is simple: no crossing, no touching itself, no step without length, no spike.

use geo::line_intersection::{LineIntersection, line_intersection};

use super::ellipsoid::{Ellipsoid, lon_difference};
use super::line::GeodesicLine;
use crate::unit::LonLat;

/// One fault of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// The geodesic that begins at this vertex has no length.
    NoLength { vertex: usize },
    /// The line turns back on itself at this vertex; the angle between its two arms in degrees.
    Spike { vertex: usize, angle: f64 },
    /// Two geodesics (indices) cross or touch at a place.
    Crossing { pieces: (usize, usize), place: LonLat },
}

/// Arms that enclose less than this are a spike: the default of check C12.
pub const SPIKE_DEGREES: f64 = 1.0;

/// All faults, in order along the line.
///
/// - **Shape**: any line; a ring's closing point is reported as a touch, since a boundary section is open.
/// - **Errors**: none.
/// - **Source**: OGC 06-103r4 simplicity. Each pair of close geodesics is compared in a gnomonic projection centred on
///   the pair, where geodesics are straight (to 1e-3 m over 10 km on the ellipsoid), with exact orientation tests.
pub fn faults(line: &GeodesicLine) -> Vec<Fault> {
    let (earth, vertices) = (line.ellipsoid(), line.vertices());
    let mut faults = Vec::new();
    for (vertex, pair) in vertices.windows(2).enumerate() {
        if pair[0] == pair[1] {
            faults.push(Fault::NoLength { vertex });
        }
    }
    let mut last_arm: Option<LonLat> = None;
    for (vertex, pair) in vertices.windows(2).enumerate() {
        if pair[0] == pair[1] {
            continue;
        }
        if let Some(before) = last_arm {
            let back = earth.inverse(pair[0], before).azimuth_start;
            let on = earth.inverse(pair[0], pair[1]).azimuth_start;
            let angle = ((on - back + 540.0).rem_euclid(360.0) - 180.0).abs();
            if angle < SPIKE_DEGREES {
                faults.push(Fault::Spike { vertex, angle });
            }
        }
        last_arm = Some(pair[0]);
    }
    line.close_pairs(|a, b| {
        if let Some(place) = meet(earth, (vertices[a], vertices[a + 1]), (vertices[b], vertices[b + 1])) {
            // Where steps without length stand between them, two geodesics are neighbours after all.
            let neighbours = vertices[a + 1..=b].iter().all(|v| *v == vertices[a + 1]);
            if !neighbours {
                faults.push(Fault::Crossing { pieces: (a, b), place });
            }
        }
    });
    faults.sort_by_key(|fault| match fault {
        Fault::NoLength { vertex } | Fault::Spike { vertex, .. } => *vertex,
        Fault::Crossing { pieces, .. } => pieces.0,
    });
    faults
}

/// A place that two geodesics share, if they do.
pub(super) fn meet(earth: &Ellipsoid, a: (LonLat, LonLat), b: (LonLat, LonLat)) -> Option<LonLat> {
    // Exactly equal vertices touch, whatever a projection would round.
    for end in [a.0, a.1] {
        if end == b.0 || end == b.1 {
            return Some(end);
        }
    }
    let centre = a.0;
    let flat = |p: LonLat| gnomonic(earth, centre, p);
    let first = geo::Line::new(flat(a.0)?, flat(a.1)?);
    let second = geo::Line::new(flat(b.0)?, flat(b.1)?);
    let place = match line_intersection(first, second)? {
        LineIntersection::SinglePoint { intersection, .. } => intersection,
        LineIntersection::Collinear { intersection } => intersection.start,
    };
    let azimuth = place.x.atan2(place.y).to_degrees();
    let distance = (place.x.hypot(place.y) / earth.semi_major_m()).atan() * earth.semi_major_m();
    Some(earth.direct(centre, azimuth, distance).position)
}

/// Metres east and north in a gnomonic projection (spherical radial law over the geodesic distance); `None` beyond
/// some 60 degrees, where nothing is near.
fn gnomonic(earth: &Ellipsoid, centre: LonLat, point: LonLat) -> Option<geo::Coord<f64>> {
    if lon_difference(centre, point) == 0.0 && centre.lat == point.lat {
        return Some(geo::Coord { x: 0.0, y: 0.0 });
    }
    let leg = earth.inverse(centre, point);
    let arc = leg.distance / earth.semi_major_m();
    if arc > 1.0 {
        return None;
    }
    let radius = arc.tan() * earth.semi_major_m();
    let (sine, cosine) = leg.azimuth_start.to_radians().sin_cos();
    Some(geo::Coord {
        x: radius * sine,
        y: radius * cosine,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> GeodesicLine {
        let vertices = points
            .iter()
            .map(|(lon, lat)| LonLat::new(*lon, *lat).unwrap())
            .collect();
        GeodesicLine::new(Ellipsoid::grs80(), vertices).unwrap()
    }

    fn check(points: &[(f64, f64)], expect: &[&str]) {
        let found: Vec<String> = faults(&line(points))
            .iter()
            .map(|fault| match fault {
                Fault::NoLength { vertex } => format!("no length at {vertex}"),
                Fault::Spike { vertex, .. } => format!("spike at {vertex}"),
                Fault::Crossing { pieces: (a, b), .. } => format!("crossing of {a} and {b}"),
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_plain_line_has_no_fault() {
        check(&[(130.0, 42.0), (130.1, 42.0), (130.2, 42.1), (130.3, 42.0)], &[]);
    }

    #[test]
    fn a_loop_crosses_itself() {
        check(
            &[
                (130.0, 42.0),
                (130.2, 42.0),
                (130.2, 42.1),
                (130.1, 42.1),
                (130.1, 41.9),
            ],
            &["crossing of 0 and 3"],
        );
    }

    #[test]
    fn touching_a_vertex_counts() {
        check(
            &[
                (130.0, 42.0),
                (130.1, 42.0),
                (130.2, 42.1),
                (130.1, 42.2),
                (130.1, 42.0),
                (130.0, 41.9),
            ],
            &[
                "crossing of 0 and 3",
                "crossing of 0 and 4",
                "crossing of 1 and 3",
                "crossing of 1 and 4",
            ],
        );
    }

    #[test]
    fn a_step_without_length_is_named_and_hides_nothing() {
        check(
            &[(130.0, 42.0), (130.1, 42.0), (130.1, 42.0), (130.2, 42.1)],
            &["no length at 1"],
        );
    }

    #[test]
    fn a_spike_is_found() {
        check(
            &[(130.0, 42.0), (130.1, 42.0), (130.05, 42.0001), (130.2, 42.3)],
            &["spike at 1"],
        );
    }

    #[test]
    fn the_place_of_a_crossing_is_on_both() {
        let found = faults(&line(&[
            (130.0, 42.0),
            (130.2, 42.0),
            (130.2, 42.1),
            (130.1, 42.1),
            (130.1, 41.9),
        ]));
        let Some(Fault::Crossing { place, .. }) = found.first() else {
            panic!("{found:?}")
        };
        assert!((place.lon.get() - 130.1).abs() < 1e-6, "{place:?}");
    }
}
