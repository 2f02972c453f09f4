//! The class OpenAPI 3.0 of part 1, and what clients look for in the document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::site::{POINTS, Site};
use super::{Suite, ensure, same};

/// Every value of a member anywhere in a document.
fn every<'a>(document: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match document {
        Value::Object(members) => {
            for (key, value) in members {
                if key == name {
                    found.push(value);
                }
                every(value, name, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| every(value, name, found)),
        _ => {}
    }
}

/// Follows a reference inside the document.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => value,
    }
}

pub async fn run(suite: &mut Suite, site: &Site) {
    let got = site.get("/api").await;
    let api = got.json();
    let operations: Vec<(String, String, &Value)> = api["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            let methods = ["get", "post", "put", "patch", "delete"];
            methods
                .into_iter()
                .map(move |method| (path.clone(), method.to_owned(), &item[method]))
        })
        .filter(|(_, _, operation)| operation.is_object())
        .collect();
    suite
        .check("oas30/document", async {
            got.is_of(200, "application/vnd.oai.openapi+json")?;
            let version = api["openapi"].as_str().unwrap_or_default();
            ensure(version.starts_with("3.0."), || version.to_owned())?;
            ensure(
                api["info"]["title"].is_string() && api["info"]["version"].is_string(),
                || api["info"].to_string(),
            )?;
            ensure(operations.len() > 30, || format!("{} operations", operations.len()))
        })
        .await;
    suite
        .check("oas30/describes-every-collection", async {
            let collections = site.get("/collections").await.json();
            for one in collections["collections"].as_array().into_iter().flatten() {
                let home = format!("/collections/{}", one["id"].as_str().unwrap_or_default());
                for path in [format!("{home}/items"), format!("{home}/items/{{featureId}}")] {
                    ensure(api["paths"][&path]["get"].is_object(), || format!("no {path}"))?;
                }
            }
            for path in ["/", "/conformance", "/collections", "/api"] {
                ensure(api["paths"][path]["get"].is_object(), || format!("no {path}"))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("oas30/refers-to-nothing-outside", async {
            let mut found = Vec::new();
            every(&api, "$ref", &mut found);
            for reference in found {
                let text = reference.as_str().unwrap_or_default();
                let there = text
                    .strip_prefix('#')
                    .is_some_and(|pointer| api.pointer(pointer).is_some());
                ensure(there, || text.to_owned())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("oas30/operations-are-named-once", async {
            let names: Vec<&str> = operations
                .iter()
                .filter_map(|(_, _, o)| o["operationId"].as_str())
                .collect();
            let once: BTreeSet<&str> = names.iter().copied().collect();
            same((names.len(), once.len()), (operations.len(), operations.len()))
        })
        .await;
    suite
        .check("oas30/answers-are-described", async {
            for (path, method, operation) in &operations {
                let responses = operation["responses"].as_object().cloned().unwrap_or_default();
                let fine = responses
                    .keys()
                    .any(|status| status.starts_with('2') || status.starts_with('3'));
                let refused = responses
                    .iter()
                    .filter(|(status, _)| status.starts_with('4') || *status == "default");
                let problems = refused.map(|(_, response)| resolve(&api, response));
                let told = problems
                    .clone()
                    .all(|response| response["content"]["application/problem+json"].is_object());
                ensure(fine && told && problems.count() > 0, || {
                    format!("{method} {path}: {responses:?}")
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("oas30/limit-has-its-bounds", async {
            let limit = &api["components"]["parameters"]["limit"]["schema"];
            same(limit["minimum"].as_u64(), Some(1))?;
            let (default, greatest) = (limit["default"].as_u64(), limit["maximum"].as_u64());
            ensure(default.is_some() && default <= greatest, || limit.to_string())?;
            let page = site
                .get(&format!("{POINTS}/items?limit={}", greatest.unwrap_or_default()))
                .await;
            page.is(200)
        })
        .await;
    suite
        .check("oas30/properties-are-parameters-in-line", async {
            let parameters = api["paths"][format!("{POINTS}/items")]["get"]["parameters"].clone();
            let queryables = site.get(&format!("{POINTS}/queryables")).await.json();
            let fields = queryables["properties"].as_object().cloned().unwrap_or_default();
            let simple = fields
                .iter()
                .filter(|(_, of)| matches!(of["type"].as_str(), Some("string" | "number" | "integer" | "boolean")));
            for (name, _) in simple {
                let mut all = parameters.as_array().into_iter().flatten();
                let found = all.find(|parameter| parameter["name"] == name.as_str());
                let fine = found.is_some_and(|parameter| {
                    parameter["in"] == "query"
                        && parameter["style"] == "form"
                        && parameter["explode"] == false
                        && parameter["schema"]["type"].is_string()
                });
                ensure(fine, || format!("{name}: {found:?}"))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("oas30/filter-languages-are-those-that-clients-know", async {
            let parameters = api["paths"][format!("{POINTS}/items")]["get"]["parameters"].clone();
            let mut all = parameters
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| resolve(&api, one));
            let lang = all
                .find(|parameter| parameter["name"] == "filter-lang")
                .cloned()
                .unwrap_or_default();
            let words = lang["schema"]["enum"].as_array().cloned().unwrap_or_default();
            ensure(
                ["cql2-text", "cql2-json", "cql-text"]
                    .iter()
                    .all(|word| words.contains(&Value::from(*word))),
                || lang.to_string(),
            )
        })
        .await;
}
