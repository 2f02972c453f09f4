//! What a Shapefile of ours says beside its tables, and what any may say the same way: `fields.csv` has the full names of
//! its columns, which have room for ten characters, and `long_texts.csv` the texts of more than 254 bytes.

use std::collections::{BTreeMap, HashMap};

use super::csv;
use super::row::{Cell, Row};
use super::table::Layer;
use crate::domain::problem::Problem;

pub const FIELDS: &str = "fields.csv";
pub const LONG_TEXTS: &str = "long_texts.csv";

/// The column by which long texts name their row.
const NUMBER: &str = "feature_id";

/// Full names and texts of the tables of one archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    /// Full names by short ones.
    names: BTreeMap<String, String>,
    /// Texts by table, number of the record and full name of the field.
    texts: HashMap<(String, String, String), String>,
}

fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    match row.cells.get(column)? {
        Cell::Text(text) | Cell::Number(_, text) => Some(text),
        Cell::Flag(_) => None,
    }
}

impl Beside {
    /// Reads the two files; an absent one says nothing, and so does a file of the same name with other columns.
    ///
    /// - **Errors**: as [`csv::read`].
    pub fn read(fields: Option<&[u8]>, long_texts: Option<&[u8]>) -> Result<Self, Problem> {
        let mut beside = Self::default();
        for row in csv::read(fields.unwrap_or(b"column\n"))? {
            if let (Some(short), Some(full)) = (text(&row, "column"), text(&row, "field")) {
                beside.names.insert(short.to_owned(), full.to_owned());
            }
        }
        for row in csv::read(long_texts.unwrap_or(b"file\n"))? {
            let key = ["file", NUMBER, "field"].map(|column| text(&row, column).map(str::to_owned));
            if let ([Some(file), Some(number), Some(field)], Some(whole)) = (key, text(&row, "text")) {
                beside.texts.insert((file, number, field), whole.to_owned());
            }
        }
        Ok(beside)
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.texts.is_empty()
    }

    /// Gives the columns of a table their full names.
    pub fn name(&self, layer: &mut Layer) {
        for column in &mut layer.columns {
            if let Some(full) = self.names.get(&column.name) {
                column.name.clone_from(full);
            }
        }
    }

    /// Gives a row of the table `file` its full names and texts.
    pub fn complete(&self, file: &str, row: &mut Row) {
        let cells = std::mem::take(&mut row.cells);
        row.cells = cells
            .into_iter()
            .map(|(name, cell)| (self.names.get(&name).cloned().unwrap_or(name), cell))
            .collect();
        let Some(number) = text(row, NUMBER).map(str::to_owned) else {
            return;
        };
        if self.texts.is_empty() {
            return;
        }
        for (name, cell) in &mut row.cells {
            let key = (file.to_owned(), number.clone(), name.clone());
            if let Some(whole) = self.texts.get(&key) {
                *cell = Cell::Text(whole.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_their_names_and_texts_back() {
        let fields = "\u{feff}column,field,unit,title_en,title_zh\r\ndistance_t,distance_to_line_m,m,\"D\",\"距\"\r\n";
        let long = "\u{feff}file,feature_id,field,text\r\nmarkers,17,site_zh,\"很长, \"\"的\"\"\n文本\"\r\n";
        let beside = Beside::read(Some(fields.as_bytes()), Some(long.as_bytes())).unwrap();
        let cell = |text: &str| Cell::Text(text.to_owned());
        let mut row = Row {
            place: "feature 1".to_owned(),
            cells: BTreeMap::from([
                ("feature_id".to_owned(), Cell::Number(17.0, "17".to_owned())),
                ("distance_t".to_owned(), cell("1.5")),
                ("site_zh".to_owned(), cell("很")),
            ]),
            geometry: None,
        };
        let other = {
            let mut row = row.clone();
            beside.complete("ports", &mut row);
            row
        };
        beside.complete("markers", &mut row);
        assert_eq!(row.cells["distance_to_line_m"], cell("1.5"));
        assert_eq!(
            (&row.cells["site_zh"], &other.cells["site_zh"]),
            (&cell("很长, \"的\"\n文本"), &cell("很"))
        );
        // A table of that name with other columns says nothing.
        assert!(Beside::read(Some(b"a,b\n1,2\n"), None).unwrap().is_empty());
    }
}
