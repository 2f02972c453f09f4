//! GeoJSON (RFC 7946), one feature a line.
//!
//! Version, licence and notice stand in the member `metadata`, before the features. Positions in another system than
//! WGS 84 are named twice: by `coordRefSys` (OGC 21-045, with the epoch) and by the `crs` of the 2008 specification,
//! which is the one that GDAL and QGIS obey.

use std::io::Write;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Error, Header, Outgoing, Writer, oriented};
use crate::domain::schema::Shape;
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

pub struct GeoJson<W> {
    out: W,
    /// The names of the properties as they are written, with quotes.
    names: Vec<String>,
    first: bool,
}

impl<W: Write> GeoJson<W> {
    pub fn new(header: &Header, mut out: W) -> Result<Self, Error> {
        out.write_all(b"{\"type\":\"FeatureCollection\",\n\"name\":")?;
        json(&mut out, header.name())?;
        out.write_all(b",\n\"title\":")?;
        json(&mut out, &header.title)?;
        if header.schema.shape != Shape::None && !header.is_wgs84() {
            let uri = header.crs.uri();
            let urn = header.crs.code().replace(':', "::");
            out.write_all(b",\n\"crs\":{\"type\":\"name\",\"properties\":{\"name\":")?;
            json(&mut out, &format!("urn:ogc:def:crs:{urn}"))?;
            out.write_all(b"}},\n\"coordRefSys\":")?;
            match header.epoch {
                Some(epoch) => {
                    out.write_all(b"{\"type\":\"Reference\",\"href\":")?;
                    json(&mut out, &uri)?;
                    out.write_all(b",\"epoch\":")?;
                    json(&mut out, &epoch.get())?;
                    out.write_all(b"}")?;
                }
                None => json(&mut out, &uri)?,
            }
        }
        out.write_all(b",\n\"metadata\":")?;
        out.write_all(header.statement_json().as_bytes())?;
        out.write_all(b",\n\"features\":[\n")?;
        let names = header.fields.iter().map(|field| format!("{:?}:", field.name)).collect();
        Ok(Self {
            out,
            names,
            first: true,
        })
    }
}

impl<W: Write> Writer for GeoJson<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let out = &mut self.out;
        if !self.first {
            out.write_all(b",\n")?;
        }
        self.first = false;
        write!(
            out,
            "{{\"type\":\"Feature\",\"id\":{},\"properties\":{{",
            feature.feature_id
        )?;
        for (index, (name, value)) in self.names.iter().zip(feature.values).enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            out.write_all(name.as_bytes())?;
            property(out, value)?;
        }
        out.write_all(b"},\"geometry\":")?;
        match feature.geometry {
            Some(shape) => geometry(out, shape)?,
            None => out.write_all(b"null")?,
        }
        out.write_all(b"}")?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(())
    }
}

fn json<T: Serialize + ?Sized>(out: &mut impl Write, value: &T) -> Result<(), Error> {
    serde_json::to_writer(out, value).map_err(|fault| Error::Io(fault.into()))
}

fn property(out: &mut impl Write, value: &Value) -> Result<(), Error> {
    match value {
        Value::Null => Ok(out.write_all(b"null")?),
        Value::Text(text) => json(out, text),
        Value::Integer(integer) => json(out, integer),
        // What is not finite becomes null.
        Value::Number(number) => json(out, number),
        Value::Flag(flag) => json(out, flag),
        Value::Date(date) => json(out, &date.to_string()),
        Value::Time(time) => json(out, &time.to_string()),
        Value::Texts(texts) => json(out, texts),
        Value::Document(text) => match serde_json::from_str::<&RawValue>(text) {
            Ok(document) => json(out, document),
            Err(_) => json(out, text),
        },
    }
}

fn geometry(out: &mut impl Write, geometry: &Geometry) -> Result<(), Error> {
    write!(out, "{{\"type\":\"{}\",\"coordinates\":", geometry.name())?;
    match geometry {
        Geometry::Point(position) => json(out, position)?,
        Geometry::Points(positions) | Geometry::Line(positions) => json(out, positions)?,
        Geometry::Lines(lines) => json(out, lines)?,
        Geometry::Polygon(rings) => polygon(out, rings)?,
        Geometry::Polygons(polygons) => {
            for (index, rings) in polygons.iter().enumerate() {
                out.write_all(if index == 0 { b"[" } else { b"," })?;
                polygon(out, rings)?;
            }
            out.write_all(b"]")?;
        }
    }
    out.write_all(b"}")?;
    Ok(())
}

/// The rings, the outer one counter-clockwise and the others clockwise (RFC 7946, 3.1.6).
fn polygon(out: &mut impl Write, rings: &[Vec<[f64; 2]>]) -> Result<(), Error> {
    for (index, ring) in rings.iter().enumerate() {
        out.write_all(if index == 0 { b"[" } else { b"," })?;
        json(out, &oriented(ring, index == 0))?;
    }
    out.write_all(b"]")?;
    Ok(())
}
