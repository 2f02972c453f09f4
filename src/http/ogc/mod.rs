//! The register as OGC API Features: one collection a kind of record, all driven by `domain::schema`.
//!
//! A request is read into an [`ask::Ask`], a representation is chosen (`negotiate`), a `reply::Reply` carries it back
//! with its links and tags. Start with `landing` and `items`.

pub mod ask;
pub mod base;
mod collections;
mod conformance;
mod crs;
mod etag;
mod html;
pub mod landing;
pub mod link;
pub mod negotiate;
mod openapi;
mod parameters;
pub mod reply;
mod schema;
mod tiles;
mod time;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::service::Context;

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/conformance", get(conformance::get))
        .route("/api", get(openapi::v30))
        .route("/api/3.1", get(openapi::v31))
        .route("/docs", get(openapi::docs))
        .route("/pages.css", get(style))
        .route("/collections", get(collections::list))
        .route("/collections/{collection}", get(collections::one))
        .route("/collections/{collection}/schema", get(schema::schema))
        .route("/collections/{collection}/queryables", get(schema::queryables))
        .merge(tiles::routes())
}

/// The style sheet of the pages.
async fn style(ask: ask::Ask) -> Response {
    let tag = etag::of_parts(&[html::STYLE.as_bytes()]);
    reply::Reply::new("text/css; charset=utf-8", html::STYLE)
        .tagged(tag)
        .to(&ask)
}
