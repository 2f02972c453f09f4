//! Ports, projects, routes, islands and boundary points: what else has a place on the map of a boundary.

use super::section::words;
use super::text::Names;
use crate::unit::{LonLat, Sigma};

words! {
    PortStatus {
        Planned "planned", Applied "applied", Approved "approved", Building "building", Accepted "accepted", Open "open",
        Restricted "restricted", TemporarilyOpen "temporarily_open", Suspended "suspended", Closed "closed",
        Retired "retired",
    }
}
words! {
    PortClass {
        International "international", Bilateral "bilateral", BorderResidentPassage "border_resident_passage",
        OfficialPassage "official_passage", Temporary "temporary",
    }
}

/// A port of entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    pub number: String,
    pub names: Names,
    /// The party on whose land it must lie.
    pub party: String,
    pub class: PortClass,
    pub status: PortStatus,
    pub counterpart: Names,
    /// Road, rail, water.
    pub traffic: Option<String>,
    pub position: LonLat,
    pub sigma: Sigma,
}

/// A surface or line in the boundary's frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Footprint {
    Line(Vec<LonLat>),
    /// Rings: the outer one first, then holes; closed.
    Polygon(Vec<Vec<LonLat>>),
}

impl Footprint {
    pub fn points(&self) -> impl Iterator<Item = LonLat> + '_ {
        let rings: Box<dyn Iterator<Item = &LonLat>> = match self {
            Self::Line(line) => Box::new(line.iter()),
            Self::Polygon(rings) => Box::new(rings.iter().flatten()),
        };
        rings.copied()
    }
}

/// A border project with its footprint.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub number: String,
    pub names: Names,
    pub kind: String,
    /// The state of its procedure from draft to closed.
    pub state: String,
    /// The party that applies for it.
    pub party: Option<String>,
    pub footprint: Footprint,
}

/// A planned inspection route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub number: String,
    pub names: Names,
    /// Number of the inspection it belongs to.
    pub inspection: Option<String>,
    pub path: Vec<LonLat>,
}

/// An island or sandbar with its attributed owner.
#[derive(Debug, Clone, PartialEq)]
pub struct Island {
    pub number: String,
    pub names: Names,
    pub owner: String,
    pub rings: Vec<Vec<LonLat>>,
}

/// A point of the line by the treaty's own list.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundaryPoint {
    pub number: String,
    pub section: Option<String>,
    /// Latitude and longitude exactly as signed.
    pub printed: Option<(String, String)>,
    pub position: LonLat,
    pub sigma: Option<Sigma>,
}
