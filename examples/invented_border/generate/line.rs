//! The boundary line: sections, segments and their vertices, and where a place lies along and beside it.

use super::curve;
use super::earth::{At, Earth, Plane};
use super::noise::smoothstep;
use super::terrain::Terrain;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineType {
    Geodesic,
    Parallel,
    Watershed,
    Median,
    Thalweg,
    SharedWater,
}

impl LineType {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Geodesic => "geodesic",
            Self::Parallel => "parallel",
            Self::Watershed => "watershed",
            Self::Median => "median",
            Self::Thalweg => "thalweg",
            Self::SharedWater => "shared_water",
        }
    }
}

pub struct Segment {
    /// Index into the four sections.
    pub section: usize,
    pub ordinal: usize,
    pub line_type: LineType,
    pub vertices: Vec<At>,
    /// Whether the vertex of the same index is a numbered boundary point.
    pub treaty: Vec<bool>,
}

/// Where a place is, told by the line.
#[derive(Debug, Clone, Copy)]
pub struct Foot {
    pub chainage_m: f64,
    pub at: At,
    pub distance_m: f64,
    /// Azimuth in degrees in which the line runs on from here.
    pub heading: f64,
    pub left: bool,
}

struct Edge {
    a: At,
    b: At,
    parallel: bool,
    section: usize,
    start_m: f64,
    length_m: f64,
    plane: [Plane; 2],
}

pub struct Line {
    pub segments: Vec<Segment>,
    edges: Vec<Edge>,
}

/// Metres along a parallel for a difference of longitude.
fn along_parallel(lat: f64, degrees: f64) -> f64 {
    let f = super::earth::FLATTENING;
    let (sin, cos) = lat.to_radians().sin_cos();
    let n = super::earth::SEMI_MAJOR_M / (1.0 - f * (2.0 - f) * sin * sin).sqrt();
    n * cos * degrees.to_radians()
}

impl Line {
    pub fn from(earth: &Earth, segments: Vec<Segment>) -> Self {
        let (mut edges, mut start_m) = (Vec::new(), 0.0);
        for segment in &segments {
            for w in segment.vertices.windows(2) {
                let parallel = segment.line_type == LineType::Parallel;
                let length_m = if parallel {
                    along_parallel(w[0].lat, (w[1].lon - w[0].lon).abs())
                } else {
                    earth.metres(w[0], w[1])
                };
                let plane = [earth.plane(w[0]), earth.plane(w[1])];
                edges.push(Edge {
                    a: w[0],
                    b: w[1],
                    parallel,
                    section: segment.section,
                    start_m,
                    length_m,
                    plane,
                });
                start_m += length_m;
            }
        }
        Self { segments, edges }
    }

    pub fn length_m(&self) -> f64 {
        self.edges.last().map_or(0.0, |e| e.start_m + e.length_m)
    }

    pub fn section_length_m(&self, section: usize) -> f64 {
        self.edges
            .iter()
            .filter(|e| e.section == section)
            .map(|e| e.length_m)
            .sum()
    }

    pub fn section_start_m(&self, section: usize) -> f64 {
        self.edges
            .iter()
            .find(|e| e.section == section)
            .map_or(0.0, |e| e.start_m)
    }

    /// Vertices in the local plane, each once.
    pub fn in_plane(&self) -> Vec<Plane> {
        let mut all: Vec<Plane> = self.edges.iter().map(|e| e.plane[0]).collect();
        all.extend(self.edges.last().map(|e| e.plane[1]));
        all
    }

    /// The place at a chainage, and the azimuth in which the line runs on there.
    pub fn at(&self, earth: &Earth, chainage_m: f64) -> (At, f64) {
        let e = self
            .edges
            .iter()
            .find(|e| chainage_m <= e.start_m + e.length_m)
            .expect("a chainage on the line");
        let s = (chainage_m - e.start_m).max(0.0);
        if e.parallel {
            let t = s / e.length_m;
            let heading = if e.b.lon > e.a.lon { 90.0 } else { 270.0 };
            return (
                At {
                    lon: e.a.lon + (e.b.lon - e.a.lon) * t,
                    lat: e.a.lat,
                },
                heading,
            );
        }
        let (_, azimuth) = earth.inverse(e.a, e.b);
        let here = earth.direct(e.a, azimuth, s);
        let heading = if e.length_m - s > 0.01 {
            earth.inverse(here, e.b).1
        } else {
            azimuth
        };
        (here, heading)
    }

    /// The nearest point of the whole line to `p`, each edge taken by its own type.
    pub fn foot(&self, earth: &Earth, p: At) -> Foot {
        let here = earth.plane(p);
        let rough: Vec<f64> = self.edges.iter().map(|e| curve::nearest(&e.plane, here).0).collect();
        let least = rough.iter().copied().fold(f64::MAX, f64::min);
        let mut best: Option<Foot> = None;
        for (e, _) in self.edges.iter().zip(&rough).filter(|(_, d)| **d < least + 0.005) {
            let (along, at, distance_m) = if e.parallel {
                let (low, high) = (e.a.lon.min(e.b.lon), e.a.lon.max(e.b.lon));
                let at = At {
                    lon: p.lon.clamp(low, high),
                    lat: e.a.lat,
                };
                (
                    along_parallel(at.lat, (at.lon - e.a.lon).abs()),
                    at,
                    earth.metres(p, at),
                )
            } else {
                earth.foot(e.a, e.b, p)
            };
            if best.is_none_or(|b| distance_m < b.distance_m) {
                let heading = self.at(earth, (e.start_m + along).min(e.start_m + e.length_m - 0.02)).1;
                let towards = earth.inverse(at, p).1;
                let left = (towards - heading).to_radians().sin() < 0.0;
                best = Some(Foot {
                    chainage_m: e.start_m + along,
                    at,
                    distance_m,
                    heading,
                    left,
                });
            }
        }
        best.expect("a line has edges")
    }
}

/// A stretch of the river where a double or triple marker has its line point.
#[derive(Debug, Clone, Copy)]
pub struct Landing {
    /// Kilometres along the upper Elvane.
    pub km: f64,
    pub at: At,
    /// Metres from the line point to the left and to the right water's edge.
    pub to_bank_m: [f64; 2],
}

/// What the line is drawn through, and the landings of the river section in order.
pub struct Course {
    pub line: Line,
    pub landings: Vec<Landing>,
}

/// Shares of the river section that are median, thalweg, median.
const RIVER_SHARES: [f64; 4] = [0.0, 0.36, 0.70, 1.0];

pub fn draw(earth: &Earth, terrain: &Terrain) -> Course {
    let coast = &terrain.land[0];
    let upper = terrain.upper();
    let upper_km = curve::length(upper);
    let on_ridge = |p: Plane| curve::nearest(&terrain.ridge, p).1;
    let (w0, w1) = (on_ridge([-11.2, 9.4]), on_ridge([-4.3, 8.2]));
    let watershed: Vec<Plane> = {
        let n = ((w1 - w0) / 0.06).round() as usize;
        (0..=n)
            .map(|i| curve::along(&terrain.ridge, w0 + (w1 - w0) * i as f64 / n as f64))
            .collect()
    };
    let join = curve::along(upper, terrain.joins_km);
    let inland = [-8.6, 18.3];
    let north = curve::first_crossing(coast, inland, [-8.1, 26.0]).expect("the line reaches the north coast");
    let lake_out = curve::first_crossing(&terrain.lake, [11.9, -9.0], [14.6, -9.85]).expect("the line leaves the lake");
    let far = [22.3, -8.6];
    let east = curve::first_crossing(coast, far, [30.0, -9.6]).expect("the line reaches the east coast");
    let mouth = upper[upper.len() - 1];

    let place = |p: &Plane| earth.at(*p).rounded();
    let land = |points: &[Plane]| points.iter().map(place).collect::<Vec<At>>();
    let mut segments: Vec<Segment> = Vec::new();
    let mut push = |section: usize, line_type, vertices: Vec<At>, treaty: Vec<bool>| {
        let ordinal = 1 + segments.iter().filter(|s: &&Segment| s.section == section).count();
        segments.push(Segment {
            section,
            ordinal,
            line_type,
            vertices,
            treaty,
        });
    };
    let every = |v: &[At]| vec![true; v.len()];
    let ends = |n: usize| (0..n).map(|i| i == 0 || i == n - 1).collect::<Vec<bool>>();

    let a = land(&[north, inland, [-7.5, 16.3]]);
    let b = land(&[[-7.5, 16.3], [-9.0, 14.1], [-10.1, 12.0], watershed[0]]);
    let ridge = land(&watershed);
    // The leg along the parallel has the latitude of its first point at both ends, and crosses 168° west.
    let first = place(&[-1.35, 6.35]);
    let first = At {
        lon: first.lon,
        lat: (first.lat * 3600.0).round() / 3600.0,
    }
    .rounded();
    let second = At {
        lon: place(&[1.15, 6.35]).lon,
        lat: first.lat,
    };
    let c = vec![place(&watershed[watershed.len() - 1]), place(&[-3.0, 7.2]), first];
    let d = vec![second, place(&[1.9, 5.2]), place(&join)];
    push(0, LineType::Geodesic, a.clone(), every(&a));
    push(0, LineType::Geodesic, b.clone(), every(&b));
    push(0, LineType::Watershed, ridge.clone(), ends(ridge.len()));
    push(0, LineType::Geodesic, c.clone(), every(&c));
    push(0, LineType::Parallel, vec![first, second], vec![true; 2]);
    push(0, LineType::Geodesic, d.clone(), every(&d));

    let (landings, river) = river(earth, terrain, upper_km);
    for (line_type, vertices, treaty) in river {
        push(1, line_type, vertices, treaty);
    }

    let e = land(&[mouth, [9.75, -7.95], [10.8, -8.75], [11.9, -9.0], lake_out]);
    push(2, LineType::SharedWater, e.clone(), every(&e));

    let f = land(&[lake_out, [14.6, -9.85], [15.2, -9.7]]);
    let g = land(&[[15.2, -9.7], far]);
    let h = land(&[far, east]);
    push(3, LineType::Geodesic, f.clone(), every(&f));
    push(3, LineType::Geodesic, g.clone(), every(&g));
    push(3, LineType::Geodesic, h.clone(), every(&h));
    Course {
        line: Line::from(earth, segments),
        landings,
    }
}

type RiverSegment = (LineType, Vec<At>, Vec<bool>);

fn river(earth: &Earth, terrain: &Terrain, upper_km: f64) -> (Vec<Landing>, Vec<RiverSegment>) {
    let upper = terrain.upper();
    let (from, total) = (terrain.joins_km, upper_km - terrain.joins_km);
    let wanted = landing_places(terrain, upper_km);
    let mut landings = Vec::new();
    let mut out = Vec::new();
    for (i, share) in RIVER_SHARES.windows(2).enumerate() {
        let (start, end) = (from + total * share[0], from + total * share[1]);
        let thalweg = i == 1;
        let n = ((end - start) / 0.03).round() as usize;
        let km_of = |k: usize| start + (end - start) * k as f64 / n as f64;
        let plain: Vec<Plane> = (0..=n).map(|k| curve::along(upper, km_of(k))).collect();
        // Left of the middle, in kilometres; nothing at both ends, where the median takes over.
        let shift = |km: f64| {
            if thalweg {
                terrain.deepest(km) * smoothstep(start, start + 0.25, km) * smoothstep(end, end - 0.25, km)
            } else {
                0.0
            }
        };
        let mut moved = curve::offset(&plain, |s| shift(start + s));
        (moved[0], moved[n]) = (plain[0], plain[n]);
        let mut vertices: Vec<At> = moved.iter().map(|p| earth.at(*p).rounded()).collect();
        let mut treaty: Vec<bool> = (0..vertices.len()).map(|k| k == 0 || k == n).collect();
        for km in wanted.iter().rev().filter(|km| (start..end).contains(*km)) {
            let k = (((km - start) / (end - start)) * n as f64) as usize;
            let (a, b) = (vertices[k], vertices[k + 1]);
            let (length, azimuth) = earth.inverse(a, b);
            let at = earth.direct(a, azimuth, length / 2.0).rounded();
            vertices.insert(k + 1, at);
            treaty.insert(k + 1, true);
            let here = (km_of(k) + km_of(k + 1)) / 2.0;
            let (half, left) = (terrain.half_width(here), shift(here));
            landings.push(Landing {
                km: here,
                at,
                to_bank_m: [1000.0 * (half - left), 1000.0 * (half + left)],
            });
        }
        out.push((
            if thalweg { LineType::Thalweg } else { LineType::Median },
            vertices,
            treaty,
        ));
    }
    landings.sort_by(|a, b| a.km.total_cmp(&b.km));
    (landings, out)
}

/// Where the line points of the river markers go: evenly, near straight reaches, away from islands; at each of the two
/// brooks three of them, 75 m apart, for the triple markers.
fn landing_places(terrain: &Terrain, upper_km: f64) -> Vec<f64> {
    let upper = terrain.upper();
    let turn = |km: f64| {
        let [a, b, c] = [-0.06, 0.0, 0.06].map(|d| curve::along(upper, km + d));
        let (u, v) = ([b[0] - a[0], b[1] - a[1]], [c[0] - b[0], c[1] - b[1]]);
        (u[0] * v[1] - u[1] * v[0]).abs()
    };
    let near_island = |km: f64| {
        terrain
            .islands
            .iter()
            .filter_map(|i| i.widening)
            .any(|(at, _)| (at - km).abs() < 0.5)
    };
    let (from, to) = (terrain.joins_km + 0.15, upper_km - 0.12);
    let mut places = Vec::new();
    let n = super::marks::RIVER_MARKERS;
    for i in 0..n {
        let even = from + (to - from) * i as f64 / (n - 1) as f64;
        let brook = terrain
            .brooks_km
            .iter()
            .find(|b| (*b - even).abs() <= (to - from) / (n - 1) as f64 / 2.0);
        if let Some(&brook) = brook {
            places.extend([brook - 0.075, brook, brook + 0.075]);
            continue;
        }
        let mut tries: Vec<f64> = (-9..=9).map(|k| even + f64::from(k) * 0.03).collect();
        tries.retain(|km| !near_island(*km) && terrain.brooks_km.iter().all(|b| (b - km).abs() > 0.2));
        tries.retain(|km| (from - 0.02..=to + 0.02).contains(km));
        let best = tries.into_iter().min_by(|a, b| turn(*a).total_cmp(&turn(*b)));
        places.push(best.expect("a straight reach"));
    }
    places
}
