//! The same question to Merestone and to PostGIS: answers agree within a stated tolerance, and what goes into the
//! database comes out of it bit by bit.

mod fixes;
mod geodesy;
mod geometry;

use merestone::unit::LonLat;
use proptest::test_runner::Config;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// So many cases of a property, each with the database in it.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Numbers that look random and are the same every time (Knuth's linear congruence, MMIX).
struct Dice(u64);

impl Dice {
    /// From `low` to below `high`.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// A place, evenly over longitudes and latitudes.
    fn place(&mut self) -> LonLat {
        at(self.between(-180.0, 180.0), self.between(-89.0, 89.0))
    }
}
