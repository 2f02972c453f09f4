//! A long line on the ellipsoid: chainages, feet of points, pieces.
//!
//! The line is a chain of geodesics through its vertices. Lines of another kind (rhumb, parallel, grid line) are
//! brought here as chains of short geodesics, see [`super::rhumb`].

use super::ellipsoid::{Ellipsoid, Inverse, lon_difference};
use super::nearness::Index;
use crate::unit::LonLat;

/// On which side of a line a point lies, seen along the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    On,
}

/// The nearest point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foot {
    /// Metres along the line from its first vertex.
    pub chainage: f64,
    /// Metres from the line, 0 or more.
    pub distance: f64,
    pub side: Side,
    pub position: LonLat,
    /// Index of the geodesic (from vertex `piece` to vertex `piece + 1`) that holds the foot.
    pub piece: usize,
    /// Degrees clockwise from north from the point to its foot; 0 when the point is on the line.
    pub azimuth: f64,
}

impl Foot {
    /// Distance with a sign: right of the line positive, left negative.
    pub fn offset(&self) -> f64 {
        if self.side == Side::Left {
            -self.distance
        } else {
            self.distance
        }
    }
}

/// The nearest point of one geodesic.
#[derive(Debug, Clone, Copy)]
struct OnPiece {
    /// Metres along the geodesic.
    along: f64,
    position: LonLat,
    /// Direction of the geodesic there, in degrees.
    course: f64,
    /// From there to the point.
    leg: Inverse,
}

/// A line ready to be asked many times.
#[derive(Debug, Clone)]
pub struct GeodesicLine {
    ellipsoid: Ellipsoid,
    vertices: Vec<LonLat>,
    /// Chainage of each vertex; same length as `vertices`.
    chainages: Vec<f64>,
    index: Index,
}

/// A point nearer than this is on the line: a tenth of a micrometre, far below anything surveyed.
const ON_LINE_M: f64 = 1e-7;

impl GeodesicLine {
    /// - **Shape**: `vertices` in order; repeated vertices are allowed and have no length.
    /// - **Errors**: `None` for fewer than two vertices.
    pub fn new(ellipsoid: Ellipsoid, vertices: Vec<LonLat>) -> Option<Self> {
        if vertices.len() < 2 {
            return None;
        }
        let mut chainages = Vec::with_capacity(vertices.len());
        let mut along = 0.0;
        chainages.push(along);
        for pair in vertices.windows(2) {
            along += ellipsoid.step(pair[0], pair[1]);
            chainages.push(along);
        }
        let index = Index::new(&ellipsoid, &vertices, &chainages);
        Some(Self {
            ellipsoid,
            vertices,
            chainages,
            index,
        })
    }

    pub const fn ellipsoid(&self) -> &Ellipsoid {
        &self.ellipsoid
    }

    pub fn vertices(&self) -> &[LonLat] {
        &self.vertices
    }

    /// Metres along the line of each vertex.
    pub fn chainages(&self) -> &[f64] {
        &self.chainages
    }

    /// Metres.
    pub fn length(&self) -> f64 {
        self.chainages.last().copied().unwrap_or(0.0)
    }

    /// The nearest point of the line.
    ///
    /// - **Units**: metres on the ellipsoid, degrees.
    /// - **Errors**: none. Where two places are equally near, the one with the smaller chainage.
    /// - **Source**: candidates by straight distance in space, with bounds on what the bulge of a geodesic can change;
    ///   then the foot on each by the intercept iteration of Baselga and Martinez-Llario (Stud. Geophys. Geod. 62,
    ///   2018) with Karney's geodesics. Against known truth to 0.1 mm: tests/it/truth.rs.
    pub fn foot(&self, point: LonLat) -> Foot {
        let mut best: Option<(usize, OnPiece)> = None;
        for (piece, guess) in self.index.candidates(&self.ellipsoid, point) {
            let found = self.foot_on(piece, guess, point);
            if best.is_none_or(|(_, known)| found.leg.distance < known.leg.distance - 1e-9) {
                best = Some((piece, found));
            }
        }
        let (piece, found) = best.unwrap_or_else(|| (0, self.foot_on(0, 0.0, point)));
        let on_line = found.leg.distance <= ON_LINE_M;
        Foot {
            chainage: self.chainages[piece] + found.along,
            distance: found.leg.distance,
            side: if on_line {
                Side::On
            } else {
                self.side(piece, &found, point)
            },
            position: found.position,
            piece,
            // Back along the leg that was measured from the foot to the point.
            azimuth: if on_line {
                0.0
            } else {
                turn(0.0, found.leg.azimuth_end + 180.0)
            },
        }
    }

    fn piece_length(&self, piece: usize) -> f64 {
        self.chainages[piece + 1] - self.chainages[piece]
    }

    /// Foot of `point` on one geodesic, from a guess of the fraction (0 to 1).
    fn foot_on(&self, piece: usize, guess: f64, point: LonLat) -> OnPiece {
        let (start, end) = (self.vertices[piece], self.vertices[piece + 1]);
        let length = self.piece_length(piece);
        if length <= 0.0 {
            return OnPiece {
                along: 0.0,
                position: start,
                course: 0.0,
                leg: self.ellipsoid.inverse(start, point),
            };
        }
        let whole = self.ellipsoid.inverse(start, end);
        let mut along = guess.clamp(0.0, 1.0) * length;
        for _ in 0..20 {
            let found = self.on_piece(piece, &whole, along, point);
            let angle = (found.leg.azimuth_start - found.course).to_radians();
            let step = spherical_intercept(found.leg.distance, angle, self.ellipsoid.semi_major_m());
            let next = (along + step).clamp(0.0, length);
            if (next - along).abs() < 1e-6 {
                return found;
            }
            along = next;
        }
        self.on_piece(piece, &whole, along, point)
    }

    /// The place so many metres along one geodesic, and the leg from there to `point`.
    fn on_piece(&self, piece: usize, whole: &Inverse, along: f64, point: LonLat) -> OnPiece {
        let (start, end) = (self.vertices[piece], self.vertices[piece + 1]);
        // At its ends the vertices themselves, not computed copies of them.
        let (position, course) = if along >= self.piece_length(piece) {
            (end, whole.azimuth_end)
        } else if along <= 0.0 {
            (start, whole.azimuth_start)
        } else {
            let here = self.ellipsoid.direct(start, whole.azimuth_start, along);
            (here.position, here.azimuth)
        };
        OnPiece {
            along,
            position,
            course,
            leg: self.ellipsoid.inverse(position, point),
        }
    }

    /// The side of a point whose foot is known.
    fn side(&self, piece: usize, foot: &OnPiece, point: LonLat) -> Side {
        let length = self.piece_length(piece);
        if (ON_LINE_M..=length - ON_LINE_M).contains(&foot.along) {
            return side_of(foot.course, foot.leg.azimuth_start);
        }
        let vertex = if foot.along < ON_LINE_M { piece } else { piece + 1 };
        let towards = self.ellipsoid.inverse(self.vertices[vertex], point).azimuth_start;
        if let (Some(before), Some(after)) = (self.course_into(vertex), self.course_out_of(vertex)) {
            let sides = (side_of(before, towards), side_of(after, towards));
            // Where the arms disagree the point lies beyond a sharp bend, on its outside.
            let outside = if turn(before, after) > 0.0 {
                Side::Left
            } else {
                Side::Right
            };
            return if sides.0 == sides.1 { sides.0 } else { outside };
        }
        let course = self.course_out_of(vertex).or_else(|| self.course_into(vertex));
        side_of(course.unwrap_or(0.0), towards)
    }

    /// Direction of the line just before a vertex: of the last geodesic with a length.
    fn course_into(&self, vertex: usize) -> Option<f64> {
        let piece = (0..vertex).rev().find(|piece| self.piece_length(*piece) > 0.0)?;
        Some(
            self.ellipsoid
                .inverse(self.vertices[piece], self.vertices[piece + 1])
                .azimuth_end,
        )
    }

    fn course_out_of(&self, vertex: usize) -> Option<f64> {
        let piece = (vertex..self.vertices.len() - 1).find(|piece| self.piece_length(*piece) > 0.0)?;
        Some(
            self.ellipsoid
                .inverse(self.vertices[piece], self.vertices[piece + 1])
                .azimuth_start,
        )
    }

    /// The vertex nearest to `point` and its distance in metres.
    pub fn nearest_vertex(&self, point: LonLat) -> (usize, f64) {
        let vertex = self.index.nearest_vertex(&self.ellipsoid, point);
        (vertex, self.ellipsoid.distance(self.vertices[vertex], point))
    }

    /// The stretches of the line, as chainages from and to, that lie within `radius` metres of `point`.
    ///
    /// - **Shape**: ascending within one geodesic; stretches of neighbouring geodesics meet but are not joined.
    /// - **Errors**: none. For radii up to some 100 m the ends are exact to a millimetre.
    pub fn within(&self, point: LonLat, radius: f64, mut each: impl FnMut(f64, f64)) {
        self.index.within(&self.ellipsoid, point, radius, |piece, from, to| {
            let (start, length) = (self.chainages[piece], self.piece_length(piece));
            each(start + from * length, start + to * length);
        });
    }

    /// Pairs of geodesics, no neighbours, that come near each other: each pair once, lower index first.
    pub(super) fn close_pairs(&self, each: impl FnMut(usize, usize)) {
        self.index.close_pairs(each);
    }

    /// Pairs of geodesics of this line and of another that come near each other, the index on this line first.
    pub(super) fn pairs_near(&self, other: &Self, each: impl FnMut(usize, usize)) {
        self.index.pairs_with(&other.index, each);
    }

    /// Metres from one geodesic of the line to a point.
    pub(super) fn distance_from_piece(&self, piece: usize, point: LonLat) -> f64 {
        self.foot_on(piece, 0.5, point).leg.distance
    }

    /// The piece (geodesic) that holds a chainage. At a vertex, the one that begins there.
    pub fn piece_at(&self, chainage: f64) -> usize {
        let after = self.chainages.partition_point(|c| *c <= chainage);
        after.saturating_sub(1).min(self.vertices.len() - 2)
    }

    /// The position at a chainage; chainages outside the line give its ends.
    pub fn at(&self, chainage: f64) -> LonLat {
        let piece = self.piece_at(chainage);
        let (start, end) = (self.vertices[piece], self.vertices[piece + 1]);
        let along = chainage - self.chainages[piece];
        if along <= 0.0 {
            start
        } else if along >= self.piece_length(piece) {
            end
        } else {
            self.ellipsoid
                .direct(start, self.ellipsoid.inverse(start, end).azimuth_start, along)
                .position
        }
    }

    /// The stretch between two chainages as a chain of vertices, ends included.
    pub fn stretch(&self, from: f64, to: f64) -> Vec<LonLat> {
        let mut points = vec![self.at(from)];
        let first = self.chainages.partition_point(|c| *c <= from);
        let last = self.chainages.partition_point(|c| *c < to);
        points.extend_from_slice(self.vertices.get(first..last).unwrap_or_default());
        points.push(self.at(to));
        points
    }
}

/// How far along a geodesic the foot of a point lies, by the right-angled spherical triangle.
fn spherical_intercept(distance: f64, angle: f64, radius: f64) -> f64 {
    let arc = distance / radius;
    (angle.cos() * arc.tan()).atan() * radius
}

/// The turn from one course to the next in degrees: right positive, -180 to 180.
fn turn(before: f64, after: f64) -> f64 {
    (after - before + 540.0).rem_euclid(360.0) - 180.0
}

fn side_of(course: f64, towards: f64) -> Side {
    if turn(course, towards) >= 0.0 {
        Side::Right
    } else {
        Side::Left
    }
}

/// A chain with further vertices on its geodesics so that no step is longer than `step_m`, for drawing.
///
/// - **Shape**: all given vertices stay, in order.
/// - **Errors**: none; a step that is not positive gives the chain as it is.
pub fn densify(ellipsoid: &Ellipsoid, vertices: &[LonLat], step_m: f64) -> Vec<LonLat> {
    let mut dense = Vec::with_capacity(vertices.len());
    for pair in vertices.windows(2) {
        dense.push(pair[0]);
        let leg = ellipsoid.inverse(pair[0], pair[1]);
        if step_m > 0.0 && leg.distance > step_m {
            let steps = (leg.distance / step_m).ceil();
            let mut k = 1.0;
            while k < steps {
                dense.push(
                    ellipsoid
                        .direct(pair[0], leg.azimuth_start, leg.distance * k / steps)
                        .position,
                );
                k += 1.0;
            }
        }
    }
    dense.extend(vertices.last());
    dense
}

/// West, south, east, north of some points, by the shortest arc: west is greater than east across 180 degrees.
///
/// - **Errors**: `None` without points.
pub fn bounds(points: impl IntoIterator<Item = LonLat>) -> Option<[f64; 4]> {
    let mut points = points.into_iter();
    let first = points.next()?;
    let (mut west, mut east) = (0.0_f64, 0.0_f64);
    let (mut south, mut north) = (first.lat.get(), first.lat.get());
    for point in points {
        let east_of_first = lon_difference(first, point);
        west = west.min(east_of_first);
        east = east.max(east_of_first);
        south = south.min(point.lat.get());
        north = north.max(point.lat.get());
    }
    let wrap = |lon: f64| {
        if lon > 180.0 {
            lon - 360.0
        } else if lon < -180.0 {
            lon + 360.0
        } else {
            lon
        }
    };
    Some([wrap(first.lon.get() + west), south, wrap(first.lon.get() + east), north])
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
