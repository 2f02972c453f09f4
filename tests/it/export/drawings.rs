//! DXF.

use super::*;

/// A text with its letters as DXF of release 12 has them.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\U+") {
        out.push_str(before);
        let unit = u16::from_str_radix(&after[..4], 16).unwrap();
        out.extend(char::from_u32(u32::from(unit)));
        rest = &after[4..];
    }
    out + rest
}

/// The extended data of the entities of a kind, as `name=value`, read from the file itself.
fn data(file: &str, kind: &str) -> Vec<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<Vec<(String, String)>> = Vec::new();
    let mut inside = false;
    for pair in lines.chunks(2) {
        match (pair[0].trim(), pair[1]) {
            ("0", entity) => {
                inside = entity == kind;
                if inside {
                    found.push(Vec::new());
                }
            }
            ("1000", text) if inside => {
                assert!(text.len() <= 255 && text.is_ascii(), "{text}");
                let values = found.last_mut().unwrap();
                match (text.strip_prefix('+'), values.last_mut()) {
                    (Some(more), Some((_, value))) => value.push_str(more),
                    _ => {
                        let (name, value) = text.split_once('=').unwrap();
                        values.push((name.to_owned(), value.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    for value in found.iter_mut().flatten() {
        value.1 = plain(&value.1);
    }
    found
}

#[test]
fn dxf_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.dxf");
    let things = things();
    write(
        ExportFormat::Dxf,
        header(&THINGS, "EPSG:4490", Some(2000.0)),
        &things,
        Path::new(&file),
    );
    let found = features(
        &file,
        &["-dim", "XY", "--config", "DXF_INCLUDE_RAW_CODE_VALUES", "TRUE"],
    );
    let of_layer = |layer: &str| -> Vec<Json> {
        found
            .iter()
            .filter(|feature| feature["properties"]["Layer"] == layer)
            .map(|feature| feature["geometry"].clone())
            .collect()
    };
    let mut expect = Vec::new();
    for thing in &things {
        match &thing.geometry {
            None => {}
            Some(point @ Geometry::Point(_)) => expect.push(geojson(Some(point))),
            Some(Geometry::Points(points)) => {
                expect.extend(points.iter().map(|point| geojson(Some(&Geometry::Point(*point)))));
            }
            Some(line @ Geometry::Line(_)) => expect.push(geojson(Some(line))),
            Some(Geometry::Lines(lines) | Geometry::Polygon(lines)) => {
                expect.extend(lines.iter().map(|line| geojson(Some(&Geometry::Line(line.clone())))));
            }
            Some(Geometry::Polygons(polygons)) => {
                let rings = polygons.iter().flatten();
                expect.extend(rings.map(|ring| geojson(Some(&Geometry::Line(ring.clone())))));
            }
        }
    }
    assert_eq!(of_layer("THINGS"), expect);
    assert_eq!(of_layer("THINGS_LABEL").len(), 3);
    let labels: Vec<&Json> = found.iter().map(|feature| &feature["properties"]["Text"]).collect();
    assert!(labels.contains(&&Json::from("T0")), "{labels:?}");
    let raw = found[0]["properties"]["RawCodeValues"].as_array().unwrap();
    for group in ["1001 MERESTONE", "1000 feature_id=1000000000", "1000 key=T0"] {
        assert!(raw.contains(&Json::from(group)), "{group}: {}", found[0]);
    }

    let points = data(&file, "POINT");
    let names: Vec<&str> = THINGS.fields().map(|field| field.name).collect();
    let value = |name: &str| {
        points[0]
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    };
    for (at, name) in names.iter().enumerate() {
        let expect = match &things[0].values[at] {
            Value::Null => None,
            Value::Text(text) | Value::Document(text) => Some(text.clone()),
            Value::Integer(integer) => Some(integer.to_string()),
            Value::Number(_) => {
                let found: f64 = value(name).unwrap().parse().unwrap();
                assert_eq!(Value::Number(found), things[0].values[at]);
                continue;
            }
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Date(date) => Some(date.to_string()),
            Value::Time(time) => Some(time.to_string()),
            Value::Texts(texts) => Some(Json::from(texts.clone()).to_string()),
        };
        assert_eq!(value(name).map(str::to_owned), expect, "{name}");
    }
    assert_eq!(data(&file, "POLYLINE").len(), 1 + 2 + 2 + 3);

    let text = std::fs::read_to_string(&file).unwrap();
    for line in [
        "999\nversion: 4711\n",
        "999\nlicence: CC-BY-4.0\n",
        "999\nepoch: 2000.0\n",
        "999\nwithout a position: feature_id=1000000006; key=T6;",
        "MERESTONE_VERSION_4711\n",
        "MERESTONE_CRS_EPSG_4490\n",
        "MERESTONE_EPOCH_2000\n",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn a_long_text_goes_on_in_further_groups() {
    let folder = crate::support::folder();
    let file = path(&folder, "posts.dxf");
    let mut thing = things().remove(0);
    let long = "界碑 \"东\" +1=2, ".repeat(40);
    thing.values[13] = Value::Text(long.clone());
    write(
        ExportFormat::Dxf,
        header(&POSTS, "EPSG:4509", None),
        &[thing],
        Path::new(&file),
    );
    let values = data(&file, "POINT");
    assert!(values[0].contains(&("name_zh".to_owned(), long)), "{values:?}");
}
