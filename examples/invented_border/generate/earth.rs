//! The ellipsoid of CGCS2000, a local plane about the middle of the island, feet on a line, and plate motion.

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};

pub const SEMI_MAJOR_M: f64 = 6_378_137.0;
pub const FLATTENING: f64 = 1.0 / 298.257_222_101;
/// Middle of the local plane.
const CENTRE: At = At { lon: -168.0, lat: 42.5 };
/// ITRF2014 plate motion model, Pacific plate, milliarcseconds a year (Altamimi et al. 2017, table 1).
pub const PACIFIC_MAS: [f64; 3] = [-0.409, 1.047, -2.169];

/// A place in degrees, in the frame of the boundary unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    pub lon: f64,
    pub lat: f64,
}

impl At {
    /// As written to the files: ten decimals of a degree, a hundredth of a millimetre.
    pub fn rounded(self) -> Self {
        let written = |v: f64| format!("{v:.10}").parse().expect("a printed number can be read");
        Self {
            lon: written(self.lon),
            lat: written(self.lat),
        }
    }
}

/// Kilometres east and north in the local plane (azimuthal equidistant on the ellipsoid).
pub type Plane = [f64; 2];

/// Geodesics on the ellipsoid of CGCS2000.
pub struct Earth(Geodesic);

impl Earth {
    pub fn new() -> Self {
        Self(Geodesic::new(SEMI_MAJOR_M, FLATTENING))
    }

    /// Distance in metres and azimuth at the start in degrees, 0 to below 360.
    pub fn inverse(&self, from: At, to: At) -> (f64, f64) {
        let (metres, azimuth, _) = self.inverse_both(from, to);
        (metres, azimuth.rem_euclid(360.0))
    }

    fn inverse_both(&self, from: At, to: At) -> (f64, f64, f64) {
        let (metres, start, end, _): (f64, f64, f64, f64) = self.0.inverse(from.lat, from.lon, to.lat, to.lon);
        (metres, start, end)
    }

    pub fn metres(&self, from: At, to: At) -> f64 {
        self.0.inverse(from.lat, from.lon, to.lat, to.lon)
    }

    pub fn direct(&self, from: At, azimuth: f64, metres: f64) -> At {
        let (lat, lon): (f64, f64) = self.0.direct(from.lat, from.lon, azimuth, metres);
        At { lon, lat }
    }

    /// From the local plane to the ellipsoid.
    pub fn at(&self, p: Plane) -> At {
        self.direct(CENTRE, p[0].atan2(p[1]).to_degrees(), 1000.0 * p[0].hypot(p[1]))
    }

    pub fn plane(&self, at: At) -> Plane {
        let (metres, azimuth, _) = self.inverse_both(CENTRE, at);
        let (sin, cos) = azimuth.to_radians().sin_cos();
        [metres / 1000.0 * sin, metres / 1000.0 * cos]
    }

    /// The nearest point of the geodesic from `a` to `b`: metres from `a`, the point, metres from `p` to it.
    pub fn foot(&self, a: At, b: At, p: At) -> (f64, At, f64) {
        let (length, azimuth, _) = self.inverse_both(a, b);
        let mut along = 0.0_f64;
        for _ in 0..20 {
            let here = self.direct(a, azimuth, along);
            // The heading at `here`, looking on along the geodesic.
            let heading = if along > 0.0 {
                self.inverse_both(a, here).2
            } else {
                azimuth
            };
            let (metres, towards, _) = self.inverse_both(here, p);
            let step = metres * (towards - heading).to_radians().cos();
            let next = (along + step).clamp(0.0, length);
            let moved = (next - along).abs();
            along = next;
            if moved < 1e-7 {
                break;
            }
        }
        let foot = self.direct(a, azimuth, along);
        (along, foot, self.metres(p, foot))
    }

    /// A place of the plate-fixed frame of epoch 2000.0, as a receiver sees it in `epoch`: moved on with the Pacific
    /// plate, X(t) = X(2000) + (omega x X)(t - 2000).
    pub fn seen_in(&self, epoch: f64, at: At) -> At {
        let per_year = PACIFIC_MAS.map(|mas| (mas / 3_600_000.0).to_radians());
        let x = geocentric(at);
        let years = epoch - 2000.0;
        let velocity = [
            per_year[1] * x[2] - per_year[2] * x[1],
            per_year[2] * x[0] - per_year[0] * x[2],
            per_year[0] * x[1] - per_year[1] * x[0],
        ];
        geodetic([
            x[0] + velocity[0] * years,
            x[1] + velocity[1] * years,
            x[2] + velocity[2] * years,
        ])
    }
}

const E2: f64 = FLATTENING * (2.0 - FLATTENING);

fn geocentric(at: At) -> [f64; 3] {
    let (sin_lat, cos_lat) = at.lat.to_radians().sin_cos();
    let (sin_lon, cos_lon) = at.lon.to_radians().sin_cos();
    let n = SEMI_MAJOR_M / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat]
}

fn geodetic(x: [f64; 3]) -> At {
    let p = x[0].hypot(x[1]);
    let mut lat = x[2].atan2(p * (1.0 - E2));
    for _ in 0..8 {
        let sin = lat.sin();
        let n = SEMI_MAJOR_M / (1.0 - E2 * sin * sin).sqrt();
        lat = (x[2] + E2 * n * sin).atan2(p);
    }
    At {
        lon: x[1].atan2(x[0]).to_degrees(),
        lat: lat.to_degrees(),
    }
}

/// Degrees, minutes and seconds to 0.0001″ with the hemisphere's letter, as the protocol prints them.
pub fn dms(degrees: f64, letters: [char; 2]) -> String {
    let units = (degrees.abs() * 36_000_000.0).round() as u64;
    let (whole, rest) = (units / 36_000_000, units % 36_000_000);
    let (minutes, rest) = (rest / 600_000, rest % 600_000);
    let letter = if degrees < 0.0 { letters[1] } else { letters[0] };
    format!(
        "{whole}°{minutes:02}′{:02}.{:04}″{letter}",
        rest / 10_000,
        rest % 10_000
    )
}

pub fn printed_lat(at: At) -> String {
    dms(at.lat, ['N', 'S'])
}

pub fn printed_lon(at: At) -> String {
    dms(at.lon, ['E', 'W'])
}
