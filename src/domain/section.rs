//! Sections of a boundary and the segments they are made of.

use super::text::{Message, Names};
use crate::unit::LonLat;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in files, SQL and answers.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}
pub(super) use words;

words! {
    /// Whether a section runs over land, along a river, or is a water surface that both sides share.
    Character { Land "land", River "river", SharedWater "shared_water", }
}
words! {
    /// INSPIRE LegalStatusValue.
    LegalStatus { Agreed "agreed", NotAgreed "not_agreed", }
}
words! {
    /// INSPIRE TechnicalStatusValue.
    TechnicalStatus { EdgeMatched "edge_matched", NotEdgeMatched "not_edge_matched", }
}
words! {
    /// What a segment is between its vertices.
    LineType {
        Geodesic "geodesic",
        Rhumb "rhumb",
        Parallel "parallel",
        Meridian "meridian",
        GridLine "grid_line",
        Watershed "watershed",
        Thalweg "thalweg",
        Median "median",
        SharedWater "shared_water",
    }
}
words! {
    /// Whether a segment follows nature or stays where it was demarcated.
    Movability { Fixed "fixed", Movable "movable", }
}

/// A part of a boundary with one regime.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub key: String,
    pub ordinal: i32,
    pub names: Names,
    pub character: Character,
    pub legal_status: LegalStatus,
    pub technical_status: TechnicalStatus,
}

/// One piece of a section's line, from one boundary point to another, of one line type.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub section: String,
    pub ordinal: i32,
    pub line_type: LineType,
    /// The projected system of a grid line, as an authority code.
    pub grid_crs: Option<String>,
    pub movability: Movability,
    pub description: Message,
    /// In the boundary's frame, in the direction of the boundary.
    pub vertices: Vec<LonLat>,
}
