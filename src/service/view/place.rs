//! Any place on the map.

use serde::Serialize;

use super::position::{PositionView, ReferenceView, positions, reference};
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::text::Message;
use crate::service::upload::acquire;
use crate::service::{Context, Result, not_found, register};
use crate::store;
use crate::unit::LonLat;

/// Any place on the map.
#[derive(Debug, Serialize)]
pub struct PlaceView {
    pub positions: Vec<PositionView>,
    pub linear_reference: ReferenceView,
    pub nearest_markers: Vec<NearMarker>,
}

#[derive(Debug, Serialize)]
pub struct NearMarker {
    /// Feature id.
    pub id: i64,
    pub label: String,
    pub distance_m: f64,
}

/// What is to be said of a place, given by its display position.
///
/// # Errors
/// When there is no such boundary, or it has no line.
pub async fn place(cx: &Context, boundary: &str, at: LonLat) -> Result<PlaceView> {
    let mut conn = acquire(cx).await?;
    let held: Held<Boundary> = store::boundary::by_key(&mut conn, cx.clock.now(), boundary)
        .await?
        .ok_or_else(|| not_found(&Message::new("boundary", "国界"), boundary))?;
    let register = register::load(cx, &mut conn, held).await?;
    let register = register.ok_or_else(|| not_found(&Message::new("line of boundary", "国界的界线"), boundary))?;
    let course = register.case.line.course();
    let foot = course.foot(at);
    let mut nearest: Vec<NearMarker> = register
        .markers
        .iter()
        .flat_map(|m| m.held.record.elements.iter().map(move |e| (m, e)))
        .map(|(m, e)| NearMarker {
            id: m.held.feature_id,
            label: m.held.record.label(e),
            distance_m: course.ellipsoid().distance(at, e.position),
        })
        .collect();
    nearest.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    nearest.truncate(3);
    Ok(PlaceView {
        positions: positions(&register.boundary.record.frame, at)?,
        linear_reference: reference(&register, &foot),
        nearest_markers: nearest,
    })
}
