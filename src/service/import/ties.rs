//! Ties between what was taken over and the line: the sections something lies along, the marker it is near.

use super::border::stamp_of;
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::link::{MadeBy, NEAR_MARKER_M, Relation, sections_along};
use crate::domain::schema::Schema;
use crate::service::{Context, Result, register};
use crate::store;
use crate::store::link::NewLink;
use crate::unit::LonLat;

/// Ties the records of a kind that nothing ties yet, by their positions in the frame. Ports and projects have such ties.
///
/// # Errors
/// When the database breaks.
pub async fn tie(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    boundary: &Held<Boundary>,
    file: &str,
) -> Result<()> {
    if !matches!(schema.kind, "port" | "project") {
        return Ok(());
    }
    let untied = store::link::untied(conn, schema, boundary.id.uuid(), cx.clock.now()).await?;
    if untied.is_empty() {
        return Ok(());
    }
    let sections = store::boundary::section_ids(conn, boundary.id).await?;
    let Some(register) = register::read_anew(cx, conn, boundary.clone()).await? else {
        return Ok(());
    };
    let line = &register.case.line;
    let mut links = Vec::new();
    for (from, geometry) in &untied {
        let positions: Vec<LonLat> = geometry
            .positions()
            .filter_map(|&[lon, lat]| LonLat::new(lon, lat).ok())
            .collect();
        let mut push = |to, relation| {
            links.push(NewLink {
                id: cx.ids.next(),
                from: *from,
                to,
                relation,
                made_by: MadeBy::Rule,
            });
        };
        for (key, relation) in sections_along(line, &positions) {
            if let Some(section) = sections.get(&key) {
                push(*section, relation);
            }
        }
        let elements = register
            .markers
            .iter()
            .flat_map(|m| m.held.record.elements.iter().map(move |e| (m, e)));
        let nearest = elements
            .flat_map(|(marker, element)| positions.iter().map(move |position| (marker, element, position)))
            .map(|(marker, element, position)| {
                (line.course().ellipsoid().distance(element.position, *position), marker)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, marker)) = nearest.filter(|(distance, _)| *distance <= NEAR_MARKER_M) {
            push(marker.held.id.uuid(), Relation::Near);
        }
    }
    let stamp = stamp_of(cx, conn, boundary, format!("taken over from {file}")).await?;
    Ok(store::link::insert_links(conn, &stamp, &links).await?)
}
