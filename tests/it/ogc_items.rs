//! Records as features: pages, single ones, systems, times, pages for people.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{App, app_with_borders};

const POINTS: &str = "/collections/boundary_points/items";

async fn refused(app: &App, path: &str, status: u16) -> Value {
    let response = app.get(path).await;
    assert_eq!(response.status(), status, "{path}");
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    response.json().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    let values: Vec<&str> = response
        .headers()
        .get_all(name)
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    values.join(", ")
}

fn next(page: &Value) -> Option<String> {
    let links = page["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["rel"] == "next")?;
    Some(link["href"].as_str().unwrap().to_owned())
}

fn ids(page: &Value) -> Vec<i64> {
    page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["id"].as_i64().unwrap())
        .collect()
}

async fn first(app: &App, collection: &str) -> Value {
    let page = app.json(&format!("/collections/{collection}/items?limit=1")).await;
    page["features"][0].clone()
}

#[tokio::test]
async fn pages_lead_through_everything_in_any_order() {
    let app = app_with_borders().await;
    for sort in ["", "&sortby=-sequence,number", "&sortby=condition", "&sortby=-number"] {
        let whole = app.json(&format!("/collections/markers/items?limit=10000{sort}")).await;
        let mut walked = Vec::new();
        let mut path = Some(format!("{}/collections/markers/items?limit=97{sort}", app.base));
        while let Some(url) = path {
            let response = app.client.get(&url).send().await.unwrap();
            let link = response
                .headers()
                .get_all("link")
                .iter()
                .filter_map(|v| v.to_str().ok())
                .collect::<Vec<_>>()
                .join(", ");
            let page: Value = response.json().await.unwrap();
            path = next(&page);
            // Clients of other formats than JSON page by the header.
            assert_eq!(link.contains("rel=\"next\""), path.is_some(), "{link}");
            assert_eq!(page["numberMatched"], whole["numberMatched"]);
            walked.extend(ids(&page));
        }
        assert_eq!(walked, ids(&whole), "{sort}");
        assert!(walked.len() > 400);
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_question_only() {
    let app = app_with_borders().await;
    let page = app.json("/collections/markers/items?limit=5&sortby=number").await;
    let url = next(&page).unwrap();
    let cursor = url.split("cursor=").nth(1).unwrap().split('&').next().unwrap();
    for path in [
        format!("/collections/markers/items?limit=5&cursor={cursor}"),
        format!("/collections/markers/items?limit=5&sortby=-number&cursor={cursor}"),
        format!("{POINTS}?limit=5&sortby=number&cursor={cursor}"),
        "/collections/markers/items?cursor=".to_owned(),
        "/collections/markers/items?cursor=abc".to_owned(),
    ] {
        let problem = refused(&app, &path, 400).await;
        assert_eq!(problem["parameter"], "cursor", "{path}: {problem}");
    }
}

#[tokio::test]
async fn every_mistake_of_a_question_is_told() {
    let app = app_with_borders().await;
    let path = format!(
        "{POINTS}?limit=0&bbox=1,2,3&datetime=never&known-at=later&crs=nowhere&bbox-crs=5&ids=x&sortby=what&\
         properties=nothing&resultType=all&filter=(&sigma_m=wide&nonsense=1&skipGeometry=perhaps&class=secret"
    );
    let problem = refused(&app, &path, 400).await;
    let at: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    for name in [
        "limit",
        "bbox",
        "datetime",
        "known-at",
        "crs",
        "bbox-crs",
        "ids",
        "sortby",
        "properties",
        "resultType",
        "filter",
        "sigma_m",
        "nonsense",
        "skipGeometry",
        "class",
    ] {
        assert!(at.contains(&name), "{name} is not among {at:?}");
        // A mistake in an order is told by the field that is not there.
        assert!(
            name == "sortby" || problem["detail"].as_str().unwrap().contains(name),
            "{name}: {problem}"
        );
    }
    // A filter alone says where its mistake is.
    let problem = refused(&app, &format!("{POINTS}?filter=number%20=%20"), 400).await;
    assert!(problem["column"].as_u64().is_some_and(|n| n > 5), "{problem}");
}

#[tokio::test]
async fn only_what_is_wanted_is_given() {
    let app = app_with_borders().await;
    let some = app.json(&format!("{POINTS}?properties=number,section&limit=2")).await;
    let names: Vec<&String> = some["features"][0]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["number", "section"]);
    let bare = app.json(&format!("{POINTS}?skipGeometry=true&limit=2")).await;
    assert_eq!(bare["features"][0]["geometry"], Value::Null);
    assert!(bare["features"][0]["properties"]["number"].is_string());
    let hits = app.json(&format!("{POINTS}?resultType=hits")).await;
    assert_eq!((hits["numberReturned"].as_i64(), ids(&hits).len()), (Some(0), 0));
    let all = app.json(&format!("{POINTS}?limit=10000")).await;
    assert_eq!(hits["numberMatched"], all["numberMatched"]);
    let wanted = &ids(&all)[1..3];
    let chosen = app.json(&format!("{POINTS}?ids={},{},1", wanted[1], wanted[0])).await;
    assert_eq!(ids(&chosen), wanted);
    let asked_by = app
        .json("/collections/markers/items?boundary=astrand-veyra&number=10")
        .await;
    assert_eq!(asked_by["numberMatched"], 1);
    assert_eq!(asked_by["features"][0]["properties"]["number"], "10");
}

#[tokio::test]
async fn positions_are_given_in_the_order_of_their_authority() {
    let app = app_with_borders().await;
    let point = first(&app, "boundary_points").await;
    let (id, at) = (&point["id"], point["geometry"]["coordinates"].clone());
    assert_eq!(point["properties"]["position_kind"], "display");
    for (code, kind) in [("EPSG/0/4326", "display"), ("EPSG/0/4490", "legal")] {
        let crs = format!("http://www.opengis.net/def/crs/{code}");
        let response = app.get(&format!("{POINTS}/{id}?crs={crs}")).await;
        assert_eq!(header(&response, "content-crs"), format!("<{crs}>"));
        let turned: Value = response.json().await.unwrap();
        assert_eq!(turned["geometry"]["coordinates"], json!([at[1], at[0]]), "{code}");
        assert_eq!(turned["properties"]["position_kind"], kind, "{code}");
    }
    let web = app
        .json(&format!("{POINTS}/{id}?crs=http://www.opengis.net/def/crs/EPSG/0/3857"))
        .await;
    assert!(web["geometry"]["coordinates"][1].as_f64().unwrap() > 1e6, "{web}");
    // Each boundary's own frame and zones are offered.
    let collection = app.json("/collections/markers?f=json").await;
    let systems = collection["crs"].as_array().unwrap();
    assert!(
        systems.contains(&"http://www.opengis.net/def/crs/EPSG/0/4269".into()),
        "{systems:?}"
    );
    assert!(systems.len() > 8, "{systems:?}");
    // A box in the system's own order finds what lies in it.
    let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let bbox = format!("{},{},{},{}", y - 0.001, x - 0.001, y + 0.001, x + 0.001);
    let found = app
        .json(&format!(
            "{POINTS}?bbox={bbox}&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326"
        ))
        .await;
    assert!(ids(&found).contains(&id.as_i64().unwrap()), "{found}");
    refused(
        &app,
        &format!("{POINTS}/{id}?crs=http://www.opengis.net/def/crs/EPSG/0/2154"),
        400,
    )
    .await;
}

#[tokio::test]
async fn a_copy_at_hand_is_good_until_something_changes() {
    let app = app_with_borders().await;
    let id = first(&app, "boundary_points").await["id"].clone();
    for path in [
        format!("{POINTS}?limit=3"),
        format!("{POINTS}/{id}"),
        format!("{POINTS}/{id}?f=html"),
    ] {
        let response = app.get(&path).await;
        let tag = header(&response, "etag");
        assert!(tag.starts_with('"'), "{path}: {tag}");
        assert_eq!(header(&response, "cache-control"), "private, no-cache");
        let again = || app.client.get(app.url(&path)).header("if-none-match", &tag).send();
        assert_eq!(again().await.unwrap().status(), 304, "{path}");
        let body = json!({ "properties": { "printed_lat": path } });
        let change = app
            .client
            .patch(app.url(&format!("{POINTS}/{id}")))
            .header("content-type", "application/merge-patch+json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(change.status(), 204);
        assert_eq!(again().await.unwrap().status(), 200, "{path}");
    }
    let head = app
        .client
        .head(app.url(&format!("{POINTS}/{id}")))
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 200);
    assert!(header(&head, "last-modified").ends_with(" GMT"));
    assert_eq!(header(&head, "etag"), format!("\"{id}-4\""));
}

#[tokio::test]
async fn a_person_can_read_the_register() {
    let app = app_with_borders().await;
    let marker = app
        .json("/collections/markers/items?boundary=astrand-veyra&number=10")
        .await["features"][0]
        .clone();
    for lang in ["en", "zh"] {
        let list = app
            .get(&format!(
                "/collections/markers/items?f=html&limit=20&boundary=astrand-veyra&filter=&datetime=&lang={lang}"
            ))
            .await;
        assert_eq!(list.status(), 200);
        let page = list.text().await.unwrap();
        assert!(
            page.contains("<svg") && page.contains("class=\"point\"") && page.contains("<table"),
            "{page}"
        );
        assert!(page.contains("cursor="), "no way to the next page");
        let one = app
            .get(&format!(
                "/collections/markers/items/{}?f=html&lang={lang}",
                marker["id"]
            ))
            .await;
        let page = one.text().await.unwrap();
        let word = if lang == "zh" { "全部版本" } else { "All versions" };
        assert!(
            page.contains(word) && page.contains("<svg") && page.contains(">10<"),
            "{page}"
        );
        assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    }
    // Every kind has a page, also without a place on the map.
    let collections = app.json("/collections?f=json").await;
    for collection in collections["collections"].as_array().unwrap() {
        let name = collection["id"].as_str().unwrap();
        let list = app.get(&format!("/collections/{name}/items?f=html")).await;
        assert_eq!(list.status(), 200, "{name}");
        let page = app.json(&format!("/collections/{name}/items?limit=1")).await;
        if let Some(id) = ids(&page).first() {
            let one = app.get(&format!("/collections/{name}/items/{id}?f=html")).await;
            assert_eq!(one.status(), 200, "{name}");
        }
    }
}

#[tokio::test]
async fn every_method_has_its_place() {
    let app = app_with_borders().await;
    let id = first(&app, "boundary_points").await["id"].clone();
    let finding = first(&app, "findings").await["id"].clone();
    for (path, expect) in [
        (POINTS.to_owned(), "GET, HEAD, OPTIONS, POST"),
        (format!("{POINTS}/{id}"), "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"),
        ("/collections/findings/items".to_owned(), "GET, HEAD, OPTIONS"),
        (format!("/collections/findings/items/{finding}"), "GET, HEAD, OPTIONS"),
    ] {
        let options = app
            .client
            .request(Method::OPTIONS, app.url(&path))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (options.status().as_u16(), header(&options, "allow")),
            (200, expect.to_owned()),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::POST, "/collections/findings/items".to_owned()),
        (Method::DELETE, format!("/collections/findings/items/{finding}")),
        (Method::PUT, POINTS.to_owned()),
    ] {
        let refused = app.client.request(method, app.url(&path)).send().await.unwrap();
        assert_eq!(refused.status(), 405, "{path}");
        assert!(header(&refused, "allow").starts_with("GET, HEAD"), "{path}");
    }
}
