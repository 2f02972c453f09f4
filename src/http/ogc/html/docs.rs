//! The OpenAPI document as a page: every operation with its parameters and answers, and a form to try what only reads.

use maud::{Markup, html};
use serde_json::Value;

use super::{Step, page as whole, said};
use crate::domain::schema::{ALL, Group, Schema};
use crate::http::ogc::ask::Ask;

pub fn page(ask: &Ask, document: &Value) -> Markup {
    let empty = Vec::new();
    let tags = document["tags"].as_array().unwrap_or(&empty);
    let operations = operations(document);
    let body = html! {
        p.lead { (document["info"]["description"].as_str().unwrap_or_default()) }
        p.actions {
            a href=(ask.base.href("/api")) { "OpenAPI 3.0" }
            a href=(ask.base.href("/api/3.1")) { "OpenAPI 3.1" }
            a href=(ask.page("/conformance?f=html")) { (said(ask, "Standards", "标准")) }
        }
        p {
            (said(ask, "Layers for QGIS: add a WFS / OGC API Features connection with the address ", "在 QGIS 中：新建 WFS / OGC API Features 连接，地址为 "))
            code { (ask.base.as_str()) "/" }
        }
        @for tag in tags.iter().filter(|tag| GENERAL.contains(&tag["name"].as_str().unwrap_or_default())) {
            @let name = tag["name"].as_str().unwrap_or_default();
            h2 { (tag["description"].as_str().unwrap_or(name)) }
            @for operation in operations.iter().filter(|operation| operation.tag == name) {
                (operation_of(ask, document, operation))
            }
        }
        h2 { (said(ask, "Collections", "数据集")) }
        p.lead { (said(ask, "Each has the same addresses; its own properties are further parameters.", "各数据集的地址相同；其属性可作为参数。")) }
        @for group in Group::ALL {
            h3 { (group.title().get(ask.lang)) }
            ul.names {
                @for schema in ALL.iter().filter(|schema| schema.group == group) {
                    li { a href=(ask.page(&format!("/docs/{}", schema.collection))) { (schema.title.get(ask.lang)) } }
                }
            }
        }
    };
    whole(ask, said(ask, "Interface", "接口"), &[], &body)
}

/// The groups of operations that are not about one collection.
const GENERAL: [&str; 4] = ["Start", "Map", "Files", "Operations"];

/// The operations of one collection.
pub fn one(ask: &Ask, document: &Value, schema: &Schema) -> Markup {
    let home = format!("/collections/{}/", schema.collection);
    let body = html! {
        p.lead { (schema.description.get(ask.lang)) }
        @for operation in operations(document).iter().filter(|operation| operation.path.starts_with(&home)) {
            (operation_of(ask, document, operation))
        }
        p { a href=(ask.page(&format!("/collections/{}/schema?f=html", schema.collection))) { (said(ask, "What a record holds", "字段定义")) } }
    };
    let way = [Step::new(said(ask, "Interface", "接口"), "/docs")];
    whole(ask, schema.title.get(ask.lang), &way, &body)
}

struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    tag: &'a str,
    what: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, what) in methods.as_object().into_iter().flatten() {
            let tag = what["tags"][0].as_str().unwrap_or_default();
            found.push(Operation {
                path,
                method,
                tag,
                what,
            });
        }
    }
    found
}

fn operation_of(ask: &Ask, document: &Value, operation: &Operation<'_>) -> Markup {
    let what = operation.what;
    let parameters: Vec<&Value> = what["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| resolved(document, parameter))
        .collect();
    let can_be_tried = operation.method == "get" && !operation.path.contains('{');
    html! {
        details.operation id=(what["operationId"].as_str().unwrap_or_default()) {
            summary {
                span class={ "method " (operation.method) } { (operation.method.to_uppercase()) }
                code { (operation.path) }
                span.quiet { (what["summary"].as_str().unwrap_or_default()) }
            }
            div {
                @if can_be_tried {
                    p { a href=(ask.base.href(operation.path)) { (said(ask, "Try it", "试用")) } }
                }
                @if !parameters.is_empty() {
                    h3 { (said(ask, "Parameters", "参数")) }
                    div.scroll {
                        table {
                            @for parameter in &parameters {
                                tr {
                                    td { code { (parameter["name"].as_str().unwrap_or_default()) } }
                                    td.quiet { (parameter["in"].as_str().unwrap_or_default()) }
                                    td { (kind(&parameter["schema"])) }
                                    td { (parameter["description"].as_str().unwrap_or_default()) }
                                }
                            }
                        }
                    }
                }
                @if let Some(content) = what["requestBody"]["content"].as_object() {
                    h3 { (said(ask, "Body", "请求内容")) }
                    p { @for media in content.keys() { code { (media) } " " } }
                }
                h3 { (said(ask, "Answers", "应答")) }
                p {
                    @for status in what["responses"].as_object().into_iter().flat_map(|r| r.keys()) {
                        code { (status) } " "
                    }
                }
            }
        }
    }
}

/// What a reference inside the document leads to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn kind(schema: &Value) -> String {
    let mut said = schema["type"].as_str().unwrap_or_default().to_owned();
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        said = words.join(", ");
    }
    if let Some(unit) = schema["x-ogc-unit"].as_str() {
        said.push_str(&format!(" ({unit})"));
    }
    said
}
