//! `/search`: records and places along the line by what people call them.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::ogc::ask::{Ask, COMMON, refuse_mistakes};
use super::ogc::negotiate::GEOJSON;
use super::ogc::reply::Reply;
use super::problem::Answer;
use crate::domain::problem::{Code, Mistake};
use crate::domain::text::Message;
use crate::service::Context;
use crate::service::search::{self, Hit, MOST};
use crate::service::wire::{Axes, geometry};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/search", get(found))
}

const DEFAULT_LIMIT: i64 = 10;

async fn found(State(cx): State<Context>, ask: Ask) -> Answer {
    const TAKEN: [&str; 4] = ["q", "boundary", "collections", "limit"];
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut wrong = |at: &str, en: &str, zh: &str| {
        let detail = Message::new(en, zh);
        mistakes.push((
            Code::ParameterInvalid,
            Mistake {
                at: at.to_owned(),
                detail,
            },
        ));
    };
    let text = ask.get("q").unwrap_or_default();
    if text.trim().is_empty() {
        wrong("q", "q is the text to be searched for.", "q 为要查找的文字。");
    }
    let limit = match ask.get("limit").map(str::parse::<i64>) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if limit >= 1 => limit.min(MOST),
        Some(_) => {
            wrong(
                "limit",
                "limit is a whole number, 1 or more.",
                "limit 必须为大于或等于 1 的整数。",
            );
            DEFAULT_LIMIT
        }
    };
    refuse_mistakes(mistakes)?;
    let collections: Option<Vec<String>> = ask
        .get("collections")
        .map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let hits = search::search(&cx, text, ask.get("boundary"), collections.as_deref(), limit).await?;
    let offer = ask.offer(&[GEOJSON])?;
    let features: Vec<Value> = hits.iter().map(|hit| feature(&ask, hit)).collect();
    let body = json!({ "type": "FeatureCollection", "numberReturned": features.len(), "features": features });
    Ok(Reply::document(offer.media, &body).to(&ask))
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
    if let (Some(schema), Some(id)) = (hit.schema, hit.feature_id) {
        let href = ask.base.href(&format!("/collections/{}/items/{id}", schema.collection));
        properties.insert("href".to_owned(), json!(href));
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
