//! Linear references: where something is, said by markers and metres.

use super::line::BoundaryLine;
use super::text::Message;
use crate::geom::line::{Foot, Side};
use crate::unit::{Chainage, LonLat};

/// Nearer along the line than this, something is at a marker, not between two.
const AT_MARKER_M: f64 = 0.5;

/// Nearer to the line than this, something is said to be on it: what a marker's own position is good to.
const ON_LINE_M: f64 = 0.05;

/// A marker by its chainage in metres and its number.
pub type Stone = (f64, String);

/// The markers of a line by chainage, to say between which two a place lies.
#[derive(Debug, Clone, Default)]
pub struct Milestones(Vec<Stone>);

impl Milestones {
    /// - **Shape**: marker numbers with their positions in the boundary's frame, in any order; of several elements of
    ///   one marker the first counts.
    pub fn new<'a>(line: &BoundaryLine, markers: impl IntoIterator<Item = (&'a str, LonLat)>) -> Self {
        let mut stones: Vec<Stone> = markers
            .into_iter()
            .map(|(number, position)| (line.course().foot(position).chainage, number.to_owned()))
            .collect();
        stones.sort_by(|a, b| a.0.total_cmp(&b.0));
        stones.dedup_by(|a, b| a.1 == b.1);
        Self(stones)
    }

    /// The markers before and after a chainage, each with its own chainage.
    pub fn around(&self, chainage: f64) -> (Option<&Stone>, Option<&Stone>) {
        let after = self.0.partition_point(|(at, _)| *at <= chainage);
        (
            after.checked_sub(1).and_then(|before| self.0.get(before)),
            self.0.get(after),
        )
    }

    /// `between markers 417 and 418, 320 m from 417`, in both languages.
    pub fn describe(&self, chainage: f64) -> Message {
        let along = |from: f64| (chainage - from).abs().round();
        let (before, after) = self.around(chainage);
        if let Some((_, at)) = [before, after]
            .into_iter()
            .flatten()
            .find(|(at, _)| (chainage - at).abs() < AT_MARKER_M)
        {
            return Message::new(format!("at marker {at}"), format!("{at}号界标处"));
        }
        match (before, after) {
            (Some((at, before)), Some((_, after))) => Message::new(
                format!("between markers {before} and {after}, {} m from {before}", along(*at)),
                format!("{before}号与{after}号界标之间，距{before}号界标{}米", along(*at)),
            ),
            (Some((at, before)), None) => Message::new(
                format!("{} m past marker {before}", along(*at)),
                format!("{before}号界标以远{}米", along(*at)),
            ),
            (None, Some((at, after))) => Message::new(
                format!("{} m before marker {after}", along(*at)),
                format!("{after}号界标之前{}米", along(*at)),
            ),
            (None, None) => {
                let at = Chainage::new(chainage).unwrap_or_default();
                Message::new(format!("at {at}"), format!("里程{at}"))
            }
        }
    }

    /// A stretch by its ends: `between markers 17 and 19, K12+300 to K12+900`.
    pub fn describe_stretch(&self, from: f64, to: f64) -> Message {
        let (a, b) = (
            Chainage::new(from.max(0.0)).unwrap_or_default(),
            Chainage::new(to.max(0.0)).unwrap_or_default(),
        );
        match (self.around(from).0, self.around(to).1) {
            (Some((_, before)), Some((_, after))) => Message::new(
                format!("between markers {before} and {after}, {a} to {b}"),
                format!("{before}号与{after}号界标之间，{a}至{b}"),
            ),
            (Some((_, before)), None) => Message::new(
                format!("past marker {before}, {a} to {b}"),
                format!("{before}号界标以远，{a}至{b}"),
            ),
            (None, Some((_, after))) => Message::new(
                format!("before marker {after}, {a} to {b}"),
                format!("{after}号界标之前，{a}至{b}"),
            ),
            (None, None) => Message::new(format!("{a} to {b}"), format!("{a}至{b}")),
        }
    }

    /// The whole reference of a place: by markers, by chainage, and how far on which side.
    ///
    /// `sides` are the words for left and right, as party names, where they are known.
    pub fn reference(&self, foot: &Foot, sides: [Option<&str>; 2]) -> Message {
        let by_markers = self.describe(foot.chainage);
        let chainage = Chainage::new(foot.chainage.max(0.0)).unwrap_or_default();
        let away = if foot.distance < 10.0 {
            format!("{:.2}", foot.distance)
        } else {
            format!("{:.0}", foot.distance)
        };
        let side = if foot.distance < ON_LINE_M { Side::On } else { foot.side };
        let (en, zh) = match side {
            Side::On => ("on the line".to_owned(), "位于界线上".to_owned()),
            Side::Left => match sides[0] {
                Some(party) => (format!("{away} m inside {party}"), format!("{party}一侧{away}米")),
                None => (format!("{away} m left of the line"), format!("界线左侧{away}米")),
            },
            Side::Right => match sides[1] {
                Some(party) => (format!("{away} m inside {party}"), format!("{party}一侧{away}米")),
                None => (format!("{away} m right of the line"), format!("界线右侧{away}米")),
            },
        };
        Message::new(
            format!("{}; {chainage}; {en}", by_markers.en),
            format!("{}；{chainage}；{zh}", by_markers.zh),
        )
    }
}
