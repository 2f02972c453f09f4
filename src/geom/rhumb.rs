//! Rhumb lines (constant direction), of which parallels of latitude and meridians are two kinds.

use super::ellipsoid::{Ellipsoid, lon_difference};
use crate::unit::LonLat;

/// The rhumb line from `from` to `to` as a chain whose steps are so short that geodesics between them stay within
/// `tolerance_m` of it.
///
/// - **Shape**: both ends included, exactly as given.
/// - **Units**: metres. The step follows from the separation of a rhumb line from the geodesic, `s^2 tan(lat) / 8R`.
/// - **Errors**: none; ends at a pole give the two ends only.
/// - **Source**: a rhumb line is straight in longitude and isometric latitude.
pub fn rhumb(ellipsoid: &Ellipsoid, from: LonLat, to: LonLat, tolerance_m: f64) -> Vec<LonLat> {
    let eccentricity = ellipsoid.eccentricity_squared().sqrt();
    let (q_from, q_to) = (
        isometric(eccentricity, from.lat.get()),
        isometric(eccentricity, to.lat.get()),
    );
    let turn = lon_difference(from, to);
    let distance = ellipsoid.distance(from, to);
    let steepest = from
        .lat
        .get()
        .abs()
        .max(to.lat.get().abs())
        .to_radians()
        .tan()
        .max(1e-6);
    let step = (8.0 * ellipsoid.semi_major_m() * tolerance_m / steepest).sqrt();
    if !q_from.is_finite() || !q_to.is_finite() || step.is_nan() || distance <= step {
        return vec![from, to];
    }
    let steps = (distance / step).ceil();
    let mut chain = vec![from];
    let mut k = 1.0;
    while k < steps {
        let t = k / steps;
        let latitude = latitude_of(eccentricity, q_from + t * (q_to - q_from));
        let mut longitude = from.lon.get() + t * turn;
        if longitude > 180.0 {
            longitude -= 360.0;
        } else if longitude < -180.0 {
            longitude += 360.0;
        }
        chain.extend(LonLat::new(longitude, latitude).ok());
        k += 1.0;
    }
    chain.push(to);
    chain
}

/// Isometric latitude, from degrees; infinite at the poles.
fn isometric(eccentricity: f64, latitude: f64) -> f64 {
    let sine = latitude.to_radians().sin();
    sine.atanh() - eccentricity * (eccentricity * sine).atanh()
}

/// The latitude in degrees of an isometric latitude, by fixed-point iteration (contracts by e^2 each round).
fn latitude_of(eccentricity: f64, isometric: f64) -> f64 {
    let mut sine = isometric.tanh();
    for _ in 0..12 {
        sine = (isometric + eccentricity * (eccentricity * sine).atanh()).tanh();
    }
    sine.asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::line::GeodesicLine;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    #[test]
    fn a_parallel_stays_on_its_latitude() {
        let chain = rhumb(&Ellipsoid::grs80(), at(130.3, 42.85), at(130.9, 42.85), 1e-4);
        assert!(chain.len() > 100);
        assert!(chain.iter().all(|p| (p.lat.get() - 42.85).abs() < 1e-12));
    }

    /// Greatest separation of a rhumb line of this length and azimuth from the geodesic of its ends.
    fn separation(azimuth_to: (f64, f64)) -> f64 {
        let (from, to) = (at(130.3, 42.85), at(azimuth_to.0, azimuth_to.1));
        let earth = Ellipsoid::grs80();
        let geodesic = GeodesicLine::new(earth.clone(), vec![from, to]).unwrap();
        rhumb(&earth, from, to, 1e-4)
            .iter()
            .map(|p| geodesic.foot(*p).distance)
            .fold(0.0, f64::max)
    }

    #[test]
    fn rhumb_lines_leave_the_geodesic_as_published() {
        // From s^2 tan(lat) / 8R on GRS 80: due east at 42.85 N, 5 km 0.45 m, 10 km 1.82 m, 20 km 7.26 m.
        let degree = 81_722.0; // metres in one degree of longitude there
        for (length, expect, tolerance) in [(5e3, 0.45, 0.01), (1e4, 1.82, 0.01), (2e4, 7.26, 0.02)] {
            let seen = separation((130.3 + length / degree, 42.85));
            assert!((seen - expect).abs() < tolerance, "{length} m: {seen}");
        }
    }

    #[test]
    fn rhumb_lines_cross_the_date_line_the_short_way() {
        let chain = rhumb(&Ellipsoid::grs80(), at(179.95, 10.0), at(-179.95, 11.0), 1e-4);
        assert!(chain.iter().all(|p| p.lon.get().abs() > 179.9));
    }
}
