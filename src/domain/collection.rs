//! The collections of map features.

/// The collections, by the names of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    Sections,
    Segments,
    BoundaryPoints,
    Markers,
    Islands,
    Routes,
    Tracks,
    Ports,
    Projects,
    Findings,
}

impl Collection {
    pub const ALL: [Self; 10] = [
        Self::Sections,
        Self::Segments,
        Self::BoundaryPoints,
        Self::Markers,
        Self::Islands,
        Self::Routes,
        Self::Tracks,
        Self::Ports,
        Self::Projects,
        Self::Findings,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sections => "sections",
            Self::Segments => "segments",
            Self::BoundaryPoints => "boundary_points",
            Self::Markers => "markers",
            Self::Islands => "islands",
            Self::Routes => "routes",
            Self::Tracks => "tracks",
            Self::Ports => "ports",
            Self::Projects => "projects",
            Self::Findings => "findings",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}
