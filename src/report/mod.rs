//! Documents: a pure model, then one renderer per output.
//!
//! Start with [`model`], which holds everything a document says; [`act::act`] turns it into PDF/A. Knows nothing of
//! the database or of HTTP: the caller takes the snapshot, names its time, and passes both.

pub mod act;
pub mod map;
pub mod model;
pub mod typst;
pub mod words;

#[cfg(test)]
mod tests;
