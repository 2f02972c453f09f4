//! A file of features or rows, whatever its format: layers with their fields and system, and features one by one.

use super::row::Row;
use crate::crs::{Crs, Kind};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// Name of the cell that has the height of a point, where the file has no column of that name.
pub const HEIGHT: &str = "z";

/// What a file says of the system that its numbers are in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum System {
    /// The file names it, or describes the one that it must be: `EPSG:4490`.
    Said(String),
    /// The format allows no other, and the file does not say otherwise: `OGC:CRS84`.
    Format(&'static str),
    /// The file describes a system that is in no list.
    Named { name: String, wkt: String },
    /// The file says nothing.
    #[default]
    Unknown,
}

impl System {
    /// The code, where there is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Said(code) => Some(code),
            Self::Format(code) => Some(code),
            Self::Named { .. } | Self::Unknown => None,
        }
    }
}

/// What a field of a layer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Integer,
    Number,
    Flag,
    Date,
    Time,
    /// Bytes and the like: not read.
    Other,
}

impl FieldKind {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Flag => "flag",
            Self::Date => "date",
            Self::Time => "time",
            Self::Other => "other",
        }
    }
}

/// One column of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: FieldKind,
}

/// One layer of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer {
    pub name: String,
    /// The geometry kind that the file declares, `Unknown` where features may have any; none for a plain table.
    pub geometry: Option<String>,
    /// None where only reading would tell.
    pub features: Option<u64>,
    pub system: System,
    pub columns: Vec<Column>,
}

/// One feature of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feature {
    /// Number of its layer.
    pub layer: usize,
    pub row: Row,
    /// The name of its geometry's kind as in the file; empty where it has none.
    pub kind: String,
    /// A geometry of a kind that no record has, such as a collection: the row then has none.
    pub unread: bool,
}

impl Feature {
    /// Its row, refused where its geometry could not be read.
    ///
    /// # Errors
    /// `ValueInvalid`, naming the feature and its geometry's kind.
    pub fn into_row(self) -> Result<Row, Problem> {
        if !self.unread {
            return Ok(self.row);
        }
        let (place, kind) = (&self.row.place, &self.kind);
        Err(Problem::new(
            Code::ValueInvalid,
            Message::new(
                format!("The geometry at {place} is a {kind}, which no record has."),
                format!("{place} 的几何类型为 {kind}，登记簿不支持。"),
            ),
            Message::new(
                "Split it into points, lines or polygons and send the file again.",
                "请将其拆分为点、线或面后重新提交。",
            ),
        ))
    }
}

/// Features as they come; reading one may wait for another program.
pub type Features = Box<dyn Iterator<Item = Result<Feature, Problem>> + Send>;

/// A file that is open: what it is and what it holds.
///
/// - **Shape**: `features` has those of all `layers`, layer after layer; after an error comes nothing more.
/// - **Units**: positions as they stand in the file, easting or longitude first, in the layer's system.
pub struct Table {
    /// `GeoPackage`, `Shapefile`, `CSV`, ...
    pub format: String,
    pub layers: Vec<Layer>,
    /// What is odd about the file as a whole.
    pub warnings: Vec<Message>,
    pub features: Features,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("format", &self.format)
            .field("layers", &self.layers)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Positions that are looked at to tell degrees from metres.
const LOOKED_AT: usize = 10_000;

/// Refuses positions that cannot be in the system they are said to be in: degrees where metres belong, metres where
/// degrees belong, or all of them far from where the system is used.
///
/// # Errors
/// `CrsUnknown` with what the numbers look like.
pub fn plausible<'a>(crs: &Crs, geometries: impl Iterator<Item = &'a Geometry>) -> Result<(), Problem> {
    let bounds = geometries
        .flat_map(Geometry::positions)
        .take(LOOKED_AT)
        .filter(|[x, y]| x.is_finite() && y.is_finite())
        .fold(None, |bounds, [x, y]| {
            let [w, s, e, n] = bounds.unwrap_or([*x, *y, *x, *y]);
            Some([w.min(*x), s.min(*y), e.max(*x), n.max(*y)])
        });
    let Some([w, s, e, n]) = bounds else {
        return Ok(());
    };
    let refuse = |en: String, zh: String| {
        Err(Problem::new(
            Code::CrsUnknown,
            Message::new(en, zh),
            Message::new(
                "Say the system that the numbers are really in, or export the file again.",
                "请说明坐标实际所用的坐标系，或重新导出文件。",
            ),
        ))
    };
    let (code, name) = (crs.code(), crs.name());
    match crs.kind() {
        Kind::Projected if w >= -360.0 && e <= 360.0 && s >= -90.0 && n <= 90.0 => refuse(
            format!(
                "The system is said to be {code} ({name}), which has metres, but all positions lie between {w} {s} and \
                 {e} {n}: these look like degrees."
            ),
            format!("声明的坐标系为 {code}（{name}），单位为米，但所有坐标都在 {w} {s} 与 {e} {n} 之间，疑似经纬度。"),
        ),
        Kind::Geographic if w < -360.0 || e > 360.0 || s < -360.0 || n > 360.0 => {
            let guess = looks_like([w, s, e, n]);
            refuse(
                format!(
                    "The system is said to be {code} ({name}), which has degrees, but positions reach from {w} {s} to \
                     {e} {n}: these look like metres{}.",
                    guess.as_ref().map_or_else(String::new, |g| format!(" of {g}"))
                ),
                format!(
                    "声明的坐标系为 {code}（{name}），单位为度，但坐标范围为 {w} {s} 至 {e} {n}，疑似投影坐标（米）{}。",
                    guess.as_ref().map_or_else(String::new, |g| format!("，可能为 {g}"))
                ),
            )
        }
        Kind::Geographic if (s < -90.0 || n > 90.0) && w >= -90.0 && e <= 90.0 => refuse(
            format!(
                "Second numbers reach from {s} to {n}, which are no latitudes: longitude and latitude look swapped."
            ),
            format!("第二个数的范围为 {s} 至 {n}，不是纬度，经纬度顺序疑似颠倒。"),
        ),
        _ => Ok(()),
    }
}

/// The system of the CGCS2000 grids whose eastings begin with the number of the zone, where numbers fit one.
///
/// - **Source**: EPSG: 6-degree zones 13 to 23 are 4491 to 4501, 3-degree zones 25 to 45 are 4513 to 4533.
pub fn looks_like([w, s, e, n]: [f64; 4]) -> Option<String> {
    let zone = (w / 1e6).floor();
    if zone != (e / 1e6).floor() || s < 1_500_000.0 || n > 6_500_000.0 {
        return None;
    }
    let code = match zone as i64 {
        zone @ 13..=23 => 4491 + zone - 13,
        zone @ 25..=45 => 4513 + zone - 25,
        _ => return None,
    };
    let code = format!("EPSG:{code}");
    let crs = Crs::lookup(&code).ok()?;
    Some(format!("{code} ({})", crs.name()))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
