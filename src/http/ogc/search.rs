//! `/search`: records and places along the line by what people call them.

use axum::Router;

use axum::routing::get;
use serde_json::{Map, Value, json};

use super::ask::{Ask, COMMON, encode, refuse_mistakes};
use super::html;
use super::negotiate::{GEOJSON, HTML, JSON, Offer};
use super::reply::Reply;
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;
use crate::http::problem::Answer;
use crate::http::who::Cx;
use crate::service::Context;
use crate::service::features::When;
use crate::service::search::{self, Asked, Found, Hit, MOST};
use crate::service::wire::{Axes, geometry};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/search", get(found))
}

const DEFAULT_LIMIT: i64 = 10;

const OFFERS: [Offer; 3] = [GEOJSON, JSON, HTML];

async fn found(Cx(cx): Cx, ask: Ask) -> Answer {
    const TAKEN: [&str; 6] = ["q", "boundary", "collections", "limit", "datetime", "known-at"];
    let offer = *ask.offer(&OFFERS)?;
    // A form sends what was not filled in as empty; a page without a question is the form alone.
    let ask = if offer == HTML { ask.filled_in() } else { ask };
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut wrong = |at: &str, detail: Message| {
        let at = at.to_owned();
        mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
    };
    let text = ask.get("q").unwrap_or_default();
    if text.trim().is_empty() && offer != HTML {
        let detail = Message::new("q is the text to be searched for.", "q 为要查找的文字。");
        wrong("q", detail);
    }
    let limit = match ask.get("limit").map(str::parse::<i64>) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if limit >= 1 => limit.min(MOST),
        Some(_) => {
            let detail = Message::new(
                "limit is a whole number, 1 or more.",
                "limit 必须为大于或等于 1 的整数。",
            );
            wrong("limit", detail);
            DEFAULT_LIMIT
        }
    };
    let mut refused = |name: &str, said: Message| {
        let detail = Message::new(format!("{name} {}.", said.en), format!("{name} {}。", said.zh));
        wrong(name, detail);
    };
    let in_force = ask
        .get("datetime")
        .and_then(|text| time::datetime(text).map_err(|said| refused("datetime", said)).ok());
    let known = ask
        .get("known-at")
        .and_then(|text| time::known_at(text).map_err(|said| refused("known-at", said)).ok());
    refuse_mistakes(mistakes)?;
    let collections: Option<Vec<String>> = ask
        .get("collections")
        .map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let asked = Asked {
        text,
        boundary: ask.get("boundary"),
        collections: collections.as_deref(),
        when: When { in_force, known },
        limit,
    };
    if offer == HTML {
        let found = match text.trim() {
            "" => None,
            _ => Some(search::search(&cx, &asked).await?),
        };
        return Ok(Reply::page(html::search::page(&ask, text, found.as_ref())).to(&ask));
    }
    let Found { hits, hint } = search::search(&cx, &asked).await?;
    let features: Vec<Value> = hits.iter().map(|hit| feature(&ask, hit)).collect();
    let mut body = json!({ "type": "FeatureCollection", "numberReturned": features.len(), "features": features });
    if let (Some(hint), Value::Object(members)) = (hint, &mut body) {
        members.insert("hint".to_owned(), json!(hint.get(ask.lang)));
    }
    Ok(Reply::document(offer.media, &body).to(&ask))
}

/// The path of a hit as a record; none for a place along the line.
pub fn record(hit: &Hit) -> Option<String> {
    let (schema, id) = (hit.schema?, hit.feature_id?);
    Some(format!("/collections/{}/items/{id}", schema.collection))
}

/// The path of the map with a hit on it; none for what has no place there.
pub fn on_the_map(hit: &Hit) -> Option<String> {
    let shape = hit.geometry.as_ref()?;
    let boundary = hit.boundary.as_ref().map(|key| format!("b={}&", encode(key)));
    let boundary = boundary.unwrap_or_default();
    let selection = match (hit.schema, hit.feature_id) {
        (Some(schema), Some(id)) => format!("s={}.{id}", schema.collection),
        _ => {
            let [lon, lat] = middle(shape)?;
            format!("v={lat:.6},{lon:.6},14&s=at.{lat:.7},{lon:.7}")
        }
    };
    Some(format!("/#{boundary}{selection}"))
}

/// A place of a geometry: the middle one of its positions.
fn middle(shape: &Geometry) -> Option<[f64; 2]> {
    let positions: Vec<&[f64; 2]> = shape.positions().collect();
    positions.get(positions.len() / 2).map(|at| **at)
}

fn feature(ask: &Ask, hit: &Hit) -> Value {
    let mut properties = Map::new();
    properties.insert("label".to_owned(), json!(hit.label));
    properties.insert("boundary".to_owned(), json!(hit.boundary));
    properties.insert("score".to_owned(), json!(hit.score));
    properties.insert(
        "collection".to_owned(),
        json!(hit.schema.map(|schema| schema.collection)),
    );
    properties.insert(
        "kind".to_owned(),
        json!(hit.schema.map(|schema| schema.title.get(ask.lang))),
    );
    for (lang, name) in hit.names.iter() {
        properties.insert(format!("name_{}", lang.code()), json!(name));
    }
    if let Some(reference) = &hit.reference {
        properties.insert("linear_reference_en".to_owned(), json!(reference.en));
        properties.insert("linear_reference_zh".to_owned(), json!(reference.zh));
    }
    if let Some(path) = record(hit) {
        properties.insert("href".to_owned(), json!(ask.base.href(&path)));
    }
    let shape = hit.geometry.as_ref().and_then(|shape| {
        let mut text = Vec::new();
        geometry(&mut text, shape, Axes::XY);
        serde_json::from_slice::<Value>(&text).ok()
    });
    let mut feature = json!({ "type": "Feature", "geometry": shape, "properties": properties });
    if let (Some(id), Value::Object(members)) = (hit.feature_id, &mut feature) {
        members.insert("id".to_owned(), json!(id));
    }
    feature
}
