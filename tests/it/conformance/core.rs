//! OGC API Features, part 1, class core.

use serde_json::Value;

use super::site::{CRS84, GEOJSON, JSON, POINTS, Site, href, ids_of, links, sorted, truth};
use super::{Suite, ensure, same};

const LONG_AGO: &str = "1000-01-01T00:00:00Z";

pub async fn run(suite: &mut Suite, site: &Site) {
    service(suite, site).await;
    collections(suite, site).await;
    items(suite, site).await;
    windows(suite, site).await;
    times(suite, site).await;
    pages(suite, site).await;
    item(suite, site).await;
}

fn absolute(body: &Value) -> bool {
    let mut links = body["links"].as_array().into_iter().flatten();
    links.all(|link| {
        let href = link["href"].as_str().unwrap_or_default();
        (href.starts_with("http://") || href.starts_with("https://")) && link["rel"].is_string()
    })
}

async fn service(suite: &mut Suite, site: &Site) {
    let landing = site.ask(reqwest::Method::GET, "/").accept(JSON).send().await;
    let body = landing.json();
    suite
        .check("core/landing-answers", async { landing.is_of(200, JSON) })
        .await;
    suite
        .check("core/landing-says-what-it-is", async {
            ensure(body["title"].is_string() && body["description"].is_string(), || {
                body.to_string()
            })
        })
        .await;
    suite
        .check("core/landing-links-are-absolute", async {
            ensure(absolute(&body) && !links(&body, "self").is_empty(), || body.to_string())
        })
        .await;
    suite
        .check("core/landing-links-description", async {
            let found = links(&body, "service-desc");
            let wanted = "application/vnd.oai.openapi+json;version=3.0";
            ensure(found.iter().any(|link| link["type"] == wanted), || body.to_string())?;
            let doc = links(&body, "service-doc");
            ensure(doc.iter().any(|link| link["type"] == "text/html"), || body.to_string())
        })
        .await;
    suite
        .check("core/landing-links-conformance-and-data", async {
            same(href(&body, "conformance")?, format!("{}/conformance", site.base))?;
            same(href(&body, "data")?, format!("{}/collections", site.base))
        })
        .await;
    suite
        .check("core/landing-links-resolve", async {
            for link in body["links"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|link| link["templated"] != true)
            {
                let media = link["type"].as_str().unwrap_or("*/*");
                let got = site.ask(reqwest::Method::GET, link["href"].as_str().unwrap_or_default());
                let got = got.accept(media).send().await;
                got.is(200)?;
                let plain = media.split(';').next().unwrap_or_default();
                ensure(got.media() == plain, || format!("not {media}: {}", got.seen()))?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core/landing-marks-templates", async {
            let mut all = body["links"].as_array().into_iter().flatten();
            let marked = all
                .all(|link| !link["href"].as_str().is_some_and(|href| href.contains('{')) || link["templated"] == true);
            ensure(marked, || body.to_string())
        })
        .await;
    suite
        .check("core/conformance-answers", async {
            let got = site.ask(reqwest::Method::GET, "/conformance").accept(JSON).send().await;
            got.is_of(200, JSON)?;
            let classes = got.json()["conformsTo"].clone();
            ensure(
                classes.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
                || got.seen(),
            )
        })
        .await;
    suite
        .check("core/conformance-names-the-class", async {
            let got = site.get("/conformance").await;
            for class in ["core", "geojson", "html", "oas30"] {
                let uri = format!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{class}");
                let classes = got.json()["conformsTo"].clone();
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
        .check("core/definition-answers", async {
            for link in links(&body, "service-desc") {
                let got = site
                    .ask(reqwest::Method::GET, link["href"].as_str().unwrap_or_default())
                    .send()
                    .await;
                got.is(200)?;
                let same = got.header("content-type").replace(' ', "") == link["type"].as_str().unwrap_or_default();
                ensure(same, || {
                    format!("{} is not {}", got.header("content-type"), link["type"])
                })?;
            }
            Ok(())
        })
        .await;
}

async fn collections(suite: &mut Suite, site: &Site) {
    let list = site.get("/collections").await;
    let body = list.json();
    let all: Vec<Value> = body["collections"].as_array().cloned().unwrap_or_default();
    suite
        .check("core/collections-answer", async {
            list.is_of(200, JSON)?;
            ensure(all.len() > 10, || list.seen())
        })
        .await;
    suite
        .check("core/collections-link-themselves", async {
            same(href(&body, "self")?, format!("{}/collections", site.base))?;
            ensure(!links(&body, "alternate").is_empty() && absolute(&body), || {
                body["links"].to_string()
            })
        })
        .await;
    suite
        .check("core/collections-have-names-once", async {
            let names = sorted(
                all.iter()
                    .map(|one| one["id"].as_str().unwrap_or_default().to_owned())
                    .collect(),
            );
            let mut once = names.clone();
            once.dedup();
            ensure(once == names && names.iter().all(|name| !name.is_empty()), || {
                format!("{names:?}")
            })
        })
        .await;
    suite
        .check("core/collections-link-items", async {
            for one in &all {
                let items = links(one, "items");
                let geojson = items.iter().any(|link| link["type"] == GEOJSON);
                ensure(geojson && absolute(one), || one.to_string())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core/collections-items-links-resolve", async {
            for one in &all {
                let got = site.query(&href(one, "items")?, &[("limit", "1")]).await;
                got.is_of(200, GEOJSON)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core/collections-have-extents", async {
            for one in &all {
                let ranges = one["extent"]["temporal"]["interval"][0].as_array();
                ensure(ranges.is_some_and(|pair| pair.len() == 2), || one["extent"].to_string())?;
                if let Some(bbox) = one["extent"]["spatial"]["bbox"][0].as_array() {
                    let n: Vec<f64> = bbox.iter().filter_map(Value::as_f64).collect();
                    let fine = n.len() == 4 && n[1] <= n[3] && n.iter().all(|v| v.abs() <= 180.0);
                    ensure(fine, || one["extent"].to_string())?;
                }
            }
            Ok(())
        })
        .await;
    suite
        .check("core/extent-holds-every-point", async {
            let one = site.get(POINTS).await.json();
            let bbox: Vec<f64> = one["extent"]["spatial"]["bbox"][0]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_f64)
                .collect();
            let [w, s, e, n] = bbox[..] else {
                return Err(one["extent"].to_string());
            };
            let inside = truth()
                .iter()
                .all(|p| (w..=e).contains(&p.lon) && (s..=n).contains(&p.lat));
            ensure(inside, || one["extent"].to_string())
        })
        .await;
    suite
        .check("core/collection-answers", async {
            let got = site.get(POINTS).await;
            got.is_of(200, JSON)?;
            let one = got.json();
            same(one["id"].as_str(), Some("boundary_points"))?;
            same(one["itemType"].as_str(), Some("feature"))?;
            same(href(&one, "self")?, format!("{}{POINTS}", site.base))?;
            ensure(one["title"].is_string() && one["description"].is_string(), || {
                one.to_string()
            })
        })
        .await;
    suite
        .check("core/collection-is-as-listed", async {
            for listed in &all {
                let one = site.get(&href(listed, "self")?).await.json();
                same(&one, listed)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core/collection-unknown", async {
            site.get("/collections/nothing_like_it").await.problem(404)
        })
        .await;
    suite
        .check("core/collection-offers-crs84", async {
            let one = site.get(POINTS).await.json();
            ensure(
                one["crs"].as_array().is_some_and(|all| all.contains(&CRS84.into())),
                || one["crs"].to_string(),
            )
        })
        .await;
}

async fn items(suite: &mut Suite, site: &Site) {
    let page = site.get(&format!("{POINTS}/items?limit=5")).await;
    let body = page.json();
    suite
        .check("core/items-answer", async {
            page.is_of(200, GEOJSON)?;
            same(body["type"].as_str(), Some("FeatureCollection"))?;
            ensure(body["features"].is_array(), || page.seen())
        })
        .await;
    suite
        .check("core/items-link-themselves", async {
            same(href(&body, "self")?, format!("{}{POINTS}/items?limit=5", site.base))?;
            let other = links(&body, "alternate");
            ensure(other.iter().any(|link| link["type"] == "text/html"), || {
                body["links"].to_string()
            })?;
            ensure(absolute(&body), || body["links"].to_string())
        })
        .await;
    suite
        .check("core/items-say-when", async {
            let when = body["timeStamp"].as_str().unwrap_or_default();
            ensure(when.parse::<jiff::Timestamp>().is_ok(), || {
                format!("timeStamp {when:?}")
            })
        })
        .await;
    suite
        .check("core/items-say-how-many-they-are", async {
            same(body["numberReturned"].as_u64(), Some(page.features().len() as u64))?;
            same(body["numberMatched"].as_u64(), Some(truth().len() as u64))
        })
        .await;
    suite
        .check("core/limit-is-kept", async { same(page.features().len(), 5) })
        .await;
    suite
        .check("core/limit-of-one", async {
            let got = site.get(&format!("{POINTS}/items?limit=1")).await;
            same(got.features().len(), 1)
        })
        .await;
    suite
        .check("core/limit-has-a-default", async {
            let got = site.get("/collections/markers/items").await;
            got.is(200)?;
            let matched = got.json()["numberMatched"].as_u64().unwrap_or_default() as usize;
            ensure((1..matched).contains(&got.features().len()), || {
                format!("{} of {matched}", got.features().len())
            })
        })
        .await;
    suite
        .check("core/limit-above-the-greatest", async {
            let got = site.get(&format!("{POINTS}/items?limit=999999999")).await;
            got.is(200)?;
            same(got.features().len(), truth().len())
        })
        .await;
    for (name, limit) in [
        ("core/limit-zero", "0"),
        ("core/limit-negative", "-1"),
        ("core/limit-of-words", "ten"),
        ("core/limit-of-fractions", "1.5"),
        ("core/limit-empty", ""),
    ] {
        suite
            .check(name, async {
                site.get(&format!("{POINTS}/items?limit={limit}")).await.problem(400)
            })
            .await;
    }
    suite
        .check("core/parameter-unknown", async {
            let got = site.get(&format!("{POINTS}/items?no_such_parameter=1")).await;
            got.problem(400)?;
            ensure(got.text().contains("no_such_parameter"), || got.seen())
        })
        .await;
    suite
        .check("core/parameter-unknown-elsewhere", async {
            for path in ["/collections", POINTS, "/conformance"] {
                site.get(&format!("{path}?no_such_parameter=1")).await.problem(400)?;
            }
            Ok(())
        })
        .await;
}

async fn windows(suite: &mut Suite, site: &Site) {
    let points = truth();
    let items = format!("{POINTS}/items");
    let numbers = async |bbox: &str| -> Result<Vec<String>, String> {
        let got = site.query(&items, &[("bbox", bbox), ("limit", "1000")]).await;
        got.is(200)?;
        let features = got.features();
        same(got.json()["numberMatched"].as_u64(), Some(features.len() as u64))?;
        let number = |f: &Value| f["properties"]["number"].as_str().unwrap_or_default().to_owned();
        Ok(sorted(features.iter().map(number).collect()))
    };
    let inside = |w: f64, s: f64, e: f64, n: f64| -> Vec<String> {
        let found = points
            .iter()
            .filter(|p| (w..=e).contains(&p.lon) && (s..=n).contains(&p.lat));
        sorted(found.map(|p| p.number.clone()).collect())
    };
    let everything = inside(-180.0, -90.0, 180.0, 90.0);
    suite
        .check("core/bbox-selects", async {
            let wanted = inside(-168.2, 42.45, -167.95, 42.6);
            ensure(!wanted.is_empty() && wanted.len() < everything.len(), || {
                format!("{wanted:?}")
            })?;
            same(numbers("-168.2,42.45,-167.95,42.6").await?, wanted)
        })
        .await;
    suite
        .check("core/bbox-of-the-world", async {
            same(numbers("-180,-90,180,90").await?, everything.clone())
        })
        .await;
    suite
        .check("core/bbox-where-nothing-is", async {
            same(numbers("0,0,1,1").await?, Vec::<String>::new())
        })
        .await;
    suite
        .check("core/bbox-touches", async {
            let p = &points[0];
            let got = numbers(&format!("{},{},{},{}", p.lon, p.lat, p.lon, p.lat)).await?;
            same(got, vec![p.number.clone()])
        })
        .await;
    suite
        .check("core/bbox-with-heights", async {
            let flat = numbers("-168.2,42.45,-167.95,42.6").await?;
            same(numbers("-168.2,42.45,-10000,-167.95,42.6,10000").await?, flat)
        })
        .await;
    suite
        .check("core/bbox-across-the-antimeridian", async {
            same(numbers("170,40,-160,50").await?, everything.clone())?;
            same(numbers("-160,40,170,50").await?, Vec::<String>::new())
        })
        .await;
    for (name, bbox) in [
        ("core/bbox-of-three-numbers", "1,2,3"),
        ("core/bbox-of-words", "a,b,c,d"),
        ("core/bbox-upside-down", "0,10,1,5"),
        ("core/bbox-beyond-the-earth", "0,0,1,91"),
        ("core/bbox-not-finite", "0,0,1,1e999"),
        ("core/bbox-empty", ""),
    ] {
        suite
            .check(name, async { site.query(&items, &[("bbox", bbox)]).await.problem(400) })
            .await;
    }
}

async fn times(suite: &mut Suite, site: &Site) {
    let items = format!("{POINTS}/items");
    let count = async |datetime: &str| -> Result<u64, String> {
        let got = site.query(&items, &[("datetime", datetime), ("limit", "1000")]).await;
        got.is(200)?;
        let n = got.json()["numberMatched"].as_u64().unwrap_or(u64::MAX);
        same(got.features().len() as u64, n)?;
        Ok(n)
    };
    let all = truth().len() as u64;
    for (name, datetime, wanted) in [
        ("core/datetime-instant", "2100-01-01T00:00:00Z", all),
        ("core/datetime-before-everything", LONG_AGO, 0),
        (
            "core/datetime-closed-interval",
            "1000-01-01T00:00:00Z/2100-01-01T00:00:00Z",
            all,
        ),
        ("core/datetime-open-start", "../2100-01-01T00:00:00Z", all),
        ("core/datetime-open-end", "1000-01-01T00:00:00Z/..", all),
        ("core/datetime-empty-start", "/2100-01-01T00:00:00Z", all),
        ("core/datetime-interval-before-everything", "../1000-01-01T00:00:00Z", 0),
    ] {
        suite.check(name, async { same(count(datetime).await?, wanted) }).await;
    }
    for (name, datetime) in [
        ("core/datetime-of-words", "yesterday"),
        ("core/datetime-impossible", "2026-02-30T00:00:00Z"),
        ("core/datetime-reversed", "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"),
        (
            "core/datetime-of-three",
            "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z/2026-01-03T00:00:00Z",
        ),
    ] {
        suite
            .check(name, async {
                site.query(&items, &[("datetime", datetime)]).await.problem(400)
            })
            .await;
    }
    suite
        .check("core/conditions-hold-together", async {
            let bbox = ("bbox", "-168.2,42.45,-167.95,42.6");
            let got = site.query(&items, &[bbox, ("datetime", LONG_AGO)]).await;
            same(got.json()["numberMatched"].as_u64(), Some(0))?;
            let got = site
                .query(&items, &[bbox, ("datetime", "1000-01-01T00:00:00Z/.."), ("limit", "2")])
                .await;
            same(got.features().len(), 2)
        })
        .await;
}

async fn pages(suite: &mut Suite, site: &Site) {
    suite
        .check("core/next-leads-through-all-once", async {
            let all = site.walk("/collections/markers", &[("limit", "50")]).await?;
            let ids = sorted(ids_of(&all));
            let mut once = ids.clone();
            once.dedup();
            let matched = site.get("/collections/markers/items?limit=1").await.json()["numberMatched"].as_u64();
            same(once.len(), ids.len())?;
            same(matched, Some(ids.len() as u64))
        })
        .await;
    suite
        .check("core/next-keeps-every-parameter", async {
            let asked = [
                ("limit", "3"),
                ("bbox", "-168.2,42.45,-167.95,42.6"),
                ("datetime", "1000-01-01T00:00:00Z/.."),
                ("section", "S1"),
            ];
            let whole = [&asked[1..], &[("limit", "1000")]].concat();
            let at_once = site.query(&format!("{POINTS}/items"), &whole).await;
            at_once.is(200)?;
            ensure(at_once.ids().len() > 3, || "the window must take two pages".to_owned())?;
            same(sorted(ids_of(&site.walk(POINTS, &asked).await?)), sorted(at_once.ids()))
        })
        .await;
    suite
        .check("core/next-is-not-on-the-last-page", async {
            let got = site.get(&format!("{POINTS}/items?limit={}", truth().len())).await;
            same(got.links("next"), Vec::<Value>::new())?;
            let got = site.get(&format!("{POINTS}/items?limit={}", truth().len() - 1)).await;
            same(got.links("next").len(), 1)
        })
        .await;
    suite
        .check("core/next-says-its-type", async {
            let got = site.get(&format!("{POINTS}/items?limit=1")).await;
            ensure(got.links("next").iter().all(|link| link["type"] == GEOJSON), || {
                got.seen()
            })
        })
        .await;
}

async fn item(suite: &mut Suite, site: &Site) {
    let first = site.first(POINTS).await.unwrap_or_default();
    let path = format!("{POINTS}/items/{}", first["id"]);
    let got = site.get(&path).await;
    let body = got.json();
    suite
        .check("core/item-answers", async {
            got.is_of(200, GEOJSON)?;
            same(body["type"].as_str(), Some("Feature"))?;
            same(&body["id"], &first["id"])
        })
        .await;
    suite
        .check("core/item-is-as-in-the-list", async {
            same(&body["geometry"], &first["geometry"])?;
            for (name, value) in first["properties"].as_object().into_iter().flatten() {
                same(&body["properties"][name], value)?;
            }
            Ok(())
        })
        .await;
    suite
        .check("core/item-links-itself-and-its-collection", async {
            same(href(&body, "self")?, format!("{}{path}", site.base))?;
            same(href(&body, "collection")?, format!("{}{POINTS}", site.base))?;
            ensure(!links(&body, "alternate").is_empty() && absolute(&body), || {
                body["links"].to_string()
            })
        })
        .await;
    suite
        .check("core/item-unknown", async {
            site.get(&format!("{POINTS}/items/999999999999")).await.problem(404)?;
            site.get(&format!("{POINTS}/items/no-number")).await.problem(404)
        })
        .await;
    suite
        .check("core/item-of-another-collection", async {
            site.get(&format!("/collections/markers/items/{}", first["id"]))
                .await
                .problem(404)
        })
        .await;
}
