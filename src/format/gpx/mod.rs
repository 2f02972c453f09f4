//! GPX 1.0 and 1.1, the files of handheld receivers and phones.
//!
//! [`super::track::open`] recognises them. Text that is shown to people is in `message.rs`.

pub(super) mod message;
mod reader;
mod value;
pub(super) mod xml;

pub use reader::GpxReader;

#[cfg(test)]
mod tests;
