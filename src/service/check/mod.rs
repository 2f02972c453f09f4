//! Checks: over plain files, and over the register with what teams brought home.

pub mod files;
mod refusal;
pub mod run;
mod walk;

use std::sync::OnceLock;

use crate::crs;

/// What made a result: Merestone's version and those of the libraries that its numbers depend on.
pub fn software() -> &'static str {
    static SOFTWARE: OnceLock<String> = OnceLock::new();
    SOFTWARE.get_or_init(|| {
        format!(
            "Merestone {}, {}, geographiclib-rs 0.2",
            env!("CARGO_PKG_VERSION"),
            crs::software()
        )
    })
}

/// A frame in words: `China Geodetic Coordinate System 2000 (EPSG:4490), epoch 2000.0`.
pub fn frame_words(frame: &crs::Frame) -> String {
    let name = format!("{} ({})", frame.crs.name(), frame.crs.code());
    match frame.epoch {
        Some(epoch) => format!("{name}, epoch {:.1}", epoch.get()),
        None => name,
    }
}
