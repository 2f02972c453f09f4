//! What people and programs send to be read as a whole: forms and JSON.

use axum::extract::Request;
use axum::http::header;
use axum::{Form, Json, RequestExt};

use super::problem::Refusal;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::Error;

/// The refusal of a form that cannot be read; `remedy` says how its files are sent.
pub(super) fn unreadable(fault: &str, remedy: Message) -> Error {
    let detail = Message::new(
        format!("The form cannot be read: {fault}."),
        format!("无法读取表单：{fault}。"),
    );
    Problem::new(Code::BodyInvalid, detail, remedy).into()
}

/// Whether something came from a form on a page, so that the answer is a page, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Page,
    Program,
}

/// Reads a form or JSON.
pub async fn typed<T: serde::de::DeserializeOwned + 'static>(request: Request) -> Result<(From, T), Refusal> {
    let unreadable = |said: String| {
        Refusal::from(Problem::new(
            Code::BodyInvalid,
            Message::new(
                format!("The body cannot be read: {said}."),
                format!("无法读取请求内容：{said}。"),
            ),
            Message::new(
                "Send a form, or JSON with these members.",
                "请以表单或 JSON 提交所需字段。",
            ),
        ))
    };
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        let Json(value) = request
            .extract::<Json<T>, _>()
            .await
            .map_err(|e| unreadable(e.body_text()))?;
        return Ok((From::Program, value));
    }
    let Form(value) = request
        .extract::<Form<T>, _>()
        .await
        .map_err(|e| unreadable(e.body_text()))?;
    Ok((From::Page, value))
}
