//! Tile addresses, the layer list, zoom rules. No SQL.

/// The deepest zoom that is served.
pub const DEEPEST: u8 = 22;

/// One tile of the WebMercatorQuad matrix set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    pub zoom: u8,
    pub column: u32,
    pub row: u32,
}

impl Address {
    /// `None` outside the matrix.
    pub fn new(zoom: u8, row: u32, column: u32) -> Option<Self> {
        let n = 1_u32.checked_shl(u32::from(zoom))?;
        (zoom <= DEEPEST && row < n && column < n).then_some(Self { zoom, column, row })
    }
}

/// A layer and its fields with their TileJSON types.
pub struct Layer {
    pub id: &'static str,
    /// The collection whose changes it shows.
    pub collections: &'static [&'static str],
    pub fields: &'static [(&'static str, &'static str)],
}

const NAMED: [(&str, &str); 3] = [("number", "String"), ("name_zh", "String"), ("name_en", "String")];

/// All layers of a boundary's tiles, from the bottom up.
pub const LAYERS: &[Layer] = &[
    Layer {
        id: "segments",
        collections: &["segments", "sections"],
        fields: &[
            ("section", "String"),
            ("character", "String"),
            ("line_type", "String"),
            ("ordinal", "Number"),
            ("name_zh", "String"),
            ("name_en", "String"),
        ],
    },
    Layer {
        id: "boundary_points",
        collections: &["boundary_points"],
        fields: &[("number", "String")],
    },
    Layer {
        id: "islands",
        collections: &["islands"],
        fields: &[NAMED[0], NAMED[1], NAMED[2], ("owner", "String")],
    },
    Layer {
        id: "projects",
        collections: &["projects"],
        fields: &[NAMED[0], NAMED[1], NAMED[2], ("kind", "String"), ("state", "String")],
    },
    Layer {
        id: "routes",
        collections: &["routes"],
        fields: &NAMED,
    },
    Layer {
        id: "tracks",
        collections: &["tracks"],
        fields: &[("name", "String"), ("inspection", "String")],
    },
    Layer {
        id: "findings",
        collections: &["findings"],
        fields: &[
            ("check", "String"),
            ("verdict", "String"),
            ("message_en", "String"),
            ("message_zh", "String"),
        ],
    },
    Layer {
        id: "ports",
        collections: &["ports"],
        fields: &[NAMED[0], NAMED[1], NAMED[2], ("status", "String"), ("class", "String")],
    },
    Layer {
        id: "markers",
        collections: &["markers", "findings"],
        fields: &[
            ("number", "String"),
            ("element", "Number"),
            ("label", "String"),
            ("constellation", "String"),
            ("kind", "String"),
            ("state", "String"),
            ("visited", "String"),
            ("verdict", "String"),
        ],
    },
];

/// Every collection that can change a tile.
pub fn collections() -> Vec<&'static str> {
    let mut all: Vec<&str> = LAYERS
        .iter()
        .flat_map(|layer| layer.collections.iter().copied())
        .collect();
    all.extend(["boundaries", "inspections"]);
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_at_the_edge_of_the_matrix() {
        assert!(Address::new(0, 0, 0).is_some());
        assert!(Address::new(0, 0, 1).is_none());
        assert!(Address::new(3, 7, 7).is_some());
        assert!(Address::new(3, 8, 0).is_none());
        assert!(Address::new(23, 0, 0).is_none());
        assert!(Address::new(200, 0, 0).is_none());
    }
}
