//! A record to text, straight into a buffer.

use std::io::Write as _;

use crate::domain::schema::{Field, Shape};
use crate::domain::value::{Draft, Value};
use crate::geom::shape::Geometry;

/// In which order a position is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axes {
    /// Longitude or easting first.
    XY,
    /// Latitude or northing first, as the system's authority has it.
    YX,
}

/// What a feature is written from.
pub struct Feature<'a> {
    pub id: i64,
    pub shape: Shape,
    /// As many as `values`, in the same order.
    pub fields: &'a [&'static Field],
    pub values: &'a [Value],
    /// With rings turned by [`Geometry::wind`].
    pub geometry: Option<&'a Geometry>,
    pub axes: Axes,
    /// Further properties, as JSON.
    pub more: &'a [(&'static str, String)],
    /// Members beside the properties, as JSON.
    pub members: &'a [(&'static str, String)],
}

/// Writes one feature: every property is there, null where it is empty.
///
/// - **Shape**: records of a kind with lines of several parts are written as such, all alike.
/// - **Units**: numbers in the shortest form that reads back to the same double; nothing is rounded.
/// - **Source**: RFC 7946.
pub fn write(out: &mut Vec<u8>, feature: &Feature<'_>) {
    out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
    integer(out, feature.id);
    out.extend_from_slice(b",\"geometry\":");
    match feature.geometry {
        None => out.extend_from_slice(b"null"),
        Some(shape) => {
            let several = matches!((feature.shape, shape), (Shape::Lines, Geometry::Line(_)));
            write_geometry(out, shape, feature.axes, several);
        }
    }
    out.extend_from_slice(b",\"properties\":{");
    let mut first = true;
    let mut name = |out: &mut Vec<u8>, name: &str| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        out.push(b'"');
        // Names of fields are plain words.
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    };
    for (field, held) in feature.fields.iter().zip(feature.values) {
        name(out, field.name);
        value(out, held);
    }
    for (more, json) in feature.more {
        name(out, more);
        out.extend_from_slice(json.as_bytes());
    }
    out.push(b'}');
    for (member, json) in feature.members {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(member.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(json.as_bytes());
    }
    out.push(b'}');
}

/// One value as JSON.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(said) => text(out, said),
        Value::Integer(n) => integer(out, *n),
        Value::Number(n) => number(out, *n),
        Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Date(date) => quoted(out, date),
        Value::Time(time) => quoted(out, time),
        Value::Texts(texts) => {
            out.push(b'[');
            for (index, said) in texts.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                text(out, said);
            }
            out.push(b']');
        }
        // JSON already, as the store gives it.
        Value::Document(json) => out.extend_from_slice(json.as_bytes()),
    }
}

/// Something whose text needs no escapes.
fn quoted(out: &mut Vec<u8>, said: &impl std::fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "\"{said}\"");
}

pub(super) fn integer(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// The shortest text that reads back to the same number; JSON has no word for what is not finite.
pub(super) fn number(out: &mut Vec<u8>, n: f64) {
    if !n.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let said = buffer.format_finite(n);
    out.extend_from_slice(said.strip_suffix(".0").unwrap_or(said).as_bytes());
}

/// A text with its quotes and escapes.
pub fn text(out: &mut Vec<u8>, said: &str) {
    out.push(b'"');
    let bytes = said.as_bytes();
    let mut done = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[done..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.extend_from_slice(escape);
        }
        done = at + 1;
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

/// What a sender said about one record, as a feature that reads back to the same draft.
pub fn draft(out: &mut Vec<u8>, draft: &Draft) {
    out.extend_from_slice(b"{\"type\":\"Feature\",");
    if let Some(given) = &draft.geometry {
        out.extend_from_slice(b"\"geometry\":");
        match given {
            Some(shape) => geometry(out, shape, Axes::XY),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b',');
    }
    out.extend_from_slice(b"\"properties\":{");
    for (index, (name, said)) in draft.values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        text(out, name);
        out.push(b':');
        value(out, said);
    }
    out.extend_from_slice(b"}}");
}

/// One geometry as GeoJSON.
pub fn geometry(out: &mut Vec<u8>, shape: &Geometry, axes: Axes) {
    write_geometry(out, shape, axes, false);
}

fn write_geometry(out: &mut Vec<u8>, shape: &Geometry, axes: Axes, several: bool) {
    out.extend_from_slice(b"{\"type\":\"");
    let name = if several { "MultiLineString" } else { shape.name() };
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\",\"coordinates\":");
    match shape {
        Geometry::Point(at) => position(out, *at, axes),
        Geometry::Line(at) if several => {
            out.push(b'[');
            line(out, at, axes);
            out.push(b']');
        }
        Geometry::Points(at) | Geometry::Line(at) => line(out, at, axes),
        Geometry::Lines(parts) | Geometry::Polygon(parts) => lines(out, parts, axes),
        Geometry::Polygons(polygons) => list(out, polygons, |out, rings| lines(out, rings, axes)),
    }
    out.push(b'}');
}

fn list<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

fn lines(out: &mut Vec<u8>, parts: &[Vec<[f64; 2]>], axes: Axes) {
    list(out, parts, |out, part| line(out, part, axes));
}

fn line(out: &mut Vec<u8>, positions: &[[f64; 2]], axes: Axes) {
    list(out, positions, |out, at| position(out, *at, axes));
}

fn position(out: &mut Vec<u8>, [x, y]: [f64; 2], axes: Axes) {
    let [first, second] = match axes {
        Axes::XY => [x, y],
        Axes::YX => [y, x],
    };
    out.push(b'[');
    number(out, first);
    out.push(b',');
    number(out, second);
    out.push(b']');
}
