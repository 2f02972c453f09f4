//! `/jobs/{id}`.

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use super::identity::identity;
use super::problem::Answer;
use crate::domain::text::Message;
use crate::http::who::Cx;
use crate::service::{Context, view};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/jobs/{id}", get(one))
}

async fn one(Cx(cx): Cx, Path(id): Path<String>) -> Answer {
    let job = view::job(&cx, identity(&Message::new("job", "任务"), &id)?).await?;
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
