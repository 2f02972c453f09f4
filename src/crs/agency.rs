//! Transformations by the parameters of an agency: between systems for which no authority publishes an operation.

use super::{Crs, Kind, NotComparable, Projection, Reason};
use crate::unit::LonLat;

/// What an agency states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parameters {
    /// Between earth-centred coordinates: metres, arc-seconds in the sense of the position vector, parts per million.
    ///
    /// - **Source**: EPSG Guidance Note 7-2, methods 9603 (without rotation and scale) and 9606; 9607 has the signs of
    ///   the rotations the other way round.
    Geocentric {
        shift_m: [f64; 3],
        rotation_as: [f64; 3],
        scale_ppm: f64,
    },
    /// Between plane coordinates: `[c, e, n]` gives c + e E + n N, for the new easting and the new northing.
    ///
    /// - **Source**: EPSG Guidance Note 7-2, methods 9624 (affine) and 9621 (similarity).
    Plane { easting: [f64; 3], northing: [f64; 3] },
}

/// The way from one system to another by an agency's parameters, in the direction they are stated or against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Agency {
    name: String,
    from: Crs,
    to: Crs,
    parameters: Parameters,
    accuracy_m: f64,
    reversed: bool,
}

impl Agency {
    /// - **Shape**: `from` and `to` are the systems of the statement; plane parameters lie between projected ones.
    /// - **Units**: `accuracy_m` metres.
    /// - **Errors**: `None` where plane parameters stand between systems of degrees.
    pub fn new(name: String, from: Crs, to: Crs, parameters: Parameters, accuracy_m: f64) -> Option<Self> {
        let plane = matches!(parameters, Parameters::Plane { .. });
        if plane && (from.kind() != Kind::Projected || to.kind() != Kind::Projected) {
            return None;
        }
        Some(Self {
            name,
            from,
            to,
            parameters,
            accuracy_m,
            reversed: false,
        })
    }

    /// The same way, where it leads from the one to the other, or the way back; none where it leads elsewhere. A system
    /// counts by its datum.
    #[must_use]
    pub fn between(&self, from: &Crs, to: &Crs) -> Option<Self> {
        let (source, target) = (self.from.base_code(), self.to.base_code());
        if (source, target) == (from.base_code(), to.base_code()) {
            return Some(self.clone());
        }
        let back = (source, target) == (to.base_code(), from.base_code());
        // Plane parameters are stated for one direction.
        (back && matches!(self.parameters, Parameters::Geocentric { .. })).then(|| Self {
            reversed: true,
            ..self.clone()
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn accuracy_m(&self) -> f64 {
        self.accuracy_m
    }

    /// One position of the system beneath the one, in degrees, as one of the system beneath the other.
    ///
    /// - **Errors**: [`Reason::OutsideDomain`] where a projection in between has no such place.
    /// - **Source**: see [`Parameters`]; a position is taken to lie on the ellipsoid.
    pub fn apply(&self, position: LonLat) -> Result<LonLat, NotComparable> {
        match self.parameters {
            Parameters::Geocentric {
                shift_m,
                rotation_as,
                scale_ppm,
            } => {
                let (from, to) = if self.reversed {
                    (&self.to, &self.from)
                } else {
                    (&self.from, &self.to)
                };
                let point = from.ellipsoid().geocentric(position);
                let moved = if self.reversed {
                    backward(point, shift_m, rotation_as, scale_ppm)
                } else {
                    forward(point, shift_m, rotation_as, scale_ppm)
                };
                Ok(to.ellipsoid().geographic(moved).0)
            }
            Parameters::Plane { easting, northing } => {
                let [e, n] = Projection::new(&self.from)?.forward(position)?;
                let of = |[constant, by_e, by_n]: [f64; 3]| constant + by_e * e + by_n * n;
                let [lon, lat] = Projection::new(&self.to)?.inverse([of(easting), of(northing)])?;
                LonLat::new(lon, lat).map_err(|_| NotComparable {
                    from: self.from.code().to_owned(),
                    to: self.to.code().to_owned(),
                    reason: Reason::OutsideDomain,
                })
            }
        }
    }
}

const RADIANS_PER_ARCSECOND: f64 = std::f64::consts::PI / 180.0 / 3_600.0;

/// The rotation of a point by small angles, in the sense of the position vector, without the point itself.
fn turned([x, y, z]: [f64; 3], rotation_as: [f64; 3]) -> [f64; 3] {
    let [rx, ry, rz] = rotation_as.map(|angle| angle * RADIANS_PER_ARCSECOND);
    [ry * z - rz * y, rz * x - rx * z, rx * y - ry * x]
}

fn forward(point: [f64; 3], shift_m: [f64; 3], rotation_as: [f64; 3], scale_ppm: f64) -> [f64; 3] {
    let turn = turned(point, rotation_as);
    let scale = 1.0 + scale_ppm * 1e-6;
    [0, 1, 2].map(|axis| shift_m[axis] + scale * (point[axis] + turn[axis]))
}

/// The point that [`forward`] brings to this one: rotations are small, so a few steps end in the last digit.
fn backward(point: [f64; 3], shift_m: [f64; 3], rotation_as: [f64; 3], scale_ppm: f64) -> [f64; 3] {
    let scale = 1.0 + scale_ppm * 1e-6;
    let goal = [0, 1, 2].map(|axis| (point[axis] - shift_m[axis]) / scale);
    let mut found = goal;
    for _ in 0..8 {
        let turn = turned(found, rotation_as);
        found = [0, 1, 2].map(|axis| goal[axis] - turn[axis]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    /// The example of EPSG Guidance Note 7-2 for method 9606: WGS 72 to WGS 84.
    #[test]
    fn seven_parameters_give_the_published_example() {
        let from = [3_657_660.66, 255_768.55, 5_201_382.11];
        let moved = forward(from, [0.0, 0.0, 4.5], [0.0, 0.0, 0.554], 0.219);
        let expect = [3_657_660.78, 255_778.43, 5_201_387.75];
        for (moved, expect) in moved.iter().zip(expect) {
            assert!((moved - expect).abs() < 0.006, "{moved} {expect}");
        }
        let back = backward(moved, [0.0, 0.0, 4.5], [0.0, 0.0, 0.554], 0.219);
        for (back, from) in back.iter().zip(from) {
            assert!((back - from).abs() < 1e-8, "{back} {from}");
        }
    }

    #[test]
    fn a_way_leads_back_where_its_parameters_allow() {
        let (beijing, cgcs) = (Crs::lookup("EPSG:4214").unwrap(), Crs::lookup("EPSG:4490").unwrap());
        let parameters = Parameters::Geocentric {
            shift_m: [15.8, -154.4, -82.3],
            rotation_as: [0.5, -1.25, 3.5],
            scale_ppm: -2.5,
        };
        let way = Agency::new("agency".to_owned(), beijing.clone(), cgcs.clone(), parameters, 0.5).unwrap();
        let there = way.between(&beijing, &cgcs).unwrap();
        let back = way.between(&cgcs, &beijing).unwrap();
        let here = at(130.3, 42.9);
        let moved = there.apply(here).unwrap();
        let metres = cgcs.ellipsoid().distance(here, moved);
        assert!((50.0..300.0).contains(&metres), "{metres} m");
        let again = back.apply(moved).unwrap();
        // Heights are not carried along, which costs some tenths of a millimetre.
        assert!(beijing.ellipsoid().distance(here, again) < 0.002, "{again:?}");
        assert!(way.between(&beijing, &Crs::lookup("EPSG:4326").unwrap()).is_none());
        // A projected system counts by its datum.
        assert!(way.between(&Crs::lookup("EPSG:21422").unwrap(), &cgcs).is_some());
    }

    #[test]
    fn plane_parameters_lie_between_planes() {
        let [from, to] = ["EPSG:21422", "EPSG:4500"].map(|code| Crs::lookup(code).unwrap());
        let same = Parameters::Plane {
            easting: [10.0, 1.0, 0.0],
            northing: [-20.0, 0.0, 1.0],
        };
        assert!(Agency::new("p".to_owned(), Crs::lookup("EPSG:4214").unwrap(), to.clone(), same, 1.0).is_none());
        let Some(way) = Agency::new("p".to_owned(), from.clone(), to.clone(), same, 1.0) else {
            panic!("both are planes")
        };
        assert!(way.between(&to, &from).is_none());
        let here = at(129.5, 42.9);
        let moved = way.apply(here).unwrap();
        let [e, n] = Projection::new(&from).unwrap().forward(here).unwrap();
        let [e2, n2] = Projection::new(&to).unwrap().forward(moved).unwrap();
        assert!((e2 - e - 10.0).abs() < 1e-6 && (n2 - n + 20.0).abs() < 1e-6);
    }
}
