//! One file per resource: routes, parameters, handlers.
//!
//! A handler extracts, calls one service function and wraps. Refusals become problems in one place, `problem.rs`.

mod accounts;
mod answers;
mod boundaries;
mod caller;
mod check_runs;
mod cors;
mod file;
mod form;
mod glossary;
mod headers;
mod identity;
mod inspections;
mod jobs;
mod metrics;
mod ogc;
mod operations;
mod own_task;
mod places;
mod problem;
mod proposals;
mod public;
pub mod rules;
pub mod server;
mod session;
pub mod shed;
pub mod tls;
mod trace;
mod uploads;
mod viewer;
mod who;

pub use headers::only_encrypted;
pub use server::serve;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::service::Context;
use metrics::Metrics;

/// Everything the service answers to.
pub fn router(cx: Context) -> Router {
    let metrics = Metrics::new();
    let rooms = shed::Gate::new(&shed::Rooms::default(), problem::busy);
    let given = metrics.clone();
    let routes = Router::new()
        .merge(viewer::routes())
        .merge(ogc::routes())
        .merge(boundaries::routes())
        .merge(places::routes())
        .merge(uploads::routes())
        .merge(inspections::routes())
        .merge(check_runs::routes())
        .merge(jobs::routes())
        .merge(glossary::routes())
        .merge(operations::routes())
        .merge(session::routes())
        .merge(accounts::routes())
        .merge(proposals::routes())
        .merge(public::routes())
        .route("/metrics", get(|who::Cx(cx)| metrics::give(cx, given)))
        .fallback(elsewhere)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn_with_state(cx.clone(), answers::remember))
        .layer(middleware::from_fn_with_state(cx.clone(), who::gate))
        .layer(middleware::from_fn_with_state(rooms, shed::shed))
        .layer(middleware::from_fn_with_state(cx.clone(), own_task::run))
        .layer(middleware::from_fn_with_state(cx.clone(), cors::guard))
        .layer(middleware::from_fn(problem::render))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn_with_state(metrics, metrics::note))
        .layer(middleware::from_fn_with_state(cx.clone(), trace::follow))
        .with_state(cx);
    // Around the whole, since the router itself adds the methods of an address at its very end.
    Router::new()
        .fallback_service(routes)
        .layer(middleware::from_fn(headers::secure))
        .layer(CompressionLayer::new())
}

/// An address that is none: one slash too many is forgiven.
async fn elsewhere(ask: ogc::ask::Ask) -> Response {
    let path = ask.path.trim_end_matches('/');
    if path.is_empty() || path.len() == ask.path.len() {
        return problem::no_such_page().await;
    }
    let there = ogc::ask::Ask {
        path: path.to_owned(),
        ..ask
    };
    match HeaderValue::from_str(&there.with(&[])) {
        Ok(value) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, value)]).into_response(),
        Err(_) => problem::no_such_page().await,
    }
}
