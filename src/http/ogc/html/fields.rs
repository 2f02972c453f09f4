//! The fields of a kind of record, as a table.

use maud::{Markup, html};

use super::{formats, page as whole, said};
use crate::domain::schema::{Field, Presence, Schema, Type, of};
use crate::http::ogc::ask::Ask;
use crate::http::ogc::html::collections::way;
use crate::http::ogc::schema::is_queryable;

/// The page of a schema, or of what one may ask by.
pub fn page(ask: &Ask, schema: &'static Schema, which: &str) -> Markup {
    let queryables = which != "schema";
    let title = match which {
        "queryables" => said(ask, "What one may ask by", "可查询项"),
        "sortables" => said(ask, "What one may sort by", "可排序项"),
        _ => said(ask, "What a record holds", "字段定义"),
    };
    let body = html! {
        (table(ask, schema, queryables))
        (formats(ask, &[("JSON Schema", "schema")]))
    };
    whole(ask, title, &way(ask, schema), &body)
}

/// All fields, or only those by which one may ask.
pub fn table(ask: &Ask, schema: &'static Schema, queryables: bool) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { (said(ask, "Field", "字段")) }
                        th scope="col" { (said(ask, "Meaning", "含义")) }
                        th scope="col" { (said(ask, "Type", "类型")) }
                        th scope="col" { (said(ask, "Values", "取值")) }
                    }
                }
                tbody {
                    @for field in schema.fields().filter(|field| !queryables || is_queryable(field)) {
                        tr {
                            td { code { (field.name) } }
                            td {
                                (field.title.get(ask.lang))
                                @if !queryables { (presence(ask, field)) }
                            }
                            td { (kind(ask, field)) @if let Some(unit) = field.unit { " (" (unit) ")" } }
                            td { (values(ask, field)) }
                        }
                    }
                }
            }
        }
    }
}

fn presence(ask: &Ask, field: &Field) -> Markup {
    html! {
        @match field.presence {
            Presence::Required => { " " span.mark { (said(ask, "required", "必填")) } }
            Presence::ReadOnly => { " " span.mark.quiet { (said(ask, "given by the register", "由系统填写")) } }
            Presence::Optional => {}
        }
    }
}

fn kind(ask: &Ask, field: &Field) -> &'static str {
    match field.kind {
        Type::Text => said(ask, "text", "文本"),
        Type::Integer => said(ask, "whole number", "整数"),
        Type::Number => said(ask, "number", "数值"),
        Type::Flag => said(ask, "yes or no", "是/否"),
        Type::Date => said(ask, "date", "日期"),
        Type::Time => said(ask, "time", "时间"),
        Type::Code(_) => said(ask, "word of a list", "代码"),
        Type::Reference(_) => said(ask, "reference", "引用"),
        Type::Texts => said(ask, "texts", "多个文本"),
        Type::Document => said(ask, "structured", "结构化数据"),
    }
}

fn values(ask: &Ask, field: &Field) -> Markup {
    html! {
        @if let Type::Code(list) = field.kind {
            @for (index, (code, label)) in list.codes.iter().enumerate() {
                @if index > 0 { ", " }
                code { (code) } " " span.quiet { (label.get(ask.lang)) }
            }
        }
        @if let Type::Reference(collection) = field.kind {
            @if let Some(schema) = of(collection) {
                a href=(ask.page(&format!("/collections/{collection}?f=html"))) { (schema.title.get(ask.lang)) }
            } @else {
                (collection)
            }
        }
        @if let Some((least, greatest)) = field.range { (least) " – " (greatest) }
    }
}
