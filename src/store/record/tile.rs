//! Map tiles of one collection, from its schema.

use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::column;
use super::sql::Sql;
use crate::domain::moment::{InForce, Moment};
use crate::domain::schema::{Field, Schema, Shape, Type};
use crate::store::Result;

/// How much of a collection a tile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Every feature with the fields a map needs.
    Full,
    /// One feature for each square of so many units of the tile, which has 4,096 to a side, with its label only.
    Thinned(u16),
}

/// Features of one tile, at most; more is a tile for no map.
pub const MOST_FEATURES: i64 = 20_000;

/// A tile and how many features were found for it, at most one more than [`MOST_FEATURES`].
pub struct Made {
    pub body: Vec<u8>,
    pub features: i64,
}

/// The fields of a collection that its tiles carry: what people call it by, and closed lists to draw it by.
pub fn fields(schema: &'static Schema) -> impl Iterator<Item = &'static Field> {
    schema.fields().filter(|field| {
        field.name == schema.natural
            || field.name.starts_with("name_")
            || matches!(field.kind, Type::Code(_))
            || matches!(
                field.name,
                "section" | "boundary" | "version" | "sequence" | "element" | "ordinal"
            )
    })
}

/// One tile by its zoom, column and row; empty when nothing is there.
///
/// The box reaches a little over the tile's edges but not over the date line, where degrees would start anew.
///
/// # Errors
/// When the database cannot be read.
pub async fn tile(
    conn: &mut PgConnection,
    schema: &'static Schema,
    [zoom, tile_column, row]: [i32; 3],
    moment: &Moment,
    boundary: Option<Uuid>,
    detail: Detail,
) -> Result<Made> {
    let mut sql = Sql::default();
    let (from, to) = match moment.in_force {
        InForce::At(at) => (Some(at), None),
        InForce::Within { from, to } => (from, to),
    };
    for value in [from, to, moment.known] {
        sql.bind(value.map(ToSqlx::to_sqlx));
    }
    let [z, x, y] = [zoom, tile_column, row].map(|n| sql.bind(n));
    let margin = 1.0 / 64.0;
    let n = 2_f64.powi(zoom);
    let longitude = |x: f64| (360.0 * x / n - 180.0).clamp(-180.0, 180.0);
    let latitude = |y: f64| {
        (std::f64::consts::PI * (1.0 - 2.0 * (y / n).clamp(0.0, 1.0)))
            .sinh()
            .atan()
            .to_degrees()
    };
    let bounds = [
        longitude(f64::from(tile_column) - margin),
        latitude(f64::from(row) + 1.0 + margin),
        longitude(f64::from(tile_column) + 1.0 + margin),
        latitude(f64::from(row) - margin),
    ];
    let [w, s, e, north] = bounds.map(|degrees| sql.bind(degrees));
    let envelope = format!("st_makeenvelope({w}, {s}, {e}, {north}, 4326)");
    let display = column::display(schema, moment);
    let mercator = format!("st_transform({display}, 3857)");
    sql.push("with found as (select ");
    let shown: Vec<&Field> = match detail {
        Detail::Full => fields(schema).collect(),
        Detail::Thinned(cell) => {
            let size = format!("(40075016.685578488 / power(2, {z}::integer) * {cell} / 4096)");
            sql.push(format!("distinct on (st_snaptogrid({mercator}, {size})) "));
            fields(schema).filter(|field| field.name == schema.natural).collect()
        }
    };
    sql.push("t.feature_id as id");
    for field in shown {
        sql.push(", ").push(column::expression(schema, field, moment));
        sql.push(" as \"").push(field.name).push("\"");
    }
    sql.push(format!(
        ", st_asmvtgeom({mercator}, st_tileenvelope({z}, {x}, {y}), 4096, 64, true) as geom from {} where {} and ({})",
        column::tables(schema, moment),
        column::one_version(schema, moment),
        column::meets(schema, moment, &envelope),
    ));
    if let Some(boundary) = boundary {
        sql.push(" and ")
            .push(column::boundary(schema))
            .push(" = ")
            .push_bind(boundary);
    }
    match detail {
        Detail::Full => {
            sql.push(" limit ").push_bind(MOST_FEATURES + 1);
        }
        Detail::Thinned(cell) => {
            let size = format!("(40075016.685578488 / power(2, {z}::integer) * {cell} / 4096)");
            sql.push(format!(" order by st_snaptogrid({mercator}, {size}), t.feature_id"));
        }
    }
    sql.push(format!(
        ") select coalesce(st_asmvt(found, '{}', 4096, 'geom', 'id'), ''), count(*) from found where geom is not null",
        schema.collection
    ));
    let row = sql.build()?.fetch_one(conn).await?;
    Ok(Made {
        body: row.try_get(0)?,
        features: row.try_get(1)?,
    })
}

/// Whether the features of a tile can be thinned without breaking what they show.
pub const fn can_be_thinned(schema: &Schema) -> bool {
    matches!(schema.shape, Shape::Point)
}
