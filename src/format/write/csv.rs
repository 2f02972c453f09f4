//! CSV (RFC 4180) in UTF-8 with its mark, so that spreadsheets read Chinese; positions as well-known text in the column
//! `WKT`, which GDAL and QGIS know without being told, and for points as two numbers besides.
//!
//! A table has no place for what is to be said of the whole: a comment in front would be read as a row, and the same
//! words on every row would be values of no record. So version, frame and licence stand in the [`side_files`] that the
//! W3C's "CSV on the Web" and GDAL look for: served under `Link: rel="describedby"`, or written beside the table.
//! Values stand as they are; a text that begins like a formula is not changed.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{Column, Error, Header, Outgoing, Writer, as_number, as_text, column, number, wkt};
use crate::crs::Dialect;
use crate::domain::schema::{Field, Presence, Shape, Type};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

/// The name of the column that GDAL takes for geometry.
const WKT: &str = "WKT";

pub struct Csv<W> {
    header: Arc<Header>,
    out: W,
}

impl<W: Write> Csv<W> {
    pub fn new(header: Arc<Header>, mut out: W) -> Result<Self, Error> {
        out.write_all("\u{feff}feature_id".as_bytes())?;
        for field in &header.fields {
            write!(out, ",{}", field.name)?;
        }
        for name in position(&header).into_iter().flatten() {
            write!(out, ",{name}")?;
        }
        if header.schema.shape != Shape::None {
            write!(out, ",{WKT}")?;
        }
        out.write_all(b"\r\n")?;
        Ok(Self { header, out })
    }
}

impl<W: Write> Writer for Csv<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let out = &mut self.out;
        write!(out, "{}", feature.feature_id)?;
        for (field, value) in self.header.fields.iter().zip(feature.values) {
            out.write_all(b",")?;
            match (column(field.kind), as_number(value)) {
                (Column::Number, Some(value)) => out.write_all(number::json(value).as_bytes())?,
                _ => cell(out, value)?,
            }
        }
        if position(&self.header).is_some() {
            match feature.geometry {
                Some(Geometry::Point([x, y])) => write!(out, ",{x},{y}")?,
                _ => out.write_all(b",,")?,
            }
        }
        if self.header.schema.shape != Shape::None {
            out.write_all(b",")?;
            if let Some(geometry) = feature.geometry {
                quoted(out, &wkt::text(geometry))?;
            }
        }
        out.write_all(b"\r\n")?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.out.flush()?;
        Ok(())
    }
}

/// No value is an empty cell, an empty text a pair of quotes.
fn cell(out: &mut impl Write, value: &Value) -> Result<(), Error> {
    match as_text(value) {
        None => Ok(()),
        Some(text) => quoted(out, &text),
    }
}

fn quoted(out: &mut impl Write, text: &str) -> Result<(), Error> {
    let plain = !text.is_empty() && text.trim() == text && !text.contains(['"', ',', ';', '\t', '\r', '\n']);
    if plain {
        out.write_all(text.as_bytes())?;
    } else {
        write!(out, "\"{}\"", text.replace('"', "\"\""))?;
    }
    Ok(())
}

/// The names of the two columns of a point, unless a field has one of them.
fn position(header: &Header) -> Option<[&'static str; 2]> {
    let names = if header.in_degrees() {
        ["lon", "lat"]
    } else {
        ["x", "y"]
    };
    let free = header.fields.iter().all(|field| !names.contains(&field.name));
    (header.schema.shape == Shape::Point && free).then_some(names)
}

/// A small file that stands beside a table and says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    pub name: String,
    pub media_type: &'static str,
    pub text: String,
}

/// What stands beside the table `<stem>.csv`.
///
/// - **Shape**: its metadata by W3C "Metadata Vocabulary for Tabular Data" (`<stem>.csv-metadata.json`: statement,
///   columns with types, units and closed lists), its types for GDAL (`.csvt`), its reference system (`.prj`).
/// - **Errors**: none; a system without a text in the dialect of `.prj` files has no such file.
pub fn side_files(header: &Header, stem: &str) -> Vec<SideFile> {
    let mut files = vec![
        SideFile {
            name: format!("{stem}.csv-metadata.json"),
            media_type: "application/csvm+json",
            text: metadata(header, stem),
        },
        SideFile {
            name: format!("{stem}.csvt"),
            media_type: "text/csv",
            text: types(header),
        },
    ];
    let with_position = header.schema.shape != Shape::None;
    files.extend(
        header
            .crs
            .wkt(Dialect::Wkt2)
            .filter(|_| with_position)
            .map(|text| SideFile {
                name: format!("{stem}.prj"),
                media_type: "text/plain",
                text,
            }),
    );
    files
}

fn types(header: &Header) -> String {
    let fields = header.fields.iter().map(|field| match column(field.kind) {
        Column::Text | Column::Texts | Column::Document => "String",
        Column::Integer => "Integer64",
        Column::Number => "Real",
        Column::Flag => "Integer(Boolean)",
        Column::Date => "Date",
        Column::Time => "DateTime",
    });
    let mut all = vec!["Integer64"];
    all.extend(fields);
    all.extend(position(header).into_iter().flatten().map(|_| "Real"));
    if header.schema.shape != Shape::None {
        all.push("WKT");
    }
    let quoted: Vec<String> = all.into_iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(",") + "\n"
}

fn metadata(header: &Header, stem: &str) -> String {
    let mut columns = vec![json!({ "name": "feature_id", "datatype": "integer", "required": true })];
    columns.extend(header.fields.iter().map(|field| describe(field)));
    let unit = if header.in_degrees() { "deg" } else { "m" };
    columns.extend(
        position(header)
            .into_iter()
            .flatten()
            .map(|name| json!({ "name": name, "datatype": "double", "schema:unitText": unit })),
    );
    if header.schema.shape != Shape::None {
        columns.push(json!({
            "name": WKT,
            "titles": { "en": "Geometry", "zh": "几何" },
            "datatype": { "base": "string", "@id": "http://www.opengis.net/ont/geosparql#wktLiteral" },
        }));
    }
    let said: Map<String, Json> = header
        .statement()
        .into_iter()
        .map(|(name, text)| (format!("merestone:{name}"), Json::from(text)))
        .collect();
    let mut table = json!({
        "@context": ["http://www.w3.org/ns/csvw", { "@language": "en" }],
        "url": format!("{stem}.csv"),
        "dc:title": header.title,
        "dc:description": { "en": header.schema.description.en, "zh": header.schema.description.zh },
        "dc:license": header.licence,
        "dc:modified": header.made_at.to_string(),
        "schema:version": header.version,
        "dialect": { "encoding": "utf-8", "delimiter": ",", "doubleQuote": true, "header": true },
        "tableSchema": { "columns": columns },
    });
    if let Some(members) = table.as_object_mut() {
        members.extend(said);
    }
    table.to_string()
}

fn describe(field: &Field) -> Json {
    let mut said = json!({
        "name": field.name,
        "titles": { "en": field.title.en, "zh": field.title.zh },
        "required": field.presence == Presence::Required,
    });
    let datatype = match (column(field.kind), field.kind) {
        (_, Type::Code(list)) => {
            let words: Vec<&str> = list.words().collect();
            json!({ "base": "string", "format": words.join("|") })
        }
        (Column::Text, _) => json!("string"),
        (Column::Integer, _) => json!("integer"),
        (Column::Number, _) => json!("double"),
        (Column::Flag, _) => json!("boolean"),
        (Column::Date, _) => json!("date"),
        (Column::Time, _) => json!("datetime"),
        (Column::Texts | Column::Document, _) => json!("json"),
    };
    if let Some(members) = said.as_object_mut() {
        members.insert("datatype".to_owned(), datatype);
        if let Some(unit) = field.unit {
            members.insert("schema:unitText".to_owned(), Json::from(unit));
        }
    }
    said
}
