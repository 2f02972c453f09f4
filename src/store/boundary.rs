//! Boundaries, parties, instruments, sections and segments.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::codec::Ewkb;
use super::version::{NewRow, Stamp, Table, insert};
use super::{Error, Result, broken, word};
use crate::crs::{Crs, Frame, Plate};
use crate::domain::boundary::{Boundary, Party};
use crate::domain::id::{Held, Id};
use crate::domain::instrument::Instrument;
use crate::domain::section::{Character, LegalStatus, LineType, Movability, Section, Segment, TechnicalStatus};
use crate::domain::text::{Lang, Message, Names};
use crate::unit::{Epoch, LonLat};

/// Names as the JSON object they are stored as.
pub fn names_json(names: &Names) -> Value {
    Value::Object(
        names
            .iter()
            .map(|(lang, name)| (lang.code().to_owned(), json!(name)))
            .collect(),
    )
}

/// Names from their JSON object; languages that the register does not know are left out.
pub(super) fn names(value: &Value) -> Names {
    Lang::ALL.into_iter().fold(Names::default(), |names, lang| {
        match value.get(lang.code()).and_then(Value::as_str) {
            Some(name) => names.with(lang, name),
            None => names,
        }
    })
}

#[derive(sqlx::FromRow)]
struct BoundaryRow {
    boundary_id: Uuid,
    feature_id: i64,
    version: i32,
    key: String,
    names: Value,
    invented: bool,
    notice: Value,
    crs: String,
    epoch_year: Option<f64>,
    plate: Option<String>,
    left_code: Option<String>,
    right_code: Option<String>,
    party_codes: Vec<String>,
    party_names: Vec<Value>,
}

impl TryFrom<BoundaryRow> for Held<Boundary> {
    type Error = Error;

    fn try_from(row: BoundaryRow) -> Result<Self> {
        let fault = |column| broken("boundary", row.boundary_id, column);
        let crs = Crs::lookup(&row.crs).map_err(|e| fault("crs")(e.into()))?;
        let epoch = row
            .epoch_year
            .map(Epoch::new)
            .transpose()
            .map_err(|e| fault("epoch_year")(e.into()))?;
        let plate = row
            .plate
            .as_deref()
            .map(|code| word("boundary", row.boundary_id, "plate", code, Plate::from_code))
            .transpose()?;
        Ok(Self {
            id: Id::new(row.boundary_id),
            feature_id: row.feature_id,
            version: row.version,
            record: Boundary {
                key: row.key,
                names: names(&row.names),
                invented: row.invented,
                notice: names(&row.notice),
                frame: Frame { crs, epoch, plate },
                parties: row
                    .party_codes
                    .into_iter()
                    .zip(&row.party_names)
                    .map(|(code, value)| Party {
                        code,
                        names: names(value),
                    })
                    .collect(),
                left: row.left_code,
                right: row.right_code,
            },
        })
    }
}

const SELECT_BOUNDARY: &str = "
    select b.boundary_id, b.feature_id, b.version, b.key, b.names, b.invented, b.notice, b.crs, b.epoch_year, b.plate,
           l.code as left_code, r.code as right_code,
           array(select p.code from boundary_party bp
                 join party p on p.party_id = bp.party_id and upper_inf(p.known) and p.in_force @> $1
                 where bp.boundary_id = b.boundary_id order by bp.ordinal) as party_codes,
           array(select p.names from boundary_party bp
                 join party p on p.party_id = bp.party_id and upper_inf(p.known) and p.in_force @> $1
                 where bp.boundary_id = b.boundary_id order by bp.ordinal) as party_names
    from boundary b
    left join party l on l.party_id = b.left_party_id and upper_inf(l.known) and l.in_force @> $1
    left join party r on r.party_id = b.right_party_id and upper_inf(r.known) and r.in_force @> $1
    where upper_inf(b.known) and b.in_force @> $1 and ($2::text is null or b.key = $2)
      and ($3::uuid is null or b.boundary_id = $3)
    order by b.feature_id";

async fn select(
    conn: &mut PgConnection,
    at: Timestamp,
    key: Option<&str>,
    id: Option<Uuid>,
) -> Result<Vec<Held<Boundary>>> {
    let rows: Vec<BoundaryRow> = sqlx::query_as(SELECT_BOUNDARY)
        .bind(jiff_sqlx::Timestamp::from(at))
        .bind(key)
        .bind(id)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// All boundaries in force.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn list(conn: &mut PgConnection, at: Timestamp) -> Result<Vec<Held<Boundary>>> {
    select(conn, at, None, None).await
}

/// # Errors
/// As [`list`].
pub async fn by_key(conn: &mut PgConnection, at: Timestamp, key: &str) -> Result<Option<Held<Boundary>>> {
    Ok(select(conn, at, Some(key), None).await?.pop())
}

/// # Errors
/// As [`list`].
pub async fn by_id(conn: &mut PgConnection, at: Timestamp, id: Id<Boundary>) -> Result<Option<Held<Boundary>>> {
    Ok(select(conn, at, None, Some(id.uuid())).await?.pop())
}

/// Identities by the short keys that files use.
pub type Keys = BTreeMap<String, Uuid>;

/// Parties in force by code.
///
/// # Errors
/// When the database cannot be read.
pub async fn party_ids(conn: &mut PgConnection) -> Result<Keys> {
    let rows: Vec<(String, Uuid)> =
        sqlx::query_as("select code, party_id from party where upper_inf(known) and upper_inf(in_force)")
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().collect())
}

/// Sections of a boundary by key.
///
/// # Errors
/// When the database cannot be read.
pub async fn section_ids(conn: &mut PgConnection, boundary: Id<Boundary>) -> Result<Keys> {
    let rows: Vec<(String, Uuid)> = sqlx::query_as(
        "select key, section_id from section where boundary_id = $1 and upper_inf(known) and upper_inf(in_force)",
    )
    .bind(boundary.uuid())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Instruments by key.
///
/// # Errors
/// When the database cannot be read.
pub async fn instrument_ids(conn: &mut PgConnection) -> Result<Keys> {
    let rows: Vec<(String, Uuid)> = sqlx::query_as("select key, instrument_id from instrument where upper_inf(known)")
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Since when each instrument is in force; where it does not say, since it was signed. Those that say neither are left
/// out.
///
/// # Errors
/// When the database cannot be read.
pub async fn instrument_dates(conn: &mut PgConnection) -> Result<HashMap<Uuid, Date>> {
    let rows: Vec<(Uuid, jiff_sqlx::Date)> = sqlx::query_as(
        "select instrument_id, coalesce(in_force_on, signed_on) from instrument
         where upper_inf(known) and coalesce(in_force_on, signed_on) is not null order by lower(in_force)",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id, on)| (id, on.to_jiff())).collect())
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_parties(conn: &mut PgConnection, stamp: &Stamp, parties: &[(Uuid, &Party)]) -> Result<()> {
    let rows = parties
        .iter()
        .map(|(id, party)| NewRow::new(*id, json!({ "code": party.code, "names": names_json(&party.names) })))
        .collect();
    insert(conn, Table::Party, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_instruments(
    conn: &mut PgConnection,
    stamp: &Stamp,
    instruments: &[(Uuid, &Instrument)],
) -> Result<()> {
    let rows = instruments
        .iter()
        .map(|(id, instrument)| {
            NewRow::new(
                *id,
                json!({
                    "key": instrument.key,
                    "kind": instrument.kind.word(),
                    "number": instrument.number,
                    "names": names_json(&instrument.names),
                    "signed_on": instrument.signed.map(|d| d.to_string()),
                    "in_force_on": instrument.in_force.map(|d| d.to_string()),
                    "citation": instrument.citation,
                    "file_sha256": [],
                }),
            )
        })
        .collect();
    insert(conn, Table::Instrument, stamp, rows).await.map(drop)
}

/// # Errors
/// When the database refuses it, for example because the key is taken (`boundary_key_key`).
pub async fn insert_boundary(
    conn: &mut PgConnection,
    stamp: &Stamp,
    id: Id<Boundary>,
    boundary: &Boundary,
    parties: &Keys,
) -> Result<()> {
    let party = |code: &Option<String>| code.as_ref().and_then(|code| parties.get(code).copied());
    let row = NewRow::new(
        id.uuid(),
        json!({
            "key": boundary.key,
            "names": names_json(&boundary.names),
            "invented": boundary.invented,
            "notice": names_json(&boundary.notice),
            "crs": boundary.frame.crs.code(),
            "srid": boundary.frame.crs.srid(),
            "epoch_year": boundary.frame.epoch.map(Epoch::get),
            "plate": boundary.frame.plate.map(Plate::code),
            "left_party_id": party(&boundary.left),
            "right_party_id": party(&boundary.right),
        }),
    );
    insert(&mut *conn, Table::Boundary, stamp, vec![row]).await?;
    let ids: Vec<Uuid> = boundary
        .parties
        .iter()
        .filter_map(|p| parties.get(&p.code).copied())
        .collect();
    sqlx::query(
        "insert into boundary_party (boundary_id, party_id, ordinal)
         select $1, id, place from unnest($2::uuid[]) with ordinality as asked (id, place)",
    )
    .bind(id.uuid())
    .bind(ids)
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_sections(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: Id<Boundary>,
    sections: &[(Uuid, &Section, Option<Uuid>)],
) -> Result<()> {
    let rows = sections
        .iter()
        .map(|(id, section, instrument)| {
            NewRow::new(
                *id,
                json!({
                    "boundary_id": boundary.uuid(),
                    "key": section.key,
                    "ordinal": section.ordinal,
                    "names": names_json(&section.names),
                    "character": section.character.word(),
                    "legal_status": section.legal_status.word(),
                    "technical_status": section.technical_status.word(),
                    "instrument_id": instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::Section, stamp, rows).await.map(drop)
}

/// A segment with what the database needs beside it.
pub struct NewSegment<'a> {
    pub id: Uuid,
    pub segment: &'a Segment,
    pub section: Uuid,
    pub instrument: Option<Uuid>,
    pub length_m: f64,
    /// As drawn on maps.
    pub display: Vec<LonLat>,
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_segments(
    conn: &mut PgConnection,
    stamp: &Stamp,
    boundary: &Held<Boundary>,
    segments: &[NewSegment<'_>],
) -> Result<()> {
    let srid = boundary.record.frame.crs.srid().unwrap_or(0);
    let rows = segments
        .iter()
        .map(|new| {
            NewRow::new(
                new.id,
                json!({
                    "boundary_id": boundary.id.uuid(),
                    "section_id": new.section,
                    "number": format!("{}/{}", new.segment.section, new.segment.ordinal),
                    "ordinal": new.segment.ordinal,
                    "line_type": new.segment.line_type.word(),
                    "grid_crs": new.segment.grid_crs,
                    "movability": new.segment.movability.word(),
                    "description_en": new.segment.description.en,
                    "description_zh": new.segment.description.zh,
                    "length_m": new.length_m,
                    "legal": Ewkb::line(srid, &new.segment.vertices).hex(),
                    "display": Ewkb::line(4326, &new.display).hex(),
                    "instrument_id": new.instrument.or(stamp.instrument),
                }),
            )
        })
        .collect();
    insert(conn, Table::Segment, stamp, rows).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct SectionRow {
    section_id: Uuid,
    feature_id: i64,
    version: i32,
    key: String,
    ordinal: i32,
    names: Value,
    character: String,
    legal_status: String,
    technical_status: String,
}

/// Sections of a boundary in order.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn sections(conn: &mut PgConnection, at: Timestamp, boundary: Id<Boundary>) -> Result<Vec<Held<Section>>> {
    let rows: Vec<SectionRow> = sqlx::query_as(
        "select section_id, feature_id, version, key, ordinal, names, character, legal_status, technical_status
         from section where boundary_id = $1 and upper_inf(known) and in_force @> $2 order by ordinal, key",
    )
    .bind(boundary.uuid())
    .bind(jiff_sqlx::Timestamp::from(at))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.section_id;
            Ok(Held {
                id: Id::new(id),
                feature_id: row.feature_id,
                version: row.version,
                record: Section {
                    ordinal: row.ordinal,
                    names: names(&row.names),
                    character: word("section", id, "character", &row.character, Character::from_word)?,
                    legal_status: word("section", id, "legal_status", &row.legal_status, LegalStatus::from_word)?,
                    technical_status: word(
                        "section",
                        id,
                        "technical_status",
                        &row.technical_status,
                        TechnicalStatus::from_word,
                    )?,
                    key: row.key,
                },
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct SegmentRow {
    segment_id: Uuid,
    feature_id: i64,
    version: i32,
    section: String,
    ordinal: i32,
    line_type: String,
    grid_crs: Option<String>,
    movability: String,
    description_en: String,
    description_zh: String,
    legal: Ewkb,
}

/// Segments of a boundary in the order of its line.
///
/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn segments(conn: &mut PgConnection, at: Timestamp, boundary: Id<Boundary>) -> Result<Vec<Held<Segment>>> {
    let rows: Vec<SegmentRow> = sqlx::query_as(
        "select g.segment_id, g.feature_id, g.version, s.key as section, g.ordinal, g.line_type, g.grid_crs,
                g.movability, g.description_en, g.description_zh, g.legal
         from segment g
         join section s on s.section_id = g.section_id and upper_inf(s.known) and s.in_force @> $2
         where g.boundary_id = $1 and upper_inf(g.known) and g.in_force @> $2
         order by s.ordinal, s.key, g.ordinal",
    )
    .bind(boundary.uuid())
    .bind(jiff_sqlx::Timestamp::from(at))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = row.segment_id;
            Ok(Held {
                id: Id::new(id),
                feature_id: row.feature_id,
                version: row.version,
                record: Segment {
                    section: row.section,
                    ordinal: row.ordinal,
                    line_type: word("segment", id, "line_type", &row.line_type, LineType::from_word)?,
                    grid_crs: row.grid_crs,
                    movability: word("segment", id, "movability", &row.movability, Movability::from_word)?,
                    description: Message::new(row.description_en, row.description_zh),
                    vertices: row
                        .legal
                        .to_line()
                        .map_err(|e| broken("segment", id, "legal")(e.into()))?,
                },
            })
        })
        .collect()
}
