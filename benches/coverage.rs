//! Which stretches of a line of 1,000,000 vertices a track of 1,000,000 fixes covers: CPU seconds, and whether the gaps
//! that were left in the track are the gaps that are found. `cargo bench --bench coverage`.

use merestone::check::Case;
use merestone::check::coverage::{Coverage, Planned, Walk};
use merestone::check::tolerance::Tolerances;
use merestone::crs::{Crs, Frame};
use merestone::domain::line::BoundaryLine;
use merestone::domain::section::{LineType, Movability, Segment};
use merestone::domain::text::Message;
use merestone::unit::{LonLat, Sigma};

mod support;

use support::{Course, Dice, STEP_M, goal, timed};

const GOAL_S: f64 = 1.2;

const GAPS: usize = 12;

/// The track, with what is left out of it: chainages from and to.
struct Track {
    fixes: Vec<(LonLat, f64)>,
    gaps: Vec<(f64, f64)>,
}

fn track(course: &Course) -> Track {
    let mut dice = Dice::new(7);
    let every = course.length() / GAPS as f64;
    let gaps: Vec<(f64, f64)> = (0..GAPS)
        .map(|k| {
            let from = (k as f64 + dice.between(0.2, 0.6)) * every;
            (from, from + dice.between(300.0, (every * 0.3).min(2_000.0)))
        })
        .collect();
    let mut fixes = Vec::with_capacity(course.vertices.len());
    let mut offset = 0.0_f64;
    for k in 0..course.vertices.len() - 1 {
        let along = k as f64 * STEP_M;
        // The walker stays within 12 m of the line.
        offset = (offset + dice.between(-0.4, 0.4)).clamp(-12.0, 12.0);
        if !gaps.iter().any(|(from, to)| (*from..*to).contains(&along)) {
            fixes.push((course.beside(along + 0.3, offset), 1.7e9 + along));
        }
    }
    Track { fixes, gaps }
}

/// CPU seconds, the mean of so many walks.
fn measure(vertices: usize, runs: usize) -> Option<f64> {
    let course = Course::new(vertices);
    let track = track(&course);
    let frame = Frame {
        crs: Crs::lookup("EPSG:4490").ok()?,
        epoch: None,
        plate: None,
    };
    let segment = Segment {
        section: "S".to_owned(),
        ordinal: 1,
        line_type: LineType::Geodesic,
        grid_crs: None,
        movability: Movability::Fixed,
        description: Message::new("", ""),
        vertices: course.vertices.clone(),
    };
    let (line, build) = timed(|| BoundaryLine::new(&frame, &[segment]));
    let case = Case::new(frame, line.ok()?, Vec::new(), Vec::new(), Tolerances::default());
    let sigma = Sigma::new(3.0).ok()?;
    let whole = [Planned {
        name: "R1".to_owned(),
        from: 0.0,
        to: course.length(),
    }];
    let once = || {
        let mut walk = Walk::new(&case);
        for (position, time) in &track.fixes {
            walk.fix(*position, sigma, false, Some(*time));
        }
        walk.finish(&whole)
    };
    let (coverage, walk) = timed(|| {
        for _ in 1..runs {
            once();
        }
        once()
    });
    let walk = walk / runs as f64;
    println!(
        "{} fixes, {vertices} vertices: index {build:.3} s, walk {walk:.3} s, together {:.3} s; {:.2} us a fix; {}",
        track.fixes.len(),
        build + walk,
        walk / track.fixes.len() as f64 * 1e6,
        truth(&track, &coverage),
    );
    Some(build + walk)
}

/// How the gaps that were found compare with those that are there.
fn truth(track: &Track, coverage: &Coverage) -> String {
    // Around the last fix before a gap the line is covered by the buffer of 25 m, and a little less beside it.
    let same = |found: &(f64, f64), real: &(f64, f64)| {
        let edges = [found.0 - real.0, real.1 - found.1];
        edges.iter().all(|edge| (15.0..=30.0).contains(edge))
    };
    let found: Vec<(f64, f64)> = coverage.gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    let true_found = track
        .gaps
        .iter()
        .filter(|real| found.iter().any(|f| same(f, real)))
        .count();
    let false_found = found
        .iter()
        .filter(|f| !track.gaps.iter().any(|real| same(f, real)))
        .count();
    let kept = true_found == track.gaps.len() && false_found == 0;
    format!(
        "{true_found} of {} gaps found, {false_found} false ({})",
        track.gaps.len(),
        if kept { "met" } else { "MISSED" }
    )
}

fn main() {
    let (Some(small), Some(large)) = (measure(100_001, 10), measure(1_000_001, 2)) else {
        println!("the line could not be made");
        return;
    };
    println!(
        "ten times the line and the track: {:.1} times the time (goal 12: {}); {large:.3} CPU s (goal {GOAL_S}: {})",
        large / small,
        goal(large / small, 12.0),
        goal(large, GOAL_S),
    );
}
