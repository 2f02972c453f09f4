//! Links, in bodies and in headers.

use axum::http::HeaderValue;
use serde_json::{Map, Value, json};

/// One link of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub rel: &'static str,
    pub href: String,
    pub media: Option<&'static str>,
    pub title: Option<String>,
    /// Whether the address has places to fill in.
    pub templated: bool,
}

impl Link {
    pub fn new(rel: &'static str, media: &'static str, href: String) -> Self {
        Self {
            rel,
            href,
            media: Some(media),
            title: None,
            templated: false,
        }
    }

    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    pub fn json(&self) -> Value {
        let mut members = Map::new();
        members.insert("rel".to_owned(), json!(self.rel));
        if let Some(media) = self.media {
            members.insert("type".to_owned(), json!(plain(media)));
        }
        if let Some(title) = &self.title {
            members.insert("title".to_owned(), json!(title));
        }
        members.insert("href".to_owned(), json!(self.href));
        if self.templated {
            members.insert("templated".to_owned(), Value::Bool(true));
        }
        Value::Object(members)
    }

    /// As an element of a `Link` header (RFC 8288); none for a template, which a header cannot say.
    pub fn header(&self) -> Option<HeaderValue> {
        if self.templated {
            return None;
        }
        let mut text = format!("<{}>; rel=\"{}\"", self.href, self.rel);
        if let Some(media) = self.media {
            text.push_str(&format!("; type=\"{}\"", plain(media)));
        }
        HeaderValue::from_str(&text).ok()
    }
}

/// The media type as links name it: a page's character set is its own affair.
fn plain(media: &str) -> &str {
    media.split("; charset").next().unwrap_or(media)
}

pub fn json_of(links: &[Link]) -> Value {
    Value::Array(links.iter().map(Link::json).collect())
}
