//! FlatGeobuf 3, without an index, so that it can be sent as it is written.
//!
//! The statement stands in the header: title, description, and as JSON in `metadata`; the epoch in the text of the
//! reference system (`COORDINATEMETADATA`, as GDAL's RFC 81 has it). The number of features is not known in advance and
//! is given as unknown.

use std::io::Write;
use std::sync::Arc;

use ::flatgeobuf as fgb;
use flatbuffers::{FlatBufferBuilder, WIPOffset};

use super::{Column, Error, Header, Outgoing, Writer, as_declared, as_number, as_text, column, number};
use crate::crs::Dialect;
use crate::domain::schema::{Presence, Shape};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

/// The first bytes of a file: version 3, patch level 0.
const MAGIC: [u8; 8] = [b'f', b'g', b'b', fgb::VERSION, b'f', b'g', b'b', 0];

/// A record larger than this is refused: offsets inside a FlatBuffer have 32 bits, and so has a reader's patience.
const LARGEST: usize = 1 << 30;

pub struct FlatGeobuf<W> {
    header: Arc<Header>,
    out: W,
    builder: FlatBufferBuilder<'static>,
    properties: Vec<u8>,
    flat: Vec<f64>,
}

impl<W: Write> FlatGeobuf<W> {
    pub fn new(header: Arc<Header>, mut out: W) -> Result<Self, Error> {
        let mut builder = FlatBufferBuilder::new();
        head(&mut builder, &header);
        out.write_all(&MAGIC)?;
        out.write_all(builder.finished_data())?;
        Ok(Self {
            header,
            out,
            builder,
            properties: Vec::new(),
            flat: Vec::new(),
        })
    }
}

fn head(builder: &mut FlatBufferBuilder<'_>, header: &Header) {
    let id = fgb::ColumnArgs {
        name: Some(builder.create_string("feature_id")),
        type_: fgb::ColumnType::Long,
        nullable: false,
        ..Default::default()
    };
    let mut columns = vec![fgb::Column::create(builder, &id)];
    for field in &header.fields {
        let title = format!("{} {}", field.title.en, field.title.zh);
        let args = fgb::ColumnArgs {
            name: Some(builder.create_string(field.name)),
            title: Some(builder.create_string(&title)),
            description: field
                .unit
                .map(|unit| builder.create_string(&format!("unit (UCUM): {unit}"))),
            type_: match column(field.kind) {
                Column::Text => fgb::ColumnType::String,
                Column::Integer => fgb::ColumnType::Long,
                Column::Number => fgb::ColumnType::Double,
                Column::Flag => fgb::ColumnType::Bool,
                Column::Date | Column::Time => fgb::ColumnType::DateTime,
                Column::Texts | Column::Document => fgb::ColumnType::Json,
            },
            nullable: field.presence != Presence::Required,
            ..Default::default()
        };
        columns.push(fgb::Column::create(builder, &args));
    }
    let with_position = header.schema.shape != Shape::None;
    let args = fgb::HeaderArgs {
        name: Some(builder.create_string(header.name())),
        title: Some(builder.create_string(&header.title)),
        description: Some(builder.create_string(&header.statement_text())),
        metadata: Some(builder.create_string(&header.statement_json())),
        geometry_type: declared(header.schema.shape),
        columns: Some(builder.create_vector(&columns)),
        crs: with_position.then(|| system(builder, header)),
        index_node_size: 0,
        features_count: 0,
        ..Default::default()
    };
    let head = fgb::Header::create(builder, &args);
    builder.finish_size_prefixed(head, None);
}

fn system<'a>(builder: &mut FlatBufferBuilder<'a>, header: &Header) -> WIPOffset<fgb::Crs<'a>> {
    let wkt = header.crs.wkt(Dialect::Wkt2).map(|wkt| match header.epoch {
        Some(epoch) => format!("COORDINATEMETADATA[{wkt},EPOCH[{}]]", number::decimal(epoch.get())),
        None => wkt,
    });
    let args = fgb::CrsArgs {
        org: Some(builder.create_string("EPSG")),
        code: header.crs.srid().unwrap_or(0),
        name: Some(builder.create_string(header.crs.name())),
        wkt: wkt.map(|wkt| builder.create_string(&wkt)),
        ..Default::default()
    };
    fgb::Crs::create(builder, &args)
}

const fn declared(shape: Shape) -> fgb::GeometryType {
    match shape {
        Shape::Point => fgb::GeometryType::Point,
        Shape::Line => fgb::GeometryType::LineString,
        Shape::Lines => fgb::GeometryType::MultiLineString,
        Shape::Polygon => fgb::GeometryType::Polygon,
        Shape::Any | Shape::None => fgb::GeometryType::Unknown,
    }
}

impl<W: Write> Writer for FlatGeobuf<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        let builder = &mut self.builder;
        builder.reset();
        let values = &mut self.properties;
        values.clear();
        values.extend_from_slice(&0_u16.to_le_bytes());
        values.extend_from_slice(&feature.feature_id.to_le_bytes());
        for (index, (field, value)) in (1_u16..).zip(self.header.fields.iter().zip(feature.values)) {
            property(values, index, column(field.kind), value);
        }
        let positions = feature.geometry.map_or(0, |geometry| geometry.positions().count());
        if values.len() + 16 * positions > LARGEST {
            return Err(Error::Unfit {
                field: "geometry",
                feature_id: feature.feature_id,
            });
        }
        let declared = self.header.schema.shape;
        let geometry = feature
            .geometry
            .map(|shape| geometry(builder, &mut self.flat, &as_declared(declared, shape)));
        let args = fgb::FeatureArgs {
            geometry,
            properties: Some(builder.create_vector(values)),
            columns: None,
        };
        let written = fgb::Feature::create(builder, &args);
        builder.finish_size_prefixed(written, None);
        self.out.write_all(builder.finished_data())?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        self.out.flush()?;
        Ok(())
    }
}

/// The number of the column and the value; nothing for no value.
fn property(out: &mut Vec<u8>, index: u16, column: Column, value: &Value) {
    let mut put = |bytes: &[u8]| {
        out.extend_from_slice(&index.to_le_bytes());
        out.extend_from_slice(bytes);
    };
    match (column, value) {
        (Column::Number, value) => {
            if let Some(number) = as_number(value) {
                put(&number.to_le_bytes());
            }
        }
        (_, Value::Integer(integer)) => put(&integer.to_le_bytes()),
        (_, Value::Flag(flag)) => put(&[u8::from(*flag)]),
        (_, value) => {
            if let Some(text) = as_text(value)
                && let Ok(length) = u32::try_from(text.len())
            {
                put(&length.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

fn geometry<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    flat: &mut Vec<f64>,
    shape: &Geometry,
) -> WIPOffset<fgb::Geometry<'a>> {
    let kind = match shape {
        Geometry::Point(_) => fgb::GeometryType::Point,
        Geometry::Points(_) => fgb::GeometryType::MultiPoint,
        Geometry::Line(_) => fgb::GeometryType::LineString,
        Geometry::Lines(_) => fgb::GeometryType::MultiLineString,
        Geometry::Polygon(_) => fgb::GeometryType::Polygon,
        Geometry::Polygons(_) => fgb::GeometryType::MultiPolygon,
    };
    match shape {
        Geometry::Polygons(polygons) => {
            let parts: Vec<_> = polygons
                .iter()
                .map(|rings| lines(builder, flat, fgb::GeometryType::Polygon, rings))
                .collect();
            let args = fgb::GeometryArgs {
                type_: kind,
                parts: Some(builder.create_vector(&parts)),
                ..Default::default()
            };
            fgb::Geometry::create(builder, &args)
        }
        Geometry::Lines(parts) | Geometry::Polygon(parts) => lines(builder, flat, kind, parts),
        Geometry::Point(position) => one(builder, flat, kind, std::slice::from_ref(position)),
        Geometry::Points(positions) | Geometry::Line(positions) => one(builder, flat, kind, positions),
    }
}

fn one<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    flat: &mut Vec<f64>,
    kind: fgb::GeometryType,
    positions: &[[f64; 2]],
) -> WIPOffset<fgb::Geometry<'a>> {
    flat.clear();
    flat.extend(positions.iter().flatten());
    let args = fgb::GeometryArgs {
        type_: kind,
        xy: Some(builder.create_vector(flat)),
        ..Default::default()
    };
    fgb::Geometry::create(builder, &args)
}

/// Parts after one another, with the number of positions up to the end of each.
fn lines<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    flat: &mut Vec<f64>,
    kind: fgb::GeometryType,
    parts: &[Vec<[f64; 2]>],
) -> WIPOffset<fgb::Geometry<'a>> {
    flat.clear();
    flat.extend(parts.iter().flatten().flatten());
    let mut end = 0_u32;
    let ends: Vec<u32> = parts
        .iter()
        .map(|part| {
            end = end.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            end
        })
        .collect();
    let args = fgb::GeometryArgs {
        type_: kind,
        xy: Some(builder.create_vector(flat)),
        ends: Some(builder.create_vector(&ends)),
        ..Default::default()
    };
    fgb::Geometry::create(builder, &args)
}
