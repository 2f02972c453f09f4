//! `/collections/{c}/items/{id}/card`: a record with all that the map shows of it.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::negotiate::{GEOJSON, JSON};
use crate::domain::collection::Collection;
use crate::http::problem::{Answer, no_such_page};
use crate::service::{Context, view};

pub(super) async fn get(State(cx): State<Context>, ask: Ask, Path((name, id)): Path<(String, String)>) -> Answer {
    ask.plain(&[GEOJSON, JSON])?;
    let (Some(collection), Ok(id)) = (Collection::from_name(&name), id.parse::<i64>()) else {
        return Ok(no_such_page().await);
    };
    let card = view::card(&cx, collection, id).await?;
    let mut properties: Map<String, Value> = card.item.properties.as_object().cloned().unwrap_or_default();
    properties.extend(card.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let body = json!({
        "type": "Feature",
        "id": card.item.feature_id,
        "geometry": card.item.geometry,
        "properties": properties,
    });
    let headers = [
        (header::CONTENT_TYPE, GEOJSON.media),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, body.to_string()).into_response())
}
