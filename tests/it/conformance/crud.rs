//! OGC API Features, part 4: create, replace, update and delete, with entity tags against lost changes.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Ask, GEOJSON, Got, JSON, MERGE, POINTS, Site, epsg};
use super::{Checked, Suite, ensure, same};

fn items() -> String {
    format!("{POINTS}/items")
}

fn body(number: &str, at: [f64; 2]) -> Value {
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": at },
        "properties": { "boundary": "astrand-veyra", "number": number, "sigma_m": 0.05 },
    })
}

fn near(feature: &Value, [x, y]: [f64; 2]) -> Checked {
    let at = &feature["geometry"]["coordinates"];
    let close = |seen: &Value, wanted: f64| seen.as_f64().is_some_and(|seen| (seen - wanted).abs() < 1e-8);
    ensure(close(&at[0], x) && close(&at[1], y), || format!("{at} is not {x} {y}"))
}

/// A feature that was created, and its path.
struct New {
    path: String,
    id: i64,
    tag: String,
    answer: Got,
}

async fn create(site: &Site, number: &str) -> Result<New, String> {
    created(
        site,
        site.ask(Method::POST, &items())
            .json(GEOJSON, &body(number, [-168.05, 42.61])),
    )
    .await
}

async fn created(site: &Site, ask: Ask<'_>) -> Result<New, String> {
    let answer = ask.send().await;
    answer.is(201)?;
    let location = answer.header("location").to_owned();
    let path = location
        .strip_prefix(&site.base)
        .ok_or_else(|| format!("Location: {location}"))?
        .to_owned();
    let id = path
        .rsplit('/')
        .next()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| format!("Location: {location}"))?;
    let tag = answer.header("etag").to_owned();
    Ok(New { path, id, tag, answer })
}

fn done(got: &Got) -> Checked {
    ensure(matches!(got.status, 200 | 204), || got.seen())
}

pub async fn run(suite: &mut Suite, site: &Site) {
    options(suite, site).await;
    creating(suite, site).await;
    replacing(suite, site).await;
    updating(suite, site).await;
    deleting(suite, site).await;
    locking(suite, site).await;
    refusals(suite, site).await;
    published(suite, site).await;
}

async fn options(suite: &mut Suite, site: &Site) {
    suite
        .check("create-replace-delete/options-of-items", async {
            let got = site.ask(Method::OPTIONS, &items()).send().await;
            got.is(200)?;
            let allow = got.list("allow");
            ensure(
                ["get", "head", "options", "post"]
                    .iter()
                    .all(|m| allow.contains(&(*m).to_owned())),
                || format!("{allow:?}"),
            )?;
            ensure(got.list("accept-post").contains(&GEOJSON.to_owned()), || {
                format!("{:?}", got.list("accept-post"))
            })
        })
        .await;
    suite
        .check("create-replace-delete/options-of-an-item", async {
            let new = create(site, "options").await?;
            let got = site.ask(Method::OPTIONS, &new.path).send().await;
            got.is(200)?;
            let allow = got.list("allow");
            let wanted = ["get", "head", "options", "put", "patch", "delete"];
            ensure(wanted.iter().all(|m| allow.contains(&(*m).to_owned())), || {
                format!("{allow:?}")
            })?;
            ensure(got.list("accept-patch").contains(&MERGE.to_owned()), || {
                format!("{:?}", got.list("accept-patch"))
            })
        })
        .await;
    suite
        .check("create-replace-delete/options-where-nothing-is-written", async {
            let got = site.ask(Method::OPTIONS, "/collections/check_runs/items").send().await;
            ensure(
                matches!(got.status, 200 | 404) && !got.list("allow").contains(&"post".to_owned()),
                || format!("{:?}", got.list("allow")),
            )
        })
        .await;
}

async fn creating(suite: &mut Suite, site: &Site) {
    suite
        .check("create-replace-delete/create", async {
            let new = create(site, "created").await?;
            let got = site.get(&new.path).await;
            got.is_of(200, GEOJSON)?;
            same(got.json()["id"].as_i64(), Some(new.id))?;
            same(got.json()["properties"]["number"].as_str(), Some("created"))?;
            same(got.json()["properties"]["sigma_m"].as_f64(), Some(0.05))?;
            near(&got.json(), [-168.05, 42.61])
        })
        .await;
    suite
        .check("create-replace-delete/created-with-an-address-of-its-own", async {
            let (one, two) = (create(site, "one").await?, create(site, "two").await?);
            ensure(one.id != two.id && one.id > 0, || format!("{} {}", one.id, two.id))?;
            ensure(one.answer.header("location").starts_with("http"), || one.answer.seen())
        })
        .await;
    suite
        .check("create-replace-delete/created-is-in-the-list", async {
            let new = create(site, "listed").await?;
            let got = site.query(&items(), &[("filter", "number = 'listed'")]).await;
            same(got.ids(), vec![new.id])
        })
        .await;
    suite
        .check("create-replace-delete/identifier-in-the-body", async {
            let mut with_id = body("own identifier", [-168.05, 42.61]);
            with_id["id"] = json!(777_777_777);
            let new = created(site, site.ask(Method::POST, &items()).json(GEOJSON, &with_id)).await?;
            let got = site.get(&new.path).await;
            same(got.json()["id"].as_i64(), Some(new.id))?;
            ensure(new.id != 777_777_777, || "the sender chose the identifier".to_owned())
        })
        .await;
    suite
        .check("create-replace-delete/as-plain-json", async {
            let ask = site
                .ask(Method::POST, &items())
                .json(JSON, &body("plain", [-168.05, 42.61]));
            created(site, ask).await.map(drop)
        })
        .await;
    suite
        .check("features/created-in-another-system", async {
            let ask = site
                .ask(Method::POST, &items())
                .json(GEOJSON, &body("swapped", [42.61, -168.05]));
            let new = created(site, ask.header("content-crs", &format!("<{}>", epsg(4326)))).await?;
            near(&site.get(&new.path).await.json(), [-168.05, 42.61])
        })
        .await;
    suite
        .check("features/created-in-an-unknown-system", async {
            let ask = site
                .ask(Method::POST, &items())
                .json(GEOJSON, &body("nowhere", [0.0, 0.0]));
            ask.header("content-crs", &format!("<{}>", epsg(1)))
                .send()
                .await
                .problem(400)
        })
        .await;
    suite
        .check("create-replace-delete/sent-twice-by-one-key", async {
            let ask = || {
                let ask = site
                    .ask(Method::POST, &items())
                    .json(GEOJSON, &body("twice", [-168.05, 42.61]));
                created(site, ask.header("idempotency-key", "\"5f1c\""))
            };
            let first = ask().await?;
            match ask().await {
                Ok(second) => same(second.id, first.id)?,
                Err(refused) => ensure(refused.contains("409"), || refused)?,
            }
            same(
                site.query(&items(), &[("filter", "number = 'twice'")]).await.ids(),
                vec![first.id],
            )
        })
        .await;
}

async fn replacing(suite: &mut Suite, site: &Site) {
    suite
        .check("create-replace-delete/replace", async {
            let new = create(site, "before").await?;
            let mut other = body("after", [-168.06, 42.62]);
            other["properties"]["sigma_m"].take();
            let got = site.ask(Method::PUT, &new.path).json(GEOJSON, &other).send().await;
            done(&got)?;
            let got = site.get(&new.path).await.json();
            same(got["properties"]["number"].as_str(), Some("after"))?;
            same(&got["properties"]["sigma_m"], &Value::Null)?;
            near(&got, [-168.06, 42.62])
        })
        .await;
    suite
        .check("create-replace-delete/replace-with-itself", async {
            let new = create(site, "itself").await?;
            let whole = site.get(&new.path).await.json();
            done(&site.ask(Method::PUT, &new.path).json(GEOJSON, &whole).send().await)?;
            let again = site.get(&new.path).await.json();
            same(&again["geometry"], &whole["geometry"])?;
            same(&again["properties"]["sigma_m"], &whole["properties"]["sigma_m"])
        })
        .await;
    suite
        .check("create-replace-delete/replace-ignores-the-identifier", async {
            let new = create(site, "identifier").await?;
            let mut other = body("identifier", [-168.06, 42.62]);
            other["id"] = json!(new.id + 1_000_000);
            done(&site.ask(Method::PUT, &new.path).json(GEOJSON, &other).send().await)?;
            same(site.get(&new.path).await.json()["id"].as_i64(), Some(new.id))?;
            site.get(&format!("{}/{}", items(), new.id + 1_000_000))
                .await
                .problem(404)
        })
        .await;
    suite
        .check("create-replace-delete/replace-what-is-not-there", async {
            let path = format!("{}/888888888", items());
            let ask = || {
                site.ask(Method::PUT, &path)
                    .json(GEOJSON, &body("nobody", [-168.06, 42.62]))
            };
            ask().send().await.problem(404)?;
            // RFC 9110 looks at what is there before it looks at the condition; both refusals are in use.
            let got = ask().header("if-match", "\"xyz\"").send().await;
            ensure(matches!(got.status, 404 | 412), || got.seen())?;
            site.get(&path).await.problem(404)
        })
        .await;
}

async fn updating(suite: &mut Suite, site: &Site) {
    let patch = async |path: &str, change: Value| site.ask(Method::PATCH, path).json(MERGE, &change).send().await;
    suite
        .check("update/one-property", async {
            let new = create(site, "patched").await?;
            done(&patch(&new.path, json!({ "properties": { "sigma_m": 0.5 } })).await)?;
            let got = site.get(&new.path).await.json();
            same(got["properties"]["sigma_m"].as_f64(), Some(0.5))?;
            same(got["properties"]["number"].as_str(), Some("patched"))?;
            near(&got, [-168.05, 42.61])
        })
        .await;
    suite
        .check("update/null-takes-away", async {
            let new = create(site, "emptied").await?;
            done(&patch(&new.path, json!({ "properties": { "sigma_m": null } })).await)?;
            same(&site.get(&new.path).await.json()["properties"]["sigma_m"], &Value::Null)
        })
        .await;
    suite
        .check("update/geometry-alone", async {
            let new = create(site, "moved").await?;
            let geometry = json!({ "type": "Point", "coordinates": [-168.07, 42.63] });
            done(&patch(&new.path, json!({ "geometry": geometry })).await)?;
            let got = site.get(&new.path).await.json();
            near(&got, [-168.07, 42.63])?;
            same(got["properties"]["number"].as_str(), Some("moved"))
        })
        .await;
    suite
        .check("update/geometry-in-another-system", async {
            let new = create(site, "moved far").await?;
            let change = json!({ "geometry": { "type": "Point", "coordinates": [42.64, -168.08] } });
            let ask = site.ask(Method::PATCH, &new.path).json(MERGE, &change);
            done(&ask.header("content-crs", &format!("<{}>", epsg(4326))).send().await)?;
            near(&site.get(&new.path).await.json(), [-168.08, 42.64])
        })
        .await;
    suite
        .check("update/what-is-not-there", async {
            let got = patch(&format!("{}/888888888", items()), json!({ "properties": {} })).await;
            got.problem(404)
        })
        .await;
    suite
        .check("update/what-is-required-stays", async {
            let new = create(site, "required").await?;
            patch(&new.path, json!({ "properties": { "number": null } }))
                .await
                .problem(422)
        })
        .await;
}

async fn deleting(suite: &mut Suite, site: &Site) {
    suite
        .check("create-replace-delete/delete", async {
            let new = create(site, "deleted").await?;
            done(&site.ask(Method::DELETE, &new.path).send().await)?;
            site.get(&new.path).await.problem(410)?;
            same(
                site.query(&items(), &[("filter", "number = 'deleted'")]).await.ids(),
                Vec::<i64>::new(),
            )
        })
        .await;
    suite
        .check("create-replace-delete/deleted-keeps-its-history", async {
            let new = create(site, "history").await?;
            done(&site.ask(Method::DELETE, &new.path).send().await)?;
            site.get(&format!("{}/versions", new.path)).await.is(200)
        })
        .await;
    suite
        .check("create-replace-delete/delete-what-is-not-there", async {
            site.ask(Method::DELETE, &format!("{}/888888888", items()))
                .send()
                .await
                .problem(404)?;
            let new = create(site, "deleted twice").await?;
            done(&site.ask(Method::DELETE, &new.path).send().await)?;
            let got = site.ask(Method::DELETE, &new.path).send().await;
            ensure(matches!(got.status, 404 | 410), || got.seen())
        })
        .await;
}

async fn locking(suite: &mut Suite, site: &Site) {
    let change = json!({ "properties": { "sigma_m": 0.7 } });
    suite
        .check("optimistic-locking-etags/every-item-has-one", async {
            let new = create(site, "tagged").await?;
            let got = site.get(&new.path).await;
            let tag = got.header("etag");
            ensure(tag.starts_with('"') && tag.len() > 2, || format!("ETag {tag:?}"))?;
            same(tag, new.tag.as_str())
        })
        .await;
    suite
        .check("optimistic-locking-etags/update", async {
            let new = create(site, "locked").await?;
            let ask = |tag: &str| {
                site.ask(Method::PATCH, &new.path)
                    .json(MERGE, &change)
                    .header("if-match", tag)
                    .send()
            };
            ask("\"0\"").await.problem(412)?;
            same(site.get(&new.path).await.header("etag"), new.tag.as_str())?;
            let got = ask(&new.tag).await;
            done(&got)?;
            ensure(got.header("etag") != new.tag && !got.header("etag").is_empty(), || {
                got.seen()
            })?;
            same(site.get(&new.path).await.header("etag"), got.header("etag"))?;
            // What the first read is stale now.
            ask(&new.tag).await.problem(412)
        })
        .await;
    suite
        .check("optimistic-locking-etags/replace", async {
            let new = create(site, "locked whole").await?;
            let ask = |tag: &str| {
                let ask = site
                    .ask(Method::PUT, &new.path)
                    .json(GEOJSON, &body("locked anew", [-168.06, 42.62]));
                ask.header("if-match", tag).send()
            };
            ask("\"0\"").await.problem(412)?;
            same(
                site.get(&new.path).await.json()["properties"]["number"].as_str(),
                Some("locked whole"),
            )?;
            let got = ask(&new.tag).await;
            done(&got)?;
            ensure(got.header("etag") != new.tag && !got.header("etag").is_empty(), || {
                got.seen()
            })
        })
        .await;
    suite
        .check("optimistic-locking-etags/delete", async {
            let new = create(site, "locked to stay").await?;
            let ask = |tag: &str| site.ask(Method::DELETE, &new.path).header("if-match", tag).send();
            ask("\"0\"").await.problem(412)?;
            site.get(&new.path).await.is(200)?;
            done(&ask(&new.tag).await)
        })
        .await;
    suite
        .check("optimistic-locking-etags/any-version", async {
            let new = create(site, "any").await?;
            let ask = site
                .ask(Method::PATCH, &new.path)
                .json(MERGE, &change)
                .header("if-match", "*");
            done(&ask.send().await)
        })
        .await;
    suite
        .check("optimistic-locking-etags/missing-is-accepted-before-force", async {
            let new = create(site, "unlocked").await?;
            done(&site.ask(Method::PATCH, &new.path).json(MERGE, &change).send().await)
        })
        .await;
}

async fn refusals(suite: &mut Suite, site: &Site) {
    let post = async |media: &str, text: &str| site.ask(Method::POST, &items()).body(media, text).send().await;
    suite
        .check("create-replace-delete/content-type-missing", async {
            let new = create(site, "untyped").await?;
            let body = body("untyped too", [-168.05, 42.61]);
            site.ask(Method::POST, &items())
                .untyped(&body)
                .send()
                .await
                .problem(400)?;
            site.ask(Method::PUT, &new.path)
                .untyped(&body)
                .send()
                .await
                .problem(400)
        })
        .await;
    suite
        .check("create-replace-delete/content-type-unknown", async {
            post("text/csv", "a,b").await.problem(415)?;
            let new = create(site, "typed").await?;
            site.ask(Method::PATCH, &new.path)
                .body("text/plain", "x")
                .send()
                .await
                .problem(415)
        })
        .await;
    suite
        .check("create-replace-delete/malformed", async {
            post(GEOJSON, "{\"type\":").await.problem(400)?;
            post(GEOJSON, "").await.problem(400)
        })
        .await;
    suite
        .check("create-replace-delete/not-a-feature", async {
            for text in ["[]", "{}", "{\"type\":\"Point\",\"coordinates\":[1,2]}", "7"] {
                let got = post(GEOJSON, text).await;
                ensure(matches!(got.status, 400 | 422), || got.seen())?;
            }
            Ok(())
        })
        .await;
    suite
        .check("features/wrong-geometry-with-its-place", async {
            let mut line = body("a line", [0.0, 0.0]);
            line["geometry"] = json!({ "type": "LineString", "coordinates": [[-168.0, 42.5], [-168.1, 42.6]] });
            let got = site.ask(Method::POST, &items()).json(GEOJSON, &line).send().await;
            got.problem(422)?;
            let pointers = got.json()["errors"].to_string();
            ensure(pointers.contains("/geometry"), || got.seen())
        })
        .await;
    suite
        .check("features/all-mistakes-with-their-places", async {
            let mut bad = body("", [-168.0, 42.5]);
            bad["properties"] = json!({ "boundary": "astrand-veyra", "sigma_m": "wide", "section": "S99" });
            let got = site.ask(Method::POST, &items()).json(GEOJSON, &bad).send().await;
            got.problem(422)?;
            let places = got.json()["errors"].to_string();
            let wanted = ["/properties/number", "/properties/sigma_m"];
            ensure(wanted.iter().all(|place| places.contains(place)), || got.seen())
        })
        .await;
    suite
        .check("features/property-unknown", async {
            let mut odd = body("odd", [-168.0, 42.5]);
            odd["properties"]["no_such_field"] = json!(1);
            let got = site.ask(Method::POST, &items()).json(GEOJSON, &odd).send().await;
            got.problem(422)?;
            ensure(got.text().contains("no_such_field"), || got.seen())
        })
        .await;
    suite
        .check("features/ring-that-is-none", async {
            let ring = json!([[[-168.0, 42.5], [-168.1, 42.5], [-168.0, 42.6]]]);
            let island = json!({
                "type": "Feature", "geometry": { "type": "Polygon", "coordinates": ring },
                "properties": { "boundary": "astrand-veyra", "number": "99", "owner": "AST" },
            });
            let got = site
                .ask(Method::POST, "/collections/islands/items")
                .json(GEOJSON, &island)
                .send()
                .await;
            got.problem(422)
        })
        .await;
    suite
        .check("features/value-against-a-rule-of-the-register", async {
            let party =
                json!({ "type": "Feature", "geometry": null, "properties": { "code": "no code", "name_en": "None" } });
            let got = site
                .ask(Method::POST, "/collections/parties/items")
                .json(GEOJSON, &party)
                .send()
                .await;
            got.problem(422)?;
            ensure(got.json()["errors"].to_string().contains("/properties/code"), || {
                got.seen()
            })
        })
        .await;
    suite
        .check("features/position-off-the-earth", async {
            let got = site
                .ask(Method::POST, &items())
                .json(GEOJSON, &body("off", [-168.0, 142.5]))
                .send()
                .await;
            got.problem(422)
        })
        .await;
}

async fn published(suite: &mut Suite, site: &Site) {
    let publish =
        json!({ "properties": { "standing": "in_force", "instrument": "protocol-1998", "reason": "Signed" } });
    suite
        .check("optimistic-locking-etags/required-in-force", async {
            let new = create(site, "in force").await?;
            let ask = site
                .ask(Method::PATCH, &new.path)
                .json(MERGE, &publish)
                .header("if-match", &new.tag);
            site.approve(&ask.send().await).await?;
            let change =
                json!({ "properties": { "sigma_m": 0.7, "instrument": "protocol-1998", "reason": "Measured anew" } });
            let got = site.ask(Method::PATCH, &new.path).json(MERGE, &change).send().await;
            got.problem(428)?;
            let tag = site.get(&new.path).await.header("etag").to_owned();
            let ask = site
                .ask(Method::PATCH, &new.path)
                .json(MERGE, &change)
                .header("if-match", &tag);
            site.approve(&ask.send().await).await
        })
        .await;
    suite
        .check("update/in-force-needs-instrument-and-reason", async {
            let new = create(site, "without a paper").await?;
            let bare = json!({ "properties": { "standing": "in_force" } });
            let ask = site
                .ask(Method::PATCH, &new.path)
                .json(MERGE, &bare)
                .header("if-match", &new.tag);
            let got = ask.send().await;
            got.problem(422)?;
            let text = got.json()["errors"].to_string();
            ensure(text.contains("instrument") && text.contains("reason"), || got.seen())
        })
        .await;
}
