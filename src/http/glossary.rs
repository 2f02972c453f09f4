//! `/glossary`: the field's terms in four languages.

use axum::Json;
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use crate::service::{Context, glossary};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/glossary", get(all))
}

async fn all() -> Json<Value> {
    Json(json!({ "terms": glossary::terms() }))
}
