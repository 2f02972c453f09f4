//! Ties between records: a project and the section it crosses, a port and the marker it stands by.

use super::line::BoundaryLine;
use super::section::words;
use crate::geom::line::Side;
use crate::unit::LonLat;

words! {
    /// How one record stands to another on the map.
    Relation { Crosses "crosses", Beside "beside", Near "near", Concerns "concerns", Shows "shows", }
}

words! {
    /// Who tied them. What a rule has made a person may confirm or withdraw, by a new version.
    MadeBy { Person "person", Rule "rule", }
}

/// Nearer to a marker than this, something is said to be near it, in metres.
pub const NEAR_MARKER_M: f64 = 1000.0;

/// Which sections something lies along, and whether it crosses the line there.
///
/// - **Shape**: `positions` are a point, or the vertices of a footprint, in the boundary's frame.
/// - **Errors**: none; without positions there is no section.
pub fn sections_along(line: &BoundaryLine, positions: &[LonLat]) -> Vec<(String, Relation)> {
    let feet: Vec<_> = positions.iter().map(|position| line.course().foot(*position)).collect();
    let on = |side| feet.iter().any(|foot| foot.side == side);
    let relation = if (on(Side::Left) && on(Side::Right)) || on(Side::On) {
        Relation::Crosses
    } else {
        Relation::Beside
    };
    let from = feet.iter().map(|foot| foot.chainage).fold(f64::INFINITY, f64::min);
    let to = feet.iter().map(|foot| foot.chainage).fold(f64::NEG_INFINITY, f64::max);
    line.sections()
        .into_iter()
        .filter(|(_, start, end)| *start <= to && from <= *end)
        .map(|(key, ..)| (key, relation))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::{Crs, Frame};
    use crate::domain::section::{LineType, Movability, Segment};
    use crate::domain::text::Message;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    /// Two sections, one after the other, due north along 168 W.
    fn line() -> BoundaryLine {
        let segment = |section: &str, from: f64, to: f64| Segment {
            section: section.to_owned(),
            ordinal: 1,
            line_type: LineType::Geodesic,
            grid_crs: None,
            movability: Movability::Fixed,
            description: Message::default(),
            vertices: vec![at(-168.0, from), at(-168.0, to)],
        };
        let frame = Frame {
            crs: Crs::lookup("EPSG:4490").unwrap(),
            epoch: None,
            plate: None,
        };
        BoundaryLine::new(&frame, &[segment("S1", 42.0, 42.1), segment("S2", 42.1, 42.2)]).unwrap()
    }

    fn check(positions: &[(f64, f64)], expect: &[(&str, Relation)]) {
        let positions: Vec<LonLat> = positions.iter().map(|(lon, lat)| at(*lon, *lat)).collect();
        let seen = sections_along(&line(), &positions);
        let seen: Vec<(&str, Relation)> = seen.iter().map(|(key, relation)| (key.as_str(), *relation)).collect();
        assert_eq!(seen, expect);
    }

    #[test]
    fn a_bridge_crosses_and_a_port_stands_beside() {
        check(&[(-168.01, 42.05), (-167.99, 42.05)], &[("S1", Relation::Crosses)]);
        check(&[(-168.01, 42.15)], &[("S2", Relation::Beside)]);
        check(
            &[(-167.99, 42.09), (-167.99, 42.11)],
            &[("S1", Relation::Beside), ("S2", Relation::Beside)],
        );
        check(&[], &[]);
    }
}
