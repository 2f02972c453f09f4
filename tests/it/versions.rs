//! Versions: what is written is read again, at any date, and nothing is overwritten.

use merestone::domain::moment::InForce;
use merestone::domain::problem::{Code, Problem};
use merestone::domain::schema::{self, Schema};
use merestone::domain::value::{Draft, Value};
use merestone::geom::shape::Geometry;
use merestone::service::edit::{Act, Edit, Mode, Written};
use merestone::service::features::{self, Coordinates, Found, Record, Selection, When};
use merestone::service::{Context, Error};

use reqwest::Method;
use serde_json::json;

use crate::support::app::{App, app_with_borders};
use crate::support::second;

fn schema(collection: &str) -> &'static Schema {
    schema::of(collection).unwrap()
}

fn draft(schema: &'static Schema, values: &[(&str, Value)]) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in values {
        draft.set(schema.field(name).unwrap().name, value.clone());
    }
    draft
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Problem {
    match result.unwrap_err() {
        Error::Refused(problem) => *problem,
        Error::Fault(fault) => panic!("{fault}"),
    }
}

fn value<'a>(schema: &Schema, record: &'a Record, name: &str) -> &'a Value {
    let at = schema.fields().position(|field| field.name == name).unwrap();
    &record.values[at]
}

async fn read(cx: &Context, schema: &'static Schema, id: i64, when: When) -> Record {
    let wanted = Selection {
        when,
        ..Selection::of(schema)
    };
    match features::item(cx, &wanted, id).await.unwrap() {
        Found::Record(record) => *record,
        Found::Gone => panic!("{id} is gone"),
    }
}

fn at(instant: &str) -> When {
    When {
        in_force: Some(InForce::At(instant.parse().unwrap())),
        known: None,
    }
}

/// A point of the invented border in the sea of its frame.
fn point(app: &App, number: &str) -> Edit {
    let _ = app;
    let schema = schema("boundary_points");
    let mut draft = draft(
        schema,
        &[
            ("number", text(number)),
            ("boundary", text("astrand-veyra")),
            ("sigma_m", Value::Number(0.02)),
        ],
    );
    draft.geometry = Some(Some(Geometry::Point([-168.123_456_789_01, 42.5])));
    Edit::new(draft)
}

#[tokio::test]
async fn every_kind_of_record_can_be_read_in_every_way() {
    let app = app_with_borders().await;
    for schema in schema::ALL {
        let now = features::page(&app.cx, &Selection::of(schema))
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", schema.kind));
        assert!(now.records.len() <= 10, "{}", schema.kind);
        let within = When {
            in_force: Some(InForce::Within {
                from: None,
                to: Some(app.cx.clock.now()),
            }),
            known: Some(app.cx.clock.now()),
        };
        for wanted in [
            Selection {
                when: within,
                ..Selection::of(schema)
            },
            Selection {
                coordinates: Coordinates::System(merestone::crs::Crs::lookup("EPSG:4490").unwrap()),
                ..Selection::of(schema)
            },
            Selection {
                area: Some(features::Area::Box([170.0, -80.0, -60.0, 80.0])),
                ..Selection::of(schema)
            },
            Selection {
                boundary: Some("astrand-veyra".to_owned()),
                ..Selection::of(schema)
            },
        ] {
            features::page(&app.cx, &wanted)
                .await
                .unwrap_or_else(|e| panic!("{}: {e}", schema.kind));
        }
        // Sorting by each field in turn, two a page, gives each record once.
        for field in schema.fields() {
            let mut wanted = Selection {
                sort: vec![(field, true)],
                limit: 3,
                ..Selection::of(schema)
            };
            let mut seen = Vec::new();
            for _ in 0..4 {
                let page = features::page(&app.cx, &wanted)
                    .await
                    .unwrap_or_else(|e| panic!("{}.{}: {e}", schema.kind, field.name));
                seen.extend(page.records.iter().map(|record| record.feature_id));
                wanted.after = page.next;
                if wanted.after.is_none() {
                    break;
                }
            }
            let n = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), n, "{}.{}", schema.kind, field.name);
        }
    }
}

#[tokio::test]
async fn a_change_is_a_new_version_and_the_old_one_can_be_read() {
    let app = app_with_borders().await;
    let (cx, points) = (&app.cx, schema("boundary_points"));
    let Written { feature_id, version } = second::create(cx, points, &point(&app, "X1")).await.unwrap();
    assert_eq!(version, 1);
    let first = read(cx, points, feature_id, When::default()).await;
    assert_eq!(first.geometry, Some(Geometry::Point([-168.123_456_789_01, 42.5])));
    assert_eq!(value(points, &first, "standing"), &text("imported"));
    let known_before = cx.clock.now();

    let mut change = Edit::new(draft(points, &[("sigma_m", Value::Number(0.5))]));
    let second = second::change(cx, points, feature_id, Some(1), &change, Mode::Patch)
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    let now = read(cx, points, feature_id, When::default()).await;
    assert_eq!(value(points, &now, "sigma_m"), &Value::Number(0.5));
    assert_eq!(value(points, &now, "number"), &text("X1"));
    assert_eq!(now.geometry, first.geometry);
    let then = When {
        in_force: None,
        known: Some(known_before),
    };
    assert_eq!(
        value(points, &read(cx, points, feature_id, then).await, "sigma_m"),
        &Value::Number(0.02)
    );

    // The version that was read is not the one that is there any more.
    assert_eq!(
        refusal(second::change(cx, points, feature_id, Some(1), &change, Mode::Patch).await).code,
        Code::Stale
    );

    // Published, it takes an instrument and a reason; all that is missing is said at once.
    change.draft = draft(points, &[("standing", text("in_force"))]);
    let problem = refusal(second::change(cx, points, feature_id, Some(2), &change, Mode::Patch).await);
    let missing: Vec<&str> = problem.mistakes.iter().map(|m| m.at.as_str()).collect();
    assert_eq!(missing, ["#/properties/instrument", "#/properties/reason"]);
    change.draft = draft(
        points,
        &[
            ("standing", text("in_force")),
            ("instrument", text("protocol-1998")),
            ("reason", text("measured anew")),
            ("valid_from", Value::Time("2026-01-01T00:00:00Z".parse().unwrap())),
        ],
    );
    let published = second::change(cx, points, feature_id, Some(2), &change, Mode::Patch)
        .await
        .unwrap();
    let now = read(cx, points, feature_id, When::default()).await;
    assert_eq!(now.version, published.version);
    assert_eq!(value(points, &now, "instrument"), &text("protocol-1998"));
    // In force, it is changed only by who names the version.
    change.draft = draft(points, &[("sigma_m", Value::Number(0.1))]);
    assert_eq!(
        refusal(second::change(cx, points, feature_id, None, &change, Mode::Patch).await).code,
        Code::VersionRequired
    );
    change.draft = draft(
        points,
        &[
            ("sigma_m", Value::Number(0.1)),
            ("instrument", text("protocol-1998")),
            ("reason", text("a finer survey")),
            ("valid_from", Value::Time("2026-06-01T00:00:00Z".parse().unwrap())),
        ],
    );
    second::change(cx, points, feature_id, Some(now.version), &change, Mode::Patch)
        .await
        .unwrap();
    let spring = read(cx, points, feature_id, at("2026-03-01T00:00:00Z")).await;
    assert_eq!(value(points, &spring, "sigma_m"), &Value::Number(0.5));
    assert_eq!(value(points, &spring, "standing"), &text("historical"));
    let summer = read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await;
    assert_eq!(value(points, &summer, "sigma_m"), &Value::Number(0.1));
    assert_eq!(value(points, &summer, "standing"), &text("in_force"));

    // Retired: gone now, there at its time.
    let bye = draft(
        points,
        &[
            ("instrument", text("protocol-1998")),
            ("reason", text("no longer needed")),
        ],
    );
    let act = Act::Retire {
        feature_id,
        expected: Some(summer.version),
        draft: bye,
    };
    second::carry_out(cx, points, act).await.unwrap();
    let found = features::item(cx, &Selection::of(points), feature_id).await.unwrap();
    assert_eq!(found, Found::Gone);
    assert_eq!(read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await.values, {
        let mut values = summer.values.clone();
        let last = read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await.values;
        for (slot, value) in values.iter_mut().zip(last) {
            *slot = value;
        }
        values
    });
}

#[tokio::test]
async fn the_position_of_a_marker_is_that_of_its_first_element() {
    let app = app_with_borders().await;
    let (cx, markers) = (&app.cx, schema("markers"));
    let mut new = draft(
        markers,
        &[
            ("number", text("900")),
            ("boundary", text("astrand-veyra")),
            ("sigma_m", Value::Number(0.02)),
            ("keeper", text("AST")),
        ],
    );
    new.geometry = Some(Some(Geometry::Point([-168.1, 42.5])));
    let id = second::create(cx, markers, &Edit::new(new.clone()))
        .await
        .unwrap()
        .feature_id;
    let record = read(cx, markers, id, When::default()).await;
    assert_eq!(record.geometry, Some(Geometry::Point([-168.1, 42.5])));
    assert_eq!(value(markers, &record, "keeper"), &text("AST"));
    assert_eq!(value(markers, &record, "sigma_m"), &Value::Number(0.02));
    // The number is in use now.
    assert_eq!(
        refusal(second::create(cx, markers, &Edit::new(new)).await).code,
        Code::NumberTaken
    );
    let mut moved = Draft {
        geometry: Some(Some(Geometry::Point([-168.2, 42.6]))),
        ..Draft::default()
    };
    moved.set("sigma_m", Value::Number(0.05));
    second::change(cx, markers, id, None, &Edit::new(moved), Mode::Patch)
        .await
        .unwrap();
    let record = read(cx, markers, id, When::default()).await;
    assert_eq!(record.geometry, Some(Geometry::Point([-168.2, 42.6])));
    assert_eq!(value(markers, &record, "sigma_m"), &Value::Number(0.05));
    assert_eq!(record.version, 2);
}

/// Registers a feature over the interface; its address without the host.
async fn registered(app: &App, collection: &str, geometry: serde_json::Value, properties: serde_json::Value) -> String {
    let mut properties = properties;
    properties["boundary"] = json!("astrand-veyra");
    let body = json!({ "type": "Feature", "geometry": geometry, "properties": properties });
    let response = app
        .client
        .post(app.url(&format!("/collections/{collection}/items")))
        .header("content-type", "application/geo+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let status = response.status();
    let location = response.headers().get("location").cloned();
    assert_eq!(status, 201, "{}", response.text().await.unwrap());
    location
        .unwrap()
        .to_str()
        .unwrap()
        .strip_prefix(&app.base)
        .unwrap()
        .to_owned()
}

async fn patched(app: &App, path: &str, body: serde_json::Value) {
    let response = app
        .client
        .patch(app.url(path))
        .header("content-type", "application/merge-patch+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204, "{}", response.text().await.unwrap());
}

#[track_caller]
fn near(found: &serde_json::Value, expect: f64, tolerance: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - expect).abs() <= tolerance, "{found} is not {expect}");
}

/// What the numbers must be was computed with GeographicLib's own library for Python (2.0) on the ellipsoid of EPSG:4490.
#[tokio::test]
async fn two_versions_of_a_line_are_compared_on_the_ellipsoid() {
    let app = app_with_borders().await;
    let line = |positions: serde_json::Value| json!({ "type": "LineString", "coordinates": positions });
    let old = json!([[-168.2, 42.7], [-168.232_074_568_258, 42.622_517_407_971]]);
    let item = registered(&app, "segments", line(old), json!({ "section": "S1", "ordinal": 901 })).await;
    // The same geodesic 25 m to the right, then as it was with a corner pushed out by 40 m, then the old one again.
    let new = json!([
        [-168.200_291_782_423, 42.700_065_797_603],
        [-168.232_366_022_384, 42.622_583_124_818]
    ]);
    patched(&app, &item, json!({ "geometry": line(new) })).await;
    let bent = json!([
        [-168.2, 42.7],
        [-168.213_798_581_292, 42.665_459_310_882],
        [-168.232_074_568_258, 42.622_517_407_971]
    ]);
    let words = json!({ "description_en": "Bent <b>east</b>", "movability": "movable" });
    patched(&app, &item, json!({ "geometry": line(bent), "properties": words })).await;

    let one = app.json(&format!("{item}/versions/1/difference/2")).await;
    let ground = &one["difference"];
    near(&ground["maximum_m"], 25.000_006, 1e-4);
    near(&ground["mean_m"], 25.000_004, 1e-4);
    near(&ground["area_m2"], 225_000.037, 0.05);
    assert_eq!(
        (
            &ground["kind"],
            &ground["position_kind"],
            &ground["crs"],
            &ground["epoch"]
        ),
        (&json!("lines"), &json!("legal"), &json!("EPSG:4490"), &json!(2000.0))
    );
    // The length follows from the line, and is told as what differs.
    let changed = |found: &serde_json::Value| -> Vec<String> {
        let all = found["changed"].as_array().unwrap().iter();
        all.map(|c| c["property"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(changed(&one), ["length_m"]);

    let two = app.json(&format!("{item}/versions/1/difference/3")).await;
    near(&two["difference"]["maximum_m"], 40.0, 1e-4);
    near(&two["difference"]["mean_m"], 20.0, 0.02);
    near(&two["difference"]["area_m2"], 180_000.008, 0.05);
    near(&two["difference"]["new_place"][0], -168.213_798_581_292, 1e-12);
    assert_eq!(changed(&two), ["movability", "length_m", "description_en"]);
    let movability = &two["changed"][0];
    assert_eq!(
        (&movability["before"], &movability["after"]),
        (&json!("fixed"), &json!("movable"))
    );
    assert_eq!(movability["after_text"], "movable by nature");
    // Backwards it is the same but for the sides.
    let back = app.json(&format!("{item}/versions/3/difference/1")).await;
    assert_eq!(back["difference"]["maximum_m"], two["difference"]["maximum_m"]);
    assert_eq!(back["difference"]["old_place"], two["difference"]["new_place"]);
    // A version does not differ from itself.
    let none = app.json(&format!("{item}/versions/2/difference/2")).await;
    assert_eq!(
        (&none["difference"]["maximum_m"], &none["changed"]),
        (&json!(0.0), &json!([]))
    );

    // As features: both lines, and the greatest distance from one to the other.
    let drawn = app.json(&format!("{item}/versions/1/difference/3?f=geojson")).await;
    let roles: Vec<&str> = drawn["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["old", "new", "difference"]);
    assert_eq!(drawn["features"][2]["geometry"]["type"], "LineString");

    // For people, in both languages, with what they typed escaped.
    let page = format!("{item}/versions/1/difference/3?f=html");
    let english = app.get(&page).await.text().await.unwrap();
    for words in [
        "Greatest distance",
        "40.000 m",
        "180000.0 m²",
        "EPSG:4490",
        "&lt;b&gt;east",
        "<svg",
    ] {
        assert!(english.contains(words), "no {words} in {english}");
    }
    let chinese = app.get(&format!("{page}&lang=zh")).await.text().await.unwrap();
    assert!(
        chinese.contains("最大偏距") && chinese.contains("法定位置"),
        "{chinese}"
    );
    // The list of versions leads there.
    let versions = app.json(&format!("{item}/versions")).await;
    assert_eq!(
        versions["versions"][0]["difference"],
        format!("{}{item}/versions/2/difference/3", app.base)
    );
    assert!(versions["versions"][2]["difference"].is_null());
    let list = app.get(&format!("{item}/versions?f=html")).await.text().await.unwrap();
    assert!(list.contains("/versions/1/difference/2?f=html"), "{list}");

    // The same vertices joined by another kind of line are another line.
    let parallel = line(json!([[-168.2, 42.7], [-168.1, 42.7]]));
    let words = json!({ "section": "S1", "ordinal": 902 });
    let item = registered(&app, "segments", parallel, words).await;
    patched(&app, &item, json!({ "properties": { "line_type": "parallel" } })).await;
    let found = app.json(&format!("{item}/versions/1/difference/2")).await;
    near(&found["difference"]["maximum_m"], 1.212_263_6, 2e-4);
    near(&found["difference"]["area_m2"], 6_621.91, 1.0);
    assert_eq!(changed(&found), ["line_type", "length_m"]);
}

#[tokio::test]
async fn points_and_surfaces_are_compared_too_and_what_is_not_there_is_refused() {
    let app = app_with_borders().await;
    let item = registered(
        &app,
        "boundary_points",
        json!({ "type": "Point", "coordinates": [-168.123_456_789, 42.5] }),
        json!({ "number": "D1", "sigma_m": 0.02 }),
    )
    .await;
    let moved = json!({ "type": "Point", "coordinates": [-168.110_449_296_536, 42.505_555_914_946] });
    patched(&app, &item, json!({ "geometry": moved })).await;
    let found = app.json(&format!("{item}/versions/1/difference/2")).await;
    near(&found["difference"]["distance_m"], 1234.5, 1e-6);
    near(&found["difference"]["azimuth_deg"], 60.0, 1e-6);
    assert_eq!(found["difference"]["position_kind"], "legal");

    let square = |east: f64| {
        let ring = json!([
            [-168.12, 42.5],
            [east, 42.5],
            [east, 42.51],
            [-168.12, 42.51],
            [-168.12, 42.5]
        ]);
        json!({ "type": "Polygon", "coordinates": [ring] })
    };
    let water = registered(
        &app,
        "shared_waters",
        square(-168.11),
        json!({ "number": "W901", "kind": "river" }),
    )
    .await;
    patched(&app, &water, json!({ "geometry": square(-168.10) })).await;
    let found = app.json(&format!("{water}/versions/1/difference/2")).await;
    let ground = &found["difference"];
    let (gained, lost) = (
        ground["gained_m2"].as_f64().unwrap(),
        ground["lost_m2"].as_f64().unwrap(),
    );
    assert!((gained - lost - 913_019.337).abs() < 0.05, "{gained} {lost}");
    // The longer edges lie farther north than the shorter ones between the same degrees.
    assert!((lost - 19.917).abs() < 0.05, "{lost}");

    // Which there is not, on any of the paths.
    let ghost = item.replace("boundary_points", "markers");
    for path in [
        format!("{item}/versions/1/difference/9"),
        format!("{item}/versions/0/difference/1"),
        format!("{item}/versions/x/difference/1"),
        format!("{item}/versions/1/difference/99999999999"),
        format!("{ghost}/versions/1/difference/2"),
        "/collections/boundary_points/items/777777777/versions/1/difference/2".to_owned(),
        "/collections/nothing/items/1/versions/1/difference/2".to_owned(),
    ] {
        let response = app.get(&path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    let path = format!("{item}/versions/1/difference/2");
    assert_eq!(app.get(&format!("{path}?nothing=1")).await.status(), 400);
    // The habits of every address: HEAD, OPTIONS, 304.
    let ask = async |method: Method, tag: Option<&str>| {
        let mut request = app.client.request(method, app.url(&path));
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        request.send().await.unwrap()
    };
    let head = ask(Method::HEAD, None).await;
    assert_eq!(head.status(), 200);
    let tag = head.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(ask(Method::GET, Some(&tag)).await.status(), 304);
    let options = ask(Method::OPTIONS, None).await;
    assert!(options.status().is_success());
    assert_eq!(options.headers()["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(ask(Method::POST, None).await.status(), 405);
    // A further version changes what is told of the one before it.
    patched(&app, &item, json!({ "properties": { "sigma_m": 0.5 } })).await;
    assert_eq!(ask(Method::GET, Some(&tag)).await.status(), 200);
    // Retired, its versions can still be compared.
    let gone = app.client.delete(app.url(&item)).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(app.get(&item).await.status(), 410);
    near(&app.json(&path).await["difference"]["distance_m"], 1234.5, 1e-6);
}

#[tokio::test]
async fn a_border_is_in_force_since_its_instruments_are_not_since_it_was_taken_over() {
    let app = app_with_borders().await;
    // Treaty 1 February 1995, protocols 1 May 1999 and 15 March 2013; known since now.
    for (day, boundaries, sections, segments, markers) in [
        ("1995-01-31", 0, 0, 0, 0),
        ("1995-02-02", 1, 0, 0, 0),
        ("1999-04-30", 1, 0, 0, 0),
        ("1999-05-02", 1, 4, 13, 55),
        ("2013-03-16", 1, 4, 13, 60),
    ] {
        let mut seen = Vec::new();
        for (collection, of) in [
            ("boundaries", "filter=key=%27astrand-veyra%27"),
            ("sections", "boundary=astrand-veyra"),
            ("segments", "boundary=astrand-veyra"),
            ("markers", "boundary=astrand-veyra"),
        ] {
            let path = format!("/collections/{collection}/items?{of}&datetime={day}T00:00:00Z&limit=1");
            seen.push(app.json(&path).await["numberMatched"].as_i64().unwrap());
        }
        assert_eq!(seen, [boundaries, sections, segments, markers], "{day}");
    }
    let path = "/collections/markers/items?boundary=astrand-veyra&datetime=2014-01-01&known-at=2014-01-01T00:00:00Z";
    assert_eq!(app.json(path).await["numberMatched"], 0);
    // A file of records that cite an instrument and say no time follows the same rule; others begin now.
    let points = json!({
        "type": "FeatureCollection",
        "features": [
            { "type": "Feature", "geometry": { "type": "Point", "coordinates": [-168.0, 42.5] },
              "properties": { "number": "Q1", "sigma_m": 0.1, "instrument": "protocol-2012" } },
            { "type": "Feature", "geometry": { "type": "Point", "coordinates": [-168.0, 42.51] },
              "properties": { "number": "Q2", "sigma_m": 0.1 } },
        ],
    });
    let sent = app
        .client
        .post(app.url("/collections/boundary_points/import?boundary=astrand-veyra"))
        .header("content-type", "application/geo+json")
        .body(points.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200, "{}", sent.text().await.unwrap());
    for (day, matched) in [("2013-03-14T00:00:00Z", 0), ("2013-03-15T00:00:00Z", 1), ("..", 2)] {
        let asked = if day == ".." {
            String::new()
        } else {
            format!("&datetime={day}")
        };
        let path = format!("/collections/boundary_points/items?filter=number%20in%20(%27Q1%27,%27Q2%27){asked}");
        assert_eq!(app.json(&path).await["numberMatched"], matched, "{day}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_named_although_all_names_are_forgotten_meanwhile() {
    let app = app_with_borders().await;
    let labels = app.cx.memory.labels.clone();
    let forgetting = tokio::task::spawn_blocking(move || {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while std::time::Instant::now() < end {
            labels.forget();
        }
    });
    let path = "/collections/markers/items?boundary=astrand-veyra&limit=100&filter=number%20%3C%3E%20%27";
    let mut rounds = 0;
    while !forgetting.is_finished() {
        let page = app.json(&format!("{path}x{rounds}%27")).await;
        for marker in page["features"].as_array().unwrap() {
            assert!(marker["properties"]["section"].is_string(), "{marker}");
        }
        rounds += 1;
    }
    forgetting.await.unwrap();
    assert!(rounds > 5, "{rounds}");
}
