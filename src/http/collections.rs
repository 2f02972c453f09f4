//! `/collections/{collection}/items` and their features as GeoJSON.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::problem::{Answer, no_such_page};
use crate::domain::collection::Collection;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::Context;
use crate::service::view::{self, Item};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/collections/{collection}/items", get(items))
        .route("/collections/{collection}/items/{id}", get(item))
}

const DEFAULT_LIMIT: i64 = 100;
const GREATEST_LIMIT: i64 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    boundary: Option<String>,
    bbox: Option<String>,
    limit: Option<i64>,
    /// Where the page before ended; opaque to callers.
    after: Option<i64>,
}

fn invalid(parameter: &str, value: &str, en: &str, zh: &str) -> Problem {
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("{parameter}={value} is not valid: {en}."),
            format!("{parameter}={value} 无效：{zh}。"),
        ),
        Message::new("Correct the parameter.", "请更正参数。"),
    )
}

fn bbox(text: &str) -> Result<[f64; 4], Problem> {
    let wrong = || {
        invalid(
            "bbox",
            text,
            "give west,south,east,north in degrees",
            "请按“西,南,东,北”给出度数",
        )
    };
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse::<f64>())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    let [west, south, east, north] = numbers[..] else {
        return Err(wrong());
    };
    let fine = numbers.iter().all(|n| n.is_finite()) && south <= north && south >= -90.0 && north <= 90.0;
    if fine {
        Ok([west, south, east, north])
    } else {
        Err(wrong())
    }
}

async fn items(
    State(cx): State<Context>,
    Path(collection): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    let Some(collection) = Collection::from_name(&collection) else {
        return Ok(no_such_page().await);
    };
    let limit = parameters.limit.unwrap_or(DEFAULT_LIMIT);
    if limit < 1 {
        let text = limit.to_string();
        return Err(invalid("limit", &text, "it must be 1 or more", "必须大于或等于 1").into());
    }
    let limit = limit.min(GREATEST_LIMIT);
    let bbox = parameters.bbox.as_deref().map(bbox).transpose()?;
    let key = parameters.boundary.as_deref();
    let mut found = view::items(&cx, collection, key, bbox, parameters.after, limit).await?;
    let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut links = Vec::new();
    if more && let Some(last) = found.last() {
        let mut href = format!(
            "/collections/{}/items?limit={limit}&after={}",
            collection.name(),
            last.feature_id
        );
        if let Some(key) = key {
            href.push_str(&format!("&boundary={key}"));
        }
        if let Some([w, s, e, n]) = bbox {
            href.push_str(&format!("&bbox={w},{s},{e},{n}"));
        }
        links.push(json!({ "rel": "next", "type": "application/geo+json", "href": href }));
    }
    let matched = view::count(&cx, collection, key, bbox).await?;
    let body = json!({
        "type": "FeatureCollection",
        "numberMatched": matched,
        "numberReturned": found.len(),
        "links": links,
        "features": found.iter().map(|item| feature(item, Vec::new())).collect::<Vec<_>>(),
    });
    Ok((
        [(header::CONTENT_TYPE, "application/geo+json")],
        Json(body).0.to_string(),
    )
        .into_response())
}

async fn item(State(cx): State<Context>, Path((collection, id)): Path<(String, i64)>) -> Answer {
    let Some(collection) = Collection::from_name(&collection) else {
        return Ok(no_such_page().await);
    };
    let card = view::card(&cx, collection, id).await?;
    let body = feature(&card.item, card.more);
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], body.to_string()).into_response())
}

fn feature(item: &Item, more: Vec<(&'static str, Value)>) -> Value {
    let mut properties: Map<String, Value> = item.properties.as_object().cloned().unwrap_or_default();
    properties.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    json!({ "type": "Feature", "id": item.feature_id, "geometry": item.geometry, "properties": properties })
}
