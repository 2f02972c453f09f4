//! Motion of the tectonic plates.

use crate::unit::Epoch;

macro_rules! plates {
    ($($variant:ident $code:literal $x:literal $y:literal $z:literal;)*) => {
        /// A plate of the ITRF2014 plate motion model, with its rotation in milliarcseconds a year.
        ///
        /// - **Source**: Altamimi, Metivier, Rebischung, Rouby, Collilieux: ITRF2014 plate motion model, Geophys. J.
        ///   Int. 209 (2017) 1906-1912, table 1. The model's own scatter is 0.26 mm/a east, 0.25 mm/a north.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Plate { $($variant),* }

        impl Plate {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The four-letter code of the plate.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            const fn rotation_mas(self) -> [f64; 3] {
                match self { $(Self::$variant => [$x, $y, $z]),* }
            }
        }
    };
}

plates! {
    Antarctica "ANTA" -0.248 -0.324 0.675;
    Arabia "ARAB" 1.154 -0.136 1.444;
    Australia "AUST" 1.510 1.182 1.215;
    Eurasia "EURA" -0.085 -0.531 0.770;
    India "INDI" 1.154 -0.005 1.454;
    Nazca "NAZC" -0.333 -1.544 1.623;
    NorthAmerica "NOAM" 0.024 -0.694 -0.063;
    Nubia "NUBI" 0.099 -0.614 0.733;
    Pacific "PCFC" -0.409 1.047 -2.169;
    SouthAmerica "SOAM" -0.270 -0.301 -0.140;
    Somalia "SOMA" -0.121 -0.794 0.884;
}

impl Plate {
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|plate| plate.code().eq_ignore_ascii_case(code))
    }

    /// Earth-centred coordinates in metres at epoch `to` of a point that had `point` at epoch `from`.
    ///
    /// - **Source**: X(t) = X(t0) + (omega x X) (t - t0); see the type for omega.
    pub fn move_point(self, point: [f64; 3], from: Epoch, to: Epoch) -> [f64; 3] {
        const RADIANS_PER_MAS: f64 = std::f64::consts::PI / 180.0 / 3_600_000.0;
        let years = to.get() - from.get();
        let [wx, wy, wz] = self.rotation_mas().map(|w| w * RADIANS_PER_MAS * years);
        let [x, y, z] = point;
        [x + wy * z - wz * y, y + wz * x - wx * z, z + wx * y - wy * x]
    }
}

/// What the model may be wrong by inside a plate, in metres a year (one standard deviation per axis): its published
/// scatter is 0.3 mm/a, the edges of plates move some mm/a differently.
pub(super) const MODEL_SIGMA_M_PER_YEAR: f64 = 0.003;
