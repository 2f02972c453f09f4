//! Angles in degrees.

use super::OutOfRange;

macro_rules! degrees {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $limit:literal, $range:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(f64);

        impl $name {
            /// # Errors
            /// When `value` is NaN, infinite or out of range.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                if value.abs() <= $limit { Ok(Self(value)) } else { Err(OutOfRange { value, unit: $unit, range: $range }) }
            }

            pub const fn get(self) -> f64 {
                self.0
            }
        }
    };
}

degrees!(
    /// Geodetic longitude in degrees, east positive, -180 to 180.
    Longitude, "longitude", 180.0, "-180 to 180 degrees"
);
degrees!(
    /// Geodetic latitude in degrees, north positive, -90 to 90.
    Latitude, "latitude", 90.0, "-90 to 90 degrees"
);

/// A horizontal geodetic position in degrees. The reference frame is its owner's to know.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LonLat {
    pub lon: Longitude,
    pub lat: Latitude,
}

impl LonLat {
    /// # Errors
    /// When one of the numbers is no longitude or no latitude.
    pub fn new(lon: f64, lat: f64) -> Result<Self, OutOfRange> {
        Ok(Self {
            lon: Longitude::new(lon)?,
            lat: Latitude::new(lat)?,
        })
    }
}

/// A direction in degrees clockwise from true north, 0 to below 360.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Bearing(f64);

impl Bearing {
    /// Any finite angle, brought into one turn.
    ///
    /// # Errors
    /// When `value` is NaN or infinite.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if !value.is_finite() {
            return Err(OutOfRange {
                value,
                unit: "bearing",
                range: "finite degrees",
            });
        }
        let turned = value.rem_euclid(360.0);
        Ok(Self(if turned >= 360.0 { 0.0 } else { turned }))
    }

    pub const fn get(self) -> f64 {
        self.0
    }
}
