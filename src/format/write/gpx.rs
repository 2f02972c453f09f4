//! GPX 1.1: points as waypoints, lines and the rings of polygons as tracks, values as extensions.
//!
//! Name and description are what a receiver shows: what people call the record by, and its names. The statement stands
//! in the metadata. A file has all waypoints before all tracks, so that in a collection of both the tracks wait in a
//! temporary file; records without a position stand at the very end, as an extension of the file.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::sync::Arc;

use super::{BUFFER, Error, Header, Outgoing, SOFTWARE, Writer, as_text, xml::escape};
use crate::domain::schema::{NAMES, Shape};
use crate::geom::shape::Geometry;

/// The namespace of the extensions.
const NAMESPACE: &str = "urn:x-merestone:record";

pub struct Gpx<W> {
    header: Arc<Header>,
    out: W,
    tracks: Option<Waiting>,
    placeless: Option<Waiting>,
}

impl<W: Write> Gpx<W> {
    pub fn new(header: Arc<Header>, mut out: W) -> Result<Self, Error> {
        write!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"{SOFTWARE}\" \
             xmlns=\"http://www.topografix.com/GPX/1/1\" xmlns:m=\"{NAMESPACE}\">\n<metadata>\n<name>{}</name>\n\
             <desc>{}</desc>\n<time>{}</time>\n<extensions>\n",
            escape(&header.title),
            escape(&header.statement_text()),
            header.made_at
        )?;
        for (name, text) in header.statement() {
            writeln!(out, "<m:{name}>{}</m:{name}>", escape(&text))?;
        }
        out.write_all(b"</extensions>\n</metadata>\n")?;
        Ok(Self {
            header,
            out,
            tracks: None,
            placeless: None,
        })
    }
}

impl<W: Write> Writer for Gpx<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let header = &self.header;
        let segments: Box<dyn Iterator<Item = &[[f64; 2]]>> = match feature.geometry {
            None => {
                let out = Waiting::open(&mut self.placeless)?;
                out.write_all(b"<m:record>")?;
                values(out, header, feature)?;
                out.write_all(b"</m:record>\n")?;
                return Ok(());
            }
            Some(Geometry::Point(position)) => return waypoint(&mut self.out, header, feature, *position),
            Some(Geometry::Points(positions)) => {
                for position in positions {
                    waypoint(&mut self.out, header, feature, *position)?;
                }
                return Ok(());
            }
            Some(Geometry::Line(positions)) => Box::new(std::iter::once(positions.as_slice())),
            Some(Geometry::Lines(lines) | Geometry::Polygon(lines)) => Box::new(lines.iter().map(Vec::as_slice)),
            Some(Geometry::Polygons(polygons)) => Box::new(polygons.iter().flatten().map(Vec::as_slice)),
        };
        if header.schema.shape == Shape::Any {
            track(Waiting::open(&mut self.tracks)?, header, feature, segments)
        } else {
            track(&mut self.out, header, feature, segments)
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        if let Some(tracks) = self.tracks.take() {
            tracks.pour(&mut self.out)?;
        }
        if let Some(placeless) = self.placeless.take() {
            self.out.write_all(b"<extensions>\n")?;
            placeless.pour(&mut self.out)?;
            self.out.write_all(b"</extensions>\n")?;
        }
        self.out.write_all(b"</gpx>\n")?;
        self.out.flush()?;
        Ok(())
    }
}

fn waypoint(out: &mut impl Write, header: &Header, feature: &Outgoing<'_>, [x, y]: [f64; 2]) -> Result<(), Error> {
    write!(out, "<wpt lat=\"{y}\" lon=\"{x}\">")?;
    names(out, header, feature)?;
    out.write_all(b"<extensions>")?;
    values(out, header, feature)?;
    Ok(out.write_all(b"</extensions></wpt>\n")?)
}

fn track<'a>(
    out: &mut impl Write,
    header: &Header,
    feature: &Outgoing<'_>,
    segments: impl Iterator<Item = &'a [[f64; 2]]>,
) -> Result<(), Error> {
    out.write_all(b"<trk>")?;
    names(out, header, feature)?;
    out.write_all(b"<extensions>")?;
    values(out, header, feature)?;
    out.write_all(b"</extensions>")?;
    for segment in segments {
        out.write_all(b"<trkseg>")?;
        for [x, y] in segment {
            write!(out, "<trkpt lat=\"{y}\" lon=\"{x}\"/>")?;
        }
        out.write_all(b"</trkseg>")?;
    }
    Ok(out.write_all(b"</trk>\n")?)
}

fn names(out: &mut impl Write, header: &Header, feature: &Outgoing<'_>) -> Result<(), Error> {
    if let Some(name) = header.natural(feature) {
        write!(out, "<name>{}</name>", escape(name))?;
    }
    let names: Vec<&str> = NAMES
        .iter()
        .filter_map(|field| header.text(feature, field.name))
        .collect();
    if !names.is_empty() {
        write!(out, "<desc>{}</desc>", escape(&names.join(" / ")))?;
    }
    Ok(write!(out, "<type>{}</type>", header.name())?)
}

fn values(out: &mut impl Write, header: &Header, feature: &Outgoing<'_>) -> Result<(), Error> {
    write!(out, "<m:feature_id>{}</m:feature_id>", feature.feature_id)?;
    for (field, value) in header.fields.iter().zip(feature.values) {
        if let Some(text) = as_text(value) {
            write!(out, "<m:{0}>{1}</m:{0}>", field.name, escape(&text))?;
        }
    }
    Ok(())
}

/// What is written already and has its place further on.
struct Waiting(BufWriter<File>);

impl Waiting {
    fn open(slot: &mut Option<Self>) -> Result<&mut BufWriter<File>, Error> {
        let waiting = match slot.take() {
            Some(waiting) => waiting,
            None => Self(BufWriter::with_capacity(BUFFER, tempfile::tempfile()?)),
        };
        Ok(&mut slot.insert(waiting).0)
    }

    fn pour(self, out: &mut impl Write) -> Result<(), Error> {
        let mut file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        io::copy(&mut file, out)?;
        Ok(())
    }
}
