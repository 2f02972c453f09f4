//! Ports, projects, routes, islands and boundary points.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::boundary::{Keys, names, names_json};
use super::codec::Ewkb;
use super::version::{NewRow, Stamp, Table, insert};
use super::{Result, broken, word};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::marker::Number;
use crate::domain::place::{BoundaryPoint, Footprint, Island, Port, PortClass, PortStatus, Project, Route};
use crate::unit::Sigma;

/// A new record of this module: its identity, itself, and the instrument it cites.
pub struct New<'a, T> {
    pub id: Uuid,
    pub record: &'a T,
    pub instrument: Option<Uuid>,
    /// As received; empty for records that have no measured position.
    pub received: Value,
}

fn srid(boundary: &Held<Boundary>) -> i32 {
    boundary.record.frame.crs.srid().unwrap_or(0)
}

fn key_of(number: &str) -> String {
    Number::parse(number).sort_key()
}

fn footprint(srid: i32, footprint: &Footprint) -> Ewkb {
    match footprint {
        Footprint::Line(line) => Ewkb::line(srid, line),
        Footprint::Polygon(rings) => Ewkb::polygon(srid, rings),
    }
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_ports(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    parties: &Keys,
    ports: &[New<'_, Port>],
) -> Result<()> {
    let rows = ports
        .iter()
        .map(|new| {
            let port = new.record;
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "number": port.number,
                    "number_key": key_of(&port.number),
                    "names": names_json(&port.names),
                    "party_id": parties.get(&port.party),
                    "port_class": port.class.word(),
                    "status": port.status.word(),
                    "traffic": port.traffic,
                    "counterpart": names_json(&port.counterpart),
                    "received": new.received,
                    "sigma_m": port.sigma.get(),
                    "legal": Ewkb::point(srid(boundary), port.position).hex(),
                    "display": Ewkb::point(4326, port.position).hex(),
                    "instrument_id": new.instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::Port, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_projects(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    parties: &Keys,
    projects: &[New<'_, Project>],
) -> Result<()> {
    let rows = projects
        .iter()
        .map(|new| {
            let project = new.record;
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "number": project.number,
                    "number_key": key_of(&project.number),
                    "names": names_json(&project.names),
                    "kind": project.kind,
                    "state": project.state,
                    "party_id": project.party.as_ref().and_then(|code| parties.get(code)),
                    "legal": footprint(srid(boundary), &project.footprint).hex(),
                    "display": footprint(4326, &project.footprint).hex(),
                    "instrument_id": new.instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::Project, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_routes(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    inspections: &Keys,
    routes: &[New<'_, Route>],
) -> Result<()> {
    let rows = routes
        .iter()
        .map(|new| {
            let route = new.record;
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "inspection_id": route.inspection.as_ref().and_then(|number| inspections.get(number)),
                    "number": route.number,
                    "number_key": key_of(&route.number),
                    "names": names_json(&route.names),
                    "legal": Ewkb::line(srid(boundary), &route.path).hex(),
                    "display": Ewkb::line(4326, &route.path).hex(),
                }),
            )
        })
        .collect();
    insert(conn, Table::Route, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_islands(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    parties: &Keys,
    islands: &[New<'_, Island>],
) -> Result<()> {
    let rows = islands
        .iter()
        .map(|new| {
            let island = new.record;
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "number": island.number,
                    "number_key": key_of(&island.number),
                    "names": names_json(&island.names),
                    "owner_party_id": parties.get(&island.owner),
                    "legal": Ewkb::polygon(srid(boundary), &island.rings).hex(),
                    "display": Ewkb::polygon(4326, &island.rings).hex(),
                    "instrument_id": new.instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::Island, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_boundary_points(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    sections: &Keys,
    points: &[New<'_, BoundaryPoint>],
) -> Result<()> {
    let rows = points
        .iter()
        .map(|new| {
            let point = new.record;
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "section_id": point.section.as_ref().and_then(|key| sections.get(key)),
                    "number": point.number,
                    "number_key": key_of(&point.number),
                    "received": new.received,
                    "sigma_m": point.sigma.map(Sigma::get),
                    "legal": Ewkb::point(srid(boundary), point.position).hex(),
                    "display": Ewkb::point(4326, point.position).hex(),
                    "instrument_id": new.instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::BoundaryPoint, stamp, rows).await.map(drop)
}

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
