//! `Idempotency-Key`: who sends the same request again under the same key gets the same answer, and nothing is done
//! twice (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key is its sender's alone. Only what had an effect is remembered: a refusal is judged anew each time. Clients that
//! know nothing of keys are served without.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ogc::body::LIMIT;
use super::problem::{Refusal, refuse};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::answers::{self, Answer, Keyed, LONGEST};
use crate::service::caller::Caller;
use crate::service::{Context, Error, Result};

/// The header of a request that brings its key.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Bytes of an answer that is kept, at most; a longer one is made once more from what was done.
const KEPT: usize = 1 << 20;

/// What may be sent again in a way of its own: originals are known by their bytes, whoever signs in or out does so anew.
const OWN_WAY: [&str; 6] = [
    "/uploads",
    "/session",
    "/session/end",
    "/session/proof",
    "/sessions/{id}/end",
    "/enrol/{code}",
];

/// Whose body is a file that is written down as it comes, and known by its digest only then.
const FILE: &str = "/collections/{collectionId}/import";

/// Whether what this changes is remembered under the key of its sender.
pub(super) fn remembers(route: &str, method: &Method) -> bool {
    is_unsafe(method) && !OWN_WAY.contains(&route)
}

/// Whether a method changes something.
pub(super) fn is_unsafe(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method)
}

/// The layer, inside the gate, which says who the caller is.
pub(super) async fn remember(State(cx): State<Context>, request: Request, next: Next) -> Response {
    if !is_unsafe(request.method()) {
        return next.run(request).await;
    }
    let key = match key(request.headers()) {
        Ok(key) => key,
        Err(problem) => return refuse(problem, Vec::new()),
    };
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str).to_owned();
    let caller = request.extensions().get::<Arc<Caller>>();
    let account = caller.and_then(|caller| caller.account);
    let (Some(key), Some(account), true) = (key, account, remembers(&route, request.method())) else {
        return next.run(request).await;
    };
    let (mut request, body) = if route == FILE {
        (request, Bytes::new())
    } else {
        match whole(request).await {
            Ok(whole) => whole,
            Err(problem) => return refuse(problem, Vec::new()),
        }
    };
    let asked = [
        request.method().as_str().as_bytes(),
        request.uri().path().as_bytes(),
        request.uri().query().unwrap_or_default().as_bytes(),
        // How a body is read belongs to what it says.
        said(request.headers(), &header::CONTENT_TYPE),
        said(request.headers(), &HeaderName::from_static("content-crs")),
        &body,
    ];
    let keyed = Arc::new(Keyed::new(account, &key, asked));
    request.extensions_mut().insert(keyed.clone());
    if route == FILE {
        return marked(&keyed, next.run(request).await);
    }
    match answers::given(&cx, &keyed).await {
        Ok(None) => {}
        Ok(Some(answer)) => return replayed(answer),
        Err(error) => return Refusal::from(error).into_response(),
    }
    let response = next.run(request).await;
    if !keyed.is_done() || response.status().is_client_error() || response.status().is_server_error() {
        return response;
    }
    match kept(&cx, &keyed, response).await {
        Ok(response) => marked(&keyed, response),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Marks an answer to what was done before.
fn marked(keyed: &Keyed, mut response: Response) -> Response {
    if keyed.is_again() && response.status().is_success() {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A request with its body in memory, as handlers of records want it anyway.
async fn whole(request: Request) -> std::result::Result<(Request, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, LIMIT).await {
        Ok(bytes) => Ok((Request::from_parts(parts, Body::from(bytes.clone())), bytes)),
        Err(fault) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&fault);
            while let Some(inner) = cause {
                if inner.is::<http_body_util::LengthLimitError>() {
                    return Err(Problem::new(
                        Code::FileTooLarge,
                        Message::new(
                            format!("The body is larger than {} MB.", LIMIT >> 20),
                            format!("请求内容超过{} MB。", LIMIT >> 20),
                        ),
                        Message::new("Send it in several requests.", "请分多次提交。"),
                    ));
                }
                cause = inner.source();
            }
            Err(Problem::new(
                Code::BodyInvalid,
                Message::new(
                    format!("The body broke off: {fault}."),
                    format!("请求内容中断：{fault}。"),
                ),
                Message::new("Send it again; nothing was stored.", "请重新提交；未保存任何内容。"),
            ))
        }
    }
}

fn said<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a [u8] {
    headers.get(name).map_or(&[], HeaderValue::as_bytes)
}

/// Keeps an answer, unless it is one that nobody shall keep.
async fn kept(cx: &Context, keyed: &Keyed, response: Response) -> Result<Response> {
    let cache = response.headers().get(header::CACHE_CONTROL);
    if cache.is_some_and(|cache| cache.as_bytes().starts_with(b"no-store")) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|fault| Error::Fault(fault.into()))?;
    if body.len() <= KEPT {
        let lines = parts.headers.iter().filter(|(name, _)| **name != header::SET_COOKIE);
        let lines = lines.filter_map(|(name, value)| Some(format!("{name}: {}\n", value.to_str().ok()?)));
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: lines.collect(),
            body: body.to_vec(),
        };
        if let Err(error) = answers::keep(cx, keyed, &answer).await {
            // What was done is noted; the answer can be made once more.
            tracing::warn!(%error, "an answer could not be kept");
        }
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// An answer as it was given.
fn replayed(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(answer.body)).into_response();
    response.headers_mut().clear();
    for line in answer.headers.lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// The key of a request: a string as RFC 8941 writes them, or its plain text as most clients send it.
fn key(headers: &HeaderMap) -> std::result::Result<Option<String>, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let read = value.to_str().ok().map(str::trim).and_then(read);
    match read {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(Problem::new(
            Code::KeyInvalid,
            Message::new("The Idempotency-Key cannot be read.", "无法读取 Idempotency-Key。"),
            Message::new(
                format!(
                    "Send one key of 1 to {LONGEST} printable signs, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\"."
                ),
                format!(
                    "请提供一个由 1 至 {LONGEST} 个可打印字符组成的键，例如 \"8e03978e-40d5-43dd-bc93-6894a57f9324\"。"
                ),
            ),
        )),
    }
}

fn read(text: &str) -> Option<String> {
    let key = match text.strip_prefix('"') {
        None if text.contains(['"', '\\', ',', ';', ' ']) => return None,
        None => text.to_owned(),
        Some(rest) => {
            let mut key = String::new();
            let mut signs = rest.strip_suffix('"')?.chars();
            while let Some(sign) = signs.next() {
                key.push(match sign {
                    '"' => return None,
                    '\\' => signs.next().filter(|sign| matches!(sign, '"' | '\\'))?,
                    sign => sign,
                });
            }
            key
        }
    };
    let is_key = (1..=LONGEST).contains(&key.len()) && key.bytes().all(|b| (0x20..0x7f).contains(&b));
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_strings_or_plain() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(read(text).as_deref(), expect, "{text}");
        check("\"8e03978e-40d5\"", Some("8e03978e-40d5"));
        check("8e03978e-40d5", Some("8e03978e-40d5"));
        check(r#""a \"b\" \\ c""#, Some(r#"a "b" \ c"#));
        check(r#""a"b""#, None);
        check(r#""a\b""#, None);
        check(r#""a\""#, None);
        check("\"a", None);
        check("\"a\";x=1", None);
        check("a, b", None);
        check("\"\"", None);
        check("", None);
        check("键", None);
        check(&"k".repeat(LONGEST), Some(&"k".repeat(LONGEST)));
        check(&"k".repeat(LONGEST + 1), None);
    }

    #[test]
    fn a_key_is_said_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(key(&headers).unwrap(), None);
        headers.append(KEY, HeaderValue::from_static("a"));
        assert_eq!(key(&headers).unwrap().as_deref(), Some("a"));
        headers.append(KEY, HeaderValue::from_static("b"));
        assert_eq!(key(&headers).unwrap_err().code, Code::KeyInvalid);
    }
}
