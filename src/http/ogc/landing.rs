//! `/` for machines, and as a plain page with `f=html`. People get the map, see `viewer.rs`.

use axum::response::Response;
use serde_json::json;

use super::ask::Ask;
use super::html;
use super::link::{Link, json_of};
use super::negotiate::{HTML, JSON, Offer};
use super::openapi::{OPENAPI_30, OPENAPI_31};
use super::reply::Reply;
use crate::domain::schema::Label;
use crate::http::problem::Answer;

pub const OFFERS: [Offer; 2] = [JSON, HTML];

pub const TITLE: &str = "Merestone";
pub const DESCRIPTION: Label = Label::new(
    "The register of a land boundary: its line, markers, inspections, projects, ports and affairs, in all their versions.",
    "陆地国界登记簿：界线、界标、联合检查、涉界项目、口岸与涉外事务及其全部历史版本。",
);

/// The landing page; nothing where the map is wanted.
///
/// # Errors
/// Parameters that are not known, or a format that cannot be given.
pub fn get(ask: &Ask) -> Answer<Option<Response>> {
    let offer = ask.plain(&OFFERS)?;
    if *offer == HTML && ask.get("f").is_none() {
        return Ok(None);
    }
    let links = links(ask);
    let reply = if *offer == HTML {
        Reply::page(html::landing::page(ask))
    } else {
        let body = json!({
            "title": TITLE,
            "description": DESCRIPTION.get(ask.lang),
            "links": json_of(&links),
        });
        Reply::document(offer.media, &body)
    };
    Ok(Some(reply.linked(&links).to(ask)))
}

fn links(ask: &Ask) -> Vec<Link> {
    let base = &ask.base;
    let said = |en: &'static str, zh: &'static str| Label::new(en, zh).get(ask.lang);
    vec![
        Link::new("self", JSON.media, base.href("/")).titled(said("This document", "本文档")),
        Link::new("alternate", "text/html", base.href("/?f=html")).titled(said("As a page", "网页")),
        Link::new("service-desc", OPENAPI_30.media, base.href("/api")).titled(said("The interface", "接口定义")),
        Link::new("service-desc", OPENAPI_31.media, base.href("/api/3.1"))
            .titled(said("The interface, OpenAPI 3.1", "接口定义（OpenAPI 3.1）")),
        Link::new("service-doc", "text/html", base.href("/docs")).titled(said("Documentation", "接口文档")),
        Link::new("conformance", JSON.media, base.href("/conformance")).titled(said("Conformance", "符合性声明")),
        Link::new("data", JSON.media, base.href("/collections")).titled(said("Collections", "数据集")),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            JSON.media,
            base.href("/tileMatrixSets"),
        )
        .titled(said("Tile matrix sets", "瓦片矩阵集")),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            JSON.media,
            base.href("/tiles"),
        )
        .titled(said("Vector tiles of each boundary", "各国界的矢量瓦片")),
    ]
}
