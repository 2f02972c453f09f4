//! `/conformance`: which requirements of which standards hold here.

use serde_json::json;

use super::ask::Ask;
use super::html;
use super::link::Link;
use super::negotiate::{HTML, JSON};
use super::reply::Reply;
use crate::http::problem::Answer;

/// The conformance classes.
pub const CLASSES: &[&str] = &[
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
];

pub(super) async fn get(ask: Ask) -> Answer {
    let offers = [JSON, HTML];
    let offer = ask.plain(&offers)?;
    let links = [Link::new("self", offer.media, ask.with(&[]))];
    let reply = if *offer == HTML {
        Reply::page(html::landing::conformance(&ask, CLASSES))
    } else {
        Reply::document(offer.media, &json!({ "conformsTo": CLASSES }))
    };
    Ok(reply.linked(&links).to(&ask))
}
