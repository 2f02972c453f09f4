//! The register as OGC API Features: one collection a kind of record, all driven by `domain::schema`.
//!
//! A request is read into an [`ask::Ask`], a representation is chosen (`negotiate`), a `reply::Reply` carries it back
//! with its links and tags. Start with `landing` and `items`.

pub mod ask;
mod audit;
pub mod base;
pub(super) mod body;
mod card;
mod collections;
mod conformance;
mod crs;
mod cursor;
pub mod difference;
mod etag;
mod export;
pub mod html;
mod import;
mod item;
mod items;
pub mod landing;
pub mod link;
pub mod negotiate;
mod openapi;
mod parameters;
pub mod reply;
mod schema;
mod search;
mod tiles;
mod versions;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;

use crate::service::Context;

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/conformance", get(conformance::get))
        .route("/api", get(openapi::v30))
        .route("/api/3.1", get(openapi::v31))
        .route("/docs", get(openapi::docs))
        .route("/docs/{collectionId}", get(openapi::docs_of))
        .route("/pages.css", get(style))
        .route("/collections", get(collections::list))
        .route("/collections/{collectionId}", get(collections::one))
        .route("/collections/{collectionId}/schema", get(schema::schema))
        .route("/collections/{collectionId}/queryables", get(schema::queryables))
        .route("/collections/{collectionId}/sortables", get(schema::sortables))
        .route("/collections/{collectionId}/export", get(export::get))
        .route(
            "/collections/{collectionId}/items",
            get(items::get).post(items::post).options(items::options),
        )
        .route(
            "/collections/{collectionId}/items/{featureId}",
            get(item::get)
                .put(item::put)
                .patch(item::patch)
                .delete(item::delete)
                .options(item::options),
        )
        .route(
            "/collections/{collectionId}/items/{featureId}/versions",
            get(versions::get),
        )
        .route(
            "/collections/{collectionId}/items/{featureId}/versions/{old}/difference/{new}",
            get(difference::get),
        )
        .route("/collections/{collectionId}/items/{featureId}/card", get(card::get))
        .layer(DefaultBodyLimit::max(body::LIMIT))
        // The limit is that of uploads, and is watched where the file is written down.
        .route(
            "/collections/{collectionId}/import",
            get(import::get)
                .post(import::post)
                .options(import::options)
                .layer(DefaultBodyLimit::disable()),
        )
        .merge(tiles::routes())
        .merge(search::routes())
        .merge(audit::routes())
}

/// The style sheet of the pages.
async fn style(ask: ask::Ask) -> Response {
    let tag = etag::of_parts(&[html::STYLE.as_bytes()]);
    reply::Reply::new("text/css; charset=utf-8", html::STYLE)
        .tagged(tag)
        .to(&ask)
}
