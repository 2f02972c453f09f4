//! The map viewer, which is in the program, and the landing page for machines at the same address.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::ogc::ask::Ask;
use super::ogc::landing;
use super::problem::{Answer, no_such_page};
use crate::service::Context;

#[derive(RustEmbed)]
#[folder = "maps/dist"]
struct Viewer;

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/", get(start))
        .route("/favicon.svg", get(file))
        .route("/licences.txt", get(file))
        .route("/assets/{*path}", get(asset))
        .route("/basemap/{*path}", get(file))
}

async fn start(ask: Ask) -> Answer {
    if let Some(answer) = landing::get(&ask)? {
        return Ok(answer);
    }
    let vary = (header::VARY, "Accept, Accept-Encoding, Accept-Language");
    Ok(    match Viewer::get("index.html") {
        Some(page) => ([(header::CACHE_CONTROL, "no-cache"), vary], Html(page.data.into_owned())).into_response(),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            Html("<!doctype html><meta charset=\"utf-8\"><title>Merestone</title><p>The viewer was not built into this program. 此程序未包含地图界面。"),
        )
            .into_response(),
    })
}

/// Names of assets hold a hash of their content, so they may be kept for ever.
async fn asset(Path(path): Path<String>) -> Response {
    embedded(&format!("assets/{path}"), "public, max-age=31536000, immutable").await
}

async fn file(uri: Uri) -> Response {
    embedded(uri.path().trim_start_matches('/'), "no-cache").await
}

async fn embedded(path: &str, caching: &'static str) -> Response {
    let Some(file) = Viewer::get(path) else {
        return no_such_page().await;
    };
    let kind = file.metadata.mimetype().to_owned();
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, caching.to_owned()),
        ],
        file.data.into_owned(),
    )
        .into_response()
}
