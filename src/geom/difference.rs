//! How two versions of a geometry differ on the ground.
//!
//! Start with [`between`]; [`lines`], [`displacement`] and [`polygons`] are its parts.

use std::collections::HashMap;

use geo::algorithm::bool_ops::FillRule;
use geo::{Area, BooleanOps};

use super::ellipsoid::Ellipsoid;
use super::equal_area::EqualArea;
use super::line::{Foot, GeodesicLine, Side, bounds, densify};
use super::shape::Geometry;
use super::topology::meet;
use crate::unit::{Bearing, LonLat};

/// The difference of two versions of a geometry.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    Points(Displacement),
    Lines(Separation),
    Polygons(Exchange),
}

/// How far and where to a point has moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    /// Metres.
    pub distance: f64,
    /// The direction from the old place to the new one; none where they are the same.
    pub azimuth: Option<Bearing>,
    pub old: LonLat,
    pub new: LonLat,
}

/// How far two lines are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// The greatest distance of a point of either line from the other, in metres.
    pub maximum: f64,
    /// Where that is: on the old line, and on the new one. One of them is the nearest point to the other.
    pub old: LonLat,
    pub new: LonLat,
    /// Mean distance of the points of both lines from the other one, in metres.
    pub mean: f64,
    /// Area between the lines, in square metres.
    pub area: f64,
    /// Metres of both lines together, by which a mean of several is weighted.
    pub length: f64,
}

/// Which areas a polygon has gained and lost, in square metres.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exchange {
    pub gained: f64,
    pub lost: f64,
}

impl Exchange {
    /// Area of the symmetric difference.
    pub fn total(&self) -> f64 {
        self.gained + self.lost
    }
}

/// The difference of two geometries of one kind.
///
/// - **Shape**: two points, two lines, or two polygons, single or several, longitude first. Several lines are compared
///   one by one where there are as many on both sides, else as one chain in their order. Of several points the one is
///   given that has moved farthest.
/// - **Units**: degrees in, metres and square metres on the ellipsoid out.
/// - **Errors**: `None` where the kinds differ, where a position is none on the earth, or where there are not as many
///   points on both sides.
pub fn between(ellipsoid: &Ellipsoid, old: &Geometry, new: &Geometry) -> Option<Difference> {
    if let (Some(old), Some(new)) = (rings_of(old), rings_of(new)) {
        return polygons(ellipsoid, &old?, &new?).map(Difference::Polygons);
    }
    if let (Some(old), Some(new)) = (points_of(old), points_of(new)) {
        let (old, new) = (chain(old)?, chain(new)?);
        let pairs = old.iter().zip(&new).filter(|_| old.len() == new.len());
        let all = pairs.map(|(old, new)| displacement(ellipsoid, *old, *new));
        return all
            .max_by(|a, b| a.distance.total_cmp(&b.distance))
            .map(Difference::Points);
    }
    let (old, new) = (lines_of(old)?, lines_of(new)?);
    let line = |parts: &[&[[f64; 2]]]| {
        let positions: Option<Vec<LonLat>> = parts.iter().flat_map(|part| part.iter()).map(place).collect();
        GeodesicLine::new(ellipsoid.clone(), positions?)
    };
    if old.len() != new.len() {
        return Some(Difference::Lines(lines(&line(&old)?, &line(&new)?)));
    }
    let mut whole: Option<Separation> = None;
    for (old, new) in old.iter().zip(&new) {
        let part = lines(&line(&[old])?, &line(&[new])?);
        whole = Some(match whole {
            None => part,
            Some(known) => known.with(&part),
        });
    }
    whole.map(Difference::Lines)
}

fn place([lon, lat]: &[f64; 2]) -> Option<LonLat> {
    LonLat::new(*lon, *lat).ok()
}

fn chain(positions: &[[f64; 2]]) -> Option<Vec<LonLat>> {
    positions.iter().map(place).collect()
}

fn points_of(geometry: &Geometry) -> Option<&[[f64; 2]]> {
    match geometry {
        Geometry::Point(position) => Some(std::slice::from_ref(position)),
        Geometry::Points(positions) => Some(positions),
        _ => None,
    }
}

fn lines_of(geometry: &Geometry) -> Option<Vec<&[[f64; 2]]>> {
    match geometry {
        Geometry::Line(line) => Some(vec![line]),
        Geometry::Lines(lines) => Some(lines.iter().map(Vec::as_slice).collect()),
        _ => None,
    }
}

/// Polygons of rings of places.
type Rings = Vec<Vec<Vec<LonLat>>>;

/// The polygons of a geometry that has them; inside, nothing where a position is none on the earth.
fn rings_of(geometry: &Geometry) -> Option<Option<Rings>> {
    let polygon = |rings: &Vec<Vec<[f64; 2]>>| rings.iter().map(|ring| chain(ring)).collect::<Option<Vec<_>>>();
    match geometry {
        Geometry::Polygon(rings) => Some(polygon(rings).map(|polygon| vec![polygon])),
        Geometry::Polygons(polygons) => Some(polygons.iter().map(polygon).collect()),
        _ => None,
    }
}

impl Separation {
    /// Both together.
    fn with(&self, other: &Self) -> Self {
        let farther = if other.maximum > self.maximum { other } else { self };
        let length = self.length + other.length;
        let mean = if length > 0.0 {
            (self.mean * self.length + other.mean * other.length) / length
        } else {
            0.0
        };
        Self {
            mean,
            area: self.area + other.area,
            length,
            ..*farther
        }
    }
}

/// How far and where to a point has moved.
///
/// - **Units**: metres and degrees on the ellipsoid.
/// - **Errors**: none.
/// - **Source**: Karney's geodesics, see [`Ellipsoid::inverse`].
pub fn displacement(ellipsoid: &Ellipsoid, old: LonLat, new: LonLat) -> Displacement {
    let leg = ellipsoid.inverse(old, new);
    let moved = old != new && leg.distance > 0.0;
    Displacement {
        distance: if moved { leg.distance } else { 0.0 },
        azimuth: Bearing::new(leg.azimuth_start).ok().filter(|_| moved),
        old,
        new,
    }
}

/// How far two lines are apart: greatest and mean distance, and the area between them.
///
/// - **Shape**: the lines may cross and share stretches as they like, and run in opposite directions; one that closes on
///   itself or crosses itself is taken as it comes. Their first and last points are joined by geodesics where they are
///   not the same. The greatest distance is that of Hausdorff; the mean is over the length of both lines.
/// - **Units**: metres and square metres on the ellipsoid. The greatest distance is found to a millimetre or 1e-5 of it,
///   the mean to 1e-3 of it; the area is as good as the places of the crossings. Equal lines give exactly 0.
/// - **Errors**: none.
/// - **Source**: feet by [`GeodesicLine::foot`]; areas between crossings by C. F. F. Karney (J. Geodesy 87, 2013,
///   section 6). Where the lines pass their crossings in different orders, the area of all places around which the old
///   line forth and the new one back turn, in a plane of equal area.
pub fn lines(old: &GeodesicLine, new: &GeodesicLine) -> Separation {
    let length = old.length() + new.length();
    let first = old.vertices().first().copied().unwrap_or_default();
    let mut separation = Separation {
        maximum: 0.0,
        old: first,
        new: first,
        mean: 0.0,
        area: 0.0,
        length,
    };
    if old.vertices() == new.vertices() {
        return separation;
    }
    let mut walk = Walk::default();
    walk.along(new, old);
    let of_new = walk.farthest;
    walk.along(old, new);
    match walk.farthest {
        Some((place, foot)) if walk.farthest == of_new => (separation.old, separation.new) = (foot, place),
        Some((place, foot)) => (separation.old, separation.new) = (place, foot),
        None => {}
    }
    separation.maximum = walk.maximum;
    if length > 0.0 {
        separation.mean = walk.sum / length;
    }
    separation.area = area_between(old, new);
    separation
}

/// A walk along one line, looking at another.
#[derive(Default)]
struct Walk {
    maximum: f64,
    farthest: Option<(LonLat, LonLat)>,
    /// The integral of the distance over the length.
    sum: f64,
}

/// A place of the walk with its nearest point on the other line.
#[derive(Clone, Copy)]
struct Stop {
    along: f64,
    position: LonLat,
    foot: Foot,
}

/// No stretch shorter than this is divided further, in metres.
const FINEST_M: f64 = 1e-3;

impl Walk {
    fn along(&mut self, line: &GeodesicLine, other: &GeodesicLine) {
        let known = by_place(other);
        let mut last: Option<Stop> = None;
        // The greatest distance of the vertices first: it spares most stretches a closer look.
        let stops: Vec<Stop> = line
            .vertices()
            .iter()
            .zip(line.chainages())
            .map(|(position, along)| Stop {
                along: *along,
                position: *position,
                foot: shared_foot(other, &known, *position).unwrap_or_else(|| other.foot(*position)),
            })
            .collect();
        stops.iter().for_each(|stop| self.take(stop));
        for stop in stops {
            if let Some(last) = last {
                self.stretch(line, other, last, stop);
            }
            last = Some(stop);
        }
    }

    fn take(&mut self, stop: &Stop) {
        if stop.foot.distance > self.maximum {
            self.maximum = stop.foot.distance;
            self.farthest = Some((stop.position, stop.foot.position));
        }
    }

    /// What is worth looking for.
    fn tolerance(&self) -> f64 {
        FINEST_M.max(1e-5 * self.maximum)
    }

    /// Adds the stretch between two stops on one geodesic, divided as long as the distance is not simple on it.
    fn stretch(&mut self, line: &GeodesicLine, other: &GeodesicLine, from: Stop, to: Stop) {
        let mut stack = vec![(from, to)];
        while let Some((a, b)) = stack.pop() {
            let (da, db) = (a.foot.distance, b.foot.distance);
            let length = b.along - a.along;
            // The ends of one geodesic of the other line: all between lies on it.
            let shared =
                da == 0.0 && db == 0.0 && a.foot.piece.abs_diff(b.foot.piece) <= 1 && on_one_piece(other, &a, &b);
            if length <= 0.0 || shared {
                continue;
            }
            if length <= FINEST_M {
                self.sum += 0.5 * (da + db) * length;
                continue;
            }
            let same = a.foot.piece == b.foot.piece;
            let opposite = matches!(
                (a.foot.side, b.foot.side),
                (Side::Left, Side::Right) | (Side::Right, Side::Left)
            );
            if same && inside(other, &a.foot) && inside(other, &b.foot) {
                // Beside one geodesic the distance with its sign is a straight function of the way.
                self.sum += length
                    * if opposite && da + db > 0.0 {
                        0.5 * (da * da + db * db) / (da + db)
                    } else {
                        0.5 * (da + db)
                    };
                continue;
            }
            let along = 0.5 * (a.along + b.along);
            let position = line.at(along);
            let middle = Stop {
                along,
                position,
                foot: other.foot(position),
            };
            self.take(&middle);
            let dm = middle.foot.distance;
            let near = |x: &Stop, y: &Stop| x.foot.piece.abs_diff(y.foot.piece) <= 1;
            let smooth = near(&a, &middle) && near(&middle, &b) && near(&a, &b) && !opposite;
            let bend = (dm - 0.5 * (da + db)).abs();
            if smooth
                && bend <= 1e-3 * (da + dm + db) / 3.0 + 1e-9
                && self.bound(other, &a, &b) <= self.maximum + self.tolerance()
            {
                self.sum += length * (da + 4.0 * dm + db) / 6.0;
                continue;
            }
            stack.push((middle, b));
            stack.push((a, middle));
        }
    }

    /// No point between two stops is farther from the other line than this, in metres.
    fn bound(&self, other: &GeodesicLine, a: &Stop, b: &Stop) -> f64 {
        let (da, db) = (a.foot.distance, b.foot.distance);
        // The distance changes by no more than the way.
        let by_way = 0.5 * (da + db + b.along - a.along);
        if by_way <= self.maximum + self.tolerance() {
            return by_way;
        }
        // The distance from one geodesic has its greatest value at an end.
        let from_first = da.max(other.distance_from_piece(a.foot.piece, b.position));
        let from_second = db.max(other.distance_from_piece(b.foot.piece, a.position));
        by_way.min(from_first).min(from_second)
    }
}

/// Whether a foot lies between the ends of its geodesic.
fn inside(line: &GeodesicLine, foot: &Foot) -> bool {
    let chainages = line.chainages();
    let ends = chainages.get(foot.piece).zip(chainages.get(foot.piece + 1));
    ends.is_some_and(|(from, to)| foot.distance == 0.0 || (foot.chainage > *from && foot.chainage < *to))
}

/// Whether two stops are the two ends of one geodesic of the other line.
fn on_one_piece(other: &GeodesicLine, a: &Stop, b: &Stop) -> bool {
    let (Some(x), Some(y)) = (vertex_at(other, &a.foot), vertex_at(other, &b.foot)) else {
        return false;
    };
    let there = |vertex: usize, stop: &Stop| other.vertices().get(vertex) == Some(&stop.position);
    x.abs_diff(y) == 1 && there(x, a) && there(y, b)
}

/// The vertex that a foot is.
fn vertex_at(line: &GeodesicLine, foot: &Foot) -> Option<usize> {
    [foot.piece, foot.piece + 1]
        .into_iter()
        .find(|vertex| line.chainages().get(*vertex) == Some(&foot.chainage))
}

/// Places bit by bit.
type Places = HashMap<(u64, u64), Vec<usize>>;

fn key(position: LonLat) -> (u64, u64) {
    // Adding nothing makes the two zeros one.
    (
        (position.lon.get() + 0.0).to_bits(),
        (position.lat.get() + 0.0).to_bits(),
    )
}

/// The vertices of a line by their place.
fn by_place(line: &GeodesicLine) -> Places {
    let mut places = Places::with_capacity(line.vertices().len());
    for (vertex, position) in line.vertices().iter().enumerate() {
        places.entry(key(*position)).or_default().push(vertex);
    }
    places
}

/// The foot of a vertex that both lines have: itself, at no distance at all.
fn shared_foot(other: &GeodesicLine, known: &Places, position: LonLat) -> Option<Foot> {
    let vertex = *known.get(&key(position))?.first()?;
    Some(Foot {
        chainage: *other.chainages().get(vertex)?,
        distance: 0.0,
        side: Side::On,
        position,
        piece: vertex.min(other.vertices().len().saturating_sub(2)),
        azimuth: 0.0,
    })
}

/// A place that both lines pass.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    /// Metres along the old line and along the new one.
    old: f64,
    new: f64,
}

fn area_between(old: &GeodesicLine, new: &GeodesicLine) -> f64 {
    let turned;
    let new = if runs_against(old, new) {
        let vertices = new.vertices().iter().rev().copied().collect();
        match GeodesicLine::new(new.ellipsoid().clone(), vertices) {
            Some(line) => {
                turned = line;
                &turned
            }
            None => return 0.0,
        }
    } else {
        new
    };
    let cuts = cuts(old, new);
    let start = Cut { old: 0.0, new: 0.0 };
    let end = Cut {
        old: old.length(),
        new: new.length(),
    };
    let mut kept = vec![start];
    kept.extend(in_order(&cuts).into_iter().map(|at| cuts[at]));
    kept.push(end);
    let ties = ties(&cuts, &kept);
    let (mut area, mut from) = (0.0, 0);
    while from < ties.len() {
        let (mut last, mut part) = (from, from);
        while part <= last && part < ties.len() {
            last = ties[part].map_or(last, |tied| last.max(tied));
            part += 1;
        }
        area += lobe(old, new, kept[from], kept[last + 1], ties[from].is_some());
        from = last + 1;
    }
    area
}

/// For each part between neighbours in `kept` the last part that it must be taken together with, where a place that both
/// lines pass lies in one part of the one line and in another part of the other.
fn ties(cuts: &[Cut], kept: &[Cut]) -> Vec<Option<usize>> {
    /// Places nearer to each other than this, in metres, are one that was computed twice.
    const ONE_PLACE_M: f64 = 1e-6;
    let parts = kept.len() - 1;
    let mut ties = vec![None; parts];
    let part = |after: usize| after.saturating_sub(1).min(parts - 1);
    for cut in cuts {
        let i = part(kept.partition_point(|known| known.new <= cut.new));
        let j = part(kept.partition_point(|known| known.old <= cut.old));
        let is_kept = [i, i + 1, j, j + 1]
            .into_iter()
            .any(|at| (kept[at].old - cut.old).abs() < ONE_PLACE_M && (kept[at].new - cut.new).abs() < ONE_PLACE_M);
        if !is_kept {
            let tie = &mut ties[i.min(j)];
            *tie = Some(tie.map_or(i.max(j), |known: usize| known.max(i.max(j))));
        }
    }
    ties
}

/// Whether the new line runs from the old one's end to its start.
fn runs_against(old: &GeodesicLine, new: &GeodesicLine) -> bool {
    let earth = old.ellipsoid();
    let ends = |line: &GeodesicLine| line.vertices().first().copied().zip(line.vertices().last().copied());
    match (ends(old), ends(new)) {
        (Some((a, b)), Some((c, d))) => {
            earth.distance(a, d) + earth.distance(b, c) < earth.distance(a, c) + earth.distance(b, d)
        }
        _ => false,
    }
}

/// All places that both lines pass, in the order of the new one.
fn cuts(old: &GeodesicLine, new: &GeodesicLine) -> Vec<Cut> {
    /// A vertex that a line passes more often than this is not looked at: the pairs would grow without end.
    const MOST: usize = 8;
    let known = by_place(old);
    let (a, b) = (old.vertices(), new.vertices());
    let mut cuts = Vec::new();
    for (vertex, position) in b.iter().enumerate() {
        for at in known.get(&key(*position)).into_iter().flatten().take(MOST) {
            cuts.push(Cut {
                old: old.chainages()[*at],
                new: new.chainages()[vertex],
            });
        }
    }
    let earth = old.ellipsoid();
    old.pairs_near(new, |i, j| {
        let (first, second) = ((a[i], a[i + 1]), (b[j], b[j + 1]));
        let shared = [first.0, first.1]
            .iter()
            .any(|end| key(*end) == key(second.0) || key(*end) == key(second.1));
        if shared {
            return;
        }
        if let Some(place) = meet(earth, first, second) {
            cuts.push(Cut {
                old: old.chainages()[i] + earth.distance(first.0, place),
                new: new.chainages()[j] + earth.distance(second.0, place),
            });
        }
    });
    cuts.sort_by(|x, y| x.new.total_cmp(&y.new).then(x.old.total_cmp(&y.old)));
    cuts.dedup();
    cuts
}

/// The longest choice of cuts that comes in the same order on both lines, as indices.
fn in_order(cuts: &[Cut]) -> Vec<usize> {
    // The smallest end of a choice of each length, and what comes before each cut in its choice.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(cuts.len());
    for (at, cut) in cuts.iter().enumerate() {
        let length = ends.partition_point(|end| cuts[*end].old <= cut.old);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut chosen = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(cut) = at {
        chosen.push(cut);
        at = before[cut];
    }
    chosen.reverse();
    chosen
}

/// The area between two places that both lines pass.
fn lobe(old: &GeodesicLine, new: &GeodesicLine, from: Cut, to: Cut, tangled: bool) -> f64 {
    if from.old >= to.old && from.new >= to.new {
        return 0.0;
    }
    let mut ring = old.stretch(from.old, to.old);
    let back = new.stretch(from.new, to.new);
    // The same stretch of both, vertex by vertex.
    if ring == back {
        return 0.0;
    }
    ring.extend(back.into_iter().rev());
    if tangled {
        turned_around(old.ellipsoid(), &ring)
    } else {
        old.ellipsoid().ring_area(&ring).abs()
    }
}

/// Metres between two vertices of a line that is drawn in a plane of equal area: in 100 km from its centre a geodesic of
/// this length lies 0.02 mm beside its image.
const STEP_M: f64 = 500.0;

/// A plane about the middle of some places.
fn plane<'a>(ellipsoid: &Ellipsoid, places: impl IntoIterator<Item = &'a LonLat>) -> Option<EqualArea> {
    let [west, south, east, north] = bounds(places.into_iter().copied())?;
    let east = if east < west { east + 360.0 } else { east };
    let middle = 0.5 * (west + east);
    let lon = if middle > 180.0 { middle - 360.0 } else { middle };
    let centre = LonLat::new(lon, 0.5 * (south + north)).ok()?;
    Some(EqualArea::new(ellipsoid, centre))
}

fn drawn(ellipsoid: &Ellipsoid, plane: &EqualArea, ring: &[LonLat]) -> geo::LineString<f64> {
    let dense = densify(ellipsoid, ring, STEP_M);
    dense
        .into_iter()
        .map(|place| plane.forward(place))
        .collect::<Vec<_>>()
        .into()
}

/// The area of all places around which a closed course turns.
fn turned_around(ellipsoid: &Ellipsoid, ring: &[LonLat]) -> f64 {
    let Some(plane) = plane(ellipsoid, ring) else {
        return 0.0;
    };
    let mut closed = ring.to_vec();
    closed.extend(ring.first());
    let course = geo::Polygon::new(drawn(ellipsoid, &plane, &closed), Vec::new());
    let nothing = geo::MultiPolygon::new(Vec::new());
    course.union_with_fill_rule(&nothing, FillRule::NonZero).unsigned_area()
}

/// What a polygon has gained and lost.
///
/// - **Shape**: polygons of closed rings, the outer one first, of any sense; several polygons do not overlap.
/// - **Units**: square metres on the ellipsoid. Places are rounded to some 1e-9 of the extent, which for 100 km and a
///   boundary that was drawn anew is about 1e-4 m times the length of the outline at worst; outlines that both
///   versions share to the bit add nothing. Equal polygons give exactly 0.
/// - **Errors**: `None` where there is no place at all.
/// - **Source**: Boolean operations of the crate `geo` in a plane of equal area about the middle of both, edges followed
///   as geodesics in steps of 500 m.
pub fn polygons(ellipsoid: &Ellipsoid, old: &[Vec<Vec<LonLat>>], new: &[Vec<Vec<LonLat>>]) -> Option<Exchange> {
    if old == new {
        return Some(Exchange::default());
    }
    let plane = plane(ellipsoid, old.iter().chain(new).flatten().flatten())?;
    let draw = |polygons: &[Vec<Vec<LonLat>>]| {
        let polygons = polygons.iter().filter_map(|rings| {
            let mut rings = rings.iter().map(|ring| drawn(ellipsoid, &plane, ring));
            Some(geo::Polygon::new(rings.next()?, rings.collect()))
        });
        geo::MultiPolygon::new(polygons.collect())
    };
    let (old, new) = (draw(old), draw(new));
    Some(Exchange {
        gained: new.difference(&old).unsigned_area(),
        lost: old.difference(&new).unsigned_area(),
    })
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
