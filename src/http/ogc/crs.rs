//! Reference systems by the addresses that clients write, in the axis order that their authority prefers.

use axum::http::{HeaderMap, HeaderName};

use crate::crs::{Crs, Kind};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;
use crate::service::features::Coordinates;
use crate::service::wire::Axes;

/// Longitude first, degrees: what is given when nothing is asked for.
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

pub const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// The addresses of CRS84 and of further systems.
pub fn addresses(systems: &[Crs]) -> Vec<String> {
    std::iter::once(CRS84.to_owned())
        .chain(systems.iter().map(address))
        .collect()
}

fn address(crs: &Crs) -> String {
    crs.code()
        .strip_prefix("EPSG:")
        .map_or_else(|| CRS84.to_owned(), |code| format!("{EPSG}{code}"))
}

/// A system that was asked for, or in which something was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    pub address: String,
    pub coordinates: Coordinates,
    pub axes: Axes,
    pub geographic: bool,
}

impl Default for System {
    fn default() -> Self {
        Self {
            address: CRS84.to_owned(),
            coordinates: Coordinates::Display,
            axes: Axes::XY,
            geographic: true,
        }
    }
}

impl System {
    /// As the header `Content-Crs` says it.
    pub fn header(&self) -> String {
        format!("<{}>", self.address)
    }

    /// Two numbers as sent, easting or longitude first.
    pub const fn plain(&self, [first, second]: [f64; 2]) -> [f64; 2] {
        match self.axes {
            Axes::XY => [first, second],
            Axes::YX => [second, first],
        }
    }

    /// A geometry as sent, easting or longitude first.
    pub fn plain_geometry(&self, geometry: &Geometry) -> Geometry {
        let turned = geometry.try_map(|position| Ok::<_, std::convert::Infallible>(self.plain(position)));
        match turned {
            Ok(geometry) => geometry,
            Err(never) => match never {},
        }
    }
}

/// The system behind an address, of those that are offered.
pub fn known(systems: &[Crs], text: &str) -> Option<System> {
    let crs = Crs::lookup(text).ok()?;
    if crs.code() == "OGC:CRS84" {
        return Some(System::default());
    }
    let crs = systems.iter().find(|known| known.code() == crs.code())?;
    let axes = if crs.northing_first() { Axes::YX } else { Axes::XY };
    let coordinates = if crs.code() == "EPSG:4326" {
        Coordinates::Display
    } else {
        Coordinates::System(crs.clone())
    };
    Some(System {
        address: address(crs),
        coordinates,
        axes,
        geographic: crs.kind() == Kind::Geographic,
    })
}

/// What is wrong with an address that is not offered.
pub fn unknown(name: &str, text: &str) -> Mistake {
    let shown: String = text.chars().take(100).collect();
    Mistake {
        at: name.to_owned(),
        detail: Message::new(
            format!("{name}={shown} is no reference system that is offered here."),
            format!("{name}={shown} 不是此处提供的坐标参考系。"),
        ),
    }
}

/// The system of a body, by its header; CRS84 without one.
///
/// # Errors
/// When the header names none that is offered.
pub fn of_body(systems: &[Crs], headers: &HeaderMap) -> Result<System, Problem> {
    let Some(value) = headers.get(CONTENT_CRS) else {
        return Ok(System::default());
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    known(systems, bare).ok_or_else(|| {
        let mistake = unknown("Content-Crs", text);
        Problem::new(
            Code::ParameterInvalid,
            mistake.detail.clone(),
            Message::new(
                "The member crs of the collection lists those that are.",
                "数据集的 crs 成员列出可用的坐标参考系。",
            ),
        )
        .with_mistakes(vec![mistake])
    })
}
