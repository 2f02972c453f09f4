//! From what a satellite receiver says to the frame of a boundary.

use super::plate::{MODEL_SIGMA_M_PER_YEAR, Plate};
use super::{Crs, Frame, NotComparable, Operation, Reason};
use crate::unit::{Epoch, LonLat, Sigma};

/// Systems that are realisations of the ITRF family: they agree with broadcast WGS 84 at one epoch to some
/// centimetres, and differ with time by the motion of the plate.
const ITRF_FAMILY: [&str; 8] = [
    "EPSG:4490",
    "EPSG:4480",
    "EPSG:8999",
    "EPSG:9000",
    "EPSG:9989",
    "EPSG:9990",
    "EPSG:4326",
    "OGC:CRS84",
];

/// How far realisations of WGS 84 and of the ITRF agree, in metres, one standard deviation per axis.
const REALISATION_SIGMA_M: f64 = 0.05;

/// The way from WGS 84 positions of a receiver to one boundary's frame, with what it costs in accuracy.
#[derive(Debug, Clone, PartialEq)]
pub struct GnssToFrame {
    frame: Frame,
    way: Way,
}

#[derive(Debug, Clone, PartialEq)]
enum Way {
    /// The frame is WGS 84 without an epoch: nothing to do.
    Same,
    /// Rotation of the declared plate from the epoch of observation to the frame's.
    Motion,
    /// A published operation.
    Published(Operation),
}

impl GnssToFrame {
    /// - **Shape**: `near` is any position of the job.
    /// - **Errors**: [`NotComparable`] where there is no published operation, or the frame belongs to the ITRF family
    ///   at a fixed epoch and its plate is not declared.
    pub fn new(frame: &Frame, near: LonLat) -> Result<Self, NotComparable> {
        let base = frame.crs.base_code();
        let refused = |reason| NotComparable {
            from: "EPSG:4326".into(),
            to: frame.crs.code().to_owned(),
            reason,
        };
        let way = if ITRF_FAMILY.contains(&base) {
            match (frame.epoch, frame.plate) {
                (None, _) if matches!(base, "EPSG:4326" | "OGC:CRS84") => Way::Same,
                (None, _) => return Err(refused(Reason::EpochMissing)),
                (Some(_), None) => return Err(refused(Reason::PlateMissing)),
                (Some(_), Some(_)) => Way::Motion,
            }
        } else {
            let wgs84 = Crs::lookup("EPSG:4326").map_err(|_| refused(Reason::NoOperation))?;
            let base = Crs::lookup(base).map_err(|_| refused(Reason::NoOperation))?;
            Way::Published(Operation::between(&wgs84, &base, near)?)
        };
        Ok(Self {
            frame: frame.clone(),
            way,
        })
    }

    /// What is done, in words for a report.
    pub fn name(&self) -> String {
        match (&self.way, self.frame.epoch, self.frame.plate) {
            (Way::Published(operation), ..) => operation.name().to_owned(),
            (Way::Motion, Some(epoch), Some(plate)) => format!(
                "WGS 84 at the epoch of observation to {} at {:.1}: plate {}, ITRF2014 plate motion model",
                self.frame.crs.base_code(),
                epoch.get(),
                plate.code()
            ),
            _ => "none: the frame is WGS 84".to_owned(),
        }
    }

    /// What the way adds to the uncertainty of a position observed at `epoch`.
    pub fn sigma(&self, epoch: Epoch) -> Sigma {
        let metres = match (&self.way, self.frame.epoch) {
            // An authority's accuracy is taken as 95 % in the plane, 2.45 standard deviations.
            (Way::Published(operation), _) => operation.accuracy_m() / 2.4477,
            (Way::Motion, Some(to)) => {
                REALISATION_SIGMA_M.hypot(MODEL_SIGMA_M_PER_YEAR * (epoch.get() - to.get()).abs())
            }
            _ => 0.0,
        };
        Sigma::new(metres).unwrap_or_default()
    }

    /// One position of a receiver in the geographic system of the frame.
    ///
    /// - **Errors**: [`Reason::OutsideDomain`] outside the operation's domain.
    pub fn apply(&self, position: LonLat, observed: Epoch) -> Result<LonLat, NotComparable> {
        let outside = || NotComparable {
            from: "EPSG:4326".into(),
            to: self.frame.crs.code().to_owned(),
            reason: Reason::OutsideDomain,
        };
        match (&self.way, self.frame.epoch, self.frame.plate) {
            (Way::Published(operation), ..) => {
                let [lon, lat] = operation.apply([position.lon.get(), position.lat.get()], Some(observed))?;
                LonLat::new(lon, lat).map_err(|_| outside())
            }
            (Way::Motion, Some(epoch), Some(plate)) => {
                let earth = self.frame.crs.ellipsoid();
                let moved = plate.move_point(earth.geocentric(position), observed, epoch);
                Ok(earth.geographic(moved).0)
            }
            _ => Ok(position),
        }
    }
}

/// From a system of the ITRF family at one epoch to a frame of the family at its own: the motion of the declared plate.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochChange {
    frame: Frame,
    from: String,
    at: Epoch,
    plate: Plate,
    to: Epoch,
}

impl EpochChange {
    /// - **Shape**: none where the file's system or the frame does not belong to the family: their coordinates do not
    ///   move.
    /// - **Errors**: [`NotComparable`] where the frame says no epoch or no plate.
    pub fn new(from: &Crs, frame: &Frame, at: Epoch) -> Result<Option<Self>, NotComparable> {
        let both = [from.base_code(), frame.crs.base_code()];
        if !both.iter().all(|code| ITRF_FAMILY.contains(code)) {
            return Ok(None);
        }
        let refused = |reason| NotComparable {
            from: from.code().to_owned(),
            to: frame.crs.code().to_owned(),
            reason,
        };
        let to = frame.epoch.ok_or_else(|| refused(Reason::EpochMissing))?;
        let plate = frame.plate.ok_or_else(|| refused(Reason::PlateMissing))?;
        Ok(Some(Self {
            frame: frame.clone(),
            from: from.base_code().to_owned(),
            at,
            plate,
            to,
        }))
    }

    /// What is done, in words for a report.
    pub fn name(&self) -> String {
        format!(
            "{} at {:.2} to {} at {:.2}: plate {}, ITRF2014 plate motion model",
            self.from,
            self.at.get(),
            self.frame.crs.base_code(),
            self.to.get(),
            self.plate.code()
        )
    }

    /// What the way adds to the uncertainty of a position, as 95 % in the plane, metres.
    pub fn accuracy_m(&self) -> f64 {
        let model = MODEL_SIGMA_M_PER_YEAR * (self.at.get() - self.to.get()).abs();
        let realisations = if self.from == self.frame.crs.base_code() {
            0.0
        } else {
            REALISATION_SIGMA_M
        };
        2.4477 * realisations.hypot(model)
    }

    /// One position in degrees, as it was at the frame's epoch.
    pub fn apply(&self, position: LonLat) -> LonLat {
        let earth = self.frame.crs.ellipsoid();
        let moved = self.plate.move_point(earth.geocentric(position), self.at, self.to);
        earth.geographic(moved).0
    }
}
