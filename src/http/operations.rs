//! Whether the service lives and is ready, and the pages that explain problems.

use axum::Router;

use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::problem::{page, refuse};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::http::who::Cx;
use crate::service::{Context, view};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/problems/{slug}", get(page))
}

async fn ready(Cx(cx): Cx) -> Response {
    if view::is_ready(&cx).await {
        // Without it the service is ready all the same; only some kinds of files are not read.
        let files = match cx.worker.try_once().await {
            Ok(fence) => format!(
                "file worker: GDAL {}, {}",
                fence.gdal,
                if fence.is_whole() {
                    "fenced"
                } else {
                    "not wholly fenced"
                }
            ),
            Err(problem) => format!("file worker: none. {}", problem.detail.en),
        };
        return format!("ok\n{files}\n").into_response();
    }
    let problem = Problem::new(
        Code::Unavailable,
        Message::new(
            "The database does not answer, or has another release's schema.",
            "数据库无响应，或其结构属于其他版本。",
        ),
        Message::new(
            "Wait a moment; if it stays, look at the log.",
            "请稍候；若持续出现，请查看日志。",
        ),
    );
    refuse(problem, Vec::new())
}
