//! Findings as a GeoJSON FeatureCollection that a GIS opens as it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::domain::finding::{CheckCode, Detail, Finding, Shape, Verdict};
use crate::domain::text::Message;
use crate::unit::LonLat;

/// What a run was made of, for its head.
pub struct Head<'a> {
    pub frame: String,
    pub software: String,
    pub way: Option<String>,
    /// Checks that had nothing to judge, with the reason.
    pub not_applicable: &'a [(CheckCode, Message)],
}

/// Counts of verdicts by check, in code order.
pub fn counts(findings: &[Finding]) -> BTreeMap<CheckCode, [usize; 3]> {
    let mut counts: BTreeMap<CheckCode, [usize; 3]> = BTreeMap::new();
    for finding in findings {
        let place = Verdict::ALL.iter().position(|v| *v == finding.verdict).unwrap_or(0);
        counts.entry(finding.check).or_default()[place] += 1;
    }
    counts
}

/// `{"by_check": {"C02": {"pass": 1, "inconclusive": 0, "fail": 2}}, "pass": …}`.
pub fn summary(findings: &[Finding], not_applicable: &[(CheckCode, Message)]) -> Value {
    let counts = counts(findings);
    let three = |n: &[usize; 3]| json!({ "pass": n[0], "inconclusive": n[1], "fail": n[2] });
    let mut total = [0; 3];
    for n in counts.values() {
        for (sum, n) in total.iter_mut().zip(n) {
            *sum += n;
        }
    }
    let by_check: Map<String, Value> = counts
        .iter()
        .map(|(code, n)| (code.word().to_owned(), three(n)))
        .collect();
    let silent: Map<String, Value> = not_applicable
        .iter()
        .map(|(code, why)| (code.word().to_owned(), json!({ "en": why.en, "zh": why.zh })))
        .collect();
    json!({
        "by_check": by_check,
        "pass": total[0],
        "inconclusive": total[1],
        "fail": total[2],
        "not_applicable": silent,
    })
}

fn position(p: LonLat) -> Value {
    json!([p.lon.get(), p.lat.get()])
}

fn line(points: &[LonLat]) -> Value {
    Value::Array(points.iter().map(|p| position(*p)).collect())
}

/// A shape as a GeoJSON geometry, numbers of the frame.
pub fn geometry(shape: &Shape) -> Value {
    match shape {
        Shape::Nowhere => Value::Null,
        Shape::Point(point) => json!({ "type": "Point", "coordinates": position(*point) }),
        Shape::Line(points) => json!({ "type": "LineString", "coordinates": line(points) }),
        Shape::Lines(lines) => {
            json!({ "type": "MultiLineString", "coordinates": lines.iter().map(|l| line(l)).collect::<Vec<_>>() })
        }
    }
}

/// One finding as a feature.
fn feature(finding: &Finding) -> Value {
    let mut properties = json!({
        "check": finding.check.word(),
        "verdict": finding.verdict.word(),
        "subjects": finding.subjects,
        "measured": finding.measured,
        "unit": finding.unit.symbol(),
        "uncertainty_95": finding.uncertainty_95,
        "tolerance": finding.tolerance,
        "tolerance_source": finding.tolerance_source,
        "message": finding.message.en,
        "message_zh": finding.message.zh,
    });
    if let Value::Object(members) = &mut properties {
        for (name, detail) in &finding.details {
            let value = match detail {
                Detail::Number(number) => json!(number),
                Detail::Text(text) => json!(text),
                Detail::Flag(flag) => json!(flag),
            };
            members.insert((*name).to_owned(), value);
        }
    }
    json!({ "type": "Feature", "properties": properties, "geometry": geometry(&finding.shape) })
}

/// The whole run.
pub fn write(findings: &[Finding], head: &Head<'_>) -> Value {
    let mut summary = summary(findings, head.not_applicable);
    if let Value::Object(members) = &mut summary {
        members.extend(statistics(findings));
    }
    json!({
        "type": "FeatureCollection",
        "summary": summary,
        "frame": head.frame,
        "software": head.software,
        "transformation": head.way,
        "features": findings.iter().map(feature).collect::<Vec<_>>(),
    })
}

/// Median, 95th percentile and greatest of the offsets and of the distances to the nearest vertex, in metres.
pub fn statistics(findings: &[Finding]) -> Map<String, Value> {
    let of = |name: &str| {
        let mut values: Vec<f64> = findings
            .iter()
            .filter(|f| f.check == CheckCode::C02)
            .flat_map(|f| &f.details)
            .filter_map(|(n, detail)| match detail {
                Detail::Number(value) if *n == name => Some(value.abs()),
                _ => None,
            })
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let mut members = Map::new();
    for name in ["offset_m", "nearest_vertex_m"] {
        let values = of(name);
        if !values.is_empty() {
            let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
            members.insert(
                name.to_owned(),
                json!({ "n": values.len(), "median": at(0.5), "p95": at(0.95), "greatest": at(1.0) }),
            );
        }
    }
    members
}
