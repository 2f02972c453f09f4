//! C12: whether the line is one simple line, its segments joined by identical positions.

use super::tolerance::both;
use super::{Case, finding};
use crate::domain::finding::{CheckCode, Finding, Shape, Unit, Verdict};
use crate::domain::text::Message;
use crate::geom::topology::{Fault, SPIKE_DEGREES, faults};
use crate::unit::Chainage;

const SOURCE: &str = "exact: OGC 06-103r4, simple line; nothing is snapped";

pub(super) fn check(case: &Case) -> Vec<Finding> {
    let course = case.line.course();
    let at = |vertex: usize| Chainage::new(course.chainages().get(vertex).copied().unwrap_or(0.0)).unwrap_or_default();
    let subject = |chainage: f64| {
        case.line.part_at(chainage).map_or_else(
            || "line".to_owned(),
            |part| format!("{}/{}", part.section, part.ordinal),
        )
    };
    let mut findings: Vec<Finding> = case
        .line
        .breaks()
        .iter()
        .map(|gap| {
            let part = case.line.parts().get(gap.part);
            let name = part.map_or_else(String::new, |p| format!("{}/{}", p.section, p.ordinal));
            let far = both(gap.distance_m);
            Finding {
                measured: Some(gap.distance_m),
                uncertainty_95: Some(0.0),
                tolerance: Some(0.0),
                tolerance_source: SOURCE.to_owned(),
                shape: Shape::Line(vec![gap.end, gap.start]),
                ..finding(
                    CheckCode::C12,
                    Verdict::Fail,
                    vec![name.clone()],
                    Message::new(
                        format!("Segment {name} begins {} from the end of the one before", far.en),
                        format!("界线段{name}的起点距前一段终点{}", far.zh),
                    ),
                )
            }
        })
        .collect();
    for fault in faults(course) {
        findings.push(match fault {
            Fault::NoLength { vertex } => Finding {
                measured: Some(0.0),
                shape: Shape::Point(course.vertices()[vertex]),
                tolerance_source: SOURCE.to_owned(),
                ..finding(
                    CheckCode::C12,
                    Verdict::Fail,
                    vec![subject(at(vertex).get())],
                    Message::new(
                        format!("Two vertices in a row are the same at {}", at(vertex)),
                        format!("{}处相邻两个界点重合", at(vertex)),
                    ),
                )
            },
            Fault::Spike { vertex, angle } => Finding {
                measured: Some(angle),
                unit: Unit::Degrees,
                uncertainty_95: Some(0.0),
                tolerance: Some(SPIKE_DEGREES),
                tolerance_source: "default: arms that enclose less than 1 degree are a spike".to_owned(),
                shape: Shape::Point(course.vertices()[vertex]),
                ..finding(
                    CheckCode::C12,
                    Verdict::Fail,
                    vec![subject(at(vertex).get())],
                    Message::new(
                        format!("The line turns back on itself at {}: {angle:.3} degrees", at(vertex)),
                        format!("界线在{}处折返，夹角{angle:.3}度", at(vertex)),
                    ),
                )
            },
            Fault::Crossing { pieces: (a, b), place } => Finding {
                measured: Some(0.0),
                shape: Shape::Point(place),
                tolerance_source: SOURCE.to_owned(),
                ..finding(
                    CheckCode::C12,
                    Verdict::Fail,
                    vec![subject(at(a).get()), subject(at(b).get())],
                    Message::new(
                        format!("The line meets itself: at {} and again at {}", at(a), at(b)),
                        format!("界线与自身相交：{}与{}处", at(a), at(b)),
                    ),
                )
            },
        });
    }
    if findings.is_empty() {
        let sections: Vec<String> = case.line.sections().into_iter().map(|(name, ..)| name).collect();
        let (n, length) = (course.vertices().len(), both(course.length()));
        findings.push(Finding {
            measured: Some(0.0),
            unit: Unit::Count,
            uncertainty_95: Some(0.0),
            tolerance: Some(0.0),
            tolerance_source: SOURCE.to_owned(),
            ..finding(
                CheckCode::C12,
                Verdict::Pass,
                sections,
                Message::new(
                    format!("The line is simple: {n} vertices, {}", length.en),
                    format!("界线为简单线：{n}个顶点，长{}", length.zh),
                ),
            )
        });
    }
    findings
}
