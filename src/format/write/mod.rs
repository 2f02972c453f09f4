//! Files that are given out: one format a file, written as the records come.
//!
//! Start with [`ExportFormat`] for what there is, [`Header`] for what every file says about itself, [`Export`] for how
//! records go in. Each format states version, frame and licence where its readers look for them. Formats that are
//! streams need the memory of one record (GeoParquet: of one group of rows); GeoPackage and Shapefile need a file to
//! move about in.

mod csv;
mod dbf;
mod dxf;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod geoparquet;
mod gpx;
mod kml;
mod number;
mod shapefile;
#[cfg(test)]
mod tests;
mod wkb;
mod wkt;
mod xml;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

pub use self::csv::{SideFile, side_files};
use crate::crs::{Crs, Kind};
use crate::domain::problem::{Code, Problem};
use crate::domain::schema::{Field, Schema, Shape, Type};
use crate::domain::text::{Lang, Message, Names};
use crate::domain::value::Value;
use crate::geom::shape::{Geometry, runs_counter_clockwise};
use crate::unit::Epoch;

/// The formats that records are given out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    GeoJson,
    GeoPackage,
    FlatGeobuf,
    Kml,
    Gpx,
    Csv,
    Shapefile,
    Dxf,
    GeoParquet,
}

impl ExportFormat {
    pub const ALL: [Self; 9] = [
        Self::GeoJson,
        Self::GeoPackage,
        Self::FlatGeobuf,
        Self::Kml,
        Self::Gpx,
        Self::Csv,
        Self::Shapefile,
        Self::Dxf,
        Self::GeoParquet,
    ];

    /// The word of the parameter `f`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoPackage => "gpkg",
            Self::FlatGeobuf => "fgb",
            Self::Kml => "kml",
            Self::Gpx => "gpx",
            Self::Csv => "csv",
            Self::Shapefile => "shp",
            Self::Dxf => "dxf",
            Self::GeoParquet => "parquet",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::FlatGeobuf => "application/flatgeobuf",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Gpx => "application/gpx+xml",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Shapefile => "application/zip",
            Self::Dxf => "image/vnd.dxf",
            Self::GeoParquet => "application/vnd.apache.parquet",
        }
    }

    /// The format of a media type, whatever its parameters and case.
    pub fn from_media_type(text: &str) -> Option<Self> {
        let plain = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let asked = plain(text);
        Self::ALL.into_iter().find(|format| plain(format.media_type()) == asked)
    }

    /// The end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Shapefile => "shp.zip",
            other => other.word(),
        }
    }

    /// The name of the format, the same in every language.
    pub const fn title(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::GeoPackage => "GeoPackage",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::Kml => "KML",
            Self::Gpx => "GPX",
            Self::Csv => "CSV",
            Self::Shapefile => "Shapefile",
            Self::Dxf => "DXF",
            Self::GeoParquet => "GeoParquet",
        }
    }

    /// Whether it can be sent while it is written; the others need [`Export::to_file`].
    pub const fn is_stream(self) -> bool {
        !matches!(self, Self::GeoPackage | Self::Shapefile)
    }

    /// Whether a file can hold several collections, see [`Export::layer`].
    pub const fn has_layers(self) -> bool {
        matches!(self, Self::GeoPackage)
    }

    /// Whether its positions are longitude and latitude of WGS 84 by definition.
    pub const fn is_wgs84_only(self) -> bool {
        matches!(self, Self::Kml | Self::Gpx)
    }

    /// Whether it can hold records of this shape.
    ///
    /// - **Errors**: none; a GPX or DXF file has no place for records without a geometry.
    pub const fn holds(self, shape: Shape) -> bool {
        !(matches!(self, Self::Gpx | Self::Dxf) && matches!(shape, Shape::None))
    }
}

/// What a file says about itself.
#[derive(Debug, Clone)]
pub struct Header {
    pub schema: &'static Schema,
    /// The fields that are given out, in the order of the values.
    pub fields: Vec<&'static Field>,
    pub title: String,
    /// The system of the positions.
    pub crs: Crs,
    /// The epoch of the positions, where their system has one.
    pub epoch: Option<Epoch>,
    /// The version of the collection.
    pub version: String,
    pub licence: String,
    /// What the boundary wants said with its data.
    pub notice: Names,
    /// What else is stated: the frame, what the positions are, as of when.
    pub more: Vec<(&'static str, String)>,
    pub made_at: Timestamp,
}

/// The program that made a file.
const SOFTWARE: &str = concat!("Merestone ", env!("CARGO_PKG_VERSION"));

impl Header {
    /// The name of the layer or table.
    pub const fn name(&self) -> &'static str {
        self.schema.collection
    }

    /// What is stated in every file, as pairs of a name and a text; nothing is stated that is empty.
    pub fn statement(&self) -> Vec<(&'static str, String)> {
        let mut said = vec![
            ("title", self.title.clone()),
            ("collection", self.schema.collection.to_owned()),
            ("description", self.schema.description.en.to_owned()),
            ("version", self.version.clone()),
        ];
        if self.schema.shape != Shape::None {
            said.push(("crs", self.crs.code().to_owned()));
            said.push(("crs_name", self.crs.name().to_owned()));
            let axes = if self.in_degrees() {
                "longitude, latitude"
            } else {
                "easting, northing"
            };
            said.push(("axes", axes.to_owned()));
            said.extend(self.epoch.map(|epoch| ("epoch", number::json(epoch.get()))));
        }
        said.extend(self.more.iter().cloned());
        said.push(("licence", self.licence.clone()));
        for (lang, text) in self.notice.iter() {
            let name = match lang {
                Lang::Zh => "notice_zh",
                Lang::En => "notice_en",
                Lang::Ru => "notice_ru",
                Lang::Ko => "notice_ko",
            };
            said.push((name, text.to_owned()));
        }
        said.push(("made_at", self.made_at.to_string()));
        said.push(("software", SOFTWARE.to_owned()));
        said.retain(|(_, text)| !text.is_empty());
        said
    }

    /// The statement as a JSON object.
    fn statement_json(&self) -> String {
        let members = self.statement().into_iter();
        let object: serde_json::Map<String, serde_json::Value> = members
            .map(|(name, text)| {
                let value = match (name, self.epoch) {
                    ("epoch", Some(epoch)) => serde_json::Value::from(epoch.get()),
                    _ => serde_json::Value::from(text),
                };
                (name.to_owned(), value)
            })
            .collect();
        serde_json::Value::Object(object).to_string()
    }

    /// The statement as lines `name: text`.
    fn statement_text(&self) -> String {
        let lines = self.statement().into_iter();
        lines.map(|(name, text)| format!("{name}: {text}\n")).collect()
    }

    /// The value that people call a record by.
    fn natural<'a>(&self, feature: &Outgoing<'a>) -> Option<&'a str> {
        self.text(feature, self.schema.natural)
    }

    fn text<'a>(&self, feature: &Outgoing<'a>, name: &str) -> Option<&'a str> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        feature.values.get(at)?.as_text()
    }

    fn time(&self, feature: &Outgoing<'_>, name: &str) -> Option<Timestamp> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        match feature.values.get(at)? {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    /// Whether positions are longitude and latitude of WGS 84 as OGC:CRS84 has them.
    fn is_wgs84(&self) -> bool {
        matches!(self.crs.code(), "OGC:CRS84" | "EPSG:4326")
    }

    /// Whether positions are degrees.
    fn in_degrees(&self) -> bool {
        self.crs.kind() == Kind::Geographic
    }
}

/// One record on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub feature_id: i64,
    /// In the order of [`Header::fields`].
    pub values: &'a [Value],
    /// In the system of [`Header::crs`], easting or longitude first.
    pub geometry: Option<&'a Geometry>,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file could not be written: {0}")]
    Io(#[from] io::Error),
    /// What was asked cannot be said in this format.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// A value is not of the kind that its field promises.
    #[error("{field} of feature {feature_id} does not hold what its field promises")]
    Unfit { field: &'static str, feature_id: i64 },
    #[error("the file could not be written: {0}")]
    Library(String),
}

impl Error {
    fn library(fault: impl std::fmt::Display) -> Self {
        Self::Library(fault.to_string())
    }

    fn refused(code: Code, detail: Message, remedy: Message) -> Self {
        Self::Refused(Box::new(Problem::new(code, detail, remedy)))
    }
}

/// What every format does.
trait Writer {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error>;

    /// Goes on with another collection.
    fn layer(&mut self, _header: Arc<Header>) -> Result<(), Error> {
        Err(Error::Library("the format holds one collection".to_owned()))
    }

    /// Writes what comes last. Without this the file is not complete.
    fn finish(self: Box<Self>) -> Result<(), Error>;
}

/// A file that is being written.
pub struct Export<'w> {
    header: Arc<Header>,
    writer: Box<dyn Writer + Send + 'w>,
    written: u64,
}

/// Bytes that are gathered before they go on.
const BUFFER: usize = 64 * 1024;

impl<'w> Export<'w> {
    /// A file that goes out as it is written.
    ///
    /// - **Shape**: `out` gets pieces of some 64 kB; a GeoParquet's are as large as its groups of rows.
    /// - **Errors**: [`Error::Refused`] for a format that is no stream or cannot hold the header's system or shape.
    pub fn to_stream(format: ExportFormat, header: Header, out: impl Write + Send + 'w) -> Result<Self, Error> {
        fits(format, &header)?;
        let header = Arc::new(header);
        let out = BufWriter::with_capacity(BUFFER, out);
        let shared = Arc::clone(&header);
        let writer: Box<dyn Writer + Send + 'w> = match format {
            ExportFormat::GeoJson => Box::new(geojson::GeoJson::new(&shared, out)?),
            ExportFormat::Csv => Box::new(csv::Csv::new(shared, out)?),
            ExportFormat::Kml => Box::new(kml::Kml::new(shared, out)?),
            ExportFormat::Gpx => Box::new(gpx::Gpx::new(shared, out)?),
            ExportFormat::FlatGeobuf => Box::new(flatgeobuf::FlatGeobuf::new(shared, out)?),
            ExportFormat::GeoParquet => Box::new(geoparquet::GeoParquet::new(shared, out)?),
            ExportFormat::Dxf => Box::new(dxf::Dxf::new(shared, out)?),
            ExportFormat::GeoPackage | ExportFormat::Shapefile => {
                return Err(Error::Library(format!("{} needs a file", format.title())));
            }
        };
        Ok(Self {
            header,
            writer,
            written: 0,
        })
    }

    /// A file at `path`, in any format.
    ///
    /// - **Shape**: what is at `path` is replaced.
    /// - **Errors**: as [`Export::to_stream`], and where the file cannot be made.
    pub fn to_file(format: ExportFormat, header: Header, path: &Path) -> Result<Self, Error> {
        fits(format, &header)?;
        let shared = Arc::new(header);
        let header = Arc::clone(&shared);
        let writer: Box<dyn Writer + Send + 'w> = match format {
            ExportFormat::GeoPackage => Box::new(geopackage::GeoPackage::new(shared, path)?),
            ExportFormat::Shapefile => Box::new(shapefile::Shapefile::new(shared, path)?),
            _ => {
                let header = Arc::unwrap_or_clone(header);
                return Self::to_stream(format, header, File::create(path)?);
            }
        };
        Ok(Self {
            header,
            writer,
            written: 0,
        })
    }

    /// Writes one record.
    ///
    /// - **Errors**: [`Error::Unfit`] where a value or the geometry is not what the schema promises; [`Error::Refused`]
    ///   where a limit of the format is reached.
    pub fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let unfit = |field| Error::Unfit {
            field,
            feature_id: feature.feature_id,
        };
        if feature.values.len() != self.header.fields.len() {
            return Err(unfit("the list of values"));
        }
        let wrong = self.header.fields.iter().zip(feature.values);
        if let Some((field, _)) = wrong.into_iter().find(|(field, value)| !holds(field.kind, value)) {
            return Err(unfit(field.name));
        }
        if let Some(geometry) = feature.geometry
            && (geometry.flaw().is_some() || !fits_shape(self.header.schema.shape, geometry))
        {
            return Err(unfit("geometry"));
        }
        self.writer.feature(feature)?;
        self.written += 1;
        Ok(())
    }

    /// Goes on with the records of another collection, as a further layer of the same file.
    ///
    /// - **Errors**: where the format has no layers ([`ExportFormat::has_layers`]), or the collection is in the file
    ///   already.
    pub fn layer(&mut self, header: Header) -> Result<(), Error> {
        let header = Arc::new(header);
        self.writer.layer(Arc::clone(&header))?;
        self.header = header;
        Ok(())
    }

    /// Completes the file and says how many records are in it.
    ///
    /// - **Errors**: as [`Export::feature`].
    pub fn finish(self) -> Result<u64, Error> {
        self.writer.finish()?;
        Ok(self.written)
    }
}

/// Whether a format can hold what the header speaks of.
///
/// - **Errors**: [`Error::Refused`] for a format without room for records that have no position, or for positions in
///   another system than WGS 84.
pub fn fits(format: ExportFormat, header: &Header) -> Result<(), Error> {
    let name = format.title();
    if !format.holds(header.schema.shape) {
        let title = header.schema.title;
        return Err(Error::refused(
            Code::NotAcceptable,
            Message::new(
                format!("{} have no position, and {name} holds positions only.", title.en),
                format!("{}没有位置，而 {name} 只能存放位置。", title.zh),
            ),
            Message::new(
                "Ask for GeoJSON, CSV or GeoPackage.",
                "请改用 GeoJSON、CSV 或 GeoPackage。",
            ),
        ));
    }
    if format.is_wgs84_only() && header.schema.shape != Shape::None && !header.is_wgs84() {
        let code = header.crs.code();
        return Err(Error::refused(
            Code::NotAcceptable,
            Message::new(
                format!("{name} holds positions in WGS 84 only, not in {code}."),
                format!("{name} 只能存放 WGS 84 坐标，不能存放 {code}。"),
            ),
            Message::new(
                "Leave the reference system out, or ask for GeoPackage.",
                "请不要指定坐标参考系，或改用 GeoPackage。",
            ),
        ));
    }
    Ok(())
}

/// What a field is to a file: codes and references are texts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Text,
    Integer,
    Number,
    Flag,
    Date,
    Time,
    Texts,
    Document,
}

const fn column(kind: Type) -> Column {
    match kind {
        Type::Text | Type::Code(_) | Type::Reference(_) => Column::Text,
        Type::Integer => Column::Integer,
        Type::Number => Column::Number,
        Type::Flag => Column::Flag,
        Type::Date => Column::Date,
        Type::Time => Column::Time,
        Type::Texts => Column::Texts,
        Type::Document => Column::Document,
    }
}

/// Whether a value is of its field's kind. A whole number is a number, too.
fn holds(kind: Type, value: &Value) -> bool {
    matches!(
        (column(kind), value),
        (_, Value::Null)
            | (Column::Text, Value::Text(_))
            | (Column::Integer, Value::Integer(_))
            | (Column::Number, Value::Number(_) | Value::Integer(_))
            | (Column::Flag, Value::Flag(_))
            | (Column::Date, Value::Date(_))
            | (Column::Time, Value::Time(_))
            | (Column::Texts, Value::Texts(_))
            | (Column::Document, Value::Document(_))
    )
}

/// Whether a geometry may stand in a collection of this shape. A single line may stand among several.
const fn fits_shape(shape: Shape, geometry: &Geometry) -> bool {
    match shape {
        Shape::None => false,
        Shape::Any => true,
        Shape::Point => matches!(geometry, Geometry::Point(_)),
        Shape::Line => matches!(geometry, Geometry::Line(_)),
        Shape::Lines => matches!(geometry, Geometry::Line(_) | Geometry::Lines(_)),
        Shape::Polygon => matches!(geometry, Geometry::Polygon(_)),
    }
}

/// A geometry as the kind that a layer of `shape` is declared to have.
fn as_declared(shape: Shape, geometry: &Geometry) -> Cow<'_, Geometry> {
    match (shape, geometry) {
        (Shape::Lines, Geometry::Line(line)) => Cow::Owned(Geometry::Lines(vec![line.clone()])),
        _ => Cow::Borrowed(geometry),
    }
}

/// A ring as it runs, or turned so that it runs as it should.
fn oriented(ring: &[[f64; 2]], counter_clockwise: bool) -> Cow<'_, [[f64; 2]]> {
    if runs_counter_clockwise(ring) == counter_clockwise {
        Cow::Borrowed(ring)
    } else {
        Cow::Owned(ring.iter().rev().copied().collect())
    }
}

/// A value as text, for formats that have texts only. `None` for no value; lists are JSON, a number that is not finite
/// is none.
fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null => return None,
        Value::Text(text) | Value::Document(text) => Cow::Borrowed(text),
        Value::Integer(integer) => Cow::Owned(integer.to_string()),
        Value::Number(number) if !number.is_finite() => return None,
        Value::Number(number) => Cow::Owned(number::json(*number)),
        Value::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Date(date) => Cow::Owned(date.to_string()),
        Value::Time(time) => Cow::Owned(time.to_string()),
        Value::Texts(texts) => Cow::Owned(serde_json::Value::from(texts.clone()).to_string()),
    })
}

/// The same, a whole number in a field of numbers as a number.
fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number).filter(|number| number.is_finite()),
        // Exact up to 2^53, more than any measured whole number.
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(integer) => Some(*integer as f64),
        _ => None,
    }
}
