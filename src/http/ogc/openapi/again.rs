//! `Idempotency-Key`, at every operation that remembers what was done under one.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::parts::{To, in_header};
use crate::http::answers::remembers;
use crate::service::answers::LONGEST;

/// The header, and the name of the shared parameter.
pub const NAME: &str = "Idempotency-Key";

/// What a key is.
pub fn parameter(to: To) -> Value {
    let mut parameter = in_header(
        NAME,
        to.said(
            "A key of your own making, new for each request: sent again with it, the same request is answered again and \
             not done again, for 48 hours; without it, it is done each time",
            "自行生成的键，每个请求各用一个：48 小时内以同一键重发同一请求，只重复应答而不重复执行；不带键则每次都执行",
        ),
    );
    parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": LONGEST });
    parameter
}

/// Adds the key, and the refusals that come of it, where it is remembered.
pub fn keys(paths: &mut Map<String, Value>) {
    for (path, methods) in paths {
        let Value::Object(methods) = methods else { continue };
        for (method, operation) in methods {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            if !remembers(path, &method) {
                continue;
            }
            if let Some(parameters) = operation["parameters"].as_array_mut() {
                parameters.push(json!({ "$ref": format!("#/components/parameters/{NAME}") }));
            }
            if let Some(responses) = operation["responses"].as_object_mut() {
                for status in [400, 409, 422] {
                    responses
                        .entry(status.to_string())
                        .or_insert_with(|| json!({ "$ref": format!("#/components/responses/Problem{status}") }));
                }
            }
        }
    }
}
