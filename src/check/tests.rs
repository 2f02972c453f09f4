use super::coverage::{Outcome, Planned, Walk};
use super::*;
use crate::crs::Crs;
use crate::domain::section::{LineType, Movability, Segment};
use crate::unit::{Bearing, Metres};

fn frame() -> Frame {
    Frame {
        crs: Crs::lookup("EPSG:4490").unwrap(),
        epoch: None,
        plate: None,
    }
}

fn segment(vertices: Vec<LonLat>) -> Segment {
    Segment {
        section: "S1".to_owned(),
        ordinal: 1,
        line_type: LineType::Geodesic,
        grid_crs: None,
        movability: Movability::Fixed,
        description: Message::default(),
        vertices,
    }
}

/// A line of three kilometres due north from 42.5 N 168 W.
fn north() -> BoundaryLine {
    let start = LonLat::new(-168.0, 42.5).unwrap();
    let end = frame().crs.ellipsoid().direct(start, 0.0, 3000.0).position;
    BoundaryLine::new(&frame(), &[segment(vec![start, end])]).unwrap()
}

/// A place at a chainage of the line north, so many metres east of it.
fn beside(line: &BoundaryLine, chainage: f64, east: f64) -> LonLat {
    line.course()
        .ellipsoid()
        .direct(line.course().at(chainage), 90.0, east)
        .position
}

fn mark(line: &BoundaryLine, number: &str, chainage: f64, east: f64, relation: Relation, sigma: f64) -> Mark {
    Mark {
        number: Number::parse(number),
        label: number.to_owned(),
        sequence: None,
        position: beside(line, chainage, east),
        sigma: Sigma::new(sigma).unwrap(),
        sigma_source: SigmaSource::Stated,
        relation,
        expected_side: match relation {
            Relation::Beside(side) => Some(side),
            _ => None,
        },
    }
}

fn case(marks: impl FnOnce(&BoundaryLine) -> Vec<Mark>) -> Case {
    let line = north();
    let marks = marks(&line);
    Case::new(frame(), line, marks, Vec::new(), Tolerances::default())
}

fn verdicts(case: &Case, code: CheckCode) -> Vec<(String, Verdict)> {
    run(case, &[code])
        .into_iter()
        .map(|f| (f.subjects.join(" "), f.verdict))
        .collect()
}

#[test]
fn an_offset_is_judged_with_its_uncertainty() {
    let case = case(|line| {
        vec![
            mark(line, "1", 100.0, 0.02, Relation::OnLine, 0.02),
            mark(line, "2", 200.0, 0.10, Relation::OnLine, 0.02),
            mark(line, "3", 300.0, -0.31, Relation::OnLine, 0.02),
            mark(line, "4", 400.0, 3.0, Relation::OnLine, 3.0),
        ]
    });
    let seen: Vec<Verdict> = verdicts(&case, CheckCode::C02).into_iter().map(|(_, v)| v).collect();
    assert_eq!(
        seen,
        [
            Verdict::Pass,
            Verdict::Inconclusive,
            Verdict::Fail,
            Verdict::Inconclusive
        ]
    );
    let third = &run(&case, &[CheckCode::C02])[2];
    assert!((third.measured.unwrap() - 0.31).abs() < 1e-6);
    assert!(third.details.contains(&("side", Detail::Text("left".to_owned()))));
}

#[test]
fn a_tie_is_followed_to_the_line() {
    let tied = |distance: f64| Relation::Tied {
        azimuth: Bearing::new(270.0).unwrap(),
        distance: Metres::new(distance).unwrap(),
        side: Some(Side::Right),
    };
    let case = case(|line| {
        vec![
            mark(line, "1", 100.0, 50.0, tied(50.0), 0.02),
            mark(line, "2", 200.0, 50.0, tied(49.0), 0.02),
        ]
    });
    let seen: Vec<Verdict> = verdicts(&case, CheckCode::C02).into_iter().map(|(_, v)| v).collect();
    assert_eq!(seen, [Verdict::Pass, Verdict::Fail]);
}

#[test]
fn a_side_is_told_only_beyond_the_uncertainty() {
    let case = case(|line| {
        vec![
            mark(line, "1", 100.0, 30.0, Relation::Beside(Side::Right), 0.05),
            mark(line, "2", 200.0, 30.0, Relation::Beside(Side::Left), 0.05),
            mark(line, "3", 300.0, 0.05, Relation::Beside(Side::Left), 0.05),
        ]
    });
    let seen: Vec<Verdict> = verdicts(&case, CheckCode::C03).into_iter().map(|(_, v)| v).collect();
    assert_eq!(seen, [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive]);
}

#[test]
fn numbers_out_of_order_missing_and_doubled_are_named() {
    let numbers = ["1", "2", "5", "3", "4", "4", "4/1", "7"];
    let case = case(|line| {
        let place = |(k, n): (usize, &&str)| mark(line, n, 100.0 * (k as f64 + 1.0), 0.0, Relation::OnLine, 0.02);
        numbers.iter().enumerate().map(place).collect()
    });
    let seen = verdicts(&case, CheckCode::C14);
    assert_eq!(
        seen,
        [
            ("4".to_owned(), Verdict::Fail),
            ("5".to_owned(), Verdict::Fail),
            ("6".to_owned(), Verdict::Fail)
        ]
    );
}

#[test]
fn numbers_may_run_against_the_line() {
    let case = case(|line| {
        (1..=5)
            .map(|k| {
                mark(
                    line,
                    &k.to_string(),
                    1000.0 - 100.0 * f64::from(k),
                    0.0,
                    Relation::OnLine,
                    0.02,
                )
            })
            .collect()
    });
    assert!(run(&case, &[CheckCode::C14]).iter().all(|f| f.verdict == Verdict::Pass));
}

#[test]
fn a_simple_line_passes_and_a_broken_one_fails() {
    assert_eq!(
        verdicts(&case(|_| Vec::new()), CheckCode::C12),
        [("S1".to_owned(), Verdict::Pass)]
    );
    let a = LonLat::new(-168.0, 42.5).unwrap();
    let b = LonLat::new(-168.0, 42.51).unwrap();
    let c = LonLat::new(-168.0, 42.510001).unwrap();
    let d = LonLat::new(-168.0, 42.52).unwrap();
    let mut second = segment(vec![c, d]);
    second.ordinal = 2;
    let line = BoundaryLine::new(&frame(), &[segment(vec![a, b]), second]).unwrap();
    let broken = Case::new(frame(), line, Vec::new(), Vec::new(), Tolerances::default());
    let seen = run(&broken, &[CheckCode::C12]);
    assert_eq!(
        (seen.len(), seen[0].verdict, seen[0].subjects[0].as_str()),
        (1, Verdict::Fail, "S1/2")
    );
    assert!((seen[0].measured.unwrap() - 0.111).abs() < 0.001);
}

/// Walks the line from one chainage to another at 1 m/s, five metres east of it, resting where told.
fn walk_along(walk: &mut Walk<'_>, line: &BoundaryLine, from: f64, to: f64, rests: &[(f64, f64)], clock: &mut f64) {
    let sigma = Sigma::new(3.0).unwrap();
    let mut at = from;
    while at <= to {
        walk.fix(beside(line, at, 5.0), sigma, false, Some(*clock));
        *clock += 5.0;
        for (_, seconds) in rests.iter().filter(|(where_, _)| (where_ - at).abs() < 2.5) {
            let until = *clock + seconds;
            while *clock < until {
                walk.fix(beside(line, at, 5.0), sigma, false, Some(*clock));
                *clock += 5.0;
            }
        }
        at += 5.0;
    }
}

#[test]
fn a_walk_tells_gaps_visits_and_what_is_left() {
    let case = case(|line| {
        [("1", 100.0), ("2", 600.0), ("3", 1000.0), ("4", 1800.0), ("5", 2900.0)]
            .into_iter()
            .map(|(n, at)| mark(line, n, at, 0.0, Relation::OnLine, 0.02))
            .collect()
    });
    let line = &case.line;
    let mut walk = Walk::new(&case);
    let mut clock = 1.79e9;
    walk_along(&mut walk, line, 50.0, 800.0, &[(100.0, 120.0)], &mut clock);
    walk.break_path();
    clock += 300.0;
    walk_along(&mut walk, line, 1300.0, 2000.0, &[(1800.0, 90.0)], &mut clock);
    let coverage = walk.finish(&[]);
    let outcomes: Vec<Outcome> = coverage.visits.iter().map(|v| v.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Visited,
            Outcome::Passed,
            Outcome::Missed,
            Outcome::Visited,
            Outcome::Left
        ]
    );
    let [gap] = coverage.gaps[..] else {
        panic!("{:?}", coverage.gaps)
    };
    assert!(
        (gap.from - 824.5).abs() < 1.0 && (gap.to - 1275.5).abs() < 1.0,
        "{gap:?}"
    );
    assert_eq!(gap.verdict, Verdict::Fail);
    assert_eq!(coverage.stretches.len(), 1);
    let expected = coverage.total_m() - (gap.to - gap.from);
    assert!((coverage.covered_m() - expected).abs() < 0.01);
    let said = super::coverage::findings(&case, &coverage);
    assert_eq!(
        said.iter().filter(|f| f.verdict == Verdict::Fail).count(),
        3,
        "{said:#?}"
    );
}

#[test]
fn a_planned_route_counts_to_its_ends() {
    let case = case(|line| vec![mark(line, "1", 2900.0, 0.0, Relation::OnLine, 0.02)]);
    let mut walk = Walk::new(&case);
    walk_along(&mut walk, &case.line, 0.0, 1500.0, &[], &mut 1.79e9);
    let coverage = walk.finish(&[Planned {
        name: "R1".to_owned(),
        from: 0.0,
        to: 3000.0,
    }]);
    assert_eq!(coverage.visits[0].outcome, Outcome::Left);
    let [gap] = coverage.gaps[..] else {
        panic!("{:?}", coverage.gaps)
    };
    assert_eq!((gap.to, gap.verdict), (3000.0, Verdict::Fail));
    assert!((coverage.percent() - 50.8).abs() < 0.1, "{}", coverage.percent());
}

#[test]
fn a_jump_of_the_receiver_covers_nothing() {
    let case = case(|_| Vec::new());
    let mut walk = Walk::new(&case);
    let sigma = Sigma::new(3.0).unwrap();
    walk.fix(beside(&case.line, 100.0, 0.0), sigma, false, Some(1.79e9));
    walk.fix(beside(&case.line, 290.0, 0.0), sigma, false, Some(1.79e9 + 1.0));
    let coverage = walk.finish(&[]);
    assert_eq!(coverage.covered.len(), 2, "{:?}", coverage.covered);
}

#[test]
fn far_from_the_line_there_is_no_answer() {
    let case = case(|line| vec![mark(line, "1", 100.0, 0.0, Relation::OnLine, 0.02)]);
    let mut walk = Walk::new(&case);
    walk.fix(beside(&case.line, 100.0, 5000.0), Sigma::new(3.0).unwrap(), true, None);
    let coverage = walk.finish(&[]);
    assert!(coverage.stretches.is_empty());
    let said = super::coverage::findings(&case, &coverage);
    assert_eq!((said.len(), said[0].verdict), (1, Verdict::Inconclusive));
}
