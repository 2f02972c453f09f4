//! The gate: who comes, and whether they are let in to this address.
//!
//! A browser brings the cookie of its session, a program a token: `Authorization: Bearer`, or the password of `Basic`,
//! since GDAL and some devices know nothing else. A handler that takes a [`Cx`] works on behalf of whoever it was.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ogc::ask::encode;
use super::problem::{Refusal, no_such_page, refuse};
use super::rules::{self, Rule};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::answers::Keyed;
use crate::service::caller::{Caller, UNJUDGED, Via, sign_in_needed};
use crate::service::{Context, Error};

/// The cookie of a session: bound to this host and to encrypted connections (or this machine).
pub(in crate::http) const COOKIE: &str = "__Host-mst";

/// The service on behalf of whoever asks.
pub(super) struct Cx(pub Context);

impl FromRequestParts<Context> for Cx {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, cx: &Context) -> Result<Self, Refusal> {
        // Without the gate before it nobody is anybody.
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        let caller = caller.unwrap_or_else(|| Arc::new(Caller::nobody()));
        let keyed = parts.extensions.get::<Arc<Keyed>>().cloned();
        Ok(Self(Context {
            keyed,
            ..cx.for_caller(caller)
        }))
    }
}

/// Where a request came from, for the limits on guessing and the list of sessions.
pub(super) struct Address(pub String);

impl FromRequestParts<Context> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, cx: &Context) -> Result<Self, std::convert::Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip());
        // A proxy in front is on this machine and says for whom it asks; nobody else is believed.
        let behind_proxy = cx.outside.public_url.is_some() && peer.is_some_and(|peer| peer.is_loopback());
        let told = parts
            .headers
            .get("x-forwarded-for")
            .and_then(|value| value.to_str().ok());
        let told = told.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
        let address = if behind_proxy { told.or(peer) } else { peer };
        Ok(Self(
            address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        ))
    }
}

/// What a request proves itself by.
enum Credential {
    None,
    Header(String),
    Cookie(String),
}

pub(super) async fn gate(State(cx): State<Context>, mut request: Request, next: Next) -> Response {
    let credential = credential(request.headers());
    if let Credential::Cookie(_) = credential
        && !is_own_page(request.method(), request.headers())
    {
        return refuse(foreign(), Vec::new());
    }
    let (caller, stale) = match &credential {
        Credential::None => (Arc::new(Caller::nobody()), false),
        Credential::Header(secret) => match cx.recognise(secret).await {
            Ok(caller) => (caller, false),
            Err(error) => return challenge(error, &request),
        },
        // Who has been away too long is nobody, and is asked to sign in where that matters.
        Credential::Cookie(secret) => match cx.recognise(secret).await {
            Ok(caller) => (caller, false),
            Err(error @ Error::Refused(_)) if !error.is_passing() => (Arc::new(Caller::nobody()), true),
            Err(error) => return Refusal::from(error).into_response(),
        },
    };
    let route = request.extensions().get::<MatchedPath>();
    match route.map_or(Ok(()), |route| admit(&caller, route.as_str(), request.method())) {
        Ok(()) => {}
        Err(Refused::NotThere) => return no_such_page().await,
        Err(Refused::SignIn) => return challenge(sign_in_needed(), &request),
        Err(Refused::Role) => return refuse(not_your_role(), Vec::new()),
    }
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if stale && !response.headers().contains_key(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, forget());
    }
    response
}

/// The header that takes the cookie away.
pub(super) const fn forget() -> HeaderValue {
    HeaderValue::from_static("__Host-mst=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Why somebody is not let in.
enum Refused {
    /// Nobody thought of this address.
    NotThere,
    SignIn,
    Role,
}

fn admit(caller: &Caller, route: &str, method: &Method) -> Result<(), Refused> {
    if method == Method::OPTIONS {
        return Ok(());
    }
    let Some(rule) = rules::rule(route, method) else {
        // A method that the route has not is told so by the router.
        return if rules::is_route(route) {
            Ok(())
        } else {
            Err(Refused::NotThere)
        };
    };
    let rights = &caller.rights;
    let admitted = match rule {
        Rule::Open => true,
        Rule::Known => caller.via != Via::Nobody,
        Rule::May(verb) => rights.may_at_all(verb),
        Rule::Either(one, other) => rights.may_at_all(one) || rights.may_at_all(other),
    };
    match (admitted || UNJUDGED, caller.via) {
        (true, _) => Ok(()),
        (false, Via::Nobody) => Err(Refused::SignIn),
        (false, _) => Err(Refused::Role),
    }
}

fn not_your_role() -> Problem {
    Problem::new(
        Code::Forbidden,
        Message::new("Your roles do not reach this address.", "您的角色无权访问此地址。"),
        Message::new("Ask an administrator for the role.", "请向管理员申请相应角色。"),
    )
}

/// Who has to sign in is sent to the page for it, where a person is looking; else told how.
fn challenge(error: Error, request: &Request) -> Response {
    let looks = |value: &HeaderValue| value.to_str().is_ok_and(|accept| accept.contains("text/html"));
    let is_person = request.headers().get(header::ACCEPT).is_some_and(looks)
        && !request.headers().contains_key(header::AUTHORIZATION);
    if request.method() == Method::GET && is_person {
        let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
        let there = format!("/session?next={}", encode(asked));
        if let Ok(location) = HeaderValue::from_str(&there) {
            return (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
        }
    }
    let mut response = Refusal::from(error).into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        let invalid = request.headers().contains_key(header::AUTHORIZATION);
        let told = if invalid {
            r#"Bearer realm="merestone", error="invalid_token""#
        } else {
            r#"Bearer realm="merestone""#
        };
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(told));
    }
    response
}

fn credential(headers: &HeaderMap) -> Credential {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // What cannot be read is a secret that nobody has.
        return Credential::Header(secret(value).unwrap_or_default());
    }
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';'));
    let found = pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    match found {
        Some(secret) if !secret.is_empty() => Credential::Cookie(secret.to_owned()),
        _ => Credential::None,
    }
}

fn secret(value: &HeaderValue) -> Option<String> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (_, password) = decoded.split_once(':')?;
        return Some(password.to_owned());
    }
    None
}

/// Whether a browser sends this from a page of ours. It says so itself; one that says nothing may only read.
fn is_own_page(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    match headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()) {
        Some(site) => site == "same-origin" || site == "none",
        // An origin that is not ours has been refused before (`cors`).
        None => headers.contains_key(header::ORIGIN),
    }
}

fn foreign() -> Problem {
    Problem::new(
        Code::OriginForbidden,
        Message::new(
            "This was not sent from a page of Merestone.",
            "此请求并非来自 Merestone 的页面。",
        ),
        Message::new(
            "Do it on the page itself; a program sends a token instead of the cookie.",
            "请在页面上操作；程序应使用令牌而不是 Cookie。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn secrets_come_by_three_ways() {
        let of = |pairs: &[_]| match credential(&headers(pairs)) {
            Credential::None => "none".to_owned(),
            Credential::Header(secret) => format!("header {secret}"),
            Credential::Cookie(secret) => format!("cookie {secret}"),
        };
        assert_eq!(of(&[("authorization", "Bearer mst_t_x")]), "header mst_t_x");
        assert_eq!(of(&[("authorization", "Basic d2FuZzptc3RfdF94")]), "header mst_t_x");
        assert_eq!(of(&[("authorization", "Digest x")]), "header ");
        assert_eq!(of(&[("cookie", "a=b; __Host-mst=mst_s_x")]), "cookie mst_s_x");
        assert_eq!(of(&[("cookie", "x__Host-mst=1; __Host-mst2=2; __Host-mst=")]), "none");
    }

    #[test]
    fn a_cookie_writes_only_from_our_own_page() {
        let post = |pairs: &[_]| is_own_page(&Method::POST, &headers(pairs));
        assert!(post(&[("sec-fetch-site", "same-origin")]) && post(&[("origin", "http://127.0.0.1:8080")]));
        assert!(!post(&[("sec-fetch-site", "cross-site")]) && !post(&[("sec-fetch-site", "same-site")]) && !post(&[]));
        assert!(is_own_page(&Method::GET, &HeaderMap::new()));
    }
}
