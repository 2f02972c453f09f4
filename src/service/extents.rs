//! Where and since when a collection has records, remembered until it changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::{Context, Result, features};
use crate::domain::schema::{Schema, Shape, Writes};
use crate::store;

/// The extent of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extent {
    /// West, south, east, north in degrees of what it shows now.
    pub bbox: Option<[f64; 4]>,
    /// The earliest time at which anything in it is in force.
    pub since: Option<Timestamp>,
}

/// Extents found before, by collection and version.
#[derive(Debug, Clone, Default)]
pub struct Extents(Arc<Mutex<HashMap<&'static str, (i64, Extent)>>>);

/// The extent of a collection.
///
/// # Errors
/// When the database cannot be read.
pub async fn extent(cx: &Context, schema: &'static Schema) -> Result<Extent> {
    let version = features::version(cx, schema).await?;
    if let Ok(known) = cx.memory.extents.0.lock()
        && let Some((at, extent)) = known.get(schema.collection)
        && *at == version
    {
        return Ok(*extent);
    }
    let bbox = match schema.shape {
        Shape::None => None,
        _ => features::extent(cx, schema).await?,
    };
    let since = match schema.writes {
        Writes::Versions => {
            let mut conn = cx.db.acquire().await?;
            store::version::earliest(&mut conn, schema.kind).await?
        }
        Writes::None => None,
    };
    let extent = Extent { bbox, since };
    if let Ok(mut known) = cx.memory.extents.0.lock() {
        known.insert(schema.collection, (version, extent));
    }
    Ok(extent)
}
