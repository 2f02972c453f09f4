//! Lengths in metres.

use super::OutOfRange;

/// A length or distance in metres. Always finite; may be negative where a direction has a sign.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Metres(f64);

impl Metres {
    pub const ZERO: Self = Self(0.0);

    /// # Errors
    /// When `value` is NaN or infinite.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if value.is_finite() {
            Ok(Self(value))
        } else {
            Err(OutOfRange {
                value,
                unit: "length in metres",
                range: "finite",
            })
        }
    }

    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Metres along one named line version from its first vertex. Without the version it has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Chainage(f64);

impl Chainage {
    pub const START: Self = Self(0.0);

    /// # Errors
    /// When `value` is negative, NaN or infinite.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if value.is_finite() && value >= 0.0 {
            Ok(Self(value))
        } else {
            Err(OutOfRange {
                value,
                unit: "chainage in metres",
                range: "finite, 0 or more",
            })
        }
    }

    pub const fn get(self) -> f64 {
        self.0
    }
}

/// The way surveyors write it: `K12+300`, to the metre; `K12+300.4` is written only where a report asks for decimals.
impl std::fmt::Display for Chainage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let metres = self.0.round();
        write!(f, "K{}+{:03}", (metres / 1000.0).floor(), metres % 1000.0)
    }
}

/// One standard deviation per axis, in metres. Finite, never negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Sigma(f64);

impl Sigma {
    pub const ZERO: Self = Self(0.0);

    /// # Errors
    /// When `value` is negative, NaN or infinite.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if value.is_finite() && value >= 0.0 {
            Ok(Self(value))
        } else {
            Err(OutOfRange {
                value,
                unit: "standard deviation in metres",
                range: "finite, 0 or more",
            })
        }
    }

    pub const fn get(self) -> f64 {
        self.0
    }

    /// The standard deviation of the sum of two independent errors.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.hypot(other.0))
    }
}
