//! Requests as clients send them, and answers with what is asked of them again and again.

use merestone::service::Context;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::Value;

use super::{Checked, ensure, same};
use crate::support::{App, bearer, second};

pub const JSON: &str = "application/json";
pub const GEOJSON: &str = "application/geo+json";
pub const MERGE: &str = "application/merge-patch+json";
pub const PROBLEM: &str = "application/problem+json";
pub const SCHEMA: &str = "application/schema+json";
pub const MVT: &str = "application/vnd.mapbox-vector-tile";
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
pub const REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/";

/// The collection of points that most checks ask.
pub const POINTS: &str = "/collections/boundary_points";

/// The address of a system of the EPSG register.
pub fn epsg(code: u32) -> String {
    format!("http://www.opengis.net/def/crs/EPSG/0/{code}")
}

/// The points of the sample border, read from its file.
pub struct Point {
    pub number: String,
    pub section: String,
    pub lon: f64,
    pub lat: f64,
}

pub fn truth() -> Vec<Point> {
    let file: Value = serde_json::from_slice(&crate::support::sample("astrand-veyra/boundary_points.geojson")).unwrap();
    let points: Vec<Point> = file["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| Point {
            number: feature["properties"]["number"].as_str().unwrap().to_owned(),
            section: feature["properties"]["section"].as_str().unwrap().to_owned(),
            lon: feature["geometry"]["coordinates"][0].as_f64().unwrap(),
            lat: feature["geometry"]["coordinates"][1].as_f64().unwrap(),
        })
        .collect();
    assert!(points.len() > 40);
    points
}

pub struct Site {
    pub base: String,
    pub token: String,
    client: Client,
    cx: Context,
}

impl Site {
    /// Approves what was only proposed, as a second person.
    pub async fn approve(&self, got: &Got) -> Checked {
        got.is(202)?;
        let number = got.json()["number"].as_i64().ok_or_else(|| got.seen())?;
        let approved = second::approve(&self.cx, number).await;
        approved.map(drop).map_err(|why| why.to_string())
    }

    pub fn new(app: &App) -> Self {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(bearer(&app.token))
            .build()
            .unwrap();
        Self {
            cx: app.cx.clone(),
            base: app.base.clone(),
            token: app.token.clone(),
            client,
        }
    }

    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        Ask {
            site: self,
            method,
            url: Url::parse(&url).unwrap(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// As a program that wants JSON.
    pub async fn get(&self, path: &str) -> Got {
        self.ask(Method::GET, path)
            .accept(&format!("{GEOJSON}, {JSON};q=0.9, */*;q=0.1"))
            .send()
            .await
    }

    /// With these parameters, percent-encoded.
    pub async fn query(&self, path: &str, parameters: &[(&str, &str)]) -> Got {
        let ask = self
            .ask(Method::GET, path)
            .accept(&format!("{GEOJSON}, {JSON};q=0.9, */*;q=0.1"));
        ask.with(parameters).send().await
    }

    /// All features of a collection by the pages of its links; the parameters go with the first request only.
    pub async fn walk(&self, collection: &str, parameters: &[(&str, &str)]) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        let mut page = self.query(&format!("{collection}/items"), parameters).await;
        for _ in 0..10_000 {
            page.is(200)?;
            all.extend(page.features());
            match page.links("next").first() {
                Some(next) => page = self.get(next["href"].as_str().unwrap_or_default()).await,
                None => return Ok(all),
            }
        }
        Err("the pages do not end".to_owned())
    }

    /// Everything in a collection at once.
    pub async fn all(&self, collection: &str) -> Result<Vec<Value>, String> {
        self.walk(collection, &[("limit", "10000")]).await
    }

    /// The first feature of a collection.
    pub async fn first(&self, collection: &str) -> Result<Value, String> {
        let page = self.query(&format!("{collection}/items"), &[("limit", "1")]).await;
        page.is(200)?;
        page.features().pop().ok_or_else(|| format!("{collection} is empty"))
    }
}

pub struct Ask<'a> {
    site: &'a Site,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub fn accept(self, media: &str) -> Self {
        self.header("accept", media)
    }

    pub fn with(mut self, parameters: &[(&str, &str)]) -> Self {
        if !parameters.is_empty() {
            self.url.query_pairs_mut().extend_pairs(parameters);
        }
        self
    }

    pub fn body(mut self, media: &str, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media)
    }

    /// A body whose media type nobody says.
    pub fn untyped(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    pub fn json(self, media: &str, body: &Value) -> Self {
        self.body(media, body.to_string())
    }

    pub async fn send(self) -> Got {
        let url = self.url.to_string();
        let mut request = self.site.client.request(self.method, self.url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        Got {
            url,
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

pub struct Got {
    pub url: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    /// The body, or null where it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The words of a header that is a list.
    pub fn list(&self, name: &str) -> Vec<String> {
        let all = self.headers.get_all(name);
        let texts = all.iter().filter_map(|value| value.to_str().ok());
        texts
            .flat_map(|text| text.split(','))
            .map(|word| word.trim().to_ascii_lowercase())
            .collect()
    }

    pub fn media(&self) -> &str {
        self.header("content-type").split(';').next().unwrap_or_default().trim()
    }

    pub fn seen(&self) -> String {
        format!("{} gave {} {} {}", self.url, self.status, self.media(), self.text())
    }

    pub fn is(&self, status: u16) -> Checked {
        ensure(self.status == status, || format!("not {status}: {}", self.seen()))
    }

    pub fn is_of(&self, status: u16, media: &str) -> Checked {
        self.is(status)?;
        ensure(self.media() == media, || format!("not {media}: {}", self.seen()))
    }

    /// A refusal as RFC 9457 describes it.
    pub fn problem(&self, status: u16) -> Checked {
        self.is_of(status, PROBLEM)?;
        let body = self.json();
        same(body["status"].as_u64(), Some(u64::from(status)))?;
        ensure(
            ["type", "title", "detail"]
                .iter()
                .all(|name| body[name].as_str().is_some_and(|text| !text.is_empty())),
            || self.seen(),
        )
    }

    pub fn links(&self, rel: &str) -> Vec<Value> {
        links(&self.json(), rel)
    }

    pub fn features(&self) -> Vec<Value> {
        self.json()["features"].as_array().cloned().unwrap_or_default()
    }

    /// Identifiers of the features, in their order.
    pub fn ids(&self) -> Vec<i64> {
        self.features()
            .iter()
            .filter_map(|feature| feature["id"].as_i64())
            .collect()
    }
}

/// The links of a relation; a relation of OGC may be named by its last word.
pub fn links(body: &Value, rel: &str) -> Vec<Value> {
    let of_rel = |link: &&Value| link["rel"] == rel || link["rel"] == format!("{REL}{rel}");
    body["links"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(of_rel)
        .cloned()
        .collect()
}

/// The address of the one link of a relation.
pub fn href(body: &Value, rel: &str) -> Result<String, String> {
    let found = links(body, rel);
    let href = found.first().and_then(|link| link["href"].as_str());
    href.map(str::to_owned)
        .ok_or_else(|| format!("no link {rel} in {}", body["links"]))
}

pub fn ids_of(features: &[Value]) -> Vec<i64> {
    features.iter().filter_map(|feature| feature["id"].as_i64()).collect()
}

pub fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}
