//! `/inspections`: what they are, and their documents.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;

use super::identity::identity;
use super::problem::{Answer, no_such_page};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::{Lang, Message};
use crate::http::who::Cx;
use crate::service::{Context, report, view};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/inspections/{id}", get(one))
        .route("/inspections/{id}/documents/{kind}", get(document))
}

async fn one(Cx(cx): Cx, Path(id): Path<String>) -> Answer {
    Ok(Json(view::inspection(&cx, identity(&Message::new("inspection", "检查"), &id)?).await?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Two languages, the first on the left.
    lang: Option<String>,
    f: Option<String>,
}

/// Two different languages of the register, for example `zh,ru`.
fn languages(text: &str) -> Result<[Lang; 2], Problem> {
    let read: Vec<Option<Lang>> = text.split(',').map(|code| Lang::from_code(code.trim())).collect();
    match read[..] {
        [Some(a), Some(b)] if a != b => Ok([a, b]),
        _ => Err(Problem::new(
            Code::ParameterInvalid,
            Message::new(
                format!("lang={text} is not two languages of the register."),
                format!("lang={text} 不是登记簿中的两种语言。"),
            ),
            Message::new(
                "Give two of zh, en, ru, ko, for example zh,en.",
                "请给出 zh、en、ru、ko 中的两种，如 zh,en。",
            ),
        )),
    }
}

async fn document(
    Cx(cx): Cx,
    Path((id, kind)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Answer {
    if kind != "act" {
        return Ok(no_such_page().await);
    }
    if parameters.f.as_deref().is_some_and(|f| f != "pdf") {
        return Err(Problem::new(
            Code::NotAcceptable,
            Message::new("The inspection act is given as pdf.", "检查记录以 pdf 格式提供。"),
            Message::new("Ask with f=pdf.", "请使用 f=pdf。"),
        )
        .into());
    }
    let languages = languages(parameters.lang.as_deref().unwrap_or("zh,en"))?;
    let document = report::act(&cx, identity(&Message::new("inspection", "检查"), &id)?, languages).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{}\"", document.file_name.replace(['"', '\\'], "_")),
        ),
    ];
    Ok((headers, document.bytes).into_response())
}
