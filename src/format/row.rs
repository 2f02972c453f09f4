//! Rows of any tabular or feature file: named cells and perhaps a geometry, with the place they stand at.

use std::collections::BTreeMap;

use crate::domain::problem::Mistake;
use crate::domain::text::{Lang, Message, Names};
use crate::geom::shape::Geometry;

/// What a cell holds. A number keeps the text it was written as, since its last digit tells its precision.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64, String),
    Flag(bool),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Where it stands, for people: `line 7`, `feature 3`.
    pub place: String,
    pub cells: BTreeMap<String, Cell>,
    /// Coordinates as they stand, easting or longitude first, in whatever system the file is in.
    pub geometry: Option<Geometry>,
}

/// Which column holds which field of the register, values for fields that the file has not, and the register's word for
/// a word of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    pub columns: BTreeMap<String, String>,
    pub constants: BTreeMap<String, String>,
    /// Field, then the file's word (`*` for any other), then the register's.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Reads `field=column,field=column`.
    ///
    /// # Errors
    /// The part that is no pair.
    pub fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| match part.split_once('=') {
                Some((field, column)) if !field.trim().is_empty() => {
                    Ok((field.trim().to_owned(), column.trim().to_owned()))
                }
                _ => Err(part.to_owned()),
            })
            .collect()
    }

    /// The column a field is read from.
    pub fn column<'a>(&'a self, field: &'a str) -> &'a str {
        self.columns.get(field).map_or(field, String::as_str)
    }
}

/// Reads the fields of one row and collects what is wrong with it, all at once.
pub struct Fields<'a> {
    row: &'a Row,
    mapping: &'a Mapping,
    pub mistakes: Vec<Mistake>,
}

impl<'a> Fields<'a> {
    pub fn new(row: &'a Row, mapping: &'a Mapping) -> Self {
        Self {
            row,
            mapping,
            mistakes: Vec::new(),
        }
    }

    pub fn wrong(&mut self, field: &str, detail: Message) {
        let at = format!("{}, {}", self.row.place, self.mapping.column(field));
        self.mistakes.push(Mistake { at, detail });
    }

    /// The text of a field; empty cells are none.
    pub fn text(&self, field: &str) -> Option<String> {
        let raw = match self.row.cells.get(self.mapping.column(field)) {
            Some(Cell::Text(text)) => Some(text.trim().to_owned()),
            Some(Cell::Number(_, text)) => Some(text.clone()),
            Some(Cell::Flag(flag)) => Some(flag.to_string()),
            None => None,
        };
        let raw = raw
            .filter(|text| !text.is_empty())
            .or_else(|| self.mapping.constants.get(field).cloned());
        let Some(codes) = self.mapping.codes.get(field) else {
            return raw;
        };
        let word = raw.as_deref().unwrap_or("");
        codes.get(word).or_else(|| codes.get("*")).cloned().or(raw)
    }

    pub fn required(&mut self, field: &str) -> String {
        self.text(field).unwrap_or_else(|| {
            self.wrong(field, Message::new("is missing", "缺失"));
            String::new()
        })
    }

    pub fn number(&mut self, field: &str) -> Option<f64> {
        let text = self.text(field)?;
        match text.replace(',', ".").parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                self.wrong(
                    field,
                    Message::new(format!("{text:?} is not a number"), format!("{text:?} 不是数字")),
                );
                None
            }
        }
    }

    pub fn integer(&mut self, field: &str) -> Option<i64> {
        let text = self.text(field)?;
        text.parse().ok().or_else(|| {
            self.wrong(
                field,
                Message::new(format!("{text:?} is not a whole number"), format!("{text:?} 不是整数")),
            );
            None
        })
    }

    /// A word of a closed list; the default where the field is empty.
    pub fn word<T>(
        &mut self,
        field: &str,
        read: impl Fn(&str) -> Option<T>,
        words: &[&str],
        default: Option<T>,
    ) -> Option<T> {
        let Some(text) = self.text(field) else {
            if default.is_none() {
                self.wrong(field, Message::new("is missing", "缺失"));
            }
            return default;
        };
        read(&text).or_else(|| {
            let list = words.join(", ");
            let detail = Message::new(
                format!("{text:?} is none of {list}"),
                format!("{text:?} 不在代码表中：{list}"),
            );
            self.wrong(field, detail);
            None
        })
    }

    /// The names of a record: `name_zh`, `name_en`, ..., or `name` in no stated language, taken as English.
    pub fn names(&self, field: &str) -> Names {
        let names = Lang::ALL.into_iter().fold(Names::default(), |names, lang| {
            match self.text(&format!("{field}_{}", lang.code())) {
                Some(name) => names.with(lang, name),
                None => names,
            }
        });
        match self.text(field) {
            Some(name) if names.is_empty() => names.with(Lang::En, name),
            _ => names,
        }
    }

    /// Coordinates of a point: of the geometry, else of the fields `lon` and `lat` (or `x` and `y`).
    pub fn point(&mut self) -> Option<[f64; 2]> {
        match &self.row.geometry {
            Some(Geometry::Point(point)) => return Some(*point),
            Some(Geometry::Points(points)) if points.len() == 1 => return Some(points[0]),
            _ => {}
        }
        let (x, y) = if self.has("lon") || self.has("lat") {
            ("lon", "lat")
        } else {
            ("x", "y")
        };
        match (self.number(x), self.number(y)) {
            (Some(x), Some(y)) => Some([x, y]),
            (had_x, _) => {
                if self.mistakes.is_empty() {
                    self.wrong(
                        if had_x.is_none() { x } else { y },
                        Message::new("has no coordinate", "没有坐标"),
                    );
                }
                None
            }
        }
    }

    pub fn has(&self, field: &str) -> bool {
        self.row.cells.contains_key(self.mapping.column(field))
    }

    pub fn geometry(&self) -> Option<&'a Geometry> {
        self.row.geometry.as_ref()
    }

    /// Digits behind the decimal point of a field as written; none where the field is no decimal number.
    pub fn decimals(&self, field: &str) -> Option<usize> {
        let text = self.text(field)?;
        let (_, behind) = text.split_once(['.', ','])?;
        behind.bytes().all(|b| b.is_ascii_digit()).then_some(behind.len())
    }
}
