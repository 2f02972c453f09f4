//! `/collections/{c}/items/{id}/versions`: every version with its instrument, author and reason, and what it changed.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::{Ask, encode};
use super::link::{Link, json_of};
use super::negotiate::{HTML, JSON};
use super::reply::Reply;
use super::{collections, html};
use crate::domain::schema::Schema;
use crate::domain::value;
use crate::http::problem::{Answer, no_such_page};
use crate::service::history::{self, Version};
use crate::service::{Context, wire};

pub(super) async fn get(State(cx): State<Context>, ask: Ask, Path((name, id)): Path<(String, String)>) -> Answer {
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
        let list: Vec<Value> = versions.iter().map(|v| told(&ask, schema, id, v)).collect();
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

fn told(ask: &Ask, schema: &Schema, id: i64, version: &Version) -> Value {
    let lineage = &version.lineage;
    let end = |time: Option<Timestamp>| time.map(|t| t.to_string());
    let changed: Vec<Value> = version
        .changed
        .iter()
        .map(|c| json!({ "property": c.field, "before": plain(&c.before), "after": plain(&c.after) }))
        .collect();
    json!({
        "version": lineage.version,
        "valid_from": lineage.in_force.from.to_string(),
        "valid_to": end(lineage.in_force.to),
        "known_from": lineage.known.from.to_string(),
        "known_to": end(lineage.known.to),
        "standing": lineage.standing.word(),
        "class": lineage.class.word(),
        "instrument": lineage.instrument,
        "author": lineage.author,
        "reason": lineage.reason,
        "changed": changed,
        "moved": version.moved,
        "href": address(ask, schema, id, version),
    })
}

/// A value as JSON.
fn plain(value: &value::Value) -> Value {
    let mut bytes = Vec::new();
    wire::value(&mut bytes, value);
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}
