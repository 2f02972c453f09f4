//! GeoJSON: features in, features out.

use std::collections::BTreeMap;

use geojson::{GeoJson, GeometryValue, JsonValue};

use super::row::{Cell, Row};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// The features of a GeoJSON text as rows.
///
/// - **Shape**: a FeatureCollection, a Feature or a bare geometry; heights are left to the caller's columns.
/// - **Units**: coordinates as they stand, longitude first by RFC 7946; the caller knows the reference system.
/// - **Errors**: a [`Problem`] with line and column where the text is no JSON, or nested too deeply; one that names the
///   feature where a coordinate is no finite number or a geometry is of a kind that no record has.
pub fn read(text: &str) -> Result<Vec<Row>, Problem> {
    let text = text.trim_start_matches('\u{feff}');
    let value: JsonValue = serde_json::from_str(text).map_err(|fault| {
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
            Message::new(
                "Export it again as GeoJSON (RFC 7946).",
                "请重新导出为 GeoJSON（RFC 7946）。",
            ),
        )
        .at(place)
    })?;
    let geojson: GeoJson = serde_json::from_value(value).map_err(|fault| {
        Problem::new(
            Code::FileMalformed,
            Message::new(
                format!("The file is JSON but no GeoJSON: {fault}."),
                format!("文件是 JSON，但不是 GeoJSON：{fault}。"),
            ),
            Message::new(
                "Export it again as GeoJSON (RFC 7946).",
                "请重新导出为 GeoJSON（RFC 7946）。",
            ),
        )
    })?;
    let features = match geojson {
        GeoJson::FeatureCollection(collection) => collection.features,
        GeoJson::Feature(feature) => vec![feature],
        GeoJson::Geometry(geometry) => vec![geojson::Feature {
            geometry: Some(geometry),
            ..Default::default()
        }],
    };
    features
        .into_iter()
        .enumerate()
        .map(|(index, feature)| row(index + 1, feature))
        .collect()
}

fn row(number: usize, feature: geojson::Feature) -> Result<Row, Problem> {
    let geometry = feature
        .geometry
        .map(|geometry| raw(number, geometry.value))
        .transpose()?;
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
    Ok(Row {
        place: format!("feature {number}"),
        cells,
        geometry,
    })
}

fn raw(number: usize, value: GeometryValue) -> Result<Geometry, Problem> {
    let refuse = |en: &str, zh: &str| {
        Problem::new(
            Code::ValueInvalid,
            Message::new(format!("Feature {number} {en}."), format!("第{number}个要素{zh}。")),
            Message::new(
                "Correct the feature and send the file again.",
                "请更正该要素后重新提交。",
            ),
        )
    };
    let point = |position: &[f64]| match position {
        [x, y, ..] if x.is_finite() && y.is_finite() => Ok([*x, *y]),
        _ => Err(refuse(
            "has a coordinate that is no finite number",
            "含有非有限数值的坐标",
        )),
    };
    let line = |positions: &[geojson::Position]| {
        positions
            .iter()
            .map(|p| point(p.as_slice()))
            .collect::<Result<Vec<_>, _>>()
    };
    match &value {
        GeometryValue::Point { coordinates } => Ok(Geometry::Point(point(coordinates.as_slice())?)),
        GeometryValue::LineString { coordinates } => Ok(Geometry::Line(line(coordinates)?)),
        GeometryValue::MultiLineString { coordinates } => Ok(Geometry::Lines(
            coordinates.iter().map(|l| line(l)).collect::<Result<_, _>>()?,
        )),
        GeometryValue::Polygon { coordinates } => Ok(Geometry::Polygon(
            coordinates.iter().map(|l| line(l)).collect::<Result<_, _>>()?,
        )),
        _ => Err(refuse(
            "has a geometry of a kind that is not read here",
            "的几何类型不受支持",
        )),
    }
}
