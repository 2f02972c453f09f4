//! OGC API Features, part 5: schemas of features.

use reqwest::Method;

use super::site::{JSON, POINTS, SCHEMA, Site};
use super::{Suite, ensure, same};

pub async fn run(suite: &mut Suite, site: &Site) {
    let got = site
        .ask(Method::GET, &format!("{POINTS}/schema"))
        .accept(SCHEMA)
        .send()
        .await;
    let schema = got.json();
    suite
        .check("schemas/answer", async {
            got.is_of(200, SCHEMA)?;
            same(
                schema["$schema"].as_str(),
                Some("https://json-schema.org/draft/2020-12/schema"),
            )?;
            same(
                schema["$id"].as_str(),
                Some(format!("{}{POINTS}/schema", site.base).as_str()),
            )?;
            same(schema["type"].as_str(), Some("object"))?;
            let plain = site
                .ask(Method::GET, &format!("{POINTS}/schema"))
                .accept(JSON)
                .send()
                .await;
            plain.is_of(200, JSON)
        })
        .await;
    suite
        .check("schemas/describe-every-property", async {
            for collection in ["boundary_points", "markers", "segments", "instruments", "ports"] {
                let schema = site.get(&format!("/collections/{collection}/schema")).await.json();
                let first = site.first(&format!("/collections/{collection}")).await?;
                for (name, value) in first["properties"].as_object().into_iter().flatten() {
                    let of = &schema["properties"][name];
                    let kind = of["type"].as_str().unwrap_or_default();
                    let fits = match kind {
                        "string" => value.is_string(),
                        "integer" => value.is_i64(),
                        "number" => value.is_number(),
                        "boolean" => value.is_boolean(),
                        "array" => value.is_array(),
                        _ => of.is_object(),
                    };
                    ensure(value.is_null() || fits, || {
                        format!("{collection}: {name} is {value}, but {of}")
                    })?;
                }
            }
            Ok(())
        })
        .await;
    suite
        .check("schemas/geometry-by-its-format", async {
            for (collection, format) in [
                ("boundary_points", "geometry-point"),
                ("segments", "geometry-linestring"),
                ("sections", "geometry-multilinestring"),
            ] {
                let schema = site.get(&format!("/collections/{collection}/schema")).await.json();
                let mut all = schema["properties"].as_object().into_iter().flatten();
                let found = all.find(|(_, of)| of["x-ogc-role"] == "primary-geometry");
                let (_, of) = found.ok_or_else(|| format!("{collection} has no geometry"))?;
                same(of["format"].as_str(), Some(format))?;
                ensure(of.get("type").is_none(), || of.to_string())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core-roles-features/geometry-and-times", async {
            for role in ["primary-geometry", "primary-interval-start", "primary-interval-end"] {
                let n = schema["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(_, of)| of["x-ogc-role"] == role);
                same((role, n.count()), (role, 1))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("schemas/units", async {
            let sigma = &schema["properties"]["sigma_m"];
            same(sigma["x-ogc-unit"].as_str(), Some("m"))
        })
        .await;
    suite
        .check("schemas/codes-and-bounds", async {
            let markers = site.get("/collections/markers/schema").await.json();
            let kinds = markers["properties"]["kind"]["enum"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            ensure(kinds.contains(&"main".into()), || format!("{kinds:?}"))?;
            same(schema["properties"]["sigma_m"]["minimum"].as_f64(), Some(0.0))
        })
        .await;
    suite
        .check("schemas/what-the-register-gives", async {
            same(schema["properties"]["version"]["readOnly"].as_bool(), Some(true))?;
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            ensure(required.contains(&"number".into()), || format!("{required:?}"))
        })
        .await;
    suite
        .check("schemas/linked-by-both-relations", async {
            let one = site.get(POINTS).await.json();
            let wanted = format!("{}{POINTS}/schema", site.base);
            same(super::site::href(&one, "schema")?, wanted.as_str())?;
            same(super::site::href(&one, "describedby")?, wanted.as_str())
        })
        .await;
}
