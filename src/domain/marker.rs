//! Boundary markers: number, constellation, elements.

use super::section::words;
use super::text::Names;
use crate::geom::line::Side;
use crate::unit::{Bearing, LonLat, Metres, Sigma};

words! {
    /// How many places carry the number: one on the line, one on each bank, or three at a confluence.
    Constellation { Single "single", Double "double", Triple "triple", }
}
words! {
    MarkerKind {
        Main "main",
        Auxiliary "auxiliary",
        RangeMark "range_mark",
        Buoy "buoy",
        Reference "reference",
        TurningPoint "turning_point",
        Monument "monument",
    }
}
words! {
    /// The state of a marker as found.
    Condition {
        Intact "intact",
        Weathered "weathered",
        Tilted "tilted",
        Damaged "damaged",
        Destroyed "destroyed",
        Missing "missing",
        DisplacedSuspected "displaced_suspected",
        DisplacedConfirmed "displaced_confirmed",
        Inaccessible "inaccessible",
        Submerged "submerged",
        NotInspected "not_inspected",
    }
}

/// A marker's number: the text exactly as registered, and what follows from it for sorting.
///
/// Seen in registers: `423`, `7/1` (inserted between 7 and 8), `12(2)` (second element), `5C`, `MONUMENT 518A`,
/// `TURNING POINT 767`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    text: String,
    /// Words before the number, which make a series of their own; empty for most registers.
    series: String,
    /// The first number in the text.
    main: Option<u64>,
    /// What was inserted behind it, step by step.
    inserted: Vec<Step>,
}

/// One step of an inserted number: letters sort before figures of the same depth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Letters(String),
    Figure(u64),
}

impl Number {
    /// Reads any text; what is no number sorts by its words.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        // An element in brackets is not part of the number.
        let body = text.split(['(', '（']).next().unwrap_or(text).trim_end();
        let start = body.find(|c: char| c.is_ascii_digit());
        let (series, rest) = start.map_or((body, ""), |at| body.split_at(at));
        let figures = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (main, mut tail) = rest.split_at(figures);
        let mut inserted = Vec::new();
        while !tail.is_empty() {
            let figures = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            if figures > 0 {
                inserted.push(Step::Figure(tail[..figures].parse().unwrap_or(u64::MAX)));
                tail = &tail[figures..];
                continue;
            }
            let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let word: String = tail[..letters]
                .chars()
                .filter(|c| c.is_alphabetic())
                .flat_map(char::to_uppercase)
                .collect();
            if !word.is_empty() {
                inserted.push(Step::Letters(word));
            }
            tail = &tail[letters..];
        }
        Self {
            text: text.to_owned(),
            series: series.trim().to_uppercase(),
            main: main.parse().ok(),
            inserted,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn series(&self) -> &str {
        &self.series
    }

    pub const fn main(&self) -> Option<u64> {
        self.main
    }

    pub fn is_inserted(&self) -> bool {
        !self.inserted.is_empty()
    }

    /// A text that sorts, byte by byte, as the numbers do.
    pub fn sort_key(&self) -> String {
        let mut key = format!("{}\u{1}{:020}", self.series, self.main.unwrap_or(u64::MAX));
        for step in &self.inserted {
            match step {
                Step::Letters(word) => key.push_str(&format!("\u{2}{word}")),
                Step::Figure(figure) => key.push_str(&format!("\u{3}{figure:020}")),
            }
        }
        key
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |n: &Self| (n.series.clone(), n.main.unwrap_or(u64::MAX), n.inserted.clone());
        key(self).cmp(&key(other)).then_with(|| self.text.cmp(&other.text))
    }
}

/// How an element stands to the line, by the register.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    /// On the line.
    OnLine,
    /// Off the line, tied to its point on the line by true azimuth and horizontal distance.
    Tied {
        azimuth: Bearing,
        distance: Metres,
        side: Option<Side>,
    },
    /// Off the line on a known side, without a tie.
    Beside(Side),
    /// The register does not say.
    NotStated,
}

/// Where a standard deviation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigmaSource {
    /// The register states it.
    Stated,
    /// From the last printed digit: half a step, evenly spread.
    PrintedDigits,
}

/// One post, pillar or plate of a marker. The first is the measured point of a single marker.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// 0 for the only element of a single marker, else 1, 2, 3.
    pub index: i16,
    /// In the boundary's frame.
    pub position: LonLat,
    pub height_m: Option<f64>,
    pub sigma: Sigma,
    pub sigma_source: SigmaSource,
    pub relation: Relation,
    /// The party on whose land it stands; `None` on the line.
    pub party: Option<String>,
    /// Latitude and longitude exactly as signed.
    pub printed: Option<(String, String)>,
    pub material: Option<String>,
}

/// A boundary marker.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    pub number: Number,
    pub section: Option<String>,
    pub names: Names,
    pub constellation: Constellation,
    pub kind: MarkerKind,
    /// Code of the party that maintains it.
    pub keeper: Option<String>,
    pub erected_by: Option<String>,
    /// Its place in the order along the line, where the register has one.
    pub sequence: Option<i64>,
    pub condition: Condition,
    pub elements: Vec<Element>,
}

impl Marker {
    /// `12` for a single marker, `12(1)` for an element of a double or triple one.
    pub fn label(&self, element: &Element) -> String {
        if element.index == 0 {
            self.number.text().to_owned()
        } else {
            format!("{}({})", self.number.text(), element.index)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts, in the order given, are already sorted, both by value and by stored key.
    fn sorted(texts: &[&str]) {
        for pair in texts.windows(2) {
            let (a, b) = (Number::parse(pair[0]), Number::parse(pair[1]));
            assert!(a < b, "{pair:?}");
            assert!(a.sort_key() < b.sort_key(), "{pair:?} by key");
        }
    }

    #[test]
    fn numbers_sort_as_people_count() {
        sorted(&["1", "2", "7", "7/1", "7/2", "7/10", "8", "10", "10/2", "423"]);
        sorted(&[
            "MONUMENT 518",
            "MONUMENT 518A",
            "MONUMENT 518A2",
            "MONUMENT 518AA",
            "MONUMENT 519",
            "TURNING POINT 7",
        ]);
        sorted(&["5", "5A", "5C", "6"]);
    }

    #[test]
    fn a_number_keeps_its_text_and_finds_its_parts() {
        let number = Number::parse(" 12/1(2) ");
        assert_eq!(
            (number.text(), number.main(), number.is_inserted()),
            ("12/1(2)", Some(12), true)
        );
        assert_eq!(Number::parse("界碑 423").series(), "界碑");
        assert_eq!(Number::parse("").main(), None);
        assert_eq!(Number::parse("99999999999999999999999").main(), None);
    }
}
