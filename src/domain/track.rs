//! What a receiver wrote down: fixes in segments in tracks, routes, waypoints, and how good each fix is.

use super::problem::Place;
use super::text::Message;
use crate::unit::LonLat;

/// What kind of solution a receiver had, best last. `Unknown` when the file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FixKind {
    #[default]
    Unknown,
    Dead,
    TwoD,
    ThreeD,
    Pps,
    Differential,
    Float,
    Fixed,
}

impl FixKind {
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Dead,
        Self::TwoD,
        Self::ThreeD,
        Self::Pps,
        Self::Differential,
        Self::Float,
        Self::Fixed,
    ];

    /// The code stored beside the fixes; never renumbered.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The word used in files and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Dead => "none",
            Self::TwoD => "2d",
            Self::ThreeD => "3d",
            Self::Pps => "pps",
            Self::Differential => "dgps",
            Self::Float => "rtk_float",
            Self::Fixed => "rtk_fixed",
        }
    }
}

/// How good one fix is, as far as the file says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FixQuality {
    pub kind: FixKind,
    pub satellites: Option<u16>,
    pub hdop: Option<f32>,
    pub vdop: Option<f32>,
    pub pdop: Option<f32>,
    /// Horizontal accuracy in metres where the file states it (one standard deviation per axis as read).
    pub accuracy_m: Option<f32>,
    /// Seconds since the last differential correction, where the file says so.
    pub dgps_age_s: Option<f32>,
    /// Number of the differential reference station, 0 to 1023.
    pub dgps_station: Option<u16>,
}

/// Standard deviation per axis, in metres, that is assumed when a file states no accuracy: a handheld receiver under
/// open sky. Answers that rest on it say so.
pub const ASSUMED_SIGMA_M: f32 = 5.0;

impl FixQuality {
    /// One standard deviation per axis in metres, and whether it had to be assumed.
    ///
    /// A stated accuracy wins; then the kind of solution; then HDOP times a user range error of 3 m, where the file
    /// has one; else [`ASSUMED_SIGMA_M`].
    pub fn sigma_m(&self) -> (f32, bool) {
        if let Some(stated) = self.accuracy_m.filter(|a| a.is_finite() && *a > 0.0) {
            return (stated, false);
        }
        match self.kind {
            FixKind::Fixed => (0.02, true),
            FixKind::Float => (0.3, true),
            FixKind::Differential => (1.0, true),
            FixKind::Dead => (30.0, true),
            _ => match self.hdop.filter(|h| h.is_finite() && *h > 0.0 && *h < 50.0) {
                Some(hdop) => ((hdop * 3.0).max(3.0), true),
                None => (ASSUMED_SIGMA_M, true),
            },
        }
    }
}

/// One fix, in WGS 84 as the receiver wrote it; nothing rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    pub position: LonLat,
    /// Height as written, in metres; its datum is the receiver's own.
    pub elevation_m: Option<f64>,
    /// Seconds since 1970-01-01T00:00:00Z, with fractions as written.
    pub time: Option<f64>,
    pub quality: FixQuality,
}

/// A single named point that the team marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Waypoint {
    pub fix: Fix,
    pub name: Option<String>,
    pub comment: Option<String>,
    pub description: Option<String>,
    pub symbol: Option<String>,
    /// An address, http or https only.
    pub link: Option<String>,
}

/// Something in the file that was odd but did not stop the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Stable short name of the kind of warning, for example `fix-rejected`.
    pub kind: &'static str,
    pub place: Option<Place>,
    pub message: Message,
}

/// The warnings of one file: every one is counted, the first few of each kind are kept, so that a fault repeated in a
/// million points can neither fill the memory nor push a rarer one out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Warnings {
    kept: Vec<Warning>,
    counts: Vec<(&'static str, u64)>,
}

impl Warnings {
    /// How many warnings of one kind are kept.
    pub const KEPT_OF_A_KIND: u64 = 20;

    /// Counts a warning of `kind`, and asks for it only where it will be kept.
    pub fn add(&mut self, kind: &'static str, warning: impl FnOnce() -> (Option<Place>, Message)) {
        let seen = match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                self.counts.push((kind, 1));
                1
            }
        };
        if seen <= Self::KEPT_OF_A_KIND {
            let (place, message) = warning();
            self.kept.push(Warning { kind, place, message });
        }
    }

    /// Those that were kept, in the order they came.
    pub fn kept(&self) -> &[Warning] {
        &self.kept
    }

    /// How many there were, kept or not.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many there were of each kind, in the order the kinds first came.
    pub fn counts(&self) -> &[(&'static str, u64)] {
        &self.counts
    }

    /// How many there were of one kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.counts
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or(0, |(_, count)| *count)
    }
}

/// What a file held, counted while it was read. Lengths are geodesics on WGS 84 inside segments, in metres.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackSummary {
    pub tracks: u64,
    pub segments: u64,
    pub trackpoints: u64,
    pub timed_points: u64,
    pub routes: u64,
    pub routepoints: u64,
    pub waypoints: u64,
    /// West, south, east, north; west is greater than east where the file crosses 180 degrees.
    pub bbox: Option<[f64; 4]>,
    /// Of the track points, in seconds since 1970.
    pub first_time: Option<f64>,
    pub last_time: Option<f64>,
    pub length_m: f64,
    /// Positions that were rejected; each has a warning, up to the limit on warnings.
    pub rejected: u64,
}
