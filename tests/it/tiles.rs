//! Map tiles as a map reads them, decoded by a reader that is not Merestone's.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use geo::Geometry;
use mvt_reader::Reader;
use mvt_reader::feature::Value as Cell;
use serde_json::Value;

use crate::support::{App, app, app_with_borders};

const TEAM_A: &str = "2026-08-06-team-a.gpx";

/// Column and row of the tile that holds a place.
fn tile_at(zoom: u32, lon: f64, lat: f64) -> (u32, u32) {
    let [x, y] = fraction(lon, lat);
    let n = f64::from(1_u32 << zoom);
    ((x * n).floor() as u32, (y * n).floor() as u32)
}

/// A place as shares of the Mercator square from its north-west corner.
fn fraction(lon: f64, lat: f64) -> [f64; 2] {
    let phi = lat.to_radians();
    [(lon + 180.0) / 360.0, 0.5 - phi.tan().asinh() / (2.0 * PI)]
}

/// A decoded feature of one tile.
#[derive(Debug, Clone)]
struct Drawn {
    id: u64,
    cells: BTreeMap<String, Cell>,
    /// For points: shares of the Mercator square.
    at: Option<[f64; 2]>,
}

impl Drawn {
    fn text(&self, key: &str) -> &str {
        match self.cells.get(key) {
            Some(Cell::String(text)) => text,
            _ => "",
        }
    }
}

/// Layers of a tile by name.
fn decode(bytes: Vec<u8>, zoom: u32, column: u32, row: u32) -> BTreeMap<String, Vec<Drawn>> {
    let reader = Reader::new(bytes).unwrap();
    let mut layers = BTreeMap::new();
    for layer in reader.get_layer_metadata().unwrap() {
        assert_eq!((layer.version, layer.extent), (2, 4096), "{}", layer.name);
        let features = reader.get_features(layer.layer_index).unwrap();
        let drawn: Vec<Drawn> = features
            .into_iter()
            .map(|feature| {
                let point = match &feature.geometry {
                    Geometry::Point(point) => Some(point.0),
                    Geometry::MultiPoint(points) => points.0.first().map(|point| point.0),
                    _ => None,
                };
                let n = f64::from(1_u32 << zoom);
                Drawn {
                    id: feature
                        .id
                        .unwrap_or_else(|| panic!("a feature of {} has no id", layer.name)),
                    cells: feature.properties.unwrap_or_default().into_iter().collect(),
                    at: point.map(|p| {
                        let share = |tile: u32, at: f32| (f64::from(tile) + f64::from(at) / 4096.0) / n;
                        [share(column, p.x), share(row, p.y)]
                    }),
                }
            })
            .collect();
        assert!(!drawn.is_empty(), "layer {} is empty", layer.name);
        assert!(layers.insert(layer.name, drawn).is_none(), "a layer comes twice");
    }
    layers
}

struct Map<'a> {
    app: &'a App,
    template: String,
    bbox: [f64; 4],
}

impl<'a> Map<'a> {
    async fn of(app: &'a App, boundary: &str) -> Map<'a> {
        let tilejson = app.json(&format!("/tiles.json?boundary={boundary}")).await;
        Map {
            app,
            template: tilejson["tiles"][0].as_str().unwrap().to_owned(),
            bbox: serde_json::from_value(tilejson["bounds"].clone()).unwrap(),
        }
    }

    async fn get(&self, zoom: u32, column: u32, row: u32) -> reqwest::Response {
        let path = self
            .template
            .replace("{z}", &zoom.to_string())
            .replace("{x}", &column.to_string());
        self.app.get(&path.replace("{y}", &row.to_string())).await
    }

    async fn layers(&self, zoom: u32, column: u32, row: u32) -> BTreeMap<String, Vec<Drawn>> {
        let response = self.get(zoom, column, row).await;
        match response.status().as_u16() {
            204 => BTreeMap::new(),
            200 => {
                let kind = response.headers()["content-type"].to_str().unwrap();
                assert_eq!(kind, "application/vnd.mapbox-vector-tile");
                decode(response.bytes().await.unwrap().to_vec(), zoom, column, row)
            }
            status => panic!("{zoom}/{column}/{row}: {status}"),
        }
    }

    /// All tiles of a zoom over the border and half a tile around it.
    fn tiles(&self, zoom: u32) -> Vec<(u32, u32)> {
        let [west, south, east, north] = self.bbox;
        let half = 180.0 / f64::from(1_u32 << zoom);
        let (left, top) = tile_at(zoom, (west - half).max(-180.0), (north + half / 2.0).min(85.0));
        let (right, bottom) = tile_at(zoom, (east + half).min(179.99), (south - half / 2.0).max(-85.0));
        (top..=bottom)
            .flat_map(|row| (left..=right).map(move |column| (column, row)))
            .collect()
    }

    /// Everything that the tiles of a zoom show, each feature as often as tiles show it.
    async fn everything(&self, zoom: u32) -> BTreeMap<String, Vec<Drawn>> {
        let mut all: BTreeMap<String, Vec<Drawn>> = BTreeMap::new();
        for (column, row) in self.tiles(zoom) {
            for (name, features) in self.layers(zoom, column, row).await {
                all.entry(name).or_default().extend(features);
            }
        }
        all
    }
}

#[tokio::test]
async fn tiles_hold_what_the_tilejson_promises() {
    let app = app_with_borders().await;
    app.walked(TEAM_A).await;
    let tilejson = app.json("/tiles.json?boundary=astrand-veyra").await;
    assert_eq!(tilejson["tilejson"], "3.0.0");
    assert!(tilejson["attribution"].as_str().unwrap().starts_with("Invented"));
    let promised: BTreeMap<String, BTreeMap<String, String>> = tilejson["vector_layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            let fields = serde_json::from_value(layer["fields"].clone()).unwrap();
            (layer["id"].as_str().unwrap().to_owned(), fields)
        })
        .collect();
    let map = Map::of(&app, "astrand-veyra").await;
    // At this zoom the smallest island is larger than a unit of the tile.
    let all = map.everything(13).await;
    assert_eq!(all.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>());
    for (layer, fields) in &promised {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for feature in &all[layer] {
            for (key, cell) in &feature.cells {
                let kind = fields
                    .get(key)
                    .unwrap_or_else(|| panic!("{layer}.{key} is not promised"));
                match cell {
                    Cell::String(_) => assert_eq!(kind, "String", "{layer}.{key}"),
                    Cell::Int(_) | Cell::UInt(_) | Cell::SInt(_) | Cell::Float(_) | Cell::Double(_) => {
                        assert_eq!(kind, "Number", "{layer}.{key}");
                    }
                    other => panic!("{layer}.{key}: {other:?}"),
                }
                seen.insert(key);
            }
        }
        assert_eq!(seen, fields.keys().map(String::as_str).collect(), "{layer}");
        // What is drawn is what the collection holds, by the same ids; of findings only those that are no pass.
        let drawn: BTreeSet<u64> = all[layer].iter().map(|feature| feature.id).collect();
        let items = app
            .json(&format!(
                "/collections/{layer}/items?boundary=astrand-veyra&limit=10000"
            ))
            .await;
        let held: BTreeSet<u64> = items["features"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| {
                layer != "findings" || (item["properties"]["verdict"] != "pass" && !item["geometry"].is_null())
            })
            .map(|item| item["id"].as_u64().unwrap())
            .collect();
        assert_eq!(drawn, held, "{layer}");
    }
    let elements: BTreeSet<&str> = all["markers"].iter().map(|marker| marker.text("label")).collect();
    assert_eq!(elements.len(), 81);
    // A point is drawn where it is: half a unit of the tile, a tenth of a thousandth of its side.
    let items = app
        .json("/collections/markers/items?boundary=astrand-veyra&limit=10000")
        .await;
    let mut compared = 0;
    for item in items["features"].as_array().unwrap() {
        if item["properties"]["constellation"] != "single" {
            continue;
        }
        let at: [f64; 2] = serde_json::from_value(item["geometry"]["coordinates"].clone()).unwrap();
        let expected = fraction(at[0], at[1]);
        for marker in all["markers"]
            .iter()
            .filter(|marker| Some(marker.id) == item["id"].as_u64())
        {
            let at = marker.at.unwrap();
            let unit = 1.0 / (4096.0 * f64::from(1_u32 << 13));
            assert!(
                (0..2).all(|i| (at[i] - expected[i]).abs() < 0.51 * unit),
                "{}",
                marker.text("label")
            );
            compared += 1;
        }
    }
    assert!(compared >= 41, "{compared}");
}

#[tokio::test]
async fn markers_show_how_the_team_did() {
    let app = app_with_borders().await;
    let visited = async || -> BTreeMap<String, String> {
        let map = Map::of(&app, "astrand-veyra").await;
        let all = map.everything(10).await;
        all["markers"]
            .iter()
            .map(|marker| (marker.text("label").to_owned(), marker.text("visited").to_owned()))
            .collect()
    };
    let before = visited().await;
    assert_eq!(before.len(), 81);
    assert!(before.values().all(|state| state == "none"), "{before:?}");
    let receipt = app.walked(TEAM_A).await;
    let after = visited().await;
    let told = &receipt["results"][0]["markers"];
    for outcome in ["visited", "passed", "missed", "left"] {
        for label in told[outcome].as_array().unwrap() {
            assert_eq!(after[label.as_str().unwrap()], outcome, "{label}");
        }
    }
    assert_eq!((after["8"].as_str(), after["19"].as_str()), ("missed", "passed"));
    let map = Map::of(&app, "astrand-veyra").await;
    let all = map.everything(10).await;
    let verdict = |label: &str| {
        let marker = all["markers"]
            .iter()
            .find(|marker| marker.text("label") == label)
            .unwrap();
        marker.text("verdict").to_owned()
    };
    // The faults that were built in, and a marker without.
    assert_eq!(
        ["4", "36(2)", "50", "10"].map(verdict),
        ["fail", "fail", "inconclusive", "pass"]
    );
}

#[tokio::test]
async fn a_tile_that_is_known_is_not_sent_again() {
    let app = app_with_borders().await;
    let map = Map::of(&app, "astrand-veyra").await;
    let [west, south, east, north] = map.bbox;
    let (column, row) = tile_at(8, 0.5 * (west + east), 0.5 * (south + north));
    let first = map.get(8, column, row).await;
    assert_eq!(first.status(), 200);
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(first.headers()["cache-control"].to_str().unwrap().contains("no-cache"));
    let bytes = first.bytes().await.unwrap();
    let path = map
        .template
        .replace("{z}", "8")
        .replace("{x}", &column.to_string())
        .replace("{y}", &row.to_string());
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = app
            .client
            .get(app.url(&path))
            .header("if-none-match", &known)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (again.status().as_u16(), again.headers()["etag"].to_str().unwrap()),
            (304, tag.as_str()),
            "{known}"
        );
        assert!(again.bytes().await.unwrap().is_empty());
    }
    // Without changes the same bytes come again, under the same tag.
    let second = map.get(8, column, row).await;
    assert_eq!(second.headers()["etag"].to_str().unwrap(), tag);
    assert!(second.bytes().await.unwrap() == bytes);

    let template = map.template.clone();
    app.walked(TEAM_A).await;
    let request = app.client.get(app.url(&path)).header("if-none-match", &tag);
    let after = request.send().await.unwrap();
    assert_eq!(after.status(), 200);
    assert_ne!(after.headers()["etag"].to_str().unwrap(), tag);
    let layers = decode(after.bytes().await.unwrap().to_vec(), 8, column, row);
    assert!(layers.contains_key("tracks"), "{:?}", layers.keys());
    // Whoever asks for the TileJSON again gets other addresses, so that no cache on the way can be stale.
    assert_ne!(Map::of(&app, "astrand-veyra").await.template, template);
}

#[tokio::test]
async fn what_is_no_tile_is_said_to_be_none() {
    let app = app_with_borders().await;
    let map = Map::of(&app, "astrand-veyra").await;
    let empty = map.get(10, 512, 512).await;
    assert_eq!(empty.status(), 204);
    assert!(empty.headers().contains_key("etag"));
    assert!(empty.bytes().await.unwrap().is_empty());
    for (path, status) in [
        ("/tiles/WebMercatorQuad/3/8/0?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/3/0/8?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/23/0/0?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/255/0/0?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/256/0/0?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/1/-1/0?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/a/b/c?boundary=astrand-veyra", 404),
        ("/tiles/WebMercatorQuad/0/0/0?boundary=nowhere", 404),
        ("/tiles/WebMercatorQuad/0/0/0", 400),
        ("/tiles/OtherQuad/0/0/0?boundary=astrand-veyra", 404),
        ("/tiles.json?boundary=nowhere", 404),
        ("/tiles.json", 400),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        for lang in ["en", "zh"] {
            assert!(
                !problem["languages"][lang]["detail"].as_str().unwrap().is_empty(),
                "{path}: {problem}"
            );
        }
        assert!(problem["remedy"].is_string(), "{path}: {problem}");
    }
}

#[tokio::test]
async fn no_tile_is_too_heavy_for_a_poor_link() {
    let app = app_with_borders().await;
    app.walked(TEAM_A).await;
    app.walked("2026-08-07-team-b.gpx").await;
    let mut heaviest = (0, String::new());
    for boundary in ["astrand-veyra", "ibc-j"] {
        let map = Map::of(&app, boundary).await;
        let line = app
            .json(&format!("/collections/segments/items?boundary={boundary}&limit=10000"))
            .await;
        let vertices: Vec<[f64; 2]> = line["features"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|segment| segment["geometry"]["coordinates"].as_array().unwrap())
            .map(|at| serde_json::from_value(at.clone()).unwrap())
            .collect();
        let deepest = if boundary == "ibc-j" { 10 } else { 14 };
        for zoom in 0..=deepest {
            let tiles: BTreeSet<(u32, u32)> = vertices.iter().map(|[lon, lat]| tile_at(zoom, *lon, *lat)).collect();
            for (column, row) in tiles {
                let response = map.get(zoom, column, row).await;
                assert!(
                    response.status() == 200,
                    "{boundary} {zoom}/{column}/{row}: {}",
                    response.status()
                );
                let bytes = response.bytes().await.unwrap().len();
                heaviest = heaviest.max((bytes, format!("{boundary} {zoom}/{column}/{row}")));
            }
        }
    }
    eprintln!("the heaviest tile is {} with {} bytes", heaviest.1, heaviest.0);
    assert!(heaviest.0 < 500_000, "{heaviest:?}");
}

#[tokio::test]
async fn whichever_of_two_changes_commits_last_changes_the_version() {
    let app = app().await;
    // A commit of another service is heard of, within milliseconds.
    let version = async || {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        merestone::service::tile::version(&app.cx).await.unwrap()
    };
    let before = version().await;
    let mut slow = app.cx.db.begin().await.unwrap();
    sqlx::raw_sql(
        "insert into upload (upload_id, sha256, file_name, bytes, received_at, uploader, state)
         values (gen_random_uuid(), sha256('x'), 'x', 1, now(), 'test', 'done');
         insert into track (track_id, upload_id, ordinal, n_fixes, n_segments, length_m)
         select gen_random_uuid(), upload_id, 0, 0, 0, 0 from upload",
    )
    .execute(&mut *slow)
    .await
    .unwrap();
    let mut quick = app.cx.db.begin().await.unwrap();
    sqlx::raw_sql(
        "with made as (insert into record (record_id, kind) values (gen_random_uuid(), 'party') returning *)
         insert into party (party_id, feature_id, in_force, known, standing, author, reason, code, names)
         select record_id, feature_id, '[2026-01-01,)', '[2026-01-01,)', 'imported', 'test', 'test', 'AA', '{}' from made;
         insert into audit_event (at, actor, action, kind, subject) values (now(), 'test', 'create', 'parties', 'AA')",
    )
    .execute(&mut *quick)
    .await
    .unwrap();
    quick.commit().await.unwrap();
    let between = version().await;
    slow.commit().await.unwrap();
    let after = version().await;
    assert!(before < between && between < after, "{before} {between} {after}");
}
