//! Absolute addresses: where the caller reached us, by the operator's word or the request's own.

use axum::http::{HeaderMap, header};

/// The address of the service as the caller knows it, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Base(String);

impl Base {
    /// From the operator's setting; else from `Forwarded` or `X-Forwarded-*` of the nearest proxy; else from `Host`.
    ///
    /// What a request says of itself only ever comes back to whoever sent it, and only where it is a plain host name.
    pub fn of(public_url: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(url) = public_url {
            return Self(url.to_owned());
        }
        let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        // The nearest proxy writes the first element; what stands behind it came from farther away.
        let first = |name: &str| said(name).and_then(|v| v.split(',').next()).map(str::trim);
        let forwarded = said("forwarded").map(forwarded).unwrap_or_default();
        let scheme = forwarded
            .0
            .or_else(|| first("x-forwarded-proto").map(str::to_owned))
            .map(|s| s.to_ascii_lowercase())
            .filter(|s| s == "http" || s == "https")
            .unwrap_or_else(|| "http".to_owned());
        let port = first("x-forwarded-port").filter(|p| p.parse::<u16>().is_ok());
        let host = forwarded
            .1
            .or_else(|| first("x-forwarded-host").map(|host| with_port(host, port, &scheme)))
            .filter(|host| is_host(host))
            .or_else(|| said(header::HOST.as_str()).filter(|h| is_host(h)).map(str::to_owned))
            .unwrap_or_else(|| "localhost".to_owned());
        let prefix = first("x-forwarded-prefix")
            .map(|p| p.trim_end_matches('/'))
            .filter(|p| is_prefix(p))
            .unwrap_or_default();
        Self(format!("{scheme}://{host}{prefix}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute address of a path of ours, which begins with a slash.
    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// `proto` and `host` of the first element of `Forwarded` (RFC 7239).
fn forwarded(text: &str) -> (Option<String>, Option<String>) {
    let (mut proto, mut host) = (None, None);
    for pair in text.split(',').next().unwrap_or_default().split(';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"').to_owned();
        match name.trim().to_ascii_lowercase().as_str() {
            "proto" => proto = Some(value),
            "host" => host = Some(value),
            _ => {}
        }
    }
    (proto, host)
}

/// The host with the port of `X-Forwarded-Port`, unless it names one or that is the scheme's own.
fn with_port(host: &str, port: Option<&str>, scheme: &str) -> String {
    let named = host.rsplit_once(':').is_some_and(|(_, p)| p.parse::<u16>().is_ok());
    match port {
        Some(port) if !named && !matches!((scheme, port), ("http", "80") | ("https", "443")) => {
            format!("{host}:{port}")
        }
        _ => host.to_owned(),
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
}

fn is_prefix(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._~-".contains(&b))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expect: &str) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert_eq!(Base::of(None, &map).as_str(), expect, "{headers:?}");
    }

    #[test]
    fn the_host_of_the_request_is_used() {
        check(&[("host", "127.0.0.1:8080")], "http://127.0.0.1:8080");
        check(&[("host", "[::1]:8080")], "http://[::1]:8080");
        check(&[], "http://localhost");
    }

    #[test]
    fn the_nearest_proxy_is_believed() {
        let host = ("host", "10.0.0.7:8080");
        check(
            &[
                host,
                (
                    "forwarded",
                    "for=1.2.3.4;proto=https;host=\"maps.example.org\", for=5.6.7.8;host=evil.example",
                ),
            ],
            "https://maps.example.org",
        );
        check(
            &[
                host,
                ("x-forwarded-proto", "https, http"),
                ("x-forwarded-host", "maps.example.org, evil.example"),
                ("x-forwarded-prefix", "/border/"),
            ],
            "https://maps.example.org/border",
        );
        check(
            &[
                host,
                ("x-forwarded-host", "maps.example.org"),
                ("x-forwarded-port", "8443"),
            ],
            "http://maps.example.org:8443",
        );
        check(
            &[
                host,
                ("x-forwarded-host", "maps.example.org"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-port", "443"),
            ],
            "https://maps.example.org",
        );
    }

    #[test]
    fn what_is_no_host_is_not_repeated() {
        check(
            &[
                ("host", "me:1"),
                ("x-forwarded-host", "evil.example/\"><script>"),
                ("x-forwarded-proto", "javascript"),
            ],
            "http://me:1",
        );
        check(
            &[("host", "me:1"), ("x-forwarded-prefix", "//evil.example")],
            "http://me:1",
        );
    }

    #[test]
    fn the_operators_word_wins() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-host", HeaderValue::from_static("other"));
        assert_eq!(
            Base::of(Some("https://a.example/b"), &headers).href("/api"),
            "https://a.example/b/api"
        );
    }
}
