//! Map tiles and their TileJSON.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::problem::{Answer, no_such_page};
use crate::service::features::When;
use crate::service::view::tile_layers;
use crate::service::{Context, tile, view};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/tiles.json", get(tilejson))
        .route("/tiles/WebMercatorQuad/{z}/{row}/{column}", get(one))
}

#[derive(Deserialize)]
struct Parameters {
    boundary: String,
    /// Makes the address change with the data, so that a browser's copy is never stale.
    #[serde(rename = "v")]
    _version: Option<String>,
}

async fn tilejson(State(cx): State<Context>, Query(parameters): Query<Parameters>) -> Answer {
    let boundaries = view::boundaries(&cx).await?;
    let Some(boundary) = boundaries.iter().find(|b| b.key == parameters.boundary) else {
        return Ok(no_such_page().await);
    };
    let version = tile::version(&cx).await?;
    let layers: Vec<Value> = tile_layers()
        .iter()
        .map(|layer| {
            let fields: Map<String, Value> = layer
                .fields
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), json!(kind)))
                .collect();
            json!({ "id": layer.id, "fields": fields, "minzoom": 0, "maxzoom": DEEPEST_ZOOM })
        })
        .collect();
    let notice = boundary.notice.get("en").and_then(Value::as_str).unwrap_or_default();
    let body = json!({
        "tilejson": "3.0.0",
        "name": boundary.key,
        "tiles": [format!("/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?boundary={}&v={version}", boundary.key)],
        "minzoom": 0,
        "maxzoom": DEEPEST_ZOOM,
        "bounds": boundary.bbox,
        "attribution": notice,
        "vector_layers": layers,
    });
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(body)).into_response())
}

/// Deeper zooms are drawn from these tiles; a tile is then half a metre a unit.
const DEEPEST_ZOOM: u8 = 16;

async fn one(
    State(cx): State<Context>,
    Path((zoom, row, column)): Path<(u8, u32, u32)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Answer {
    let Some(address) = tile::Address::new(zoom, row, column) else {
        return Ok(no_such_page().await);
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    Ok(
        match tile::get(
            &cx,
            tile::Source::Boundary(&parameters.boundary),
            address,
            When::default(),
            known,
        )
        .await?
        {
            tile::Answer::Same { tag } => (StatusCode::NOT_MODIFIED, caching(tag)).into_response(),
            tile::Answer::Tile { tag, body } if body.is_empty() => {
                (StatusCode::NO_CONTENT, caching(tag)).into_response()
            }
            tile::Answer::Tile { tag, body } => {
                let mut response: Response = (caching(tag), body).into_response();
                let kind = axum::http::HeaderValue::from_static("application/vnd.mapbox-vector-tile");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                response
            }
        },
    )
}

fn caching(tag: String) -> [(header::HeaderName, String); 2] {
    [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ]
}
