//! The records of a boundary register and their rules.
//!
//! No input or output, no time of day, no chance, no serde: whatever comes from outside comes as an argument. Start
//! with [`section`] and [`marker`] for the register, [`line`] for the boundary line they make, [`track`] for what a
//! team brings home, [`finding`] for what a check says, [`problem`] for what is refused.

pub mod audit_event;
pub mod backup;
pub mod boundary;
pub mod collection;
pub mod filter;
pub mod finding;
pub mod id;
pub mod inspection;
pub mod instrument;
pub mod line;
pub mod lineage;
pub mod link;
pub mod marker;
pub mod merkle;
pub mod moment;
pub mod place;
pub mod problem;
pub mod proposal;
pub mod reference;
pub mod rights;
pub mod schema;
pub mod search;
pub mod section;
pub mod shift;
pub mod text;
pub mod track;
pub mod upload;
pub mod value;
