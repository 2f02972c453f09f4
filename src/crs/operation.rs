//! Operations between two systems.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::ffi::Pj;
use super::{Crs, Kind, NotComparable, Reason};
use crate::unit::{Epoch, LonLat};

/// One named operation from one system to another, of known accuracy. Chosen once for an area, so that every position
/// of a job goes the same way.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    from: String,
    to: String,
    /// Whole degrees around which the operation was chosen.
    around: [i16; 2],
    name: String,
    /// Metres, as its authority states it; 0 for a conversion inside one datum.
    accuracy_m: f64,
}

/// The operation as its authority names it, and the same in plain axis order.
type Chosen = Rc<(Pj, Pj)>;

/// From, to, and the whole degrees around which it was chosen.
type Key = (String, String, [i16; 2]);

thread_local! {
    /// Making an operation costs milliseconds; a thread keeps those it has made.
    static MADE: RefCell<HashMap<Key, Option<Chosen>>> = RefCell::new(HashMap::new());
}

fn made(from: &str, to: &str, around: [i16; 2]) -> Option<Chosen> {
    let key = (from.to_owned(), to.to_owned(), around);
    if let Some(known) = MADE.with_borrow(|made| made.get(&key).cloned()) {
        return known;
    }
    let middle = around.map(|degree| f64::from(degree) + 0.5);
    let chosen = Pj::create(from)
        .zip(Pj::create(to))
        .and_then(|(from, to)| from.best_operation(&to, middle))
        .map(Rc::new);
    MADE.with_borrow_mut(|made| made.insert(key, chosen.clone()));
    chosen
}

impl Operation {
    /// The best operation from `from` to `to` around a place.
    ///
    /// - **Units**: accuracy in metres.
    /// - **Errors**: [`NotComparable`] where PROJ has only a ballpark guess, or nothing.
    /// - **Source**: EPSG data of the PROJ that is built in; grids that are not at hand count as absent.
    pub fn between(from: &Crs, to: &Crs, near: LonLat) -> Result<Self, NotComparable> {
        let refused = |reason| NotComparable {
            from: from.code().to_owned(),
            to: to.code().to_owned(),
            reason,
        };
        // Whole degrees, so that neighbouring jobs share one operation.
        let around = [near.lon.get().floor() as i16, near.lat.get().floor() as i16];
        let chosen = made(from.code(), to.code(), around).ok_or_else(|| refused(Reason::NoOperation))?;
        let operation = &chosen.0;
        let name = match operation.identifier() {
            Some(identifier) => format!("{identifier} {}", operation.name()),
            None => operation.name(),
        };
        let accuracy_m = operation.accuracy().ok_or_else(|| refused(Reason::NoOperation))?;
        Ok(Self {
            from: from.code().to_owned(),
            to: to.code().to_owned(),
            around,
            name,
            accuracy_m,
        })
    }

    /// The operation's identifier and name, for example `EPSG:1188 NAD83 to WGS 84 (1)`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn accuracy_m(&self) -> f64 {
        self.accuracy_m
    }

    /// One position, easting or longitude first.
    ///
    /// - **Units**: metres or degrees, as the systems have them.
    /// - **Errors**: [`Reason::OutsideDomain`] where the operation gives no finite numbers.
    pub fn apply(&self, position: [f64; 2], epoch: Option<Epoch>) -> Result<[f64; 2], NotComparable> {
        let refused = |reason| NotComparable {
            from: self.from.clone(),
            to: self.to.clone(),
            reason,
        };
        let chosen = made(&self.from, &self.to, self.around).ok_or_else(|| refused(Reason::NoOperation))?;
        let time = epoch.map_or(f64::INFINITY, Epoch::get);
        let [x, y, ..] = chosen
            .1
            .forward([position[0], position[1], 0.0, time])
            .ok_or_else(|| refused(Reason::OutsideDomain))?;
        Ok([x, y])
    }
}

/// The display position of a legal one: the same numbers read as WGS 84.
///
/// The one null operation of Merestone, for maps, search and default answers only, never for a verdict. It is named
/// `null, display only`; what it hides is the difference of the two frames (below 2 m for those of the ITRF family).
/// A projected legal position is first brought to its own geographic system, which is exact.
///
/// # Errors
/// [`Reason::OutsideDomain`] where a projected position is on no place of the earth.
pub fn null_for_display(crs: &Crs, position: [f64; 2]) -> Result<LonLat, NotComparable> {
    let refused = |reason| NotComparable {
        from: crs.code().to_owned(),
        to: "EPSG:4326".to_owned(),
        reason,
    };
    let [lon, lat] = match crs.kind() {
        Kind::Geographic => position,
        Kind::Projected => super::Projection::new(crs)?.inverse(position)?,
    };
    LonLat::new(lon, lat).map_err(|_| refused(Reason::OutsideDomain))
}
