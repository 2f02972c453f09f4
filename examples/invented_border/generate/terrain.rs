//! The invented island: its coast out of fractal noise, its ridge, rivers and lake, and how high the ground is.

use std::collections::BTreeMap;

use super::curve::{self, distance, nearest};
use super::earth::Plane;
use super::noise::{fractal, noise, smoothstep};

const SEED: u64 = 0x4B45_4C4D_4F52_4102;
const CELL_KM: f64 = 0.15;
const LAKE_LEVEL_M: f64 = 62.0;
const LAKE_MIDDLE: Plane = [10.4, -8.9];

/// A flowing water: its centre line downstream, the height of its surface at each vertex.
pub struct River {
    pub key: &'static str,
    pub line: Vec<Plane>,
    pub level_m: Vec<f64>,
}

pub struct Terrain {
    /// The main land first, then the two islets; outer rings, anticlockwise, not closed.
    pub land: Vec<Vec<Plane>>,
    pub ridge: Vec<Plane>,
    /// The upper Elvane down to the lake, the lower Elvane, then the tributaries.
    pub rivers: Vec<River>,
    pub lake: Vec<Plane>,
    /// Of the upper Elvane: how far along it the boundary joins, where the brooks join, and where the lake begins.
    pub joins_km: f64,
    pub brooks_km: [f64; 2],
    pub islands: Vec<Sandbar>,
}

/// An island or sandbar in the river or the lake.
pub struct Sandbar {
    pub ring: Vec<Plane>,
    /// Distance along the upper Elvane of its middle and how far the channel widens there, for one in the river.
    pub widening: Option<(f64, f64)>,
    /// Whether it lies to the left of the boundary line.
    pub left: bool,
}

fn bump(p: Plane, a: Plane, b: Plane, reach: f64) -> f64 {
    let (d, _) = nearest(&[a, b], p);
    (-(d / reach) * (d / reach)).exp()
}

/// Above 0 is land.
fn shore(p: Plane) -> f64 {
    let warp = |seed, scale: f64| noise(SEED ^ seed, p[0] / scale, p[1] / scale);
    let x = p[0] + 3.4 * warp(11, 13.0) + 0.9 * warp(12, 4.0);
    let y = p[1] + 2.6 * warp(13, 11.0) + 0.9 * warp(14, 4.0);
    let (u, v) = (0.985 * x + 0.174 * y, -0.174 * x + 0.985 * y);
    1.0 - (u / 32.5).powi(2) - (v / 20.0).powi(2)
        + 0.42 * fractal(SEED ^ 21, x / 9.0, y / 9.0, 7)
        + 0.95 * bump(p, [24.0, 11.5], [35.5, 18.5], 2.6)
        - 0.75 * bump(p, [-34.0, -11.0], [-25.0, -8.0], 2.8)
        - 0.7 * bump(p, [6.0, 25.0], [8.5, 17.5], 2.4)
        - 0.55 * bump(p, [17.0, -24.0], [14.5, -19.5], 2.2)
        + 1.2 * bump(p, [32.8, -14.6], [34.4, -12.4], 1.9)
        + 1.65 * bump(p, [-31.6, 14.4], [-30.2, 16.2], 1.7)
        + 0.75
            * fractal(SEED ^ 22, x / 2.6, y / 2.6, 6)
            * (bump(p, [33.0, -14.0], [34.0, -13.0], 3.0) + bump(p, [-31.0, 15.0], [-30.6, 15.6], 3.0))
}

/// The rings where `shore` is 0, land on the left, by marching squares.
fn contours() -> Vec<Vec<Plane>> {
    let (nx, ny) = (640_usize, 440_usize);
    let corner = |i: usize, j: usize| {
        [
            (i as f64 - nx as f64 / 2.0) * CELL_KM,
            (j as f64 - ny as f64 / 2.0) * CELL_KM,
        ]
    };
    let field: Vec<f64> = (0..=ny)
        .flat_map(|j| (0..=nx).map(move |i| shore(corner(i, j))))
        .collect();
    let value = |i: usize, j: usize| field[j * (nx + 1) + i];
    let mut onward: BTreeMap<usize, (usize, Plane)> = BTreeMap::new();
    for j in 0..ny {
        for i in 0..nx {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            // Number of the grid edge between corner k and the next: even along x, odd along y.
            let edges = [
                2 * (j * (nx + 1) + i),
                2 * (j * (nx + 1) + i + 1) + 1,
                2 * ((j + 1) * (nx + 1) + i),
                2 * (j * (nx + 1) + i) + 1,
            ];
            let land = corners.map(|(a, b)| value(a, b) > 0.0);
            for k in 0..4 {
                if !land[k] || land[(k + 1) % 4] {
                    continue;
                }
                let (a, b) = (corners[k], corners[(k + 1) % 4]);
                let (va, vb) = (value(a.0, a.1), value(b.0, b.1));
                let point = curve::mix(corner(a.0, a.1), corner(b.0, b.1), va / (va - vb));
                // Back along the land to where it began.
                let mut m = (k + 3) % 4;
                while land[m] {
                    m = (m + 3) % 4;
                }
                onward.insert(edges[k], (edges[m], point));
            }
        }
    }
    let mut rings = Vec::new();
    while let Some((&start, _)) = onward.iter().next() {
        let (mut ring, mut edge) = (Vec::new(), start);
        while let Some((next, point)) = onward.remove(&edge) {
            ring.push(point);
            edge = next;
        }
        rings.push(ring);
    }
    rings
}

/// A closed blob about `middle` with half axes `a` and `b`, turned by the direction (`cos`, `sin`).
fn blob(seed: u64, middle: Plane, [a, b]: [f64; 2], [cos, sin]: [f64; 2], rough: f64, n: usize) -> Vec<Plane> {
    (0..n)
        .map(|i| {
            let (s, c) = (std::f64::consts::TAU * i as f64 / n as f64).sin_cos();
            let r = 1.0 + rough * fractal(SEED ^ seed, 1.7 * c + 9.0, 1.7 * s + 4.0, 5);
            let (x, y) = (a * r * c, b * r * s);
            [middle[0] + x * cos - y * sin, middle[1] + x * sin + y * cos]
        })
        .collect()
}

/// A course through `through` that swings from side to side as rivers do.
fn meandering(seed: u64, through: &[Plane], swing_km: f64, wave_km: f64) -> Vec<Plane> {
    let rough = curve::spline(through, 0.04);
    let total = curve::length(&rough);
    let moved = curve::offset(&rough, |s| {
        let ends = smoothstep(0.0, 0.5, s) * smoothstep(0.0, 0.5, total - s);
        let phase = std::f64::consts::TAU * s / wave_km + 2.2 * noise(SEED ^ seed, s / 2.3, 0.5);
        let strength = 0.75 + 0.5 * noise(SEED ^ seed ^ 1, s / 1.9, 1.5);
        ends * swing_km * (strength * phase.sin() + 0.35 * noise(SEED ^ seed ^ 2, s / 0.5, 2.5))
    });
    curve::even(&moved, 0.03)
}

fn falling(line: &[Plane], from_m: f64, to_m: f64) -> Vec<f64> {
    let n = line.len() as f64 - 1.0;
    (0..line.len())
        .map(|i| {
            let left = 1.0 - i as f64 / n;
            to_m + (from_m - to_m) * left * (0.35 + 0.65 * left)
        })
        .collect()
}

impl Terrain {
    pub fn new() -> Self {
        let rings = contours();
        let around = |p: Plane| rings.iter().find(|r| r.len() > 20 && curve::contains(r, p)).cloned();
        let land: Vec<Vec<Plane>> = [[0.0, 0.0], [34.0, -13.3], [-30.7, 15.3]]
            .into_iter()
            .filter_map(around)
            .collect();

        let crest = curve::spline(
            &[
                [-24.0, 1.0],
                [-19.5, 4.8],
                [-15.0, 7.4],
                [-12.0, 9.1],
                [-9.6, 9.7],
                [-6.6, 9.2],
                [-4.0, 8.1],
                [1.0, 9.6],
                [6.5, 10.4],
                [11.5, 9.0],
                [16.5, 9.6],
            ],
            0.06,
        );
        let ridge = curve::even(
            &curve::offset(&crest, |s| {
                0.22 * noise(SEED ^ 31, s / 1.1, 0.5) + 0.09 * noise(SEED ^ 32, s / 0.37, 0.5)
            }),
            0.06,
        );

        let lake = blob(41, LAKE_MIDDLE, [3.3, 2.1], [0.86, -0.5], 0.2, 420);
        let on_shore = |from: Plane| curve::first_crossing(&lake, from, LAKE_MIDDLE).expect("the lake has a shore");
        let mut upper = meandering(
            51,
            &[
                [-7.2, 5.9],
                [-4.6, 4.6],
                [-2.2, 4.9],
                [0.4, 4.2],
                [2.6, 3.9],
                [4.3, 2.7],
                [4.2, 0.9],
                [5.6, -0.5],
                [6.6, -2.2],
                [5.9, -3.9],
                [7.2, -5.4],
                [8.3, -6.4],
                [9.6, -7.9],
            ],
            0.23,
            1.45,
        );
        // The river ends where it enters the lake.
        let entry = (1..upper.len())
            .find(|&i| curve::contains(&lake, upper[i]))
            .expect("the river reaches the lake");
        let mouth = curve::first_crossing(&lake, upper[entry - 1], upper[entry]).expect("the shore is crossed");
        upper.truncate(entry);
        upper.push(mouth);
        let joins_km = nearest(&upper, [2.6, 3.9]).1;

        // From within the lake, so that the water is joined.
        let outlet = curve::mix(on_shore([8.0, -11.0]), LAKE_MIDDLE, 0.06);
        let mut lower = meandering(
            52,
            &[
                outlet,
                [7.0, -12.2],
                [7.4, -14.3],
                [5.2, -16.2],
                [5.0, -18.6],
                [3.6, -21.0],
                [3.4, -26.0],
            ],
            0.16,
            1.7,
        );
        let sea = (1..lower.len())
            .find(|&i| !curve::contains(&land[0], lower[i]))
            .expect("the river reaches the sea");
        lower.truncate(sea + 4);

        let brook = |seed, through: &[Plane], at_km: f64| {
            let mut through = through.to_vec();
            through.push(curve::along(&upper, at_km));
            meandering(seed, &through, 0.09, 0.9)
        };
        let brooks_km = [nearest(&upper, [5.2, -0.2]).1, nearest(&upper, [6.2, -3.2]).1];
        let skorn = brook(
            53,
            &[[11.6, 7.9], [9.6, 5.6], [8.4, 3.0], [7.2, 1.2], [6.0, 0.3]],
            brooks_km[0],
        );
        let merrel = brook(
            54,
            &[[-9.0, -0.5], [-5.0, -2.4], [-1.0, -2.0], [2.6, -3.2], [4.9, -3.3]],
            brooks_km[1],
        );
        let ossa = meandering(
            55,
            &[[19.5, -1.0], [16.4, -3.2], [14.6, -5.6], on_shore([14.0, -6.0])],
            0.1,
            1.0,
        );
        let tarv = meandering(
            56,
            &[
                [-14.5, 5.4],
                [-18.0, 1.5],
                [-19.5, -3.5],
                [-17.0, -8.0],
                [-18.5, -14.0],
                [-19.0, -22.0],
            ],
            0.16,
            1.6,
        );
        let to_sea = (1..tarv.len())
            .find(|&i| !curve::contains(&land[0], tarv[i]))
            .unwrap_or(tarv.len());
        let tarv = tarv[..to_sea].to_vec();

        let level_at =
            |km: f64| 520.0 - (520.0 - LAKE_LEVEL_M) * smoothstep(0.0, 1.0, km / curve::length(&upper)).sqrt();
        let rivers = vec![
            River {
                key: "elvane",
                level_m: falling(&upper, 430.0, LAKE_LEVEL_M),
                line: upper.clone(),
            },
            River {
                key: "elvane_lower",
                level_m: falling(&lower, LAKE_LEVEL_M, 0.0),
                line: lower,
            },
            River {
                key: "skorn",
                level_m: falling(&skorn, 480.0, level_at(brooks_km[0]).min(150.0)),
                line: skorn,
            },
            River {
                key: "merrel",
                level_m: falling(&merrel, 360.0, level_at(brooks_km[1]).min(110.0)),
                line: merrel,
            },
            River {
                key: "ossa",
                level_m: falling(&ossa, 260.0, LAKE_LEVEL_M),
                line: ossa,
            },
            River {
                key: "tarv",
                level_m: falling(&tarv, 420.0, 0.0),
                line: tarv,
            },
        ];

        let in_river = |seed, km: f64, side: f64, half: [f64; 2], wide: f64| {
            let (p, l) = (curve::along(&upper, km), curve::left(&upper, km, 0.1));
            let middle = [p[0] + l[0] * side, p[1] + l[1] * side];
            // The long axis lies along the stream.
            let ring = blob(seed, middle, half, [l[1], -l[0]], 0.12, 40);
            Sandbar {
                ring,
                widening: Some((km, wide)),
                left: side > 0.0,
            }
        };
        let islands = vec![
            in_river(61, joins_km + 8.45, 0.078, [0.16, 0.026], 0.092),
            in_river(62, joins_km + 13.4, -0.082, [0.19, 0.029], 0.095),
            Sandbar {
                ring: blob(63, [10.9, -7.6], [0.42, 0.25], [0.8, 0.6], 0.25, 60),
                widening: None,
                left: true,
            },
            Sandbar {
                ring: blob(64, [9.9, -9.6], [0.27, 0.18], [0.9, -0.43], 0.25, 50),
                widening: None,
                left: false,
            },
        ];
        Self {
            land,
            ridge,
            rivers,
            lake,
            joins_km,
            brooks_km,
            islands,
        }
    }

    pub fn upper(&self) -> &[Plane] {
        &self.rivers[0].line
    }

    /// Half the width of the upper Elvane, `km` along it, in kilometres.
    pub fn half_width(&self, km: f64) -> f64 {
        let grown = 0.010 + 0.040 * (km / curve::length(self.upper())).sqrt();
        self.islands.iter().filter_map(|i| i.widening).fold(
            grown + 0.0025 * noise(SEED ^ 71, km / 0.3, 0.5),
            |w, (at, by)| {
                let t = (km - at) / 0.30;
                w + by * (-t * t * t * t).exp()
            },
        )
    }

    /// How far the deepest thread lies left of the middle of the stream, in kilometres.
    pub fn deepest(&self, km: f64) -> f64 {
        0.45 * self.half_width(km) * noise(SEED ^ 72, km / 0.55, 0.5).clamp(-0.9, 0.9)
    }

    /// Height of the ground in metres; below 0 in the sea.
    pub fn height(&self, p: Plane) -> f64 {
        let s = shore(p);
        if s <= 0.0 {
            return 0.0;
        }
        let (to_ridge, along) = nearest(&self.ridge, p);
        let crest = 640.0 + 210.0 * noise(SEED ^ 81, along / 5.0, 0.5);
        let mut h = 150.0 * smoothstep(0.0, 0.9, s)
            + 45.0 * s.min(1.0) * (1.0 + fractal(SEED ^ 82, p[0] / 3.0, p[1] / 3.0, 4))
            + crest * (-to_ridge / 2.6).exp();
        for river in &self.rivers {
            let (away, km) = nearest(&river.line, p);
            if away < 3.0 {
                let i = ((km / curve::length(&river.line)) * (river.level_m.len() - 1) as f64) as usize;
                h = h.min(river.level_m[i.min(river.level_m.len() - 1)] + 2.0 + 150.0 * away);
            }
        }
        if curve::contains(&self.lake, p) {
            LAKE_LEVEL_M
        } else {
            h.max(1.0)
        }
    }

    pub fn on_land(&self, p: Plane) -> bool {
        curve::contains(&self.land[0], p) && !curve::contains(&self.lake, p)
    }

    /// A river as an area: both banks of the stretch, left bank first.
    pub fn banks(&self, line: &[Plane], half: impl Fn(f64) -> f64 + Copy) -> Vec<Plane> {
        let mut ring = curve::offset(line, half);
        let mut right = curve::offset(line, |s| -half(s));
        right.reverse();
        ring.extend(right);
        ring.dedup_by(|a, b| distance(*a, *b) < 1e-9);
        ring
    }
}
