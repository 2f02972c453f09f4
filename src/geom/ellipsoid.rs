//! Distances, directions and positions along geodesics of an ellipsoid of revolution.
//!
//! - **Source**: C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87 (2013) 43-55; the port `geographiclib-rs`.
//!   Checked against GeographicLib's own test set and tables of three ellipsoids (tests/it/truth.rs).

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic, PolygonArea, Winding};

use crate::unit::LonLat;

/// An ellipsoid of revolution.
#[derive(Debug, Clone)]
pub struct Ellipsoid {
    semi_major_m: f64,
    inverse_flattening: f64,
    geodesic: Geodesic,
}

impl PartialEq for Ellipsoid {
    fn eq(&self, other: &Self) -> bool {
        self.semi_major_m == other.semi_major_m && self.inverse_flattening == other.inverse_flattening
    }
}

/// The shortest way between two points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inverse {
    /// Metres.
    pub distance: f64,
    /// Degrees clockwise from north, -180 to 180, leaving the first point.
    pub azimuth_start: f64,
    /// The same, arriving at (and going on from) the second point.
    pub azimuth_end: f64,
}

/// Where one gets to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direct {
    pub position: LonLat,
    /// Degrees clockwise from north, -180 to 180, going on from there.
    pub azimuth: f64,
}

impl Ellipsoid {
    /// - **Units**: semi-major axis in metres; inverse flattening without unit, 0 for a sphere.
    pub fn new(semi_major_m: f64, inverse_flattening: f64) -> Self {
        let flattening = if inverse_flattening == 0.0 {
            0.0
        } else {
            1.0 / inverse_flattening
        };
        Self {
            semi_major_m,
            inverse_flattening,
            geodesic: Geodesic::new(semi_major_m, flattening),
        }
    }

    /// WGS 84 (EPSG:7030).
    pub fn wgs84() -> Self {
        Self::new(6_378_137.0, 298.257_223_563)
    }

    /// GRS 1980 (EPSG:7019), of NAD83 and of the ITRF.
    pub fn grs80() -> Self {
        Self::new(6_378_137.0, 298.257_222_101)
    }

    /// Krassowsky 1940 (EPSG:7024), of Pulkovo 1942 and Beijing 1954.
    pub fn krassowsky() -> Self {
        Self::new(6_378_245.0, 298.3)
    }

    pub const fn semi_major_m(&self) -> f64 {
        self.semi_major_m
    }

    pub const fn inverse_flattening(&self) -> f64 {
        self.inverse_flattening
    }

    pub(super) fn flattening(&self) -> f64 {
        self.geodesic.flattening()
    }

    pub(super) fn eccentricity_squared(&self) -> f64 {
        let f = self.flattening();
        f * (2.0 - f)
    }

    /// Distance and directions from `from` to `to`.
    ///
    /// - **Units**: metres, degrees.
    /// - **Errors**: none; antipodal points have one of the shortest ways.
    pub fn inverse(&self, from: LonLat, to: LonLat) -> Inverse {
        let (distance, azimuth_start, azimuth_end, _): (f64, f64, f64, f64) =
            self.geodesic
                .inverse(from.lat.get(), from.lon.get(), to.lat.get(), to.lon.get());
        Inverse {
            distance,
            azimuth_start,
            azimuth_end,
        }
    }

    /// Distance from `from` to `to` in metres.
    pub fn distance(&self, from: LonLat, to: LonLat) -> f64 {
        self.geodesic
            .inverse(from.lat.get(), from.lon.get(), to.lat.get(), to.lon.get())
    }

    /// The point `distance` metres from `from` in direction `azimuth` (degrees clockwise from north).
    ///
    /// - **Errors**: none for finite input; a result that is no position (input not finite) is `from` itself.
    pub fn direct(&self, from: LonLat, azimuth: f64, distance: f64) -> Direct {
        let (lat, lon, azimuth): (f64, f64, f64) =
            self.geodesic.direct(from.lat.get(), from.lon.get(), azimuth, distance);
        Direct {
            position: LonLat::new(lon, lat).unwrap_or(from),
            azimuth,
        }
    }

    /// Length of a chain of geodesics through `points`, in metres; 0 for fewer than two.
    pub fn length(&self, points: &[LonLat]) -> f64 {
        points.windows(2).map(|pair| self.distance(pair[0], pair[1])).sum()
    }

    /// Area within a ring of geodesics, in square metres, positive where it runs counter-clockwise.
    ///
    /// - **Shape**: `ring` may, but need not, end where it begins; fewer than three places have no area.
    /// - **Errors**: none. A ring that crosses itself has its parts added with their signs.
    /// - **Source**: C. F. F. Karney, as above, section 6; sums without loss of digits.
    pub fn ring_area(&self, ring: &[LonLat]) -> f64 {
        if ring.len() < 3 {
            return 0.0;
        }
        let mut area = PolygonArea::new(&self.geodesic, Winding::CounterClockwise);
        for place in ring {
            area.add_point(place.lat.get(), place.lon.get());
        }
        area.compute(true).1
    }

    /// Distance in metres of two points that are near each other, much cheaper than [`Ellipsoid::distance`].
    ///
    /// - **Shape**: meant for steps of up to some 100 m; the error is some `s^3 tan^2(lat) / 24 R^2`, below
    ///   5e-8 m at 100 m in latitudes up to 80 degrees (`ellipsoid_tests.rs`).
    /// - **Source**: radii of curvature at the middle latitude.
    pub fn short_distance(&self, from: LonLat, to: LonLat) -> f64 {
        let middle = (0.5 * (from.lat.get() + to.lat.get())).to_radians();
        let (meridian, prime) = self.radii(middle);
        let east = lon_difference(from, to).to_radians() * prime * middle.cos();
        let north = (to.lat.get() - from.lat.get()).to_radians() * meridian;
        east.hypot(north)
    }

    /// Distance in metres of two neighbours on a long line or track: the cheap way where it is exact to 1e-8 m, else as
    /// [`Ellipsoid::distance`].
    pub fn step(&self, from: LonLat, to: LonLat) -> f64 {
        /// Metres and degrees of latitude up to which the cheap way is exact.
        const SHORT_M: f64 = 50.0;
        const LOW_DEGREES: f64 = 80.0;
        let short = self.short_distance(from, to);
        if short <= SHORT_M && from.lat.get().abs() <= LOW_DEGREES {
            short
        } else {
            self.distance(from, to)
        }
    }

    /// Radii of curvature in the meridian and in the prime vertical, in metres, at a latitude in radians.
    pub(super) fn radii(&self, latitude: f64) -> (f64, f64) {
        let e2 = self.eccentricity_squared();
        let w2 = 1.0 - e2 * latitude.sin().powi(2);
        let prime = self.semi_major_m / w2.sqrt();
        (prime * (1.0 - e2) / w2, prime)
    }

    /// Earth-centred coordinates in metres of a position on the ellipsoid (height 0).
    pub fn geocentric(&self, position: LonLat) -> [f64; 3] {
        let (sin_lat, cos_lat) = position.lat.get().to_radians().sin_cos();
        let (sin_lon, cos_lon) = position.lon.get().to_radians().sin_cos();
        let e2 = self.eccentricity_squared();
        let prime = self.semi_major_m / (1.0 - e2 * sin_lat * sin_lat).sqrt();
        [
            prime * cos_lat * cos_lon,
            prime * cos_lat * sin_lon,
            prime * (1.0 - e2) * sin_lat,
        ]
    }

    /// The position below or above an earth-centred point, and its height in metres.
    ///
    /// - **Errors**: the earth's centre has none and gives latitude 0, longitude 0.
    /// - **Source**: fixed-point iteration on the latitude (Bowring's starting value), to 1e-14 rad.
    pub fn geographic(&self, point: [f64; 3]) -> (LonLat, f64) {
        let [x, y, z] = point;
        let e2 = self.eccentricity_squared();
        let axis = x.hypot(y);
        let mut latitude = z.atan2(axis * (1.0 - e2));
        let mut prime = self.semi_major_m;
        for _ in 0..10 {
            prime = self.semi_major_m / (1.0 - e2 * latitude.sin().powi(2)).sqrt();
            let next = (z + e2 * prime * latitude.sin()).atan2(axis);
            let done = (next - latitude).abs() < 1e-14;
            latitude = next;
            if done {
                break;
            }
        }
        let (sin_lat, cos_lat) = latitude.sin_cos();
        // Stable at the poles and at the equator alike.
        let height = axis * cos_lat + z * sin_lat - prime * (1.0 - e2 * sin_lat * sin_lat);
        let position = LonLat::new(y.atan2(x).to_degrees(), latitude.to_degrees()).unwrap_or_default();
        (position, height)
    }
}

/// Difference of longitude in degrees from `from` to `to`, the short way round: -180 to 180.
pub fn lon_difference(from: LonLat, to: LonLat) -> f64 {
    let difference = to.lon.get() - from.lon.get();
    if difference > 180.0 {
        difference - 360.0
    } else if difference < -180.0 {
        difference + 360.0
    } else {
        difference
    }
}

#[cfg(test)]
#[path = "ellipsoid_tests.rs"]
mod tests;
