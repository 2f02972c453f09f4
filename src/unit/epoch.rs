//! Coordinate epochs.

use super::OutOfRange;

/// A coordinate epoch as a decimal year, for example 2000.0. Between 1800 and 2200.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Epoch(f64);

impl Epoch {
    pub const J2000: Self = Self(2000.0);

    /// # Errors
    /// When `value` is no year between 1800 and 2200.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if (1800.0..=2200.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(OutOfRange {
                value,
                unit: "coordinate epoch",
                range: "decimal year 1800 to 2200",
            })
        }
    }

    pub const fn get(self) -> f64 {
        self.0
    }

    /// The epoch of a moment, with the Julian year of 365.25 days counted from J2000.0 (2000-01-01T12:00:00Z).
    ///
    /// # Errors
    /// When the moment lies outside 1800 to 2200.
    pub fn from_unix_seconds(seconds: f64) -> Result<Self, OutOfRange> {
        const J2000_UNIX: f64 = 946_728_000.0;
        Self::new(2000.0 + (seconds - J2000_UNIX) / (365.25 * 86_400.0))
    }
}
