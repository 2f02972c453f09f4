//! A page of records: a drawing, a table, the way to the next.

use std::sync::Arc;

use maud::{Markup, html};

use super::drawing::{Drawn, Look, drawing};
use super::value::cell;
use super::{collections, downloads, formats, page as whole, said};
use crate::domain::schema::{Field, Schema, Type, lineage};
use crate::domain::value::Value;
use crate::http::ogc::ask::Ask;
use crate::http::ogc::export::files;
use crate::http::ogc::link::Link;
use crate::http::ogc::parameters::Asked;
use crate::service::features::{Page, Record};

/// Columns beside the first, at most.
const COLUMNS: usize = 8;

pub fn page(ask: &Ask, schema: &'static Schema, asked: &Asked, page: &Page, links: &[Link]) -> Markup {
    let fields = asked.selection.fields();
    let columns = columns(schema, &fields, &page.records, asked.selection.properties.is_some());
    let shapes: Vec<Drawn<'_>> = page
        .records
        .iter()
        .filter(|_| asked.system.address == crate::http::ogc::crs::CRS84)
        .filter_map(|record| {
            Some(Drawn {
                geometry: record.geometry.as_ref()?,
                href: Some(address(ask, schema, record)),
                title: name(schema, &fields, record),
                look: Look::Now,
            })
        })
        .collect();
    let next = links.iter().find(|link| link.rel == "next");
    let body = html! {
        p.lead { (schema.description.get(ask.lang)) }
        (form(ask, schema))
        p { (count(ask, page)) }
        (drawing(&shapes, schema.title.get(ask.lang)))
        @if !page.records.is_empty() {
            div.scroll {
                table.records {
                    thead {
                        tr {
                            th scope="col" { (said(ask, "Record", "记录")) }
                            @for (_, field) in &columns {
                                th scope="col" title=(field.name) { (field.title.get(ask.lang)) }
                            }
                        }
                    }
                    tbody {
                        @for record in &page.records {
                            tr {
                                th scope="row" { a href=(address(ask, schema, record)) { (name(schema, &fields, record)) } }
                                @for (at, field) in &columns {
                                    @let number = matches!(field.kind, Type::Integer | Type::Number);
                                    @let value = record.values.get(*at).unwrap_or(&Value::Null);
                                    td.number[number].long[is_long(value)] { (cell(ask, field, value)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(next) = next {
            p.pages { a.button href=(next.href) rel="next" { (said(ask, "Next page", "下一页")) } }
        }
        (downloads(ask, said(ask, "All that was found as a file", "将全部结果导出为文件"), &files(ask, schema)))
        (formats(ask, &[("GeoJSON", "geojson")]))
    };
    whole(ask, schema.title.get(ask.lang), &collections::way(ask, schema), &body)
}

/// What is read as sentences and not at a glance.
fn is_long(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.chars().count() > 40,
        Value::Texts(texts) => texts.iter().map(|text| text.chars().count() + 2).sum::<usize>() > 40,
        Value::Document(_) => true,
        _ => false,
    }
}

fn address(ask: &Ask, schema: &Schema, record: &Record) -> String {
    ask.page(&format!(
        "/collections/{}/items/{}?f=html",
        schema.collection, record.feature_id
    ))
}

/// What people call a record.
pub fn name(schema: &Schema, fields: &[&'static Field], record: &Record) -> String {
    let natural = fields
        .iter()
        .position(|field| field.name == schema.natural)
        .and_then(|at| record.values.get(at))
        .and_then(Value::as_text);
    natural.map_or_else(|| record.feature_id.to_string(), str::to_owned)
}

/// The fields that are shown, each with its place: those asked for, else the first of which a record of the page says
/// something.
fn columns(
    schema: &Schema,
    fields: &[&'static Field],
    records: &[Arc<Record>],
    all: bool,
) -> Vec<(usize, &'static Field)> {
    let is_lineage = |field: &Field| lineage::FIELDS.iter().any(|known| known.name == field.name);
    let fits = |field: &&'static Field| {
        all || (field.name != schema.natural && field.kind != Type::Document && !is_lineage(field))
    };
    let is_said = |at: usize| {
        records
            .iter()
            .any(|record| record.values.get(at).is_some_and(|value| !value.is_empty()))
    };
    let mut columns: Vec<(usize, &'static Field)> = fields
        .iter()
        .copied()
        .enumerate()
        .filter(|(at, field)| fits(field) && (all || is_said(*at)))
        .take(if all { usize::MAX } else { COLUMNS })
        .collect();
    if !all {
        let since = fields
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, f)| matches!(f.name, "standing" | "valid_from"));
        columns.extend(since);
    }
    columns
}

fn count(ask: &Ask, page: &Page) -> Markup {
    let shown = page.records.len();
    html! {
        @match page.matched {
            Some(0) => (said(ask, "Nothing was found.", "没有记录。")),
            Some(all) => {
                (said(ask, "Shown: ", "显示：")) strong { (shown) }
                (said(ask, ", found: ", "，共：")) strong { (all) }
            }
            None => { (said(ask, "Shown: ", "显示：")) strong { (shown) } (said(ask, ", of very many", "，总数很多")) }
        }
    }
}

/// The questions people ask most: which one, at which boundary, as of when.
fn form(ask: &Ask, schema: &'static Schema) -> Markup {
    let text = |name: &str, words: &str, hint: &str| {
        html! {
            label {
                (words)
                input type="text" name=(name) value=(ask.get(name).unwrap_or_default()) placeholder=(hint) autocomplete="off";
            }
        }
    };
    let natural = schema.field(schema.natural);
    html! {
        form.ask method="get" action=(ask.base.href(&ask.path)) {
            input type="hidden" name="f" value="html";
            @if let Some(lang) = ask.get("lang") { input type="hidden" name="lang" value=(lang); }
            @if schema.is_at_boundary() {
                (text("boundary", said(ask, "Boundary", "国界"), said(ask, "key", "代码")))
            }
            @if let Some(field) = natural {
                (text("filter", said(ask, "Filter", "过滤条件"), &format!("{} = '1'", field.name)))
            }
            (text("datetime", said(ask, "In force at", "生效时间"), "2026-05-01"))
            button.button type="submit" { (said(ask, "Show", "显示")) }
        }
    }
}
