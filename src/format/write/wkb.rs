//! Geometry as well-known binary (OGC 06-103r4, 8), little-endian.

use crate::geom::shape::Geometry;

/// Appends a geometry.
pub fn put(out: &mut Vec<u8>, geometry: &Geometry) {
    match geometry {
        Geometry::Point(position) => point(out, *position),
        Geometry::Line(positions) => line(out, positions),
        Geometry::Polygon(rings) => polygon(out, rings),
        Geometry::Points(positions) => {
            head(out, 4);
            count(out, positions.len());
            positions.iter().for_each(|position| point(out, *position));
        }
        Geometry::Lines(lines) => {
            head(out, 5);
            count(out, lines.len());
            lines.iter().for_each(|part| line(out, part));
        }
        Geometry::Polygons(polygons) => {
            head(out, 6);
            count(out, polygons.len());
            polygons.iter().for_each(|rings| polygon(out, rings));
        }
    }
}

fn head(out: &mut Vec<u8>, kind: u32) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

fn count(out: &mut Vec<u8>, n: usize) {
    // A geometry of 2^32 positions has no place in memory.
    out.extend_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
}

fn position(out: &mut Vec<u8>, [x, y]: [f64; 2]) {
    out.extend_from_slice(&x.to_le_bytes());
    out.extend_from_slice(&y.to_le_bytes());
}

fn point(out: &mut Vec<u8>, at: [f64; 2]) {
    head(out, 1);
    position(out, at);
}

fn positions(out: &mut Vec<u8>, line: &[[f64; 2]]) {
    count(out, line.len());
    line.iter().for_each(|at| position(out, *at));
}

fn line(out: &mut Vec<u8>, line: &[[f64; 2]]) {
    head(out, 2);
    positions(out, line);
}

fn polygon(out: &mut Vec<u8>, rings: &[Vec<[f64; 2]>]) {
    head(out, 3);
    count(out, rings.len());
    rings.iter().for_each(|ring| positions(out, ring));
}
