//! What lies near a long line, in logarithmic time.
//!
//! The line is its own spatial order: boxes of sixteen consecutive geodesics, of sixteen such boxes, and so on, in
//! earth-centred coordinates, so that neither zone edges nor the 180th meridian nor poles are special.

use super::ellipsoid::Ellipsoid;
use crate::unit::LonLat;

const FAN: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Cube {
    low: [f64; 3],
    high: [f64; 3],
}

impl Cube {
    const NONE: Self = Self {
        low: [f64::INFINITY; 3],
        high: [f64::NEG_INFINITY; 3],
    };

    fn take(&mut self, point: [f64; 3], margin: f64) {
        for (axis, value) in point.into_iter().enumerate() {
            self.low[axis] = self.low[axis].min(value - margin);
            self.high[axis] = self.high[axis].max(value + margin);
        }
    }

    fn join(&mut self, other: &Self) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
    }

    fn distance_squared(&self, point: [f64; 3]) -> f64 {
        let mut sum = 0.0;
        for (axis, value) in point.into_iter().enumerate() {
            let outside = (self.low[axis] - value).max(value - self.high[axis]).max(0.0);
            sum += outside * outside;
        }
        sum
    }

    fn overlaps(&self, other: &Self) -> bool {
        (0..3).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }
}

/// The tree. Level 0 holds one cube for every [`FAN`] geodesics, the last level one cube.
#[derive(Debug, Clone)]
pub struct Index {
    points: Vec<[f64; 3]>,
    levels: Vec<Vec<Cube>>,
}

/// How far a geodesic of this length can lie from its straight chord, in metres: its sagitta on the most curved
/// part of the ellipsoid, taken a little too large.
fn bulge(length: f64) -> f64 {
    const LEAST_RADIUS_M: f64 = 6_300_000.0;
    length * length / (8.0 * LEAST_RADIUS_M)
}

impl Index {
    /// - **Shape**: `vertices` and `chainages` of the same length, two at least.
    pub fn new(ellipsoid: &Ellipsoid, vertices: &[LonLat], chainages: &[f64]) -> Self {
        let points: Vec<[f64; 3]> = vertices.iter().map(|v| ellipsoid.geocentric(*v)).collect();
        let pieces = points.len().saturating_sub(1);
        let mut level: Vec<Cube> = Vec::with_capacity(pieces.div_ceil(FAN));
        for first in (0..pieces).step_by(FAN) {
            let mut cube = Cube::NONE;
            for piece in first..(first + FAN).min(pieces) {
                let margin = bulge(chainages[piece + 1] - chainages[piece]);
                cube.take(points[piece], margin);
                cube.take(points[piece + 1], margin);
            }
            level.push(cube);
        }
        let mut levels = vec![level];
        while let Some(below) = levels.last().filter(|l| l.len() > 1) {
            let above = below
                .chunks(FAN)
                .map(|cubes| {
                    let mut all = Cube::NONE;
                    cubes.iter().for_each(|cube| all.join(cube));
                    all
                })
                .collect();
            levels.push(above);
        }
        Self { points, levels }
    }

    fn pieces_of(&self, leaf: usize) -> std::ops::Range<usize> {
        leaf * FAN..((leaf + 1) * FAN).min(self.points.len() - 1)
    }

    /// The geodesics that may hold the nearest point, in order along the line, each with a guess of where on it.
    pub(super) fn candidates(&self, ellipsoid: &Ellipsoid, point: LonLat) -> Vec<(usize, f64)> {
        let at = ellipsoid.geocentric(point);
        // (lower bound of the distance, geodesic, fraction); `best` is the least upper bound so far.
        let mut found: Vec<(f64, usize, f64)> = Vec::with_capacity(8);
        let mut best = f64::INFINITY;
        self.descend(at, |index, best_squared: &mut f64, leaf| {
            for piece in index.pieces_of(leaf) {
                let (squared, fraction, length) = chord(at, index.points[piece], index.points[piece + 1]);
                let (distance, margin) = (squared.sqrt(), bulge(length));
                if distance - margin > best + slack(best) {
                    continue;
                }
                best = best.min(distance + margin);
                let reach = best + slack(best);
                *best_squared = reach * reach;
                found.push((distance - margin, piece, fraction));
            }
        });
        let reach = best + slack(best);
        found.retain(|(least, ..)| *least <= reach);
        found.sort_unstable_by_key(|(_, piece, _)| *piece);
        found
            .into_iter()
            .map(|(_, piece, fraction)| (piece, fraction))
            .collect()
    }

    /// Visits the leaves that may lie nearer than the running squared bound, nearest boxes first.
    fn descend(&self, at: [f64; 3], mut visit: impl FnMut(&Self, &mut f64, usize)) {
        let top = self.levels.len() - 1;
        let mut bound = f64::INFINITY;
        let mut stack: Vec<(f64, usize, usize)> = Vec::with_capacity(FAN * self.levels.len());
        stack.extend((0..self.levels[top].len()).map(|k| (self.levels[top][k].distance_squared(at), top, k)));
        while let Some((squared, level, k)) = stack.pop() {
            if squared > bound {
                continue;
            }
            if level == 0 {
                visit(self, &mut bound, k);
                continue;
            }
            let below = &self.levels[level - 1];
            let mark = stack.len();
            let children = below.iter().enumerate().skip(k * FAN).take(FAN);
            stack.extend(
                children
                    .map(|(child, cube)| (cube.distance_squared(at), level - 1, child))
                    .filter(|(squared, ..)| *squared <= bound),
            );
            // The nearest child is popped first.
            stack[mark..].sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        }
    }

    /// The vertex nearest in space, which on an ellipsoid is the nearest along it up to far below a micrometre.
    pub(super) fn nearest_vertex(&self, ellipsoid: &Ellipsoid, point: LonLat) -> usize {
        let at = ellipsoid.geocentric(point);
        let (mut nearest, mut best) = (0, f64::INFINITY);
        self.descend(at, |index, bound, leaf| {
            let pieces = index.pieces_of(leaf);
            for vertex in pieces.start..=pieces.end {
                let squared = separation_squared(at, index.points[vertex]);
                if squared < best || (squared == best && vertex < nearest) {
                    (nearest, best) = (vertex, squared);
                    *bound = squared;
                }
            }
        });
        nearest
    }

    /// Each part of a geodesic within `radius` metres of `point`: geodesic, fraction from, fraction to.
    pub(super) fn within(
        &self,
        ellipsoid: &Ellipsoid,
        point: LonLat,
        radius: f64,
        mut each: impl FnMut(usize, f64, f64),
    ) {
        let at = ellipsoid.geocentric(point);
        let reach = radius * radius;
        let top = self.levels.len() - 1;
        let mut stack: Vec<(usize, usize)> = (0..self.levels[top].len()).map(|k| (top, k)).collect();
        while let Some((level, k)) = stack.pop() {
            if self.levels[level][k].distance_squared(at) > reach {
                continue;
            }
            if level > 0 {
                // Last child first on the stack, so that the line is visited in its own order.
                stack.extend(
                    (k * FAN..((k + 1) * FAN).min(self.levels[level - 1].len()))
                        .rev()
                        .map(|c| (level - 1, c)),
                );
                continue;
            }
            for piece in self.pieces_of(k) {
                let (squared, fraction, length) = chord(at, self.points[piece], self.points[piece + 1]);
                if length <= 0.0 {
                    if squared <= reach {
                        each(piece, 0.0, 1.0);
                    }
                    continue;
                }
                // The geodesic bulges over its chord towards the surface, where the point is, so the height of the
                // bulge at the foot is taken off the squared distance before the circle is cut.
                let lift = 4.0 * bulge(length) * fraction * (1.0 - fraction);
                let flat = distance_to_chord_line_squared(at, self.points[piece], self.points[piece + 1]);
                let across = (flat.1 - lift * lift).max(0.0);
                if across > reach {
                    continue;
                }
                let half = (reach - across).sqrt() / length;
                let (from, to) = ((flat.0 - half).max(0.0), (flat.0 + half).min(1.0));
                if from <= to {
                    each(piece, from, to);
                }
            }
        }
    }

    /// The box around one geodesic.
    fn cube_of(&self, piece: usize) -> Cube {
        let mut cube = Cube::NONE;
        let (a, b) = (self.points[piece], self.points[piece + 1]);
        let margin = bulge(separation_squared(a, b).sqrt());
        cube.take(a, margin);
        cube.take(b, margin);
        cube
    }

    /// Pairs of geodesics of two lines whose boxes overlap, the index in this one first.
    pub(super) fn pairs_with(&self, other: &Self, mut each: impl FnMut(usize, usize)) {
        let top = other.levels.len() - 1;
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for piece in 0..self.points.len() - 1 {
            let own = self.cube_of(piece);
            stack.extend((0..other.levels[top].len()).map(|k| (top, k)));
            while let Some((level, k)) = stack.pop() {
                if !other.levels[level][k].overlaps(&own) {
                    continue;
                }
                if level > 0 {
                    let below = other.levels[level - 1].len();
                    stack.extend((k * FAN..((k + 1) * FAN).min(below)).map(|c| (level - 1, c)));
                    continue;
                }
                for near in other.pieces_of(k) {
                    if other.cube_of(near).overlaps(&own) {
                        each(piece, near);
                    }
                }
            }
        }
    }

    /// Pairs of geodesics whose boxes overlap and that are no neighbours, each pair once, lower index first.
    pub(super) fn close_pairs(&self, mut each: impl FnMut(usize, usize)) {
        let pieces = self.points.len() - 1;
        let top = self.levels.len() - 1;
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for piece in 0..pieces {
            let own = self.cube_of(piece);
            stack.extend((0..self.levels[top].len()).map(|k| (top, k)));
            while let Some((level, k)) = stack.pop() {
                // Everything under this box lies before the geodesic after next: already compared.
                let last = ((k + 1) * FAN.pow(level as u32 + 1)).min(pieces);
                if last <= piece + 1 || !self.levels[level][k].overlaps(&own) {
                    continue;
                }
                if level > 0 {
                    stack.extend((k * FAN..((k + 1) * FAN).min(self.levels[level - 1].len())).map(|c| (level - 1, c)));
                    continue;
                }
                for other in self.pieces_of(k).filter(|other| *other > piece + 1) {
                    if self.cube_of(other).overlaps(&own) {
                        each(piece, other);
                    }
                }
            }
        }
    }
}

/// What straight distances in space leave open about the order of distances on the ellipsoid, in metres, at this
/// distance: the radii of curvature differ by less than 1 %, and a chord is d^3 / 24 R^2 shorter than its arc.
fn slack(distance: f64) -> f64 {
    if distance.is_finite() {
        1e-6 + distance.powi(3) / (24.0 * 6.3e6 * 6.3e6) * 0.02
    } else {
        f64::INFINITY
    }
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn separation_squared(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d = minus(a, b);
    dot(d, d)
}

/// Squared distance of a point to a chord, the fraction of the nearest point on it (0 to 1), and its length.
fn chord(point: [f64; 3], start: [f64; 3], end: [f64; 3]) -> (f64, f64, f64) {
    let course = minus(end, start);
    let to = minus(point, start);
    let squared = dot(course, course);
    let fraction = if squared > 0.0 {
        (dot(to, course) / squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let off = [
        to[0] - fraction * course[0],
        to[1] - fraction * course[1],
        to[2] - fraction * course[2],
    ];
    (dot(off, off), fraction, squared.sqrt())
}

/// Fraction (unbounded) of the foot on the chord's straight line, and the squared distance from that line.
fn distance_to_chord_line_squared(point: [f64; 3], start: [f64; 3], end: [f64; 3]) -> (f64, f64) {
    let course = minus(end, start);
    let to = minus(point, start);
    let fraction = dot(to, course) / dot(course, course);
    let off = [
        to[0] - fraction * course[0],
        to[1] - fraction * course[1],
        to[2] - fraction * course[2],
    ];
    (fraction, dot(off, off))
}
