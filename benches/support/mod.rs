//! What the benchmarks share: a long line whose truth is known by construction, and clocks that count work, not waiting.

// Each benchmark uses its own part of this.
#![allow(dead_code)]

use std::fs;

use merestone::geom::ellipsoid::Ellipsoid;
use merestone::unit::LonLat;

/// Metres between two vertices of the line.
pub const STEP_M: f64 = 2.0;

/// Numbers that look random and are the same every time (Knuth's linear congruence, MMIX).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// A line of so many vertices, 2 m apart along geodesics: 2,000 km for a million. Its course swings around north-east by
/// less than a right angle, so it never comes near itself, and its radius of curvature is 1.6 km at least.
pub struct Course {
    pub earth: Ellipsoid,
    pub vertices: Vec<LonLat>,
    /// Degrees at which each geodesic leaves its vertex.
    azimuths: Vec<f64>,
}

impl Course {
    pub fn new(vertices: usize) -> Self {
        let earth = Ellipsoid::grs80();
        let (mut points, mut azimuths) = (Vec::with_capacity(vertices), Vec::with_capacity(vertices));
        let mut here = LonLat::new(124.0, 39.8).unwrap_or_default();
        for k in 0..vertices {
            points.push(here);
            let along = k as f64 * STEP_M;
            let course = 55.0 + (0.5 * (along / 1_500.0).sin() + 0.2 * (along / 700.0).cos()).to_degrees();
            azimuths.push(course);
            here = earth.direct(here, course, STEP_M).position;
        }
        Self {
            earth,
            vertices: points,
            azimuths,
        }
    }

    pub fn length(&self) -> f64 {
        (self.vertices.len() - 1) as f64 * STEP_M
    }

    /// The place beside the line at a chainage: square to the geodesic there, right positive.
    pub fn beside(&self, chainage: f64, offset: f64) -> LonLat {
        let piece = ((chainage / STEP_M) as usize).min(self.vertices.len() - 2);
        let on = self.earth.direct(
            self.vertices[piece],
            self.azimuths[piece],
            chainage - piece as f64 * STEP_M,
        );
        let across = if offset < 0.0 { -90.0 } else { 90.0 };
        self.earth
            .direct(on.position, on.azimuth + across, offset.abs())
            .position
    }
}

/// CPU seconds of this thread so far.
pub fn thread_cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}

/// Runs something and says how many CPU seconds of this thread it took.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let before = thread_cpu();
    let result = run();
    (result, thread_cpu() - before)
}

/// The ticks after the name in a line of `/proc/<pid>/stat`: user, system, and of ended children user and system.
fn ticks(stat: &str) -> Option<[f64; 4]> {
    let mut words = stat.rsplit_once(") ")?.1.split_whitespace().skip(11);
    let mut next = || words.next()?.parse().ok();
    Some([next()?, next()?, next()?, next()?])
}

/// CPU seconds of a process, with all its threads; a hundredth of a second is the grain.
pub fn process_cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    ticks(&stat).map_or(0.0, |t| (t[0] + t[1]) / 100.0)
}

/// CPU seconds of a process and of all its children, ended ones too.
pub fn family_cpu(parent: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    let own = ticks(&stat).map_or(0.0, |t| t.iter().sum::<f64>() / 100.0);
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = processes.filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let ppid: u32 = stat.rsplit_once(") ")?.1.split_whitespace().nth(1)?.parse().ok()?;
        (ppid == parent).then(|| ticks(&stat).map_or(0.0, |t| (t[0] + t[1]) / 100.0))
    });
    own + children.sum::<f64>()
}

/// Forgets the greatest memory of this process so far.
pub fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The greatest resident memory of this process since [`reset_peak`], in megabytes.
pub fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}

/// Whether a figure keeps to its goal, in a word.
pub fn goal(value: f64, limit: f64) -> &'static str {
    if value <= limit { "met" } else { "MISSED" }
}
