//! What pages of other origins may do: read, where the operator lets them; write, only where they are named.
//!
//! The service listens on the machine of whoever uses it, so that any page in their browser can reach it. A browser
//! says where a page came from; programs that are no browsers say nothing and are not held back here.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ogc::base::Base;
use super::problem::refuse;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::{Context, Outside};

const READING: &str = "GET, HEAD, OPTIONS";
const ALL: &str = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";
const ASKED: &str = "Accept, Accept-Language, Authorization, Content-Crs, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, \
                     Range, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum";
const TOLD: &str = "ETag, Link, Location, Content-Crs, Idempotent-Replayed, Upload-Offset, Tus-Resumable";

/// What a page may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    None,
    Read,
    Write,
}

pub(super) async fn guard(State(cx): State<Context>, request: Request, next: Next) -> Response {
    let outside = &cx.outside;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let Some(origin) = origin else {
        let mut response = next.run(request).await;
        if outside.any_may_read {
            tell(response.headers_mut(), HeaderValue::from_static("*"));
        }
        return response;
    };
    let rights = rights(outside, request.headers(), &origin);
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let writes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    let mut response = if writes && rights != Rights::Write {
        refuse(foreign(&origin), Vec::new())
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    match rights {
        Rights::None => {}
        Rights::Read => tell(headers, HeaderValue::from_static("*")),
        Rights::Write => {
            tell(headers, origin);
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }
    if preflight && rights != Rights::None {
        let methods = if rights == Rights::Write { ALL } else { READING };
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ASKED));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

fn tell(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD));
}

fn rights(outside: &Outside, headers: &HeaderMap, origin: &HeaderValue) -> Rights {
    let origin = origin.to_str().unwrap_or_default();
    if outside.origins.iter().any(|known| known == origin) || is_own(outside, headers, origin) {
        return Rights::Write;
    }
    if outside.any_may_read {
        Rights::Read
    } else {
        Rights::None
    }
}

/// Whether the page is one of ours.
///
/// A page of anyone's may have a name that was made to point at this machine, and then its origin and `Host` agree. So
/// only names that nobody else can have count: those of this machine itself, and the one the operator has named.
fn is_own(outside: &Outside, headers: &HeaderMap, origin: &str) -> bool {
    if let Some(url) = &outside.public_url {
        return origin == origin_of(url);
    }
    let base = Base::of(None, &only_host(headers));
    let name = origin.split_once("://").map_or("", |(_, authority)| host(authority));
    let is_local = name == "localhost"
        || name.ends_with(".localhost")
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    is_local && origin == base.as_str()
}

fn only_host(headers: &HeaderMap) -> HeaderMap {
    let mut only = HeaderMap::new();
    if let Some(host) = headers.get(header::HOST) {
        only.insert(header::HOST, host.clone());
    }
    only
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let behind = url.find("://").map_or(0, |at| at + 3);
    let end = url
        .get(behind..)
        .and_then(|rest| rest.find('/'))
        .map_or(url.len(), |at| behind + at);
    url.get(..end).unwrap_or(url)
}

/// The host of `host:port`; that of IPv6 with its brackets.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn foreign(origin: &HeaderValue) -> Problem {
    let origin: String = origin.to_str().unwrap_or_default().chars().take(100).collect();
    Problem::new(
        Code::OriginForbidden,
        Message::new(
            format!("A page of {origin} may not change anything here."),
            format!("来自 {origin} 的页面不得在此更改任何内容。"),
        ),
        Message::new(
            "Use Merestone's own pages; an administrator can name further origins in cors_origins, or the public address in public_url.",
            "请使用 Merestone 自身的页面；管理员可在 cors_origins 中增加来源，或在 public_url 中设定公开地址。",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outside: &Outside, host: &'static str, origin: &'static str, expect: Rights) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        assert_eq!(
            rights(outside, &headers, &HeaderValue::from_static(origin)),
            expect,
            "{origin} at {host}"
        );
    }

    #[test]
    fn only_pages_of_this_machine_write_unless_named() {
        let outside = Outside {
            public_page: false,
            any_may_read: true,
            ..Outside::default()
        };
        check(&outside, "127.0.0.1:8080", "http://127.0.0.1:8080", Rights::Write);
        check(&outside, "localhost:8080", "http://localhost:8080", Rights::Write);
        check(&outside, "[::1]:8080", "http://[::1]:8080", Rights::Write);
        // Another service on this machine, another machine, no origin to speak of.
        check(&outside, "127.0.0.1:8080", "http://127.0.0.1:3000", Rights::Read);
        check(&outside, "127.0.0.1:8080", "https://evil.example", Rights::Read);
        check(&outside, "127.0.0.1:8080", "null", Rights::Read);
        // A name that was made to point here.
        check(&outside, "evil.example:8080", "http://evil.example:8080", Rights::Read);
        check(
            &outside,
            "127.0.0.1.evil.example",
            "http://127.0.0.1.evil.example",
            Rights::Read,
        );
    }

    #[test]
    fn the_operator_decides() {
        let outside = Outside {
            public_page: false,
            public_url: Some("https://maps.example.org/border".to_owned()),
            any_may_read: false,
            origins: vec!["https://office.example.org".to_owned()],
        };
        check(&outside, "10.0.0.7", "https://maps.example.org", Rights::Write);
        check(&outside, "10.0.0.7", "https://office.example.org", Rights::Write);
        check(&outside, "10.0.0.7", "https://other.example.org", Rights::None);
        check(&outside, "127.0.0.1", "http://127.0.0.1", Rights::None);
    }
}
