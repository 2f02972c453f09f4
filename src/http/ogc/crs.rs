//! Reference systems by the addresses that clients write, in the axis order that their authority prefers.

/// Longitude first, degrees: what is given when nothing is asked for.
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// EPSG codes that are offered beside CRS84 wherever the register is: WGS 84, CGCS2000, web maps, two zones of UTM.
const CODES: [u32; 5] = [4326, 4490, 3857, 32651, 32652];

/// The addresses of all systems in which positions are given, the default first.
pub fn offered() -> Vec<String> {
    std::iter::once(CRS84.to_owned())
        .chain(CODES.iter().map(|code| format!("{EPSG}{code}")))
        .collect()
}
