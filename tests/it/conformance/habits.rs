//! What clients do and need beyond the standards, and how the service is operated.

use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::site::{GEOJSON, JSON, POINTS, SCHEMA, Site, href, links, sorted, truth};
use super::{Suite, ensure, same};

/// An answer's head as the bytes on the wire have it.
pub(super) async fn head(site: &Site, request: &str) -> Result<String, String> {
    let host = site.base.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(host)
        .await
        .map_err(|fault| fault.to_string())?;
    let text = request.replace("HOST", &format!("{host}\r\nAuthorization: Bearer {}", site.token));
    stream
        .write_all(text.as_bytes())
        .await
        .map_err(|fault| fault.to_string())?;
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .await
        .map_err(|fault| fault.to_string())?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.split("\r\n\r\n").next().unwrap_or_default().to_owned())
}

pub async fn run(suite: &mut Suite, site: &Site) {
    // What counts records comes before what makes some.
    filters(suite, site).await;
    desktop(suite, site).await;
    proxies(suite, site).await;
    operations(suite, site).await;
}

async fn desktop(suite: &mut Suite, site: &Site) {
    suite
        .check("habits/headers-are-spelled-as-qgis-looks-for-them", async {
            let body = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[-168.05,42.61]},"properties":{"boundary":"astrand-veyra","number":"wire"}}"#;
            let request = format!(
                "POST {POINTS}/items HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Type: {GEOJSON}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let head = head(site, &request).await?;
            ensure(head.starts_with("HTTP/1.1 201 "), || head.clone())?;
            ensure(head.contains(&format!("\r\nLocation: {}{POINTS}/items/", site.base)) && head.contains("\r\nETag: "), || head)
        })
        .await;
    suite
        .check("habits/qgis-learns-what-it-may-write", async {
            let request = format!("OPTIONS {POINTS}/items HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
            let head = head(site, &request).await?;
            let allow = head
                .lines()
                .find_map(|line| line.strip_prefix("Allow: "))
                .unwrap_or_default();
            ensure(head.starts_with("HTTP/1.1 200 ") && allow.contains("POST"), || {
                head.clone()
            })
        })
        .await;
    suite
        .check("habits/first-description-is-openapi-30", async {
            let landing = site.get("/").await.json();
            let first = links(&landing, "service-desc").first().cloned().unwrap_or_default();
            same(
                first["type"].as_str(),
                Some("application/vnd.oai.openapi+json;version=3.0"),
            )
        })
        .await;
    suite
        .check("habits/qgis-opens-the-description", async {
            let accept =
                "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
            let got = site.ask(Method::GET, "/api").accept(accept).send().await;
            got.is_of(200, "application/vnd.oai.openapi+json")
        })
        .await;
    suite
        .check("habits/owslib-opens-the-landing-page", async {
            // It says nothing of what it wants, or that anything will do.
            for accept in [None, Some("*/*")] {
                let ask = site.ask(Method::GET, "/");
                let got = if let Some(accept) = accept {
                    ask.accept(accept)
                } else {
                    ask
                }
                .send()
                .await;
                got.is_of(200, JSON)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("habits/addresses-can-be-built-upon", async {
            let list = site.get("/collections").await.json();
            for one in list["collections"].as_array().into_iter().flatten() {
                let items = href(one, "items")?;
                ensure(
                    !items.contains('?') && !items.ends_with('/') && !items.ends_with(".json"),
                    || items.clone(),
                )?;
                same(items, format!("{}/items", href(one, "self")?))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("habits/geometry-on-the-first-page", async {
            for collection in ["boundary_points", "markers", "segments", "islands", "ports", "sections"] {
                let first = site.first(&format!("/collections/{collection}")).await?;
                ensure(first["geometry"].is_object(), || first.to_string())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("habits/gdal-reads-the-schema", async {
            let one = site.get(POINTS).await.json();
            let links = links(&one, "describedby");
            same(links.first().and_then(|link| link["type"].as_str()), Some(SCHEMA))?;
            let got = site.get(&href(&one, "describedby")?).await;
            got.is(200)
        })
        .await;
    suite
        .check("habits/qgis-counts", async {
            let got = site.get(&format!("{POINTS}/items?limit=1")).await;
            ensure(got.json()["numberMatched"].is_u64(), || got.seen())
        })
        .await;
    suite
        .check("habits/count-alone", async {
            let got = site.query(&format!("{POINTS}/items"), &[("resultType", "hits")]).await;
            got.is(200)?;
            let body = got.json();
            same((body["numberMatched"].is_u64(), got.features().len()), (true, 0))
        })
        .await;
    suite
        .check("habits/some-properties", async {
            let got = site
                .query(
                    &format!("{POINTS}/items"),
                    &[("properties", "number,section"), ("limit", "3")],
                )
                .await;
            got.is(200)?;
            for feature in got.features() {
                let names: Vec<String> = feature["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(n, _)| n.clone())
                    .collect();
                same(sorted(names), vec!["number".to_owned(), "section".to_owned()])?;
            }
            site.query(&format!("{POINTS}/items"), &[("properties", "no_such_field")])
                .await
                .problem(400)
        })
        .await;
    suite
        .check("habits/pages-asked-for-anew", async {
            let ask = site
                .ask(Method::GET, &format!("{POINTS}/items?limit=1"))
                .header("cache-control", "no-cache");
            ask.accept(&format!("{GEOJSON}, {JSON}"))
                .send()
                .await
                .is_of(200, GEOJSON)
        })
        .await;
}

async fn filters(suite: &mut Suite, site: &Site) {
    let items = format!("{POINTS}/items");
    suite
        .check("habits/gdal-says-cql-text", async {
            let filter = "((section = 'S1') AND (number <> 'P1'))";
            let asked = [("filter", filter), ("filter-lang", "cql-text"), ("limit", "1000")];
            let got = site.query(&items, &asked).await;
            got.is(200)?;
            let wanted = truth().iter().filter(|p| p.section == "S1" && p.number != "P1").count();
            same(got.ids().len(), wanted)
        })
        .await;
    suite
        .check("habits/qgis-writes-open-ends-as-far-years", async {
            for datetime in [
                "0000-01-01T00:00:00Z/2100-01-01T00:00:00Z",
                "1900-01-01T00:00:00Z/9999-12-31T00:00:00Z",
            ] {
                let got = site.query(&items, &[("datetime", datetime), ("limit", "1000")]).await;
                got.is(200)?;
                same(got.ids().len(), truth().len())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("habits/state-of-knowledge", async {
            let got = site.query(&items, &[("known-at", "1990-01-01T00:00:00Z")]).await;
            got.is(200)?;
            same(got.json()["numberMatched"].as_u64(), Some(0))?;
            let got = site.query(&items, &[("known-at", "2100-01-01T00:00:00Z")]).await;
            same(got.json()["numberMatched"].as_u64(), Some(truth().len() as u64))
        })
        .await;
    suite
        .check("habits/pages-stay-while-others-write", async {
            let mut seen = Vec::new();
            let mut page = site.query(&items, &[("limit", "10")]).await;
            let before = site.all(POINTS).await?;
            for n in 0.. {
                seen.extend(page.ids());
                let body = serde_json::json!({
                    "type": "Feature", "geometry": { "type": "Point", "coordinates": [-168.0, 42.5] },
                    "properties": { "boundary": "astrand-veyra", "number": format!("A{n}") },
                });
                site.ask(Method::POST, &items)
                    .json(GEOJSON, &body)
                    .send()
                    .await
                    .is(201)?;
                match page.links("next").first() {
                    Some(next) if n < 100 => page = site.get(next["href"].as_str().unwrap_or_default()).await,
                    _ => break,
                }
            }
            let mut once = sorted(seen.clone());
            once.dedup();
            same(once.len(), seen.len())?;
            ensure(super::site::ids_of(&before).iter().all(|id| seen.contains(id)), || {
                "a page skipped a feature".to_owned()
            })
        })
        .await;
}

async fn proxies(suite: &mut Suite, site: &Site) {
    let hrefs = |body: &Value| -> Vec<String> {
        let all = body["links"].as_array().into_iter().flatten();
        all.filter_map(|link| link["href"].as_str())
            .map(str::to_owned)
            .collect()
    };
    suite
        .check("habits/links-behind-a-proxy", async {
            let ask = site.ask(Method::GET, "/collections").accept(JSON);
            let ask = ask
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-host", "maps.example.org");
            let seen = hrefs(&ask.send().await.json());
            ensure(
                seen.iter().all(|href| href.starts_with("https://maps.example.org/")),
                || format!("{seen:?}"),
            )?;
            let ask = site.ask(Method::GET, "/collections").accept(JSON);
            let ask = ask.header("forwarded", "for=192.0.2.1;proto=https;host=maps.example.org");
            let seen = hrefs(&ask.send().await.json());
            ensure(
                seen.iter().all(|href| href.starts_with("https://maps.example.org/")),
                || format!("{seen:?}"),
            )
        })
        .await;
}

async fn operations(suite: &mut Suite, site: &Site) {
    suite
        .check("operations/alive-and-ready", async {
            site.get("/livez").await.is(200)?;
            site.get("/readyz").await.is(200)
        })
        .await;
    suite
        .check("operations/metrics", async {
            site.get(&format!("{POINTS}/items?limit=1")).await.is(200)?;
            let got = site.ask(Method::GET, "/metrics").send().await;
            got.is(200)?;
            let text = got.text();
            let wanted = [
                "http_server_request_duration_seconds_bucket",
                "http_route=\"/collections/{",
                "le=\"",
            ];
            ensure(wanted.iter().all(|word| text.contains(word)), || got.seen())?;
            ensure(!text.contains("/collections/boundary_points"), || {
                "a path with a name in it is counted".to_owned()
            })
        })
        .await;
    suite
        .check("operations/traces", async {
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
            let ask = site.ask(Method::GET, &format!("{POINTS}/items?limit=0"));
            let got = ask
                .header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"))
                .send()
                .await;
            got.problem(400)?;
            let instance = got.json()["instance"].as_str().unwrap_or_default().to_owned();
            ensure(instance.contains(trace), || instance.clone())
        })
        .await;
}
