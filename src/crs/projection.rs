//! Map projections: between a projected system and the geographic one beneath it, inside one datum.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use proj::Proj;

use super::{Crs, NotComparable, Reason, UnknownCrs};
use crate::unit::LonLat;

thread_local! {
    // A `Proj` belongs to its thread.
    static MADE: RefCell<HashMap<(String, String), Rc<Proj>>> = RefCell::new(HashMap::new());
}

/// A projected system and its inverse. Exact by definition: no datum is crossed.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    code: String,
    base: String,
}

impl Projection {
    /// # Errors
    /// [`NotComparable`] when PROJ cannot set the projection up.
    pub fn new(crs: &Crs) -> Result<Self, NotComparable> {
        let projection = Self {
            code: crs.code().to_owned(),
            base: crs.base_code().to_owned(),
        };
        projection.made(&projection.base, &projection.code)?;
        Ok(projection)
    }

    fn made(&self, from: &str, to: &str) -> Result<Rc<Proj>, NotComparable> {
        let key = (from.to_owned(), to.to_owned());
        if let Some(known) = MADE.with_borrow(|made| made.get(&key).cloned()) {
            return Ok(known);
        }
        let refused = |_| NotComparable {
            from: from.to_owned(),
            to: to.to_owned(),
            reason: Reason::NoOperation,
        };
        let made = Rc::new(Proj::new_known_crs(from, to, None).map_err(refused)?);
        MADE.with_borrow_mut(|all| all.insert(key, Rc::clone(&made)));
        Ok(made)
    }

    fn convert(&self, from: &str, to: &str, position: [f64; 2]) -> Result<[f64; 2], NotComparable> {
        let refused = || NotComparable {
            from: from.to_owned(),
            to: to.to_owned(),
            reason: Reason::OutsideDomain,
        };
        let (x, y) = self
            .made(from, to)?
            .convert((position[0], position[1]))
            .map_err(|_| refused())?;
        if x.is_finite() && y.is_finite() {
            Ok([x, y])
        } else {
            Err(refused())
        }
    }

    /// Longitude, latitude in degrees to easting, northing in metres.
    ///
    /// # Errors
    /// [`Reason::OutsideDomain`] far from the projection's area.
    pub fn forward(&self, position: LonLat) -> Result<[f64; 2], NotComparable> {
        self.convert(&self.base, &self.code, [position.lon.get(), position.lat.get()])
    }

    /// Easting, northing in metres to longitude, latitude in degrees.
    ///
    /// # Errors
    /// [`Reason::OutsideDomain`] where no place on earth has these numbers.
    pub fn inverse(&self, position: [f64; 2]) -> Result<[f64; 2], NotComparable> {
        self.convert(&self.code, &self.base, position)
    }
}

/// The projected system in which people read metres around a place: of CGCS2000 the 3-degree Gauss-Kruger zone, in
/// China's longitudes; else the UTM zone on WGS 84 numbers.
///
/// # Errors
/// Where the code is not in the EPSG data (does not happen for longitudes on the globe).
pub fn utm_zone(frame: &Crs, near: LonLat) -> Result<Crs, UnknownCrs> {
    let (lon, lat) = (near.lon.get(), near.lat.get());
    let code = if frame.base_code() == "EPSG:4490" && (73.5..=136.5).contains(&lon) {
        // EPSG 4513 is zone 25 (central meridian 75 E), with the zone number before the easting.
        4513 + ((lon / 3.0).round() - 25.0) as i32
    } else {
        let zone = (((lon + 180.0) / 6.0).floor() as i32).clamp(0, 59) + 1;
        if lat >= 0.0 { 32600 + zone } else { 32700 + zone }
    };
    Crs::lookup(&format!("EPSG:{code}"))
}
