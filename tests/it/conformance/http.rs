//! HTTP semantics and caching (RFC 9110, 9111), problems (RFC 9457), and pages of other origins.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;

use super::site::{GEOJSON, Got, JSON, POINTS, Site};
use super::{Checked, Suite, ensure, same};

pub async fn run(suite: &mut Suite, site: &Site) {
    methods(suite, site).await;
    representations(suite, site).await;
    caching(suite, site).await;
    problems(suite, site).await;
    origins(suite, site).await;
    files(suite, site).await;
}

async fn item_of(site: &Site) -> String {
    let first = site.first(POINTS).await.unwrap_or_default();
    format!("{POINTS}/items/{}", first["id"])
}

async fn methods(suite: &mut Suite, site: &Site) {
    let item = item_of(site).await;
    for (name, path) in [
        ("rfc9110/head-of-landing", "/"),
        ("rfc9110/head-of-collections", "/collections"),
        ("rfc9110/head-of-items", "/collections/boundary_points/items"),
        ("rfc9110/head-of-an-item", item.as_str()),
    ] {
        suite
            .check(name, async {
                let got = site.ask(Method::GET, path).accept(JSON).send().await;
                let head = site.ask(Method::HEAD, path).accept(JSON).send().await;
                head.is(200)?;
                same(head.body.len(), 0)?;
                same(head.header("content-type"), got.header("content-type"))?;
                same(head.header("etag"), got.header("etag"))
            })
            .await;
    }
    suite
        .check("rfc9110/method-not-allowed", async {
            for (method, path) in [
                (Method::DELETE, "/collections"),
                (Method::POST, "/conformance"),
                (Method::PUT, "/collections/boundary_points/items"),
                (Method::POST, item.as_str()),
            ] {
                let got = site.ask(method, path).send().await;
                got.problem(405)?;
                ensure(got.list("allow").contains(&"get".to_owned()), || {
                    format!("{} allow {:?}", got.url, got.list("allow"))
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("rfc9110/options", async {
            for path in ["/", "/collections", POINTS, "/conformance"] {
                let got = site.ask(Method::OPTIONS, path).send().await;
                ensure(got.status == 200 || got.status == 204, || got.seen())?;
                let allow = got.list("allow");
                ensure(
                    ["get", "head", "options"]
                        .iter()
                        .all(|m| allow.contains(&(*m).to_owned())),
                    || format!("{path} allow {allow:?}"),
                )?;
            }
            Ok(())
        })
        .await;
    suite
        .check("rfc9110/trailing-slash", async {
            let got = site.ask(Method::GET, &format!("{POINTS}/items/?limit=3")).send().await;
            got.is(308)?;
            let to = got.header("location");
            ensure(to.ends_with(&format!("{POINTS}/items?limit=3")), || to.to_owned())
        })
        .await;
    suite
        .check("rfc9110/unknown-path", async {
            site.get("/no/such/path").await.problem(404)?;
            site.get("/collections/boundary_points/no_such_part").await.problem(404)
        })
        .await;
}

async fn representations(suite: &mut Suite, site: &Site) {
    let items = format!("{POINTS}/items?limit=20");
    let accepting = async |accept: &str| site.ask(Method::GET, &items).accept(accept).send().await;
    suite
        .check("rfc9110/accept-by-weight", async {
            accepting("text/html;q=0.2, application/geo+json")
                .await
                .is_of(200, GEOJSON)?;
            accepting("text/html, application/geo+json;q=0.5")
                .await
                .is_of(200, "text/html")?;
            accepting("*/*").await.is_of(200, GEOJSON)
        })
        .await;
    suite
        .check("rfc9110/not-acceptable", async {
            accepting("image/png").await.problem(406)
        })
        .await;
    suite
        .check("rfc9110/format-by-parameter", async {
            let got = site
                .ask(Method::GET, &format!("{POINTS}?f=json"))
                .accept("text/html")
                .send()
                .await;
            got.is_of(200, JSON)?;
            site.get(&format!("{POINTS}?f=nothing")).await.problem(400)
        })
        .await;
    suite
        .check("rfc9110/vary", async {
            let got = accepting(GEOJSON).await;
            let vary = got.list("vary");
            ensure(
                ["accept", "accept-encoding", "accept-language"]
                    .iter()
                    .all(|h| vary.contains(&(*h).to_owned())),
                || format!("vary {vary:?}"),
            )
        })
        .await;
    let coded = async |coding: &str| {
        let ask = site.ask(Method::GET, &format!("{POINTS}/items?limit=1000"));
        ask.accept(GEOJSON).header("accept-encoding", coding).send().await
    };
    suite
        .check("rfc9110/gzip", async {
            let got = coded("gzip, deflate").await;
            same(got.header("content-encoding"), "gzip")?;
            let mut text = String::new();
            GzDecoder::new(&got.body[..])
                .read_to_string(&mut text)
                .map_err(|fault| fault.to_string())?;
            ensure(
                text.starts_with("{\"type\":\"FeatureCollection\"") || text.contains("\"features\""),
                || text,
            )
        })
        .await;
    suite
        .check("rfc9110/brotli-and-zstd", async {
            for coding in ["br", "zstd"] {
                let got = coded(coding).await;
                got.is(200)?;
                same(got.header("content-encoding"), coding)?;
            }
            let (plain, packed) = (coded("identity").await, coded("br").await);
            same(plain.header("content-encoding"), "")?;
            ensure(packed.body.len() * 3 < plain.body.len(), || {
                format!("{} of {}", packed.body.len(), plain.body.len())
            })
        })
        .await;
    suite
        .check("rfc9110/links-in-headers", async {
            let got = site.get(&items).await;
            let all: Vec<String> = got
                .headers
                .get_all("link")
                .iter()
                .filter_map(|v| v.to_str().ok())
                .map(str::to_owned)
                .collect();
            let next = super::site::href(&got.json(), "next")?;
            let said = all
                .iter()
                .any(|link| link.contains(&format!("<{next}>")) && link.contains("rel=\"next\""));
            ensure(said, || format!("{all:?}"))
        })
        .await;
}

async fn caching(suite: &mut Suite, site: &Site) {
    let item = item_of(site).await;
    let landing = site.get("/api").await;
    for (name, path) in [
        ("rfc9111/item-not-modified", item.as_str()),
        (
            "rfc9111/items-not-modified",
            "/collections/boundary_points/items?limit=10",
        ),
        ("rfc9111/collection-not-modified", "/collections/boundary_points"),
        ("rfc9111/schema-not-modified", "/collections/boundary_points/schema"),
        (
            "rfc9111/queryables-not-modified",
            "/collections/boundary_points/queryables",
        ),
        ("rfc9111/definition-not-modified", "/api"),
    ] {
        suite
            .check(name, async {
                let got = site.get(path).await;
                got.is(200)?;
                let tag = got.header("etag").to_owned();
                ensure(tag.ends_with('"'), || format!("{path} has the ETag {tag:?}"))?;
                let ask = || {
                    site.ask(Method::GET, path)
                        .accept(&format!("{GEOJSON}, {JSON};q=0.9, */*;q=0.1"))
                };
                let again = ask().header("if-none-match", &tag).send().await;
                again.is(304)?;
                same(again.body.len(), 0)?;
                same(again.header("etag"), tag.as_str())?;
                ask().header("if-none-match", "\"another\"").send().await.is(200)
            })
            .await;
    }
    suite
        .check("rfc9111/definition-is-cheap-to-ask-again", async {
            ensure(!landing.header("cache-control").is_empty(), || {
                "no Cache-Control".to_owned()
            })
        })
        .await;
    suite
        .check("rfc9111/items-say-how-they-may-be-kept", async {
            let got = site.get(&format!("{POINTS}/items")).await;
            let said = got.list("cache-control");
            ensure(
                said.contains(&"no-cache".to_owned()) && !said.contains(&"public".to_owned()),
                || format!("{said:?}"),
            )
        })
        .await;
    suite
        .check("rfc9111/item-says-since-when", async {
            let got = site.get(&item).await;
            let when = got.header("last-modified");
            ensure(when.ends_with(" GMT") && when.len() == 29, || {
                format!("Last-Modified: {when:?}")
            })
        })
        .await;
    suite
        .check("rfc9111/a-change-changes-the-tags", async {
            let (page, one) = (format!("{POINTS}/items?limit=10"), site.get(&item).await);
            let before = site.get(&page).await.header("etag").to_owned();
            let change = serde_json::json!({ "properties": { "sigma_m": 0.123 } });
            let got = site
                .ask(Method::PATCH, &item)
                .json(super::site::MERGE, &change)
                .send()
                .await;
            ensure(matches!(got.status, 200 | 204), || got.seen())?;
            let (page, now) = (site.get(&page).await, site.get(&item).await);
            ensure(page.header("etag") != before, || "the page has its old ETag".to_owned())?;
            ensure(now.header("etag") != one.header("etag"), || {
                "the item has its old ETag".to_owned()
            })
        })
        .await;
}

async fn problems(suite: &mut Suite, site: &Site) {
    suite
        .check("rfc9457/members", async {
            let got = site.get(&format!("{POINTS}/items?limit=0")).await;
            got.problem(400)?;
            let body = got.json();
            ensure(body["instance"].as_str().is_some_and(|text| !text.is_empty()), || {
                got.seen()
            })?;
            ensure(got.text().contains("limit"), || got.seen())
        })
        .await;
    suite
        .check("rfc9457/type-is-a-page", async {
            let got = site.get(&format!("{POINTS}/items?limit=0")).await;
            let kind = got.json()["type"].as_str().unwrap_or_default().to_owned();
            let page = site.ask(Method::GET, &kind).accept("text/html").send().await;
            page.is_of(200, "text/html")
        })
        .await;
    suite
        .check("rfc9457/in-the-language-of-the-caller", async {
            let ask = site
                .ask(Method::GET, &format!("{POINTS}/items?limit=0"))
                .header("accept-language", "zh");
            let got = ask.send().await;
            got.problem(400)?;
            let detail = got.json()["detail"].as_str().unwrap_or_default().to_owned();
            ensure(!detail.is_ascii(), || got.seen())
        })
        .await;
    suite
        .check("rfc9457/all-mistakes-at-once", async {
            let got = site
                .get(&format!("{POINTS}/items?limit=0&bbox=1,2,3&datetime=never&crs=nowhere"))
                .await;
            got.problem(400)?;
            let text = got.text();
            ensure(
                ["limit", "bbox", "datetime", "crs"]
                    .iter()
                    .all(|name| text.contains(name)),
                || got.seen(),
            )
        })
        .await;
    suite
        .check("rfc9457/nothing-of-the-inside", async {
            let got = site
                .query(&format!("{POINTS}/items"), &[("filter", "number = '\0'")])
                .await;
            ensure(got.status < 500, || got.seen())?;
            let text = got.text().to_ascii_lowercase();
            ensure(
                !["select ", "sqlx", "panicked", "src/"]
                    .iter()
                    .any(|word| text.contains(word)),
                || got.seen(),
            )
        })
        .await;
}

async fn origins(suite: &mut Suite, site: &Site) {
    const ORIGIN: &str = "https://maps.example.org";
    suite
        .check("cors/other-pages-may-read", async {
            let ask = site
                .ask(Method::GET, &format!("{POINTS}/items?limit=1"))
                .header("origin", ORIGIN);
            let got = ask.send().await;
            got.is(200)?;
            let allowed = got.header("access-control-allow-origin");
            ensure(allowed == "*" || allowed == ORIGIN, || {
                format!("allow-origin {allowed:?}")
            })
        })
        .await;
    suite
        .check("cors/headers-are-shown", async {
            let ask = site
                .ask(Method::GET, &format!("{POINTS}/items?limit=1"))
                .header("origin", ORIGIN);
            let shown = ask.send().await.list("access-control-expose-headers");
            let wanted = ["etag", "link", "location", "content-crs"];
            ensure(wanted.iter().all(|name| shown.contains(&(*name).to_owned())), || {
                format!("{shown:?}")
            })
        })
        .await;
    suite
        .check("cors/preflight", async {
            let ask = site
                .ask(Method::OPTIONS, &format!("{POINTS}/items"))
                .header("origin", ORIGIN);
            let ask = ask.header("access-control-request-method", "GET");
            let got = ask
                .header("access-control-request-headers", "if-none-match, authorization")
                .send()
                .await;
            ensure(matches!(got.status, 200 | 204), || got.seen())?;
            let allowed = got.list("access-control-allow-headers");
            let wanted = ["authorization", "if-match", "if-none-match", "content-crs"];
            ensure(wanted.iter().all(|name| allowed.contains(&(*name).to_owned())), || {
                format!("{allowed:?}")
            })?;
            ensure(
                got.list("access-control-allow-methods").contains(&"get".to_owned()),
                || got.seen(),
            )
        })
        .await;
    suite
        .check("cors/no-star-with-credentials", async {
            for method in [Method::GET, Method::OPTIONS] {
                let got = site.ask(method, POINTS).header("origin", ORIGIN).send().await;
                let both = got.header("access-control-allow-origin") == "*"
                    && got.header("access-control-allow-credentials") == "true";
                ensure(!both, || "any page may act for the user".to_owned())?;
            }
            Ok(())
        })
        .await;
}

/// A part of a file, as RFC 9110 has it in section 14.
fn part(got: &Got, whole: &[u8], from: usize, to: usize) -> Checked {
    got.is(206)?;
    same(
        got.header("content-range"),
        format!("bytes {from}-{to}/{}", whole.len()).as_str(),
    )?;
    ensure(got.body == whole[from..=to], || "other bytes".to_owned())
}

async fn files(suite: &mut Suite, site: &Site) {
    let bytes = crate::support::sample("astrand-veyra/tracks/2026-08-06-team-a.gpx");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let sent = site
        .ask(Method::POST, "/uploads?filename=a.gpx")
        .body("application/gpx+xml", text)
        .send()
        .await;
    let path = format!("/uploads/{}/original", sent.json()["id"].as_str().unwrap_or_default());
    suite
        .check("rfc9110/ranges-of-files", async {
            let whole = site.ask(Method::GET, &path).send().await;
            whole.is(200)?;
            same(whole.header("accept-ranges"), "bytes")?;
            let ranged = async |range: &str| site.ask(Method::GET, &path).header("range", range).send().await;
            part(&ranged("bytes=0-99").await, &bytes, 0, 99)?;
            part(&ranged("bytes=-10").await, &bytes, bytes.len() - 10, bytes.len() - 1)?;
            let beyond = ranged("bytes=999999999-").await;
            beyond.is(416)?;
            same(
                beyond.header("content-range"),
                format!("bytes */{}", bytes.len()).as_str(),
            )
        })
        .await;
    suite
        .check("rfc9110/ranges-of-a-known-version", async {
            let whole = site.ask(Method::GET, &path).send().await;
            let tag = whole.header("etag").to_owned();
            ensure(!tag.is_empty(), || "no ETag".to_owned())?;
            let ranged = async |tag: &str| {
                let ask = site.ask(Method::GET, &path).header("range", "bytes=5-9");
                ask.header("if-range", tag).send().await
            };
            part(&ranged(&tag).await, &bytes, 5, 9)?;
            let other = ranged("\"other\"").await;
            other.is(200)?;
            same(other.body.len(), bytes.len())
        })
        .await;
}
