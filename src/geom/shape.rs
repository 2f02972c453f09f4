//! Geometry as it crosses borders: positions as two plain numbers, easting or longitude first, in whatever system the
//! sender names.

/// A geometry of one of the six simple kinds.
///
/// - **Shape**: a line has two positions or more; a ring of a polygon is closed and has four or more, the outer ring
///   first. Nothing here promises that: see [`Geometry::flaw`].
/// - **Units**: those of its system; easting or longitude first.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    Point([f64; 2]),
    Points(Vec<[f64; 2]>),
    Line(Vec<[f64; 2]>),
    Lines(Vec<Vec<[f64; 2]>>),
    Polygon(Vec<Vec<[f64; 2]>>),
    Polygons(Vec<Vec<Vec<[f64; 2]>>>),
}

/// What is wrong with a geometry, and the path of indices to the member that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    NotFinite,
    TooFewPositions,
    RingNotClosed,
    RingTooShort,
    Empty,
}

impl Geometry {
    /// Name of the kind in GeoJSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Point(_) => "Point",
            Self::Points(_) => "MultiPoint",
            Self::Line(_) => "LineString",
            Self::Lines(_) => "MultiLineString",
            Self::Polygon(_) => "Polygon",
            Self::Polygons(_) => "MultiPolygon",
        }
    }

    /// All positions, in order.
    pub fn positions(&self) -> Box<dyn Iterator<Item = &[f64; 2]> + '_> {
        match self {
            Self::Point(position) => Box::new(std::iter::once(position)),
            Self::Points(line) | Self::Line(line) => Box::new(line.iter()),
            Self::Lines(lines) | Self::Polygon(lines) => Box::new(lines.iter().flatten()),
            Self::Polygons(polygons) => Box::new(polygons.iter().flatten().flatten()),
        }
    }

    /// The same geometry with every position changed.
    ///
    /// # Errors
    /// The first that `change` gives.
    pub fn try_map<E>(&self, mut change: impl FnMut([f64; 2]) -> Result<[f64; 2], E>) -> Result<Self, E> {
        let line = |line: &[[f64; 2]], change: &mut dyn FnMut([f64; 2]) -> Result<[f64; 2], E>| {
            line.iter()
                .map(|position| change(*position))
                .collect::<Result<Vec<_>, E>>()
        };
        let lines = |lines: &[Vec<[f64; 2]>], change: &mut dyn FnMut([f64; 2]) -> Result<[f64; 2], E>| {
            lines.iter().map(|l| line(l, change)).collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Self::Point(position) => Self::Point(change(*position)?),
            Self::Points(positions) => Self::Points(line(positions, &mut change)?),
            Self::Line(positions) => Self::Line(line(positions, &mut change)?),
            Self::Lines(parts) => Self::Lines(lines(parts, &mut change)?),
            Self::Polygon(rings) => Self::Polygon(lines(rings, &mut change)?),
            Self::Polygons(polygons) => Self::Polygons(
                polygons
                    .iter()
                    .map(|p| lines(p, &mut change))
                    .collect::<Result<_, E>>()?,
            ),
        })
    }

    /// West, south, east, north of the plain numbers; none of an empty geometry.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        self.positions().fold(None, |bounds, [x, y]| {
            let [w, s, e, n] = bounds.unwrap_or([*x, *y, *x, *y]);
            Some([w.min(*x), s.min(*y), e.max(*x), n.max(*y)])
        })
    }

    /// The first thing wrong with it, with the indices that lead to the member from `coordinates`.
    pub fn flaw(&self) -> Option<(Flaw, Vec<usize>)> {
        match self {
            Self::Point(position) => not_finite(std::slice::from_ref(position)).map(|(flaw, _)| (flaw, Vec::new())),
            Self::Points(positions) => {
                if positions.is_empty() {
                    return Some((Flaw::Empty, Vec::new()));
                }
                not_finite(positions).map(|(flaw, at)| (flaw, vec![at]))
            }
            Self::Line(positions) => line_flaw(positions),
            Self::Lines(lines) => each(lines, |line| line_flaw(line)),
            Self::Polygon(rings) => polygon_flaw(rings),
            Self::Polygons(polygons) => each(polygons, |rings| polygon_flaw(rings)),
        }
    }

    /// A geometry of several parts that has only one, as that part; any other as it is.
    #[must_use]
    pub fn single(self) -> Self {
        match self {
            Self::Points(points) if points.len() == 1 => Self::Point(points[0]),
            Self::Lines(mut lines) if lines.len() == 1 => Self::Line(lines.swap_remove(0)),
            Self::Polygons(mut polygons) if polygons.len() == 1 => Self::Polygon(polygons.swap_remove(0)),
            other => other,
        }
    }

    /// Turns rings so that outer ones run counter-clockwise and holes clockwise, as GeoJSON has it (RFC 7946, 3.1.6).
    pub fn wind(&mut self) {
        let wind_polygon = |rings: &mut Vec<Vec<[f64; 2]>>| {
            for (index, ring) in rings.iter_mut().enumerate() {
                if runs_counter_clockwise(ring) != (index == 0) {
                    ring.reverse();
                }
            }
        };
        match self {
            Self::Polygon(rings) => wind_polygon(rings),
            Self::Polygons(polygons) => polygons.iter_mut().for_each(wind_polygon),
            _ => {}
        }
    }
}

fn each<T>(parts: &[T], flaw: impl Fn(&T) -> Option<(Flaw, Vec<usize>)>) -> Option<(Flaw, Vec<usize>)> {
    if parts.is_empty() {
        return Some((Flaw::Empty, Vec::new()));
    }
    parts.iter().enumerate().find_map(|(index, part)| {
        flaw(part).map(|(flaw, mut path)| {
            path.insert(0, index);
            (flaw, path)
        })
    })
}

fn not_finite(positions: &[[f64; 2]]) -> Option<(Flaw, usize)> {
    positions
        .iter()
        .position(|[x, y]| !(x.is_finite() && y.is_finite()))
        .map(|at| (Flaw::NotFinite, at))
}

fn line_flaw(line: &[[f64; 2]]) -> Option<(Flaw, Vec<usize>)> {
    if line.len() < 2 {
        return Some((Flaw::TooFewPositions, Vec::new()));
    }
    not_finite(line).map(|(flaw, at)| (flaw, vec![at]))
}

fn polygon_flaw(rings: &[Vec<[f64; 2]>]) -> Option<(Flaw, Vec<usize>)> {
    each(rings, |ring: &Vec<[f64; 2]>| {
        if ring.len() < 4 {
            return Some((Flaw::RingTooShort, Vec::new()));
        }
        if ring.first() != ring.last() {
            return Some((Flaw::RingNotClosed, Vec::new()));
        }
        not_finite(ring).map(|(flaw, at)| (flaw, vec![at]))
    })
}

/// Whether a ring runs counter-clockwise, in the plane of its numbers.
///
/// - **Shape**: a closed ring; one without area does not.
pub fn runs_counter_clockwise(ring: &[[f64; 2]]) -> bool {
    twice_area(ring) > 0.0
}

/// Twice the area of a ring of plain numbers, positive when it runs counter-clockwise.
fn twice_area(ring: &[[f64; 2]]) -> f64 {
    // Relative to the first position, so that small rings far from the origin keep their sign.
    let [x0, y0] = ring.first().copied().unwrap_or_default();
    ring.windows(2)
        .map(|w| (w[0][0] - x0) * (w[1][1] - y0) - (w[1][0] - x0) * (w[0][1] - y0))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f64; 2]; 5] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];

    #[test]
    fn outer_rings_run_counter_clockwise_and_holes_clockwise() {
        let mut clockwise = SQUARE.to_vec();
        clockwise.reverse();
        let mut shape = Geometry::Polygon(vec![clockwise.clone(), SQUARE.to_vec()]);
        shape.wind();
        assert_eq!(shape, Geometry::Polygon(vec![SQUARE.to_vec(), clockwise]));
    }

    #[test]
    fn a_flaw_is_found_with_the_way_to_it() {
        let open = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let shape = Geometry::Polygons(vec![vec![SQUARE.to_vec()], vec![SQUARE.to_vec(), open]]);
        assert_eq!(shape.flaw(), Some((Flaw::RingNotClosed, vec![1, 1])));
        assert_eq!(
            Geometry::Line(vec![[0.0, 0.0]]).flaw(),
            Some((Flaw::TooFewPositions, vec![]))
        );
        let line = Geometry::Line(vec![[0.0, 0.0], [f64::NAN, 0.0]]);
        assert_eq!(line.flaw(), Some((Flaw::NotFinite, vec![1])));
        assert_eq!(Geometry::Polygon(vec![SQUARE.to_vec()]).flaw(), None);
    }

    #[test]
    fn bounds_hold_every_position() {
        let shape = Geometry::Lines(vec![vec![[1.0, 5.0], [2.0, 4.0]], vec![[-1.0, 4.5], [0.0, 9.0]]]);
        assert_eq!(shape.bounds(), Some([-1.0, 4.0, 2.0, 9.0]));
    }
}
