//! Geometry as well-known text (OGC 06-103r4, 7).

use std::fmt::Write as _;

use crate::geom::shape::Geometry;

/// `POINT (130.5 42.25)`, each number in its shortest text that reads back to the same.
///
/// - **Shape**: any geometry without a flaw.
pub fn text(geometry: &Geometry) -> String {
    let mut out = String::new();
    match geometry {
        Geometry::Point(position) => {
            out.push_str("POINT (");
            one(&mut out, *position);
            out.push(')');
        }
        Geometry::Points(positions) => {
            out.push_str("MULTIPOINT ");
            list(&mut out, positions, |out, position| {
                out.push('(');
                one(out, *position);
                out.push(')');
            });
        }
        Geometry::Line(positions) => {
            out.push_str("LINESTRING ");
            line(&mut out, positions);
        }
        Geometry::Lines(lines) => {
            out.push_str("MULTILINESTRING ");
            list(&mut out, lines, |out, part| line(out, part));
        }
        Geometry::Polygon(rings) => {
            out.push_str("POLYGON ");
            list(&mut out, rings, |out, ring| line(out, ring));
        }
        Geometry::Polygons(polygons) => {
            out.push_str("MULTIPOLYGON ");
            list(&mut out, polygons, |out, rings| {
                list(out, rings, |out, ring| line(out, ring));
            });
        }
    }
    out
}

fn one(out: &mut String, [x, y]: [f64; 2]) {
    // Writing to a text cannot fail.
    let _ = write!(out, "{x} {y}");
}

fn line(out: &mut String, positions: &[[f64; 2]]) {
    list(out, positions, |out, position| one(out, *position));
}

fn list<T>(out: &mut String, parts: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('(');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        each(out, part);
    }
    out.push(')');
}
