//! Tolerances in force, each with its source.

use crate::domain::text::Message;

/// A limit and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerance {
    pub value: f64,
    pub source: String,
}

impl Tolerance {
    pub fn new(value: f64, source: impl Into<String>) -> Self {
        Self {
            value,
            source: source.into(),
        }
    }
}

/// All limits of the checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerances {
    /// C02: metres across the line.
    pub offset_m: Tolerance,
    /// C04: metres around the line and the markers that count as walked, at least; it grows to twice the uncertainty.
    pub buffer_m: Tolerance,
    /// C04: seconds at a marker that count as a visit.
    pub dwell_s: Tolerance,
    /// C04: metres of line without a track that are no gap.
    pub gap_m: Tolerance,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self {
            offset_m: Tolerance::new(0.12, "default: 2.45 x 0.05 m, RTK control (CH/T 2009-2010)"),
            buffer_m: Tolerance::new(
                25.0,
                "default: inspection corridor, the larger of 25 m and twice the uncertainty",
            ),
            dwell_s: Tolerance::new(60.0, "default: stop of one minute at a marker"),
            gap_m: Tolerance::new(200.0, "default: longest stretch without a track"),
        }
    }
}

/// A figure for a sentence: metres with as many decimals as its size needs.
pub(super) fn metres(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0} m")
    } else if size >= 10.0 {
        format!("{value:.1} m")
    } else if size >= 1.0 {
        format!("{value:.2} m")
    } else {
        format!("{value:.3} m")
    }
}

/// The same in Chinese.
pub(super) fn metres_zh(value: f64) -> String {
    metres(value).replace(" m", "米")
}

/// Both, for sentences that give them one after the other.
pub(super) fn both(value: f64) -> Message {
    Message::new(metres(value), metres_zh(value))
}
