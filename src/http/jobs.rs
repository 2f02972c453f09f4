//! `/jobs/{id}`.

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;
use uuid::Uuid;

use super::problem::Answer;
use crate::service::{Context, view};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/jobs/{id}", get(one))
}

async fn one(State(cx): State<Context>, Path(id): Path<Uuid>) -> Answer {
    let job = view::job(&cx, id).await?;
    let body = json!({
        "id": job.job_id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "message_en": job.message_en,
        "message_zh": job.message_zh,
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
