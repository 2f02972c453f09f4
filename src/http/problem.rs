//! The one place that makes the body of a refusal (RFC 9457).
//!
//! A handler's [`Refusal`] travels as an extension of its response; [`render`] turns it into a body in the language of
//! the caller, with a number by which the log can be searched.

use std::any::Any;

use super::caller::{language, language_of};
use super::server::Silence;
use super::trace::Trace;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::{Lang, Message};
use crate::service::Error;
use axum::Json;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler refuses with.
pub struct Refusal(Error);

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

pub type Answer<T = Response> = Result<T, Refusal>;

/// A problem on its way to [`render`], with further members of the body.
#[derive(Clone)]
struct Pending {
    problem: Problem,
    more: Vec<(&'static str, Value)>,
}

/// The status of each kind of problem.
pub(super) const fn status(code: Code) -> StatusCode {
    match code {
        Code::FileEmpty
        | Code::FormatUnknown
        | Code::FileMalformed
        | Code::FileForbiddenContent
        | Code::FileTooDeep
        | Code::FileWithoutPositions
        | Code::EncodingUnknown
        | Code::ColumnMissing
        | Code::ValueInvalid
        | Code::CrsUnknown
        | Code::NotComparable
        | Code::LineInvalid
        | Code::GlyphMissing
        | Code::KeyReused
        | Code::BackupDamaged => StatusCode::UNPROCESSABLE_ENTITY,
        Code::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::ParameterInvalid
        | Code::ParameterUnknown
        | Code::FilterInvalid
        | Code::BodyInvalid
        | Code::KeyInvalid => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::SignInNeeded | Code::SignInFailed | Code::CredentialInvalid => StatusCode::UNAUTHORIZED,
        Code::BodySilent => StatusCode::REQUEST_TIMEOUT,
        Code::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        Code::OriginForbidden | Code::ProofNeeded | Code::Forbidden | Code::SamePerson => StatusCode::FORBIDDEN,
        Code::RangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::Conflict
        | Code::Decided
        | Code::NumberTaken
        | Code::BackupNeeded
        | Code::KeyInFlight
        | Code::AnswerNotKept => StatusCode::CONFLICT,
        Code::Stale => StatusCode::PRECONDITION_FAILED,
        Code::VersionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::Gone | Code::LinkUsed => StatusCode::GONE,
        Code::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::Unavailable | Code::ReaderUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal as a response that [`render`] will finish.
pub(super) fn refuse(problem: Problem, more: Vec<(&'static str, Value)>) -> Response {
    let mut response = status(problem.code).into_response();
    response.extensions_mut().insert(Pending { problem, more });
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.0 {
            Error::Refused(problem) => refuse(*problem, Vec::new()),
            Error::Fault(fault) => {
                let mut response = refuse(internal(), Vec::new());
                // Logged with the request's number where the body is made.
                response.extensions_mut().insert(Fault(fault.to_string()));
                response
            }
        }
    }
}

/// The refusal of work for which there is no room now.
pub(super) fn busy(_: super::shed::Work) -> Response {
    refuse(
        Problem::new(
            Code::Unavailable,
            Message::new(
                "There is more to do of this kind than the machine can take at once.",
                "此类请求过多，服务器暂时无法处理。",
            ),
            Message::new(
                "Try again in a few seconds; nothing was changed.",
                "请几秒后重试；未作任何更改。",
            ),
        ),
        Vec::new(),
    )
}

/// The refusal of a request whose body did not come.
fn silent() -> Problem {
    Problem::new(
        Code::BodySilent,
        Message::new(
            "The body of the request did not come, or too slowly.",
            "请求内容没有到达，或到达过慢。",
        ),
        Message::new(
            "Send it again over a better line; nothing was kept.",
            "请在网络较好时重新发送；未保留任何内容。",
        ),
    )
}

/// What broke, for the log only.
#[derive(Clone)]
struct Fault(String);

fn internal() -> Problem {
    Problem::new(
        Code::Internal,
        Message::new("The service could not do this.", "服务未能完成此操作。"),
        Message::new(
            "Try again; tell the administrator the number of this request.",
            "请重试；并将此请求编号告知管理员。",
        ),
    )
}

/// Finishes refusals.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let lang = language_of(request.uri(), request.headers());
    let path = request.uri().path().to_owned();
    let number = request.extensions().get::<Trace>().copied();
    let silence = request.extensions().get::<Silence>().cloned();
    let mut response = next.run(request).await;
    if silence.is_some_and(|silence| silence.happened()) && !response.status().is_success() {
        response = refuse(silent(), Vec::new());
    }
    // Extractors of axum refuse in plain text; their sentence is kept as the detail.
    let bare = response.status().is_client_error()
        && response.extensions().get::<Pending>().is_none()
        && !is_finished(&response);
    if bare {
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap_or_default();
        let said = String::from_utf8_lossy(&bytes).into_owned();
        return finish(
            lang,
            (&path, number),
            status,
            &HeaderMap::new(),
            Pending {
                problem: by_status(status, &said),
                more: Vec::new(),
            },
            None,
        );
    }
    let Some(pending) = response.extensions().get::<Pending>().cloned() else {
        return response;
    };
    let fault = response.extensions().get::<Fault>().cloned();
    let (status, headers) = (response.status(), response.headers().clone());
    finish(lang, (&path, number), status, &headers, pending, fault)
}

/// Whether a refusal has its body already: a problem, or a page that tells one.
fn is_finished(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE);
    media.is_some_and(|media| {
        let media = media.as_bytes();
        media.starts_with(b"application/problem+json") || media.starts_with(b"text/html")
    })
}

fn by_status(status: StatusCode, said: &str) -> Problem {
    // What the parser of parameters says of a name it was not told of.
    if let Some((_, rest)) = said.split_once("unknown field `") {
        let name = rest.split('`').next().unwrap_or_default();
        return Problem::new(
            Code::ParameterUnknown,
            Message::new(
                format!("There is no parameter {name} here."),
                format!("此处没有参数 {name}。"),
            ),
            Message::new("Leave it out, or look up its name.", "请去掉该参数，或查对其名称。"),
        );
    }
    let (code, zh) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (Code::FileTooLarge, "内容过大"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (Code::MediaTypeUnsupported, "不支持该媒体类型"),
        StatusCode::UNPROCESSABLE_ENTITY => (Code::BodyInvalid, "请求内容无法识别"),
        StatusCode::NOT_FOUND => (Code::NotFound, "未找到"),
        _ => (Code::ParameterInvalid, "请求参数无效"),
    };
    let said = if said.is_empty() {
        status.canonical_reason().unwrap_or("refused")
    } else {
        said
    };
    Problem::new(
        code,
        Message::new(format!("{said}."), format!("{zh}：{said}。")),
        Message::new("Look at the address and the parameters.", "请核对地址和参数。"),
    )
}

fn finish(
    lang: Lang,
    (path, number): (&str, Option<Trace>),
    status: StatusCode,
    headers: &HeaderMap,
    pending: Pending,
    fault: Option<Fault>,
) -> Response {
    if let Some(Fault(fault)) = fault {
        tracing::error!(path, %fault, "a request broke");
    }
    let mut body = body(&pending.problem, lang, status, number);
    if let Value::Object(members) = &mut body {
        members.extend(pending.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    let mut response = (status, Json(body)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(if lang == Lang::Zh { "zh" } else { "en" }),
    );
    let again = match pending.problem.code {
        Code::KeyInFlight => Some(1),
        Code::Unavailable => Some(5),
        _ => None,
    };
    if let Some(seconds) = again.filter(|_| !headers.contains_key(header::RETRY_AFTER)) {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    // What else was said stays said, but not of the body that is no more.
    for (name, value) in headers {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_LANGUAGE].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

/// The body of a problem: in the caller's language, with both languages beside it.
pub(super) fn body(problem: &Problem, lang: Lang, status: StatusCode, number: Option<Trace>) -> Value {
    let title = problem.code.title();
    let in_language = |lang| {
        json!({
            "title": title.get(lang),
            "detail": problem.detail.get(lang),
            "remedy": problem.remedy.get(lang),
        })
    };
    let mut body = json!({
        "type": format!("/problems/{}", problem.code.slug()),
        "title": title.get(lang),
        "status": status.as_u16(),
        "detail": problem.detail.get(lang),
        "remedy": problem.remedy.get(lang),
        "languages": { "en": in_language(Lang::En), "zh": in_language(Lang::Zh) },
    });
    let Value::Object(members) = &mut body else { return body };
    if let Some(number) = number {
        members.insert("instance".into(), json!(format!("tag:merestone,2026:request/{number}")));
    }
    if let Some(file) = &problem.file {
        members.insert("file".into(), json!(file));
    }
    if let Some(place) = problem.place {
        members.insert("line".into(), json!(place.line));
        members.insert("column".into(), json!(place.column));
        members.insert("byte".into(), json!(place.byte));
    }
    if let (Code::ParameterInvalid | Code::ParameterUnknown, Some(first)) = (problem.code, problem.mistakes.first()) {
        members.insert("parameter".into(), json!(first.at));
    }
    if !problem.mistakes.is_empty() {
        let errors: Vec<Value> = problem
            .mistakes
            .iter()
            .map(|m| json!({ "pointer": m.at, "detail": m.detail.get(lang), "detail_en": m.detail.en, "detail_zh": m.detail.zh }))
            .collect();
        members.insert("errors".into(), Value::Array(errors));
    }
    body
}

/// The body of a problem inside another answer, with its own status.
pub(super) fn inside(problem: &Problem, lang: Lang) -> Value {
    body(problem, lang, status(problem.code), None)
}

pub(super) async fn no_such_page() -> Response {
    let problem = Problem::new(
        Code::NotFound,
        Message::new("There is nothing at this address.", "此地址没有内容。"),
        Message::new("Start at the landing page, /.", "请从首页 / 开始。"),
    );
    refuse(problem, Vec::new())
}

/// For a method that an address does not take; `Allow` is added to it. Who only asked for that list has the answer.
pub(super) async fn no_such_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::OK.into_response();
    }
    let problem = Problem::new(
        Code::MethodNotAllowed,
        Message::new("This address does not take this method.", "此地址不支持该方法。"),
        Message::new(
            "Use one of the methods named in Allow.",
            "请使用 Allow 标头列出的方法。",
        ),
    );
    refuse(problem, Vec::new())
}

pub(super) fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = said.as_deref().unwrap_or("unknown"), "a request panicked");
    let body = body(&internal(), Lang::En, StatusCode::INTERNAL_SERVER_ERROR, None);
    let mut response = (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// The page behind a problem's `type`.
pub(super) async fn page(headers: HeaderMap, Path(slug): Path<String>) -> Answer {
    let code = Code::ALL.iter().copied().find(|code| code.slug() == slug);
    let Some(code) = code else {
        return Ok(no_such_page().await);
    };
    let (title, status) = (code.title(), status(code));
    let lang = if language(&headers) == Lang::Zh { "zh" } else { "en" };
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><title>{en} · {zh}</title>\
         <h1>{en}<br>{zh}</h1><p>{slug} · HTTP {status}</p><p><a href=\"/\">Merestone</a></p>",
        en = title.en,
        zh = title.zh,
        status = status.as_u16(),
    );
    Ok(Html(page).into_response())
}
