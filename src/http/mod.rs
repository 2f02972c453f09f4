//! One file per resource: routes, parameters, handlers.
//!
//! A handler extracts, calls one service function and wraps. Refusals become problems in one place, `problem.rs`.

mod boundaries;
mod caller;
mod check_runs;
mod collections;
mod glossary;
mod headers;
mod inspections;
mod jobs;
mod operations;
mod places;
mod problem;
mod tiles;
mod uploads;
mod viewer;

use std::future::Future;
use std::io;

use axum::Router;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::service::Context;

/// Everything the service answers to.
pub fn router(cx: Context) -> Router {
    Router::new()
        .merge(viewer::routes())
        .merge(boundaries::routes())
        .merge(collections::routes())
        .merge(places::routes())
        .merge(tiles::routes())
        .merge(uploads::routes())
        .merge(inspections::routes())
        .merge(check_runs::routes())
        .merge(jobs::routes())
        .merge(glossary::routes())
        .merge(operations::routes())
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn_with_state(cx.clone(), problem::render))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .with_state(cx)
}

/// Answers on a listener until told to stop; requests that are running then are answered.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}
