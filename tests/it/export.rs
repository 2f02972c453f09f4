//! Exports, opened by programs that are not Merestone: GDAL's, and for GeoParquet its own library's reader. Every value,
//! all kinds of geometry, four languages, nothing where there is nothing, reference system and epoch.

mod drawings;
mod tables;
mod texts;

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use merestone::crs::Crs;
use merestone::domain::schema::{CodeList, Field, Group, Label, NAMES, Presence, Schema, Shape, Writes};
use merestone::domain::text::{Lang, Names};
use merestone::domain::value::Value;
use merestone::format::write::{Export, ExportFormat, Header, Outgoing};
use merestone::geom::shape::Geometry;
use merestone::unit::Epoch;
use serde_json::Value as Json;

use crate::support::program::said;

static COLOURS: CodeList = CodeList {
    key: "colour",
    title: Label::new("Colour", "颜色"),
    source: "made up",
    codes: &[
        ("red", Label::new("Red", "红")),
        ("dark_green", Label::new("Dark green", "深绿")),
    ],
};

/// A field of every type, with names as long and as alike as those of the register.
const FIELDS: [Field; 13] = [
    Field::text("key", "Key", "代码").required(),
    Field::integer("ordinal", "Order", "序号"),
    Field::number("distance_to_line_m", "m", "Distance", "距离"),
    Field::number("distance_to_line_sigma_m", "m", "Deviation", "标准差"),
    Field::flag("open_at_night", "Open at night", "夜间开放"),
    Field::date("opened_on", "Opened on", "开放日期"),
    Field::time("seen_at", "Seen at", "观测时间"),
    Field::code("colour", &COLOURS, "Colour", "颜色"),
    Field::reference("keeper", "parties", "keeper_party_id", "Kept by", "维护方"),
    Field::texts("former_numbers", "Former numbers", "曾用编号"),
    Field::document("calendar", "Calendar", "日历"),
    Field::time("valid_from", "In force from", "生效时间"),
    Field::time("valid_to", "In force until", "失效时间"),
];

const fn schema(collection: &'static str, shape: Shape) -> Schema {
    Schema {
        collection,
        kind: "thing",
        group: Group::Line,
        title: Label::new("Things", "事物"),
        description: Label::new("Things of every kind", "各种事物"),
        shape,
        geometry: Presence::Optional,
        of_boundary: false,
        natural: "key",
        writes: Writes::None,
        fields: &[&FIELDS, &NAMES],
    }
}

static THINGS: Schema = schema("things", Shape::Any);
static POSTS: Schema = schema("posts", Shape::Point);
static WAYS: Schema = schema("ways", Shape::Lines);
static LEGS: Schema = schema("legs", Shape::Line);
static PLOTS: Schema = schema("plots", Shape::Polygon);
static PAPERS: Schema = schema("papers", Shape::None);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn header(schema: &'static Schema, crs: &str, epoch: Option<f64>) -> Header {
    Header {
        schema,
        fields: schema.fields().collect(),
        title: "Things of Åstrand & Веря 界".to_owned(),
        crs: Crs::lookup(crs).unwrap(),
        epoch: epoch.map(|year| Epoch::new(year).unwrap()),
        version: "4711".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        notice: Names::default()
            .with(Lang::En, "An invented border <not real>")
            .with(Lang::Zh, "虚构的国界"),
        more: Vec::new(),
        made_at: at("2026-11-23T10:11:12Z"),
    }
}

#[derive(Debug, Clone)]
struct Thing {
    id: i64,
    values: Vec<Value>,
    geometry: Option<Geometry>,
}

/// Numbers whose last bits matter.
const A: [f64; 2] = [130.123_456_789_012_34, 42.987_654_321_098_76];
const B: [f64; 2] = [130.2, 42.161_803_398_874_99];
const C: [f64; 2] = [130.314_159_265_358_98, 43.271_828_182_845_9];

fn square(west: f64, south: f64, size: f64) -> Vec<[f64; 2]> {
    let (east, north) = (west + size, south + size);
    vec![
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
    ]
}

fn hole(west: f64, south: f64, size: f64) -> Vec<[f64; 2]> {
    square(west, south, size).into_iter().rev().collect()
}

fn full(key: &str) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        text(key),
        Value::Integer(2_000_000_017),
        Value::Number(std::f64::consts::PI),
        Value::Number(-1.234_567_891_234_567_8e-9),
        Value::Flag(true),
        Value::Date("1953-07-27".parse().unwrap()),
        Value::Time(at("2024-02-29T23:59:58.125Z")),
        text("dark_green"),
        text("AST"),
        Value::Texts(vec!["17 \"a\"".to_owned(), "一、二".to_owned()]),
        Value::Document(r#"{"days":["mon","周二"],"from":8.5,"note":null}"#.to_owned()),
        Value::Time(at("1991-05-16T00:00:00Z")),
        Value::Null,
        text("界碑 423，“东”段"),
        text("Marker, \"east\" <section> & more; 100%"),
        text("Пограничный знак № 423"),
        text("국경 표지 423"),
    ]
}

fn empty(key: &str) -> Vec<Value> {
    let mut values = vec![Value::Null; 17];
    values[0] = Value::Text(key.to_owned());
    values
}

/// One record of every kind of geometry, one without any value but its key, one without a geometry.
fn things() -> Vec<Thing> {
    let shapes = [
        Some(Geometry::Point(A)),
        Some(Geometry::Points(vec![A, B])),
        Some(Geometry::Line(vec![A, B, C])),
        Some(Geometry::Lines(vec![vec![A, B], vec![C, B, A]])),
        Some(Geometry::Polygon(vec![
            square(130.0, 42.0, 0.7),
            hole(130.25, 42.25, 0.1),
        ])),
        Some(Geometry::Polygons(vec![
            vec![square(130.0, 42.0, 0.5), hole(130.1, 42.1, 0.125)],
            vec![square(131.0, 42.0, 0.1)],
        ])),
        None,
    ];
    let things = shapes.into_iter().enumerate().map(|(n, geometry)| Thing {
        id: 1_000_000_000 + n as i64,
        values: if n == 1 { empty("T1") } else { full(&format!("T{n}")) },
        geometry,
    });
    things.collect()
}

/// Those of the things that a collection of this shape may hold.
fn of(shape: Shape) -> Vec<Thing> {
    let fits = |thing: &Thing| match (&thing.geometry, shape) {
        (None, _) | (Some(_), Shape::Any) => true,
        (Some(Geometry::Point(_)), shape) => shape == Shape::Point,
        (Some(Geometry::Line(_)), shape) => matches!(shape, Shape::Line | Shape::Lines),
        (Some(Geometry::Lines(_)), shape) => shape == Shape::Lines,
        (Some(Geometry::Polygon(_)), shape) => shape == Shape::Polygon,
        (Some(_), _) => false,
    };
    let mut things = things();
    things.retain(fits);
    // A second one in which all values are missing.
    let mut last = things[0].clone();
    last.id += 100;
    last.values = empty("last");
    things.push(last);
    things
}

fn outgoing(thing: &Thing) -> Outgoing<'_> {
    Outgoing {
        feature_id: thing.id,
        values: &thing.values,
        geometry: thing.geometry.as_ref(),
    }
}

fn write(format: ExportFormat, header: Header, things: &[Thing], path: &Path) {
    let mut export = Export::to_file(format, header, path).unwrap();
    for thing in things {
        export.feature(&outgoing(thing)).unwrap();
    }
    assert_eq!(export.finish().unwrap(), things.len() as u64);
}

/// What is written to a stream, as text.
fn text(format: ExportFormat, header: Header, things: &[Thing]) -> String {
    let mut bytes = Vec::new();
    let mut export = Export::to_stream(format, header, &mut bytes).unwrap();
    for thing in things {
        export.feature(&outgoing(thing)).unwrap();
    }
    export.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

/// What `ogrinfo` says of a file: layers, reference system, fields, metadata.
fn info(path: &str, more: &[&str]) -> String {
    let run = said(
        Command::new("ogrinfo")
            .args(["-ro", "-al", "-so", "-mdd", "all"])
            .args(more)
            .arg(path),
    );
    assert_eq!(run.code, 0, "{path}: {}", run.err);
    assert!(
        !run.err.contains("ERROR") && !run.err.contains("Warning"),
        "{}",
        run.err
    );
    run.out
}

/// The features of a layer as GDAL reads them, numbers with all their digits.
fn features(path: &str, more: &[&str]) -> Vec<Json> {
    let run = said(
        Command::new("ogr2ogr")
            .args(["-f", "GeoJSON", "/vsistdout/", path])
            .args(["-lco", "COORDINATE_PRECISION=17", "-lco", "SIGNIFICANT_FIGURES=17"])
            .args(more),
    );
    assert_eq!(run.code, 0, "{path}: {}", run.err);
    assert!(
        !run.err.contains("ERROR") && !run.err.contains("Warning"),
        "{}",
        run.err
    );
    let collection: Json =
        serde_json::from_str(&run.out).unwrap_or_else(|fault| panic!("{path}: {fault}: {}", run.out));
    collection["features"].as_array().unwrap().clone()
}

/// Checks one value as GDAL gives it back.
fn check(field: &Field, expect: &Value, found: &Json) {
    let said = format!("{}: {expect:?} against {found}", field.name);
    let text = |found: &Json| match found {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match expect {
        Value::Null => assert!(found.is_null(), "{said}"),
        Value::Text(expect) => assert_eq!(&text(found), expect, "{said}"),
        Value::Integer(expect) => assert_eq!(&text(found), &expect.to_string(), "{said}"),
        Value::Number(expect) => assert_eq!(
            text(found).parse::<f64>().unwrap().to_bits(),
            expect.to_bits(),
            "{said}"
        ),
        Value::Flag(expect) => {
            let word = text(found);
            let flag = matches!(word.as_str(), "true" | "1" | "T");
            assert!(flag || matches!(word.as_str(), "false" | "0" | "F"), "{said}");
            assert_eq!(flag, *expect, "{said}");
        }
        Value::Date(expect) => {
            // FlatGeobuf knows moments only, and GDAL takes a day for its first.
            let found = text(found).replace('/', "-").replace("T00:00:00", "");
            assert_eq!(found, expect.to_string(), "{said}");
        }
        Value::Time(expect) => {
            // GDAL writes 2024/02/29 23:59:58.125+00.
            let found = text(found).replace('/', "-").replace(' ', "T").replace("+00", "Z");
            let found = if found.ends_with('Z') { found } else { found + "Z" };
            assert_eq!(found.parse::<Timestamp>().ok().as_ref(), Some(expect), "{said}");
        }
        Value::Texts(expect) => assert_eq!(json(found), Json::from(expect.clone()), "{said}"),
        Value::Document(expect) => assert_eq!(json(found), serde_json::from_str::<Json>(expect).unwrap(), "{said}"),
    }
}

/// A list or a document, as it is or as text.
fn json(found: &Json) -> Json {
    match found {
        Json::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    }
}

/// Checks all values of a record; `name` says under which name a file has a field, `None` where it has it not.
fn check_values(thing: &Thing, found: &Json, name: impl Fn(&'static str) -> Option<String>) {
    let properties = &found["properties"];
    if let Some(id) = name("feature_id") {
        let found_id = properties.get(&id).unwrap_or(&found["id"]);
        assert_eq!(found_id.to_string().trim_matches('"'), thing.id.to_string());
    }
    for (field, value) in THINGS.fields().zip(&thing.values) {
        if let Some(name) = name(field.name) {
            check(field, value, properties.get(&name).unwrap_or(&Json::Null));
        }
    }
}

fn same_name(name: &'static str) -> Option<String> {
    Some(name.to_owned())
}

/// A geometry as GeoJSON has it.
fn geojson(geometry: Option<&Geometry>) -> Json {
    let coordinates = match geometry {
        None => return Json::Null,
        Some(Geometry::Point(p)) => serde_json::json!(p),
        Some(Geometry::Points(l) | Geometry::Line(l)) => serde_json::json!(l),
        Some(Geometry::Lines(l) | Geometry::Polygon(l)) => serde_json::json!(l),
        Some(Geometry::Polygons(l)) => serde_json::json!(l),
    };
    serde_json::json!({ "type": geometry.unwrap().name(), "coordinates": coordinates })
}

/// Checks that all records come back, in order, value by value and bit by bit.
fn check_all(things: &[Thing], found: &[Json]) {
    assert_eq!(found.len(), things.len());
    for (thing, found) in things.iter().zip(found) {
        check_values(thing, found, same_name);
        assert_eq!(found["geometry"], geojson(thing.geometry.as_ref()), "{thing:?}");
    }
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}
