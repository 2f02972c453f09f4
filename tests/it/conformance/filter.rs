//! OGC API Features, part 3, CQL2 and sorting. What a filter must find is worked out here, from all features and in Rust.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::habits::head;
use super::site::{GEOJSON, POINTS, SCHEMA, Site, epsg, href, ids_of, sorted, truth};
use super::{Checked, Suite, ensure, same};

const MARKERS: &str = "/collections/markers";
const SEGMENTS: &str = "/collections/segments";
const ISLANDS: &str = "/collections/islands";
const PORTS: &str = "/collections/ports";
const INSTRUMENTS: &str = "/collections/instruments";

type Wanted = Box<dyn Fn(&Value) -> bool>;

fn text<'a>(feature: &'a Value, name: &str) -> Option<&'a str> {
    feature["properties"][name].as_str()
}

fn number(feature: &Value, name: &str) -> Option<f64> {
    feature["properties"][name].as_f64()
}

fn at(feature: &Value) -> (f64, f64) {
    let place = &feature["geometry"]["coordinates"];
    (
        place[0].as_f64().unwrap_or(f64::NAN),
        place[1].as_f64().unwrap_or(f64::NAN),
    )
}

fn within(feature: &Value, [w, s, e, n]: [f64; 4]) -> bool {
    let (x, y) = at(feature);
    (w..=e).contains(&x) && (s..=n).contains(&y)
}

/// Vertices of a line, or of the outer ring of a polygon.
fn vertices(feature: &Value) -> Vec<(f64, f64)> {
    let geometry = &feature["geometry"];
    let list = match geometry["type"].as_str() {
        Some("LineString") => &geometry["coordinates"],
        Some("MultiPolygon") => &geometry["coordinates"][0][0],
        _ => &geometry["coordinates"][0],
    };
    let xy = |p: &Value| (p[0].as_f64().unwrap_or_default(), p[1].as_f64().unwrap_or_default());
    list.as_array().into_iter().flatten().map(xy).collect()
}

/// Whether a line passes from one side of a parallel to the other.
fn straddles(feature: &Value, lat: f64) -> bool {
    let all = vertices(feature);
    all.iter().any(|p| p.1 > lat) && all.iter().any(|p| p.1 < lat)
}

fn property(name: &str) -> Value {
    json!({ "property": name })
}

fn op(name: &str, args: &[Value]) -> Value {
    json!({ "op": name, "args": args })
}

struct Row {
    name: &'static str,
    collection: &'static str,
    text: String,
    /// The same in JSON.
    json: Option<Value>,
    wanted: Wanted,
}

fn row(
    name: &'static str,
    collection: &'static str,
    text: impl Into<String>,
    json: impl Into<Option<Value>>,
    wanted: impl Fn(&Value) -> bool + 'static,
) -> Row {
    Row {
        name,
        collection,
        text: text.into(),
        json: json.into(),
        wanted: Box::new(wanted),
    }
}

async fn found(site: &Site, collection: &str, filter: &str, lang: Option<&str>) -> Result<Vec<i64>, String> {
    let mut parameters = vec![("filter", filter), ("limit", "10000")];
    parameters.extend(lang.map(|lang| ("filter-lang", lang)));
    let got = site.query(&format!("{collection}/items"), &parameters).await;
    got.is(200)?;
    same(got.json()["numberMatched"].as_u64(), Some(got.ids().len() as u64))?;
    Ok(sorted(got.ids()))
}

async fn holds(site: &Site, row: &Row) -> Checked {
    let all = site.all(row.collection).await?;
    let wanted: Vec<Value> = all.iter().filter(|feature| (row.wanted)(feature)).cloned().collect();
    ensure(!wanted.is_empty() && wanted.len() < all.len(), || {
        format!("{} of {} are wanted, which proves nothing", wanted.len(), all.len())
    })?;
    let wanted = sorted(ids_of(&wanted));
    let told = |seen: Vec<i64>, how: &str| {
        ensure(seen == wanted, || {
            format!(
                "{how}: {} found, {} wanted: {seen:?} {wanted:?}",
                seen.len(),
                wanted.len()
            )
        })
    };
    told(
        found(site, row.collection, &row.text, Some("cql2-text")).await?,
        &row.text,
    )?;
    if let Some(json) = &row.json {
        told(
            found(site, row.collection, &json.to_string(), Some("cql2-json")).await?,
            &json.to_string(),
        )?;
    }
    Ok(())
}

pub async fn run(suite: &mut Suite, site: &Site) {
    former_numbers(site).await;
    queryables(suite, site).await;
    parameters(suite, site).await;
    let tables = [
        comparisons(),
        advanced(),
        words(),
        spatial(),
        temporal(),
        arrays(),
        expressions(),
    ];
    for row in tables.into_iter().flatten() {
        suite.check(row.name, holds(site, &row)).await;
    }
    encodings(suite, site).await;
    refusals(suite, site).await;
    sorting(suite, site).await;
}

/// Markers with former numbers, so that there are arrays to ask for.
async fn former_numbers(site: &Site) {
    for (n, former) in [
        ("F1", json!(["7", "7A"])),
        ("F2", json!(["7A", "8"])),
        ("F3", json!(["9"])),
    ] {
        let body = json!({
            "type": "Feature", "geometry": { "type": "Point", "coordinates": [-168.0, 42.5] },
            "properties": { "boundary": "astrand-veyra", "number": n, "former_numbers": former, "sigma_m": 0.05 },
        });
        let got = site
            .ask(Method::POST, &format!("{MARKERS}/items"))
            .json(GEOJSON, &body)
            .send()
            .await;
        assert_eq!(got.status, 201, "{}", got.seen());
    }
}

async fn queryables(suite: &mut Suite, site: &Site) {
    let got = site
        .ask(Method::GET, &format!("{POINTS}/queryables"))
        .accept(SCHEMA)
        .send()
        .await;
    let body = got.json();
    suite
        .check("queryables/answer", async {
            got.is_of(200, SCHEMA)?;
            same(
                body["$schema"].as_str(),
                Some("https://json-schema.org/draft/2020-12/schema"),
            )?;
            same(body["type"].as_str(), Some("object"))?;
            let id = body["$id"].as_str().unwrap_or_default();
            same(id, format!("{}{POINTS}/queryables", site.base).as_str())
        })
        .await;
    suite
        .check("queryables/linked", async {
            let one = site.get(POINTS).await.json();
            same(href(&one, "queryables")?, format!("{}{POINTS}/queryables", site.base))
        })
        .await;
    suite
        .check("queryables/say-types-and-units", async {
            let fields = &body["properties"];
            same(fields["number"]["type"].as_str(), Some("string"))?;
            same(fields["sigma_m"]["type"].as_str(), Some("number"))?;
            same(fields["sigma_m"]["x-ogc-unit"].as_str(), Some("m"))?;
            same(fields["valid_from"]["format"].as_str(), Some("date-time"))
        })
        .await;
    suite
        .check("queryables/geometry-by-its-format", async {
            let mut all = body["properties"].as_object().into_iter().flatten();
            let found = all.find(|(_, of)| of["format"] == "geometry-point");
            ensure(found.is_some_and(|(_, of)| of.get("type").is_none()), || {
                body.to_string()
            })
        })
        .await;
    suite
        .check("queryables/closed", async {
            same(body["additionalProperties"].as_bool(), Some(false))
        })
        .await;
    suite
        .check("queryables-query-parameters/a-text", async {
            let got = site
                .query(&format!("{POINTS}/items"), &[("section", "S1"), ("limit", "1000")])
                .await;
            got.is(200)?;
            let wanted = truth().iter().filter(|point| point.section == "S1").count();
            same(got.ids().len(), wanted)?;
            ensure(got.features().iter().all(|f| text(f, "section") == Some("S1")), || {
                got.seen()
            })
        })
        .await;
    suite
        .check("queryables-query-parameters/a-number", async {
            let all = site.all(MARKERS).await?;
            let wanted = all.iter().filter(|f| number(f, "sequence") == Some(3.0)).count();
            let got = site.query(&format!("{MARKERS}/items"), &[("sequence", "3")]).await;
            same(got.ids().len(), wanted)?;
            site.query(&format!("{MARKERS}/items"), &[("sequence", "three")])
                .await
                .problem(400)
        })
        .await;
    suite
        .check("queryables-query-parameters/with-a-filter", async {
            let asked = [("section", "S1"), ("filter", "number <> 'P1'"), ("limit", "1000")];
            let got = site.query(&format!("{POINTS}/items"), &asked).await;
            let wanted = truth().iter().filter(|p| p.section == "S1" && p.number != "P1").count();
            same(got.ids().len(), wanted)
        })
        .await;
}

async fn parameters(suite: &mut Suite, site: &Site) {
    suite
        .check("filter/language-by-default", async {
            let got = found(site, POINTS, "section = 'S1'", None).await?;
            same(got, found(site, POINTS, "section = 'S1'", Some("cql2-text")).await?)?;
            let json = op("=", &[property("section"), json!("S1")]).to_string();
            same(
                found(site, POINTS, &json, None).await?,
                found(site, POINTS, "section = 'S1'", None).await?,
            )
        })
        .await;
    suite
        .check("filter/language-unknown", async {
            let asked = [("filter", "section = 'S1'"), ("filter-lang", "sql")];
            site.query(&format!("{POINTS}/items"), &asked).await.problem(400)
        })
        .await;
    suite
        .check("filter/reference-system", async {
            let plain = found(
                site,
                POINTS,
                "S_INTERSECTS(geometry, BBOX(-168.2,42.45,-167.95,42.6))",
                None,
            )
            .await?;
            let turned = "S_INTERSECTS(geometry, BBOX(42.45,-168.2,42.6,-167.95))";
            let asked = [("filter", turned), ("filter-crs", &*epsg(4326)), ("limit", "1000")];
            let got = site.query(&format!("{POINTS}/items"), &asked).await;
            got.is(200)?;
            ensure(!plain.is_empty(), || "nothing was found".to_owned())?;
            same(sorted(got.ids()), plain)
        })
        .await;
    suite
        .check("filter/reference-system-unknown", async {
            let asked = [("filter", "section = 'S1'"), ("filter-crs", &*epsg(1))];
            site.query(&format!("{POINTS}/items"), &asked).await.problem(400)
        })
        .await;
    suite
        .check("features-filter/all-conditions-hold", async {
            let bbox = ("bbox", "-168.2,42.45,-167.95,42.6");
            let asked = [bbox, ("filter", "section = 'S2'"), ("limit", "1000")];
            let got = site.query(&format!("{POINTS}/items"), &asked).await;
            let wanted = truth().into_iter().filter(|p| {
                p.section == "S2" && (-168.2..=-167.95).contains(&p.lon) && (42.45..=42.6).contains(&p.lat)
            });
            same(got.ids().len(), wanted.count())
        })
        .await;
    suite
        .check("features-filter/next-keeps-the-filter", async {
            let asked = [
                ("filter", "section = 'S2' OR section = 'S1'"),
                ("filter-lang", "cql2-text"),
                ("limit", "5"),
            ];
            let all = site.walk(POINTS, &asked).await?;
            let wanted = truth()
                .iter()
                .filter(|p| p.section == "S1" || p.section == "S2")
                .count();
            same(all.len(), wanted)
        })
        .await;
    suite
        .check("features-filter/nothing-found", async {
            let got = site
                .query(
                    &format!("{POINTS}/items"),
                    &[("filter", "section = 'S1' AND section = 'S2'")],
                )
                .await;
            got.is(200)?;
            same((got.ids().len(), got.json()["numberMatched"].as_u64()), (0, Some(0)))
        })
        .await;
}

fn comparisons() -> Vec<Row> {
    let eq = |name: &str, value: &str| op("=", &[property(name), json!(value)]);
    vec![
        row("basic-cql2/equal", POINTS, "section = 'S1'", eq("section", "S1"), |f| {
            text(f, "section") == Some("S1")
        }),
        row(
            "basic-cql2/not-equal",
            POINTS,
            "section <> 'S1'",
            op("<>", &[property("section"), json!("S1")]),
            |f| text(f, "section").is_some_and(|s| s != "S1"),
        ),
        row(
            "basic-cql2/less",
            MARKERS,
            "sequence < 10",
            op("<", &[property("sequence"), json!(10)]),
            |f| number(f, "sequence").is_some_and(|n| n < 10.0),
        ),
        row(
            "basic-cql2/less-or-equal",
            MARKERS,
            "sequence <= 10",
            op("<=", &[property("sequence"), json!(10)]),
            |f| number(f, "sequence").is_some_and(|n| n <= 10.0),
        ),
        row(
            "basic-cql2/greater",
            MARKERS,
            "sequence > 10",
            op(">", &[property("sequence"), json!(10)]),
            |f| number(f, "sequence").is_some_and(|n| n > 10.0),
        ),
        row(
            "basic-cql2/greater-or-equal",
            MARKERS,
            "sequence >= 10",
            op(">=", &[property("sequence"), json!(10)]),
            |f| number(f, "sequence").is_some_and(|n| n >= 10.0),
        ),
        row(
            "basic-cql2/a-real-number",
            SEGMENTS,
            "length_m > 4.0E3",
            op(">", &[property("length_m"), json!(4000.0)]),
            |f| number(f, "length_m").is_some_and(|n| n > 4000.0),
        ),
        row(
            "basic-cql2/a-date",
            INSTRUMENTS,
            "signed_on >= DATE('1998-10-22')",
            op(">=", &[property("signed_on"), json!({ "date": "1998-10-22" })]),
            |f| text(f, "signed_on").is_some_and(|d| d >= "1998-10-22"),
        ),
        row(
            "basic-cql2/is-null",
            MARKERS,
            "keeper IS NULL",
            op("isNull", &[property("keeper")]),
            |f| f["properties"]["keeper"].is_null(),
        ),
        row(
            "basic-cql2/is-not-null",
            MARKERS,
            "keeper IS NOT NULL",
            op("not", &[op("isNull", &[property("keeper")])]),
            |f| !f["properties"]["keeper"].is_null(),
        ),
        row(
            "basic-cql2/and",
            MARKERS,
            "keeper = 'AST' AND constellation = 'double'",
            op("and", &[eq("keeper", "AST"), eq("constellation", "double")]),
            |f| text(f, "keeper") == Some("AST") && text(f, "constellation") == Some("double"),
        ),
        row(
            "basic-cql2/or",
            MARKERS,
            "kind = 'buoy' OR condition = 'damaged'",
            op("or", &[eq("kind", "buoy"), eq("condition", "damaged")]),
            |f| text(f, "kind") == Some("buoy") || text(f, "condition") == Some("damaged"),
        ),
        row(
            "basic-cql2/not",
            MARKERS,
            "NOT (kind = 'main')",
            op("not", &[eq("kind", "main")]),
            |f| text(f, "kind").is_some_and(|kind| kind != "main"),
        ),
        row(
            "basic-cql2/and-binds-tighter",
            POINTS,
            "section = 'S1' OR section = 'S2' AND number = 'P20'",
            op(
                "or",
                &[
                    eq("section", "S1"),
                    op("and", &[eq("section", "S2"), eq("number", "P20")]),
                ],
            ),
            |f| {
                text(f, "section") == Some("S1")
                    || (text(f, "section") == Some("S2") && text(f, "number") == Some("P20"))
            },
        ),
        row(
            "basic-cql2/parentheses",
            POINTS,
            "(section = 'S1' OR section = 'S2') AND number = 'P20'",
            op(
                "and",
                &[
                    op("or", &[eq("section", "S1"), eq("section", "S2")]),
                    eq("number", "P20"),
                ],
            ),
            |f| matches!(text(f, "section"), Some("S1" | "S2")) && text(f, "number") == Some("P20"),
        ),
        // What is not known is neither equal nor different, and its contrary is not known either.
        row(
            "basic-cql2/unknown-is-not-found",
            MARKERS,
            "keeper <> 'AST' OR NOT (keeper = 'VEY')",
            op(
                "or",
                &[
                    op("<>", &[property("keeper"), json!("AST")]),
                    op("not", &[eq("keeper", "VEY")]),
                ],
            ),
            |f| text(f, "keeper").is_some(),
        ),
        row("basic-cql2/names-in-quotes", POINTS, "\"section\" = 'S1'", None, |f| {
            text(f, "section") == Some("S1")
        }),
        row(
            "basic-cql2/keywords-in-any-case",
            MARKERS,
            "keeper is not null and not kind = 'main'",
            None,
            |f| text(f, "keeper").is_some() && text(f, "kind") != Some("main"),
        ),
    ]
}

fn advanced() -> Vec<Row> {
    let like = |pattern: &str| op("like", &[property("number"), json!(pattern)]);
    let named = |test: fn(&str) -> bool| move |f: &Value| text(f, "number").is_some_and(test);
    vec![
        row(
            "advanced-comparison-operators/like-any",
            POINTS,
            "number LIKE 'P1%'",
            like("P1%"),
            named(|n| n.starts_with("P1")),
        ),
        row(
            "advanced-comparison-operators/like-one",
            POINTS,
            "number LIKE 'P_'",
            like("P_"),
            named(|n| n.len() == 2),
        ),
        row(
            "advanced-comparison-operators/like-contains",
            POINTS,
            "number LIKE '%3%'",
            like("%3%"),
            named(|n| n.contains('3')),
        ),
        row(
            "advanced-comparison-operators/not-like",
            POINTS,
            "number NOT LIKE 'P1%'",
            op("not", &[like("P1%")]),
            named(|n| !n.starts_with("P1")),
        ),
        row(
            "advanced-comparison-operators/between",
            MARKERS,
            "sequence BETWEEN 5 AND 8",
            op("between", &[property("sequence"), json!(5), json!(8)]),
            |f| number(f, "sequence").is_some_and(|n| (5.0..=8.0).contains(&n)),
        ),
        row(
            "advanced-comparison-operators/not-between",
            MARKERS,
            "sequence NOT BETWEEN 5 AND 8",
            None,
            |f| number(f, "sequence").is_some_and(|n| !(5.0..=8.0).contains(&n)),
        ),
        row(
            "advanced-comparison-operators/in",
            POINTS,
            "number IN ('P1', 'P3', 'P99')",
            op("in", &[property("number"), json!(["P1", "P3", "P99"])]),
            named(|n| matches!(n, "P1" | "P3")),
        ),
        row(
            "advanced-comparison-operators/not-in",
            POINTS,
            "number NOT IN ('P1', 'P3')",
            None,
            named(|n| !matches!(n, "P1" | "P3")),
        ),
    ]
}

fn words() -> Vec<Row> {
    let casei = |value: Value| op("casei", &[value]);
    let accenti = |value: Value| op("accenti", &[value]);
    let road = |f: &Value| text(f, "name_en") == Some("Kvellmark road port");
    vec![
        row(
            "case-insensitive-comparison/equal",
            PORTS,
            "CASEI(name_en) = CASEI('KVELLMARK Road Port')",
            op("=", &[casei(property("name_en")), casei(json!("KVELLMARK Road Port"))]),
            road,
        ),
        row(
            "case-insensitive-comparison/like",
            PORTS,
            "CASEI(name_en) LIKE CASEI('kvell%')",
            op("like", &[casei(property("name_en")), casei(json!("kvell%"))]),
            road,
        ),
        row(
            "case-insensitive-comparison/in",
            PORTS,
            "CASEI(name_en) IN (CASEI('KVELLMARK road PORT'), CASEI('x'))",
            None,
            road,
        ),
        row(
            "case-insensitive-comparison/cyrillic",
            PORTS,
            "CASEI(name_ru) LIKE CASEI('АВТОДОРОЖНЫЙ%КВЕЛЛЬМАРК')",
            None,
            |f| text(f, "name_ru").is_some_and(|name| name.contains("Квелльмарк")),
        ),
        row(
            "accent-insensitive-comparison/equal",
            PORTS,
            "ACCENTI(name_en) = ACCENTI('Kvéllmärk road pórt')",
            op(
                "=",
                &[accenti(property("name_en")), accenti(json!("Kvéllmärk road pórt"))],
            ),
            road,
        ),
        row(
            "accent-insensitive-comparison/with-case",
            PORTS,
            "CASEI(ACCENTI(name_en)) = CASEI(ACCENTI('KVÉLLMARK ROAD PORT'))",
            None,
            road,
        ),
    ]
}

fn spatial() -> Vec<Row> {
    const BOX: [f64; 4] = [-168.2, 42.45, -167.95, 42.6];
    let own = || property("geometry");
    let square = json!({ "type": "Polygon", "coordinates":
        [[[-168.2, 42.45], [-167.95, 42.45], [-167.95, 42.6], [-168.2, 42.6], [-168.2, 42.45]]] });
    let ring = "POLYGON((-168.2 42.45, -167.95 42.45, -167.95 42.6, -168.2 42.6, -168.2 42.45))";
    let points = truth();
    let (p1, p2) = (&points[0], &points[1]);
    // A triangle that has the first point as its corner, and nothing else of the line near.
    let (x, y) = (p1.lon, p1.lat);
    let corner = format!(
        "POLYGON(({x} {y}, {} {}, {} {}, {x} {y}))",
        x + 0.01,
        y + 0.01,
        x,
        y + 0.01
    );
    let first = |f: &Value| text(f, "number") == Some("P1");
    // West half of the first island's box, and all of the second's with a margin.
    let western = "POLYGON((-167.93 42.48, -167.9216 42.48, -167.9216 42.49, -167.93 42.49, -167.93 42.48))";
    let second = "POLYGON((-167.92 42.45, -167.91 42.45, -167.91 42.453, -167.92 42.453, -167.92 42.45))";
    let island = |number: &'static str| move |f: &Value| text(f, "number") == Some(number);
    vec![
        row(
            "basic-spatial-functions/intersects-a-box",
            POINTS,
            "S_INTERSECTS(geometry, BBOX(-168.2, 42.45, -167.95, 42.6))",
            op("s_intersects", &[own(), json!({ "bbox": BOX })]),
            |f| within(f, BOX),
        ),
        row(
            "basic-spatial-functions/intersects-a-point",
            POINTS,
            format!("S_INTERSECTS(geometry, POINT({} {}))", p2.lon, p2.lat),
            op(
                "s_intersects",
                &[own(), json!({ "type": "Point", "coordinates": [p2.lon, p2.lat] })],
            ),
            |f| text(f, "number") == Some("P2"),
        ),
        row(
            "basic-spatial-functions-plus/intersects-a-polygon",
            POINTS,
            format!("S_INTERSECTS(geometry, {ring})"),
            op("s_intersects", &[own(), square.clone()]),
            |f| within(f, BOX),
        ),
        row(
            "basic-spatial-functions-plus/lines-that-intersect-a-line",
            SEGMENTS,
            "S_INTERSECTS(geometry, LINESTRING(-169 42.5, -167 42.5))",
            None,
            |f| straddles(f, 42.5),
        ),
        row(
            "spatial-functions/disjoint",
            POINTS,
            format!("S_DISJOINT(geometry, {ring})"),
            op("s_disjoint", &[own(), square.clone()]),
            |f| !within(f, BOX),
        ),
        row(
            "spatial-functions/within",
            POINTS,
            format!("S_WITHIN(geometry, {ring})"),
            op("s_within", &[own(), square]),
            |f| within(f, BOX),
        ),
        row(
            "spatial-functions/equals",
            POINTS,
            format!("S_EQUALS(geometry, POINT({} {}))", p1.lon, p1.lat),
            op(
                "s_equals",
                &[own(), json!({ "type": "Point", "coordinates": [p1.lon, p1.lat] })],
            ),
            first,
        ),
        row(
            "spatial-functions/touches",
            POINTS,
            format!("S_TOUCHES(geometry, {corner})"),
            None,
            first,
        ),
        row(
            "spatial-functions/crosses",
            SEGMENTS,
            "S_CROSSES(geometry, LINESTRING(-169 42.5, -167 42.5))",
            None,
            |f| straddles(f, 42.5),
        ),
        row(
            "spatial-functions/contains",
            ISLANDS,
            "S_CONTAINS(geometry, POINT(-167.87 42.431))",
            None,
            island("3"),
        ),
        row(
            "spatial-functions/overlaps",
            ISLANDS,
            format!("S_OVERLAPS(geometry, {western})"),
            None,
            island("1"),
        ),
        row(
            "spatial-functions/islands-within",
            ISLANDS,
            format!("S_WITHIN(geometry, {second})"),
            None,
            island("2"),
        ),
        row(
            "spatial-functions/several-geometries",
            POINTS,
            format!(
                "S_INTERSECTS(geometry, MULTIPOINT(({} {}), ({} {})))",
                p1.lon, p1.lat, p2.lon, p2.lat
            ),
            None,
            |f| matches!(text(f, "number"), Some("P1" | "P2")),
        ),
    ]
}

fn temporal() -> Vec<Row> {
    let date = |text: &str| json!({ "date": text });
    let signed = |test: fn(&str) -> bool| move |f: &Value| text(f, "signed_on").is_some_and(test);
    // From signing to force, as an interval of two properties.
    let pair = |test: fn(&str, &str) -> bool| {
        move |f: &Value| match (text(f, "signed_on"), text(f, "in_force_on")) {
            (Some(signed), Some(in_force)) => test(signed, in_force),
            _ => false,
        }
    };
    let span = "INTERVAL(signed_on, in_force_on)";
    vec![
        row(
            "temporal-functions/after",
            INSTRUMENTS,
            "T_AFTER(signed_on, DATE('1998-10-22'))",
            op("t_after", &[property("signed_on"), date("1998-10-22")]),
            signed(|d| d > "1998-10-22"),
        ),
        row(
            "temporal-functions/before",
            INSTRUMENTS,
            "T_BEFORE(signed_on, DATE('1998-10-22'))",
            op("t_before", &[property("signed_on"), date("1998-10-22")]),
            signed(|d| d < "1998-10-22"),
        ),
        row(
            "temporal-functions/equals",
            INSTRUMENTS,
            "T_EQUALS(signed_on, DATE('1998-10-22'))",
            op("t_equals", &[property("signed_on"), date("1998-10-22")]),
            signed(|d| d == "1998-10-22"),
        ),
        row(
            "temporal-functions/during",
            INSTRUMENTS,
            format!("T_DURING({span}, INTERVAL('1994-01-01', '2000-01-01'))"),
            None,
            pair(|a, b| a > "1994-01-01" && b < "2000-01-01" && a < b),
        ),
        row(
            "temporal-functions/intersects",
            INSTRUMENTS,
            "T_INTERSECTS(signed_on, INTERVAL('1994-01-01', '2000-01-01'))",
            op(
                "t_intersects",
                &[
                    property("signed_on"),
                    json!({ "interval": ["1994-01-01", "2000-01-01"] }),
                ],
            ),
            signed(|d| ("1994-01-01"..="2000-01-01").contains(&d)),
        ),
        row(
            "temporal-functions/intersects-an-open-interval",
            INSTRUMENTS,
            "T_INTERSECTS(signed_on, INTERVAL('1994-01-01', '..'))",
            op(
                "t_intersects",
                &[property("signed_on"), json!({ "interval": ["1994-01-01", ".."] })],
            ),
            signed(|d| d >= "1994-01-01"),
        ),
        row(
            "temporal-functions/disjoint",
            INSTRUMENTS,
            "T_DISJOINT(signed_on, INTERVAL('1994-01-01', '2000-01-01'))",
            None,
            signed(|d| !("1994-01-01"..="2000-01-01").contains(&d)),
        ),
        row(
            "temporal-functions/contains",
            INSTRUMENTS,
            format!("T_CONTAINS({span}, INTERVAL('1998-11-01', '1998-12-01'))"),
            None,
            pair(|a, b| a < "1998-11-01" && b > "1998-12-01"),
        ),
        row(
            "temporal-functions/overlaps",
            INSTRUMENTS,
            format!("T_OVERLAPS({span}, INTERVAL('1999-01-01', '2000-01-01'))"),
            None,
            pair(|a, b| a < "1999-01-01" && b > "1999-01-01" && b < "2000-01-01"),
        ),
        row(
            "temporal-functions/overlapped-by",
            INSTRUMENTS,
            format!("T_OVERLAPPEDBY({span}, INTERVAL('1998-01-01', '1999-01-01'))"),
            None,
            pair(|a, b| a > "1998-01-01" && a < "1999-01-01" && b > "1999-01-01"),
        ),
        row(
            "temporal-functions/meets",
            INSTRUMENTS,
            format!("T_MEETS({span}, INTERVAL('1999-05-01', '2000-01-01'))"),
            None,
            pair(|_, b| b == "1999-05-01"),
        ),
        row(
            "temporal-functions/met-by",
            INSTRUMENTS,
            format!("T_METBY({span}, INTERVAL('1998-01-01', '1998-10-22'))"),
            None,
            pair(|a, _| a == "1998-10-22"),
        ),
        row(
            "temporal-functions/starts",
            INSTRUMENTS,
            format!("T_STARTS({span}, INTERVAL('1998-10-22', '2010-01-01'))"),
            None,
            pair(|a, b| a == "1998-10-22" && b < "2010-01-01"),
        ),
        row(
            "temporal-functions/started-by",
            INSTRUMENTS,
            format!("T_STARTEDBY({span}, INTERVAL('1998-10-22', '1998-11-01'))"),
            None,
            pair(|a, b| a == "1998-10-22" && b > "1998-11-01"),
        ),
        row(
            "temporal-functions/finishes",
            INSTRUMENTS,
            format!("T_FINISHES({span}, INTERVAL('1990-01-01', '1999-05-01'))"),
            None,
            pair(|a, b| a > "1990-01-01" && b == "1999-05-01"),
        ),
        row(
            "temporal-functions/finished-by",
            INSTRUMENTS,
            format!("T_FINISHEDBY({span}, INTERVAL('1999-01-01', '1999-05-01'))"),
            None,
            pair(|a, b| a < "1999-01-01" && b == "1999-05-01"),
        ),
    ]
}

fn arrays() -> Vec<Row> {
    fn former(feature: &Value) -> BTreeSet<&str> {
        let list = feature["properties"]["former_numbers"].as_array();
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
    let of = |name: &str, list: &[&str]| op(name, &[property("former_numbers"), json!(list)]);
    vec![
        row(
            "array-functions/contains",
            MARKERS,
            "A_CONTAINS(former_numbers, ('7A'))",
            of("a_contains", &["7A"]),
            |f| former(f).contains("7A"),
        ),
        row(
            "array-functions/equals",
            MARKERS,
            "A_EQUALS(former_numbers, ('7', '7A'))",
            of("a_equals", &["7", "7A"]),
            |f| former(f) == BTreeSet::from(["7", "7A"]),
        ),
        row(
            "array-functions/overlaps",
            MARKERS,
            "A_OVERLAPS(former_numbers, ('8', '9'))",
            of("a_overlaps", &["8", "9"]),
            |f| former(f).contains("8") || former(f).contains("9"),
        ),
        row(
            "array-functions/contained-by",
            MARKERS,
            "A_CONTAINEDBY(former_numbers, ('7', '7A', '8'))",
            of("a_containedBy", &["7", "7A", "8"]),
            |f| !former(f).is_empty() && former(f).is_subset(&BTreeSet::from(["7", "7A", "8"])),
        ),
    ]
}

fn expressions() -> Vec<Row> {
    vec![
        row(
            "property-property/two-properties",
            INSTRUMENTS,
            "signed_on = in_force_on",
            op("=", &[property("signed_on"), property("in_force_on")]),
            |f| text(f, "signed_on").is_some() && text(f, "signed_on") == text(f, "in_force_on"),
        ),
        row(
            "property-property/value-first",
            MARKERS,
            "10 > sequence",
            op(">", &[json!(10), property("sequence")]),
            |f| number(f, "sequence").is_some_and(|n| n < 10.0),
        ),
        row(
            "arithmetic/sums-and-products",
            MARKERS,
            "sequence * 2 + 1 < 20 - 3",
            op(
                "<",
                &[
                    op("+", &[op("*", &[property("sequence"), json!(2)]), json!(1)]),
                    op("-", &[json!(20), json!(3)]),
                ],
            ),
            |f| number(f, "sequence").is_some_and(|n| n * 2.0 + 1.0 < 17.0),
        ),
        row("arithmetic/remainders", MARKERS, "sequence % 7 = 0", None, |f| {
            number(f, "sequence").is_some_and(|n| n % 7.0 == 0.0)
        }),
    ]
}

async fn encodings(suite: &mut Suite, site: &Site) {
    suite
        .check("cql2-text/quotes-in-texts", async {
            same(
                found(site, POINTS, "number = 'it''s'", Some("cql2-text")).await?,
                Vec::<i64>::new(),
            )?;
            same(
                found(site, POINTS, "number = '''; drop table record; --'", Some("cql2-text")).await?,
                Vec::<i64>::new(),
            )?;
            same(site.all(POINTS).await?.len(), truth().len())
        })
        .await;
    suite
        .check("cql2-text/space-and-lines", async {
            let got = found(site, POINTS, " \n section\t=\r\n'S1' ", Some("cql2-text")).await?;
            same(got, found(site, POINTS, "section='S1'", Some("cql2-text")).await?)
        })
        .await;
    suite
        .check("cql2-json/values-of-every-kind", async {
            let all = op(
                "or",
                &[
                    op("=", &[property("section"), json!("S1")]),
                    op("=", &[property("sigma_m"), json!(123.5)]),
                    op(
                        "=",
                        &[property("valid_from"), json!({ "timestamp": "1999-01-01T00:00:00Z" })],
                    ),
                ],
            );
            let wanted = truth().iter().filter(|p| p.section == "S1").count();
            same(
                found(site, POINTS, &all.to_string(), Some("cql2-json")).await?.len(),
                wanted,
            )
        })
        .await;
}

async fn refused(site: &Site, filter: &str, lang: &str) -> Result<String, String> {
    let got = site
        .query(&format!("{POINTS}/items"), &[("filter", filter), ("filter-lang", lang)])
        .await;
    got.problem(400)?;
    Ok(got.text())
}

async fn refusals(suite: &mut Suite, site: &Site) {
    suite
        .check("cql2-text/mistake-with-its-place", async {
            let said = refused(site, "section = 'S1' AND", "cql2-text").await?;
            ensure(
                said.contains("column") || said.contains("position") || said.contains("line"),
                || said,
            )?;
            refused(site, "section ==", "cql2-text").await?;
            refused(site, "section = 'S1", "cql2-text").await?;
            refused(site, "", "cql2-text").await.map(drop)
        })
        .await;
    suite
        .check("cql2-json/mistake-with-its-place", async {
            refused(site, "{\"op\":", "cql2-json").await?;
            let said = refused(site, "{\"op\":\"nothing\",\"args\":[]}", "cql2-json").await?;
            ensure(said.contains("nothing"), || said)?;
            refused(site, "[1,2]", "cql2-json").await.map(drop)
        })
        .await;
    suite
        .check("filter/property-unknown", async {
            let said = refused(site, "no_such_field = 1", "cql2-text").await?;
            ensure(said.contains("no_such_field"), || said)
        })
        .await;
    suite
        .check("filter/types-that-do-not-meet", async {
            refused(site, "sigma_m = 'wide'", "cql2-text").await?;
            refused(site, "S_INTERSECTS(number, BBOX(1,2,3,4))", "cql2-text").await?;
            refused(site, "T_AFTER(number, DATE('2020-01-01'))", "cql2-text")
                .await
                .map(drop)
        })
        .await;
    suite
        .check("filter/function-unknown", async {
            refused(site, "pg_sleep(10) = 1", "cql2-text").await.map(drop)
        })
        .await;
    suite
        .check("filter/depth-is-limited", async {
            let deep = format!("{}section = 'S1'{}", "(".repeat(5000), ")".repeat(5000));
            let got = site.query(&format!("{POINTS}/items"), &[("filter", &deep)]).await;
            ensure(matches!(got.status, 400 | 414), || got.seen())?;
            let deep = format!("{}section = 'S1'", "NOT ".repeat(5000));
            let got = site.query(&format!("{POINTS}/items"), &[("filter", &deep)]).await;
            ensure(matches!(got.status, 400 | 414), || got.seen())
        })
        .await;
    suite
        .check("filter/size-is-limited", async {
            // Commas may stand in a query as they are, so that ten thousand terms are short enough for an address.
            let terms = vec!["1"; 10_000].join(",");
            let got = site
                .get(&format!("{POINTS}/items?filter=sigma_m%20IN%20({terms})"))
                .await;
            got.problem(400)?;
            ensure(got.json()["detail"].to_string().contains("2000"), || got.seen())?;
            // What is too long for an address is refused before it is read.
            let terms: Vec<String> = (0..10_000).map(|n| format!("number='{n}'")).collect();
            let filter = terms.join("%20OR%20");
            let request =
                format!("GET {POINTS}/items?filter={filter} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
            let head = head(site, &request).await?;
            ensure(head.starts_with("HTTP/1.1 414"), || head.clone())
        })
        .await;
}

async fn sorting(suite: &mut Suite, site: &Site) {
    let by = async |sortby: &str| -> Result<Vec<Value>, String> {
        let asked = [
            ("sortby", sortby),
            ("filter", "sequence IS NOT NULL"),
            ("limit", "10000"),
        ];
        let got = site.query(&format!("{MARKERS}/items"), &asked).await;
        got.is(200)?;
        Ok(got.features())
    };
    let numbers = |all: &[Value]| -> Vec<i64> {
        all.iter()
            .filter_map(|f| f["properties"]["sequence"].as_i64())
            .collect()
    };
    suite
        .check("sorting/ascending", async {
            let seen = numbers(&by("sequence").await?);
            ensure(seen.len() > 100 && seen.is_sorted(), || format!("{seen:?}"))?;
            same(numbers(&by("+sequence").await?), seen)
        })
        .await;
    suite
        .check("sorting/descending", async {
            let seen = numbers(&by("-sequence").await?);
            ensure(seen.iter().rev().is_sorted(), || format!("{seen:?}"))
        })
        .await;
    suite
        .check("sorting/by-several", async {
            let seen = by("-boundary,sequence").await?;
            let pairs = seen.windows(2).all(|w| {
                let (a, b) = (text(&w[0], "boundary"), text(&w[1], "boundary"));
                a > b || (a == b && number(&w[0], "sequence") <= number(&w[1], "sequence"))
            });
            ensure(pairs, || "the order is another".to_owned())
        })
        .await;
    suite
        .check("sorting/over-pages", async {
            let asked = [
                ("sortby", "-sequence"),
                ("filter", "sequence IS NOT NULL"),
                ("limit", "37"),
            ];
            let walked = site.walk(MARKERS, &asked).await?;
            same(ids_of(&walked), ids_of(&by("-sequence").await?))
        })
        .await;
    suite
        .check("sorting/property-unknown", async {
            site.query(&format!("{MARKERS}/items"), &[("sortby", "no_such_field")])
                .await
                .problem(400)
        })
        .await;
}
