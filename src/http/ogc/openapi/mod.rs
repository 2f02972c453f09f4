//! `/api`: the interface as an OpenAPI document, made from the schemas, kept ready and compressed.
//!
//! Desktop clients read it each time they open a layer, so it costs a look into a map and no more.

mod again;
mod features;
mod parts;
mod people;
mod rest;

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::link::Link;
use super::negotiate::{HTML, JSON, Offer};
use super::reply::Reply;
use super::{collections, etag, html, landing};
use crate::domain::schema::{ALL, Group, Label};
use crate::domain::text::Lang;
use crate::http::problem::Answer;

pub const OPENAPI_30: Offer = Offer::new("json", "application/vnd.oai.openapi+json;version=3.0");
pub const OPENAPI_31: Offer = Offer::new("json", "application/vnd.oai.openapi+json;version=3.1");

/// Which edition of OpenAPI is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edition {
    V30,
    V31,
}

impl Edition {
    const fn offers(self) -> [Offer; 4] {
        let (exact, short) = match self {
            Self::V30 => (OPENAPI_30, "application/openapi+json;version=3.0"),
            Self::V31 => (OPENAPI_31, "application/openapi+json;version=3.1"),
        };
        [exact, Offer::new("openapi", short), JSON_ALONE, HTML]
    }
}

/// Plain JSON, for `f=plain`. Who takes plain JSON is given the exact type, since that is what clients look for.
const JSON_ALONE: Offer = Offer::new("plain", JSON.media);

pub(super) async fn v30(ask: Ask) -> Answer {
    give(&ask, Edition::V30)
}

pub(super) async fn v31(ask: Ask) -> Answer {
    give(&ask, Edition::V31)
}

/// `/docs`: the document as a page.
pub(super) async fn docs(ask: Ask) -> Answer {
    ask.plain(&[HTML])?;
    Ok(page(&ask).to(&ask))
}

/// `/docs/{c}`: what concerns one collection.
pub(super) async fn docs_of(ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    ask.plain(&[HTML])?;
    let document = document(ask.base.as_str(), ask.lang, Edition::V30);
    Ok(Reply::page(html::docs::one(&ask, &document, schema)).to(&ask))
}

fn page(ask: &Ask) -> Reply {
    Reply::page(html::docs::page(
        ask,
        &document(ask.base.as_str(), ask.lang, Edition::V30),
    ))
}

fn give(ask: &Ask, edition: Edition) -> Answer {
    let offers = edition.offers();
    let offer = ask.plain(&offers)?;
    if *offer == HTML {
        return Ok(page(ask).to(ask));
    }
    let [exact, ..] = &offers;
    let offer = if *offer == JSON_ALONE && ask.get("f").is_none() {
        exact
    } else {
        offer
    };
    let ready = ready(ask.base.as_str(), ask.lang, edition);
    let takes_gzip = ask
        .headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
    let links = [Link::new("service-doc", HTML.media, ask.base.href("/docs"))];
    let reply = match &ready.compressed {
        Some(bytes) if takes_gzip => Reply::new(offer.media, bytes.clone()).with(header::CONTENT_ENCODING, "gzip"),
        _ => Reply::new(offer.media, ready.plain.clone()),
    };
    Ok(reply
        .status(StatusCode::OK)
        .tagged(ready.tag.clone())
        .linked(&links)
        .to(ask))
}

/// A document that can be sent as it is.
struct Ready {
    plain: Bytes,
    compressed: Option<Bytes>,
    tag: String,
}

type Kept = Mutex<HashMap<(String, Lang, Edition), Arc<Ready>>>;

/// Addresses come from requests, so no more than a few documents are kept.
const KEPT: usize = 16;

fn ready(base: &str, lang: Lang, edition: Edition) -> Arc<Ready> {
    static READY: OnceLock<Kept> = OnceLock::new();
    let kept = READY.get_or_init(Kept::default);
    let key = (base.to_owned(), lang, edition);
    if let Some(known) = kept.lock().ok().and_then(|kept| kept.get(&key).cloned()) {
        return known;
    }
    let plain = document(base, lang, edition).to_string().into_bytes();
    let made = Arc::new(Ready {
        tag: etag::of_parts(&[&plain]),
        compressed: gzip(&plain),
        plain: plain.into(),
    });
    if let Ok(mut kept) = kept.lock() {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&made));
    }
    made
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// The whole document.
pub fn document(base: &str, lang: Lang, edition: Edition) -> Value {
    let to = parts::To { lang, edition };
    let mut paths = Map::new();
    rest::landing(to, &mut paths);
    features::of_all(to, &mut paths);
    for schema in ALL {
        features::paths(to, schema, &mut paths);
    }
    rest::others(to, &mut paths);
    people::people(to, &mut paths);
    again::keys(&mut paths);
    let said = |en: &'static str, zh: &'static str| Label::new(en, zh).get(lang);
    let mut tags = vec![json!({ "name": "Start", "description": said("Where to begin", "从这里开始") })];
    for group in Group::ALL {
        if ALL.iter().any(|schema| schema.group == group) {
            tags.push(json!({ "name": group.title().en, "description": group.title().get(lang) }));
        }
    }
    tags.push(json!({ "name": "Map", "description": said("Boundaries, tiles and places", "国界、瓦片与位置") }));
    tags.push(json!({ "name": "Files", "description": said("Uploads, documents and jobs", "上传、文书与任务") }));
    tags.push(json!({ "name": "People", "description": said("Signing in, tokens and accounts", "登录、令牌与用户") }));
    tags.push(json!({ "name": "Operations", "description": said("Health and problems", "运行状况与问题说明") }));
    json!({
        "openapi": match edition { Edition::V30 => "3.0.3", Edition::V31 => "3.1.0" },
        "info": {
            "title": landing::TITLE,
            "version": env!("CARGO_PKG_VERSION"),
            "description": landing::DESCRIPTION.get(lang),
            "license": { "name": "Apache-2.0 OR MIT", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "servers": [{ "url": base }],
        "tags": tags,
        "paths": paths,
        "components": parts::components(to),
        "security": [{ "token": [] }, { "password": [] }, { "session": [] }, {}],
    })
}
