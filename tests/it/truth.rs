//! Numbers against published and independently computed truth: geodesics, rhumb lines, projections, datum operations,
//! and the whole check engine against a real register.
//!
//! Small tables come with the package (`data/golden`, see its README for source and licence); larger ones stand in
//! `shared/data`, and where that is absent the tests say so. Every test prints how much it compared and the worst it saw.

mod datum;
mod geodesic;
mod gie;
mod projection;
mod register;

use std::path::{Path, PathBuf};

use merestone::unit::LonLat;

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden").join(file)
}

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// The greatest of many deviations, with what it was.
#[derive(Default)]
struct Worst {
    value: f64,
    at: String,
}

impl Worst {
    fn take(&mut self, value: f64, at: impl FnOnce() -> String) {
        // A value that is no number is worse than any.
        if value.is_nan() || value > self.value {
            self.value = if value.is_nan() { f64::INFINITY } else { value };
            self.at = at();
        }
    }

    #[track_caller]
    fn at_most(&self, limit: f64, what: &str) {
        assert!(self.value <= limit, "{what}: {} at {}", self.value, self.at);
    }
}
