//! Numbers that mean something: checked lengths, angles and times of survey.
//!
//! Knows nothing of markers, files or databases. Between functions numbers have these types; a bare `f64` is for
//! the inside of one function.

mod angle;
pub mod dms;
mod epoch;
mod length;

pub use angle::{Bearing, Latitude, LonLat, Longitude};
pub use epoch::Epoch;
pub use length::{Chainage, Metres, Sigma};

/// A number that a unit refuses: not finite, or outside its range.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{value} is not a {unit} ({range})")]
pub struct OutOfRange {
    pub value: f64,
    pub unit: &'static str,
    pub range: &'static str,
}

#[cfg(test)]
mod tests;
