//! Answers with everything that belongs to them: media type, links, tag, what they vary by.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::ask::Ask;
use super::etag;
use super::link::Link;
use crate::domain::text::Lang;

/// An answer that is nearly ready.
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    tag: Option<String>,
}

impl Reply {
    pub fn new(media: &str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
            tag: None,
        };
        reply.set(header::CONTENT_TYPE, media);
        reply
    }

    /// A JSON document that follows from the program alone, tagged by its bytes.
    pub fn document(media: &str, body: &Value) -> Self {
        let bytes = body.to_string().into_bytes();
        let tag = etag::of_parts(&[&bytes]);
        Self::new(media, bytes).tagged(tag)
    }

    /// A page for people.
    pub fn page(body: maud::Markup) -> Self {
        let bytes = body.into_string().into_bytes();
        let tag = etag::of_parts(&[&bytes]);
        Self::new(super::negotiate::HTML.media, bytes).tagged(tag)
    }

    #[must_use]
    pub fn tagged(mut self, tag: String) -> Self {
        self.tag = Some(tag);
        self
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    #[must_use]
    pub fn linked(mut self, links: &[Link]) -> Self {
        for value in links.iter().filter_map(Link::header) {
            self.headers.append(header::LINK, value);
        }
        self
    }

    #[must_use]
    pub fn with(mut self, name: header::HeaderName, value: &str) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: header::HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    /// The answer to `ask`; without a body where the caller has it already.
    pub fn to(mut self, ask: &Ask) -> Response {
        self.set(header::VARY, "Accept, Accept-Encoding, Accept-Language");
        self.set(header::CACHE_CONTROL, "private, no-cache");
        self.set(header::CONTENT_LANGUAGE, if ask.lang == Lang::Zh { "zh" } else { "en" });
        if let Some(tag) = self.tag.take() {
            self.set(header::ETAG, &tag);
            if self.status == StatusCode::OK && etag::is_known(&ask.headers, &tag) {
                self.headers.remove(header::CONTENT_TYPE);
                return (StatusCode::NOT_MODIFIED, self.headers).into_response();
            }
        }
        (self.status, self.headers, self.body).into_response()
    }
}
