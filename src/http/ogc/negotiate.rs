//! Which representation to give: `f=` over `Accept`, by the weights of the caller (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, header};

use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;

/// One representation that can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Its name in `f=`.
    pub f: &'static str,
    /// Its media type, parameters included.
    pub media: &'static str,
}

impl Offer {
    pub const fn new(f: &'static str, media: &'static str) -> Self {
        Self { f, media }
    }
}

pub const JSON: Offer = Offer::new("json", "application/json");
pub const HTML: Offer = Offer::new("html", "text/html; charset=utf-8");
pub const SCHEMA: Offer = Offer::new("schema", "application/schema+json");
pub const GEOJSON: Offer = Offer::new("geojson", "application/geo+json");

/// The representation for a request; the first of `offers` where the caller does not mind.
///
/// # Errors
/// When `f` names none of them, or `Accept` takes none.
pub fn choose<'a>(f: Option<&str>, headers: &HeaderMap, offers: &'a [Offer]) -> Result<&'a Offer, Problem> {
    let names = || offers.iter().map(|o| o.f).collect::<Vec<_>>().join(", ");
    if let Some(f) = f {
        return offers.iter().find(|offer| offer.f == f).ok_or_else(|| {
            let detail = Message::new(
                format!("f={f} is no format here; there are {}.", names()),
                format!("f={f} 不是此处的格式；可用格式：{}。", names()),
            );
            Problem::new(
                Code::ParameterInvalid,
                detail.clone(),
                Message::new("Use one of these formats.", "请使用上述格式之一。"),
            )
            .with_mistakes(vec![Mistake {
                at: "f".to_owned(),
                detail,
            }])
        });
    }
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .collect();
    let accept = accept.join(",");
    let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::read).collect();
    if ranges.is_empty() {
        return offers.first().ok_or_else(|| not_acceptable(&names()));
    }
    let mut best: Option<(&Offer, f64)> = None;
    for offer in offers {
        let weight = weight(&ranges, offer.media);
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((offer, weight));
        }
    }
    best.map(|(offer, _)| offer).ok_or_else(|| not_acceptable(&names()))
}

fn not_acceptable(names: &str) -> Problem {
    Problem::new(
        Code::NotAcceptable,
        Message::new(
            "None of the media types in Accept can be given here.",
            "无法提供 Accept 所要求的任何媒体类型。",
        ),
        Message::new(
            format!("Ask with f= for one of {names}, or leave Accept out."),
            format!("请用 f= 选择 {names} 之一，或省略 Accept。"),
        ),
    )
}

/// One range of `Accept`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    weight: f64,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut pieces = text.split(';').map(str::trim);
        let (kind, subtype) = pieces.next()?.split_once('/')?;
        let mut weight = 1.0;
        let mut parameters = Vec::new();
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else {
                continue;
            };
            if name.trim().eq_ignore_ascii_case("q") {
                weight = value.trim().parse().unwrap_or(0.0);
            } else {
                parameters.push((name.trim(), value.trim().trim_matches('"')));
            }
        }
        Some(Self {
            kind: kind.trim(),
            subtype: subtype.trim(),
            parameters,
            weight,
        })
    }

    /// How exactly the range names a media type; none where it does not.
    fn precision(&self, media: &str) -> Option<usize> {
        let mut pieces = media.split(';').map(str::trim);
        let (kind, subtype) = pieces.next()?.split_once('/')?;
        if self.kind == "*" && self.subtype == "*" {
            return Some(0);
        }
        if !self.kind.eq_ignore_ascii_case(kind) {
            return None;
        }
        if self.subtype == "*" {
            return Some(1);
        }
        let own: Vec<(&str, &str)> = pieces.filter_map(|piece| piece.split_once('=')).collect();
        let contradicts = |(name, value): &(&str, &str)| {
            own.iter()
                .any(|(n, v)| n.eq_ignore_ascii_case(name) && !v.eq_ignore_ascii_case(value))
        };
        let same = self.subtype.eq_ignore_ascii_case(subtype) && !self.parameters.iter().any(contradicts);
        same.then_some(2 + self.parameters.len())
    }
}

/// The weight that the most exact range gives a media type.
fn weight(ranges: &[Range<'_>], media: &str) -> f64 {
    ranges
        .iter()
        .filter_map(|range| Some((range.precision(media)?, range.weight)))
        .max_by_key(|(precision, _)| *precision)
        .map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const API: Offer = Offer::new("json", "application/vnd.oai.openapi+json;version=3.0");

    fn check(accept: Option<&'static str>, offers: &[Offer], expect: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        let chosen = choose(None, &headers, offers).ok().map(|offer| offer.media);
        assert_eq!(chosen, expect, "{accept:?}");
    }

    #[test]
    fn the_weights_of_the_caller_decide() {
        let offers = [GEOJSON, JSON, HTML];
        let (geojson, json, html) = (Some(GEOJSON.media), Some(JSON.media), Some(HTML.media));
        check(None, &offers, geojson);
        check(Some("*/*"), &offers, geojson);
        check(Some("application/json"), &offers, json);
        check(Some("application/geo+json, application/json"), &offers, geojson);
        check(Some("text/html,application/xhtml+xml,*/*;q=0.8"), &offers, html);
        check(Some("application/*;q=0.2, text/html;q=0.1"), &offers, geojson);
        check(Some("application/geo+json;q=0, */*"), &offers, json);
        check(Some("image/png"), &offers, None);
        check(Some("text/html;q=0"), &offers, None);
        check(Some("nonsense"), &offers, geojson);
    }

    #[test]
    fn parameters_of_a_type_must_not_contradict() {
        check(
            Some("application/vnd.oai.openapi+json;version=3.0"),
            &[API],
            Some(API.media),
        );
        check(Some("application/vnd.oai.openapi+json"), &[API], Some(API.media));
        check(Some("application/vnd.oai.openapi+json;version=3.1"), &[API], None);
    }

    #[test]
    fn f_wins_and_must_be_known() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        assert_eq!(choose(Some("html"), &headers, &[JSON, HTML]).unwrap(), &HTML);
        let problem = choose(Some("xml"), &headers, &[JSON, HTML]).unwrap_err();
        assert_eq!(problem.code, Code::ParameterInvalid);
        assert!(problem.detail.en.contains("json, html"), "{problem}");
    }
}
