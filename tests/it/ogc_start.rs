//! Landing page, standards, collections, schemas, the interface's own description, and what HTTP asks of all of them.

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{App, app, app_with, bearer};

impl App {
    async fn ask(&self, method: Method, path: &str, headers: &[(&'static str, &'static str)]) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        // A client that follows nothing sees what was said.
        let client = reqwest::Client::builder()
            .default_headers(bearer(&self.token))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        client
            .request(method, self.url(path))
            .headers(map)
            .send()
            .await
            .unwrap()
    }

    async fn as_json(&self, path: &str) -> Value {
        let response = self.ask(Method::GET, path, &[("accept", "application/json")]).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }
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

fn link<'a>(body: &'a Value, rel: &str) -> &'a Value {
    body["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == rel)
        .unwrap_or_else(|| panic!("no link {rel} in {body}"))
}

#[tokio::test]
async fn the_landing_page_leads_everywhere() {
    let app = app().await;
    let body = app.as_json("/").await;
    for rel in [
        "self",
        "alternate",
        "service-desc",
        "service-doc",
        "conformance",
        "data",
    ] {
        let href = link(&body, rel)["href"].as_str().unwrap();
        assert!(href.starts_with(&app.base), "{href}");
        let response = app.client.get(href).send().await.unwrap();
        assert_eq!(response.status(), 200, "{href}");
    }
    assert_eq!(
        link(&body, "service-desc")["type"],
        "application/vnd.oai.openapi+json;version=3.0"
    );
    // People get the map, and a plain page where they ask for it.
    let page = app.ask(Method::GET, "/", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert!(header(&page, "content-type").starts_with("text/html"));
    let plain = app.get("/?f=html&lang=zh").await.text().await.unwrap();
    assert!(
        plain.contains("陆地国界登记簿") && plain.contains("<html lang=\"zh\""),
        "{plain}"
    );
}

#[tokio::test]
async fn every_collection_is_described_alike_in_both_places() {
    let app = app().await;
    let list = app.as_json("/collections").await;
    let collections = list["collections"].as_array().unwrap();
    assert!(collections.iter().any(|c| c["id"] == "markers"));
    for collection in collections {
        let id = collection["id"].as_str().unwrap();
        assert_eq!(&app.as_json(&format!("/collections/{id}")).await, collection, "{id}");
        assert_eq!(collection["itemType"], "feature");
        assert_eq!(collection["storageCrs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
        assert_eq!(collection["crs"][0], collection["storageCrs"]);
        let home = format!("{}/collections/{id}", app.base);
        // Desktop clients build addresses out of these.
        assert_eq!(link(collection, "self")["href"], home);
        assert_eq!(link(collection, "items")["href"], format!("{home}/items"));
        assert_eq!(link(collection, "items")["type"], "application/geo+json");
        for rel in [
            "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            "http://www.opengis.net/def/rel/ogc/1.0/schema",
            "describedby",
            "alternate",
        ] {
            let href = link(collection, rel)["href"].as_str().unwrap();
            assert_eq!(app.client.get(href).send().await.unwrap().status(), 200, "{href}");
        }
    }
    assert_eq!(app.get("/collections/nothing").await.status(), 404);
    assert_eq!(app.get("/collections/nothing/schema").await.status(), 404);
}

#[tokio::test]
async fn a_schema_tells_types_units_and_words() {
    let app = app().await;
    let response = app.get("/collections/boundary_points/schema").await;
    assert_eq!(header(&response, "content-type"), "application/schema+json");
    let schema: Value = response.json().await.unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(
        schema["$id"],
        format!("{}/collections/boundary_points/schema", app.base)
    );
    let properties = &schema["properties"];
    assert_eq!(properties["geometry"]["format"], "geometry-point");
    assert_eq!(properties["geometry"]["x-ogc-role"], "primary-geometry");
    assert!(properties["geometry"].get("type").is_none());
    assert_eq!(properties["sigma_m"]["type"], "number");
    assert_eq!(properties["sigma_m"]["x-ogc-unit"], "m");
    assert_eq!(properties["sigma_m"]["x-ogc-unitLang"], "UCUM");
    assert_eq!(properties["sigma_m"]["maximum"], 10_000);
    assert_eq!(properties["version"]["readOnly"], true);
    assert!(schema["required"].as_array().unwrap().contains(&"number".into()));
    let chinese = app.json("/collections/markers/queryables?lang=zh&f=json").await;
    assert_eq!(chinese["properties"]["number"]["title"], "编号");
    assert_eq!(chinese["properties"]["condition"]["enum"][0], "intact");
    assert_eq!(chinese["properties"]["condition"]["x-enum-labels"]["intact"], "完好");
    assert_eq!(chinese["additionalProperties"], false);
    // Its identity is its address without what was asked beside it.
    assert_eq!(chinese["$id"], format!("{}/collections/markers/queryables", app.base));
}

#[tokio::test]
async fn pages_for_people_exist_in_both_languages() {
    let app = app().await;
    for path in [
        "/?f=html",
        "/conformance?f=html",
        "/collections?f=html",
        "/collections/markers?f=html",
        "/collections/markers/schema?f=html",
        "/collections/markers/queryables?f=html",
        "/docs?f=html",
        "/docs/markers?f=html",
        "/api?f=html",
    ] {
        for (lang, word) in [("en", "Register"), ("zh", "登记簿")] {
            let response = app.get(&format!("{path}&lang={lang}")).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(header(&response, "content-language"), lang, "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
            let page = response.text().await.unwrap();
            assert!(
                page.contains(&format!("<html lang=\"{lang}\"")) && page.contains(word),
                "{path}: {page}"
            );
            // The content security policy lets nothing inline run or be styled.
            assert!(!page.contains("<script") && !page.contains("style="), "{path}");
            for href in page
                .split("href=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap())
            {
                assert!(href.starts_with(&app.base) || href.starts_with('#'), "{path}: {href}");
            }
        }
    }
    assert_eq!(
        header(&app.get("/pages.css").await, "content-type"),
        "text/css; charset=utf-8"
    );
}

#[tokio::test]
async fn formats_are_negotiated() {
    let app = app().await;
    for (accept, expect) in [
        ("application/json", "application/json"),
        ("text/html", "text/html; charset=utf-8"),
        ("text/html;q=0.3, application/json;q=0.4", "application/json"),
        ("*/*", "application/json"),
    ] {
        let response = app.ask(Method::GET, "/collections", &[("accept", accept)]).await;
        assert_eq!(header(&response, "content-type"), expect, "{accept}");
        let vary = header(&response, "vary").to_ascii_lowercase();
        assert!(vary.contains("accept,") && vary.contains("accept-language"), "{vary}");
    }
    let refused = app.ask(Method::GET, "/collections", &[("accept", "image/png")]).await;
    assert_eq!(refused.status(), 406);
    assert_eq!(header(&refused, "content-type"), "application/problem+json");
    // What is asked by name wins.
    let response = app
        .ask(Method::GET, "/collections?f=html", &[("accept", "application/json")])
        .await;
    assert!(header(&response, "content-type").starts_with("text/html"));
}

#[tokio::test]
async fn all_mistakes_about_parameters_are_told_at_once() {
    let app = app().await;
    let response = app.get("/collections/markers?f=xml&nonsense=1&more=2").await;
    assert_eq!(response.status(), 400);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!(problem["parameter"], "nonsense");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("nonsense") && detail.contains("more"), "{detail}");
    let chinese: Value = app.get("/collections?f=xml&lang=zh").await.json().await.unwrap();
    assert!(
        chinese["detail"].as_str().unwrap().contains("不是此处的格式"),
        "{chinese}"
    );
    assert_eq!(app.get("/collections?f=%FF").await.status(), 400);
}

#[tokio::test]
async fn every_method_is_answered() {
    let app = app().await;
    for path in [
        "/",
        "/collections",
        "/collections/markers/schema",
        "/api",
        "/docs",
        "/livez",
    ] {
        let head = app.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.status(), 200, "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
        let options = app.ask(Method::OPTIONS, path, &[]).await;
        assert_eq!(options.status(), 200, "{path}");
        assert_eq!(header(&options, "allow"), "GET, HEAD, OPTIONS", "{path}");
        let deleted = app.ask(Method::DELETE, path, &[]).await;
        assert_eq!(deleted.status(), 405, "{path}");
        assert_eq!(header(&deleted, "allow"), "GET, HEAD, OPTIONS", "{path}");
        assert_eq!(header(&deleted, "content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn one_slash_too_many_is_forgiven() {
    let app = app().await;
    for (path, expect) in [
        ("/collections/", "/collections"),
        (
            "/collections/markers/items/?limit=2&bbox=1,2,3,4",
            "/collections/markers/items?limit=2&bbox=1,2,3,4",
        ),
        ("//evil.example/", "//evil.example"),
    ] {
        let response = app.ask(Method::GET, path, &[]).await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
        // Absolute, so that no path can pose as another host.
        assert_eq!(header(&response, "location"), format!("{}{expect}", app.base));
    }
    assert_eq!(app.get("/nowhere").await.status(), 404);
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let app = app().await;
    for path in [
        "/",
        "/collections",
        "/collections/markers/schema",
        "/api",
        "/conformance",
        "/pages.css",
    ] {
        let first = app.ask(Method::GET, path, &[]).await;
        let tag = header(&first, "etag");
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: {tag}");
        assert_eq!(header(&first, "cache-control"), "private, no-cache", "{path}");
        let again = app
            .client
            .get(app.url(path))
            .header("if-none-match", format!("W/\"x\", {tag}"))
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(header(&again, "etag"), tag, "{path}");
        assert!(again.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn links_follow_the_proxy_or_the_operator() {
    let app = app().await;
    let forwarded = [
        ("accept", "application/json"),
        ("forwarded", "for=1.2.3.4;host=maps.example.org;proto=https"),
    ];
    let body: Value = app.ask(Method::GET, "/", &forwarded).await.json().await.unwrap();
    assert_eq!(link(&body, "data")["href"], "https://maps.example.org/collections");
    drop(app);
    let app = app_with(&[("MERESTONE_PUBLIC_URL", "https://border.example.org/register/")]).await;
    let body: Value = app.ask(Method::GET, "/", &forwarded).await.json().await.unwrap();
    assert_eq!(
        link(&body, "data")["href"],
        "https://border.example.org/register/collections"
    );
}

/// Desktop clients look for the very letters of these names.
#[tokio::test]
async fn header_names_are_written_in_title_case() {
    let app = app().await;
    let address = app.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /collections/ HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    assert!(answer.contains("\r\nLocation: http"), "{answer}");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /conformance HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\r\nETag: \""), "{answer}");
    assert!(answer.contains("\r\nContent-Type: application/json"), "{answer}");
}

#[tokio::test]
async fn pages_from_elsewhere_read_but_do_not_write() {
    let app = app().await;
    let foreign = ("origin", "https://evil.example");
    let read = app.ask(Method::GET, "/collections", &[foreign]).await;
    assert_eq!(header(&read, "access-control-allow-origin"), "*");
    assert!(header(&read, "access-control-expose-headers").contains("ETag, Link, Location, Content-Crs"));
    assert_eq!(header(&read, "access-control-allow-credentials"), "");
    let preflight = [foreign, ("access-control-request-method", "POST")];
    let asked = app.ask(Method::OPTIONS, "/uploads", &preflight).await;
    assert!(!header(&asked, "access-control-allow-methods").contains("POST"));
    assert!(header(&asked, "access-control-allow-headers").contains("If-Match"));
    // A form or a plain request needs no preflight, and is refused all the same.
    for path in ["/uploads?filename=x.gpx", "/nowhere"] {
        let written = app
            .ask(Method::POST, path, &[foreign, ("content-type", "text/plain")])
            .await;
        assert_eq!(written.status(), 403, "{path}");
        let problem: Value = written.json().await.unwrap();
        assert!(
            problem["type"]
                .as_str()
                .unwrap()
                .ends_with("/problems/origin-forbidden"),
            "{problem}"
        );
    }
    assert_eq!(app.count("select count(*) from upload").await, 0);
}

#[tokio::test]
async fn origins_that_are_named_may_write() {
    let app = app_with(&[("MERESTONE_CORS_ORIGINS", "https://office.example.org")]).await;
    let preflight = [
        ("origin", "https://office.example.org"),
        ("access-control-request-method", "PATCH"),
    ];
    let asked = app.ask(Method::OPTIONS, "/collections", &preflight).await;
    assert_eq!(
        header(&asked, "access-control-allow-origin"),
        "https://office.example.org"
    );
    assert!(header(&asked, "access-control-allow-methods").contains("PATCH"));
    assert!(header(&asked, "vary").contains("Origin"));
    let read = app
        .ask(Method::GET, "/collections", &[("origin", "https://other.example.org")])
        .await;
    assert_eq!(header(&read, "access-control-allow-origin"), "");
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let app = app().await;
    let qgis = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
    let response = app.ask(Method::GET, "/api", &[("accept", qgis)]).await;
    assert_eq!(
        header(&response, "content-type"),
        "application/vnd.oai.openapi+json;version=3.0"
    );
    let compressed = app
        .ask(Method::GET, "/api", &[("accept-encoding", "gzip, deflate")])
        .await;
    assert_eq!(header(&compressed, "content-encoding"), "gzip");
    let plain_json = app.ask(Method::GET, "/api", &[("accept", "application/json")]).await;
    // Who takes plain JSON is given the type that clients look for.
    assert_eq!(
        header(&plain_json, "content-type"),
        "application/vnd.oai.openapi+json;version=3.0"
    );
    let mut document: Value = response.json().await.unwrap();
    assert_eq!(document["servers"][0]["url"], app.base);
    document["servers"][0]["url"] = "http://merestone.example".into();
    document["info"]["version"] = "(of the release)".into();
    // Every opening of a layer reads it.
    let bytes = compressed.bytes().await.unwrap().len();
    assert!(bytes < 200_000, "{bytes} bytes");
    let newer = app.json("/api/3.1").await;
    assert_eq!(newer["openapi"], "3.1.0");
    let limit = &document["components"]["parameters"]["limit"]["schema"];
    assert_eq!((&limit["minimum"], &limit["maximum"]), (&1.into(), &10_000.into()));
    let text = document.to_string();
    for target in text
        .split("\"$ref\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        let found = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(found.is_some(), "{target} leads nowhere in the document");
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().unwrap() {
                let shared = parameter["$ref"]
                    .as_str()
                    .and_then(|target| document.pointer(&target[1..]));
                let parameter = shared.unwrap_or(parameter);
                assert!(parameter["schema"].is_object(), "{method} {path}: {parameter}");
                if parameter["in"] == "query" {
                    assert_eq!(
                        (&parameter["style"], &parameter["explode"]),
                        (&"form".into(), &false.into())
                    );
                }
            }
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
    // One collection that is written and one that is only read stand for all, which follow from the same code.
    let stands = |name: &str| ["markers", "findings"].contains(&name);
    document["paths"].as_object_mut().unwrap().retain(|path, _| {
        let name = path
            .strip_prefix("/collections/")
            .and_then(|rest| rest.split('/').next())
            .unwrap_or("markers");
        name.starts_with('{') || stands(name)
    });
    document["components"]["schemas"]
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name.split_once('.').is_none_or(|(collection, _)| stands(collection)));
    insta::assert_json_snapshot!("openapi", document);
}

/// Every address that the service answers to is in the description, but for what browsers load by themselves.
#[tokio::test]
async fn every_route_is_described() {
    const LOADED: [&str; 7] = [
        "/docs/{}",
        "/favicon.svg",
        "/licences.txt",
        "/assets/{}",
        "/basemap/{}",
        "/docs",
        "/pages.css",
    ];
    fn bare(path: &str) -> String {
        let mut said = String::new();
        let mut inside = false;
        for c in path.chars() {
            match c {
                '{' => inside = true,
                '}' => {
                    inside = false;
                    said.push_str("{}");
                }
                c if !inside => said.push(c),
                _ => {}
            }
        }
        said
    }
    fn routes(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                routes(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for (at, call) in text.match_indices(".route(") {
                let behind = text[at + call.len()..].trim_start();
                if let Some(route) = behind.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    found.push(route.to_owned());
                }
            }
        }
    }
    let mut found = Vec::new();
    routes(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"),
        &mut found,
    );
    assert!(found.len() > 30, "{found:?}");
    let app = app().await;
    let document = app.json("/api").await;
    let told: std::collections::BTreeSet<String> =
        document["paths"].as_object().unwrap().keys().map(|p| bare(p)).collect();
    let untold: Vec<&String> = found
        .iter()
        .filter(|route| {
            let route = bare(route);
            // Collections are described each under its own name.
            let markers = route.replacen("/collections/{}", "/collections/markers", 1);
            let acts = route.replace("/documents/{}", "/documents/act");
            ![&route, &markers, &acts].iter().any(|path| told.contains(*path)) && !LOADED.contains(&route.as_str())
        })
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}
