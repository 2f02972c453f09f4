//! CSV tables: comma, semicolon or tab; UTF-8, UTF-16 or GB18030; decimal point or comma.

use std::collections::BTreeMap;

use super::row::{Cell, Row};
use super::wkt;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;

/// The rows of a table with a header line.
///
/// - **Shape**: one row a line; all cells as text, numbers kept as written; geometries from a column of well-known text.
/// - **Errors**: a [`Problem`] with the line where a line has more or fewer cells than the header, or there is no header.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>, Problem> {
    read_text(&decode(bytes))
}

/// As [`read`], of text whose encoding is known.
///
/// # Errors
/// As [`read`].
pub fn read_text(text: &str) -> Result<Vec<Row>, Problem> {
    let header_line = text.lines().next().unwrap_or("");
    let delimiter = [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|d| header_line.bytes().filter(|b| b == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|fault| damaged(&fault))?.clone();
    if header.iter().all(|name| name.trim().is_empty()) {
        return Err(Problem::new(
            Code::FileEmpty,
            Message::new("The table has no header line.", "表格没有标题行。"),
            Message::new(
                "Put the names of the columns in the first line.",
                "请在第一行写明列名。",
            ),
        ));
    }
    // The first column that bears one of these names and holds geometries.
    let drawn = header
        .iter()
        .position(|name| GEOMETRY.contains(&name.trim().to_ascii_lowercase().as_str()));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|fault| damaged(&fault))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut cells = BTreeMap::new();
        let mut geometry = None;
        for (at, (name, value)) in header.iter().zip(&record).enumerate() {
            if drawn == Some(at) && wkt::begins(value) {
                geometry = wkt::read(value).ok_or_else(|| no_geometry(line, name))?;
            } else if !value.trim().is_empty() {
                cells.insert(name.trim().to_owned(), Cell::Text(value.trim().to_owned()));
            }
        }
        rows.push(Row {
            place: format!("line {line}"),
            cells,
            geometry,
        });
    }
    Ok(rows)
}

/// Names of a column of geometries, as programs write it.
const GEOMETRY: [&str; 5] = ["wkt", "geometry", "geom", "the_geom", "wkt_geom"];

fn no_geometry(line: u64, column: &str) -> Problem {
    Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("The well-known text in column {column} cannot be read."),
            format!("无法读取 {column} 列的 WKT 几何。"),
        ),
        Message::new("Correct it, or leave the cell empty.", "请更正，或将该单元格留空。"),
    )
    .at(Place {
        line,
        column: 1,
        byte: 0,
    })
}

/// By its byte order mark; else UTF-8 where it is; else GB18030, the encoding of Chinese survey software.
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(bytes.get(mark..).unwrap_or_default())
            .0
            .into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn damaged(fault: &csv::Error) -> Problem {
    let problem = Problem::new(
        Code::FileMalformed,
        Message::new(
            format!("The table cannot be read: {fault}."),
            format!("无法读取表格：{fault}。"),
        ),
        Message::new(
            "Every line must have as many cells as the header line.",
            "每一行的列数必须与标题行一致。",
        ),
    );
    match fault.position() {
        Some(at) => problem.at(Place {
            line: at.line(),
            column: 1,
            byte: at.byte(),
        }),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: &[(&str, &str)]) {
        let rows = read(bytes).unwrap();
        let seen: Vec<(&str, &str)> = rows
            .iter()
            .flat_map(|row| row.cells.iter())
            .map(|(name, cell)| match cell {
                Cell::Text(text) => (name.as_str(), text.as_str()),
                _ => (name.as_str(), ""),
            })
            .collect();
        assert_eq!(seen, expect);
    }

    #[test]
    fn delimiters_and_encodings_are_told_apart() {
        check(b"number,lat\n12,42.5\n", &[("lat", "42.5"), ("number", "12")]);
        check(
            b"\xef\xbb\xbfnumber;lat\n12;42,5\n",
            &[("lat", "42,5"), ("number", "12")],
        );
        // "编号" in GB18030.
        check(b"\xb1\xe0\xba\xc5\tlat\n12\t42.5\n", &[("lat", "42.5"), ("编号", "12")]);
    }

    #[test]
    fn a_line_of_another_width_is_named() {
        let problem = read(b"a,b\n1,2\n3\n").unwrap_err();
        assert_eq!(problem.place.map(|p| p.line), Some(3));
    }
}
