//! `/check-runs/{id}`.

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use super::identity::identity;
use super::problem::Answer;
use crate::domain::text::Message;
use crate::http::who::Cx;
use crate::service::{Context, view};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/check-runs/{id}", get(one))
}

async fn one(Cx(cx): Cx, Path(id): Path<String>) -> Answer {
    let run = view::check_run(&cx, identity(&Message::new("check run", "检核批次"), &id)?).await?;
    Ok(Json(json!({
        "id": run.id,
        "boundary": run.boundary,
        "inspection": run.inspection,
        "created_at": run.at,
        "software": run.software,
        "frame": run.frame,
        "transformation": run.way,
        "summary": run.summary,
        "coverage": run.coverage,
        "findings_url": "/collections/findings/items",
    }))
    .into_response())
}
