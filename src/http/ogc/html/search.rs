//! The page of the search: a field, and what was found.

use maud::{Markup, html};

use super::drawing::{Drawn, Look, drawing};
use super::{Step, page as whole, said};
use crate::domain::text::Lang;
use crate::http::ogc::ask::Ask;
use crate::http::ogc::search::{on_the_map, record};
use crate::service::search::{Found, Hit};

/// - **Shape**: `found` is none where nothing was asked yet.
pub fn page(ask: &Ask, text: &str, found: Option<&Found>) -> Markup {
    let shapes: Vec<Drawn<'_>> = found
        .iter()
        .flat_map(|found| &found.hits)
        .filter_map(|hit| {
            Some(Drawn {
                geometry: hit.geometry.as_ref()?,
                href: address(ask, hit),
                title: hit.label.clone(),
                look: Look::Now,
            })
        })
        .collect();
    let body = html! {
        form.ask method="get" action=(ask.base.href(&ask.path)) role="search" {
            input type="hidden" name="f" value="html";
            @for name in ["lang", "boundary", "collections"] {
                @if let Some(value) = ask.get(name) { input type="hidden" name=(name) value=(value); }
            }
            label {
                (said(ask, "Number, name, or place along the line", "编号、名称或沿线位置"))
                input type="search" name="q" value=(text) size="36" autofocus autocomplete="off"
                    placeholder=(said(ask, "17/2, Blackstone, K12+300, 17-18", "17/2、黑石、K12+300、17-18"));
            }
            label {
                (said(ask, "In force at", "生效时间"))
                input type="text" name="datetime" value=(ask.get("datetime").unwrap_or_default()) placeholder="2026-05-01" autocomplete="off";
            }
            button.button type="submit" { (said(ask, "Search", "查找")) }
        }
        @if let Some(found) = found {
            @if let Some(hint) = &found.hint {
                p { strong { (said(ask, "Nothing was found.", "没有找到。")) } }
                p.note { (hint.get(ask.lang)) }
            } @else {
                (drawing(&shapes, said(ask, "What was found", "查找结果")))
                (hits(ask, &found.hits))
                (super::formats(ask, &[("GeoJSON", "geojson")]))
            }
        }
    };
    let way = [Step::new("Merestone", "/?f=html")];
    whole(ask, said(ask, "Search", "查找"), &way, &body)
}

/// The page of a hit; of a place along the line the map.
fn address(ask: &Ask, hit: &Hit) -> Option<String> {
    record(hit).map_or_else(
        || on_the_map(hit).map(|path| ask.base.href(&path)),
        |path| Some(ask.page(&format!("{path}?f=html"))),
    )
}

fn hits(ask: &Ask, hits: &[Hit]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { (said(ask, "Kind", "类别")) }
                        th scope="col" { (said(ask, "Number", "编号")) }
                        th scope="col" { (said(ask, "Name", "名称")) }
                        th scope="col" { (said(ask, "Boundary", "国界")) }
                        th scope="col" { (said(ask, "Map", "地图")) }
                    }
                }
                tbody {
                    @for hit in hits {
                        tr {
                            td { (hit.schema.map_or(said(ask, "Place along the line", "沿线位置"), |schema| schema.title.get(ask.lang))) }
                            th scope="row" {
                                @match address(ask, hit) {
                                    Some(href) => a href=(href) { (hit.label) },
                                    None => (hit.label),
                                }
                            }
                            td {
                                @match &hit.reference {
                                    Some(reference) => (reference.get(ask.lang)),
                                    None => (names(ask, hit)),
                                }
                            }
                            td { (hit.boundary.as_deref().unwrap_or_default()) }
                            td {
                                @if let Some(path) = on_the_map(hit) {
                                    a href=(ask.base.href(&path)) { (said(ask, "On the map", "在地图上")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name in the reader's language first, then the others.
fn names(ask: &Ask, hit: &Hit) -> Markup {
    let own = if ask.lang == Lang::Zh { Lang::Zh } else { Lang::En };
    let mut names: Vec<(Lang, &str)> = hit.names.iter().collect();
    names.sort_by_key(|(lang, _)| *lang != own);
    html! {
        @for (at, (lang, name)) in names.iter().enumerate() {
            @if at > 0 { " · " }
            span.quiet[at > 0] lang=(lang.code()) { (name) }
        }
    }
}
