//! Geometry between Rust and PostGIS, as EWKB.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

use crate::geom::shape::Geometry;
use crate::unit::LonLat;

const Z: u32 = 0x8000_0000;
const M: u32 = 0x4000_0000;
const SRID: u32 = 0x2000_0000;

/// A geometry as PostGIS writes it to a binary client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ewkb(pub Vec<u8>);

/// What came from the database is not the geometry that a column promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a {0}, found something else")]
pub struct NotThis(&'static str);

impl Type<Postgres> for Ewkb {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("geometry")
    }
}

impl PgHasArrayType for Ewkb {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_geometry")
    }
}

impl Encode<'_, Postgres> for Ewkb {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Postgres> for Ewkb {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self(value.as_bytes()?.to_vec())),
            PgValueFormat::Text => Err("geometry is read in binary only".into()),
        }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn new(kind: u32, srid: Option<i32>) -> Self {
        let mut writer = Self(Vec::new());
        writer.head(kind, srid);
        writer
    }

    fn head(&mut self, kind: u32, srid: Option<i32>) {
        self.0.push(1);
        self.count(kind | if srid.is_some() { SRID } else { 0 });
        if let Some(srid) = srid {
            self.0.extend_from_slice(&srid.to_le_bytes());
        }
    }

    fn count(&mut self, n: u32) {
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    fn point(&mut self, point: LonLat) {
        self.0.extend_from_slice(&point.lon.get().to_le_bytes());
        self.0.extend_from_slice(&point.lat.get().to_le_bytes());
    }

    fn positions(&mut self, positions: &[[f64; 2]]) {
        self.count(positions.len() as u32);
        for value in positions.iter().flatten() {
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    fn rings(&mut self, rings: &[Vec<[f64; 2]>]) {
        self.count(rings.len() as u32);
        rings.iter().for_each(|ring| self.positions(ring));
    }

    fn geometry(&mut self, srid: Option<i32>, geometry: &Geometry) {
        match geometry {
            Geometry::Point([x, y]) => {
                self.head(1, srid);
                self.0.extend_from_slice(&x.to_le_bytes());
                self.0.extend_from_slice(&y.to_le_bytes());
            }
            Geometry::Line(line) => {
                self.head(2, srid);
                self.positions(line);
            }
            Geometry::Polygon(rings) => {
                self.head(3, srid);
                self.rings(rings);
            }
            Geometry::Points(points) => {
                self.head(4, srid);
                self.count(points.len() as u32);
                points
                    .iter()
                    .for_each(|point| self.geometry(None, &Geometry::Point(*point)));
            }
            Geometry::Lines(lines) => {
                self.head(5, srid);
                self.count(lines.len() as u32);
                for line in lines {
                    self.head(2, None);
                    self.positions(line);
                }
            }
            Geometry::Polygons(polygons) => {
                self.head(6, srid);
                self.count(polygons.len() as u32);
                for rings in polygons {
                    self.head(3, None);
                    self.rings(rings);
                }
            }
        }
    }

    fn points(&mut self, points: &[LonLat]) {
        self.count(points.len() as u32);
        points.iter().for_each(|p| self.point(*p));
    }
}

impl Ewkb {
    pub fn point(srid: i32, point: LonLat) -> Self {
        let mut writer = Writer::new(1, Some(srid));
        writer.point(point);
        Self(writer.0)
    }

    pub fn line(srid: i32, points: &[LonLat]) -> Self {
        let mut writer = Writer::new(2, Some(srid));
        writer.points(points);
        Self(writer.0)
    }

    pub fn polygon(srid: i32, rings: &[Vec<LonLat>]) -> Self {
        let mut writer = Writer::new(3, Some(srid));
        writer.count(rings.len() as u32);
        rings.iter().for_each(|ring| writer.points(ring));
        Self(writer.0)
    }

    pub fn lines(srid: i32, lines: &[Vec<LonLat>]) -> Self {
        let mut writer = Writer::new(5, Some(srid));
        writer.count(lines.len() as u32);
        for line in lines {
            writer.head(2, None);
            writer.points(line);
        }
        Self(writer.0)
    }

    /// A line of longitude, latitude, elevation and measure.
    pub fn line_zm(srid: i32, points: &[[f64; 4]]) -> Self {
        let mut writer = Writer::new(2 | Z | M, Some(srid));
        writer.0.reserve(4 + points.len() * 32);
        writer.count(points.len() as u32);
        for value in points.iter().flatten() {
            writer.0.extend_from_slice(&value.to_le_bytes());
        }
        Self(writer.0)
    }

    /// Any geometry of plain numbers.
    pub fn geometry(srid: i32, geometry: &Geometry) -> Self {
        let mut writer = Writer(Vec::new());
        writer.geometry(Some(srid), geometry);
        Self(writer.0)
    }

    /// As hexadecimal text, which PostgreSQL takes as a geometry literal.
    pub fn hex(&self) -> String {
        self.0
            .iter()
            .fold(String::with_capacity(self.0.len() * 2), |mut text, byte| {
                for half in [byte >> 4, byte & 15] {
                    text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
                }
                text
            })
    }

    /// # Errors
    /// When it is no point of plausible numbers.
    pub fn to_point(&self) -> Result<LonLat, NotThis> {
        let mut reader = Reader::open(&self.0, 1).ok_or(NotThis("point"))?;
        reader.point().ok_or(NotThis("point"))
    }

    /// # Errors
    /// When it is no line of plausible numbers.
    pub fn to_line(&self) -> Result<Vec<LonLat>, NotThis> {
        let mut reader = Reader::open(&self.0, 2).ok_or(NotThis("line"))?;
        reader.points().ok_or(NotThis("line"))
    }

    /// # Errors
    /// When it is no polygon of plausible numbers.
    pub fn to_polygon(&self) -> Result<Vec<Vec<LonLat>>, NotThis> {
        let mut reader = Reader::open(&self.0, 3).ok_or(NotThis("polygon"))?;
        let rings = reader.count().ok_or(NotThis("polygon"))?;
        (0..rings).map(|_| reader.points().ok_or(NotThis("polygon"))).collect()
    }

    /// Any geometry of the six simple kinds, as plain numbers; heights and measures are left out.
    ///
    /// # Errors
    /// When it is none of them, or cut short.
    pub fn to_geometry(&self) -> Result<Geometry, NotThis> {
        let mut reader = Reader {
            bytes: &self.0,
            big_endian: false,
            dimensions: 2,
        };
        reader.geometry(1).ok_or(NotThis("geometry"))
    }

    /// # Errors
    /// When it is no line with elevation and measure.
    pub fn to_line_zm(&self) -> Result<Vec<[f64; 4]>, NotThis> {
        let read = || {
            let mut reader = Reader::open(&self.0, 2).filter(|r| r.dimensions == 4)?;
            let n = reader.count()?;
            let mut points = Vec::with_capacity((n as usize).min(self.0.len() / 32));
            for _ in 0..n {
                points.push([reader.number()?, reader.number()?, reader.number()?, reader.number()?]);
            }
            Some(points)
        };
        read().ok_or(NotThis("line with elevation and measure"))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    dimensions: usize,
}

impl<'a> Reader<'a> {
    fn open(bytes: &'a [u8], kind: u32) -> Option<Self> {
        let mut reader = Self {
            bytes,
            big_endian: bytes.first()? == &0,
            dimensions: 2,
        };
        reader.take(1)?;
        let word = reader.count()?;
        if word & SRID != 0 {
            reader.take(4)?;
        }
        reader.dimensions = 2 + usize::from(word & Z != 0) + usize::from(word & M != 0);
        (word & 0x0FFF_FFFF == kind).then_some(reader)
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(n)?;
        self.bytes = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<u32> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn number(&mut self) -> Option<f64> {
        let bytes: [u8; 8] = self.take(8)?.try_into().ok()?;
        Some(if self.big_endian {
            f64::from_be_bytes(bytes)
        } else {
            f64::from_le_bytes(bytes)
        })
    }

    fn point(&mut self) -> Option<LonLat> {
        let point = LonLat::new(self.number()?, self.number()?).ok()?;
        self.take(8 * (self.dimensions - 2))?;
        Some(point)
    }

    fn position(&mut self) -> Option<[f64; 2]> {
        let position = [self.number()?, self.number()?];
        self.take(8 * (self.dimensions - 2))?;
        Some(position)
    }

    /// As many as are said to follow; a count that the bytes cannot hold ends in `None`, not in memory.
    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.count()?;
        (n as usize <= self.bytes.len()).then_some(())?;
        (0..n).map(|_| read(self)).collect()
    }

    /// One geometry with its head; collections hold their parts with heads of their own, no deeper than `depth`.
    fn geometry(&mut self, depth: u8) -> Option<Geometry> {
        self.big_endian = self.take(1)?.first()? == &0;
        let word = self.count()?;
        if word & SRID != 0 {
            self.take(4)?;
        }
        self.dimensions = 2 + usize::from(word & Z != 0) + usize::from(word & M != 0);
        let part = |reader: &mut Self| (depth > 0).then(|| reader.geometry(depth - 1)).flatten();
        Some(match word & 0x0FFF_FFFF {
            1 => Geometry::Point(self.position()?),
            2 => Geometry::Line(self.many(Self::position)?),
            3 => Geometry::Polygon(self.many(|r| r.many(Self::position))?),
            4 => Geometry::Points(self.many(|r| match part(r)? {
                Geometry::Point(point) => Some(point),
                _ => None,
            })?),
            5 => Geometry::Lines(self.many(|r| match part(r)? {
                Geometry::Line(line) => Some(line),
                _ => None,
            })?),
            6 => Geometry::Polygons(self.many(|r| match part(r)? {
                Geometry::Polygon(rings) => Some(rings),
                _ => None,
            })?),
            _ => return None,
        })
    }

    fn points(&mut self) -> Option<Vec<LonLat>> {
        let n = self.count()?;
        (0..n).map(|_| self.point()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn somewhere() -> impl Strategy<Value = LonLat> {
        (-180.0..=180.0, -90.0..=90.0).prop_map(|(lon, lat)| LonLat::new(lon, lat).unwrap())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(points in prop::collection::vec(somewhere(), 2..20)) {
            prop_assert_eq!(Ewkb::point(4490, points[0]).to_point().unwrap(), points[0]);
            prop_assert_eq!(&Ewkb::line(4490, &points).to_line().unwrap(), &points);
            let rings = vec![points.clone(), points];
            prop_assert_eq!(Ewkb::polygon(4490, &rings).to_polygon().unwrap(), rings.clone());
            let plain = |line: &[LonLat]| line.iter().map(|p| [p.lon.get(), p.lat.get()]).collect::<Vec<_>>();
            let rings: Vec<_> = rings.iter().map(|ring| plain(ring)).collect();
            for shape in [
                Geometry::Point(rings[0][0]),
                Geometry::Points(rings[0].clone()),
                Geometry::Line(rings[0].clone()),
                Geometry::Lines(rings.clone()),
                Geometry::Polygon(rings.clone()),
                Geometry::Polygons(vec![rings.clone(), rings]),
            ] {
                prop_assert_eq!(Ewkb::geometry(4490, &shape).to_geometry().unwrap(), shape);
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let ewkb = Ewkb(bytes);
            let _ = (ewkb.to_point(), ewkb.to_line(), ewkb.to_polygon(), ewkb.to_line_zm(), ewkb.to_geometry());
        }
    }

    #[test]
    fn a_line_of_fixes_keeps_what_is_not_a_number() {
        let fixes = [[130.0, 42.0, f64::NAN, 1.5e9], [130.1, 42.1, 12.0, f64::NAN]];
        let read = Ewkb::line_zm(4326, &fixes).to_line_zm().unwrap();
        assert!(read[0][2].is_nan() && read[1][3].is_nan());
        assert_eq!((read[0][0], read[1][2]), (130.0, 12.0));
    }
}
