//! Features as GeoJSON: the class of part 1, and RFC 7946.

use std::collections::BTreeSet;

use serde_json::Value;

use super::site::{GEOJSON, POINTS, Site, truth};
use super::{Suite, ensure, same};

/// Twice the area of a ring, positive where it runs counter-clockwise.
fn turn(ring: &Value) -> f64 {
    let xy = |p: &Value| (p[0].as_f64().unwrap_or_default(), p[1].as_f64().unwrap_or_default());
    let points: Vec<(f64, f64)> = ring.as_array().into_iter().flatten().map(xy).collect();
    points.windows(2).map(|w| w[0].0 * w[1].1 - w[1].0 * w[0].1).sum()
}

pub async fn run(suite: &mut Suite, site: &Site) {
    let page = site.query(&format!("{POINTS}/items"), &[("limit", "1000")]).await;
    let features = page.features();
    suite
        .check("geojson/media-type", async {
            page.is_of(200, GEOJSON)?;
            let item = site.get(&format!("{POINTS}/items/{}", features[0]["id"])).await;
            item.is_of(200, GEOJSON)
        })
        .await;
    suite
        .check("geojson/members-of-a-feature", async {
            for feature in &features {
                let fine = feature["type"] == "Feature"
                    && feature["properties"].is_object()
                    && feature["geometry"].is_object();
                ensure(fine, || feature.to_string())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("geojson/geometry-null-where-there-is-none", async {
            let got = site.get("/collections/instruments/items").await;
            got.is_of(200, GEOJSON)?;
            let all = got.features();
            let null = all.iter().all(|feature| feature.get("geometry") == Some(&Value::Null));
            ensure(!all.is_empty() && null, || got.seen())
        })
        .await;
    suite
        .check("rfc7946/longitude-first", async {
            for point in truth() {
                let found = features
                    .iter()
                    .find(|f| f["properties"]["number"] == point.number.as_str());
                let at = &found.ok_or_else(|| format!("{} is missing", point.number))?["geometry"]["coordinates"];
                let near = |at: &Value, wanted: f64| at.as_f64().is_some_and(|at| (at - wanted).abs() < 5.1e-10);
                ensure(near(&at[0], point.lon) && near(&at[1], point.lat), || at.to_string())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("rfc7946/no-member-crs", async {
            ensure(
                page.json().get("crs").is_none() && features.iter().all(|f| f.get("crs").is_none()),
                || page.seen(),
            )
        })
        .await;
    suite
        .check("rfc7946/rings-turn-left", async {
            let all = site.all("/collections/islands").await?;
            ensure(!all.is_empty(), || "no island".to_owned())?;
            for island in all {
                let rings = island["geometry"]["coordinates"].clone();
                let polygons: Vec<Value> = match island["geometry"]["type"].as_str() {
                    Some("MultiPolygon") => rings.as_array().cloned().unwrap_or_default(),
                    _ => vec![rings],
                };
                for polygon in polygons {
                    for (index, ring) in polygon.as_array().into_iter().flatten().enumerate() {
                        ensure((turn(ring) > 0.0) == (index == 0), || island.to_string())?;
                        same(&ring[0], &ring[ring.as_array().map_or(0, Vec::len) - 1])?;
                    }
                }
            }
            Ok(())
        })
        .await;
    suite
        .check("rfc7946/text-is-utf-8", async {
            let got = site.get("/collections/ports/items?limit=10").await;
            ensure(got.text().contains("口岸"), || got.seen())?;
            ensure(!got.text().contains("\\u"), || got.seen())
        })
        .await;
    suite
        .check("geojson/identifiers-are-positive-integers", async {
            for collection in ["boundary_points", "markers", "segments", "islands", "instruments"] {
                let all = site.all(&format!("/collections/{collection}")).await?;
                let ids: BTreeSet<i64> = all
                    .iter()
                    .filter_map(|f| f["id"].as_i64())
                    .filter(|id| *id > 0)
                    .collect();
                same((collection, ids.len()), (collection, all.len()))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("geojson/every-property-on-every-feature", async {
            for collection in ["boundary_points", "markers", "segments", "ports", "instruments"] {
                let all = site.all(&format!("/collections/{collection}")).await?;
                let names = |f: &Value| -> BTreeSet<String> {
                    f["properties"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(name, _)| name.clone())
                        .collect()
                };
                let first = names(&all[0]);
                let odd = all.iter().find(|f| names(f) != first);
                ensure(odd.is_none() && first.len() > 5, || {
                    format!("{collection}: {first:?}, but {odd:?}")
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("geojson/one-geometry-type-a-collection", async {
            for (collection, kinds) in [
                ("boundary_points", ["Point", "Point"]),
                ("markers", ["Point", "Point"]),
                ("segments", ["LineString", "LineString"]),
                ("sections", ["LineString", "MultiLineString"]),
                ("islands", ["Polygon", "MultiPolygon"]),
            ] {
                let all = site.all(&format!("/collections/{collection}")).await?;
                let seen: BTreeSet<&str> = all.iter().filter_map(|f| f["geometry"]["type"].as_str()).collect();
                let known = seen.iter().all(|kind| kinds.contains(kind));
                ensure(seen.len() == 1 && known, || format!("{collection}: {seen:?}"))?;
            }
            Ok(())
        })
        .await;
}
