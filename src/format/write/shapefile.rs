//! Shapefiles in one zip archive: one for each kind of geometry that the collection has.
//!
//! Beside `.shp`, `.shx` and `.dbf` stand the reference system (`.prj`), the encoding (`.cpg`, UTF-8), a `README.txt`
//! with the statement, and `fields.csv`, which tells the full names of fields, since a table has ten characters for one.
//! What a table cannot hold in full, a text of more than 254 bytes, stands whole in `long_texts.csv`.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::dbf::Table;
use super::{BUFFER, Column, Error, Header, Outgoing, Writer, column, oriented};
use crate::crs::Dialect;
use crate::domain::problem::Code;
use crate::domain::schema::Shape;
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

/// The kinds of one file, with the number of each and the end of its name in a collection of several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Point,
    Points,
    Line,
    Polygon,
}

impl Layer {
    const fn of(geometry: &Geometry) -> Self {
        match geometry {
            Geometry::Point(_) => Self::Point,
            Geometry::Points(_) => Self::Points,
            Geometry::Line(_) | Geometry::Lines(_) => Self::Line,
            Geometry::Polygon(_) | Geometry::Polygons(_) => Self::Polygon,
        }
    }

    const fn number(self) -> i32 {
        match self {
            Self::Point => 1,
            Self::Line => 3,
            Self::Polygon => 5,
            Self::Points => 8,
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Point => "_point",
            Self::Points => "_points",
            Self::Line => "_line",
            Self::Polygon => "_polygon",
        }
    }
}

pub struct Shapefile {
    header: Arc<Header>,
    file: File,
    /// Names of the columns, in order: `feature_id` and the fields.
    names: Vec<String>,
    layers: Vec<(Option<Layer>, Parts)>,
    long_texts: Option<BufWriter<File>>,
}

/// The files of one layer while they grow.
struct Parts {
    name: String,
    table: Table,
    shapes: BufWriter<File>,
    index: BufWriter<File>,
    /// Bytes of records so far.
    length: u64,
    records: i32,
    bounds: Option<[f64; 4]>,
    blob: Vec<u8>,
}

/// Readers count in 32 bits, most of them signed.
const LARGEST: u64 = i32::MAX as u64;

impl Shapefile {
    pub fn new(header: Arc<Header>, path: &Path) -> Result<Self, Error> {
        let names = short_names(std::iter::once("feature_id").chain(header.fields.iter().map(|field| field.name)));
        let mut shapefile = Self {
            file: File::create(path)?,
            names,
            layers: Vec::new(),
            long_texts: None,
            header,
        };
        // A collection of one kind has its file even without a record.
        if shapefile.header.schema.shape != Shape::Any {
            shapefile.open(shapefile.usual())?;
        }
        Ok(shapefile)
    }

    /// The layer of records without a position.
    fn usual(&self) -> Option<Layer> {
        match self.header.schema.shape {
            Shape::None => None,
            Shape::Point => Some(Layer::Point),
            Shape::Line | Shape::Lines => Some(Layer::Line),
            Shape::Polygon => Some(Layer::Polygon),
            Shape::Any => self.layers.first().map_or(Some(Layer::Point), |(layer, _)| *layer),
        }
    }

    /// The files of a layer, made when the first record comes.
    fn open(&mut self, layer: Option<Layer>) -> Result<&mut Parts, Error> {
        let at = match self.layers.iter().position(|(known, _)| *known == layer) {
            Some(at) => at,
            None => {
                let ending = match (self.header.schema.shape, layer) {
                    (Shape::Any, Some(layer)) => layer.ending(),
                    _ => "",
                };
                let kinds = std::iter::once(Column::Integer).chain(self.header.fields.iter().map(|f| column(f.kind)));
                self.layers.push((
                    layer,
                    Parts {
                        name: format!("{}{ending}", self.header.name()),
                        table: Table::new(self.names.iter().cloned().zip(kinds))?,
                        shapes: BufWriter::with_capacity(BUFFER, tempfile::tempfile()?),
                        index: BufWriter::with_capacity(BUFFER, tempfile::tempfile()?),
                        length: 0,
                        records: 0,
                        bounds: None,
                        blob: Vec::new(),
                    },
                ));
                self.layers.len() - 1
            }
        };
        let (_, parts) = self.layers.get_mut(at).ok_or_else(|| Error::library("no layer"))?;
        Ok(parts)
    }

    fn complete(mut self) -> Result<(), Error> {
        if self.layers.is_empty() {
            self.open(self.usual())?;
        }
        let header = Arc::clone(&self.header);
        let mut zip = ZipWriter::new(BufWriter::with_capacity(BUFFER, &self.file));
        let options = SimpleFileOptions::default().large_file(true);
        let prj = header.crs.wkt(Dialect::Esri).or_else(|| header.crs.wkt(Dialect::Wkt1));
        for (layer, parts) in std::mem::take(&mut self.layers) {
            let name = parts.name.clone();
            if let Some(layer) = layer {
                let [shapes, index] = [
                    (parts.shapes, parts.length),
                    (parts.index, 8 * u64::from(parts.records.unsigned_abs())),
                ];
                for (ending, (waiting, length)) in [("shp", shapes), ("shx", index)] {
                    start(&mut zip, &format!("{name}.{ending}"), options)?;
                    zip.write_all(&head(layer, length, parts.bounds))?;
                    pour(waiting, &mut zip)?;
                }
                if let Some(prj) = &prj {
                    start(&mut zip, &format!("{name}.prj"), options)?;
                    zip.write_all(prj.as_bytes())?;
                }
            }
            start(&mut zip, &format!("{name}.cpg"), options)?;
            zip.write_all(b"UTF-8")?;
            start(&mut zip, &format!("{name}.dbf"), options)?;
            parts.table.write(&mut zip)?;
        }
        start(&mut zip, "README.txt", options)?;
        zip.write_all(read_me(&header).as_bytes())?;
        start(&mut zip, "fields.csv", options)?;
        zip.write_all(fields(&header, &self.names).as_bytes())?;
        if let Some(texts) = self.long_texts.take() {
            start(&mut zip, "long_texts.csv", options)?;
            pour(texts, &mut zip)?;
        }
        let mut out = zip.finish().map_err(Error::library)?;
        out.flush()?;
        Ok(())
    }
}

fn start<W: Write + Seek>(zip: &mut ZipWriter<W>, name: &str, options: SimpleFileOptions) -> Result<(), Error> {
    zip.start_file(name, options).map_err(Error::library)
}

fn pour(waiting: BufWriter<File>, out: &mut impl Write) -> Result<(), Error> {
    let mut file = waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    io::copy(&mut file, out)?;
    Ok(())
}

impl Writer for Shapefile {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let layer = match feature.geometry {
            Some(geometry) => Some(Layer::of(geometry)),
            None => self.usual(),
        };
        let header = Arc::clone(&self.header);
        let mut long = self.long_texts.take();
        let parts = self.open(layer)?;
        let name = parts.name.clone();
        let id = Value::Integer(feature.feature_id);
        parts
            .table
            .push(std::iter::once(&id).chain(feature.values), |at, whole| {
                let field = at.checked_sub(1).and_then(|at| header.fields.get(at));
                let out = match &mut long {
                    Some(out) => out,
                    None => {
                        let mut out = BufWriter::with_capacity(BUFFER, tempfile::tempfile()?);
                        out.write_all("\u{feff}file,feature_id,field,text\r\n".as_bytes())?;
                        long.insert(out)
                    }
                };
                let field = field.map_or("feature_id", |field| field.name);
                let whole = whole.replace('"', "\"\"");
                Ok(write!(out, "{name},{},{field},\"{whole}\"\r\n", feature.feature_id)?)
            })?;
        if let Some(layer) = layer {
            parts.shape(layer, feature.geometry)?;
        }
        self.long_texts = long;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.complete()
    }
}

impl Parts {
    fn shape(&mut self, layer: Layer, geometry: Option<&Geometry>) -> Result<(), Error> {
        self.blob.clear();
        content(&mut self.blob, layer, geometry);
        let size = self.blob.len() as u64;
        if self.length + size + 108 > LARGEST {
            return Err(Error::refused(
                Code::FileTooLarge,
                Message::new(
                    "A Shapefile holds 2 GB, and there is more.",
                    "Shapefile 最多只能容纳 2 GB，数据超出了该上限。",
                ),
                Message::new("Ask for GeoPackage or FlatGeobuf.", "请改用 GeoPackage 或 FlatGeobuf。"),
            ));
        }
        let offset = words(100 + self.length);
        self.records += 1;
        self.shapes.write_all(&self.records.to_be_bytes())?;
        self.shapes.write_all(&words(size).to_be_bytes())?;
        self.shapes.write_all(&self.blob)?;
        self.index.write_all(&offset.to_be_bytes())?;
        self.index.write_all(&words(size).to_be_bytes())?;
        self.length += 8 + size;
        if let Some([west, south, east, north]) = geometry.and_then(Geometry::bounds) {
            let [w, s, e, n] = self.bounds.unwrap_or([west, south, east, north]);
            self.bounds = Some([w.min(west), s.min(south), e.max(east), n.max(north)]);
        }
        Ok(())
    }
}

/// Bytes as the 16-bit words that the format counts in.
fn words(bytes: u64) -> i32 {
    i32::try_from(bytes / 2).unwrap_or(i32::MAX)
}

/// The first hundred bytes of `.shp` and `.shx`.
fn head(layer: Layer, length: u64, bounds: Option<[f64; 4]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(100);
    out.extend_from_slice(&9994_i32.to_be_bytes());
    out.extend_from_slice(&[0; 20]);
    out.extend_from_slice(&words(100 + length).to_be_bytes());
    out.extend_from_slice(&1000_i32.to_le_bytes());
    out.extend_from_slice(&layer.number().to_le_bytes());
    for value in bounds.unwrap_or_default() {
        out.extend_from_slice(&value.to_le_bytes());
    }
    // No heights and no measures.
    out.resize(100, 0);
    out
}

/// A record: its kind, and what its kind has.
fn content(out: &mut Vec<u8>, layer: Layer, geometry: Option<&Geometry>) {
    let Some(geometry) = geometry else {
        out.extend_from_slice(&0_i32.to_le_bytes());
        return;
    };
    out.extend_from_slice(&layer.number().to_le_bytes());
    if let Geometry::Point(position) = geometry {
        put(out, std::slice::from_ref(position));
        return;
    }
    for value in geometry.bounds().unwrap_or_default() {
        out.extend_from_slice(&value.to_le_bytes());
    }
    match geometry {
        Geometry::Point(position) => put(out, std::slice::from_ref(position)),
        Geometry::Points(positions) => {
            out.extend_from_slice(&count(positions.len()));
            put(out, positions);
        }
        Geometry::Line(line) => parts(out, std::slice::from_ref(line)),
        Geometry::Lines(lines) => parts(out, lines),
        // Outer rings run clockwise here, holes the other way.
        Geometry::Polygon(rings) => parts(out, &turned(rings)),
        Geometry::Polygons(polygons) => {
            let rings: Vec<_> = polygons.iter().flat_map(|rings| turned(rings)).collect();
            parts(out, &rings);
        }
    }
}

fn turned(rings: &[Vec<[f64; 2]>]) -> Vec<Vec<[f64; 2]>> {
    let rings = rings.iter().enumerate();
    rings
        .map(|(index, ring)| oriented(ring, index > 0).into_owned())
        .collect()
}

fn count(n: usize) -> [u8; 4] {
    i32::try_from(n).unwrap_or(i32::MAX).to_le_bytes()
}

fn put(out: &mut Vec<u8>, positions: &[[f64; 2]]) {
    for value in positions.iter().flatten() {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// How many parts, how many positions, where each part begins, all positions.
fn parts(out: &mut Vec<u8>, parts: &[Vec<[f64; 2]>]) {
    out.extend_from_slice(&count(parts.len()));
    out.extend_from_slice(&count(parts.iter().map(Vec::len).sum()));
    let mut first = 0;
    for part in parts {
        out.extend_from_slice(&count(first));
        first += part.len();
    }
    parts.iter().for_each(|part| put(out, part));
}

/// Names of ten characters, each its own: the first ten, or the first eight and a number.
fn short_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut short: Vec<String> = Vec::new();
    for name in names {
        let mut candidate: String = name.chars().take(10).collect();
        let mut number = 1_u32;
        while short.contains(&candidate) {
            let ending = format!("_{number}");
            candidate = name.chars().take(10 - ending.len()).chain(ending.chars()).collect();
            number += 1;
        }
        short.push(candidate);
    }
    short
}

fn fields(header: &Header, names: &[String]) -> String {
    let mut out = "\u{feff}column,field,unit,title_en,title_zh\r\n".to_owned();
    let full = std::iter::once(("feature_id", "", "Number of the record", "要素编号")).chain(
        header
            .fields
            .iter()
            .map(|field| (field.name, field.unit.unwrap_or(""), field.title.en, field.title.zh)),
    );
    for (short, (name, unit, en, zh)) in names.iter().zip(full) {
        out.push_str(&format!(
            "{short},{name},{unit},\"{}\",\"{}\"\r\n",
            en.replace('"', "\"\""),
            zh.replace('"', "\"\"")
        ));
    }
    out
}

fn read_me(header: &Header) -> String {
    format!(
        "{}\nText is in UTF-8. Full names of the columns: fields.csv. Texts of more than 254 bytes: long_texts.csv.\n\
         文字采用 UTF-8 编码。各列全名见 fields.csv；超过 254 字节的文本见 long_texts.csv。\n",
        header.statement_text()
    )
}
