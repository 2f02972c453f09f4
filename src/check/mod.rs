//! Demarcation checks: one file per rule, each a pure function from a case to findings.
//!
//! Start with [`Case`], what is checked, and [`run`], which calls the rules. Coverage ([`coverage`]) is the one check
//! with a memory, because tracks are read in a stream. Tolerances are data ([`tolerance`]); every finding says where its
//! own came from.

pub mod coverage;
mod offset;
mod sequence;
mod side;
pub mod tolerance;
mod topology;

use crate::crs::Frame;
use crate::domain::finding::{CheckCode, Detail, Finding, Shape, Unit, Verdict};
use crate::domain::line::BoundaryLine;
use crate::domain::marker::{Marker, Number, Relation, SigmaSource};
use crate::domain::reference::Milestones;
use crate::domain::text::Message;
use crate::geom::line::{Foot, Side};
use crate::unit::{LonLat, Sigma};
use tolerance::Tolerances;

/// The factor from a standard deviation to a 95 % interval along one axis.
pub const K95: f64 = 2.0;

/// The factor from a standard deviation per axis to the radius that holds 95 % in the plane (chi-square, 2 degrees of
/// freedom: 5.991).
pub const K95_PLANE: f64 = 2.447_7;

/// One element of a marker, as the checks see it.
#[derive(Debug, Clone)]
pub struct Mark {
    pub number: Number,
    /// `12` or `12(1)`.
    pub label: String,
    pub sequence: Option<i64>,
    pub position: LonLat,
    pub sigma: Sigma,
    pub sigma_source: SigmaSource,
    pub relation: Relation,
    /// The side on which it must stand, where the register says.
    pub expected_side: Option<Side>,
}

/// Anything else that must lie on one side of the line: a port, a project.
#[derive(Debug, Clone)]
pub struct Site {
    pub label: String,
    /// One position, or the corners of a footprint.
    pub positions: Vec<LonLat>,
    pub sigma: Sigma,
    pub expected_side: Option<Side>,
}

/// What is checked: a line in its frame, and what stands along it. All positions are in the frame.
pub struct Case {
    pub frame: Frame,
    pub line: BoundaryLine,
    pub marks: Vec<Mark>,
    pub sites: Vec<Site>,
    pub tolerances: Tolerances,
    pub milestones: Milestones,
    /// The foot of each mark, in the order of `marks`: several rules need it.
    feet: Vec<Foot>,
}

impl Case {
    pub fn new(frame: Frame, line: BoundaryLine, marks: Vec<Mark>, sites: Vec<Site>, tolerances: Tolerances) -> Self {
        let feet = marks.iter().map(|mark| line.course().foot(mark.position)).collect();
        let milestones = Milestones::new(&line, marks.iter().map(|m| (m.number.text(), m.position)));
        Self {
            frame,
            line,
            marks,
            sites,
            tolerances,
            milestones,
            feet,
        }
    }

    /// Marks with the foot of each.
    pub fn marks_with_feet(&self) -> impl Iterator<Item = (&Mark, &Foot)> {
        self.marks.iter().zip(&self.feet)
    }
}

/// The marks of a marker, with the side on which each element must stand by its party.
pub fn marks_of(marker: &Marker, side_of_party: impl Fn(&str) -> Option<Side>) -> Vec<Mark> {
    marker
        .elements
        .iter()
        .map(|element| Mark {
            number: marker.number.clone(),
            label: marker.label(element),
            sequence: marker.sequence,
            position: element.position,
            sigma: element.sigma,
            sigma_source: element.sigma_source,
            relation: element.relation,
            expected_side: match element.relation {
                Relation::OnLine => None,
                Relation::Beside(side) | Relation::Tied { side: Some(side), .. } => Some(side),
                Relation::Tied { side: None, .. } | Relation::NotStated => {
                    element.party.as_deref().and_then(&side_of_party)
                }
            },
        })
        .collect()
}

/// Runs the rules that need no track, in the order of their codes.
///
/// - **Shape**: `only` empty means all.
/// - **Errors**: none; what cannot be judged is not in the answer, see [`not_applicable`].
pub fn run(case: &Case, only: &[CheckCode]) -> Vec<Finding> {
    let wanted = |code| only.is_empty() || only.contains(&code);
    let mut findings = Vec::new();
    if wanted(CheckCode::C02) {
        findings.extend(offset::check(case));
    }
    if wanted(CheckCode::C03) {
        findings.extend(side::check(case));
    }
    if wanted(CheckCode::C12) {
        findings.extend(topology::check(case));
    }
    if wanted(CheckCode::C14) {
        findings.extend(sequence::check(case));
    }
    findings
}

/// Why a rule had nothing to say about a case, for the summary: silence is not a pass.
pub fn not_applicable(case: &Case, code: CheckCode, has_track: bool) -> Option<Message> {
    match code {
        CheckCode::C02 | CheckCode::C14 if case.marks.is_empty() => {
            Some(Message::new("no markers were given", "未提供界标"))
        }
        CheckCode::C03
            if case.marks.iter().all(|m| m.expected_side.is_none())
                && case.sites.iter().all(|s| s.expected_side.is_none()) =>
        {
            Some(Message::new(
                "no side is stated for any marker, port or project",
                "未说明任何界标、口岸或项目所在的一侧",
            ))
        }
        CheckCode::C04 if !has_track => Some(Message::new("no track was given", "未提供轨迹")),
        _ => None,
    }
}

/// A finding with its required parts; the rest is filled in where it applies.
fn finding(check: CheckCode, verdict: Verdict, subjects: Vec<String>, message: Message) -> Finding {
    Finding {
        check,
        verdict,
        subjects,
        measured: None,
        unit: Unit::Metres,
        uncertainty_95: None,
        tolerance: None,
        tolerance_source: String::new(),
        message,
        shape: Shape::Nowhere,
        details: Vec::new(),
    }
}

/// The word for a side in findings.
const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::On => "on",
    }
}

const fn side_word_zh(side: Side) -> &'static str {
    match side {
        Side::Left => "左侧",
        Side::Right => "右侧",
        Side::On => "线上",
    }
}

/// Chainage, offset, side and where the uncertainty came from: the details every located finding has.
fn foot_details(foot: &Foot) -> Vec<(&'static str, Detail)> {
    vec![
        ("chainage_m", Detail::Number(foot.chainage)),
        ("offset_m", Detail::Number(foot.offset())),
        ("side", Detail::Text(side_word(foot.side).to_owned())),
    ]
}

#[cfg(test)]
mod tests;
