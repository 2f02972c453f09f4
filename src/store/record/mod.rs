//! Records of every kind by their schema: one way to read and one way to write them all.

mod column;
mod filter;
pub mod labels;
pub mod search;
pub mod select;
mod sql;
pub mod tile;
pub mod write;

pub use labels::Labels;
pub use select::{Area, Cursor, Position, Row, Selection};
