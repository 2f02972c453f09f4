//! Tables of a Shapefile (dBASE III): columns of a fixed width, so that the rows wait in a temporary file until the
//! widest value of each is known.
//!
//! A number stands with the digits from which the same number is read again, with an exponent where they would not fit
//! otherwise. No value is blank; of texts, an empty one cannot be told from none. A text of more than 254 bytes is cut,
//! and the caller is told, so that nothing is lost.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use super::{BUFFER, Column, Error, as_number, as_text, number};
use crate::domain::value::Value;

/// The widest text.
const WIDEST: usize = 254;

/// The width of a number: all that a double can need, with its sign and exponent.
const NUMBER: u8 = 24;
const DECIMALS: u8 = 15;

/// One column as the file has it.
struct Slot {
    name: String,
    column: Column,
    width: usize,
}

/// A table whose rows are being gathered.
pub struct Table {
    slots: Vec<Slot>,
    rows: u32,
    waiting: BufWriter<File>,
}

impl Table {
    /// A table with columns of unlike names, ten characters of ASCII at most.
    pub fn new(columns: impl IntoIterator<Item = (String, Column)>) -> Result<Self, Error> {
        let slots = columns
            .into_iter()
            .map(|(name, column)| Slot { name, column, width: 1 })
            .collect();
        Ok(Self {
            slots,
            rows: 0,
            waiting: BufWriter::with_capacity(BUFFER, tempfile::tempfile()?),
        })
    }

    /// Adds a row. `cut` is told of each text that does not fit: its column's number and the whole text.
    pub fn push<'a>(
        &mut self,
        values: impl IntoIterator<Item = &'a Value>,
        mut cut: impl FnMut(usize, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (at, (slot, value)) in self.slots.iter_mut().zip(values).enumerate() {
            let whole = cell(slot.column, value);
            let mut end = whole.len().min(WIDEST);
            while !whole.is_char_boundary(end) {
                end -= 1;
            }
            let held = whole.get(..end).unwrap_or_default();
            if held.len() < whole.len() {
                cut(at, &whole)?;
            }
            slot.width = slot.width.max(held.len());
            // At most 254.
            self.waiting.write_all(&[u8::try_from(held.len()).unwrap_or(u8::MAX)])?;
            self.waiting.write_all(held.as_bytes())?;
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// Writes the table.
    pub fn write(self, out: &mut impl Write) -> Result<(), Error> {
        let fields: Vec<(u8, u8, u8)> = self.slots.iter().map(form).collect();
        let record: usize = 1 + fields.iter().map(|(_, width, _)| usize::from(*width)).sum::<usize>();
        let head = 32 + 32 * fields.len() + 1;
        let mut bytes = vec![3];
        // The day of the last change: none is told, so that the same records give the same bytes.
        bytes.extend_from_slice(&[80, 1, 1]);
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        for length in [head, record] {
            let length = u16::try_from(length).map_err(|_| Error::library("too many columns for a Shapefile"))?;
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.resize(32, 0);
        for (slot, (kind, width, decimals)) in self.slots.iter().zip(&fields) {
            let start = bytes.len();
            bytes.extend(slot.name.bytes().take(10));
            bytes.resize(start + 11, 0);
            bytes.push(*kind);
            bytes.extend_from_slice(&[0; 4]);
            bytes.extend_from_slice(&[*width, *decimals]);
            bytes.resize(start + 32, 0);
        }
        bytes.push(0x0d);
        out.write_all(&bytes)?;
        let mut file = self.waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut waiting = BufReader::with_capacity(BUFFER, file);
        let mut row = Vec::with_capacity(record);
        for _ in 0..self.rows {
            row.clear();
            row.push(b' ');
            for (kind, width, _) in &fields {
                let mut length = [0];
                waiting.read_exact(&mut length)?;
                let gap = usize::from(width.saturating_sub(length[0]));
                // Numbers stand on the right, everything else on the left.
                if *kind == b'N' {
                    row.resize(row.len() + gap, b' ');
                }
                let start = row.len();
                row.resize(start + usize::from(length[0]), b' ');
                waiting.read_exact(row.get_mut(start..).unwrap_or_default())?;
                if *kind != b'N' {
                    row.resize(row.len() + gap, b' ');
                }
            }
            out.write_all(&row)?;
        }
        out.write_all(&[0x1a])?;
        Ok(())
    }
}

/// A value as the file has it; nothing for none.
fn cell(column: Column, value: &Value) -> String {
    match (column, value) {
        (_, Value::Null) => String::new(),
        (Column::Number, value) => as_number(value).map(number::json).unwrap_or_default(),
        (_, Value::Flag(flag)) => if *flag { "T" } else { "F" }.to_owned(),
        // Eight digits; a day before our era has none.
        (_, Value::Date(date)) if date.year() >= 0 => date.strftime("%Y%m%d").to_string(),
        (_, Value::Date(_)) => String::new(),
        (_, value) => as_text(value).map(std::borrow::Cow::into_owned).unwrap_or_default(),
    }
}

/// Type, width and decimals of a column.
fn form(slot: &Slot) -> (u8, u8, u8) {
    let width = u8::try_from(slot.width).unwrap_or(u8::MAX);
    match slot.column {
        Column::Integer => (b'N', width.max(10), 0),
        Column::Number => (b'N', width.max(NUMBER), DECIMALS),
        Column::Flag => (b'L', 1, 0),
        Column::Date => (b'D', 8, 0),
        Column::Text | Column::Time | Column::Texts | Column::Document => (b'C', width, 0),
    }
}
