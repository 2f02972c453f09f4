//! Reference systems, the operations between them, and how accurate those are.
//!
//! The only place that names `proj`. Two rules hold here for the whole of Merestone: an operation that PROJ calls
//! ballpark is refused, and where there is none the answer is [`NotComparable`], never a number. Numbers cross this
//! boundary as easting or longitude first, northing or latitude second, whatever order an authority prefers.

mod agency;
mod ffi;
mod gnss;
mod operation;
mod plate;
mod projection;
mod reference;

pub use agency::{Agency, Parameters};
pub use ffi::Dialect;
pub use gnss::{EpochChange, GnssToFrame};
pub use operation::{Operation, null_for_display};
pub use plate::Plate;
pub use projection::{Projection, utm_zone};
pub use reference::{Crs, Kind};

use crate::unit::Epoch;

/// The frame in which a boundary's instrument states its positions.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub crs: Crs,
    /// The coordinate epoch, where the system moves with no plate (or with another).
    pub epoch: Option<Epoch>,
    /// The tectonic plate on which the boundary stands, where it has been declared.
    pub plate: Option<Plate>,
}

/// A code that is no coordinate reference system, or one of a kind that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} is no coordinate reference system known here: {reason}")]
pub struct UnknownCrs {
    pub code: String,
    pub reason: &'static str,
}

/// There is no operation of known accuracy between two systems.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{from} and {to} are not comparable: {reason}")]
pub struct NotComparable {
    pub from: String,
    pub to: String,
    pub reason: Reason,
}

/// Why two systems are not comparable, and so what would settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("no operation of known accuracy is published for this area")]
    NoOperation,
    #[error("the plate on which the boundary stands is not declared")]
    PlateMissing,
    #[error("the epoch of the observation or of the frame is not known")]
    EpochMissing,
    #[error("the position lies outside the domain of the operation")]
    OutsideDomain,
}

/// The version of PROJ and of its EPSG data, for results that must be recomputable.
pub fn software() -> String {
    ffi::version()
}

#[cfg(test)]
mod tests;
