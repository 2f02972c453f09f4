//! What is written to GeoJSON and CSV is read again, and every collection goes out in every format.

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::domain::schema::{self, Group, Label, NAMES, Presence, Writes};
use crate::format::row::{Cell, Row};

const FIELDS: [Field; 8] = [
    Field::text("key", "Key", "代码"),
    Field::integer("ordinal", "Order", "序号"),
    Field::number("length_m", "m", "Length", "长度"),
    Field::flag("open", "Open", "开放"),
    Field::date("opened_on", "Opened on", "开放日期"),
    Field::time("seen_at", "Seen at", "观测时间"),
    Field::texts("former", "Former", "曾用"),
    Field::document("calendar", "Calendar", "日历"),
];

static THINGS: Schema = Schema {
    collection: "things",
    kind: "thing",
    group: Group::Line,
    title: Label::new("Things", "事物"),
    description: Label::new("Things", "事物"),
    shape: Shape::Any,
    geometry: Presence::Optional,
    of_boundary: false,
    natural: "key",
    writes: Writes::None,
    fields: &[&FIELDS, &NAMES],
};

fn header(schema: &'static Schema) -> Header {
    Header {
        schema,
        fields: schema.fields().collect(),
        title: "Things".to_owned(),
        crs: Crs::lookup("OGC:CRS84").unwrap(),
        epoch: None,
        version: "17".to_owned(),
        licence: "CC0-1.0".to_owned(),
        notice: Names::default(),
        more: Vec::new(),
        made_at: "2026-11-23T10:11:12Z".parse().unwrap(),
    }
}

fn written(format: ExportFormat, header: Header, records: &[(Vec<Value>, Option<Geometry>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut export = Export::to_stream(format, header, &mut bytes).unwrap();
    for (n, (values, geometry)) in (1..).zip(records) {
        let feature = Outgoing {
            feature_id: n,
            values,
            geometry: geometry.as_ref(),
        };
        export.feature(&feature).unwrap();
    }
    export.finish().unwrap();
    bytes
}

/// A text that is not empty and has no blank at its ends, which a table does not keep apart.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}[!-~]",
        "[界碑标, \"';\n\t]{0,9}碑",
        "[Пограничный знак №]{0,9}к",
        "[국경 표지]{0,9}지",
        any::<String>(),
    ]
    .prop_map(|text| text.trim().replace(['\r', '\0', '\u{feff}'], "").trim().to_owned())
    .prop_filter("empty", |text| !text.is_empty())
}

fn maybe(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 4 => value].boxed()
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -1e6..1e6_f64, Just(0.1 + 0.2), Just(-0.0)].prop_filter("finite", |n| n.is_finite())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-10_000_000_000..10_000_000_000_i64, 0..1_000_000_i32)
        .prop_map(|(s, micro)| Timestamp::new(s, micro * 1000).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn date() -> impl Strategy<Value = Date> {
    (1600..2200_i16, 1..=12_i8, 1..=28_i8).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn values() -> impl Strategy<Value = Vec<Value>> {
    let names = prop::collection::vec(maybe(text().prop_map(Value::Text)), 4);
    let own = (
        maybe(text().prop_map(Value::Text)),
        maybe(any::<i64>().prop_map(Value::Integer)),
        maybe(number().prop_map(Value::Number)),
        maybe(any::<bool>().prop_map(Value::Flag)),
        maybe(date().prop_map(Value::Date)),
        maybe(moment().prop_map(Value::Time)),
        maybe(prop::collection::vec(any::<String>(), 0..4).prop_map(Value::Texts)),
        maybe((any::<String>(), number()).prop_map(|(text, number)| {
            Value::Document(serde_json::json!({ "days": [text, null], "from": number }).to_string())
        })),
    );
    (own, names).prop_map(|((a, b, c, d, e, f, g, h), names)| {
        let mut all = vec![a, b, c, d, e, f, g, h];
        all.extend(names);
        all
    })
}

fn position() -> impl Strategy<Value = [f64; 2]> {
    prop_oneof![
        [-180.0..=180.0_f64, -90.0..=90.0_f64],
        [number(), number()],
        Just([180.0, -90.0]),
    ]
}

fn path() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec(position(), 2..9)
}

fn ring() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec([-180.0..=180.0_f64, -90.0..=90.0_f64], 3..9).prop_map(|mut ring| {
        ring.push(ring[0]);
        ring
    })
}

fn geometry() -> impl Strategy<Value = Option<Geometry>> {
    prop_oneof![
        Just(None),
        position().prop_map(|p| Some(Geometry::Point(p))),
        path().prop_map(|l| Some(Geometry::Points(l))),
        path().prop_map(|l| Some(Geometry::Line(l))),
        prop::collection::vec(path(), 1..4).prop_map(|l| Some(Geometry::Lines(l))),
        prop::collection::vec(ring(), 1..4).prop_map(|l| Some(Geometry::Polygon(l))),
        prop::collection::vec(prop::collection::vec(ring(), 1..3), 1..3).prop_map(|l| Some(Geometry::Polygons(l))),
    ]
    .prop_map(|mut geometry| {
        // As they are written: outer rings counter-clockwise.
        if let Some(geometry) = &mut geometry {
            geometry.wind();
        }
        geometry
    })
}

/// Checks that a row read again holds the values.
fn same(row: &Row, values: &[Value]) {
    for (field, value) in THINGS.fields().zip(values) {
        let found = row.cells.get(field.name);
        let text = || match found {
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Number(_, text)) => text.clone(),
            Some(Cell::Flag(flag)) => flag.to_string(),
            None => String::new(),
        };
        match value {
            Value::Null => assert_eq!(found, None, "{}", field.name),
            Value::Text(expect) => assert_eq!(&text(), expect),
            Value::Integer(expect) => assert_eq!(text().parse(), Ok(*expect)),
            Value::Number(expect) => assert_eq!(text().parse::<f64>().map(f64::to_bits), Ok(expect.to_bits())),
            Value::Flag(expect) => assert_eq!(text(), expect.to_string()),
            Value::Date(expect) => assert_eq!(text().parse::<Date>().ok(), Some(*expect)),
            Value::Time(expect) => assert_eq!(text().parse::<Timestamp>().ok(), Some(*expect)),
            Value::Texts(expect) => {
                assert_eq!(serde_json::from_str::<Vec<String>>(&text()).unwrap(), *expect);
            }
            Value::Document(expect) => assert_eq!(
                serde_json::from_str::<serde_json::Value>(&text()).unwrap(),
                serde_json::from_str::<serde_json::Value>(expect).unwrap()
            ),
        }
    }
}

/// The numbers of a well-known text, in order, with the marks between them.
fn numbers(wkt: &str) -> (String, Vec<u64>) {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e');
    let marks = wkt.chars().filter(|c| matches!(c, '(' | ')' | ',')).collect();
    let words = wkt.split(|c| !is_number(c)).filter(|word| !word.is_empty());
    (
        marks,
        words.map(|word| word.parse::<f64>().unwrap().to_bits()).collect(),
    )
}

fn bits(geometry: &Geometry) -> Vec<u64> {
    geometry.positions().flatten().map(|number| number.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn geojson_is_read_again_bit_by_bit(records in prop::collection::vec((values(), geometry()), 0..5)) {
        let bytes = written(ExportFormat::GeoJson, header(&THINGS), &records);
        let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let features = whole["features"].as_array().unwrap();
        prop_assert_eq!(features.len(), records.len());
        for (feature, (_, geometry)) in features.iter().zip(&records) {
            match geometry {
                None => prop_assert!(feature["geometry"].is_null()),
                Some(geometry) => {
                    prop_assert_eq!(feature["geometry"]["type"].as_str(), Some(geometry.name()));
                    let (_, found) = numbers(&feature["geometry"]["coordinates"].to_string());
                    prop_assert_eq!(found, bits(geometry));
                }
            }
        }
        // By the reader of imports.
        let rows = crate::format::geojson::read(std::str::from_utf8(&bytes).unwrap()).unwrap();
        prop_assert_eq!(rows.len(), records.len());
        for (row, (values, geometry)) in rows.iter().zip(&records) {
            same(row, values);
            prop_assert_eq!(&row.geometry, geometry);
        }
    }

    #[test]
    fn csv_is_read_again_bit_by_bit(records in prop::collection::vec((values(), geometry()), 0..5)) {
        let bytes = written(ExportFormat::Csv, header(&THINGS), &records);
        let rows = crate::format::csv::read(&bytes).unwrap();
        prop_assert_eq!(rows.len(), records.len());
        for (n, (row, (values, geometry))) in (1..).zip(rows.iter().zip(&records)) {
            same(row, values);
            prop_assert_eq!(row.cells.get("feature_id"), Some(&Cell::Text(format!("{n}"))));
            prop_assert_eq!(&row.geometry, geometry);
            prop_assert_eq!(row.geometry.as_ref().map(bits), geometry.as_ref().map(bits));
        }
    }

    /// No text and no number makes any format stumble.
    #[test]
    fn every_format_takes_every_value(records in prop::collection::vec((values(), geometry()), 0..4)) {
        let folder = tempfile::tempdir().unwrap();
        for format in ExportFormat::ALL {
            let path = folder.path().join(format.extension());
            let mut export = Export::to_file(format, header(&THINGS), &path).unwrap();
            for (values, geometry) in &records {
                export.feature(&Outgoing { feature_id: 5, values, geometry: geometry.as_ref() }).unwrap();
            }
            prop_assert_eq!(export.finish().unwrap(), records.len() as u64);
            if matches!(format, ExportFormat::Kml | ExportFormat::Gpx) {
                let text = std::fs::read_to_string(&path).unwrap();
                let mut reader = quick_xml::Reader::from_str(&text);
                while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
                let forbidden = |c: char| c < ' ' && !matches!(c, '\n' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}');
                prop_assert!(!text.contains(forbidden));
            }
        }
    }
}

#[test]
fn every_collection_goes_out_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for schema in schema::ALL {
        let fields = schema.fields();
        let values: Vec<Value> = fields.map(|field| sample(field.kind)).collect();
        let line = vec![[130.0, 42.0], [130.5, 42.5], [130.5, 42.0], [130.0, 42.0]];
        let geometry = match schema.shape {
            Shape::None => None,
            Shape::Point | Shape::Any => Some(Geometry::Point([130.0, 42.0])),
            Shape::Line | Shape::Lines => Some(Geometry::Line(line)),
            Shape::Polygon => Some(Geometry::Polygon(vec![line])),
        };
        for format in ExportFormat::ALL {
            let path = folder.path().join(format.extension());
            if !format.holds(schema.shape) {
                assert!(Export::to_file(format, header(schema), &path).is_err());
                continue;
            }
            let mut export = Export::to_file(format, header(schema), &path).unwrap();
            export
                .feature(&Outgoing {
                    feature_id: 1,
                    values: &values,
                    geometry: geometry.as_ref(),
                })
                .unwrap();
            assert_eq!(export.finish().unwrap(), 1, "{} as {format:?}", schema.collection);
            assert!(std::fs::metadata(&path).unwrap().len() > 100);
        }
    }
}

fn sample(kind: Type) -> Value {
    match kind {
        Type::Code(list) => Value::Text(list.words().next().unwrap().to_owned()),
        other => match column(other) {
            Column::Text => Value::Text("界 A".to_owned()),
            Column::Integer => Value::Integer(7),
            Column::Number => Value::Number(0.5),
            Column::Flag => Value::Flag(false),
            Column::Date => Value::Date("2020-02-29".parse().unwrap()),
            Column::Time => Value::Time(Timestamp::UNIX_EPOCH),
            Column::Texts => Value::Texts(vec!["a".to_owned()]),
            Column::Document => Value::Document("{}".to_owned()),
        },
    }
}

#[test]
fn no_field_has_the_name_of_a_column_of_a_format() {
    for schema in schema::ALL {
        let mut names: Vec<String> = schema.fields().map(|field| field.name.to_ascii_lowercase()).collect();
        names.extend(["fid", "feature_id", "geom", "geometry", "wkt"].map(str::to_owned));
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{}", schema.collection);
    }
}

#[test]
fn words_and_media_types_lead_back() {
    for format in ExportFormat::ALL {
        assert_eq!(ExportFormat::from_word(format.word()), Some(format));
        assert_eq!(ExportFormat::from_media_type(format.media_type()), Some(format));
        assert_eq!(
            ExportFormat::from_media_type(&format.media_type().to_uppercase()),
            Some(format)
        );
    }
    assert_eq!(ExportFormat::from_word("xlsx"), None);
    assert_eq!(ExportFormat::from_media_type("text/html"), None);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<Value> = THINGS.fields().map(|field| sample(field.kind)).collect();
    for format in ExportFormat::ALL {
        let bytes = [1, 2].map(|n| {
            let path = folder.path().join(format!("{n}.{}", format.extension()));
            let mut export = Export::to_file(format, header(&THINGS), &path).unwrap();
            let geometry = Geometry::Point([1.0, 2.0]);
            export
                .feature(&Outgoing {
                    feature_id: 1,
                    values: &values,
                    geometry: Some(&geometry),
                })
                .unwrap();
            export.finish().unwrap();
            std::fs::read(&path).unwrap()
        });
        assert!(bytes[0] == bytes[1], "{format:?}");
    }
}
