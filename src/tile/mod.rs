//! Tile addresses, the layer list, zoom rules. No SQL.
