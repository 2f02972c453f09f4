//! `/collections/{c}/items/{id}/versions`: every version with its instrument, author and reason, and what it changed.

use axum::extract::Path;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ask::{Ask, encode};
use super::difference;
use super::link::{Link, json_of};
use super::negotiate::{HTML, JSON};
use super::reply::Reply;
use super::{collections, html};
use crate::domain::lineage::Lineage;
use crate::domain::schema::Schema;
use crate::domain::value;
use crate::http::problem::{Answer, no_such_page};
use crate::http::who::Cx;
use crate::service::history::{self, Version};
use crate::service::wire;

pub(super) async fn get(Cx(cx): Cx, ask: Ask, Path((name, id)): Path<(String, String)>) -> Answer {
    let schema = collections::known(&name)?;
    let offers = [JSON, HTML];
    let offer = ask.plain(&offers)?;
    let Ok(id) = id.parse::<i64>() else {
        return Ok(no_such_page().await);
    };
    let versions = history::versions(&cx, schema, id).await?;
    let home = ask.base.href(&format!("/collections/{}/items/{id}", schema.collection));
    let links = [
        Link::new("self", offer.media, ask.with(&[])),
        Link::new("item", super::negotiate::GEOJSON.media, home),
    ];
    let reply = if *offer == HTML {
        Reply::page(html::item::history_page(&ask, schema, id, &versions))
    } else {
        let list: Vec<Value> = versions
            .iter()
            .enumerate()
            .map(|(at, version)| told(&ask, schema, id, version, versions.get(at + 1)))
            .collect();
        let body = json!({ "links": json_of(&links), "numberMatched": list.len(), "versions": list });
        Reply::document(offer.media, &body)
    };
    Ok(reply.linked(&links).to(&ask))
}

/// The address under which one version is seen.
pub fn address(ask: &Ask, schema: &Schema, id: i64, version: &Version) -> String {
    let (from, known) = (version.lineage.in_force.from, version.lineage.known.from);
    ask.base.href(&format!(
        "/collections/{}/items/{id}?datetime={}&known-at={}",
        schema.collection,
        encode(&from.to_string()),
        encode(&known.to_string())
    ))
}

/// When and why a version became as it was.
pub fn about(lineage: &Lineage) -> Map<String, Value> {
    let end = |time: Option<Timestamp>| json!(time.map(|t| t.to_string()));
    [
        ("version", json!(lineage.version)),
        ("valid_from", json!(lineage.in_force.from.to_string())),
        ("valid_to", end(lineage.in_force.to)),
        ("known_from", json!(lineage.known.from.to_string())),
        ("known_to", end(lineage.known.to)),
        ("standing", json!(lineage.standing.word())),
        ("class", json!(lineage.class.word())),
        ("instrument", json!(lineage.instrument)),
        ("author", json!(lineage.author)),
        ("approver", json!(lineage.approver)),
        ("reason", json!(lineage.reason)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn told(ask: &Ask, schema: &Schema, id: i64, version: &Version, before: Option<&Version>) -> Value {
    let changed: Vec<Value> = version
        .changed
        .iter()
        .map(|c| json!({ "property": c.field, "before": plain(&c.before), "after": plain(&c.after) }))
        .collect();
    let difference = before.map(|before| {
        let path = difference::path(schema, id, before.lineage.version, version.lineage.version);
        ask.base.href(&path)
    });
    let mut told = about(&version.lineage);
    told.insert("changed".to_owned(), json!(changed));
    told.insert("moved".to_owned(), json!(version.moved));
    told.insert("href".to_owned(), json!(address(ask, schema, id, version)));
    told.insert("difference".to_owned(), json!(difference));
    Value::Object(told)
}

/// A value as JSON.
pub fn plain(value: &value::Value) -> Value {
    let mut bytes = Vec::new();
    wire::value(&mut bytes, value);
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}
