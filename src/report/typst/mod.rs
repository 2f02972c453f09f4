//! Typesetting: fonts, the world a document is set in, and PDF/A.
//!
//! A document sees the template, its own data and nothing else: no disk, no network, no packages, no clock. What users
//! wrote reaches the template as data in a JSON file and is never read as markup.

mod fonts;
mod world;

pub use fonts::Fonts;
pub use world::{Document, pdf_a};
