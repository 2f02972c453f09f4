//! A plane in which areas are those of the ellipsoid.

use super::ellipsoid::{Ellipsoid, lon_difference};
use crate::unit::LonLat;

/// The azimuthal equal-area projection about a centre.
///
/// - **Units**: metres east and north of the centre; any area in the plane is the same on the ellipsoid.
/// - **Source**: J. H. Lambert's projection of the authalic sphere (J. P. Snyder, Map projections, USGS PP 1395,
///   pp. 182-190). Compared with the areas of GeographicLib in the tests beside `difference`.
#[derive(Debug, Clone)]
pub struct EqualArea {
    eccentricity: f64,
    /// q at the pole.
    polar: f64,
    /// Radius of the sphere of the same area.
    radius: f64,
    centre: LonLat,
    sine: f64,
    cosine: f64,
}

impl EqualArea {
    pub fn new(ellipsoid: &Ellipsoid, centre: LonLat) -> Self {
        let eccentricity = ellipsoid.eccentricity_squared().max(0.0).sqrt();
        let polar = q(eccentricity, 1.0);
        let radius = ellipsoid.semi_major_m() * (0.5 * polar).sqrt();
        let (sine, cosine) = authalic(eccentricity, polar, centre.lat.get());
        Self {
            eccentricity,
            polar,
            radius,
            centre,
            sine,
            cosine,
        }
    }

    /// East and north of the centre, in metres.
    ///
    /// - **Errors**: none; the place opposite the centre, which has no image, is put at the rim.
    pub fn forward(&self, point: LonLat) -> [f64; 2] {
        let (sine, cosine) = authalic(self.eccentricity, self.polar, point.lat.get());
        let (sin_lon, cos_lon) = lon_difference(self.centre, point).to_radians().sin_cos();
        let scale = 1.0 + self.sine * sine + self.cosine * cosine * cos_lon;
        let k = self.radius * (2.0 / scale.max(f64::MIN_POSITIVE)).sqrt();
        [
            k * cosine * sin_lon,
            k * (self.cosine * sine - self.sine * cosine * cos_lon),
        ]
    }
}

/// Snyder's q of a sine of latitude.
fn q(e: f64, sine: f64) -> f64 {
    let es = e * sine;
    // The limit of atanh(e s) / e for a sphere is s.
    let tail = if e > 1e-9 { es.atanh() / e } else { sine };
    (1.0 - e * e) * (sine / (1.0 - es * es) + tail)
}

/// Sine and cosine of the authalic latitude.
fn authalic(e: f64, polar: f64, latitude: f64) -> (f64, f64) {
    let sine = (q(e, latitude.to_radians().sin()) / polar).clamp(-1.0, 1.0);
    (sine, ((1.0 - sine) * (1.0 + sine)).sqrt())
}
