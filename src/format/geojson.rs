//! GeoJSON: features in, features out.

use std::collections::BTreeMap;

use geojson::{GeoJson, GeometryValue, JsonValue};

use super::row::{Cell, Row};
use super::table::{Feature, System};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// The system of GeoJSON that does not say otherwise (RFC 7946, section 4).
const CRS84: &str = "OGC:CRS84";

/// The features of a GeoJSON text as rows.
///
/// - **Shape**: as [`features`].
/// - **Units**: coordinates as they stand, longitude first by RFC 7946; the caller knows the reference system.
/// - **Errors**: as [`features`]; also where a geometry is of a kind that no record has.
pub fn read(text: &str) -> Result<Vec<Row>, Problem> {
    features(text)?.1.into_iter().map(Feature::into_row).collect()
}

/// The features of a GeoJSON text, and what it says of its system.
///
/// - **Shape**: a FeatureCollection, a Feature, a bare geometry, or several of them one after the other (a line each, as
///   in newline-delimited GeoJSON, or as a JSON text sequence). The height of a point is the cell `z`.
/// - **Units**: coordinates as they stand, longitude first by RFC 7946.
/// - **Errors**: a [`Problem`] with line and column where the text is no JSON, or nested too deeply; one that names the
///   feature where a coordinate is no finite number.
/// - **Source**: RFC 7946, RFC 8142; the member `crs` of GeoJSON 2008, read where it names a system, never followed.
pub fn features(text: &str) -> Result<(System, Vec<Feature>), Problem> {
    let text = text.trim_start_matches('\u{feff}');
    // Record separators stand before each value of a sequence; to JSON they are no space.
    let sequence = text.contains(SEPARATOR).then(|| text.replace(SEPARATOR, " "));
    let text = sequence.as_deref().unwrap_or(text);
    let mut system = System::Format(CRS84);
    let mut features = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<JsonValue>() {
        let value = value.map_err(|fault| no_json(&fault))?;
        if let Some(said) = system_of(&value) {
            system = said;
        }
        for feature in features_of(value)? {
            features.push(one(features.len() + 1, feature)?);
        }
    }
    Ok((system, features))
}

/// The character before each value of a JSON text sequence.
const SEPARATOR: char = '\u{1e}';

fn no_json(fault: &serde_json::Error) -> Problem {
    let deep = fault.to_string().contains("recursion limit");
    let code = if deep { Code::FileTooDeep } else { Code::FileMalformed };
    let place = Place {
        line: fault.line() as u64,
        column: fault.column() as u64,
        byte: 0,
    };
    Problem::new(
        code,
        Message::new(
            format!("The file is no JSON: {fault}."),
            format!("文件不是有效的 JSON：{fault}。"),
        ),
        export_again(),
    )
    .at(place)
}

fn export_again() -> Message {
    Message::new(
        "Export it again as GeoJSON (RFC 7946).",
        "请重新导出为 GeoJSON（RFC 7946）。",
    )
}

/// What the old member `crs` says, where there is one.
fn system_of(value: &JsonValue) -> Option<System> {
    let crs = value.get("crs").filter(|crs| !crs.is_null())?;
    let name = crs.pointer("/properties/name").and_then(JsonValue::as_str);
    let is_named = crs.get("type").and_then(JsonValue::as_str) == Some("name");
    Some(match name.filter(|_| is_named) {
        Some(name) => System::Said(name.chars().filter(|c| !c.is_control()).take(200).collect()),
        // A link is never followed, so what the numbers mean is not known.
        None => System::Unknown,
    })
}

fn features_of(value: JsonValue) -> Result<Vec<geojson::Feature>, Problem> {
    let geojson: GeoJson = serde_json::from_value(value).map_err(|fault| {
        Problem::new(
            Code::FileMalformed,
            Message::new(
                format!("The file is JSON but no GeoJSON: {fault}."),
                format!("文件是 JSON，但不是 GeoJSON：{fault}。"),
            ),
            export_again(),
        )
    })?;
    Ok(match geojson {
        GeoJson::FeatureCollection(collection) => collection.features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![geojson::Feature {
            geometry: Some(geometry),
            ..Default::default()
        }],
    })
}

fn one(number: usize, feature: geojson::Feature) -> Result<Feature, Problem> {
    let mut cells = BTreeMap::new();
    for (name, value) in feature.properties.into_iter().flatten() {
        let cell = match value {
            JsonValue::Null => continue,
            JsonValue::String(text) => Cell::Text(text),
            JsonValue::Bool(flag) => Cell::Flag(flag),
            JsonValue::Number(number) => Cell::Number(number.as_f64().unwrap_or(f64::NAN), number.to_string()),
            other => Cell::Text(other.to_string()),
        };
        cells.insert(name, cell);
    }
    let (mut geometry, mut kind, mut unread) = (None, String::new(), false);
    if let Some(found) = feature.geometry {
        kind = found.value.type_name().to_owned();
        if let GeometryValue::Point { coordinates } = &found.value
            && let [_, _, height, ..] = coordinates.as_slice()
        {
            let cell = Cell::Number(*height, height.to_string());
            cells.entry(super::table::HEIGHT.to_owned()).or_insert(cell);
        }
        unread = matches!(found.value, GeometryValue::GeometryCollection { .. });
        if !unread {
            geometry = Some(shape(number, &found.value)?);
        }
    }
    let row = Row {
        place: format!("feature {number}"),
        cells,
        geometry,
    };
    Ok(Feature {
        layer: 0,
        row,
        kind,
        unread,
    })
}

fn shape(number: usize, value: &GeometryValue) -> Result<Geometry, Problem> {
    let refuse = || {
        Problem::new(
            Code::ValueInvalid,
            Message::new(
                format!("Feature {number} has a coordinate that is no finite number."),
                format!("第{number}个要素含有非有限数值的坐标。"),
            ),
            Message::new(
                "Correct the feature and send the file again.",
                "请更正该要素后重新提交。",
            ),
        )
    };
    let point = |position: &geojson::Position| match position.as_slice() {
        [x, y, ..] if x.is_finite() && y.is_finite() => Ok([*x, *y]),
        _ => Err(refuse()),
    };
    let line = |positions: &Vec<geojson::Position>| positions.iter().map(point).collect::<Result<Vec<_>, _>>();
    let lines = |lines: &Vec<Vec<geojson::Position>>| lines.iter().map(line).collect::<Result<Vec<_>, _>>();
    Ok(match value {
        GeometryValue::Point { coordinates } => Geometry::Point(point(coordinates)?),
        GeometryValue::MultiPoint { coordinates } => Geometry::Points(line(coordinates)?),
        GeometryValue::LineString { coordinates } => Geometry::Line(line(coordinates)?),
        GeometryValue::MultiLineString { coordinates } => Geometry::Lines(lines(coordinates)?),
        GeometryValue::Polygon { coordinates } => Geometry::Polygon(lines(coordinates)?),
        GeometryValue::MultiPolygon { coordinates } => {
            Geometry::Polygons(coordinates.iter().map(lines).collect::<Result<_, _>>()?)
        }
        GeometryValue::GeometryCollection { .. } => return Err(refuse()),
    })
}
