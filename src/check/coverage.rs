//! C04: which stretch of the line was walked and which markers were visited.
//!
//! A track may have a million fixes, so this check reads them one by one ([`Walk::fix`]) and keeps only what it has
//! learnt: the stretches of line within a buffer of the walked path, and for every marker how near the team came and
//! how long it stayed. [`Walk::finish`] holds that against what was to be walked.

use std::collections::HashMap;

use super::tolerance::{both, metres};
use super::{Case, K95_PLANE, finding};
use crate::domain::finding::{CheckCode, Detail, Finding, Shape, Unit, Verdict};
use crate::domain::text::Message;
use crate::unit::{Chainage, LonLat, Sigma};

/// Two fixes further apart than this, or faster than [`LIMIT_SPEED_MS`], are not joined by a walked path.
const LIMIT_STEP_M: f64 = 200.0;

/// Metres a second: above it a step is a jump of the receiver, not of a person, boat or car on a track.
const LIMIT_SPEED_MS: f64 = 45.0;

/// Seconds between two fixes at a marker that still count as staying there (receivers that sleep while at rest).
const LIMIT_REST_S: f64 = 600.0;

/// Degrees of latitude of one cell of the grid in which markers are looked up; about 1.1 km.
const CELL_DEGREES: f64 = 0.01;

/// Markers further from the track than this are only said to be further.
pub const FAR_M: f64 = 1000.0;

/// What was to be walked.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub name: String,
    /// Chainages in metres, from below to.
    pub from: f64,
    pub to: f64,
}

/// How a team did at one element of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Came near and stayed.
    Visited,
    /// Came near without staying, or it cannot be told which.
    Passed,
    /// Never came near.
    Missed,
    /// Outside what was walked: still to do.
    Left,
}

impl Outcome {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Visited => "visited",
            Self::Passed => "passed",
            Self::Missed => "missed",
            Self::Left => "left",
        }
    }
}

/// One element of a marker and the track.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Index into the marks of the case.
    pub mark: usize,
    pub outcome: Outcome,
    /// Least distance from the track in metres; none beyond [`FAR_M`].
    pub nearest_m: Option<f64>,
    /// Expanded uncertainty (95 %) of that distance.
    pub uncertainty_95: f64,
    /// Seconds within the buffer; none where the fixes carry no times.
    pub dwell_s: Option<f64>,
    /// The buffer at the nearest fix, in metres.
    pub buffer_m: f64,
}

/// A stretch that was to be walked and how much of it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The route's name; none for the stretch between the first and the last place walked.
    pub route: Option<String>,
    pub from: f64,
    pub to: f64,
    pub covered_m: f64,
}

/// A stretch without a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    pub from: f64,
    pub to: f64,
    pub verdict: Verdict,
}

/// The answer of the check.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage {
    /// What it was held against, in order along the line; empty when no track came near the line.
    pub stretches: Vec<Stretch>,
    pub gaps: Vec<Gap>,
    /// One for each mark of the case, in their order.
    pub visits: Vec<Visit>,
    /// All covered stretches of the line, merged, in order.
    pub covered: Vec<(f64, f64)>,
    /// The widest buffer used, in metres.
    pub buffer_m: f64,
    /// The greatest expanded uncertainty of a fix near the line.
    pub uncertainty_95: f64,
    /// Whether the accuracy of the fixes had to be assumed.
    pub assumed_accuracy: bool,
    pub fixes: u64,
}

impl Coverage {
    pub fn total_m(&self) -> f64 {
        self.stretches.iter().map(|s| s.to - s.from).sum()
    }

    pub fn covered_m(&self) -> f64 {
        self.stretches.iter().map(|s| s.covered_m).sum()
    }

    /// Of what was to be walked; 0 when nothing was.
    pub fn percent(&self) -> f64 {
        let total = self.total_m();
        if total > 0.0 {
            100.0 * self.covered_m() / total
        } else {
            0.0
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Approach {
    nearest: f64,
    uncertainty: f64,
    buffer: f64,
    dwell: f64,
    timed: bool,
    last_inside: Option<f64>,
}

/// A walk in progress.
pub struct Walk<'a> {
    case: &'a Case,
    grid: HashMap<(i32, i32), Vec<usize>>,
    lon_cell: f64,
    approaches: Vec<Option<Approach>>,
    covered: Vec<(f64, f64)>,
    /// When so many stretches have come together, they are merged.
    merge_at: usize,
    previous: Option<(LonLat, Option<f64>)>,
    buffer: f64,
    uncertainty: f64,
    assumed: bool,
    fixes: u64,
}

impl<'a> Walk<'a> {
    pub fn new(case: &'a Case) -> Self {
        let highest = case
            .marks
            .iter()
            .map(|m| m.position.lat.get().abs())
            .fold(0.0, f64::max)
            .min(85.0);
        let lon_cell = CELL_DEGREES / highest.to_radians().cos();
        let mut grid: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
        for (index, mark) in case.marks.iter().enumerate() {
            grid.entry(cell(mark.position, lon_cell)).or_default().push(index);
        }
        Self {
            case,
            grid,
            lon_cell,
            approaches: vec![None; case.marks.len()],
            covered: Vec::new(),
            merge_at: 4096,
            previous: None,
            buffer: 0.0,
            uncertainty: 0.0,
            assumed: false,
            fixes: 0,
        }
    }

    /// The next fix does not continue the path of the last one: a new segment, track or file.
    pub fn break_path(&mut self) {
        self.previous = None;
        for approach in self.approaches.iter_mut().flatten() {
            approach.last_inside = None;
        }
    }

    /// One fix, in the boundary's frame.
    ///
    /// - **Units**: `sigma` per axis in metres, with what the way into the frame adds; `time` in seconds since 1970.
    pub fn fix(&mut self, position: LonLat, sigma: Sigma, assumed: bool, time: Option<f64>) {
        self.fixes += 1;
        let uncertainty = K95_PLANE * sigma.get();
        let buffer = self.case.tolerances.buffer_m.value.max(2.0 * uncertainty);
        let near_line = self.cover(position, buffer);
        if let Some((from, before)) = self.previous {
            self.cover_between(from, before, position, time, buffer);
        }
        if near_line {
            self.buffer = self.buffer.max(buffer);
            self.uncertainty = self.uncertainty.max(uncertainty);
            self.assumed |= assumed;
        }
        self.approach(position, uncertainty, buffer, time);
        self.previous = Some((position, time));
    }

    /// Notes the line within `buffer` of a place; whether there was any.
    fn cover(&mut self, position: LonLat, buffer: f64) -> bool {
        let covered = &mut self.covered;
        let before = covered.len();
        let mut touched = false;
        self.case.line.course().within(position, buffer, |from, to| {
            touched = true;
            match covered.last_mut() {
                // Mostly the same or the next metres again.
                Some(last) if from <= last.1 + 1e-6 && to >= last.0 - 1e-6 => {
                    last.0 = last.0.min(from);
                    last.1 = last.1.max(to);
                }
                _ => covered.push((from, to)),
            }
        });
        if covered.len() > before && covered.len() > self.merge_at {
            merge(covered);
            self.merge_at = (covered.len() * 2).max(4096);
        }
        touched
    }

    /// Notes the line along the path between two fixes, where it is a path.
    fn cover_between(&mut self, from: LonLat, before: Option<f64>, to: LonLat, now: Option<f64>, buffer: f64) {
        let step = self.case.frame.crs.ellipsoid().short_distance(from, to);
        if step <= buffer || step > LIMIT_STEP_M {
            return;
        }
        if let (Some(before), Some(now)) = (before, now)
            && step > LIMIT_SPEED_MS * (now - before).abs().max(1.0)
        {
            return;
        }
        let pieces = (step / (0.5 * buffer)).ceil();
        let mut k = 1.0;
        while k < pieces {
            let t = k / pieces;
            let lon = from.lon.get() + t * crate::geom::ellipsoid::lon_difference(from, to);
            let lat = from.lat.get() + t * (to.lat.get() - from.lat.get());
            let lon = if lon > 180.0 {
                lon - 360.0
            } else if lon < -180.0 {
                lon + 360.0
            } else {
                lon
            };
            if let Ok(place) = LonLat::new(lon, lat) {
                self.cover(place, buffer);
            }
            k += 1.0;
        }
    }

    fn approach(&mut self, position: LonLat, uncertainty: f64, buffer: f64, time: Option<f64>) {
        let earth = self.case.frame.crs.ellipsoid();
        let (row, column) = cell(position, self.lon_cell);
        for near in (-1..=1).flat_map(|r| (-1..=1).map(move |c| (row + r, column + c))) {
            for index in self.grid.get(&near).into_iter().flatten() {
                let mark = &self.case.marks[*index];
                let distance = earth.short_distance(position, mark.position);
                if distance > FAR_M {
                    continue;
                }
                let approach = self.approaches[*index].get_or_insert(Approach {
                    nearest: f64::INFINITY,
                    uncertainty,
                    buffer,
                    dwell: 0.0,
                    timed: false,
                    last_inside: None,
                });
                if distance < approach.nearest {
                    approach.nearest = distance;
                    approach.uncertainty = uncertainty.hypot(K95_PLANE * mark.sigma.get());
                    approach.buffer = buffer;
                }
                if distance > buffer {
                    approach.last_inside = None;
                    continue;
                }
                if let Some(now) = time {
                    approach.timed = true;
                    if let Some(before) = approach
                        .last_inside
                        .filter(|b| (0.0..=LIMIT_REST_S).contains(&(now - b)))
                    {
                        approach.dwell += now - before;
                    }
                    approach.last_inside = Some(now);
                }
            }
        }
    }

    /// Holds what was walked against what was to be walked.
    ///
    /// - **Shape**: `planned` empty, or none of it walked by at least a twentieth: then against the stretch between
    ///   the first and the last place walked, and markers beyond it are left for another day, not missed.
    pub fn finish(mut self, planned: &[Planned]) -> Coverage {
        merge(&mut self.covered);
        let mut stretches: Vec<Stretch> = planned
            .iter()
            .map(|plan| Stretch {
                route: Some(plan.name.clone()),
                from: plan.from,
                to: plan.to,
                covered_m: overlap(&self.covered, plan.from, plan.to),
            })
            .filter(|stretch| stretch.covered_m > 0.05 * (stretch.to - stretch.from))
            .collect();
        if stretches.is_empty()
            && let (Some((from, _)), Some((_, to))) = (self.covered.first(), self.covered.last())
        {
            let covered_m = overlap(&self.covered, *from, *to);
            stretches.push(Stretch {
                route: None,
                from: *from,
                to: *to,
                covered_m,
            });
        }
        stretches.sort_by(|a, b| a.from.total_cmp(&b.from));
        let gaps = self.gaps(&stretches);
        let visits = (0..self.approaches.len())
            .map(|mark| self.visit(mark, &stretches))
            .collect();
        Coverage {
            stretches,
            gaps,
            visits,
            covered: self.covered,
            buffer_m: self.buffer,
            uncertainty_95: self.uncertainty,
            assumed_accuracy: self.assumed,
            fixes: self.fixes,
        }
    }

    fn gaps(&self, stretches: &[Stretch]) -> Vec<Gap> {
        let tolerance = self.case.tolerances.gap_m.value;
        let mut gaps: Vec<Gap> = Vec::new();
        for stretch in stretches {
            let mut at = stretch.from;
            let inside = self
                .covered
                .iter()
                .filter(|(from, to)| *to > stretch.from && *from < stretch.to);
            for (from, to) in inside.copied().chain([(stretch.to, stretch.to)]) {
                let verdict = Verdict::of(from - at, self.uncertainty, tolerance);
                if from > at && verdict != Verdict::Pass {
                    gaps.push(Gap {
                        from: at,
                        to: from,
                        verdict,
                    });
                }
                at = at.max(to);
            }
        }
        gaps.sort_by(|a, b| a.from.total_cmp(&b.from));
        gaps.dedup();
        gaps
    }

    fn visit(&self, mark: usize, stretches: &[Stretch]) -> Visit {
        let chainage = self.case.feet[mark].chainage;
        // Beyond the first and last place walked the team has not been yet: that is left, not missed.
        let reach = self.covered.first().map_or(0.0, |c| c.0)..=self.covered.last().map_or(-1.0, |c| c.1);
        let due = reach.contains(&chainage) && stretches.iter().any(|s| (s.from..=s.to).contains(&chainage));
        let Some(approach) = self.approaches[mark] else {
            let outcome = if due { Outcome::Missed } else { Outcome::Left };
            let buffer_m = self.case.tolerances.buffer_m.value;
            return Visit {
                mark,
                outcome,
                nearest_m: None,
                uncertainty_95: 0.0,
                dwell_s: None,
                buffer_m,
            };
        };
        let near = Verdict::of(approach.nearest, approach.uncertainty, approach.buffer);
        let stayed = approach.timed && approach.dwell >= self.case.tolerances.dwell_s.value;
        let outcome = match near {
            Verdict::Pass if stayed => Outcome::Visited,
            Verdict::Pass | Verdict::Inconclusive => Outcome::Passed,
            Verdict::Fail if due => Outcome::Missed,
            Verdict::Fail => Outcome::Left,
        };
        Visit {
            mark,
            outcome,
            nearest_m: Some(approach.nearest),
            uncertainty_95: approach.uncertainty,
            dwell_s: approach.timed.then_some(approach.dwell),
            buffer_m: approach.buffer,
        }
    }
}

/// The findings of a coverage: one for what was to be walked, one for each gap, one for each marker that was due.
pub fn findings(case: &Case, coverage: &Coverage) -> Vec<Finding> {
    let mut findings = vec![overall(case, coverage)];
    findings.extend(coverage.gaps.iter().map(|gap| of_gap(case, coverage, gap)));
    findings.extend(
        coverage
            .visits
            .iter()
            .filter(|v| v.outcome != Outcome::Left)
            .map(|visit| of_visit(case, coverage, visit)),
    );
    findings
}

fn overall(case: &Case, coverage: &Coverage) -> Finding {
    let names: Vec<String> = coverage.stretches.iter().filter_map(|s| s.route.clone()).collect();
    if coverage.stretches.is_empty() {
        return Finding {
            unit: Unit::Percent,
            measured: Some(0.0),
            tolerance_source: case.tolerances.buffer_m.source.clone(),
            ..finding(
                CheckCode::C04,
                Verdict::Inconclusive,
                names,
                Message::new("No part of the track is near the line", "轨迹没有任何部分靠近界线"),
            )
        };
    }
    let verdict = coverage.gaps.iter().map(|g| g.verdict).max().unwrap_or(Verdict::Pass);
    let (covered, total) = (both(coverage.covered_m()), both(coverage.total_m()));
    let percent = coverage.percent();
    let n = coverage.gaps.len();
    let mut message = Message::new(
        format!(
            "{percent:.1} % of the stretch was walked: {} of {}, {n} gaps",
            covered.en, total.en
        ),
        format!("已踏勘{percent:.1}%：{}／{}，缺口{n}处", covered.zh, total.zh),
    );
    if coverage.assumed_accuracy {
        message
            .en
            .push_str("; the files state no accuracy, so it is assumed from DOP or the kind of receiver");
        message.zh.push_str("；文件未说明定位精度，按精度因子或接收机类型假定");
    }
    Finding {
        measured: Some(percent),
        unit: Unit::Percent,
        tolerance: Some(100.0),
        tolerance_source: case.tolerances.gap_m.source.clone(),
        details: vec![
            ("covered_m", Detail::Number(coverage.covered_m())),
            ("total_m", Detail::Number(coverage.total_m())),
            ("buffer_m", Detail::Number(coverage.buffer_m)),
            ("assumed_accuracy", Detail::Flag(coverage.assumed_accuracy)),
        ],
        ..finding(CheckCode::C04, verdict, names, message)
    }
}

fn of_gap(case: &Case, coverage: &Coverage, gap: &Gap) -> Finding {
    let tolerance = &case.tolerances.gap_m;
    let length = gap.to - gap.from;
    let place = case.milestones.describe_stretch(gap.from, gap.to);
    let long = both(length);
    Finding {
        measured: Some(length),
        uncertainty_95: Some(coverage.uncertainty_95),
        tolerance: Some(tolerance.value),
        tolerance_source: tolerance.source.clone(),
        shape: Shape::Line(case.line.course().stretch(gap.from, gap.to)),
        details: vec![("from_m", Detail::Number(gap.from)), ("to_m", Detail::Number(gap.to))],
        ..finding(
            CheckCode::C04,
            gap.verdict,
            vec![format!(
                "{}–{}",
                Chainage::new(gap.from).unwrap_or_default(),
                Chainage::new(gap.to).unwrap_or_default()
            )],
            Message::new(
                format!("{} of the line without a track, {}", long.en, place.en),
                format!("界线{}无轨迹覆盖，{}", long.zh, place.zh),
            ),
        )
    }
}

fn of_visit(case: &Case, _: &Coverage, visit: &Visit) -> Finding {
    let mark = &case.marks[visit.mark];
    let label = &mark.label;
    let near = visit
        .nearest_m
        .map_or_else(|| format!("over {}", metres(FAR_M)), metres);
    let near_zh = near.replace("over ", "超过").replace(" m", "米");
    let (verdict, message) = match visit.outcome {
        Outcome::Visited => {
            let minutes = visit.dwell_s.unwrap_or(0.0) / 60.0;
            (
                Verdict::Pass,
                Message::new(
                    format!("Marker {label} was visited: within {near}, {minutes:.1} minutes"),
                    format!("已到访{label}号界标：最近{near_zh}，停留{minutes:.1}分钟"),
                ),
            )
        }
        Outcome::Passed if visit.dwell_s.is_none() => (
            Verdict::Inconclusive,
            Message::new(
                format!(
                    "The track comes within {near} of marker {label}, but its fixes carry no times: a visit cannot be told"
                ),
                format!("轨迹距{label}号界标最近{near_zh}，但定位点无时间，无法判定是否到访"),
            ),
        ),
        Outcome::Passed => {
            let seconds = visit.dwell_s.unwrap_or(0.0);
            (
                Verdict::Inconclusive,
                Message::new(
                    format!(
                        "Marker {label} was passed within {near} in {seconds:.0} s, without a stop that would show a visit"
                    ),
                    format!("经过{label}号界标，最近{near_zh}，{seconds:.0}秒内未见停留，无法判定是否到访"),
                ),
            )
        }
        Outcome::Missed | Outcome::Left => (
            Verdict::Fail,
            Message::new(
                format!("Marker {label} was not visited: the track comes no nearer than {near}"),
                format!("未到访{label}号界标：轨迹最近距离{near_zh}"),
            ),
        ),
    };
    let mut details = vec![
        ("outcome", Detail::Text(visit.outcome.word().to_owned())),
        ("chainage_m", Detail::Number(case.feet[visit.mark].chainage)),
    ];
    details.extend(visit.dwell_s.map(|dwell| ("dwell_s", Detail::Number(dwell))));
    Finding {
        measured: visit.nearest_m,
        uncertainty_95: visit.nearest_m.map(|_| visit.uncertainty_95),
        tolerance: Some(visit.buffer_m),
        tolerance_source: format!(
            "{}; {}",
            case.tolerances.buffer_m.source, case.tolerances.dwell_s.source
        ),
        shape: Shape::Point(mark.position),
        details,
        ..finding(CheckCode::C04, verdict, vec![label.clone()], message)
    }
}

fn cell(position: LonLat, lon_cell: f64) -> (i32, i32) {
    (
        (position.lat.get() / CELL_DEGREES).floor() as i32,
        (position.lon.get() / lon_cell).floor() as i32,
    )
}

/// Sorts stretches and joins those that meet.
fn merge(stretches: &mut Vec<(f64, f64)>) {
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = Vec::with_capacity(stretches.len().min(1024));
    for (from, to) in stretches.drain(..) {
        match merged.last_mut() {
            Some(last) if from <= last.1 + 1e-6 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    *stretches = merged;
}

/// Metres of merged stretches between two chainages.
fn overlap(stretches: &[(f64, f64)], from: f64, to: f64) -> f64 {
    stretches.iter().map(|(a, b)| (b.min(to) - a.max(from)).max(0.0)).sum()
}
