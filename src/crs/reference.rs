//! Coordinate reference systems by their authority code.

use std::cell::RefCell;
use std::collections::HashMap;

use super::UnknownCrs;
use super::ffi::{Dialect, Pj};
use crate::geom::ellipsoid::Ellipsoid;

/// The kinds of horizontal systems that positions come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Longitude and latitude in degrees.
    Geographic,
    /// Easting and northing in metres.
    Projected,
}

/// A horizontal coordinate reference system.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    code: String,
    name: String,
    kind: Kind,
    ellipsoid: Ellipsoid,
    /// Code of the geographic system beneath; the code itself for a geographic one.
    base: String,
    area: Option<[f64; 4]>,
    northing_first: bool,
}

thread_local! {
    static KNOWN: RefCell<HashMap<String, Crs>> = RefCell::new(HashMap::new());
}

impl Crs {
    /// Looks up `EPSG:4490`, `epsg:4490`, `4490`, `OGC:CRS84` or the OGC address of a code.
    ///
    /// # Errors
    /// When the text is none of these, or the code is unknown or neither geographic nor projected.
    pub fn lookup(text: &str) -> Result<Self, UnknownCrs> {
        let unknown = |reason| UnknownCrs {
            code: text.chars().take(80).collect(),
            reason,
        };
        let code = normal(text).ok_or_else(|| unknown("write it as EPSG:4490"))?;
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&code).cloned()) {
            return Ok(known);
        }
        let pj = Pj::create(&code).ok_or_else(|| unknown("the code is not in the EPSG data"))?;
        let kind = match pj.kind() {
            proj_sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS | proj_sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS => {
                Kind::Geographic
            }
            proj_sys::PJ_TYPE_PJ_TYPE_PROJECTED_CRS => Kind::Projected,
            _ => return Err(unknown("it is neither a geographic nor a projected system")),
        };
        let base = if kind == Kind::Geographic {
            code.clone()
        } else {
            pj.geodetic_crs()
                .and_then(|b| b.identifier())
                .ok_or_else(|| unknown("its geographic system is not named"))?
        };
        let (major, inverse_flattening) = pj.ellipsoid().ok_or_else(|| unknown("its ellipsoid is not known"))?;
        let crs = Self {
            name: pj.name(),
            kind,
            ellipsoid: Ellipsoid::new(major, inverse_flattening),
            base,
            area: pj.area_of_use(),
            northing_first: pj.first_axis().is_some_and(|direction| direction == "north"),
            code: code.clone(),
        };
        KNOWN.with_borrow_mut(|known| known.insert(code, crs.clone()));
        Ok(crs)
    }

    /// `EPSG:4490`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The number of an EPSG code, which is also PostGIS's SRID.
    pub fn srid(&self) -> Option<i32> {
        match self.code.as_str() {
            "OGC:CRS84" => Some(4326),
            code => code.strip_prefix("EPSG:")?.parse().ok(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }

    pub const fn ellipsoid(&self) -> &Ellipsoid {
        &self.ellipsoid
    }

    /// Code of the geographic system on which a projected one stands; its own for a geographic one.
    pub fn base_code(&self) -> &str {
        &self.base
    }

    /// Whether the authority puts latitude or northing first. Inside Merestone the other number always is.
    pub const fn northing_first(&self) -> bool {
        self.northing_first
    }

    /// The definition as well-known text.
    ///
    /// - **Errors**: `None` where the dialect has no words for it.
    /// - **Source**: PROJ's `proj_as_wkt` from the EPSG data.
    pub fn wkt(&self, dialect: Dialect) -> Option<String> {
        Pj::create(&self.code)?.wkt(dialect)
    }

    /// The definition as PROJJSON 0.7.
    ///
    /// - **Errors**: `None` where PROJ cannot write it.
    /// - **Source**: PROJ's `proj_as_projjson` from the EPSG data.
    pub fn projjson(&self) -> Option<String> {
        Pj::create(&self.code)?.projjson()
    }

    /// The address of the definition at the OGC.
    pub fn uri(&self) -> String {
        match self.code.split_once(':') {
            Some(("OGC", name)) => format!("http://www.opengis.net/def/crs/OGC/1.3/{name}"),
            Some((authority, number)) => format!("http://www.opengis.net/def/crs/{authority}/0/{number}"),
            None => self.code.clone(),
        }
    }

    /// West, south, east, north in degrees, where the authority states it.
    pub const fn area(&self) -> Option<[f64; 4]> {
        self.area
    }
}

/// The one spelling of a code, or nothing where the text is no code.
fn normal(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = text
        .strip_prefix("http://www.opengis.net/def/crs/EPSG/0/")
        .or_else(|| text.strip_prefix("urn:ogc:def:crs:EPSG::"))
        .or_else(|| {
            text.get(..5)
                .filter(|p| p.eq_ignore_ascii_case("EPSG:"))
                .and_then(|_| text.get(5..))
        });
    let digits = plain.unwrap_or(text);
    if !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("EPSG:{}", digits.trim_start_matches('0')));
    }
    let crs84 = [
        "OGC:CRS84",
        "CRS84",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
    ];
    crs84
        .iter()
        .any(|known| known.eq_ignore_ascii_case(text))
        .then(|| "OGC:CRS84".to_owned())
}
