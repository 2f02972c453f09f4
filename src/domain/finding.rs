//! What a check says.

use super::text::Message;
use crate::unit::LonLat;

/// The three answers of a check (ISO 10576-1, ILAC-G8): conformity is never claimed inside the uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Pass,
    Inconclusive,
    Fail,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Pass, Self::Inconclusive, Self::Fail];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }

    /// Conformity of a deviation with a tolerance: pass when even the worst case is inside, fail when even the best
    /// case is outside, otherwise inconclusive.
    ///
    /// - **Units**: all three in the same unit; `uncertainty_95` is the expanded uncertainty, 0 or more.
    /// - **Source**: ISO 10576-1; ILAC-G8:09/2019 4.2.3; JCGM 106.
    pub fn of(deviation: f64, uncertainty_95: f64, tolerance: f64) -> Self {
        let size = deviation.abs();
        if size + uncertainty_95 <= tolerance {
            Self::Pass
        } else if size - uncertainty_95 > tolerance {
            Self::Fail
        } else {
            Self::Inconclusive
        }
    }
}

/// The checks of this release, by the codes under which the field knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckCode {
    C02,
    C03,
    C04,
    C12,
    C14,
}

impl CheckCode {
    pub const ALL: [Self; 5] = [Self::C02, Self::C03, Self::C04, Self::C12, Self::C14];

    pub const fn word(self) -> &'static str {
        match self {
            Self::C02 => "C02",
            Self::C03 => "C03",
            Self::C04 => "C04",
            Self::C12 => "C12",
            Self::C14 => "C14",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    pub fn title(self) -> Message {
        match self {
            Self::C02 => Message::new("Offset and chainage of a marker", "界标至界线的偏距与里程"),
            Self::C03 => Message::new("Side of the line", "位于界线哪一侧"),
            Self::C04 => Message::new("Inspection coverage", "联检覆盖情况"),
            Self::C12 => Message::new("Line topology", "界线拓扑"),
            Self::C14 => Message::new("Number sequence", "界标编号顺序"),
        }
    }
}

/// The unit of a measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Metres,
    Degrees,
    Percent,
    Count,
}

impl Unit {
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Metres => "m",
            Self::Degrees => "deg",
            Self::Percent => "%",
            Self::Count => "1",
        }
    }
}

/// Where a finding is: true geometry, longitude and latitude in the frame of the boundary.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Nowhere,
    Point(LonLat),
    Line(Vec<LonLat>),
    Lines(Vec<Vec<LonLat>>),
}

/// One further figure or word of a finding, under a stable name with its unit in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    Number(f64),
    Text(String),
    Flag(bool),
}

/// One answer of one check about its subjects.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub check: CheckCode,
    pub verdict: Verdict,
    /// What it is about, by human key: marker numbers, section names.
    pub subjects: Vec<String>,
    pub measured: Option<f64>,
    pub unit: Unit,
    /// Expanded uncertainty (95 %) of the measured value, in its unit.
    pub uncertainty_95: Option<f64>,
    pub tolerance: Option<f64>,
    /// Where the tolerance comes from: an instrument's article, or the default and its source.
    pub tolerance_source: String,
    pub message: Message,
    pub shape: Shape,
    pub details: Vec<(&'static str, Detail)>,
}
