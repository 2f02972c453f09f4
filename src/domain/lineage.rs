//! The two kinds of time of a record, and on whose word it stands.

use jiff::Timestamp;

/// A half-open span of time; an open end means until further notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Option<Timestamp>,
}

/// How binding a version is: taken over from a file, in force by an instrument, or no longer in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Imported,
    InForce,
    Historical,
}

impl Standing {
    pub const ALL: [Self; 3] = [Self::Imported, Self::InForce, Self::Historical];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::InForce => "in_force",
            Self::Historical => "historical",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// Who may see a record. Unclassified is `Restricted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Class {
    Public,
    Bilateral,
    Internal,
    #[default]
    Restricted,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Public, Self::Bilateral, Self::Internal, Self::Restricted];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Bilateral => "bilateral",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }
}

/// One version of a record: when it is in force, when it was known, and why it is as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Lineage {
    /// 1 for the first version.
    pub version: i32,
    pub in_force: Period,
    pub known: Period,
    pub standing: Standing,
    /// The instrument's number, where one is cited.
    pub instrument: Option<String>,
    pub author: String,
    /// Who approved it, where it binds two states.
    pub approver: Option<String>,
    pub reason: String,
    pub class: Class,
}
