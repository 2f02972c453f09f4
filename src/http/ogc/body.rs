//! What is asked of every body, before it is read.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Realm, Verb};
use crate::domain::schema::{Schema, Writes};
use crate::domain::text::Message;
use crate::http::problem::{Refusal, refuse};
use crate::service::Context;

/// Media types of a whole record.
pub const FEATURE: &str = "application/geo+json, application/json";
/// Media type of a change.
pub const PATCH: &str = "application/merge-patch+json";

/// Bytes of a body, at most.
pub const LIMIT: usize = 32 << 20;

/// Fine when the media type of a body is one of `taken`.
///
/// # Errors
/// The refusal, with the types that are taken under `named`.
pub fn media(headers: &HeaderMap, taken: &'static str, named: HeaderName) -> Result<(), Response> {
    let Some(said) = headers.get(header::CONTENT_TYPE) else {
        return Err(refused(Problem::new(
            Code::BodyInvalid,
            Message::new("The body has no Content-Type.", "请求内容没有 Content-Type。"),
            Message::new(format!("Send it as {taken}."), format!("请以 {taken} 提交。")),
        )));
    };
    let said = said.to_str().unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    if taken.split(", ").any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let shown: String = essence.chars().take(80).collect();
    let mut response = refused(Problem::new(
        Code::MediaTypeUnsupported,
        Message::new(
            format!("A body of type {shown} is not read here."),
            format!("此处不读取 {shown} 类型的内容。"),
        ),
        Message::new(format!("Send it as {taken}."), format!("请以 {taken} 提交。")),
    ));
    response.headers_mut().insert(named, HeaderValue::from_static(taken));
    Err(response)
}

/// A problem as a response.
pub fn refused(problem: Problem) -> Response {
    Refusal::from(problem).into_response()
}

/// The refusal for kinds that the service itself records.
pub fn not_written(schema: &Schema, methods: &'static str) -> Response {
    let problem = Problem::new(
        Code::MethodNotAllowed,
        Message::new(
            format!("Records of {} are made by the service itself.", schema.collection),
            format!("{}由系统自身生成。", schema.title.zh),
        ),
        Message::new("Read them; they are not written here.", "仅供读取，不能在此写入。"),
    );
    let mut response = refuse(problem, Vec::new());
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// Whether a caller may write records of a kind somewhere; who may not is not told the methods for it.
pub fn may_write(cx: &Context, schema: &Schema) -> bool {
    schema.writes == Writes::Versions && cx.caller.rights.may(Verb::Record, Realm::of(schema.kind))
}

/// Methods for who may only read.
pub const READING: &str = "GET, HEAD, OPTIONS";

/// Whether the sender wants the new version in the answer (RFC 7240).
pub fn wants_it_back(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|preference| preference.trim().eq_ignore_ascii_case("return=representation"))
}
