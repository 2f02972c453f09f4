//! KML 2.2 (OGC 07-147r2): one document, one placemark a record, its values as typed data of a schema.
//!
//! The statement stands in the document's description and, name by name, in its extended data. A record's time in force
//! is its time span, so that the time slider of an earth browser works on it.

use std::io::Write;
use std::sync::Arc;

use super::{Column, Error, Header, Outgoing, Writer, as_text, column, oriented, xml::escape};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

pub struct Kml<W> {
    header: Arc<Header>,
    out: W,
}

impl<W: Write> Kml<W> {
    pub fn new(header: Arc<Header>, mut out: W) -> Result<Self, Error> {
        let (name, title) = (header.name(), escape(&header.title));
        write!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n\
             <Document id=\"{name}\">\n<name>{title}</name>\n<description>{}</description>\n<ExtendedData>\n",
            escape(&header.statement_text())
        )?;
        for (name, text) in header.statement() {
            writeln!(out, "<Data name=\"{name}\"><value>{}</value></Data>", escape(&text))?;
        }
        write!(
            out,
            "</ExtendedData>\n<Schema name=\"{name}\" id=\"fields\">\n\
             <SimpleField type=\"int\" name=\"feature_id\"></SimpleField>\n"
        )?;
        for field in &header.fields {
            let kind = match column(field.kind) {
                Column::Integer => "int",
                Column::Number => "double",
                Column::Flag => "bool",
                Column::Text | Column::Date | Column::Time | Column::Texts | Column::Document => "string",
            };
            writeln!(
                out,
                "<SimpleField type=\"{kind}\" name=\"{}\"><displayName>{}</displayName></SimpleField>",
                field.name,
                escape(&format!("{} {}", field.title.en, field.title.zh))
            )?;
        }
        out.write_all(b"</Schema>\n")?;
        Ok(Self { header, out })
    }
}

impl<W: Write> Writer for Kml<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let out = &mut self.out;
        out.write_all(b"<Placemark>")?;
        if let Some(name) = self.header.natural(feature) {
            write!(out, "<name>{}</name>", escape(name))?;
        }
        let from = self.header.time(feature, "valid_from");
        let to = self.header.time(feature, "valid_to");
        if from.is_some() || to.is_some() {
            out.write_all(b"<TimeSpan>")?;
            if let Some(from) = from {
                write!(out, "<begin>{from}</begin>")?;
            }
            if let Some(to) = to {
                write!(out, "<end>{to}</end>")?;
            }
            out.write_all(b"</TimeSpan>")?;
        }
        write!(
            out,
            "<ExtendedData><SchemaData schemaUrl=\"#fields\"><SimpleData name=\"feature_id\">{}</SimpleData>",
            feature.feature_id
        )?;
        for (field, value) in self.header.fields.iter().zip(feature.values) {
            // GDAL reads truth as a number, which XML allows.
            let text = match value {
                Value::Flag(flag) => Some(if *flag { "1" } else { "0" }.into()),
                other => as_text(other),
            };
            if let Some(text) = text {
                write!(
                    out,
                    "<SimpleData name=\"{}\">{}</SimpleData>",
                    field.name,
                    escape(&text)
                )?;
            }
        }
        out.write_all(b"</SchemaData></ExtendedData>")?;
        if let Some(shape) = feature.geometry {
            geometry(out, shape)?;
        }
        out.write_all(b"</Placemark>\n")?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.out.write_all(b"</Document>\n</kml>\n")?;
        self.out.flush()?;
        Ok(())
    }
}

fn geometry(out: &mut impl Write, shape: &Geometry) -> Result<(), Error> {
    match shape {
        Geometry::Point(position) => point(out, *position),
        Geometry::Line(positions) => line(out, positions),
        Geometry::Polygon(rings) => polygon(out, rings),
        Geometry::Points(positions) => several(out, positions, |out, position| point(out, *position)),
        Geometry::Lines(lines) => several(out, lines, |out, part| line(out, part)),
        Geometry::Polygons(polygons) => several(out, polygons, |out, rings| polygon(out, rings)),
    }
}

fn several<W: Write, T>(
    out: &mut W,
    parts: &[T],
    mut each: impl FnMut(&mut W, &T) -> Result<(), Error>,
) -> Result<(), Error> {
    out.write_all(b"<MultiGeometry>")?;
    for part in parts {
        each(out, part)?;
    }
    out.write_all(b"</MultiGeometry>")?;
    Ok(())
}

fn point(out: &mut impl Write, [x, y]: [f64; 2]) -> Result<(), Error> {
    Ok(write!(out, "<Point><coordinates>{x},{y}</coordinates></Point>")?)
}

fn line(out: &mut impl Write, positions: &[[f64; 2]]) -> Result<(), Error> {
    out.write_all(b"<LineString><tessellate>1</tessellate>")?;
    coordinates(out, positions)?;
    Ok(out.write_all(b"</LineString>")?)
}

fn polygon(out: &mut impl Write, rings: &[Vec<[f64; 2]>]) -> Result<(), Error> {
    out.write_all(b"<Polygon><tessellate>1</tessellate>")?;
    for (index, ring) in rings.iter().enumerate() {
        let side = if index == 0 {
            "outerBoundaryIs"
        } else {
            "innerBoundaryIs"
        };
        write!(out, "<{side}><LinearRing>")?;
        // Seen from above, outer rings run counter-clockwise (OGC 07-147r2, 10.8.3.4).
        coordinates(out, &oriented(ring, index == 0))?;
        write!(out, "</LinearRing></{side}>")?;
    }
    Ok(out.write_all(b"</Polygon>")?)
}

fn coordinates(out: &mut impl Write, positions: &[[f64; 2]]) -> Result<(), Error> {
    out.write_all(b"<coordinates>")?;
    for (index, [x, y]) in positions.iter().enumerate() {
        let space = if index > 0 { " " } else { "" };
        write!(out, "{space}{x},{y}")?;
    }
    Ok(out.write_all(b"</coordinates>")?)
}
