//! The papers from which everything else takes its force.

use jiff::civil::Date;

use super::text::Names;

/// The kinds of instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstrumentKind {
    Treaty,
    Protocol,
    Act,
    Permit,
}

impl InstrumentKind {
    pub const ALL: [Self; 4] = [Self::Treaty, Self::Protocol, Self::Act, Self::Permit];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Treaty => "treaty",
            Self::Protocol => "protocol",
            Self::Act => "act",
            Self::Permit => "permit",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// A treaty, protocol, act or permit.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The short key by which records cite it.
    pub key: String,
    pub kind: InstrumentKind,
    pub number: Option<String>,
    pub names: Names,
    pub signed: Option<Date>,
    pub in_force: Option<Date>,
    pub citation: Option<String>,
}
