//! Geometries as CQL2 text writes them: well-known text (OGC 06-103r4), without heights and measures, which are read
//! and left out because no relation of CQL2 looks at them.

use super::Slip;
use super::lexer::Kind;
use super::text::Parser;
use crate::domain::filter::syntax::Shape;
use crate::geom::shape::Geometry;

const NAMES: [&str; 7] = [
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
];

/// Heights and measures.
const SUFFIXES: [&str; 3] = ["ZM", "Z", "M"];

/// Two corners out of four numbers, or of six with heights.
pub(super) fn corners(numbers: &[f64]) -> Option<Shape> {
    match *numbers {
        [x1, y1, x2, y2] | [x1, y1, _, x2, y2, _] => Some(Shape::Box([x1, y1, x2, y2])),
        _ => None,
    }
}

/// The geometry that begins at the parser's word, if one does.
pub(super) fn geometry(parser: &mut Parser, word: &str) -> Result<Option<Shape>, Slip> {
    let Some(name) = begin(parser, word)? else {
        return Ok(None);
    };
    if name != "GEOMETRYCOLLECTION" {
        return simple(parser, name).map(|geometry| Some(Shape::Geometry(geometry)));
    }
    let members = parser.list(|parser| {
        let at = parser.position();
        let named = match parser.kind() {
            Kind::Word(word) => {
                let word = word.clone();
                begin(parser, &word)?
            }
            _ => None,
        };
        match named {
            Some(name) if name != "GEOMETRYCOLLECTION" => simple(parser, name),
            _ => {
                parser.go_back(at);
                Err(parser.expected("a geometry that is no collection", "非集合的几何"))
            }
        }
    })?;
    Ok(Some(Shape::Collection(members)))
}

/// Steps over the name of a geometry, up to the parenthesis that opens it.
fn begin(parser: &mut Parser, word: &str) -> Result<Option<&'static str>, Slip> {
    let upper = word.to_ascii_uppercase();
    let named = |word: &str| NAMES.iter().copied().find(|name| *name == word);
    // QGIS writes PointZ in one word.
    let stem = || {
        SUFFIXES
            .iter()
            .find_map(|suffix| upper.strip_suffix(suffix).and_then(named))
    };
    let Some(name) = named(&upper).or_else(stem) else {
        return Ok(None);
    };
    let begun = parser.position();
    parser.step();
    let _ = SUFFIXES.iter().any(|suffix| parser.takes_word(suffix));
    if parser.takes_word("EMPTY") {
        let at = begun.at;
        return Err(Slip::new(at, "the geometry is empty", "几何为空"));
    }
    if matches!(parser.kind(), Kind::Mark("(")) {
        return Ok(Some(name));
    }
    // A property that is called like a geometry.
    parser.go_back(begun);
    Ok(None)
}

fn simple(parser: &mut Parser, name: &str) -> Result<Geometry, Slip> {
    Ok(match name {
        "POINT" => {
            parser.mark("(")?;
            let position = position(parser)?;
            parser.mark(")")?;
            Geometry::Point(position)
        }
        "LINESTRING" => Geometry::Line(line(parser)?),
        "POLYGON" => Geometry::Polygon(lines(parser)?),
        "MULTIPOINT" => Geometry::Points(parser.list(|parser| {
            // Each point in parentheses of its own, or, as many write it, not.
            let closed = parser.takes_mark("(");
            let position = position(parser)?;
            if closed {
                parser.mark(")")?;
            }
            Ok(position)
        })?),
        "MULTILINESTRING" => Geometry::Lines(lines(parser)?),
        _ => Geometry::Polygons(parser.list(lines)?),
    })
}

fn lines(parser: &mut Parser) -> Result<Vec<Vec<[f64; 2]>>, Slip> {
    parser.list(line)
}

fn line(parser: &mut Parser) -> Result<Vec<[f64; 2]>, Slip> {
    parser.list(position)
}

fn position(parser: &mut Parser) -> Result<[f64; 2], Slip> {
    let position = [parser.coordinate()?, parser.coordinate()?];
    // Height and measure.
    for _ in 0..2 {
        if !matches!(parser.kind(), Kind::Mark("," | ")")) {
            parser.coordinate()?;
        }
    }
    Ok(position)
}

/// Whether a word in capitals begins a geometry.
pub(super) fn is_name(upper: &str) -> bool {
    NAMES.iter().any(|name| upper.starts_with(name))
}
