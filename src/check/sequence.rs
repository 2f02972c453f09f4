//! C14: whether the numbers follow the line: order, duplicates, holes, inserted numbers.

use std::collections::BTreeMap;

use super::{Case, Mark, finding, foot_details};
use crate::domain::finding::{CheckCode, Finding, Shape, Unit, Verdict};
use crate::domain::marker::Number;
use crate::domain::text::Message;
use crate::geom::line::Foot;
use crate::unit::Chainage;

const SOURCE: &str = "exact: chainage order is number order";

/// Two markers whose feet are nearer than this along the line have no order that numbers could contradict.
const SAME_PLACE_M: f64 = 0.5;

/// One marker by its first element.
struct Stone<'a> {
    mark: &'a Mark,
    foot: &'a Foot,
}

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let mut first_elements: Vec<Stone<'_>> = Vec::new();
    let mut seen: BTreeMap<(&str, &str), ()> = BTreeMap::new();
    let mut duplicates: Vec<&Mark> = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (mark, foot) in case.marks_with_feet() {
        if seen.insert((mark.number.text(), &mark.label), ()).is_some() {
            duplicates.push(mark);
            continue;
        }
        let count = numbers.entry(mark.number.text()).or_default();
        *count += 1;
        if *count == 1 {
            first_elements.push(Stone { mark, foot });
        }
    }
    let mut findings = duplicates.into_iter().map(duplicate).collect::<Vec<_>>();
    findings.extend(order(case, &first_elements));
    findings.extend(holes(&first_elements));
    if findings.is_empty() && !first_elements.is_empty() {
        let n = first_elements.len();
        findings.push(Finding {
            measured: Some(0.0),
            unit: Unit::Count,
            uncertainty_95: Some(0.0),
            tolerance: Some(0.0),
            tolerance_source: SOURCE.to_owned(),
            ..finding(
                CheckCode::C14,
                Verdict::Pass,
                Vec::new(),
                Message::new(
                    format!("The numbers of {n} markers follow the line; none is missing or used twice"),
                    format!("{n}个界标的编号顺序与界线一致，无缺号、无重号"),
                ),
            )
        });
    }
    findings
}

fn duplicate(mark: &Mark) -> Finding {
    Finding {
        unit: Unit::Count,
        measured: Some(2.0),
        tolerance: Some(1.0),
        tolerance_source: SOURCE.to_owned(),
        shape: Shape::Point(mark.position),
        ..finding(
            CheckCode::C14,
            Verdict::Fail,
            vec![mark.label.clone()],
            Message::new(
                format!("Number {} is used more than once", mark.label),
                format!("编号{}重复使用", mark.label),
            ),
        )
    }
}

/// Markers that stand elsewhere along the line than their numbers say.
///
/// The longest run of markers whose order is right is kept (by patience sorting), and only those outside it are named:
/// one misplaced marker gives one finding, not one for each neighbour.
fn order(case: &Case, stones: &[Stone<'_>]) -> Vec<Finding> {
    let by_sequence = stones.iter().all(|stone| stone.mark.sequence.is_some());
    let mut ordered: Vec<&Stone<'_>> = stones.iter().collect();
    if by_sequence {
        ordered.sort_by_key(|stone| stone.mark.sequence);
    } else {
        ordered.sort_by(|a, b| a.mark.number.cmp(&b.mark.number));
    }
    // Numbers may run against the direction of the line; whichever way fits more of them is taken.
    let chainages: Vec<f64> = ordered.iter().map(|stone| stone.foot.chainage).collect();
    let forward = longest_ascending(&chainages);
    let reversed: Vec<f64> = chainages.iter().map(|c| -c).collect();
    let backward = longest_ascending(&reversed);
    let (kept, chainages, against) = if backward.iter().filter(|k| **k).count() > forward.iter().filter(|k| **k).count()
    {
        (backward, reversed, true)
    } else {
        (forward, chainages, false)
    };
    let mut findings = Vec::new();
    let mut before: Option<usize> = None;
    for index in 0..ordered.len() {
        if kept[index] {
            before = Some(index);
            continue;
        }
        let after = (index + 1..ordered.len()).find(|k| kept[*k]);
        // Against its kept neighbours, by how much it is out of order.
        let late = before.map_or(0.0, |b| chainages[b] - chainages[index]);
        let early = after.map_or(0.0, |a| chainages[index] - chainages[a]);
        let out_by = late.max(early);
        if out_by <= SAME_PLACE_M {
            continue;
        }
        let stone = ordered[index];
        let at = Chainage::new(stone.foot.chainage).unwrap_or_default();
        let names = |k: Option<usize>| k.map_or_else(|| "—".to_owned(), |k| ordered[k].mark.number.text().to_owned());
        let (label, previous, next) = (&stone.mark.label, names(before), names(after));
        let place = case.milestones.describe(stone.foot.chainage);
        findings.push(Finding {
            measured: Some(out_by),
            tolerance: Some(0.0),
            tolerance_source: SOURCE.to_owned(),
            shape: Shape::Point(stone.mark.position),
            details: foot_details(stone.foot),
            ..finding(
                CheckCode::C14,
                Verdict::Fail,
                vec![label.clone()],
                Message::new(
                    format!(
                        "Marker {label} comes between {previous} and {next} by number but stands at {at}, {out_by:.0} m out of order ({})",
                        place.en
                    ),
                    format!(
                        "{label}号界标按编号应在{previous}与{next}之间，实际位于{at}，偏离顺序{out_by:.0}米（{}）",
                        place.zh
                    ),
                ),
            )
        });
    }
    if against {
        findings.push(Finding {
            unit: Unit::Count,
            tolerance_source: SOURCE.to_owned(),
            ..finding(
                CheckCode::C14,
                Verdict::Pass,
                Vec::new(),
                Message::new(
                    "The numbers run against the direction of the line",
                    "编号方向与界线方向相反",
                ),
            )
        });
    }
    findings
}

/// Which members belong to one longest run that never falls.
fn longest_ascending(values: &[f64]) -> Vec<bool> {
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; values.len()];
    for (index, value) in values.iter().enumerate() {
        let place = ends.partition_point(|end| values[*end] <= *value);
        previous[index] = place.checked_sub(1).map(|p| ends[p]);
        if place == ends.len() {
            ends.push(index);
        } else {
            ends[place] = index;
        }
    }
    let mut kept = vec![false; values.len()];
    let mut walk = ends.last().copied();
    while let Some(index) = walk {
        kept[index] = true;
        walk = previous[index];
    }
    kept
}

/// Numbers that are missing between the least and the greatest of a series, and inserted numbers without a parent.
///
/// A series of which less than half is there (a few turning points of a register kept elsewhere) has no holes.
fn holes(stones: &[Stone<'_>]) -> Vec<Finding> {
    let mut series: BTreeMap<&str, Vec<&Number>> = BTreeMap::new();
    for stone in stones {
        series
            .entry(stone.mark.number.series())
            .or_default()
            .push(&stone.mark.number);
    }
    let mut findings = Vec::new();
    for (name, numbers) in series {
        let mut mains: Vec<u64> = numbers.iter().filter_map(|n| n.main()).collect();
        mains.sort_unstable();
        mains.dedup();
        let (Some(first), Some(last)) = (mains.first().copied(), mains.last().copied()) else {
            continue;
        };
        let span = last - first + 1;
        if mains.len() < 3 || (mains.len() as u64) * 2 < span {
            continue;
        }
        for pair in mains.windows(2) {
            let missing = pair[1] - pair[0] - 1;
            if missing == 0 {
                continue;
            }
            let prefix = if name.is_empty() {
                String::new()
            } else {
                format!("{name} ")
            };
            let range = if missing == 1 {
                format!("{prefix}{}", pair[0] + 1)
            } else {
                format!("{prefix}{}–{}", pair[0] + 1, pair[1] - 1)
            };
            findings.push(Finding {
                measured: Some(missing as f64),
                unit: Unit::Count,
                uncertainty_95: Some(0.0),
                tolerance: Some(0.0),
                tolerance_source: SOURCE.to_owned(),
                ..finding(
                    CheckCode::C14,
                    Verdict::Fail,
                    vec![range.clone()],
                    Message::new(
                        format!(
                            "Number {range} is missing between {prefix}{} and {prefix}{}",
                            pair[0], pair[1]
                        ),
                        format!("{prefix}{}与{prefix}{}之间缺少编号{range}", pair[0], pair[1]),
                    ),
                )
            });
        }
    }
    findings
}
