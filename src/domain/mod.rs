//! The records of a boundary register and their rules.
//!
//! No input or output, no time of day, no chance, no serde: whatever comes from outside comes as an argument. Start
//! with [`track`] for what a team brings home, [`finding`] for what a check says, [`problem`] for what is refused.

pub mod finding;
pub mod id;
pub mod problem;
pub mod text;
pub mod track;
