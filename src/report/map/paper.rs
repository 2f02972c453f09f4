//! The sheet: its size, scale and frame, and plane geometry in millimetres on paper.

use super::ScaleBar;

/// A rectangle on paper; `top` is less than `bottom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Frame {
    pub fn holds(&self, [x, y]: [f64; 2], margin: f64) -> bool {
        x > self.left + margin && x < self.right - margin && y > self.top + margin && y < self.bottom - margin
    }

    /// Whether a label of the graticule at `x` stands clear of the corners.
    pub fn spans_x(&self, x: f64) -> bool {
        x > self.left + 5.0 && x < self.right - 5.0
    }

    pub fn spans_y(&self, y: f64) -> bool {
        y > self.top + 5.0 && y < self.bottom - 5.0
    }

    /// The point at these shares of width and height.
    pub fn share(&self, x: f64, y: f64) -> [f64; 2] {
        [
            self.left + (self.right - self.left) * x,
            self.top + (self.bottom - self.top) * y,
        ]
    }

    /// Points along the edge, `n` on each side.
    pub fn edge(self, n: u32) -> impl Iterator<Item = [f64; 2]> {
        (0..n).flat_map(move |i| {
            let t = f64::from(i) / f64::from(n);
            [
                self.share(t, 0.0),
                self.share(1.0, t),
                self.share(1.0 - t, 1.0),
                self.share(0.0, 1.0 - t),
            ]
        })
    }

    /// The runs of a line whose segments may touch the frame.
    pub fn inside<'l>(&self, line: &'l [[f64; 2]]) -> Vec<&'l [[f64; 2]]> {
        let touches = |a: [f64; 2], b: [f64; 2]| {
            a[0].max(b[0]) >= self.left
                && a[0].min(b[0]) <= self.right
                && a[1].max(b[1]) >= self.top
                && a[1].min(b[1]) <= self.bottom
        };
        let mut out = Vec::new();
        let mut start = None;
        for at in 0..line.len().saturating_sub(1) {
            match (touches(line[at], line[at + 1]), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    out.push(&line[from..=at]);
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            out.push(&line[from..]);
        }
        out
    }
}

/// The sheet and how the projected plane lies on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paper {
    pub width: f64,
    pub height: f64,
    pub landscape: bool,
    pub frame: Frame,
    pub scale: f64,
    /// The plane point in the middle of the frame.
    middle: [f64; 2],
}

/// Room for a map on an upright and on a lying A4 page, with heading and legend.
const UPRIGHT: [f64; 2] = [176.0, 172.0];
const LYING: [f64; 2] = [263.0, 112.0];
/// For the values of the graticule, outside the frame.
const MARGIN: f64 = 4.6;
/// Between the frame and what must be shown, for labels.
const PADDING: f64 = 11.0;
/// A larger scale than this would show nothing of its surroundings.
const LARGEST_SCALE: f64 = 5_000.0;

impl Paper {
    /// The page and the round scale that show all points as large as possible.
    pub fn fit(points: impl Iterator<Item = [f64; 2]>) -> Option<Self> {
        let [west, south, east, north] = bounds(points)?;
        let of = |page: [f64; 2]| {
            let room = page.map(|side| side - 2.0 * (MARGIN + PADDING));
            round_up(
                ((east - west) / room[0]).max((north - south) / room[1]) * 1000.0,
                LARGEST_SCALE,
            )
        };
        let landscape = of(LYING) < of(UPRIGHT);
        let page = if landscape { LYING } else { UPRIGHT };
        let scale = of(page);
        let [width, height] = page;
        Some(Self {
            width,
            height,
            landscape,
            frame: Frame {
                left: MARGIN,
                top: MARGIN,
                right: width - MARGIN,
                bottom: height - MARGIN,
            },
            scale,
            middle: [(west + east) / 2.0, (south + north) / 2.0],
        })
    }

    pub fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let k = 1000.0 / self.scale;
        [
            self.width / 2.0 + (x - self.middle[0]) * k,
            self.height / 2.0 - (y - self.middle[1]) * k,
        ]
    }

    pub fn back(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let k = self.scale / 1000.0;
        [
            self.middle[0] + (x - self.width / 2.0) * k,
            self.middle[1] - (y - self.height / 2.0) * k,
        ]
    }

    /// About five centimetres long, in parts of 1, 2 or 5 times a power of ten.
    pub fn bar(&self) -> ScaleBar {
        let part = round_down(12.0 * self.scale / 1000.0);
        let (unit, ground) = if part >= 1000.0 { ("km", 1000.0) } else { ("m", 1.0) };
        let part_mm = part * 1000.0 / self.scale;
        ScaleBar {
            parts: if part_mm * 5.0 <= 52.0 { 5 } else { 4 },
            part_mm,
            part_value: part / ground,
            unit,
        }
    }
}

/// The middle of the bounding box.
pub fn centre(points: impl Iterator<Item = [f64; 2]>) -> Option<[f64; 2]> {
    bounds(points).map(|[west, south, east, north]| [(west + east) / 2.0, (south + north) / 2.0])
}

fn bounds(points: impl Iterator<Item = [f64; 2]>) -> Option<[f64; 4]> {
    points.fold(None, |so_far, [x, y]| {
        let [w, s, e, n] = so_far.unwrap_or([x, y, x, y]);
        Some([w.min(x), s.min(y), e.max(x), n.max(y)])
    })
}

/// The next round denominator of a scale at or above `value`.
fn round_up(value: f64, least: f64) -> f64 {
    const STEPS: [f64; 11] = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0];
    let value = value.max(least);
    let power = 10f64.powf(value.log10().floor());
    STEPS
        .into_iter()
        .map(|s| s * power)
        .find(|s| *s >= value * 0.999_999)
        .unwrap_or(power * 10.0)
}

/// The next of 1, 2, 5 times a power of ten at or below `value`.
fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0]
        .into_iter()
        .map(|s| s * power)
        .find(|s| *s <= value * 1.000_001)
        .unwrap_or(power)
}

/// The interval of the graticule in seconds of arc, at least 28 mm apart, for a degree of `degree_mm`.
pub fn grid_step(degree_mm: f64) -> u32 {
    const STEPS: [u32; 16] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000, 36_000,
    ];
    STEPS
        .into_iter()
        .find(|s| f64::from(*s) / 3600.0 * degree_mm >= 28.0)
        .unwrap_or(54_000)
}

/// The multiples of `step` seconds of arc within a range of degrees.
pub fn multiples([from, to]: [f64; 2], step: u32) -> Vec<f64> {
    let step = f64::from(step);
    let (first, last) = ((from * 3600.0 / step).ceil(), (to * 3600.0 / step).floor());
    let mut out = Vec::new();
    let mut at = first;
    while at <= last && out.len() < 100 {
        out.push(at * step / 3600.0);
        at += 1.0;
    }
    out
}

/// An angle as fine as its interval needs: `168°W`, `42°30′N`, `42°30′15″N`.
pub fn degrees(value: f64, step: u32, [positive, negative]: [&str; 2]) -> String {
    let seconds = (value.abs() * 3600.0).round();
    let (d, m, s) = (
        (seconds / 3600.0).floor(),
        (seconds / 60.0).floor() % 60.0,
        seconds % 60.0,
    );
    // The equator, the prime meridian and its far side belong to neither half.
    let letter = if seconds == 0.0 || seconds == 648_000.0 {
        ""
    } else if value < 0.0 {
        negative
    } else {
        positive
    };
    match step {
        step if step % 3600 == 0 => format!("{d}°{letter}"),
        step if step % 60 == 0 => format!("{d}°{m:02}′{letter}"),
        _ => format!("{d}°{m:02}′{s:02}″{letter}"),
    }
}

/// Where a line crosses `axis = value`, on the other axis: the first crossing.
pub fn crossing(line: &[[f64; 2]], axis: usize, value: f64) -> Option<f64> {
    let other = 1 - axis;
    line.windows(2).find_map(|pair| {
        let (a, b) = (pair[0], pair[1]);
        let (da, db) = (a[axis] - value, b[axis] - value);
        (da * db <= 0.0 && da != db).then(|| a[other] + (b[other] - a[other]) * da / (da - db))
    })
}

/// The point at a share of a line's length.
pub fn along(line: &[[f64; 2]], share: f64) -> [f64; 2] {
    let steps = || {
        line.windows(2)
            .map(|p| (p[0], p[1], (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])))
    };
    let mut left = steps().map(|s| s.2).sum::<f64>() * share;
    for (a, b, length) in steps() {
        if length >= left && length > 0.0 {
            let t = left / length;
            return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
        }
        left -= length;
    }
    line.last().copied().unwrap_or_default()
}

/// The distance from a point to the nearest of some lines, and on which side of it the point lies: positive where
/// the line turns clockwise on paper to reach it.
pub fn side<'l>(lines: impl Iterator<Item = &'l [[f64; 2]]>, at: [f64; 2]) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for pair in lines.flat_map(|l| l.windows(2)) {
        let distance = to_segment(at, pair[0], pair[1]);
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let cross = dx * (at[1] - pair[0][1]) - dy * (at[0] - pair[0][0]);
        // At a vertex two segments are equally near; the one seen more squarely tells the side.
        let nearer = best.is_none_or(|(d, c)| {
            distance < d - 1e-9 || (distance < d + 1e-9 && cross.abs() / dx.hypot(dy).max(1e-9) > c.abs())
        });
        if nearer {
            best = Some((distance, cross / dx.hypot(dy).max(1e-9)));
        }
    }
    best
}

/// The distance from a point to a segment.
pub fn to_segment(at: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 {
        ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length
    } else {
        0.0
    };
    let t = t.clamp(0.0, 1.0);
    (at[0] - a[0] - t * dx).hypot(at[1] - a[1] - t * dy)
}

/// The line without the vertices that lie within `tolerance` of what is kept.
///
/// First every vertex closer than that to the last one kept goes, so that the recursive part (Douglas and Peucker
/// 1973) sees a number of vertices that the paper bounds, however many fixes a track has.
pub fn simplify(line: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    let Some((&first, &last)) = line.first().zip(line.last()) else {
        return Vec::new();
    };
    let mut thin = vec![first];
    let mut kept = first;
    for point in &line[1..line.len().max(2) - 1] {
        if (point[0] - kept[0]).hypot(point[1] - kept[1]) >= tolerance {
            thin.push(*point);
            kept = *point;
        }
    }
    if line.len() > 1 {
        thin.push(last);
    }
    let mut keep = vec![false; thin.len()];
    let mut work = vec![(0, thin.len() - 1)];
    while let Some((from, to)) = work.pop() {
        keep[from] = true;
        keep[to] = true;
        let mut far = (tolerance, None);
        for at in from + 1..to {
            let distance = to_segment(thin[at], thin[from], thin[to]);
            if distance > far.0 {
                far = (distance, Some(at));
            }
        }
        if let Some(at) = far.1 {
            work.push((from, at));
            work.push((at, to));
        }
    }
    thin.into_iter()
        .zip(keep)
        .filter_map(|(point, keep)| keep.then_some(point))
        .collect()
}
