//! The OpenAPI document as a page: every operation with its parameters and answers, and a form to try what only reads.

use maud::{Markup, html};
use serde_json::Value;

use super::{page as whole, said};
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
        @for tag in tags {
            @let name = tag["name"].as_str().unwrap_or_default();
            h2 { (tag["description"].as_str().unwrap_or(name)) }
            @for operation in operations.iter().filter(|operation| operation.tag == name) {
                (one(ask, operation))
            }
        }
    };
    whole(ask, said(ask, "Interface", "接口"), &[], &body)
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

fn one(ask: &Ask, operation: &Operation<'_>) -> Markup {
    let what = operation.what;
    let parameters: Vec<&Value> = what["parameters"].as_array().into_iter().flatten().collect();
    let can_be_tried = operation.method == "get" && !operation.path.contains('{');
    html! {
        details.operation id=(what["operationId"].as_str().unwrap_or_default()) {
            summary {
                span class={ "method " (operation.method) } { (operation.method.to_uppercase()) }
                code { (operation.path) }
                span.quiet { (what["summary"].as_str().unwrap_or_default()) }
            }
            div {
                @if can_be_tried && parameters.iter().any(|p| p["in"] == "query") {
                    (form(ask, operation.path, &parameters))
                } @else if can_be_tried {
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

/// A plain form: what it sends is the address that a program would ask.
fn form(ask: &Ask, path: &str, parameters: &[&Value]) -> Markup {
    html! {
        form.ask method="get" action=(ask.base.href(path)) {
            @for parameter in parameters.iter().filter(|p| p["in"] == "query").take(12) {
                @let name = parameter["name"].as_str().unwrap_or_default();
                label {
                    (name)
                    @if let Some(words) = parameter["schema"]["enum"].as_array() {
                        select name=(name) {
                            option value="" {}
                            @for word in words.iter().filter_map(Value::as_str) { option { (word) } }
                        }
                    } @else {
                        input name=(name) type="text" autocomplete="off";
                    }
                }
            }
            button.button type="submit" { (said(ask, "Ask", "查询")) }
        }
    }
}
