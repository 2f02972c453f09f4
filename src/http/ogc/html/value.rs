//! One value for people.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::schema::{ANY, Field, Type, of};
use crate::domain::text::Lang;
use crate::domain::value::Value;
use crate::http::ogc::ask::{Ask, encode};

/// Characters of a text in a table, at most.
const SHORT: usize = 80;

/// A value in a table: long texts are cut.
pub fn cell(ask: &Ask, field: &Field, value: &Value) -> Markup {
    match value {
        Value::Text(text) if !matches!(field.kind, Type::Code(_) | Type::Reference(_)) => {
            let short: String = text.chars().take(SHORT).collect();
            html! { (short) @if short.len() < text.len() { "…" } }
        }
        Value::Document(_) => html! { "{…}" },
        _ => whole(ask, field, value),
    }
}

/// A value as it is: words of lists with their labels, references as links.
pub fn whole(ask: &Ask, field: &Field, value: &Value) -> Markup {
    match (field.kind, value) {
        (_, Value::Null) => html! {},
        (Type::Code(list), Value::Text(word)) => match list.label(word) {
            Some(label) => html! { span title=(word) { (label.get(ask.lang)) } },
            None => html! { (word) },
        },
        (Type::Reference(collection), Value::Text(text)) => match target(collection, text) {
            Some(path) => html! { a href=(ask.page(&path)) { (text) } },
            None => html! { (text) },
        },
        (_, Value::Text(text)) => html! { (text) },
        (_, Value::Integer(n)) => html! { (n) },
        (_, Value::Number(n)) => {
            // What was computed in metres is not known below the millimetre; what was written down stays as written.
            let computed = field.unit == Some("m") && !field.is_writable();
            let shown = if computed { format!("{n:.3}") } else { n.to_string() };
            html! { (shown) @if let Some(unit) = field.unit.filter(|unit| *unit != "1") { " " (unit) } }
        }
        (_, Value::Flag(flag)) => {
            let words = match (flag, ask.lang == Lang::Zh) {
                (true, false) => "yes",
                (false, false) => "no",
                (true, true) => "是",
                (false, true) => "否",
            };
            html! { (words) }
        }
        (_, Value::Date(date)) => html! { (date) },
        (_, Value::Time(at)) => time(*at),
        (_, Value::Texts(texts)) => html! { (texts.join(", ")) },
        (_, Value::Document(json)) => html! { code { (json) } },
    }
}

/// A time: the day alone where it begins one.
pub fn time(at: Timestamp) -> Markup {
    let whole = at.to_string();
    let shown = match whole.strip_suffix("T00:00:00Z") {
        Some(day) => day.to_owned(),
        None => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    };
    html! { time datetime=(whole) { (shown) } }
}

/// The page that shows what a reference leads to.
fn target(collection: &str, text: &str) -> Option<String> {
    let (collection, label) = if collection == ANY {
        text.split_once('/')?
    } else {
        (collection, text)
    };
    let schema = of(collection)?;
    let natural = schema.field(schema.natural)?;
    Some(format!(
        "/collections/{}/items?{}={}&f=html",
        schema.collection,
        natural.name,
        encode(label)
    ))
}
