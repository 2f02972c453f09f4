//! C02: how far each marker stands from the line, and where along it.
//!
//! A marker on the line must be on it; a marker tied to the line by azimuth and distance must, followed along its tie,
//! end on the line. Both come to one figure: the distance from the line of the point that the register puts on it.

use super::tolerance::both;
use super::{Case, K95, Mark, finding, foot_details};
use crate::domain::finding::{CheckCode, Detail, Finding, Shape, Verdict};
use crate::domain::marker::{Relation, SigmaSource};
use crate::domain::text::Message;
use crate::geom::line::Foot;
use crate::unit::Chainage;

pub(super) fn check(case: &Case) -> Vec<Finding> {
    case.marks_with_feet()
        .filter_map(|(mark, foot)| one(case, mark, foot))
        .collect()
}

fn one(case: &Case, mark: &Mark, foot: &Foot) -> Option<Finding> {
    let tolerance = &case.tolerances.offset_m;
    let uncertainty = K95 * mark.sigma.get();
    let mut details = foot_details(foot);
    let (vertex, to_vertex) = case.line.course().nearest_vertex(mark.position);
    details.push(("nearest_vertex", Detail::Number(vertex as f64)));
    details.push(("nearest_vertex_m", Detail::Number(to_vertex)));
    details.push((
        "uncertainty_source",
        Detail::Text(match mark.sigma_source {
            SigmaSource::Stated => "stated".to_owned(),
            SigmaSource::PrintedDigits => "printed digits".to_owned(),
        }),
    ));
    let chainage = Chainage::new(foot.chainage).unwrap_or_default();
    let label = &mark.label;
    let (deviation, message) = match mark.relation {
        // Its distance from the line is no fault: which side it is on is judged by C03.
        Relation::Beside(_) => return None,
        Relation::OnLine | Relation::NotStated => {
            let far = both(foot.distance);
            (
                foot.distance,
                Message::new(
                    format!("Marker {label} stands {} off the line at {chainage}", far.en),
                    format!("{label}号界标偏离界线{}，里程{chainage}", far.zh),
                ),
            )
        }
        Relation::Tied { azimuth, distance, .. } => {
            let earth = case.line.course().ellipsoid();
            let end = earth.direct(mark.position, azimuth.get(), distance.get()).position;
            let misclosure = case.line.course().foot(end);
            details.push(("registered_distance_m", Detail::Number(distance.get())));
            details.push(("registered_azimuth_deg", Detail::Number(azimuth.get())));
            let off = both(misclosure.distance);
            (
                misclosure.distance,
                Message::new(
                    format!(
                        "The registered tie of marker {label} ends {} off the line at {chainage}",
                        off.en
                    ),
                    format!("{label}号界标登记的连测终点偏离界线{}，里程{chainage}", off.zh),
                ),
            )
        }
    };
    let verdict = Verdict::of(deviation, uncertainty, tolerance.value);
    Some(Finding {
        measured: Some(deviation),
        uncertainty_95: Some(uncertainty),
        tolerance: Some(tolerance.value),
        tolerance_source: tolerance.source.clone(),
        shape: Shape::Point(mark.position),
        details,
        ..finding(CheckCode::C02, verdict, vec![label.clone()], message)
    })
}
