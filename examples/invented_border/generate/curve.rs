//! Lines in the local plane, in kilometres: splines, even spacing, offsets, crossings.

use super::earth::Plane;

pub fn distance(a: Plane, b: Plane) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

pub fn length(line: &[Plane]) -> f64 {
    line.windows(2).map(|w| distance(w[0], w[1])).sum()
}

pub fn mix(a: Plane, b: Plane, t: f64) -> Plane {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/// A smooth curve through `through` (Catmull-Rom), with a vertex every `step`.
pub fn spline(through: &[Plane], step: f64) -> Vec<Plane> {
    let last = through.len() - 1;
    let mut fine = Vec::new();
    for i in 0..last {
        let (p0, p1) = (through[i.saturating_sub(1)], through[i]);
        let (p2, p3) = (through[i + 1], through[(i + 2).min(last)]);
        for k in 0..64 {
            let t = f64::from(k) / 64.0;
            let part = |d: usize| {
                0.5 * (2.0 * p1[d]
                    + (p2[d] - p0[d]) * t
                    + (2.0 * p0[d] - 5.0 * p1[d] + 4.0 * p2[d] - p3[d]) * t * t
                    + (3.0 * p1[d] - p0[d] - 3.0 * p2[d] + p3[d]) * t * t * t)
            };
            fine.push([part(0), part(1)]);
        }
    }
    fine.push(through[last]);
    even(&fine, step)
}

/// The same line with vertices evenly spaced, about `step` apart; both ends stay.
pub fn even(line: &[Plane], step: f64) -> Vec<Plane> {
    let total = length(line);
    let n = (total / step).round().max(1.0) as usize;
    (0..=n).map(|i| along(line, total * i as f64 / n as f64)).collect()
}

/// The point `s` from the start.
pub fn along(line: &[Plane], s: f64) -> Plane {
    let mut left = s.max(0.0);
    for w in line.windows(2) {
        let d = distance(w[0], w[1]);
        if left <= d && d > 0.0 {
            return mix(w[0], w[1], left / d);
        }
        left -= d;
    }
    line[line.len() - 1]
}

/// The unit vector to the left of the line at `s`, from the direction between `s - reach` and `s + reach`.
pub fn left(line: &[Plane], s: f64, reach: f64) -> Plane {
    let total = length(line);
    let (a, b) = (along(line, (s - reach).max(0.0)), along(line, (s + reach).min(total)));
    let d = distance(a, b);
    [-(b[1] - a[1]) / d, (b[0] - a[0]) / d]
}

/// Each vertex moved to the left by `by(s)`.
pub fn offset(line: &[Plane], by: impl Fn(f64) -> f64) -> Vec<Plane> {
    let mut s = 0.0;
    let mut moved = Vec::with_capacity(line.len());
    for (i, p) in line.iter().enumerate() {
        if i > 0 {
            s += distance(line[i - 1], *p);
        }
        let (a, b) = (line[i.saturating_sub(1)], line[(i + 1).min(line.len() - 1)]);
        let d = distance(a, b);
        let o = by(s);
        moved.push([p[0] - (b[1] - a[1]) / d * o, p[1] + (b[0] - a[0]) / d * o]);
    }
    moved
}

/// Distance to the line, and the distance along it of the nearest point.
pub fn nearest(line: &[Plane], p: Plane) -> (f64, f64) {
    let (mut best, mut s) = ((f64::MAX, 0.0), 0.0);
    for w in line.windows(2) {
        let (d, v) = (distance(w[0], w[1]), [w[1][0] - w[0][0], w[1][1] - w[0][1]]);
        if d == 0.0 {
            continue;
        }
        let t = (((p[0] - w[0][0]) * v[0] + (p[1] - w[0][1]) * v[1]) / (d * d)).clamp(0.0, 1.0);
        let away = distance(p, mix(w[0], w[1], t));
        if away < best.0 {
            best = (away, s + t * d);
        }
        s += d;
    }
    best
}

/// Where the way from `a` to `b` first crosses the closed `ring`.
pub fn first_crossing(ring: &[Plane], a: Plane, b: Plane) -> Option<Plane> {
    let mut best: Option<f64> = None;
    for i in 0..ring.len() {
        let (c, d) = (ring[i], ring[(i + 1) % ring.len()]);
        let (r, q) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
        let cross = r[0] * q[1] - r[1] * q[0];
        if cross == 0.0 {
            continue;
        }
        let t = ((c[0] - a[0]) * q[1] - (c[1] - a[1]) * q[0]) / cross;
        let u = ((c[0] - a[0]) * r[1] - (c[1] - a[1]) * r[0]) / cross;
        if (0.0..=1.0).contains(&t) && (0.0..1.0).contains(&u) && best.is_none_or(|found| t < found) {
            best = Some(t);
        }
    }
    best.map(|t| mix(a, b, t))
}

pub fn contains(ring: &[Plane], p: Plane) -> bool {
    let mut inside = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] {
            inside = !inside;
        }
    }
    inside
}
