//! Markers and their elements.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::boundary::{Keys, names, names_json};
use super::codec::Ewkb;
use super::version::{NewRow, Stamp, Table, insert};
use super::{Error, Result, broken, word};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::marker::{Condition, Constellation, Element, Marker, MarkerKind, Number, Relation, SigmaSource};
use crate::geom::line::Side;
use crate::unit::{Bearing, Metres, Sigma};

const fn side_word(side: Side) -> Option<&'static str> {
    match side {
        Side::Left => Some("left"),
        Side::Right => Some("right"),
        Side::On => None,
    }
}

/// A marker with what the database needs beside it; `received` is one document for each element.
pub struct NewMarker<'a> {
    pub id: Uuid,
    pub element_ids: Vec<Uuid>,
    pub marker: &'a Marker,
    pub section: Option<Uuid>,
    pub instrument: Option<Uuid>,
    pub received: Vec<Value>,
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_markers(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    parties: &Keys,
    markers: &[NewMarker<'_>],
) -> Result<()> {
    let srid = boundary.record.frame.crs.srid().unwrap_or(0);
    let party = |code: &Option<String>| code.as_ref().and_then(|code| parties.get(code).copied());
    let mut rows = Vec::with_capacity(markers.len());
    let mut elements = Vec::with_capacity(markers.len());
    for new in markers {
        let marker = new.marker;
        let instrument = new.instrument.or(stamp.instrument);
        rows.push(NewRow::new(
            new.id,
            json!({
                "boundary_id": boundary.id.uuid(),
                "section_id": new.section,
                "number": marker.number.text(),
                "number_key": marker.number.sort_key(),
                "sequence": marker.sequence,
                "names": names_json(&marker.names),
                "constellation": marker.constellation.word(),
                "kind": marker.kind.word(),
                "keeper_party_id": party(&marker.keeper),
                "erected_by_party_id": party(&marker.erected_by),
                "condition": marker.condition.word(),
                "instrument_id": instrument,
            }),
        ));
        for ((element, id), received) in marker.elements.iter().zip(&new.element_ids).zip(&new.received) {
            let (relation, azimuth, distance, side) = match element.relation {
                Relation::OnLine => ("on_line", None, None, None),
                Relation::Tied {
                    azimuth,
                    distance,
                    side,
                } => (
                    "tied",
                    Some(azimuth.get()),
                    Some(distance.get()),
                    side.and_then(side_word),
                ),
                Relation::Beside(side) => ("beside", None, None, side_word(side)),
                Relation::NotStated => ("not_stated", None, None, None),
            };
            elements.push(NewRow::new(
                *id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "marker_id": new.id,
                    "ordinal": element.index,
                    "label": marker.label(element),
                    "party_id": party(&element.party),
                    "relation": relation,
                    "tie_azimuth_deg": azimuth,
                    "tie_distance_m": distance,
                    "side": side,
                    "material": element.material,
                    "inscriptions": [],
                    "received": received,
                    "sigma_m": element.sigma.get(),
                    "sigma_source": match element.sigma_source {
                        SigmaSource::Stated => "stated",
                        SigmaSource::PrintedDigits => "printed_digits",
                    },
                    "height_m": element.height_m,
                    "legal": Ewkb::point(srid, element.position).hex(),
                    "display": Ewkb::point(4326, element.position).hex(),
                    "instrument_id": instrument,
                }),
            ));
        }
    }
    insert(&mut *conn, Table::Marker, stamp, rows).await?;
    insert(conn, Table::MarkerElement, stamp, elements).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct MarkerRow {
    marker_id: Uuid,
    feature_id: i64,
    version: i32,
    section: Option<String>,
    number: String,
    names: Value,
    constellation: String,
    kind: String,
    keeper: Option<String>,
    erected_by: Option<String>,
    sequence: Option<i64>,
    condition: String,
}

#[derive(sqlx::FromRow)]
struct ElementRow {
    marker_element_id: Uuid,
    marker_id: Uuid,
    ordinal: i16,
    party: Option<String>,
    relation: String,
    tie_azimuth_deg: Option<f64>,
    tie_distance_m: Option<f64>,
    side: Option<String>,
    material: Option<String>,
    received: Value,
    sigma_m: f64,
    sigma_source: String,
    height_m: Option<f64>,
    legal: Ewkb,
}

impl ElementRow {
    fn read(self) -> Result<Element> {
        let id = self.marker_element_id;
        let fault = |column| broken("marker_element", id, column);
        let side = match self.side.as_deref() {
            Some("left") => Some(Side::Left),
            Some("right") => Some(Side::Right),
            _ => None,
        };
        let relation = match (self.relation.as_str(), self.tie_azimuth_deg, self.tie_distance_m, side) {
            ("on_line", ..) => Relation::OnLine,
            ("tied", Some(azimuth), Some(distance), side) => Relation::Tied {
                azimuth: Bearing::new(azimuth).map_err(|e| fault("tie_azimuth_deg")(e.into()))?,
                distance: Metres::new(distance).map_err(|e| fault("tie_distance_m")(e.into()))?,
                side,
            },
            ("beside", .., Some(side)) => Relation::Beside(side),
            _ => Relation::NotStated,
        };
        let printed = |key: &str| self.received.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Element {
            index: self.ordinal,
            position: self.legal.to_point().map_err(|e| fault("legal")(e.into()))?,
            height_m: self.height_m,
            sigma: Sigma::new(self.sigma_m).map_err(|e| fault("sigma_m")(e.into()))?,
            sigma_source: if self.sigma_source == "stated" {
                SigmaSource::Stated
            } else {
                SigmaSource::PrintedDigits
            },
            relation,
            party: self.party,
            printed: printed("printed_lat").zip(printed("printed_lon")),
            material: self.material,
        })
    }
}

/// A marker of the register with the identities of its elements, in their order.
pub struct HeldMarker {
    pub held: Held<Marker>,
    pub element_ids: Vec<Uuid>,
}

/// Markers of a boundary in number order, with their elements.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn markers(
    conn: &mut PgConnection,
    at: Timestamp,
    boundary: Id<Boundary>,
    only: Option<Uuid>,
) -> Result<Vec<HeldMarker>> {
    let moment = jiff_sqlx::Timestamp::from(at);
    let rows: Vec<MarkerRow> = sqlx::query_as(
        "select m.marker_id, m.feature_id, m.version, s.key as section, m.number, m.names, m.constellation, m.kind,
                k.code as keeper, e.code as erected_by, m.sequence, m.condition
         from marker m
         left join section s on s.section_id = m.section_id and upper_inf(s.known) and s.in_force @> $2
         left join party k on k.party_id = m.keeper_party_id and upper_inf(k.known) and k.in_force @> $2
         left join party e on e.party_id = m.erected_by_party_id and upper_inf(e.known) and e.in_force @> $2
         where m.boundary_id = $1 and upper_inf(m.known) and m.in_force @> $2 and ($3::uuid is null or m.marker_id = $3)
         order by m.number_key, m.marker_id",
    )
    .bind(boundary.uuid())
    .bind(moment)
    .bind(only)
    .fetch_all(&mut *conn)
    .await?;
    let elements: Vec<ElementRow> = sqlx::query_as(
        "select e.marker_element_id, e.marker_id, e.ordinal, p.code as party, e.relation, e.tie_azimuth_deg,
                e.tie_distance_m, e.side, e.material, e.received, e.sigma_m, e.sigma_source, e.height_m, e.legal
         from marker_element e
         left join party p on p.party_id = e.party_id and upper_inf(p.known) and p.in_force @> $2
         where e.boundary_id = $1 and upper_inf(e.known) and e.in_force @> $2 and ($3::uuid is null or e.marker_id = $3)
         order by e.marker_id, e.ordinal",
    )
    .bind(boundary.uuid())
    .bind(moment)
    .bind(only)
    .fetch_all(conn)
    .await?;
    let mut by_marker: HashMap<Uuid, Vec<ElementRow>> = HashMap::new();
    for row in elements {
        by_marker.entry(row.marker_id).or_default().push(row);
    }
    rows.into_iter()
        .map(|row| {
            let id = row.marker_id;
            let elements = by_marker.remove(&id).unwrap_or_default();
            let element_ids = elements.iter().map(|e| e.marker_element_id).collect();
            let marker = Marker {
                number: Number::parse(&row.number),
                section: row.section,
                names: names(&row.names),
                constellation: word(
                    "marker",
                    id,
                    "constellation",
                    &row.constellation,
                    Constellation::from_word,
                )?,
                kind: word("marker", id, "kind", &row.kind, MarkerKind::from_word)?,
                keeper: row.keeper,
                erected_by: row.erected_by,
                sequence: row.sequence,
                condition: word("marker", id, "condition", &row.condition, Condition::from_word)?,
                elements: elements.into_iter().map(ElementRow::read).collect::<Result<_>>()?,
            };
            let held = Held {
                id: Id::new(id),
                feature_id: row.feature_id,
                version: row.version,
                record: marker,
            };
            Ok::<_, Error>(HeldMarker { held, element_ids })
        })
        .collect()
}

/// Feature ids of the elements of a marker that are newest knowledge, the first element first.
///
/// # Errors
/// When the database cannot be read.
pub async fn element_features(conn: &mut PgConnection, marker: Uuid) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "select feature_id from marker_element where marker_id = $1 and upper_inf(known) and upper_inf(in_force)
         group by feature_id, ordinal order by ordinal",
    )
    .bind(marker)
    .fetch_all(conn)
    .await?)
}

/// Feature id of the first element that a marker has or had.
///
/// # Errors
/// When the database cannot be read.
pub async fn first_element_ever(conn: &mut PgConnection, marker: Uuid) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "select feature_id from marker_element where marker_id = $1 and ordinal <= 1
         order by upper_inf(known) desc, version desc limit 1",
    )
    .bind(marker)
    .fetch_optional(conn)
    .await?)
}
