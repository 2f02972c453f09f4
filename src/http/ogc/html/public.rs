//! The page that everybody may see.

use maud::{Markup, html};
use serde_json::Value;

use super::drawing::{Drawn, Look, drawing};
use super::{page as whole, said};
use crate::http::ogc::ask::Ask;
use crate::service::public::{PublicFeature, schema_of};

/// A text in the reader's language, else in any.
fn in_words(ask: &Ask, texts: &Value) -> Option<String> {
    let texts = texts.as_object()?;
    let own = texts.get(ask.lang.code()).or_else(|| texts.values().next())?;
    own.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn called(ask: &Ask, one: &PublicFeature) -> String {
    let told = |name: &str| one.said[name].as_str().map(str::to_owned);
    let name = in_words(ask, &one.names);
    match (told("number").or_else(|| told("key")), name) {
        (Some(number), Some(name)) => format!("{number} {name}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => one.said["ordinal"].as_i64().map_or_else(String::new, |n| n.to_string()),
    }
}

/// - **Shape**: `more` is the address of the next page, none on the last.
pub fn page(ask: &Ask, found: &[PublicFeature], more: Option<&str>) -> Markup {
    let shapes: Vec<Drawn<'_>> = found
        .iter()
        .filter_map(|one| {
            Some(Drawn {
                geometry: one.shape.as_ref()?,
                href: None,
                title: called(ask, one),
                look: Look::Now,
            })
        })
        .collect();
    let mut kinds: Vec<&str> = Vec::new();
    for one in found {
        // The line is drawn; its pieces have no names.
        if one.kind != "segment" && !kinds.contains(&one.kind.as_str()) {
            kinds.push(&one.kind);
        }
    }
    let mut notices: Vec<String> = found
        .iter()
        .filter_map(|one| in_words(ask, &one.said["notice"]))
        .collect();
    notices.sort();
    notices.dedup();
    let body = html! {
        @for notice in &notices { p.note { strong { (notice) } } }
        p.lead { (said(
            ask,
            "What is public and in force. Positions are generalised to about one kilometre and are no basis for any measurement.",
            "公开且生效的内容。位置已概化至约1公里，不得作为任何测量的依据。",
        )) }
        @if found.is_empty() {
            p { strong { (said(ask, "Nothing is public yet.", "尚无公开内容。")) } }
        }
        (drawing(&shapes, said(ask, "Generalised map", "概化地图")))
        @for kind in kinds {
            @let of_kind: Vec<&PublicFeature> = found.iter().filter(|one| one.kind == kind).collect();
            h2 { (of_kind.first().and_then(|one| schema_of(one)).map_or("", |schema| schema.title.get(ask.lang))) }
            ul { @for one in of_kind { li {
                (called(ask, one))
                @for name in ["status", "signed_on", "given_on"] {
                    @if let Some(told) = one.said[name].as_str() { " · " (told) }
                }
                @if let Some(text) = in_words(ask, &one.said["texts"]) { div.quiet { (text) } }
            } } }
        }
        p.formats {
            @if let Some(more) = more { a href=(more) rel="next" { (said(ask, "More", "更多")) } }
            a href=(ask.with(&[("f", Some("geojson"))])) { "GeoJSON" }
        }
    };
    whole(ask, said(ask, "What is public", "公开内容"), &[], &body)
}
