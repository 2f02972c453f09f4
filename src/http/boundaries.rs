//! `/boundaries`, and the sample base layers of the invented ones.

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::problem::{Answer, no_such_page};
use crate::http::who::Cx;
use crate::service::{Context, demo, view};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/boundaries", get(list))
        .route("/base/{boundary}/{file}", get(base))
}

async fn list(Cx(cx): Cx) -> Answer {
    let boundaries = view::boundaries(&cx).await?;
    let list: Vec<Value> = boundaries
        .iter()
        .map(|boundary| {
            let base: Vec<Value> = boundary
                .base
                .iter()
                .map(|layer| json!({ "layer": layer, "url": format!("/base/{}/{layer}.geojson", boundary.key) }))
                .collect();
            let mut value = json!(boundary);
            if let Value::Object(members) = &mut value {
                members.insert("base".to_owned(), Value::Array(base));
            }
            value
        })
        .collect();
    Ok(Json(list).into_response())
}

async fn base(Path((boundary, file)): Path<(String, String)>) -> Response {
    let layer = file.strip_suffix(".geojson").unwrap_or_default();
    match demo::base_layer(&boundary, layer) {
        Some(bytes) => (
            [
                (header::CONTENT_TYPE, "application/geo+json"),
                (header::CACHE_CONTROL, "max-age=3600"),
            ],
            bytes,
        )
            .into_response(),
        None => no_such_page().await,
    }
}
