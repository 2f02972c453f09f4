//! `/collections/{c}/schema` and `/collections/{c}/queryables`: what a record holds, and what one may ask by, as
//! JSON Schema (OGC API Features, parts 3 and 5).

use axum::extract::Path;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::link::Link;
use super::negotiate::{HTML, JSON, Offer, SCHEMA};
use super::reply::Reply;
use super::{collections, html};
use crate::domain::schema::{Field, Presence, Schema, Shape, Type};
use crate::domain::text::Lang;
use crate::http::problem::Answer;
use crate::service::wire::ABOUT_POSITION;

const OFFERS: [Offer; 3] = [SCHEMA, JSON, HTML];

/// The name by which filters and schemas call the geometry.
pub const GEOMETRY: &str = "geometry";

pub(super) async fn schema(ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    give(
        &ask,
        schema,
        "schema",
        whole(schema, ask.lang, &ask.base.href(&ask.path)),
    )
}

pub(super) async fn queryables(ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    let body = by_which_to_ask(schema, ask.lang, &ask.base.href(&ask.path));
    give(&ask, schema, "queryables", body)
}

pub(super) async fn sortables(ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    let body = described(schema, ask.lang, &ask.base.href(&ask.path), None, is_sortable);
    give(&ask, schema, "sortables", body)
}

fn give(ask: &Ask, schema: &'static Schema, page: &'static str, body: Value) -> Answer {
    let offer = ask.plain(&OFFERS)?;
    let home = format!("/collections/{}", schema.collection);
    let links = [
        Link::new("self", offer.media, ask.with(&[])),
        Link::new("collection", JSON.media, ask.base.href(&home)),
    ];
    let reply = if *offer == HTML {
        Reply::page(html::fields::page(ask, schema, page))
    } else {
        Reply::document(offer.media, &body)
    };
    Ok(reply.linked(&links).to(ask))
}

/// Everything a record holds, for reading and for writing.
pub fn whole(schema: &Schema, lang: Lang, id: &str) -> Value {
    let mut properties = Map::new();
    if let Some(format) = format(schema.shape) {
        let geometry = json!({
            "title": if lang == Lang::Zh { "几何" } else { "Geometry" },
            "format": format,
            "x-ogc-role": "primary-geometry",
            "x-ogc-propertySeq": 1,
        });
        properties.insert(GEOMETRY.to_owned(), geometry);
    }
    for (index, field) in schema.fields().enumerate() {
        let mut property = property(field, lang);
        property.insert("x-ogc-propertySeq".to_owned(), json!(index + 2));
        if let Some(role) = role(field) {
            property.insert("x-ogc-role".to_owned(), json!(role));
        }
        properties.insert(field.name.to_owned(), Value::Object(property));
    }
    if format(schema.shape).is_some() {
        properties.extend(about_position(lang));
    }
    let required: Vec<&str> = schema
        .fields()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.name)
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "title": schema.title.get(lang),
        "description": schema.description.get(lang),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What is told with a position: how it came to be what it is.
fn about_position(lang: Lang) -> [(String, Value); 2] {
    let zh = lang == Lang::Zh;
    let [kind, accuracy] = ABOUT_POSITION;
    [
        (
            kind.to_owned(),
            json!({
                "title": if zh { "坐标性质" } else { "Kind of position" },
                "description": if zh {
                    "legal：法定坐标；transformed：由法定坐标经已公布的变换得到；display：仅供显示"
                } else {
                    "legal: as the instrument has it; transformed: that, by a published operation; display: for maps only"
                },
                "type": "string",
                "enum": ["legal", "transformed", "display"],
                "readOnly": true,
            }),
        ),
        (
            accuracy.to_owned(),
            json!({
                "title": if zh { "变换精度" } else { "Accuracy of the operation" },
                "type": "number",
                "x-ogc-unit": "m",
                "x-ogc-unitLang": "UCUM",
                "readOnly": true,
            }),
        ),
    ]
}

/// What filters and parameters may name.
pub fn by_which_to_ask(schema: &Schema, lang: Lang, id: &str) -> Value {
    described(schema, lang, id, format(schema.shape), is_queryable)
}

/// Some of the fields, for those who ask by them.
fn described(schema: &Schema, lang: Lang, id: &str, geometry: Option<&str>, which: impl Fn(&Field) -> bool) -> Value {
    let mut properties = Map::new();
    if let Some(format) = geometry {
        let title = if lang == Lang::Zh { "几何" } else { "Geometry" };
        let geometry = json!({ "title": title, "format": format, "x-ogc-role": "primary-geometry" });
        properties.insert(GEOMETRY.to_owned(), geometry);
    }
    for field in schema.fields().filter(|field| which(field)) {
        let mut property = property(field, lang);
        property.remove("readOnly");
        property.remove("default");
        properties.insert(field.name.to_owned(), Value::Object(property));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "title": schema.title.get(lang),
        "description": schema.description.get(lang),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Lists have no order.
pub fn is_sortable(field: &Field) -> bool {
    is_queryable(field) && field.kind != Type::Texts
}

/// Structured values are read whole; nothing is asked of their inside.
pub fn is_queryable(field: &Field) -> bool {
    field.kind != Type::Document
}

/// The word for a shape in the register of formats of OGC API Features, part 5.
pub const fn format(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::None => None,
        Shape::Point => Some("geometry-point"),
        Shape::Line => Some("geometry-linestring"),
        Shape::Lines => Some("geometry-multilinestring"),
        Shape::Polygon => Some("geometry-polygon"),
        Shape::Any => Some("geometry-any"),
    }
}

fn role(field: &Field) -> Option<&'static str> {
    match field.name {
        "valid_from" => Some("primary-interval-start"),
        "valid_to" => Some("primary-interval-end"),
        _ if matches!(field.kind, Type::Reference(_)) => Some("reference"),
        _ => None,
    }
}

/// One field as a property of a JSON Schema.
fn property(field: &Field, lang: Lang) -> Map<String, Value> {
    let mut property = Map::new();
    property.insert("title".to_owned(), json!(field.title.get(lang)));
    let mut say = |name: &str, value: Value| {
        property.insert(name.to_owned(), value);
    };
    match field.kind {
        Type::Text => say("type", json!("string")),
        Type::Integer => say("type", json!("integer")),
        Type::Number => say("type", json!("number")),
        Type::Flag => say("type", json!("boolean")),
        Type::Date => {
            say("type", json!("string"));
            say("format", json!("date"));
        }
        Type::Time => {
            say("type", json!("string"));
            say("format", json!("date-time"));
        }
        Type::Code(list) => {
            say("type", json!("string"));
            say("enum", list.words().collect());
            let labels: Map<String, Value> = list
                .codes
                .iter()
                .map(|(code, label)| ((*code).to_owned(), json!(label.get(lang))))
                .collect();
            say("x-enum-labels", Value::Object(labels));
            say(
                "description",
                json!(format!("{} ({})", list.title.get(lang), list.source)),
            );
        }
        Type::Reference(collection) => {
            say("type", json!("string"));
            say("x-ogc-collectionId", json!(collection));
        }
        Type::Texts => {
            say("type", json!("array"));
            say("items", json!({ "type": "string" }));
        }
        Type::Document => {
            let words = if lang == Lang::Zh {
                "结构化数据，原样读写"
            } else {
                "A structured value, read and written as it is"
            };
            say("description", json!(words));
        }
    }
    if let Some((least, greatest)) = field.range {
        say("minimum", number(field, least));
        say("maximum", number(field, greatest));
    }
    if let Some(unit) = field.unit {
        say("x-ogc-unit", json!(unit));
        say("x-ogc-unitLang", json!("UCUM"));
    }
    if !field.is_writable() {
        say("readOnly", Value::Bool(true));
    }
    if let Some(default) = field.default {
        say("default", json!(default));
    }
    property
}

/// A bound, without a fraction where the field has none.
fn number(field: &Field, value: f64) -> Value {
    if field.kind == Type::Integer || (value.fract() == 0.0 && value.abs() < 1e15) {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// One field as the schema of a query parameter, without what only documents say.
pub fn parameter(field: &Field, lang: Lang) -> Value {
    let mut property = property(field, lang);
    for name in [
        "title",
        "description",
        "readOnly",
        "default",
        "x-ogc-collectionId",
        "x-enum-labels",
        "x-ogc-unitLang",
    ] {
        property.remove(name);
    }
    if field.kind == Type::Texts {
        return json!({ "type": "string" });
    }
    Value::Object(property)
}
