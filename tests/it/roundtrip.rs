//! What is given out comes back. A file of the register taken over into the register that it came from changes nothing,
//! and taken over into a new register gives the same records: every field, and every position to the last bit.
//!
//! The records are those of the sample borders, and a few of every kind that is made here with texts, numbers, dates,
//! documents and shapes as awkward as the kind allows.
//!
//! | format | comes back | what it does not hold |
//! | --- | --- | --- |
//! | GeoJSON | all | |
//! | GeoPackage, FlatGeobuf | all | times finer than a millisecond |
//! | CSV | all | which reference system: the frame is meant, or `--crs` says it |
//! | KML | all | other systems than WGS 84: positions are those for maps, which are the numbers of a geographic frame; segments are drawn with further positions between their own |
//! | Shapefile | all, by the two small tables in its archive | names of more than ten characters and texts of more than 254 bytes without these; a part alone and one of several are the same |
//! | GPX | no records are read from it | all fields but name and description |
//! | DXF | positions only | all fields |
//! | GeoParquet | where the GDAL of the file worker reads it, which Debian 12's does not | |
//!
//! Of every format: spaces around a text are taken off when it is taken over, and a carriage return becomes a line feed
//! where XML is between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use merestone::domain::schema::{self, ANY, Field, Presence, Schema, Shape, Type, lineage};
use merestone::domain::value::{Draft, Value};
use merestone::geom::shape::Geometry;
use merestone::service::edit::Edit;
use merestone::service::export::{self, ExportFormat, Request, What};
use merestone::service::features::{self, Coordinates, Selection};
use merestone::service::files::{self, Options};
use merestone::service::import;
use merestone::service::worker::Worker;
use merestone::service::{Context, Error};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::second;
use crate::support::{app_with_borders, folder, sample_path};

const FORMATS: [ExportFormat; 6] = [
    ExportFormat::GeoJson,
    ExportFormat::GeoPackage,
    ExportFormat::FlatGeobuf,
    ExportFormat::Csv,
    ExportFormat::Kml,
    ExportFormat::Shapefile,
];

const BORDER: &str = "astrand-veyra";

/// Records of each kind that are made here.
const MADE: usize = 6;

fn importable() -> Vec<&'static Schema> {
    import::collections().map(|name| schema::of(name).unwrap()).collect()
}

/// Every kind after those that its records name.
fn in_order() -> Vec<&'static Schema> {
    let mut waiting = importable();
    let mut order: Vec<&'static Schema> = Vec::new();
    while !waiting.is_empty() {
        let names = |schema: &Schema| -> Vec<&'static str> {
            let fields = schema.fields().filter_map(|field| match field.kind {
                Type::Reference(other) if other != schema.collection => Some(other),
                _ => None,
            });
            fields.collect()
        };
        let at = waiting.iter().position(|schema| {
            names(schema)
                .iter()
                .all(|name| !waiting.iter().any(|other| other.collection == *name) && *name != ANY)
        });
        // What may name anything comes last.
        let at = at.unwrap_or_else(|| {
            assert!(
                waiting.iter().all(|schema| names(schema).contains(&ANY)),
                "kinds name one another in a ring"
            );
            0
        });
        order.push(waiting.remove(at));
    }
    order
}

fn selection(schema: &'static Schema, boundary: &str) -> Selection {
    Selection {
        boundary: schema.is_at_boundary().then(|| boundary.to_owned()),
        ..Selection::of(schema)
    }
}

async fn write(cx: &Context, schema: &'static Schema, boundary: &str, format: ExportFormat, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{}.{}", schema.collection, format.extension()));
    let request = Request {
        what: What::Collection(Box::new(selection(schema, boundary))),
        format,
        crs: None,
        section: None,
        limit: None,
        asked: BTreeMap::new(),
    };
    export::to_path(cx, &request, &path, |_| {}).await.unwrap();
    path
}

/// The layers of a file that have to be named: a Shapefile has one for each kind of geometry.
fn layers(cx: &Context, path: &Path) -> Result<Vec<Option<String>>, String> {
    let look = files::look(&cx.worker, path, Options::default()).map_err(|problem| problem.to_string())?;
    if look.layers.len() < 2 {
        return Ok(vec![None]);
    }
    Ok(look.layers.into_iter().map(|layer| Some(layer.layer.name)).collect())
}

/// The context with the worker that was built beside these tests.
fn with_worker(cx: &Context, scratch: &Path) -> Context {
    let program = Path::new(env!("CARGO_BIN_EXE_merestone-gdal"));
    Context {
        worker: Worker::new(Some(program), scratch.to_path_buf(), false),
        ..cx.clone()
    }
}

/// Takes a file over; what becomes of its rows, or why not.
async fn take(
    cx: &Context,
    path: &Path,
    schema: &Schema,
    boundary: &str,
    dry_run: bool,
) -> Result<Vec<import::Planned>, String> {
    let mut rows = Vec::new();
    let (worker_cx, place) = (cx.clone(), path.to_owned());
    let layers = tokio::task::spawn_blocking(move || layers(&worker_cx, &place))
        .await
        .unwrap()?;
    for layer in layers {
        let request = import::Request {
            boundary: Some(boundary),
            layer: layer.as_deref(),
            dry_run,
            ..import::Request::new(path, schema.collection)
        };
        match import::file(cx, &request).await {
            Ok(outcome) => {
                if let Some(number) = outcome.proposal {
                    second::approve(cx, number).await.map_err(|why| why.to_string())?;
                }
                rows.extend(outcome.rows);
            }
            Err(Error::Refused(problem)) => return Err(problem.to_string()),
            Err(fault) => return Err(fault.to_string()),
        }
    }
    Ok(rows)
}

/// A record as it is compared: own fields, standing, class and instrument; its position, rings turned one way.
type Known = BTreeMap<String, (Vec<(&'static str, Value)>, Option<Geometry>)>;

async fn known(cx: &Context, schema: &'static Schema, boundary: &str) -> Known {
    let frame = merestone::crs::Crs::lookup("EPSG:4490").unwrap();
    let wanted = Selection {
        coordinates: Coordinates::System(frame),
        ..selection(schema, boundary)
    };
    let fields = wanted.fields();
    let mut known = Known::new();
    let mut batches = features::batches(cx, wanted);
    while let Some(batch) = batches.recv().await {
        for record in batch.unwrap() {
            let told = |field: &Field| {
                let own = !lineage::FIELDS.iter().any(|other| other.name == field.name);
                // Numbers that the register itself gives are other ones in another register.
                (own && field.is_writable()) || ["standing", "class", "instrument"].contains(&field.name)
            };
            let values: Vec<(&'static str, Value)> = fields
                .iter()
                .zip(record.values)
                .filter(|(field, _)| told(field))
                .map(|(field, value)| (field.name, plain(value)))
                .collect();
            let name = values.iter().find(|(name, _)| *name == schema.natural).map_or_else(
                || format!("{values:?}"),
                |(_, value)| value.as_text().unwrap_or_default().to_owned(),
            );
            let geometry = record.geometry.map(|geometry| {
                let mut geometry = geometry.single();
                geometry.wind();
                geometry
            });
            assert!(
                known.insert(name, (values, geometry)).is_none(),
                "{} twice",
                schema.collection
            );
        }
    }
    known
}

/// Documents by what they mean.
fn plain(value: Value) -> Value {
    match value {
        Value::Document(text) => Value::Document(serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string()),
        Value::Texts(texts) if texts.is_empty() => Value::Null,
        Value::Text(text) if text.is_empty() => Value::Null,
        other => other,
    }
}

// Records as awkward as their kind allows.

fn texts() -> BoxedStrategy<String> {
    let word = prop_oneof![
        4 => "[a-zA-Z0-9 ,;:\"'<>&=+/\\\\|{}\\[\\]()%#@!?*-]{1,24}",
        3 => "[界碑河岭一二三，。“”（）]{1,12}",
        1 => "[ж-яЁ가-힣éñåß]{1,12}",
        1 => "[a-z]{1,5}\n[а-я\t]{1,5}\n[一-十]{1,3}",
        1 => "[很长的文字]{90,140}",
        1 => Just("=1+1".to_owned()),
        1 => Just("007".to_owned()),
        1 => Just("null".to_owned()),
        1 => Just("2026-05-01".to_owned()),
        1 => Just("🪨 标桩".to_owned()),
    ];
    word.prop_map(|text| text.trim().to_owned())
        .prop_filter("a text that is empty is none", |text| !text.is_empty())
        .boxed()
}

fn documents() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        texts().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
        (-1e6..1e6).prop_map(serde_json::Value::from),
    ];
    prop_oneof![
        vec(leaf.clone(), 0..4).prop_map(serde_json::Value::from),
        vec(("[a-z_]{1,8}", leaf), 1..4).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
    ]
    .prop_map(|document| Value::Document(document.to_string()))
    .boxed()
}

fn value(field: &Field, names: &BTreeMap<&'static str, Vec<String>>) -> BoxedStrategy<Value> {
    let (least, greatest) = field.range.unwrap_or((-30_000.0, 30_000.0));
    match field.kind {
        Type::Text => texts().prop_map(Value::Text).boxed(),
        Type::Integer => (least as i64..=greatest as i64).prop_map(Value::Integer).boxed(),
        Type::Number => prop_oneof![
            3 => (least..greatest).prop_map(Value::Number),
            1 => Just(Value::Number(least)),
            1 => Just(Value::Number((0.1_f64 + 0.2).clamp(least, greatest))),
        ]
        .boxed(),
        Type::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Type::Date => (0_i32..70_000)
            .prop_map(|day| {
                let first = jiff::civil::date(1900, 1, 1);
                Value::Date(first.checked_add(jiff::Span::new().days(day)).unwrap())
            })
            .boxed(),
        Type::Time => (0_i64..4_000_000_000_000)
            .prop_map(|ms| Value::Time(Timestamp::from_millisecond(ms).unwrap()))
            .boxed(),
        Type::Code(list) => prop::sample::select(list.words().collect::<Vec<_>>())
            .prop_map(|word| Value::Text(word.to_owned()))
            .boxed(),
        Type::Reference(collection) => match names.get(collection).filter(|names| !names.is_empty()) {
            Some(names) => prop::sample::select(names.clone()).prop_map(Value::Text).boxed(),
            None => Just(Value::Null).boxed(),
        },
        Type::Texts => vec(texts(), 0..4).prop_map(Value::Texts).boxed(),
        Type::Document => documents(),
    }
}

fn position() -> impl Strategy<Value = [f64; 2]> {
    (-168.5_f64..-167.5, 42.2_f64..42.9).prop_map(|(lon, lat)| [lon, lat])
}

/// A ring around a place, which cannot cross itself.
fn ring() -> impl Strategy<Value = Vec<[f64; 2]>> {
    (position(), vec(0.001_f64..0.02, 3..9), any::<bool>()).prop_map(|([lon, lat], radii, reverse)| {
        let n = radii.len() as f64;
        let at = |(index, radius): (usize, &f64)| {
            let (sin, cos) = (std::f64::consts::TAU * index as f64 / n).sin_cos();
            [lon + radius * cos, lat + radius * sin]
        };
        let mut ring: Vec<[f64; 2]> = radii.iter().enumerate().map(at).collect();
        ring.push(ring[0]);
        if reverse {
            ring.reverse();
        }
        ring
    })
}

fn geometry(shape: Shape) -> BoxedStrategy<Option<Geometry>> {
    let point = position().prop_map(Geometry::Point);
    let line = || vec(position(), 2..7);
    let polygon = ring().prop_map(|ring| Geometry::Polygon(vec![ring]));
    match shape {
        Shape::None => Just(None).boxed(),
        Shape::Point => point.prop_map(Some).boxed(),
        Shape::Line => line().prop_map(|line| Some(Geometry::Line(line))).boxed(),
        Shape::Lines => vec(line(), 2..4).prop_map(|lines| Some(Geometry::Lines(lines))).boxed(),
        Shape::Polygon => polygon.prop_map(Some).boxed(),
        Shape::Any => prop_oneof![
            point,
            line().prop_map(Geometry::Line),
            polygon,
            vec(position(), 2..5).prop_map(Geometry::Points),
            vec(line(), 2..4).prop_map(Geometry::Lines),
        ]
        .prop_map(Some)
        .boxed(),
    }
}

/// A record of a kind: what it must have, and any of what it may.
fn draft(schema: &'static Schema, n: usize, names: &BTreeMap<&'static str, Vec<String>>) -> BoxedStrategy<Draft> {
    let own = schema.fields().filter(|field| {
        field.is_writable() && field.name != "boundary" && !lineage::FIELDS.iter().any(|other| other.name == field.name)
    });
    let values: Vec<BoxedStrategy<(&'static str, Value)>> = own
        .map(|field| {
            let name = field.name;
            let value = match (field.presence, name == schema.natural) {
                (_, true) => Just(Value::Text(format!("G-{n} 界"))).boxed(),
                (Presence::Required, _) => value(field, names),
                _ => prop_oneof![1 => Just(Value::Null), 2 => value(field, names)].boxed(),
            };
            value.prop_map(move |value| (name, value)).boxed()
        })
        .collect();
    let boundary = schema
        .of_boundary
        .then_some(("boundary", Value::Text(BORDER.to_owned())));
    (values, geometry(schema.shape))
        .prop_map(move |(mut values, geometry)| {
            values.extend(boundary.clone());
            values.retain(|(_, value)| !value.is_null());
            Draft {
                values,
                geometry: geometry.map(Some),
                ..Draft::default()
            }
        })
        .boxed()
}

/// Makes records of every kind that is written freely; how many of each the register took.
async fn make(cx: &Context) -> BTreeMap<&'static str, usize> {
    // The same records each time: what goes wrong once goes wrong again.
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut names: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut made = BTreeMap::new();
    for schema in in_order() {
        // These follow from others, or are the frame of all.
        let by_hand = [
            "boundary",
            "section",
            "segment",
            "marker_element",
            "feature_link",
            "inspection",
        ];
        if !by_hand.contains(&schema.kind) {
            for n in 0..MADE {
                let draft = draft(schema, n, &names).new_tree(&mut runner).unwrap().current();
                let edit = Edit {
                    coordinates: Coordinates::System(merestone::crs::Crs::lookup("EPSG:4490").unwrap()),
                    ..Edit::new(draft)
                };
                match second::create(cx, schema, &edit).await {
                    Ok(_) => *made.entry(schema.collection).or_insert(0) += 1,
                    // A rule between two fields that chance does not know of.
                    Err(Error::Refused(problem)) => assert!(!problem.mistakes.is_empty(), "{problem}"),
                    Err(fault) => panic!("{}: {fault}\n{:?}", schema.collection, edit.draft),
                }
            }
        }
        let known = known(cx, schema, BORDER).await;
        names.insert(schema.collection, known.into_keys().collect());
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_out_comes_back() {
    let app = app_with_borders().await;
    let folder = folder();
    let cx = with_worker(&app.cx, folder.path());
    let made = make(&cx).await;
    let enough: Vec<_> = made.iter().filter(|(_, n)| **n * 2 >= MADE).collect();
    assert!(enough.len() >= 20, "{made:?}");
    // Into the register that it came from: nothing changes.
    let mut wrong: Vec<String> = Vec::new();
    let mut rows = 0;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for boundary in [BORDER, "ibc-j"] {
        for schema in importable() {
            let there = features::matched(&cx, &selection(schema, boundary))
                .await
                .unwrap()
                .unwrap();
            if there == 0 {
                continue;
            }
            for format in FORMATS {
                let what = format!("{boundary} {} {format:?}", schema.collection);
                let path = write(&cx, schema, boundary, format, folder.path()).await;
                let taken = match take(&cx, &path, schema, boundary, true).await {
                    Ok(taken) => taken,
                    Err(why) => {
                        wrong.push(format!("{what}: {why}"));
                        continue;
                    }
                };
                let other = taken.iter().filter(|row| row.what != import::What::Unchanged);
                wrong.extend(other.take(3).map(|row| format!("{what} {}: {:?}", row.label, row.what)));
                if taken.len() as i64 != there {
                    wrong.push(format!("{what}: {} of {there} rows", taken.len()));
                }
                rows += taken.len();
                seen.insert(schema.collection);
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 4_000 && seen.len() >= 25, "{rows} rows of {seen:?}");

    // Into a new register: the same records.
    let border = std::fs::read_to_string(sample_path(&format!("{BORDER}/border.toml"))).unwrap();
    let (founding, _) = border.split_once("[[import]]").unwrap();
    let alone = folder.path().join("alone");
    std::fs::create_dir(&alone).unwrap();
    std::fs::write(alone.join("border.toml"), founding).unwrap();
    let mut expected: BTreeMap<&str, Known> = BTreeMap::new();
    for schema in in_order() {
        expected.insert(schema.collection, known(&cx, schema, BORDER).await);
    }
    for format in FORMATS {
        let new = crate::support::app().await;
        let new_cx = with_worker(&new.cx, folder.path());
        import::border(&new_cx, &alone.join("border.toml"), false)
            .await
            .unwrap();
        let mut taken = 0;
        // What ties records to those of the other border is not in this register.
        let all: Vec<_> = in_order()
            .into_iter()
            .filter(|schema| {
                !expected[schema.collection].is_empty() && !["boundary", "feature_link"].contains(&schema.kind)
            })
            .collect();
        for schema in &all {
            let path = write(&cx, schema, BORDER, format, folder.path()).await;
            match take(&new_cx, &path, schema, BORDER, false).await {
                Ok(rows) => taken += rows.iter().filter(|row| row.what == import::What::New).count(),
                Err(why) => wrong.push(format!("{} by {format:?}: {why}", schema.collection)),
            }
        }
        // Looked at when all are there, since the line of a section is that of its segments.
        for schema in all {
            let what = format!("{} by {format:?}", schema.collection);
            let there = known(&new_cx, schema, BORDER).await;
            // A drawing of a line has further positions between its own.
            let drawn = format == ExportFormat::Kml && matches!(schema.kind, "segment" | "section");
            let same = |name: &String, (values, place): &(Vec<(&'static str, Value)>, Option<Geometry>)| {
                there
                    .get(name)
                    .is_some_and(|(others, there)| values == others && (drawn || place == there))
            };
            let other = expected[schema.collection]
                .iter()
                .filter(|(name, record)| !same(name, record));
            wrong.extend(
                other
                    .take(3)
                    .map(|(name, record)| format!("{what} {name}:\n  {record:?}\n  {:?}", there.get(name))),
            );
            if there.len() != expected[schema.collection].len() {
                wrong.push(format!(
                    "{what}: {} of {}",
                    there.len(),
                    expected[schema.collection].len()
                ));
            }
        }
        assert!(taken > 300, "{taken} by {format:?}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
