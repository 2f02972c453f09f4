//! What people look at: boundaries, features as cards, any place on the map, inspections.
//!
//! Answers are JSON as it is sent: there is no rule in them that a further type would keep.

mod boundary;
mod card;
mod inspection;
mod place;
mod position;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub use boundary::{BoundaryView, FrameView, boundaries};
pub use card::{Card, FindingView, VersionView, card};
pub use inspection::{InspectionView, inspection};
pub use place::{NearMarker, PlaceView, place};
pub use position::{PositionView, ReferenceView};

use super::upload::acquire;
use super::{Context, Result, not_found};
use crate::domain::text::Message;
use crate::store;
use crate::store::boundary::names_json;
use crate::store::check_run::{StoredRun, Which};

fn json_of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The layers of a boundary's tiles.
pub fn tile_layers() -> &'static [crate::tile::Layer] {
    crate::tile::LAYERS
}

/// A run of the checks.
///
/// # Errors
/// When there is no such run.
pub async fn check_run(cx: &Context, id: Uuid) -> Result<StoredRun> {
    let mut conn = acquire(cx).await?;
    let run = store::check_run::find(&mut conn, Which::Run(id)).await?;
    run.ok_or_else(|| not_found(&Message::new("check run", "检查运行"), id))
}

/// A job in the queue.
///
/// # Errors
/// When there is no such job.
pub async fn job(cx: &Context, id: Uuid) -> Result<store::job::Job> {
    let mut conn = acquire(cx).await?;
    let job = store::job::by_id(&mut conn, id).await?;
    job.ok_or_else(|| not_found(&Message::new("job", "任务"), id))
}

/// Whether the service can answer: the database is there and has this release's schema.
pub async fn is_ready(cx: &Context) -> bool {
    cx.db.is_ready().await
}
