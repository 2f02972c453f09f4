//! Geometry on the ellipsoid and in the plane. Names nothing of the field; the only place that calls `geo`.
//!
//! Start with [`ellipsoid`] for distances and directions, [`line`] for feet, chainages and what lies near a long line,
//! [`topology`] for whether a line is simple, [`difference`] for how two versions of a geometry differ, [`places`] for which
//! of many points lie in a window.

pub mod difference;
pub mod ellipsoid;
pub mod equal_area;
pub mod line;
pub mod nearness;
pub mod places;
pub mod rhumb;
pub mod shape;
pub mod topology;
