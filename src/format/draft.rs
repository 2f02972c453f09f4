//! Rows of any table or feature file as drafts of records, by the schema of their kind.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::row::{Cell, Fields, Mapping, Row};
use crate::domain::problem::Mistake;
use crate::domain::schema::{Field, Schema, Type, Writes, segment};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};

/// One row as a draft, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRow {
    /// Where it stands, for people.
    pub place: String,
    pub draft: Draft,
    /// Until when it was in force; none for what is.
    pub valid_to: Option<Timestamp>,
    pub mistakes: Vec<Mistake>,
}

/// Reads a row: a column that bears the name of a field (or is mapped to one) is that field; others are not taken.
///
/// - **Shape**: an empty cell counts as not mentioned, so that a file never erases what it has no value for.
/// - **Units**: those of the fields; the geometry keeps the numbers of the file.
/// - **Errors**: none; what cannot be read is a mistake beside the draft.
pub fn read(schema: &'static Schema, row: &Row, mapping: &Mapping) -> ReadRow {
    let mut fields = Fields::new(row, mapping);
    let mut draft = Draft::default();
    for field in schema.fields().filter(|field| field.is_writable()) {
        let Some(text) = fields.text(field.name) else { continue };
        let read = value(field, &text, row.cells.get(mapping.column(field.name)));
        match read.and_then(|value| field.mistake(&value).map_or(Ok(value), Err)) {
            Ok(value) => draft.set(field.name, value),
            Err(detail) => {
                fields.wrong(field.name, detail);
                draft.unread.push(field.name);
            }
        }
    }
    let valid_to = match (schema.writes, fields.text("valid_to")) {
        (Writes::Versions, Some(text)) => {
            let read = time(&text);
            if read.is_none() {
                let said = Type::Time.said();
                fields.wrong(
                    "valid_to",
                    Message::new(
                        format!("{text:?} is not {}", said.en),
                        format!("{text:?} 不是{}", said.zh),
                    ),
                );
            }
            read
        }
        _ => None,
    };
    // A table without geometry may have coordinates in columns.
    draft.geometry = match &row.geometry {
        Some(geometry) => Some(Some(geometry.clone())),
        None if has_coordinates(row, mapping) => fields
            .point()
            .map(|point| Some(crate::geom::shape::Geometry::Point(point))),
        None => None,
    };
    // So that the same file taken twice finds what it brought.
    if schema.kind == segment::SCHEMA.kind {
        segment::call(&mut draft);
    }
    ReadRow {
        place: row.place.clone(),
        draft,
        valid_to,
        mistakes: fields.mistakes,
    }
}

fn has_coordinates(row: &Row, mapping: &Mapping) -> bool {
    let has = |field| row.cells.contains_key(mapping.column(field));
    (has("lon") && has("lat")) || (has("x") && has("y"))
}

/// The text of a cell as a value of a field.
fn value(field: &Field, text: &str, cell: Option<&Cell>) -> Result<Value, Message> {
    let wrong = || {
        let said = field.kind.said();
        Message::new(
            format!("{text:?} is not {}", said.en),
            format!("{text:?} 不是{}", said.zh),
        )
    };
    Ok(match field.kind {
        Type::Text | Type::Code(_) | Type::Reference(_) => Value::Text(text.to_owned()),
        Type::Integer => {
            // Tables of numbers know no whole ones: 12.0 is 12.
            let number: f64 = text.parse().map_err(|_| wrong())?;
            if number.fract() != 0.0 || number.abs() > 9.0e15 {
                return Err(wrong());
            }
            text.parse().map_or(Value::Integer(number as i64), Value::Integer)
        }
        Type::Number => match cell {
            Some(Cell::Number(number, _)) => Value::Number(*number),
            _ => Value::Number(text.replace(',', ".").parse().map_err(|_| wrong())?),
        },
        Type::Flag => match text.to_lowercase().as_str() {
            "true" | "1" | "t" | "yes" => Value::Flag(true),
            "false" | "0" | "f" | "no" => Value::Flag(false),
            _ => return Err(wrong()),
        },
        // Feature files write days with slashes; some have a time of day behind it.
        Type::Date => {
            let day = text.get(..10).unwrap_or(text).replace('/', "-");
            Value::Date(day.parse::<Date>().map_err(|_| wrong())?)
        }
        Type::Time => Value::Time(time(text).ok_or_else(wrong)?),
        Type::Texts => Value::Texts(texts(text)),
        Type::Document => {
            serde_json::from_str::<serde_json::Value>(text).map_err(|_| wrong())?;
            Value::Document(text.to_owned())
        }
    })
}

/// A time as standards write it, or as GDAL does: `2026/05/01 08:00:00+00`. Without an offset it is UTC; a day stands for
/// its beginning.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let mut text = text.replace('/', "-").replacen(' ', "T", 1);
    if let Ok(day) = text.parse::<Date>()
        && !text.contains('T')
    {
        return Some(day.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    let time_of_day = text.split_once('T').map_or("", |(_, time)| time);
    match time_of_day.find(['+', '-', 'Z']) {
        None => text.push('Z'),
        Some(at) if time_of_day.len() - at == 3 => text.push_str(":00"),
        Some(_) => {}
    }
    text.parse().ok()
}

/// A list: as JSON, else separated by semicolons.
fn texts(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        text.split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema;
    use crate::geom::shape::Geometry;

    fn row(cells: &[(&str, &str)]) -> Row {
        Row {
            place: "line 2".to_owned(),
            cells: cells
                .iter()
                .map(|(name, text)| ((*name).to_owned(), Cell::Text((*text).to_owned())))
                .collect(),
            geometry: None,
        }
    }

    #[test]
    fn columns_become_fields_by_name_or_map() {
        let schema = schema::of("boundary_points").unwrap();
        let mapping = Mapping {
            columns: [("number".to_owned(), "NR".to_owned())].into(),
            ..Mapping::default()
        };
        let read = read(
            schema,
            &row(&[
                ("NR", "7/1"),
                ("sigma_m", "0,02"),
                ("lon", "130.5"),
                ("lat", "42.5"),
                ("x9", "?"),
            ]),
            &mapping,
        );
        assert!(read.mistakes.is_empty(), "{:?}", read.mistakes);
        assert_eq!(read.draft.text("number"), Some("7/1"));
        assert_eq!(read.draft.get("sigma_m"), Some(&Value::Number(0.02)));
        assert_eq!(read.draft.geometry, Some(Some(Geometry::Point([130.5, 42.5]))));
    }

    #[test]
    fn all_mistakes_of_a_row_are_told() {
        let schema = schema::of("markers").unwrap();
        let read = read(
            schema,
            &row(&[
                ("number", "1"),
                ("kind", "tree"),
                ("sequence", "1.5"),
                ("erected", "soon"),
            ]),
            &Mapping::default(),
        );
        let at: Vec<&str> = read.mistakes.iter().map(|m| m.at.as_str()).collect();
        assert_eq!(at.len(), 3, "{:?}", read.mistakes);
    }

    #[test]
    fn a_segment_without_a_number_is_called_by_its_place() {
        let schema = schema::of("segments").unwrap();
        let number = |cells: &[(&str, &str)]| {
            let read = read(schema, &row(cells), &Mapping::default());
            read.draft.text("number").map(str::to_owned)
        };
        assert_eq!(number(&[("section", "S1"), ("ordinal", "3")]).as_deref(), Some("S1/3"));
        let own = [("section", "S1"), ("ordinal", "3"), ("number", "III")];
        assert_eq!(number(&own).as_deref(), Some("III"));
        assert_eq!(number(&[("section", "S1")]), None);
    }

    #[test]
    fn times_are_read_as_gdal_and_standards_write_them() {
        let noon: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        for text in [
            "2026-05-01T12:00:00Z",
            "2026/05/01 12:00:00+00",
            "2026-05-01 20:00:00+08:00",
            "2026-05-01T12:00:00",
        ] {
            assert_eq!(time(text), Some(noon), "{text}");
        }
        let midnight = "2026-05-01T00:00:00Z".parse().ok();
        assert_eq!((time("2026-05-01"), time("2026/05/01")), (midnight, midnight));
        assert_eq!(time("yesterday"), None);
    }
}
