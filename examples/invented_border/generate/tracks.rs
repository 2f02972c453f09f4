//! What two teams bring home from the inspection of 2026: GPX files with the faults of real ones, and the truth about them.

use std::fmt::Write as _;
use std::io;

use super::World;
use super::curve;
use super::earth::{At, Plane};
use super::marks::Marker;
use super::noise::{Rng, noise, smoothstep};
use super::things;
use super::words::NOTICE_EN;

/// Decimal year of the inspection; the receivers' positions are of this epoch.
pub const EPOCH: f64 = 2026.6;
/// Distance within which a marker counts as reached and the line as covered.
pub const BUFFER_M: f64 = 25.0;
const DAY_1: i64 = 1_786_040_400; // 2026-08-06T18:20:00Z
const DAY_2: i64 = 1_786_129_500; // 2026-08-07T19:05:00Z

/// Sequence numbers of the marker that team A never came to, and of the one it walked past.
const MISSED: usize = 8;
const PASSED: usize = 21;
/// The signal is lost between the markers of this sequence number and the next, for so many metres.
const LOST_AFTER: usize = 14;
const LOST_M: f64 = 480.0;

/// One file of a team, and what is true of it.
pub struct Brought {
    pub file: &'static str,
    pub gpx: String,
    pub truth: String,
}

struct Fix {
    at: At,
    elevation_m: f64,
    time: f64,
    hdop: f64,
    satellites: u32,
}

struct Photo {
    fix: Fix,
    name: String,
    about: String,
}

/// A receiver with slowly wandering errors.
struct Receiver<'a> {
    world: &'a World,
    rng: Rng,
    drift: [f64; 3],
    last: f64,
    taken: f64,
}

impl<'a> Receiver<'a> {
    fn new(world: &'a World, seed: u64, start: f64) -> Self {
        Self {
            world,
            rng: Rng::new(seed),
            drift: [0.0; 3],
            last: start,
            taken: 0.0,
        }
    }

    /// The fix at a true place of the local plane; `stray` moves it by so many metres.
    fn fix(&mut self, p: Plane, time: f64, stray: Option<Plane>) -> Fix {
        // First order Gauss-Markov: 2.1 m per axis, correlated over about 80 s.
        let keep = 1.0 - ((time - self.last) / 80.0).min(1.0);
        for (drift, sigma) in self.drift.iter_mut().zip([2.1, 2.1, 4.0]) {
            *drift = keep * *drift + sigma * (1.0 - keep * keep).sqrt() * self.rng.normal();
        }
        self.last = time;
        self.taken += 1.0;
        let white = [0.3 * self.rng.normal(), 0.3 * self.rng.normal()];
        let away = stray.unwrap_or([0.0, 0.0]);
        let error = |k: usize| (self.drift[k] + white[k] + away[k]) / 1000.0;
        let seen = self
            .world
            .earth
            .seen_in(EPOCH, self.world.earth.at([p[0] + error(0), p[1] + error(1)]));
        let quality = noise(91, self.last / 700.0, 0.5);
        Fix {
            at: seen,
            elevation_m: self.world.terrain.height(p) + 1.2 + self.drift[2],
            time,
            hdop: 1.1 + 0.35 * quality + 0.05 * self.rng.normal().clamp(-2.0, 2.0),
            satellites: (13.5 - 3.0 * quality + 0.6 * self.rng.normal())
                .round()
                .clamp(7.0, 20.0) as u32,
        }
    }
}

/// A halt of some seconds at a place.
struct Halt {
    chainage_m: f64,
    at: Plane,
    seconds: u32,
    label: String,
}

pub fn time_text(time: f64) -> String {
    jiff::Timestamp::from_second(time as i64)
        .map(|t| t.to_string())
        .unwrap_or_default()
}

fn walk_point(plane: &[Plane], km: f64, lane: f64) -> Plane {
    let (p, l) = (curve::along(plane, km), curve::left(plane, km, 0.012));
    [p[0] + l[0] * lane, p[1] + l[1] * lane]
}

/// How near a true path came to the elements, and for how long.
struct Met {
    label: String,
    at: Plane,
    nearest_m: f64,
    dwell_s: f64,
}

impl Met {
    fn outcome(&self) -> &'static str {
        match (self.nearest_m <= BUFFER_M, self.dwell_s >= 60.0) {
            (true, true) => "visited",
            (true, false) => "passed",
            _ => "missed",
        }
    }
}

struct Journey {
    segments: Vec<Vec<Fix>>,
    photos: Vec<Photo>,
    met: Vec<Met>,
    strays: usize,
}

struct Plan<'a> {
    start: f64,
    from_m: f64,
    to_m: f64,
    halts: Vec<Halt>,
    /// Kilometres left of the line, `km` along it.
    lane: &'a dyn Fn(f64) -> f64,
    /// Metres a second, `km` along the line.
    speed: &'a dyn Fn(f64) -> f64,
    /// Stretches without a signal, in metres along the line.
    lost: Option<(f64, f64)>,
    /// Where the team rests with the receiver off, and for how many seconds.
    rest: Option<(f64, f64)>,
    /// Chainages at which one fix is far out.
    strays: &'a [f64],
    seed: u64,
    photo: &'static str,
}

fn travel(world: &World, plan: &Plan<'_>, elements: Vec<(String, At)>) -> Journey {
    let plane = world.course.line.in_plane();
    let mut receiver = Receiver::new(world, plan.seed, plan.start);
    let mut met: Vec<Met> = elements
        .into_iter()
        .map(|(label, at)| Met {
            label,
            at: world.earth.plane(at),
            nearest_m: f64::MAX,
            dwell_s: 0.0,
        })
        .collect();
    let mut note = |p: Plane, seconds: f64| {
        for m in &mut met {
            let metres = 1000.0 * curve::distance(p, m.at);
            m.nearest_m = m.nearest_m.min(metres);
            m.dwell_s += if metres <= BUFFER_M { seconds } else { 0.0 };
        }
    };
    let (mut segments, mut fixes, mut photos) = (Vec::new(), Vec::new(), Vec::new());
    let (mut s, mut time, mut next, mut n_strays) = (plan.from_m, plan.start, 0, 0);
    let mut rested = plan.rest.is_none();
    while s < plan.to_m {
        let before = s;
        s += 5.0 * (plan.speed)(s / 1000.0);
        time += 5.0;
        if let Some(halt) = plan.halts.get(next).filter(|h| h.chainage_m <= s) {
            s = halt.chainage_m;
            next += 1;
            let feet: Plane = [receiver.rng.range(-0.0012, 0.0012), receiver.rng.range(-0.0012, 0.0012)];
            let stand = [halt.at[0] + feet[0], halt.at[1] + feet[1]];
            for second in 0..halt.seconds {
                let fix = receiver.fix(stand, time, None);
                if second == halt.seconds / 2 {
                    let name = format!("{}_{:04}.JPG", plan.photo, 4 * photos.len() + 11);
                    let about = format!("marker {}", halt.label);
                    photos.push(Photo {
                        fix: receiver.fix(stand, time, None),
                        name,
                        about,
                    });
                }
                note(stand, 1.0);
                fixes.push(fix);
                time += 1.0;
            }
            continue;
        }
        let p = walk_point(&plane, s / 1000.0, (plan.lane)(s / 1000.0));
        note(p, 5.0);
        if let Some((from, to)) = plan.lost {
            if s > from && s < to {
                continue;
            }
            // The receiver begins a new segment when it finds its satellites again.
            if before < to && s >= to {
                segments.push(std::mem::take(&mut fixes));
            }
        }
        let stray = plan.strays.iter().find(|at| before < **at && s >= **at).map(|at| {
            n_strays += 1;
            let (sin, cos) = (at * 0.7).sin_cos();
            let far = 150.0 + 90.0 * (n_strays as f64);
            [far * sin, far * cos]
        });
        fixes.push(receiver.fix(p, time, stray));
        if let Some((at, seconds)) = plan.rest
            && !rested
            && s >= at
        {
            rested = true;
            time += seconds;
            segments.push(std::mem::take(&mut fixes));
        }
    }
    segments.push(fixes);
    Journey {
        segments,
        photos,
        met,
        strays: n_strays,
    }
}

fn gpx(journey: &Journey, name: &str, about: &str) -> String {
    let first = journey.segments.iter().flatten().next().map_or(0.0, |f| f.time);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<gpx version=\"1.1\" creator=\"Merestone sample generator\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n\
         <metadata><name>{name}</name><desc>{about} {NOTICE_EN}</desc><time>{}</time></metadata>",
        time_text(first)
    );
    for p in &journey.photos {
        let _ = writeln!(
            out,
            "<wpt lat=\"{:.8}\" lon=\"{:.8}\"><ele>{:.1}</ele><time>{}</time><name>{}</name><desc>{}</desc><sym>Photo</sym></wpt>",
            p.fix.at.lat,
            p.fix.at.lon,
            p.fix.elevation_m,
            time_text(p.fix.time),
            p.name,
            p.about
        );
    }
    let _ = writeln!(out, "<trk><name>{name}</name>");
    for segment in &journey.segments {
        out.push_str("<trkseg>\n");
        for f in segment {
            let _ = writeln!(out, "{}", trkpt(f));
        }
        out.push_str("</trkseg>\n");
    }
    out.push_str("</trk>\n</gpx>\n");
    out
}

fn trkpt(f: &Fix) -> String {
    format!(
        "<trkpt lat=\"{:.8}\" lon=\"{:.8}\"><ele>{:.1}</ele><time>{}</time><fix>3d</fix><sat>{}</sat><hdop>{:.1}</hdop></trkpt>",
        f.at.lat,
        f.at.lon,
        f.elevation_m,
        time_text(f.time),
        f.satellites,
        f.hdop
    )
}

fn truth(file: &str, what: &str, plan: &Plan<'_>, journey: &Journey, gaps: &[(&str, f64, f64)]) -> String {
    let mut out = format!("[[track]]\nfile = \"{file}\"\n{what}");
    let _ = writeln!(
        out,
        "from_m = {:.1}\nto_m = {:.1}\nbuffer_m = {BUFFER_M:.1}",
        plan.from_m, plan.to_m
    );
    let fixes: usize = journey.segments.iter().map(Vec::len).sum();
    let _ = writeln!(
        out,
        "segments = {}\nfixes = {fixes}\nwaypoints = {}\noutliers = {}",
        journey.segments.len(),
        journey.photos.len(),
        journey.strays
    );
    let (first, last) = (
        journey.segments[0].first(),
        journey.segments[journey.segments.len() - 1].last(),
    );
    if let (Some(a), Some(b)) = (first, last) {
        let _ = writeln!(
            out,
            "first_time = \"{}\"\nlast_time = \"{}\"",
            time_text(a.time),
            time_text(b.time)
        );
    }
    for outcome in ["visited", "passed", "missed"] {
        let labels: Vec<String> = journey
            .met
            .iter()
            .filter(|m| m.outcome() == outcome)
            .map(|m| format!("\"{}\"", m.label))
            .collect();
        let _ = writeln!(out, "{outcome} = [{}]", labels.join(", "));
    }
    for (kind, from, to) in gaps {
        let _ = writeln!(
            out,
            "[[track.gap]]\nkind = \"{kind}\"\nfrom_m = {from:.1}\nto_m = {to:.1}\nlength_m = {:.1}",
            to - from
        );
    }
    for m in &journey.met {
        let _ = writeln!(
            out,
            "[[track.marker]]\nlabel = \"{}\"\noutcome = \"{}\"\nnearest_m = {:.1}\ndwell_s = {:.0}",
            m.label,
            m.outcome(),
            m.nearest_m,
            m.dwell_s
        );
    }
    out
}

fn by_sequence(world: &World, sequence: usize) -> &Marker {
    &world.markers[sequence - 1]
}

pub fn team_a(world: &World) -> Brought {
    let chainage = |sequence: usize| by_sequence(world, sequence).elements[0].chainage_m;
    let here: Vec<&Marker> = world.markers.iter().filter(|m| m.section == 0).collect();
    let middle = (chainage(LOST_AFTER) + chainage(LOST_AFTER + 1)) / 2.0;
    let lost = (middle - LOST_M / 2.0, middle + LOST_M / 2.0);
    let (missed, passed) = (chainage(MISSED) / 1000.0, chainage(PASSED) / 1000.0);
    let detour = |km: f64| 1.0 - smoothstep(0.08, 0.26, (km - missed).abs());
    let near_halt = |km: f64| {
        let halts = here.iter().filter(|m| m.sequence != MISSED && m.sequence != PASSED);
        halts
            .map(|m| (m.elements[0].chainage_m / 1000.0 - km).abs())
            .fold(f64::MAX, f64::min)
    };
    let lane = |km: f64| {
        let wander = 0.007 * noise(92, km / 0.21, 0.5) * smoothstep(0.002, 0.06, near_halt(km));
        let beside = 0.013 * (1.0 - smoothstep(0.03, 0.12, (km - passed).abs()));
        wander + 0.118 * detour(km) + beside
    };
    let speed = |km: f64| {
        let quick = 1.0 - smoothstep(0.05, 0.15, (km - passed).abs());
        1.35 + 0.25 * noise(93, km / 0.9, 0.5) + 0.35 * quick
    };
    let mut rng = Rng::new(0x0054_4541_4D41);
    let halts: Vec<Halt> = here
        .iter()
        .filter(|m| m.sequence != MISSED && m.sequence != PASSED)
        .map(|m| {
            let e = &m.elements[0];
            let seconds = rng.range(85.0, 260.0) as u32;
            Halt {
                chainage_m: e.chainage_m,
                at: world.earth.plane(e.at),
                seconds,
                label: m.label(e),
            }
        })
        .collect();
    let strays = [3, 11, 18, 23].map(|i| (chainage(i) + chainage(i + 1)) / 2.0 + 130.0);
    let plan = Plan {
        start: DAY_1 as f64,
        from_m: 15.0,
        to_m: world.course.line.section_length_m(0) - 60.0,
        halts,
        lane: &lane,
        speed: &speed,
        lost: Some(lost),
        rest: None,
        strays: &strays,
        seed: 0x4649_5841,
        photo: "IMG_20260806",
    };
    let elements = here
        .iter()
        .flat_map(|m| m.elements.iter().map(|e| (m.label(e), e.at)))
        .collect();
    let journey = travel(world, &plan, elements);
    // Where the way round the missed marker is farther than the buffer from the line.
    let out_of_reach: Vec<f64> = (-300..=300)
        .map(|d| missed + f64::from(d) / 1000.0)
        .filter(|km| lane(*km).abs() * 1000.0 > BUFFER_M)
        .collect();
    let round = (out_of_reach[0] * 1000.0, out_of_reach[out_of_reach.len() - 1] * 1000.0);
    let mut gaps = vec![("signal", lost.0, lost.1), ("detour", round.0, round.1)];
    gaps.sort_by(|a, b| a.1.total_cmp(&b.1));
    let file = "2026-08-06-team-a.gpx";
    let what = "inspection = \"2026-1\"\nteam = \"A\"\nroute = \"R1\"\ntravel = \"foot\"\n";
    Brought {
        file,
        truth: truth(file, what, &plan, &journey, &gaps),
        gpx: gpx(
            &journey,
            "2026-1 team A day 1",
            "Joint inspection 2026-1, team A, route R1 on foot.",
        ),
    }
}

pub fn team_b(world: &World) -> Brought {
    let line = &world.course.line;
    let here: Vec<&Marker> = world.markers.iter().filter(|m| m.section == 1).collect();
    let lane = |km: f64| things::boat_lane(world, km) + 0.003 * noise(94, km / 0.13, 0.5);
    let speed = |km: f64| {
        let landing = here
            .iter()
            .flat_map(|m| things::right_element(m))
            .map(|e| (e.chainage_m / 1000.0 - km).abs());
        let away = landing.fold(f64::MAX, f64::min);
        0.9 + 1.5 * smoothstep(0.01, 0.09, away) + 0.2 * noise(95, km / 0.5, 0.5)
    };
    let mut rng = Rng::new(0x0054_4541_4D42);
    let mut halts: Vec<Halt> = here
        .iter()
        .flat_map(|m| things::right_element(m).map(move |e| (m, e)))
        .map(|(m, e)| {
            let seconds = rng.range(80.0, 220.0) as u32;
            Halt {
                chainage_m: e.chainage_m,
                at: world.earth.plane(e.at),
                seconds,
                label: m.label(e),
            }
        })
        .collect();
    halts.sort_by(|a, b| a.chainage_m.total_cmp(&b.chainage_m));
    let (from_m, to_m) = (line.section_start_m(1) + 60.0, line.section_start_m(2) - 10.0);
    let plan = Plan {
        start: DAY_2 as f64,
        from_m,
        to_m,
        halts,
        lane: &lane,
        speed: &speed,
        lost: None,
        rest: Some((from_m + 0.47 * (to_m - from_m), 2_700.0)),
        strays: &[],
        seed: 0x4649_5842,
        photo: "DSC",
    };
    let elements = here
        .iter()
        .flat_map(|m| m.elements.iter().map(|e| (m.label(e), e.at)))
        .collect();
    let journey = travel(world, &plan, elements);
    let file = "2026-08-07-team-b.gpx";
    let what = "inspection = \"2026-1\"\nteam = \"B\"\nroute = \"R2\"\ntravel = \"boat\"\n";
    Brought {
        file,
        truth: truth(file, what, &plan, &journey, &[]),
        gpx: gpx(
            &journey,
            "2026-1 team B day 2",
            "Joint inspection 2026-1, team B, river part of route R2 by boat.",
        ),
    }
}

/// What all truths share.
pub fn truth_head() -> String {
    format!(
        "# Known truth of the tracks beside this file, from the paths before receiver noise was added.\n\
         # Chainage in metres along the boundary line from its first vertex. A marker element is visited when the path was\n\
         # within buffer_m of it for at least 60 s, passed when nearer than buffer_m for less, else missed.\n\
         # Gaps are stretches of the line that the path left uncovered; noise moves their ends by some metres (allow 40 m).\n\
         # Where nothing else is said, every other part of the line from from_m to to_m was covered. Team B's gaps are told\n\
         # against its route, which goes in to the bank at each landing.\n\
         invented = true\nframe = \"WGS 84 at the epoch\"\nepoch = {EPOCH}\nnoise_sigma_per_axis_m = 2.1\ngap_tolerance_m = 40.0\n\n"
    )
}

/// One track of `n` fixes, one a second, up and down the whole line: for load tests.
///
/// # Errors
/// When writing fails.
pub fn long_track(world: &World, n: u64, out: &mut dyn io::Write) -> io::Result<()> {
    let total = world.course.line.length_m();
    let plane = world.course.line.in_plane();
    // Evenly spaced places, so that a fix costs no search along the line.
    let places: Vec<Plane> = (0..=(total / 5.0) as usize)
        .map(|i| curve::along(&plane, i as f64 * 0.005))
        .collect();
    let heights: Vec<f64> = places.iter().step_by(20).map(|p| world.terrain.height(*p)).collect();
    let mut rng = Rng::new(0x4C4F_4144);
    let (mut drift, mut at, mut step) = ([0.0_f64; 2], 0.0_f64, 1.3_f64);
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Merestone sample generator\" \
         xmlns=\"http://www.topografix.com/GPX/1/1\">\n<metadata><name>load test</name><desc>{NOTICE_EN}</desc></metadata>\n\
         <trk><name>load test</name><trkseg>"
    )?;
    for i in 0..n {
        at += step;
        if at <= 0.0 || at >= total - 10.0 {
            step = -step;
            at = at.clamp(0.0, total - 10.0);
        }
        for d in &mut drift {
            *d = 0.9875 * *d + 0.331 * rng.normal();
        }
        let k = (at / 5.0) as usize;
        let p = curve::mix(places[k], places[(k + 1).min(places.len() - 1)], at / 5.0 - k as f64);
        let p = [p[0] + drift[0] / 1000.0, p[1] + drift[1] / 1000.0];
        let fix = Fix {
            at: world.earth.seen_in(EPOCH, world.earth.at(p)),
            elevation_m: heights[k / 20] + 1.2,
            time: (DAY_1 as u64 + i) as f64,
            hdop: 1.0,
            satellites: 14,
        };
        writeln!(out, "{}", trkpt(&fix))?;
    }
    writeln!(out, "</trkseg></trk>\n</gpx>")
}
