//! What everybody may see: generalised copies, in a table of their own.

use std::convert::Infallible;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

use super::codec::Ewkb;
use super::{Result, broken};
use crate::geom::shape::Geometry;

/// Something that is public and in force.
///
/// - **Units**: degrees of EPSG:4326, longitude first, snapped to 0.01.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicFeature {
    pub feature_id: i64,
    pub kind: String,
    /// By language.
    pub names: Value,
    /// The few fields that are published of its kind.
    pub said: Value,
    pub shape: Option<Geometry>,
}

/// Those in force at a moment with ids above `after`, in the order of their ids; in a box of west, south, east, north,
/// where one is given.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    conn: &mut PgConnection,
    now: Timestamp,
    within: Option<[f64; 4]>,
    after: i64,
    limit: i64,
) -> Result<Vec<PublicFeature>> {
    let [west, south, east, north] = within.unwrap_or_default();
    let rows: Vec<(i64, String, Value, Value, Option<Ewkb>)> = sqlx::query_as(
        "select feature_id, kind, names, said, shape from public_feature
         where in_force @> $1 and feature_id > $2
           and (not $3 or shape && st_makeenvelope($4, $5, $6, $7, 4326))
         order by feature_id limit $8",
    )
    .bind(now.to_sqlx())
    .bind(after)
    .bind(within.is_some())
    .bind(west)
    .bind(south)
    .bind(east)
    .bind(north)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(feature_id, kind, names, said, shape)| {
            let shape = shape.map(|shape| shape.to_geometry()).transpose();
            // The number that is nearest to the line of the grid has no further decimals.
            let tidy = |[lon, lat]: [f64; 2]| Ok::<_, Infallible>([lon, lat].map(|d| (d * 100.0).round() / 100.0));
            Ok(PublicFeature {
                feature_id,
                kind,
                names,
                said,
                shape: shape
                    .map_err(|fault| broken("public_feature", feature_id, "shape")(fault.into()))?
                    .map(|shape| shape.try_map(tidy).unwrap_or_else(|never| match never {})),
            })
        })
        .collect()
}
