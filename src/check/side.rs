//! C03: whether what must lie on one side of the line does.

use super::tolerance::both;
use super::{Case, K95, finding, foot_details, side_word, side_word_zh};
use crate::domain::finding::{CheckCode, Finding, Shape, Verdict};
use crate::domain::text::Message;
use crate::geom::line::{Foot, Side};
use crate::unit::{LonLat, Sigma};

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let marks = case.marks_with_feet().filter_map(|(mark, foot)| {
        mark.expected_side
            .map(|side| one(&mark.label, "Marker", "号界标", mark.position, foot, side, mark.sigma))
    });
    let sites = case.sites.iter().filter_map(|site| {
        let side = site.expected_side?;
        // Of a footprint the corner that lies worst decides.
        let worst = site
            .positions
            .iter()
            .map(|position| (*position, case.line.course().foot(*position)))
            .min_by(|a, b| towards(side, &a.1).total_cmp(&towards(side, &b.1)))?;
        Some(one(&site.label, "Site", "", worst.0, &worst.1, side, site.sigma))
    });
    marks.chain(sites).collect()
}

/// Distance from the line, positive on the expected side.
fn towards(expected: Side, foot: &Foot) -> f64 {
    if expected == Side::Left {
        -foot.offset()
    } else {
        foot.offset()
    }
}

fn one(label: &str, en: &str, zh: &str, position: LonLat, foot: &Foot, expected: Side, sigma: Sigma) -> Finding {
    let signed = towards(expected, foot);
    let uncertainty = K95 * sigma.get();
    let verdict = if signed > uncertainty {
        Verdict::Pass
    } else if signed < -uncertainty {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    let far = both(foot.distance);
    let message = match verdict {
        Verdict::Pass => Message::new(
            format!(
                "{en} {label} is {} {} of the line, as it must be",
                far.en,
                side_word(foot.side)
            ),
            format!("{label}{zh}位于界线{}{}，符合规定", side_word_zh(foot.side), far.zh),
        ),
        Verdict::Fail => Message::new(
            format!(
                "{en} {label} is {} {} of the line and must be {}",
                far.en,
                side_word(foot.side),
                side_word(expected)
            ),
            format!(
                "{label}{zh}位于界线{}{}，应在{}",
                side_word_zh(foot.side),
                far.zh,
                side_word_zh(expected)
            ),
        ),
        Verdict::Inconclusive => Message::new(
            format!(
                "{en} {label} is {} from the line, nearer than its uncertainty can tell; observe it to better than {}",
                far.en,
                both(foot.distance / K95).en
            ),
            format!(
                "{label}{zh}距界线{}，小于其不确定度，无法判定；须以优于{}的精度观测",
                far.zh,
                both(foot.distance / K95).zh
            ),
        ),
    };
    Finding {
        measured: Some(signed),
        uncertainty_95: Some(uncertainty),
        tolerance: Some(0.0),
        tolerance_source: "the expected side by the register".to_owned(),
        shape: Shape::Point(position),
        details: foot_details(foot),
        ..finding(CheckCode::C03, verdict, vec![label.to_owned()], message)
    }
}
