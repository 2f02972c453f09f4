//! GeoParquet 1.1: a Parquet file whose metadata say which column is geometry, in which system, at which epoch.
//!
//! The statement stands beside that, name by name, in the key-value metadata of the file. Rows are gathered in groups;
//! a group is what has to fit into memory.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::{Value as Json, json};

use super::{Column, Error, Header, Outgoing, Writer, as_declared, as_number, as_text, column, wkb};
use crate::domain::schema::Shape;
use crate::domain::value::Value;

/// The column of the positions.
const GEOMETRY: &str = "geometry";

/// A group of rows is written when it has this many rows, or about this many bytes.
const GROUP_ROWS: usize = 65_536;
const GROUP_BYTES: usize = 16 << 20;

/// Days from the common era's first to 1970-01-01, which Parquet counts from.
const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

pub struct GeoParquet<W: Write + Send> {
    header: Arc<Header>,
    writer: SerializedFileWriter<W>,
    columns: Vec<Gathered>,
    rows: usize,
    bytes: usize,
    kinds: BTreeSet<&'static str>,
    bounds: Option<[f64; 4]>,
    blob: Vec<u8>,
}

/// The values of one column in one group of rows; `present` has the definition level of each.
struct Gathered {
    column: Column,
    present: Vec<i16>,
    values: Values,
}

enum Values {
    Bytes(Vec<ByteArray>),
    Long(Vec<i64>),
    Days(Vec<i32>),
    Double(Vec<f64>),
    Flag(Vec<bool>),
    /// With the repetition level of each.
    Texts(Vec<ByteArray>, Vec<i16>),
}

impl Gathered {
    fn new(column: Column) -> Self {
        let values = match column {
            Column::Text | Column::Document => Values::Bytes(Vec::new()),
            Column::Integer | Column::Time => Values::Long(Vec::new()),
            Column::Date => Values::Days(Vec::new()),
            Column::Number => Values::Double(Vec::new()),
            Column::Flag => Values::Flag(Vec::new()),
            Column::Texts => Values::Texts(Vec::new(), Vec::new()),
        };
        Self {
            column,
            present: Vec::new(),
            values,
        }
    }

    /// Adds one value and says about how many bytes it takes.
    fn push(&mut self, value: &Value) -> usize {
        let mut size = 1;
        let mut there = true;
        match (&mut self.values, value) {
            (Values::Texts(list, repeats), Value::Texts(texts)) => {
                // Of a list: 0 none, 1 empty, 2 an element.
                for (index, text) in texts.iter().enumerate() {
                    list.push(ByteArray::from(text.as_str()));
                    repeats.push(i16::from(index > 0));
                    self.present.push(2);
                    size += text.len() + 4;
                }
                if texts.is_empty() {
                    repeats.push(0);
                    self.present.push(1);
                }
                return size;
            }
            (Values::Texts(_, repeats), _) => {
                repeats.push(0);
                there = false;
            }
            (Values::Bytes(list), value) => match as_text(value) {
                Some(text) => {
                    size += text.len() + 4;
                    list.push(ByteArray::from(text.into_owned().into_bytes()));
                }
                None => there = false,
            },
            (Values::Long(list), Value::Integer(integer)) => list.push(*integer),
            (Values::Long(list), Value::Time(time)) => list.push(time.as_microsecond()),
            (Values::Days(list), Value::Date(date)) => list.push(days(*date)),
            (Values::Double(list), value) => match as_number(value) {
                Some(number) => list.push(number),
                None => there = false,
            },
            (Values::Flag(list), Value::Flag(flag)) => list.push(*flag),
            _ => there = false,
        }
        self.present.push(i16::from(there));
        size + 8
    }

    /// Writes what is gathered and forgets it.
    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let present = Some(self.present.as_slice());
        match &mut self.values {
            Values::Bytes(list) => out.typed::<ByteArrayType>().write_batch(list, present, None)?,
            Values::Long(list) => out.typed::<Int64Type>().write_batch(list, present, None)?,
            Values::Days(list) => out.typed::<Int32Type>().write_batch(list, present, None)?,
            Values::Double(list) => out.typed::<DoubleType>().write_batch(list, present, None)?,
            Values::Flag(list) => out.typed::<BoolType>().write_batch(list, present, None)?,
            Values::Texts(list, repeats) => out.typed::<ByteArrayType>().write_batch(list, present, Some(repeats))?,
        };
        *self = Self::new(self.column);
        Ok(())
    }
}

fn days(date: jiff::civil::Date) -> i32 {
    date.duration_since(EPOCH)
        .as_hours()
        .checked_div(24)
        .and_then(|days| i32::try_from(days).ok())
        .unwrap_or_default()
}

impl<W: Write + Send> GeoParquet<W> {
    pub fn new(header: Arc<Header>, out: W) -> Result<Self, Error> {
        let schema = schema(&header).map_err(Error::library)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(super::SOFTWARE.to_owned())
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(Error::library)?;
        let mut columns = vec![Gathered::new(Column::Integer)];
        columns.extend(header.fields.iter().map(|field| Gathered::new(column(field.kind))));
        if header.schema.shape != Shape::None {
            columns.push(Gathered::new(Column::Document));
        }
        Ok(Self {
            header,
            writer,
            columns,
            rows: 0,
            bytes: 0,
            kinds: BTreeSet::new(),
            bounds: None,
            blob: Vec::new(),
        })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for gathered in &mut self.columns {
            let Some(mut out) = group.next_column()? else { break };
            gathered.write(&mut out)?;
            out.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// The metadata that make a Parquet file a GeoParquet.
    fn geo(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().copied().collect();
        let mut column = json!({ "encoding": "WKB", "geometry_types": kinds });
        let crs = self.header.crs.projjson();
        // WGS 84, longitude first, is what is meant where nothing is said.
        let crs = crs.filter(|_| !self.header.is_wgs84());
        if let Some(members) = column.as_object_mut() {
            if let Some(crs) = crs.and_then(|text| serde_json::from_str::<Json>(&text).ok()) {
                members.insert("crs".to_owned(), crs);
            }
            if let Some(epoch) = self.header.epoch {
                members.insert("epoch".to_owned(), Json::from(epoch.get()));
            }
            if let Some(bounds) = self.bounds {
                members.insert("bbox".to_owned(), json!(bounds));
            }
        }
        json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } }).to_string()
    }
}

impl<W: Write + Send> Writer for GeoParquet<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let id = Value::Integer(feature.feature_id);
        let values = std::iter::once(&id).chain(feature.values);
        let sizes = self
            .columns
            .iter_mut()
            .zip(values)
            .map(|(column, value)| column.push(value));
        self.bytes += sizes.sum::<usize>();
        if self.header.schema.shape != Shape::None
            && let Some(column) = self.columns.last_mut()
            && let Values::Bytes(list) = &mut column.values
        {
            if let Some(geometry) = feature.geometry {
                let geometry = as_declared(self.header.schema.shape, geometry);
                self.blob.clear();
                wkb::put(&mut self.blob, &geometry);
                self.bytes += self.blob.len();
                list.push(ByteArray::from(self.blob.clone()));
                self.kinds.insert(geometry.name());
                for [x, y] in geometry.positions() {
                    let [w, s, e, n] = self.bounds.unwrap_or([*x, *y, *x, *y]);
                    self.bounds = Some([w.min(*x), s.min(*y), e.max(*x), n.max(*y)]);
                }
            }
            column.present.push(i16::from(feature.geometry.is_some()));
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group().map_err(Error::library)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.write_group().map_err(Error::library)?;
        for (name, text) in self.header.statement() {
            self.writer
                .append_key_value_metadata(KeyValue::new(name.to_owned(), text));
        }
        if self.header.schema.shape != Shape::None {
            let geo = self.geo();
            self.writer
                .append_key_value_metadata(KeyValue::new("geo".to_owned(), geo));
        }
        self.writer.finish().map_err(Error::library)?;
        self.writer.inner_mut().flush()?;
        Ok(())
    }
}

fn schema(header: &Header) -> Result<Type, ParquetError> {
    let one = |name: &str, physical, logical: Option<LogicalType>, repetition| {
        Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()
            .map(Arc::new)
    };
    let text = Some(LogicalType::String);
    // Its only definition level is that of a value that may be missing, so that all columns are gathered alike.
    let mut columns = vec![one("feature_id", Physical::INT64, None, Repetition::OPTIONAL)?];
    for field in &header.fields {
        let name = field.name;
        let optional = Repetition::OPTIONAL;
        columns.push(match column(field.kind) {
            Column::Text => one(name, Physical::BYTE_ARRAY, text.clone(), optional)?,
            Column::Document => one(name, Physical::BYTE_ARRAY, Some(LogicalType::Json), optional)?,
            Column::Integer => one(name, Physical::INT64, None, optional)?,
            Column::Number => one(name, Physical::DOUBLE, None, optional)?,
            Column::Flag => one(name, Physical::BOOLEAN, None, optional)?,
            Column::Date => one(name, Physical::INT32, Some(LogicalType::Date), optional)?,
            Column::Time => {
                let utc = LogicalType::timestamp(true, TimeUnit::MICROS);
                one(name, Physical::INT64, Some(utc), optional)?
            }
            Column::Texts => {
                let element = one("element", Physical::BYTE_ARRAY, text.clone(), Repetition::REQUIRED)?;
                let list = Type::group_type_builder("list")
                    .with_repetition(Repetition::REPEATED)
                    .with_fields(vec![element])
                    .build()?;
                let whole = Type::group_type_builder(name)
                    .with_repetition(optional)
                    .with_logical_type(Some(LogicalType::List))
                    .with_fields(vec![Arc::new(list)])
                    .build()?;
                Arc::new(whole)
            }
        });
    }
    if header.schema.shape != Shape::None {
        columns.push(one(GEOMETRY, Physical::BYTE_ARRAY, None, Repetition::OPTIONAL)?);
    }
    Type::group_type_builder(header.name()).with_fields(columns).build()
}
