//! Changing the register over the interface: who says what, on which version, and what is kept.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::second;
use crate::support::{App, app_with_borders};

const POINTS: &str = "/collections/boundary_points/items";
const GEOJSON: &str = "application/geo+json";
const MERGE: &str = "application/merge-patch+json";

async fn send(app: &App, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Response {
    let url = if path.starts_with("http") {
        path.to_owned()
    } else {
        app.url(path)
    };
    let mut request = app.client.request(method, url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn point(number: &str) -> Value {
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [-168.012_345_678_901, 42.5] },
        "properties": { "boundary": "astrand-veyra", "number": number, "sigma_m": 0.05 },
    })
}

/// Address and tag of a new point.
async fn create(app: &App, number: &str) -> (String, String) {
    let made = send(
        app,
        Method::POST,
        POINTS,
        &[("content-type", GEOJSON)],
        point(number).to_string(),
    )
    .await;
    assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
    (header(&made, "location"), header(&made, "etag"))
}

async fn patch(app: &App, url: &str, headers: &[(&str, &str)], body: Value) -> Response {
    let headers = [&[("content-type", MERGE)], headers].concat();
    send(app, Method::PATCH, url, &headers, body.to_string()).await
}

async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), status, "{}", response.url());
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    response.json().await.unwrap()
}

#[tokio::test]
async fn what_is_sent_is_read_again_to_the_last_digit() {
    let app = app_with_borders().await;
    let (url, tag) = create(&app, "N1").await;
    assert!(url.starts_with(&app.url(POINTS)), "{url}");
    let got = app.client.get(&url).send().await.unwrap();
    assert_eq!(header(&got, "etag"), tag);
    let body: Value = got.json().await.unwrap();
    assert_eq!(body["geometry"], point("N1")["geometry"]);
    assert_eq!(body["properties"]["number"], "N1");
    assert_eq!(body["properties"]["version"], 1);
    assert_eq!(body["properties"]["author"], "tester");
    // Sent back as it was given, it is the same record.
    let again = send(
        &app,
        Method::PUT,
        &url,
        &[("content-type", GEOJSON), ("if-match", &tag)],
        body.to_string(),
    )
    .await;
    assert_eq!(again.status(), 204, "{}", again.text().await.unwrap());
    assert_eq!(
        app.client
            .get(&url)
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()["geometry"],
        body["geometry"]
    );
}

#[tokio::test]
async fn a_change_names_the_version_it_is_of() {
    let app = app_with_borders().await;
    let (url, first) = create(&app, "N2").await;
    let change = json!({ "properties": { "sigma_m": 0.5 } });
    let done = patch(&app, &url, &[("if-match", &first)], change.clone()).await;
    assert_eq!(done.status(), 204);
    let second = header(&done, "etag");
    assert_ne!(first, second);
    problem(patch(&app, &url, &[("if-match", &first)], change.clone()).await, 412).await;
    // Either of several versions, or any, or none is said: what binds nobody yet may be changed.
    let several = format!("{first}, {second}");
    assert_eq!(
        patch(&app, &url, &[("if-match", &several)], change.clone())
            .await
            .status(),
        204
    );
    problem(patch(&app, &url, &[("if-match", &several)], change.clone()).await, 412).await;
    assert_eq!(
        patch(&app, &url, &[("if-match", "*")], change.clone()).await.status(),
        204
    );
    assert_eq!(patch(&app, &url, &[], change.clone()).await.status(), 204);
    let nowhere = format!("{POINTS}/888888888");
    problem(patch(&app, &nowhere, &[], change.clone()).await, 404).await;
    problem(patch(&app, &nowhere, &[("if-match", "*")], change.clone()).await, 412).await;
    problem(patch(&app, &nowhere, &[("if-match", &first)], change).await, 412).await;
}

#[tokio::test]
async fn what_is_in_force_changes_by_version_instrument_and_reason() {
    let app = app_with_borders().await;
    let (url, tag) = create(&app, "N3").await;
    let papers = json!({ "standing": "in_force", "instrument": "protocol-1998", "reason": "Signed" });
    let said = problem(
        patch(&app, &url, &[], json!({ "properties": { "standing": "in_force" } })).await,
        422,
    )
    .await;
    let at: Vec<&str> = said["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(at, ["#/properties/instrument", "#/properties/reason"]);
    let done = patch(&app, &url, &[("if-match", &tag)], json!({ "properties": papers })).await;
    approved(&app, done).await;
    let second = header(&app.client.get(&url).send().await.unwrap(), "etag");
    let change = json!({ "properties": { "sigma_m": 0.3, "instrument": "protocol-1998", "reason": "Measured anew" } });
    problem(patch(&app, &url, &[], change.clone()).await, 428).await;
    approved(&app, patch(&app, &url, &[("if-match", &second)], change).await).await;
    let versions = app.json(url.strip_prefix(&app.base).unwrap().to_owned().as_str()).await;
    assert_eq!(versions["properties"]["standing"], "in_force");
    // To retire it, too, needs a paper and a reason.
    let tag = header(&app.client.get(&url).send().await.unwrap(), "etag");
    problem(
        send(&app, Method::DELETE, &url, &[("if-match", &tag)], String::new()).await,
        422,
    )
    .await;
    let why = format!("{url}?reason=Replaced&instrument=protocol-1998");
    let done = send(&app, Method::DELETE, &why, &[("if-match", &tag)], String::new()).await;
    approved(&app, done).await;
    problem(app.client.get(&url).send().await.unwrap(), 410).await;
}

/// What binds two states is only proposed; the address leads to what a second person approves.
async fn approved(app: &App, answer: Response) {
    assert_eq!(answer.status(), 202);
    let there = header(&answer, "location");
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["href"], there);
    assert_eq!(told["state"], "open");
    second::approve(&app.cx, told["number"].as_i64().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_retired_says_where_its_versions_are() {
    let app = app_with_borders().await;
    let (url, tag) = create(&app, "N4").await;
    patch(
        &app,
        &url,
        &[("if-match", &tag)],
        json!({ "properties": { "sigma_m": 0.4, "number": "N4a" } }),
    )
    .await;
    assert_eq!(send(&app, Method::DELETE, &url, &[], String::new()).await.status(), 204);
    let gone = app.client.get(&url).send().await.unwrap();
    assert!(
        header(&gone, "link").contains("version-history"),
        "{:?}",
        gone.headers()
    );
    let said = problem(gone, 410).await;
    let history = app.client.get(said["versions"].as_str().unwrap()).send().await.unwrap();
    let history: Value = history.json().await.unwrap();
    let versions = history["versions"].as_array().unwrap();
    assert!(versions.len() >= 2, "{history}");
    let changed = versions
        .iter()
        .find(|v| v["version"] == 2)
        .map(|v| v["changed"].clone())
        .unwrap_or_default();
    assert!(
        changed
            .as_array()
            .unwrap()
            .contains(&json!({ "property": "number", "before": "N4", "after": "N4a" })),
        "{history}"
    );
    for version in versions {
        assert_eq!(version["author"], "tester");
        let seen = app.client.get(version["href"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(seen.status(), 200, "{version}");
        let seen: Value = seen.json().await.unwrap();
        assert_eq!(seen["properties"]["version"], version["version"], "{version}");
    }
    let page = app
        .client
        .get(format!("{url}/versions?f=html"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("N4a"), "{page}");
    problem(app.get(&format!("{POINTS}/777777777/versions")).await, 404).await;
}

#[tokio::test]
async fn positions_may_come_in_any_system_that_is_offered() {
    let app = app_with_borders().await;
    let mut body = point("N5");
    body["geometry"]["coordinates"] = json!([42.5, -168.01]);
    for (number, code) in [("N5", 4326), ("N6", 4490)] {
        body["properties"]["number"] = number.into();
        let crs = format!("<http://www.opengis.net/def/crs/EPSG/0/{code}>");
        let headers = [("content-type", GEOJSON), ("content-crs", crs.as_str())];
        let made = send(&app, Method::POST, POINTS, &headers, body.to_string()).await;
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        let seen: Value = app
            .client
            .get(header(&made, "location"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(seen["geometry"]["coordinates"], json!([-168.01, 42.5]), "{code}");
    }
    let headers = [
        ("content-type", GEOJSON),
        ("content-crs", "<http://www.opengis.net/def/crs/EPSG/0/2154>"),
    ];
    problem(send(&app, Method::POST, POINTS, &headers, body.to_string()).await, 400).await;
}

#[tokio::test]
async fn the_new_version_is_given_back_to_who_prefers_it() {
    let app = app_with_borders().await;
    let headers = [
        ("content-type", GEOJSON),
        ("prefer", "respond-async, return=representation"),
    ];
    let made = send(&app, Method::POST, POINTS, &headers, point("N7").to_string()).await;
    assert_eq!(made.status(), 201);
    let (url, tag) = (header(&made, "location"), header(&made, "etag"));
    assert_eq!(header(&made, "preference-applied"), "return=representation");
    let body: Value = made.json().await.unwrap();
    assert_eq!(body["properties"]["number"], "N7");
    assert_eq!(body["links"][0]["href"], url);
    let headers = [("prefer", "return=representation"), ("if-match", tag.as_str())];
    let changed = patch(&app, &url, &headers, json!({ "properties": { "sigma_m": null } })).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(header(&changed, "etag"), tag);
    assert_eq!(
        changed.json::<Value>().await.unwrap()["properties"]["sigma_m"],
        Value::Null
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place() {
    let app = app_with_borders().await;
    let post = async |media: &'static str, body: String| {
        send(&app, Method::POST, POINTS, &[("content-type", media)], body).await
    };
    let refused = post("text/csv", "a,b".to_owned()).await;
    assert_eq!(
        header(&refused, "accept-post"),
        "application/geo+json, application/json"
    );
    problem(refused, 415).await;
    let (url, _) = create(&app, "N8").await;
    let refused = send(&app, Method::PATCH, &url, &[("content-type", GEOJSON)], "{}".to_owned()).await;
    assert_eq!(header(&refused, "accept-patch"), MERGE);
    problem(refused, 415).await;
    let said = problem(post(GEOJSON, "{\n  \"type\": oops}".to_owned()).await, 400).await;
    assert_eq!(said["line"], 2, "{said}");
    problem(
        send(&app, Method::POST, POINTS, &[], point("N9").to_string()).await,
        400,
    )
    .await;
    let mut wrong = point("N10");
    wrong["properties"]["sigma_m"] = "wide".into();
    wrong["properties"]["sigma"] = 1.into();
    wrong["geometry"] = json!({ "type": "Polygon", "coordinates": [] });
    let said = problem(post(GEOJSON, wrong.to_string()).await, 422).await;
    let at: Vec<&str> = said["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(at, ["#/geometry/type", "#/properties/sigma", "#/properties/sigma_m"]);
    // Known numbers, and bodies without end.
    problem(post(GEOJSON, point("N8").to_string()).await, 409).await;
    let huge = format!("{{\"type\":\"Feature\",\"x\":\"{}\"}}", "x".repeat(33 << 20));
    problem(post(GEOJSON, huge).await, 413).await;
    problem(app.get(&format!("{POINTS}/12x")).await, 404).await;
}
