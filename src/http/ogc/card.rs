//! `/collections/{c}/items/{id}/card`: a record with all that the map shows of it.

use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::ask::{Ask, COMMON, refuse_mistakes};
use super::collections;
use super::negotiate::{GEOJSON, JSON};
use super::versions::about;
use crate::domain::collection::Collection;
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Field, Schema, Type, Writes, lineage};
use crate::domain::text::{Lang, Message};
use crate::domain::value::Value as Held;
use crate::http::problem::{Answer, no_such_page};
use crate::http::who::Cx;
use crate::service::features::{self, Found, Selection, When};
use crate::service::wire::{Axes, geometry};
use crate::service::{Context, history, view};

pub(super) async fn get(Cx(cx): Cx, ask: Ask, Path((name, id)): Path<(String, String)>) -> Answer {
    let when = when(&ask)?;
    ask.offer(&[GEOJSON, JSON])?;
    let Ok(id) = id.parse::<i64>() else {
        return Ok(no_such_page().await);
    };
    let body = match Collection::from_name(&name) {
        Some(collection) => of_the_map(&cx, collection, id, when).await?,
        None => of_any_kind(&cx, &ask, collections::known(&name)?, id, when).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, GEOJSON.media),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, body.to_string()).into_response())
}

/// The moment asked for.
fn when(ask: &Ask) -> Result<When, Problem> {
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| {
        matches!(name, "datetime" | "known-at") || COMMON.contains(&name)
    });
    let mut wrong = |at: &str, said: Message| {
        let detail = Message::new(format!("{at} {}.", said.en), format!("{at} {}。", said.zh));
        let at = at.to_owned();
        mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
    };
    let in_force = ask
        .get("datetime")
        .and_then(|text| time::datetime(text).map_err(|said| wrong("datetime", said)).ok());
    let known = ask
        .get("known-at")
        .and_then(|text| time::known_at(text).map_err(|said| wrong("known-at", said)).ok());
    refuse_mistakes(mistakes)?;
    Ok(When { in_force, known })
}

async fn of_the_map(cx: &Context, collection: Collection, id: i64, when: When) -> Answer<Value> {
    let card = view::card(cx, collection, id, when).await?;
    let mut properties: Map<String, Value> = card.item.properties.as_object().cloned().unwrap_or_default();
    properties.extend(card.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(json!({
        "type": "Feature",
        "id": card.item.feature_id,
        "geometry": card.item.geometry,
        "properties": properties,
    }))
}

/// A record that the map does not draw: its fields with their words, as they stand in its schema.
async fn of_any_kind(cx: &Context, ask: &Ask, schema: &'static Schema, id: i64, when: When) -> Answer<Value> {
    let wanted = Selection {
        when,
        ..Selection::of(schema)
    };
    let Found::Record(record) = features::item(cx, &wanted, id).await? else {
        return Err(Problem::new(
            Code::NotFound,
            Message::new(
                format!("Record {id} of {} is not in force at this time.", schema.collection),
                format!("{}的记录 {id} 在该时间不生效。", schema.title.zh),
            ),
            Message::new("Its versions are at /versions.", "其各版本见 /versions。"),
        )
        .into());
    };
    let mut properties = Map::new();
    let mut names = Map::new();
    let mut facts = Vec::new();
    for (field, held) in schema.fields().zip(&record.values) {
        if held.is_null() || lineage::FIELDS.iter().any(|known| known.name == field.name) {
            continue;
        }
        if let (Some(lang), Held::Text(text)) = (field.name.strip_prefix("name_"), held) {
            names.insert(lang.to_owned(), json!(text));
        } else if field.name == schema.natural {
            properties.insert("number".to_owned(), json!(held.as_text()));
        } else if let Some(text) = said(ask, field, held) {
            facts.push(json!({ "field": field.name, "title": field.title.get(ask.lang), "text": text }));
        }
    }
    properties.insert("names".to_owned(), Value::Object(names));
    properties.insert("kind_title".to_owned(), json!(schema.title.get(ask.lang)));
    properties.insert("facts".to_owned(), Value::Array(facts));
    if schema.writes == Writes::Versions {
        let versions = history::lineages(cx, schema, id).await?;
        let versions: Vec<Value> = versions.iter().map(|lineage| Value::Object(about(lineage))).collect();
        properties.insert("versions".to_owned(), Value::Array(versions));
    }
    let shape = record.geometry.as_ref().and_then(|shape| {
        let mut text = Vec::new();
        geometry(&mut text, shape, Axes::XY);
        serde_json::from_slice::<Value>(&text).ok()
    });
    Ok(json!({ "type": "Feature", "id": id, "geometry": shape, "properties": properties }))
}

/// A value in words; none of what is only for programs.
pub fn said(ask: &Ask, field: &Field, held: &Held) -> Option<String> {
    let unit = field.unit.filter(|unit| *unit != "1").map(|unit| format!(" {unit}"));
    let unit = unit.unwrap_or_default();
    Some(match (field.kind, held) {
        (Type::Code(list), Held::Text(word)) => list
            .label(word)
            .map_or_else(|| word.clone(), |label| label.get(ask.lang).to_owned()),
        (_, Held::Text(text)) => text.clone(),
        (_, Held::Integer(n)) => format!("{n}{unit}"),
        (_, Held::Number(n)) => format!("{n}{unit}"),
        (_, Held::Flag(flag)) => {
            let words = match (flag, ask.lang == Lang::Zh) {
                (true, false) => "yes",
                (false, false) => "no",
                (true, true) => "是",
                (false, true) => "否",
            };
            words.to_owned()
        }
        (_, Held::Date(date)) => date.to_string(),
        (_, Held::Time(time)) => time.to_string(),
        (_, Held::Texts(texts)) => texts.join(", "),
        (_, Held::Null | Held::Document(_)) => return None,
    })
}
