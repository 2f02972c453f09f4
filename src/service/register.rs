//! A boundary's register in memory: what checks, cards and documents read again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Context, Result};
use crate::check::tolerance::Tolerances;
use crate::check::{Case, Site, marks_of};
use crate::domain::boundary::Boundary;
use crate::domain::id::{Held, Id};
use crate::domain::line::BoundaryLine;
use crate::domain::place::Port;
use crate::domain::problem::Problem;
use crate::domain::section::{Section, Segment};
use crate::store;
use crate::store::marker::HeldMarker;

/// One boundary with everything that stands along its line, in one version.
pub struct Register {
    pub boundary: Held<Boundary>,
    pub sections: Vec<Held<Section>>,
    pub segments: Vec<Held<Segment>>,
    pub markers: Vec<HeldMarker>,
    pub ports: Vec<Held<Port>>,
    pub case: Case,
    /// Identity of the element behind each mark of the case.
    pub element_ids: Vec<Uuid>,
    /// Grows with every change of what is held here.
    pub version: i64,
}

/// Registers that have been read, each until something in it changes.
#[derive(Clone, Default)]
pub struct Registers(Arc<Mutex<HashMap<Uuid, Arc<Register>>>>);

const COLLECTIONS: [&str; 6] = ["boundaries", "sections", "segments", "markers", "ports", "instruments"];

/// The register of a boundary as it is now, kept until something in it changes.
///
/// Never inside a transaction that has written: what that saw may never come to be. See [`read_anew`].
///
/// # Errors
/// `None` when the boundary has no line yet; a fault when the database cannot be read.
pub async fn load(cx: &Context, conn: &mut store::Conn, boundary: Held<Boundary>) -> Result<Option<Arc<Register>>> {
    let version = store::tile::collections_version(conn, &COLLECTIONS).await?;
    let id = boundary.id;
    let known = cx
        .memory
        .registers
        .0
        .lock()
        .ok()
        .and_then(|known| known.get(&id.uuid()).cloned());
    if let Some(register) = known.filter(|register| register.version == version) {
        return Ok(Some(register));
    }
    let Some(register) = read(conn, boundary, cx.clock.now(), version).await? else {
        return Ok(None);
    };
    let register = Arc::new(register);
    if let Ok(mut known) = cx.memory.registers.0.lock() {
        known.insert(id.uuid(), Arc::clone(&register));
    }
    Ok(Some(register))
}

/// The register of a boundary as this connection sees it, its own uncommitted writes included; nothing is kept.
///
/// # Errors
/// As [`load`].
pub async fn read_anew(cx: &Context, conn: &mut store::Conn, boundary: Held<Boundary>) -> Result<Option<Register>> {
    let version = store::tile::collections_version(conn, &COLLECTIONS).await?;
    read(conn, boundary, cx.clock.now(), version).await
}

/// The register of a boundary as it was in force at another time, by the newest knowledge; nothing is kept.
///
/// # Errors
/// As [`load`].
pub async fn read_at(conn: &mut store::Conn, boundary: Held<Boundary>, at: Timestamp) -> Result<Option<Register>> {
    read(conn, boundary, at, 0).await
}

async fn read(
    conn: &mut store::Conn,
    boundary: Held<Boundary>,
    now: Timestamp,
    version: i64,
) -> Result<Option<Register>> {
    let id: Id<Boundary> = boundary.id;
    let sections = store::boundary::sections(conn, now, id).await?;
    let segments = store::boundary::segments(conn, now, id).await?;
    if segments.is_empty() {
        return Ok(None);
    }
    let markers = store::marker::markers(conn, now, id, None).await?;
    let ports = store::place::ports(conn, now, id).await?;
    let chain: Vec<Segment> = segments.iter().map(|s| s.record.clone()).collect();
    let line = BoundaryLine::new(&boundary.record.frame, &chain).map_err(Problem::from)?;
    let mut marks = Vec::new();
    let mut element_ids = Vec::new();
    for marker in &markers {
        marks.extend(marks_of(&marker.held.record, |party| boundary.record.side_of(party)));
        element_ids.extend_from_slice(&marker.element_ids);
    }
    let sites = ports
        .iter()
        .map(|port| Site {
            label: port.record.number.clone(),
            positions: vec![port.record.position],
            sigma: port.record.sigma,
            expected_side: boundary.record.side_of(&port.record.party),
        })
        .collect();
    let case = Case::new(boundary.record.frame.clone(), line, marks, sites, Tolerances::default());
    Ok(Some(Register {
        boundary,
        sections,
        segments,
        markers,
        ports,
        case,
        element_ids,
        version,
    }))
}
