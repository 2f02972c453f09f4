//! Files of records sent over HTTP: what becomes of every row, what is kept, what is refused; positions of other frames
//! and epochs; records told at several times.

use std::fmt::Write as _;

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{App, app_with, app_with_borders, sample};

const HERE: &str = "/collections/boundary_points/import?boundary=astrand-veyra";

async fn send(app: &App, path: &str, media: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = app.client.post(app.url(path)).header("content-type", media);
    request.body(body).send().await.unwrap()
}

async fn told(app: &App, path: &str, media: &str, body: impl Into<reqwest::Body>) -> (u16, Value, HeaderMap) {
    let response = send(app, path, media, body).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, response.json().await.unwrap(), headers)
}

fn counts(answer: &Value) -> [i64; 4] {
    ["created", "changed", "unchanged", "refused"].map(|name| answer[name].as_i64().unwrap_or(-1))
}

/// A table of points along a parallel; one of them may be bad.
fn points(n: usize, bad: Option<usize>) -> String {
    let mut table = "number,sigma_m,lon,lat\n".to_owned();
    for i in 0..n {
        let sigma = if bad == Some(i) { "soon" } else { "0.05" };
        let lon = -168.0 + i as f64 * 1e-5;
        let _ = writeln!(table, "T{i},{sigma},{lon},42.5");
    }
    table
}

async fn matched(app: &App, query: &str) -> i64 {
    let path = format!("/collections/boundary_points/items?boundary=astrand-veyra&resultType=hits{query}");
    app.json(&path).await["numberMatched"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_over_whole_or_not_at_all() {
    let app = app_with(&[("MERESTONE_UPLOAD_LIMIT_MB", "1")]).await;
    merestone::service::demo::load(&app.cx, &app.data_dir.join("samples"))
        .await
        .unwrap();
    let before = matched(&app, "").await;
    let originals = || walk(&app.data_dir.join("originals"));
    assert_eq!(originals(), 0);

    // A look changes nothing and keeps nothing.
    let (status, answer, _) = told(&app, &format!("{HERE}&dry-run=true"), "text/csv", points(3, None)).await;
    assert_eq!((status, counts(&answer)), (200, [3, 0, 0, 0]), "{answer}");
    assert_eq!(
        (&answer["dry_run"], &answer["way"]["name"]),
        (&json!(true), &json!("none: the same system")),
        "{answer}"
    );
    let row = &answer["rows"][1];
    assert_eq!(
        (&row["place"], &row["label"], &row["what"]),
        (&json!("line 3"), &json!("T1"), &json!("new")),
        "{row}"
    );
    assert_eq!((matched(&app, "").await, originals()), (before, 0));

    // One bad row among 10,000 is named, and nothing is taken.
    let table = points(10_000, Some(7_777));
    let (status, problem, headers) =
        told(&app, &format!("{HERE}&filename=points.csv"), "text/csv", table.clone()).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
    assert!(
        problem["errors"][0]["pointer"]
            .as_str()
            .unwrap()
            .starts_with("line 7779"),
        "{problem}"
    );
    assert_eq!(problem["file"], "points.csv");
    assert!(
        problem["languages"]["zh"]["detail"].as_str().unwrap().contains('错'),
        "{problem}"
    );
    assert_eq!(matched(&app, "").await, before);
    // Its bytes are kept as they came.
    assert_eq!(originals(), 1);
    // As asked, the good rows are taken.
    let (status, answer, _) = told(&app, &format!("{HERE}&partial=true"), "text/csv", table.clone()).await;
    assert_eq!(
        (status, counts(&answer)),
        (200, [9_999, 0, 0, 1]),
        "{}",
        answer["created"]
    );
    assert_eq!((matched(&app, "").await, originals()), (before + 9_999, 1));
    let bad = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["what"] == "refused")
        .unwrap();
    assert!(bad["mistakes"][0]["en"].as_str().unwrap().contains("soon"), "{bad}");
    let kept = answer["sha256"].as_str().unwrap();
    let kept = app.data_dir.join("originals").join(&kept[..2]).join(kept);
    assert_eq!(std::fs::read(kept).unwrap(), table.as_bytes());
    let noted = "select count(*) from audit_event where action = 'import' and detail ->> 'sha256' is not null";
    assert_eq!(app.count(noted).await, 1);
    // The same once more changes nothing.
    let (_, answer, _) = told(&app, &format!("{HERE}&partial=true"), "text/csv", table).await;
    assert_eq!(counts(&answer), [0, 0, 9_999, 1]);
    // Another column by another name, and a value for all.
    let table = "BH,lon,lat\nT1,-168.5,42.5\nX1,-168.4,42.5\n";
    let path = format!("{HERE}&map=number%3DBH&set=sigma_m%3D0.1&reason=resurvey");
    let (status, answer, _) = told(&app, &path, "text/csv", table).await;
    assert_eq!((status, counts(&answer)), (200, [1, 1, 0, 0]), "{answer}");
    assert_eq!(answer["rows"][0]["fields"], json!(["sigma_m", "geometry"]), "{answer}");

    // A form, from a page or a program.
    let form = || {
        let part = reqwest::multipart::Part::bytes(points(2, None).into_bytes()).file_name("点.csv");
        reqwest::multipart::Form::new()
            .text("boundary", "astrand-veyra")
            .text("crs", "")
            .text("dry-run", "true")
            .part("file", part)
    };
    let path = app.url("/collections/boundary_points/import");
    let answer: Value = app
        .client
        .post(&path)
        .multipart(form())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&answer["file"], counts(&answer)),
        (&json!("点.csv"), [0, 1, 1, 0]),
        "{answer}"
    );
    let page = app
        .client
        .post(format!("{path}?f=html&lang=zh"))
        .multipart(form())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains("预览") && page.contains("点.csv") && page.contains("<code"),
        "{page}"
    );

    // More than is allowed.
    let large = "x".repeat((1 << 20) + 1);
    let (status, problem, _) = told(&app, HERE, "text/csv", large).await;
    assert_eq!(
        (status, &problem["type"]),
        (413, &json!("/problems/file-too-large")),
        "{problem}"
    );
}

/// Files below a folder, those coming in apart.
fn walk(folder: &std::path::Path) -> usize {
    let mut n = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        n += if path.is_dir() { walk(&path) } else { 1 };
    }
    n
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_refused() {
    let app = app_with_borders().await;
    let gpx = sample("astrand-veyra/tracks/2026-08-06-team-a.gpx");
    for (path, media, body, status, said) in [
        (HERE, "image/png", Vec::new(), 415, "image/png"),
        (
            HERE,
            "application/x-www-form-urlencoded",
            b"a=b".to_vec(),
            415,
            "x-www-form-urlencoded",
        ),
        (HERE, "application/octet-stream", gpx, 415, "GPX"),
        (HERE, "application/zip", b"no zip at all".to_vec(), 415, ""),
        (HERE, "text/csv", Vec::new(), 422, "empty"),
        (HERE, "application/geo+json", b"{\"type\":".to_vec(), 422, "JSON"),
        (HERE, "multipart/form-data", b"x".to_vec(), 400, "form"),
        (
            "/collections/boundary_points/import?boundary=none",
            "text/csv",
            points(1, None).into_bytes(),
            404,
            "none",
        ),
        (
            "/collections/boundary_points/import",
            "text/csv",
            points(1, None).into_bytes(),
            400,
            "boundary",
        ),
        (
            &format!("{HERE}&crs=EPSG:0&dry-run=perhaps&nosuch=1&epoch=x&map=a"),
            "text/csv",
            Vec::new(),
            400,
            "nosuch",
        ),
        (
            &format!("{HERE}&crs=EPSG:0"),
            "text/csv",
            points(1, None).into_bytes(),
            422,
            "EPSG:0",
        ),
        (
            &format!("{HERE}&instrument=treaty-1994"),
            "text/csv",
            points(1, None).into_bytes(),
            400,
            "reason",
        ),
        (
            "/collections/parties/import?boundary=astrand-veyra",
            "text/csv",
            Vec::new(),
            400,
            "boundary",
        ),
        ("/collections/tracks/import", "text/csv", Vec::new(), 405, "itself"),
        ("/collections/nothing/import", "text/csv", Vec::new(), 404, "nothing"),
    ] {
        let (got, problem, headers) = told(&app, path, media, body).await;
        assert_eq!(got, status, "{path} {media} {problem}");
        let detail = problem["languages"]["en"]["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
        assert!(!problem["languages"]["zh"]["detail"].as_str().unwrap().is_empty());
        assert_eq!(headers.contains_key("accept-post"), status == 415, "{path} {media}");
    }
    let events = "select count(*) from audit_event where action = 'import' and kind = 'boundary_points'";
    let before = app.count(events).await;
    // All mistakes of the address at once.
    let (_, problem, _) = told(
        &app,
        &format!("{HERE}&dry-run=perhaps&nosuch=1&epoch=x&map=a"),
        "text/csv",
        "",
    )
    .await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 4, "{problem}");
    assert_eq!(app.count(events).await, before);
    let allowed = async |path: &str| {
        let response = app
            .client
            .request(reqwest::Method::OPTIONS, app.url(path))
            .send()
            .await
            .unwrap();
        response.headers()["allow"].to_str().unwrap().to_owned()
    };
    assert_eq!(allowed(HERE).await, "GET, HEAD, OPTIONS, POST");
    assert_eq!(allowed("/collections/tracks/import").await, "OPTIONS");

    // The page: a form that only looks unless told otherwise, in both languages; a refusal stands on it.
    for (lang, words) in [("en", "Only show what would change"), ("zh", "仅预览变更")] {
        let page = app
            .get(&format!("/collections/boundary_points/import?f=html&lang={lang}"))
            .await;
        let page = page.text().await.unwrap();
        assert!(page.contains(words), "{page}");
        assert!(page.contains("name=\"dry-run\" value=\"true\" checked"), "{page}");
        assert!(
            page.contains("multipart/form-data") && page.contains("<option value=\"ibc-j\""),
            "{page}"
        );
        let response = send(
            &app,
            &format!("{HERE}&f=html&lang={lang}"),
            "text/csv",
            points(2, Some(1)),
        )
        .await;
        assert_eq!(response.status(), 422);
        let page = response.text().await.unwrap();
        assert!(page.contains("role=\"alert\"") && page.contains("line 3"), "{page}");
    }
    assert!(
        app.get("/collections/markers?f=html")
            .await
            .text()
            .await
            .unwrap()
            .contains("/collections/markers/import")
    );
}

/// A position of a point by its number, as it is kept.
async fn position(app: &App, number: &str) -> [f64; 2] {
    let crs = "http://www.opengis.net/def/crs/EPSG/0/4490";
    let path = format!("/collections/boundary_points/items?boundary=astrand-veyra&number={number}&crs={crs}");
    let page = app.json(&path).await;
    // The authority puts latitude first.
    let at = &page["features"][0]["geometry"]["coordinates"];
    [at[1].as_f64().unwrap(), at[0].as_f64().unwrap()]
}

fn metres(a: [f64; 2], b: [f64; 2]) -> f64 {
    let at = |[lon, lat]: [f64; 2]| merestone::unit::LonLat::new(lon, lat).unwrap();
    merestone::geom::ellipsoid::Ellipsoid::grs80().distance(at(a), at(b))
}

#[tokio::test]
async fn positions_of_another_frame_come_by_the_records_of_agencies() {
    let app = app_with_borders().await;
    let table = "number,sigma_m,lon,lat\nB1,0.05,-168.0,42.5\n";
    let path = format!("{HERE}&crs=EPSG:4214");
    // Nothing leads from Beijing 1954 to the frame; it is said what would.
    let (status, problem, _) = told(&app, &path, "text/csv", table).await;
    assert_eq!(
        (status, &problem["type"]),
        (422, &json!("/problems/not-comparable")),
        "{problem}"
    );
    let remedy = problem["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("transformation record from EPSG:4214 to EPSG:4490"),
        "{remedy}"
    );

    let record = |key: &str, more: Value| {
        let mut properties = json!({
            "key": key, "method": "translation_3", "from_crs": "EPSG:4214", "to_crs": "EPSG:4490", "accuracy_m": 0.8,
            "parameters": { "dx_m": 15.8, "dy_m": -154.4, "dz_m": -82.3 },
        });
        properties
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "type": "Feature", "geometry": null, "properties": properties }).to_string()
    };
    let in_force = json!({ "standing": "in_force", "instrument": "protocol-1998", "reason": "annex 4" });
    let with = |more: Value| {
        let mut all = in_force.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    // Those that bind nobody, state no accuracy or are of another place do not count, and it is said why.
    for (key, more) in [
        ("draft", json!({})),
        ("vague", with(json!({ "accuracy_m": null }))),
        ("elsewhere", with(json!({ "west_deg": 120, "east_deg": 130 }))),
    ] {
        let made = send(
            &app,
            "/collections/transformations/items",
            "application/geo+json",
            record(key, more),
        )
        .await;
        assert_eq!(made.status(), 201, "{key} {}", made.text().await.unwrap());
    }
    let (_, problem, _) = told(&app, &path, "text/csv", table).await;
    let errors = problem["errors"].to_string();
    for said in ["draft", "not in force", "vague", "accuracy", "elsewhere", "area"] {
        assert!(errors.contains(said), "{errors}");
    }
    let good = record("annex-4", with(json!({ "citation": "Protocol, annex 4" })));
    let made = send(&app, "/collections/transformations/items", "application/geo+json", good).await;
    assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
    let (status, answer, _) = told(&app, &path, "text/csv", table).await;
    assert_eq!((status, counts(&answer)), (200, [1, 0, 0, 0]), "{answer}");
    let way = &answer["way"];
    assert!(
        way["name"]
            .as_str()
            .unwrap()
            .contains("transformation record annex-4 (Protocol, annex 4)"),
        "{way}"
    );
    assert_eq!(way["accuracy_m"], 0.8);
    // By the formulas for a translation of geocentric coordinates, computed apart: 36.9 m south, 154.5 m east.
    let moved = position(&app, "B1").await;
    let there = metres([-168.0, 42.5], moved);
    assert!((100.0..250.0).contains(&there), "{there} m");
    let received: Value = sqlx::query_scalar("select received from boundary_point where number = 'B1'")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(
        (&received["x"], &received["crs"]),
        (&json!(-168.0), &json!("EPSG:4214")),
        "{received}"
    );
    assert_eq!(received["way_accuracy_m"], 0.8, "{received}");
    // Taken over again it is the same.
    let (_, answer, _) = told(&app, &path, "text/csv", table).await;
    assert_eq!(counts(&answer), [0, 0, 1, 0], "{answer}");

    // Coordinates of another epoch are moved with the plate, and that is said.
    let table = "number,sigma_m,lon,lat\nE1,0.05,-168.103,42.683\n";
    let (status, answer, _) = told(&app, &format!("{HERE}&epoch=2026.6"), "text/csv", table).await;
    assert_eq!((status, counts(&answer)), (200, [1, 0, 0, 0]), "{answer}");
    let way = &answer["way"];
    assert!(way["name"].as_str().unwrap().contains("plate PCFC"), "{way}");
    let there = metres([-168.103, 42.683], position(&app, "E1").await);
    // As PROJ 9.5.1 computes it: tests/it/sample.rs has the same number.
    assert!((there - 1.683).abs() < 0.003, "{there} m");
}

#[tokio::test]
async fn records_told_at_several_times_come_as_versions() {
    let app = app_with_borders().await;
    let path = "/collections/markers/import?boundary=astrand-veyra";
    // Not in the order of time; what has ended may say so or be ended by the next.
    let table = "number,kind,condition,sigma_m,lon,lat,valid_from,valid_to\n\
                 H1,main,intact,0.05,-168.02,42.5,2012-03-15,\n\
                 H1,main,intact,0.5,-168.0,42.5,1995-02-01,1999-05-01\n\
                 H1,main,damaged,0.1,-168.01,42.5,1999-05-01T00:00:00Z,\n";
    let (status, answer, _) = told(&app, path, "text/csv", table).await;
    assert_eq!((status, counts(&answer)), (200, [3, 0, 0, 0]), "{answer}");
    let at = async |time: &str| {
        let asked = format!("/collections/markers/items?boundary=astrand-veyra&number=H1&datetime={time}");
        let page = app.json(&asked).await;
        let features = page["features"].as_array().unwrap();
        assert!(features.len() < 2, "{page}");
        features.first().map(|feature| {
            let said = &feature["properties"];
            let lon = feature["geometry"]["coordinates"][0].as_f64().unwrap();
            (
                lon,
                said["condition"].as_str().unwrap().to_owned(),
                said["standing"].as_str().unwrap().to_owned(),
            )
        })
    };
    let version = |lon: f64, condition: &str, standing: &str| Some((lon, condition.to_owned(), standing.to_owned()));
    assert_eq!(at("1990-01-01").await, None);
    assert_eq!(at("1997-01-01").await, version(-168.0, "intact", "historical"));
    assert_eq!(at("1999-05-01").await, version(-168.01, "damaged", "historical"));
    assert_eq!(at("2012-03-14").await, version(-168.01, "damaged", "historical"));
    assert_eq!(at("2026-01-01").await, version(-168.02, "intact", "imported"));
    let id = app
        .json("/collections/markers/items?boundary=astrand-veyra&number=H1")
        .await["features"][0]["id"]
        .clone();
    let versions = app.json(&format!("/collections/markers/items/{id}/versions")).await;
    assert_eq!(versions["versions"].as_array().unwrap().len(), 3, "{versions}");

    // Again it changes nothing; the past that is known is not told anew.
    let (_, answer, _) = told(&app, path, "text/csv", table).await;
    assert_eq!(counts(&answer), [0, 0, 3, 0], "{answer}");
    let (status, problem, _) = told(&app, path, "text/csv", table.replace("damaged", "destroyed")).await;
    assert_eq!(status, 422, "{problem}");
    assert!(
        problem["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("does not change the past"),
        "{problem}"
    );
    // What lies before everything that is known is new.
    let earlier = "number,kind,condition,sigma_m,lon,lat,valid_from,valid_to\n\
                   H1,main,missing,2.0,-168.03,42.5,1950-01-01,1960-01-01\n";
    let (status, answer, _) = told(&app, path, "text/csv", earlier).await;
    assert_eq!((status, counts(&answer)), (200, [1, 0, 0, 0]), "{answer}");
    assert_eq!(at("1955-01-01").await, version(-168.03, "missing", "historical"));
    assert_eq!(at("1970-01-01").await, None);
    assert_eq!(at("2026-01-01").await, version(-168.02, "intact", "imported"));

    // Spans that overlap name both rows.
    let overlapping = "number,kind,sigma_m,lon,lat,valid_from,valid_to\n\
                       H2,main,0.5,-168.0,42.5,1995-02-01,2000-01-01\n\
                       H2,main,0.1,-168.0,42.5,1999-05-01,\n";
    let (status, problem, _) = told(&app, path, "text/csv", overlapping).await;
    assert_eq!(status, 422, "{problem}");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{problem}");
    assert!(
        errors
            .iter()
            .all(|e| e["detail_en"].as_str().unwrap().contains("line 2 and line 3")),
        "{problem}"
    );
    // Without times a record stands in a file once.
    let twice = "number,kind,sigma_m,lon,lat\nH3,main,0.5,-168.0,42.5\nH3,main,0.5,-168.1,42.5\n";
    let (status, problem, _) = told(&app, path, "text/csv", twice).await;
    assert_eq!(status, 422, "{problem}");
    assert!(
        problem["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("more than once"),
        "{problem}"
    );
}
