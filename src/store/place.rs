//! Ports, projects, routes, islands and boundary points.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::boundary::names;
use super::codec::Ewkb;
use super::{Result, broken, word};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::place::{Port, PortClass, PortStatus, Route};
use crate::unit::Sigma;

#[derive(sqlx::FromRow)]
struct PortRow {
    port_id: Uuid,
    feature_id: i64,
    version: i32,
    number: String,
    names: Value,
    party: String,
    port_class: String,
    status: String,
    traffic: Option<String>,
    counterpart: Value,
    sigma_m: f64,
    legal: Ewkb,
}

/// Ports of a boundary in number order.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn ports(conn: &mut PgConnection, at: Timestamp, boundary: Id<Boundary>) -> Result<Vec<Held<Port>>> {
    let rows: Vec<PortRow> = sqlx::query_as(
        "select o.port_id, o.feature_id, o.version, o.number, o.names, p.code as party, o.port_class, o.status,
                o.traffic, o.counterpart, o.sigma_m, o.legal
         from port o join party p on p.party_id = o.party_id and upper_inf(p.known) and p.in_force @> $2
         where o.boundary_id = $1 and upper_inf(o.known) and o.in_force @> $2 order by o.number_key",
    )
    .bind(boundary.uuid())
    .bind(jiff_sqlx::Timestamp::from(at))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.port_id;
            Ok(Held {
                id: Id::new(id),
                feature_id: row.feature_id,
                version: row.version,
                record: Port {
                    number: row.number,
                    names: names(&row.names),
                    party: row.party,
                    class: word("port", id, "port_class", &row.port_class, PortClass::from_word)?,
                    status: word("port", id, "status", &row.status, PortStatus::from_word)?,
                    counterpart: names(&row.counterpart),
                    traffic: row.traffic,
                    position: row
                        .legal
                        .to_point()
                        .map_err(|e| broken("port", id, "legal")(e.into()))?,
                    sigma: Sigma::new(row.sigma_m).map_err(|e| broken("port", id, "sigma_m")(e.into()))?,
                },
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct RouteRow {
    route_id: Uuid,
    feature_id: i64,
    version: i32,
    number: String,
    names: Value,
    inspection: Option<String>,
    legal: Ewkb,
}

/// Routes of an inspection in number order.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn routes(conn: &mut PgConnection, at: Timestamp, inspection: Uuid) -> Result<Vec<Held<Route>>> {
    let rows: Vec<RouteRow> = sqlx::query_as(
        "select r.route_id, r.feature_id, r.version, r.number, r.names, i.number as inspection, r.legal
         from route r
         left join inspection i on i.inspection_id = r.inspection_id and upper_inf(i.known) and i.in_force @> $2
         where r.inspection_id = $1 and upper_inf(r.known) and r.in_force @> $2 order by r.number_key",
    )
    .bind(inspection)
    .bind(jiff_sqlx::Timestamp::from(at))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.route_id;
            Ok(Held {
                id: Id::new(id),
                feature_id: row.feature_id,
                version: row.version,
                record: Route {
                    number: row.number,
                    names: names(&row.names),
                    inspection: row.inspection,
                    path: row
                        .legal
                        .to_line()
                        .map_err(|e| broken("route", id, "legal")(e.into()))?,
                },
            })
        })
        .collect()
}
