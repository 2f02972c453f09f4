//! Geometry as well-known text in a cell of a table (OGC 06-103r4, 7), as GDAL, QGIS and PostGIS write it.

use crate::geom::shape::Geometry;

/// Parentheses inside one another, at most: a MultiPolygon has four.
const DEPTH: usize = 4;

/// Whether a text begins as well-known text does.
pub fn begins(text: &str) -> bool {
    let text = after_srid(text);
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    kind(&word.to_ascii_uppercase()).is_some()
}

/// PostGIS may put the system in front, which is none of a cell's to say.
fn after_srid(text: &str) -> &str {
    let text = text.trim_start();
    match text.get(..5).filter(|head| head.eq_ignore_ascii_case("SRID=")) {
        Some(_) => text.split_once(';').map_or(text, |(_, rest)| rest.trim_start()),
        None => text,
    }
}

/// Depth of the parentheses of a kind.
fn kind(word: &str) -> Option<usize> {
    match word {
        "POINT" => Some(1),
        "MULTIPOINT" | "LINESTRING" => Some(1),
        "MULTILINESTRING" | "POLYGON" => Some(2),
        "MULTIPOLYGON" => Some(3),
        _ => None,
    }
}

/// Numbers in parentheses, as they are nested.
#[derive(Debug)]
enum Nested {
    Positions(Vec<[f64; 2]>),
    Parts(Vec<Nested>),
}

/// Reads a geometry; `EMPTY` is none.
///
/// - **Shape**: heights and measures are read over; the points of a MultiPoint with or without parentheses of their own.
/// - **Units**: those of the text, in its order.
/// - **Errors**: `None` for what is no well-known text of one of the six simple kinds, and for numbers that are not finite.
pub fn read(text: &str) -> Option<Option<Geometry>> {
    let text = after_srid(text).trim_end();
    let at = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(at);
    let word = word.to_ascii_uppercase();
    let depth = kind(&word)?;
    let rest = rest.trim_start();
    let rest = ["ZM", "Z", "M", "zm", "z", "m"]
        .iter()
        .find_map(|dimensions| rest.strip_prefix(dimensions))
        .unwrap_or(rest)
        .trim_start();
    if rest.eq_ignore_ascii_case("EMPTY") {
        return Some(None);
    }
    let (nested, rest) = nested(rest, DEPTH)?;
    if !rest.trim().is_empty() {
        return None;
    }
    let geometry = match (word.as_str(), nested) {
        ("POINT", Nested::Positions(positions)) => match positions.as_slice() {
            [position] => Geometry::Point(*position),
            _ => return None,
        },
        ("MULTIPOINT", Nested::Positions(positions)) => Geometry::Points(positions),
        ("MULTIPOINT", nested) => Geometry::Points(lines(nested)?.into_iter().flatten().collect()),
        ("LINESTRING", Nested::Positions(positions)) => Geometry::Line(positions),
        ("MULTILINESTRING", nested) if depth == 2 => Geometry::Lines(lines(nested)?),
        ("POLYGON", nested) => Geometry::Polygon(lines(nested)?),
        ("MULTIPOLYGON", Nested::Parts(parts)) => {
            Geometry::Polygons(parts.into_iter().map(lines).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(Some(geometry))
}

fn lines(nested: Nested) -> Option<Vec<Vec<[f64; 2]>>> {
    let Nested::Parts(parts) = nested else { return None };
    parts
        .into_iter()
        .map(|part| match part {
            Nested::Positions(positions) => Some(positions),
            Nested::Parts(_) => None,
        })
        .collect()
}

/// What stands in a pair of parentheses, and the text behind them.
fn nested(text: &str, depth: usize) -> Option<(Nested, &str)> {
    let mut rest = text.strip_prefix('(')?.trim_start();
    if depth > 1 && rest.starts_with('(') {
        let mut parts = Vec::new();
        loop {
            let (part, behind) = nested(rest, depth - 1)?;
            parts.push(part);
            let behind = behind.trim_start();
            match behind.strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => return Some((Nested::Parts(parts), behind.strip_prefix(')')?)),
            }
        }
    }
    let (inside, behind) = rest.split_once(')')?;
    let positions = inside
        .split(',')
        .map(|position| {
            let mut numbers = position.split_ascii_whitespace().map(|n| n.parse::<f64>().ok());
            let (x, y) = (numbers.next()??, numbers.next()??);
            let rest_are_numbers = numbers.by_ref().take(3).all(|n| n.is_some()) && numbers.next().is_none();
            (x.is_finite() && y.is_finite() && rest_are_numbers).then_some([x, y])
        })
        .collect::<Option<Vec<_>>>()?;
    Some((Nested::Positions(positions), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<Option<Geometry>>) {
        assert_eq!(read(text), expect, "{text}");
    }

    #[test]
    fn the_six_kinds_are_read() {
        let [a, b, c] = [[1.5, 2.0], [3.0, -4.25], [5.0, 6.0]];
        check("POINT (1.5 2)", Some(Some(Geometry::Point(a))));
        check("SRID=4326;point z(1.5 2 30)", Some(Some(Geometry::Point(a))));
        check(
            "MULTIPOINT ((1.5 2), (3 -4.25))",
            Some(Some(Geometry::Points(vec![a, b]))),
        );
        check("MULTIPOINT(1.5 2,3 -4.25)", Some(Some(Geometry::Points(vec![a, b]))));
        check(
            "LINESTRING M (1.5 2 7, 3 -4.25 8)",
            Some(Some(Geometry::Line(vec![a, b]))),
        );
        check(
            "MULTILINESTRING ((1.5 2, 3 -4.25), (5 6, 1.5 2))",
            Some(Some(Geometry::Lines(vec![vec![a, b], vec![c, a]]))),
        );
        let ring = vec![a, b, c, a];
        check(
            "POLYGON ((1.5 2, 3 -4.25, 5 6, 1.5 2))",
            Some(Some(Geometry::Polygon(vec![ring.clone()]))),
        );
        check(
            "MULTIPOLYGON (((1.5 2, 3 -4.25, 5 6, 1.5 2)))",
            Some(Some(Geometry::Polygons(vec![vec![ring]]))),
        );
        check("LINESTRING EMPTY", Some(None));
    }

    #[test]
    fn what_is_no_geometry_is_none() {
        for text in [
            "",
            "POINT",
            "POINT (1)",
            "POINT (1 2",
            "POINT (1 2) x",
            "POINT (1 2, 3 4)",
            "POINT (nan 2)",
            "LINESTRING ((1 2, 3 4))",
            "POLYGON (1 2, 3 4)",
            "CIRCULARSTRING (1 2, 3 4, 5 6)",
            "MULTIPOLYGON ((((((1 2))))))",
            "标桩",
        ] {
            check(text, None);
        }
        assert!(begins("MultiPolygon (((") && !begins("pointer") && !begins("17"));
    }
}
