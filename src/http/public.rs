//! `/public`: what everybody may see, without signing in, where the operator has opened it.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::ogc::ask::{Ask, COMMON, refuse_mistakes};
use super::ogc::html;
use super::ogc::negotiate::{GEOJSON, HTML};
use super::ogc::reply::Reply;
use super::problem::{Answer, no_such_page};
use super::who::Cx;
use crate::domain::problem::{Code, Mistake};
use crate::domain::text::Message;
use crate::service::Context;
use crate::service::public::{self, PublicFeature};
use crate::service::wire::{self, Axes};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/public", get(page))
}

const TAKEN: [&str; 3] = ["bbox", "after", "limit"];
const DEFAULT_LIMIT: i64 = 1_000;
const GREATEST_LIMIT: i64 = 5_000;

async fn page(Cx(cx): Cx, ask: Ask) -> Answer {
    if !public::is_open(&cx) {
        return Ok(no_such_page().await);
    }
    let offer = *ask.offer(&[GEOJSON, HTML])?;
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut wrong = |at: &str, detail: Message| {
        let at = at.to_owned();
        mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
    };
    let mut number = |name: &str, least: i64| match ask.get(name).map(str::parse::<i64>) {
        None => None,
        Some(Ok(n)) if n >= least => Some(n),
        Some(_) => {
            let detail = Message::new(
                format!("{name} is a whole number, {least} or more."),
                format!("{name} 必须为大于或等于 {least} 的整数。"),
            );
            wrong(name, detail);
            None
        }
    };
    let (after, limit) = (number("after", 0).unwrap_or(0), number("limit", 1));
    let within = ask.get("bbox").map(box_of);
    if within == Some(None) {
        wrong(
            "bbox",
            Message::new(
                "bbox is west,south,east,north in degrees.",
                "bbox 为以度表示的西、南、东、北。",
            ),
        );
    }
    refuse_mistakes(mistakes)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(GREATEST_LIMIT);
    let found = public::features(&cx, within.flatten(), after, limit).await?;
    let is_full = usize::try_from(limit).is_ok_and(|limit| found.len() == limit);
    let last = found.last().filter(|_| is_full).map(|last| last.feature_id.to_string());
    let more = last.map(|last| ask.with(&[("after", Some(&last))]));
    let reply = if offer == HTML {
        Reply::page(html::public::page(&ask, &found, more.as_deref()))
    } else {
        Reply::document(GEOJSON.media, &collection(&found, more.as_deref()))
    };
    Ok(open_to_all(reply.to(&ask)))
}

/// It is the same for everybody, so anybody on the way may keep it for a while.
fn open_to_all(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    response
}

/// Four numbers in their order.
fn box_of(text: &str) -> Option<[f64; 4]> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite()))
        .collect();
    let [west, south, east, north] = numbers?.try_into().ok()?;
    (west <= east
        && south <= north
        && (-180.0..=180.0).contains(&west)
        && east <= 180.0
        && south >= -90.0
        && north <= 90.0)
        .then_some([west, south, east, north])
}

fn collection(found: &[PublicFeature], more: Option<&str>) -> Value {
    let features: Vec<Value> = found.iter().map(feature).collect();
    let links: Vec<Value> = more.iter().map(|href| json!({ "rel": "next", "href": href })).collect();
    json!({ "type": "FeatureCollection", "features": features, "numberReturned": found.len(), "links": links })
}

fn feature(one: &PublicFeature) -> Value {
    let shape = one.shape.as_ref().map(|shape| {
        let mut written = Vec::new();
        wire::geometry(&mut written, shape, Axes::XY);
        serde_json::from_slice::<Value>(&written).unwrap_or_default()
    });
    let mut properties = Map::new();
    properties.insert(
        "collection".to_owned(),
        json!(public::schema_of(one).map(|schema| schema.collection)),
    );
    properties.insert("names".to_owned(), one.names.clone());
    properties.extend(one.said.as_object().cloned().unwrap_or_default());
    json!({ "type": "Feature", "id": one.feature_id, "geometry": shape, "properties": properties })
}
