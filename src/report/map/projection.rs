//! Lambert's azimuthal equal-area projection of the GRS80 ellipsoid, for drawing.
//!
//! - **Shape**: one position to one plane point `[east, north]` and back.
//! - **Units**: degrees on the ellipsoid, metres on the plane.
//! - **Source**: J. P. Snyder, Map Projections: A Working Manual, USGS PP 1395 (1987), pages 187-190, equations
//!   3-11, 3-12, 3-18, 24-2, 24-13 to 24-30; compared with Snyder's worked example in tests.rs.

use crate::unit::LonLat;

const A: f64 = 6_378_137.0;
const E2: f64 = 0.006_694_380_022_90;

#[derive(Debug, Clone, Copy)]
pub struct Projection {
    centre: LonLat,
    e2: f64,
    /// Authalic latitude of the centre: sine and cosine.
    sin1: f64,
    cos1: f64,
    /// Radius of the sphere of equal area.
    radius: f64,
    /// Makes scale true in all directions at the centre.
    stretch: f64,
}

impl Projection {
    pub fn new(centre: LonLat) -> Self {
        Self::on(A, E2, centre)
    }

    /// On another ellipsoid: semi-major axis in metres and squared eccentricity.
    pub fn on(axis: f64, e2: f64, centre: LonLat) -> Self {
        // At the pole the stretch is a limit; a tenth of a second away it is the same number.
        let latitude = centre.lat.get().clamp(-89.999_97, 89.999_97).to_radians();
        let beta = (authalic(latitude.sin(), e2) / authalic(1.0, e2)).asin();
        let radius = axis * (authalic(1.0, e2) / 2.0).sqrt();
        let m = latitude.cos() / (1.0 - e2 * latitude.sin().powi(2)).sqrt();
        Self {
            centre,
            e2,
            sin1: beta.sin(),
            cos1: beta.cos(),
            radius,
            stretch: axis * m / (radius * beta.cos()),
        }
    }

    pub fn centre(&self) -> LonLat {
        self.centre
    }

    pub fn forward(&self, at: LonLat) -> [f64; 2] {
        let (sin, cos) = {
            let sine = authalic(at.lat.get().to_radians().sin(), self.e2) / authalic(1.0, self.e2);
            (sine.clamp(-1.0, 1.0), (1.0 - sine * sine).max(0.0).sqrt())
        };
        let dlon = turn(at.lon.get() - self.centre.lon.get()).to_radians();
        // The antipode has no place; a point just short of it is as good for what is off the sheet anyway.
        let reach = (1.0 + self.sin1 * sin + self.cos1 * cos * dlon.cos()).max(1e-9);
        let b = self.radius * (2.0 / reach).sqrt();
        [
            b * self.stretch * cos * dlon.sin(),
            b / self.stretch * (self.cos1 * sin - self.sin1 * cos * dlon.cos()),
        ]
    }

    pub fn inverse(&self, [x, y]: [f64; 2]) -> LonLat {
        let (x, y) = (x / self.stretch, y * self.stretch);
        let rho = x.hypot(y);
        if rho < 1e-6 {
            return self.centre;
        }
        let c = 2.0 * (rho / (2.0 * self.radius)).clamp(-1.0, 1.0).asin();
        let beta = (c.cos() * self.sin1 + y * c.sin() * self.cos1 / rho)
            .clamp(-1.0, 1.0)
            .asin();
        let dlon = (x * c.sin()).atan2(rho * self.cos1 * c.cos() - y * self.sin1 * c.sin());
        let lon = turn(self.centre.lon.get() + dlon.to_degrees());
        LonLat::new(lon, self.geodetic(beta).to_degrees().clamp(-90.0, 90.0)).unwrap_or(self.centre)
    }

    /// The geodetic latitude of an authalic one, in radians: the series of equation 3-18.
    fn geodetic(&self, beta: f64) -> f64 {
        let e2 = self.e2;
        let (e4, e6) = (e2 * e2, e2 * e2 * e2);
        beta + (e2 / 3.0 + 31.0 * e4 / 180.0 + 517.0 * e6 / 5040.0) * (2.0 * beta).sin()
            + (23.0 * e4 / 360.0 + 251.0 * e6 / 3780.0) * (4.0 * beta).sin()
            + 761.0 * e6 / 45_360.0 * (6.0 * beta).sin()
    }
}

/// Snyder's q for the sine of a latitude.
fn authalic(sin: f64, e2: f64) -> f64 {
    let e = e2.sqrt();
    let s = e * sin;
    (1.0 - e2) * (sin / (1.0 - s * s) - ((1.0 - s) / (1.0 + s)).ln() / (2.0 * e))
}

/// A longitude or a difference of longitudes brought into -180 to 180 degrees.
pub fn turn(degrees: f64) -> f64 {
    let turned = (degrees + 180.0).rem_euclid(360.0) - 180.0;
    if turned == -180.0 && degrees > 0.0 {
        180.0
    } else {
        turned
    }
}

/// The direction of the mean of the points seen from the centre of the earth; none when there are none.
pub fn middle(points: &[LonLat]) -> Option<LonLat> {
    let mut sum = [0.0; 3];
    for point in points {
        let (lon, lat) = (point.lon.get().to_radians(), point.lat.get().to_radians());
        sum[0] += lat.cos() * lon.cos();
        sum[1] += lat.cos() * lon.sin();
        sum[2] += lat.sin();
    }
    let flat = sum[0].hypot(sum[1]);
    if points.is_empty() {
        return None;
    }
    LonLat::new(sum[1].atan2(sum[0]).to_degrees(), sum[2].atan2(flat).to_degrees()).ok()
}
