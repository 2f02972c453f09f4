//! Where 100,000 markers stand along a line of 1,000,000 vertices, and how far from it: CPU seconds and error against a
//! truth that is exact by construction. `cargo bench --bench offset`.

use merestone::check::tolerance::Tolerances;
use merestone::check::{Case, Mark, run};
use merestone::crs::{Crs, Frame};
use merestone::domain::finding::CheckCode;
use merestone::domain::line::BoundaryLine;
use merestone::domain::marker::{Number, Relation, SigmaSource};
use merestone::domain::section::{LineType, Movability, Segment};
use merestone::domain::text::Message;
use merestone::geom::line::GeodesicLine;
use merestone::unit::{LonLat, Sigma};

mod support;

use support::{Course, Dice, STEP_M, goal, timed};

/// CPU seconds for a million vertices and 100,000 markers, index included; millimetres.
const GOAL_S: f64 = 0.7;
const GOAL_MM: f64 = 0.1;

/// A marker and what is true of it.
struct Marker {
    at: LonLat,
    chainage: f64,
    offset: f64,
}

/// In the order of the line, as a register has them, or shuffled, as no cache likes them.
fn markers(course: &Course, n: usize, shuffled: bool) -> Vec<Marker> {
    let mut dice = Dice::new(20_261_123);
    let pieces = (course.vertices.len() - 1) as f64;
    let mut markers: Vec<Marker> = (0..n)
        .map(|_| {
            // Away from the vertices by more than a bend takes from a piece at 30 m, so that its foot is on its piece.
            let chainage = (dice.between(0.0, pieces).floor() + dice.between(0.05, 0.95)) * STEP_M;
            let offset = dice.between(-30.0, 30.0);
            Marker {
                at: course.beside(chainage, offset),
                chainage,
                offset,
            }
        })
        .collect();
    if !shuffled {
        markers.sort_by(|a, b| a.chainage.total_cmp(&b.chainage));
    }
    markers
}

/// CPU seconds for the index and for the markers, each the mean of so many runs.
fn measure(course: &Course, markers: &[Marker], runs: usize) -> f64 {
    let new = || GeodesicLine::new(course.earth.clone(), course.vertices.clone());
    let feet_of = |line: &GeodesicLine| markers.iter().map(|m| line.foot(m.at)).collect::<Vec<_>>();
    let (line, build) = repeated(runs, new);
    let Some(line) = line else { return f64::NAN };
    let (feet, search) = repeated(runs, || feet_of(&line));
    let worst = |error: &dyn Fn(usize) -> f64| (0..markers.len()).map(error).fold(0.0, f64::max) * 1000.0;
    let along = worst(&|k| (feet[k].chainage - markers[k].chainage).abs());
    let across = worst(&|k| (feet[k].offset() - markers[k].offset).abs());
    println!(
        "  {} markers, {} vertices: index {build:.3} s, markers {search:.3} s, together {:.3} s; {:.2} us a marker; \
         worst error {along:.4} mm along, {across:.4} mm across (goal {GOAL_MM} mm: {})",
        markers.len(),
        course.vertices.len(),
        build + search,
        search / markers.len() as f64 * 1e6,
        goal(along.max(across), GOAL_MM),
    );
    build + search
}

/// A short run is shorter than the grain of the clock of CPU time.
fn repeated<T>(runs: usize, run: impl Fn() -> T) -> (T, f64) {
    let (mut results, seconds) = timed(|| (0..runs.max(1)).map(|_| run()).collect::<Vec<T>>());
    (results.swap_remove(0), seconds / runs.max(1) as f64)
}

/// The whole check as it is asked for: findings with sentences, nearest vertices, milestones.
fn whole_check(course: &Course, markers: &[Marker]) {
    let Ok(crs) = Crs::lookup("EPSG:4490") else { return };
    let frame = Frame {
        crs,
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
    let marks: Vec<Mark> = markers
        .iter()
        .enumerate()
        .map(|(k, marker)| Mark {
            number: Number::parse(&k.to_string()),
            label: k.to_string(),
            sequence: None,
            position: marker.at,
            sigma: Sigma::new(0.05).unwrap_or_default(),
            sigma_source: SigmaSource::Stated,
            relation: Relation::OnLine,
            expected_side: None,
        })
        .collect();
    let (findings, seconds) = timed(|| {
        let line = BoundaryLine::new(&frame, &[segment]).ok()?;
        let case = Case::new(frame, line, marks, Vec::new(), Tolerances::default());
        Some(run(&case, &[CheckCode::C02]).len())
    });
    println!(
        "the whole of check C02, with {} findings in two languages: {seconds:.3} s",
        findings.unwrap_or(0)
    );
}

fn main() {
    let small = Course::new(100_001);
    let course = Course::new(1_000_001);
    for (order, shuffled) in [("in the order of the line", false), ("shuffled", true)] {
        println!("Markers {order}:");
        let before = measure(&small, &markers(&small, 10_000, shuffled), 20);
        let total = measure(&course, &markers(&course, 100_000, shuffled), 3);
        println!(
            "  ten times the line and the markers: {:.1} times the time (goal 12: {}); together {total:.3} CPU s \
             (goal {GOAL_S}: {})",
            total / before,
            goal(total / before, 12.0),
            goal(total, GOAL_S),
        );
    }
    whole_check(&course, &markers(&course, 100_000, false));
}
