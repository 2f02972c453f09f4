//! Headers that every answer carries.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;

/// Nothing from elsewhere is loaded, framed or sent; map workers are made from the bundle or a blob.
const POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; \
                      img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: with it, a form of our own page would come with the origin `null`.
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    if let Some(list) = headers.get(header::ALLOW).and_then(whole_list) {
        headers.insert(header::ALLOW, list);
    }
    response
}

/// For a service whose connections are all encrypted: browsers are to come by no other way.
pub fn only_encrypted(app: Router) -> Router {
    app.layer(middleware::map_response(|mut response: Response| async {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        response
    }))
}

/// The methods of an address, with the one that asks for this list.
fn whole_list(allowed: &HeaderValue) -> Option<HeaderValue> {
    let mut methods: Vec<&str> = allowed.to_str().ok()?.split(',').map(str::trim).collect();
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    HeaderValue::from_str(&methods.join(", ")).ok()
}
