//! Geometry on the ellipsoid and in the plane. Names nothing of the field; the only place that calls `geo`.
//!
//! Start with [`ellipsoid`] for distances and directions, [`line`] for feet, chainages and what lies near a long line,
//! [`topology`] for whether a line is simple.

pub mod ellipsoid;
pub mod line;
pub mod nearness;
pub mod rhumb;
pub mod shape;
pub mod topology;
