//! One record as a GeoJSON feature (RFC 7946): a body to a draft with all its mistakes, a record to text.

mod read;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub use read::{ABOUT_POSITION, Sent, read};
pub use tree::Json;
pub use write::{Axes, Feature, draft, geometry, text, value, write};
