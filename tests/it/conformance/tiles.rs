//! OGC API Tiles with vector tiles, and TileJSON. What is in a tile is decoded by a reader that is not Merestone's.

use std::f64::consts::PI;

use mvt_reader::Reader;
use reqwest::Method;
use serde_json::Value;

use super::site::{Got, JSON, MVT, POINTS, Site, href, links, truth};
use super::{Suite, ensure, same};

const GREATEST: usize = 500_000;
const WEB: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";

/// Row and column of the tile that holds a place.
fn tile_at(zoom: u32, lon: f64, lat: f64) -> (u32, u32) {
    let n = f64::from(1_u32 << zoom);
    let y = 0.5 - lat.to_radians().tan().asinh() / (2.0 * PI);
    ((y * n) as u32, ((lon + 180.0) / 360.0 * n) as u32)
}

fn tile(zoom: u32, row: u32, column: u32) -> String {
    format!("{POINTS}/tiles/WebMercatorQuad/{zoom}/{row}/{column}")
}

/// Identifiers in the one layer of a tile.
fn ids(got: &Got, layer: &str) -> Result<Vec<u64>, String> {
    got.is_of(200, MVT)?;
    let reader = Reader::new(got.body.clone()).map_err(|fault| fault.to_string())?;
    let layers = reader.get_layer_metadata().map_err(|fault| fault.to_string())?;
    same(layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), vec![layer])?;
    same((layers[0].version, layers[0].extent), (2, 4096))?;
    let features = reader.get_features(0).map_err(|fault| fault.to_string())?;
    let ids: Vec<u64> = features.iter().filter_map(|feature| feature.id).collect();
    same((ids.len(), ids.contains(&0)), (features.len(), false))?;
    Ok(ids)
}

pub async fn run(suite: &mut Suite, site: &Site) {
    metadata(suite, site).await;
    data(suite, site).await;
    caching(suite, site).await;
}

async fn metadata(suite: &mut Suite, site: &Site) {
    let home = format!("{POINTS}/tiles");
    let set = site.get(&format!("{home}/WebMercatorQuad")).await;
    let body = set.json();
    suite
        .check("geodata-tilesets/linked-from-the-collection", async {
            let one = site.get(POINTS).await.json();
            same(href(&one, "tilesets-vector")?, format!("{}{home}", site.base))
        })
        .await;
    suite
        .check("tilesets-list/answers", async {
            let got = site.get(&home).await;
            got.is_of(200, JSON)?;
            let list = got.json()["tilesets"].as_array().cloned().unwrap_or_default();
            let web = list
                .iter()
                .find(|set| set["tileMatrixSetURI"] == WEB)
                .ok_or_else(|| got.seen())?;
            same(web["dataType"].as_str(), Some("vector"))?;
            ensure(web["crs"].to_string().contains("3857"), || web["crs"].to_string())?;
            same(href(web, "self")?, format!("{}{home}/WebMercatorQuad", site.base))?;
            ensure(!links(web, "tiling-scheme").is_empty(), || web["links"].to_string())
        })
        .await;
    suite
        .check("tileset/answers", async {
            set.is_of(200, JSON)?;
            same(body["tileMatrixSetURI"].as_str(), Some(WEB))?;
            same(body["dataType"].as_str(), Some("vector"))?;
            ensure(body["crs"].to_string().contains("3857"), || body["crs"].to_string())?;
            let layers = body["layers"].as_array().cloned().unwrap_or_default();
            same(
                layers.first().and_then(|layer| layer["id"].as_str()),
                Some("boundary_points"),
            )
        })
        .await;
    suite
        .check("tileset/template", async {
            let items = links(&body, "item");
            let found = items
                .iter()
                .find(|link| link["type"] == MVT)
                .cloned()
                .unwrap_or_default();
            same(found["templated"].as_bool(), Some(true))?;
            let wanted = format!(
                "{}{home}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
                site.base
            );
            same(found["href"].as_str(), Some(wanted.as_str()))
        })
        .await;
    suite
        .check("tilematrixset/linked-and-listed", async {
            let scheme = site.get(&href(&body, "tiling-scheme")?).await;
            scheme.is_of(200, JSON)?;
            let matrices = scheme.json()["tileMatrices"].as_array().cloned().unwrap_or_default();
            let fine = matrices.iter().enumerate().all(|(zoom, matrix)| {
                matrix["id"].as_str() == Some(&zoom.to_string())
                    && matrix["matrixWidth"] == 1_u64 << zoom
                    && matrix["matrixHeight"] == 1_u64 << zoom
                    && matrix["tileWidth"].is_u64()
                    && matrix["pointOfOrigin"][0]
                        .as_f64()
                        .is_some_and(|x| (x + 20_037_508.342_789_2).abs() < 1e-3)
            });
            ensure(matrices.len() > 14 && fine, || scheme.seen())?;
            let list = site.get("/tileMatrixSets").await;
            list.is_of(200, JSON)?;
            let all = list.json()["tileMatrixSets"].as_array().cloned().unwrap_or_default();
            ensure(all.iter().any(|set| set["id"] == "WebMercatorQuad"), || list.seen())?;
            let landing = site.get("/").await.json();
            same(
                href(&landing, "tiling-schemes")?,
                format!("{}/tileMatrixSets", site.base),
            )
        })
        .await;
    suite
        .check("tiles-core/declared", async {
            let classes = site.get("/conformance").await.json()["conformsTo"].clone();
            for class in ["core", "tileset", "tilesets-list", "geodata-tilesets", "mvt"] {
                let uri = format!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{class}");
                ensure(
                    classes
                        .as_array()
                        .is_some_and(|all| all.contains(&Value::from(uri.clone()))),
                    || uri,
                )?;
            }
            Ok(())
        })
        .await;
    suite
        .check("tilejson/of-a-collection", async {
            let all = [links(&body, "describedby"), links(&body, "alternate")].concat();
            let named = all
                .iter()
                .find(|link| link.to_string().to_ascii_lowercase().contains("tilejson"));
            let address = named
                .and_then(|link| link["href"].as_str())
                .ok_or_else(|| body["links"].to_string())?;
            let got = site.ask(Method::GET, address).send().await;
            got.is(200)?;
            let body = got.json();
            same(body["tilejson"].as_str(), Some("3.0.0"))?;
            let template = body["tiles"][0].as_str().unwrap_or_default();
            let (z, y, x) = (template.find("{z}"), template.find("{y}"), template.find("{x}"));
            ensure(template.starts_with("http") && z < y && y < x && z.is_some(), || {
                template.to_owned()
            })?;
            same(body["vector_layers"][0]["id"].as_str(), Some("boundary_points"))?;
            same(body["vector_layers"][0]["fields"]["number"].as_str(), Some("String"))?;
            same(body["minzoom"].as_u64(), Some(0))?;
            ensure(body["maxzoom"].as_u64() >= Some(14), || body["maxzoom"].to_string())?;
            ensure(body["bounds"].as_array().is_some_and(|b| b.len() == 4), || {
                body["bounds"].to_string()
            })
        })
        .await;
}

async fn data(suite: &mut Suite, site: &Site) {
    let points = truth();
    let ours: Vec<u64> = {
        let all = site.all(POINTS).await.unwrap_or_default();
        all.iter().filter_map(|feature| feature["id"].as_u64()).collect()
    };
    let zooms = async |zooms: std::ops::RangeInclusive<u32>| -> Result<Vec<(u32, Got)>, String> {
        let mut all = Vec::new();
        for zoom in zooms {
            let (row, column) = tile_at(zoom, points[0].lon, points[0].lat);
            all.push((zoom, site.get(&tile(zoom, row, column)).await));
        }
        Ok(all)
    };
    suite
        .check("mvt/features-have-stable-identifiers", async {
            for (zoom, got) in zooms(0..=14).await? {
                let seen = ids(&got, "boundary_points")?;
                ensure(!seen.is_empty() && seen.iter().all(|id| ours.contains(id)), || {
                    format!("{zoom}: {seen:?}")
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("mvt/every-collection-with-geometry", async {
            for collection in ["markers", "segments", "sections", "islands", "ports", "projects"] {
                let (row, column) = tile_at(7, -168.0, 42.5);
                let path = format!("/collections/{collection}/tiles/WebMercatorQuad/7/{row}/{column}");
                ids(&site.get(&path).await, collection)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("mvt/none-is-great", async {
            for (zoom, got) in zooms(0..=14).await? {
                ensure(got.body.len() <= GREATEST, || {
                    format!("zoom {zoom}: {} bytes", got.body.len())
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("tiles-core/empty", async {
            let got = site.get(&tile(14, 0, 0)).await;
            got.is(204)?;
            same(got.body.len(), 0)
        })
        .await;
    suite
        .check("tiles-core/outside-the-matrix", async {
            for (zoom, row, column) in [(3, 8, 0), (3, 0, 8), (0, 0, 1), (40, 0, 0)] {
                site.get(&tile(zoom, row, column)).await.problem(404)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("tiles-core/no-numbers", async {
            for path in [
                "/tiles/WebMercatorQuad/a/0/0",
                "/tiles/WebMercatorQuad/0/-1/0",
                "/tiles/NoSuchScheme/0/0/0",
            ] {
                let got = site.get(&format!("{POINTS}{path}")).await;
                ensure(matches!(got.status, 400 | 404), || got.seen())?;
                got.problem(got.status)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("tiles-core/as-of-a-date", async {
            let (row, column) = tile_at(7, points[0].lon, points[0].lat);
            let got = site
                .query(&tile(7, row, column), &[("datetime", "1000-01-01T00:00:00Z")])
                .await;
            ensure(got.status == 204, || got.seen())?;
            let got = site
                .query(&tile(7, row, column), &[("datetime", "2100-01-01T00:00:00Z")])
                .await;
            ids(&got, "boundary_points").map(drop)
        })
        .await;
}

async fn caching(suite: &mut Suite, site: &Site) {
    let points = truth();
    let (row, column) = tile_at(10, points[0].lon, points[0].lat);
    let path = tile(10, row, column);
    suite
        .check("tiles-core/not-modified", async {
            let got = site.get(&path).await;
            let tag = got.header("etag").to_owned();
            ensure(tag.ends_with('"') && !got.header("cache-control").is_empty(), || {
                format!("ETag {tag:?}")
            })?;
            let again = site.ask(Method::GET, &path).header("if-none-match", &tag).send().await;
            again.is(304)?;
            same((again.body.len(), again.header("etag")), (0, tag.as_str()))
        })
        .await;
    suite
        .check("tiles-core/a-change-changes-the-tag", async {
            let before = site.get(&path).await;
            let body = serde_json::json!({
                "type": "Feature", "geometry": { "type": "Point", "coordinates": [points[0].lon, points[0].lat] },
                "properties": { "boundary": "astrand-veyra", "number": "new" },
            });
            let created = site
                .ask(Method::POST, &format!("{POINTS}/items"))
                .json("application/geo+json", &body)
                .send()
                .await;
            created.is(201)?;
            let ask = site
                .ask(Method::GET, &path)
                .header("if-none-match", before.header("etag"));
            let after = ask.send().await;
            let (before, after) = (ids(&before, "boundary_points")?, ids(&after, "boundary_points")?);
            same(after.len(), before.len() + 1)
        })
        .await;
    suite
        .check("tiles-core/head", async {
            let head = site.ask(Method::HEAD, &path).send().await;
            head.is_of(200, MVT)?;
            same(head.header("etag"), site.get(&path).await.header("etag"))
        })
        .await;
    suite
        .check("mvt/packed-bytes-say-so", async {
            let plain = site
                .ask(Method::GET, &path)
                .header("accept-encoding", "identity")
                .send()
                .await;
            same(
                (plain.header("content-encoding"), plain.body.first().copied()),
                ("", Some(0x1a)),
            )?;
            let packed = site
                .ask(Method::GET, &path)
                .header("accept-encoding", "gzip")
                .send()
                .await;
            let bytes = if packed.header("content-encoding") == "gzip" {
                let mut bytes = Vec::new();
                let mut reader = flate2::read::GzDecoder::new(&packed.body[..]);
                std::io::Read::read_to_end(&mut reader, &mut bytes).map_err(|fault| fault.to_string())?;
                bytes
            } else {
                packed.body
            };
            ensure(bytes == plain.body, || "other bytes".to_owned())
        })
        .await;
}
