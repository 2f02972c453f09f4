//! What a file held, counted while it is read.

use super::track::TrackEvent;
use crate::domain::track::{Fix, TrackSummary};
use crate::geom::ellipsoid::Ellipsoid;
use crate::unit::LonLat;

/// Takes events as they come and adds them up to a [`TrackSummary`], in constant memory.
///
/// - **Units**: degrees of WGS 84; lengths are geodesics on its ellipsoid between neighbours of one segment, in metres.
/// - **Shape**: the bounding box is that of track points, route points and waypoints together, on the shorter way round.
#[derive(Debug)]
pub struct Tally {
    ellipsoid: Ellipsoid,
    summary: TrackSummary,
    last: Option<LonLat>,
    extent: Extent,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            ellipsoid: Ellipsoid::wgs84(),
            summary: TrackSummary::default(),
            last: None,
            extent: Extent::default(),
        }
    }
}

impl Tally {
    /// Counts one event.
    pub fn take(&mut self, event: &TrackEvent) {
        match event {
            TrackEvent::TrackStart { .. } => self.summary.tracks += 1,
            TrackEvent::SegmentStart => {
                self.summary.segments += 1;
                self.last = None;
            }
            TrackEvent::Fix(fix) => self.fix(fix),
            TrackEvent::SegmentEnd | TrackEvent::TrackEnd | TrackEvent::RouteEnd => {}
            TrackEvent::RouteStart { .. } => self.summary.routes += 1,
            TrackEvent::RoutePoint(point) => {
                self.summary.routepoints += 1;
                self.extent.add(point.fix.position);
            }
            TrackEvent::Waypoint(point) => {
                self.summary.waypoints += 1;
                self.extent.add(point.fix.position);
            }
        }
    }

    fn fix(&mut self, fix: &Fix) {
        let summary = &mut self.summary;
        summary.trackpoints += 1;
        self.extent.add(fix.position);
        if let Some(time) = fix.time {
            summary.timed_points += 1;
            summary.first_time = Some(summary.first_time.map_or(time, |first| first.min(time)));
            summary.last_time = Some(summary.last_time.map_or(time, |last| last.max(time)));
        }
        if let Some(last) = self.last.replace(fix.position) {
            summary.length_m += self.ellipsoid.step(last, fix.position);
        }
    }

    /// The sums, with the number of positions that the reader rejected.
    pub fn finish(self, rejected: u64) -> TrackSummary {
        TrackSummary {
            bbox: self.extent.bbox(),
            rejected,
            ..self.summary
        }
    }
}

/// The extent of any number of positions: one cell for each degree of longitude remembers its least and greatest, so the
/// widest empty arc is found without keeping the positions.
#[derive(Debug)]
struct Extent {
    south: f64,
    north: f64,
    cells: Vec<Option<(f64, f64)>>,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            south: f64::INFINITY,
            north: f64::NEG_INFINITY,
            cells: vec![None; 361],
        }
    }
}

impl Extent {
    fn add(&mut self, position: LonLat) {
        let (lon, lat) = (position.lon.get(), position.lat.get());
        self.south = self.south.min(lat);
        self.north = self.north.max(lat);
        // -180 to 180 becomes 0 to 360.
        if let Some(cell) = self.cells.get_mut((lon + 180.0) as usize) {
            let (least, greatest) = cell.unwrap_or((lon, lon));
            *cell = Some((least.min(lon), greatest.max(lon)));
        }
    }

    /// West, south, east, north. West is greater than east only where the arc over 180 degrees is the shorter one.
    fn bbox(&self) -> Option<[f64; 4]> {
        let mut cells = self.cells.iter().flatten();
        let (west, mut east) = *cells.next()?;
        let mut widest = None;
        for (least, greatest) in cells {
            let gap = *least - east;
            if widest.is_none_or(|(known, _, _)| gap > known) {
                widest = Some((gap, east, *least));
            }
            east = *greatest;
        }
        match widest {
            Some((gap, end, begin)) if gap > 360.0 - (east - west) => Some([begin, self.south, end, self.north]),
            _ => Some([west, self.south, east, self.north]),
        }
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
