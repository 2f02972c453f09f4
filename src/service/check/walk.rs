//! Fixes of receivers on their way into a coverage check.

use jiff::Timestamp;

use crate::check::Case;
use crate::check::coverage::{Coverage, Planned, Walk};
use crate::crs::{GnssToFrame, NotComparable};
use crate::domain::place::Route;
use crate::domain::track::Fix;
use crate::unit::{Epoch, LonLat, Sigma};

/// A walk fed with fixes in WGS 84.
pub struct GnssWalk<'a> {
    walk: Walk<'a>,
    way: GnssToFrame,
    /// The epoch taken for fixes without a time: when the file came in.
    default_epoch: Epoch,
    /// The epoch changes by nanometres from fix to fix; it is taken anew once a day.
    day: Option<(i64, Epoch, Sigma)>,
    refused: Option<NotComparable>,
}

impl<'a> GnssWalk<'a> {
    /// # Errors
    /// When positions of a receiver cannot be compared with the boundary's frame.
    pub fn new(case: &'a Case, received: Timestamp) -> Result<Self, NotComparable> {
        let near = case.line.course().vertices().first().copied().unwrap_or_default();
        let way = GnssToFrame::new(&case.frame, near)?;
        let default_epoch = Epoch::from_unix_seconds(received.as_second() as f64).unwrap_or(Epoch::J2000);
        Ok(Self {
            walk: Walk::new(case),
            way,
            default_epoch,
            day: None,
            refused: None,
        })
    }

    pub fn way(&self) -> &GnssToFrame {
        &self.way
    }

    pub fn break_path(&mut self) {
        self.walk.break_path();
    }

    pub fn fix(&mut self, fix: &Fix) {
        let day = fix.time.map_or(i64::MIN, |time| (time / 86_400.0).floor() as i64);
        let (epoch, way_sigma) = match self.day {
            Some((known, epoch, sigma)) if known == day => (epoch, sigma),
            _ => {
                let epoch = fix
                    .time
                    .and_then(|t| Epoch::from_unix_seconds(t).ok())
                    .unwrap_or(self.default_epoch);
                let sigma = self.way.sigma(epoch);
                self.day = Some((day, epoch, sigma));
                (epoch, sigma)
            }
        };
        let position = match self.way.apply(fix.position, epoch) {
            Ok(position) => position,
            Err(refusal) => {
                self.refused.get_or_insert(refusal);
                return;
            }
        };
        let (own, assumed) = fix.quality.sigma_m();
        let own = Sigma::new(f64::from(own)).unwrap_or_default();
        self.walk.fix(position, own.and(way_sigma), assumed, fix.time);
    }

    pub fn finish(self, planned: &[Planned]) -> Coverage {
        self.walk.finish(planned)
    }
}

/// The stretch of line that a planned route goes along.
pub fn planned(case: &Case, route: &Route) -> Planned {
    let chainage = |point: Option<&LonLat>| point.map_or(0.0, |p| case.line.course().foot(*p).chainage);
    let (a, b) = (chainage(route.path.first()), chainage(route.path.last()));
    Planned {
        name: route.number.clone(),
        from: a.min(b),
        to: a.max(b),
    }
}
