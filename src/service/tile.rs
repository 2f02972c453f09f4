//! Map tiles with tags that come from the version of the data.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use uuid::Uuid;

use super::upload::acquire;
use super::{Context, Result, not_found};
use crate::domain::text::Message;
use crate::store;
pub use crate::tile::Address;
use crate::tile::collections;

/// Tiles made before, until the data change.
#[derive(Clone, Default)]
pub struct Tiles(Arc<Cache>);

#[derive(Default)]
struct Cache {
    tiles: Mutex<HashMap<(Uuid, Address), (i64, Bytes)>>,
    bytes: AtomicUsize,
}

/// The cache is emptied when it has grown to this.
const CACHE_BYTES: usize = 64 << 20;

impl Tiles {
    fn get(&self, key: (Uuid, Address), version: i64) -> Option<Bytes> {
        let tiles = self.0.tiles.lock().ok()?;
        tiles
            .get(&key)
            .filter(|(made, _)| *made == version)
            .map(|(_, body)| body.clone())
    }

    fn put(&self, key: (Uuid, Address), version: i64, body: &Bytes) {
        let Ok(mut tiles) = self.0.tiles.lock() else { return };
        if self.0.bytes.fetch_add(body.len() + 64, Ordering::Relaxed) > CACHE_BYTES {
            tiles.clear();
            self.0.bytes.store(body.len(), Ordering::Relaxed);
        }
        tiles.insert(key, (version, body.clone()));
    }
}

/// A tile, or the news that the caller's copy is still good.
pub enum Answer {
    Same { tag: String },
    Tile { tag: String, body: Bytes },
}

/// The newest change of anything that tiles show.
///
/// # Errors
/// When the database cannot be read.
pub async fn version(cx: &Context) -> Result<i64> {
    let mut conn = acquire(cx).await?;
    Ok(store::tile::collections_version(&mut conn, &collections()).await?)
}

/// One tile of a boundary.
///
/// # Errors
/// When there is no such boundary, or the database breaks.
pub async fn get(cx: &Context, boundary: &str, address: Address, known: Option<&str>) -> Result<Answer> {
    let mut conn = acquire(cx).await?;
    let version = store::tile::collections_version(&mut conn, &collections()).await?;
    let now = cx.clock.now();
    let Some(held) = store::boundary::by_key(&mut conn, now, boundary).await? else {
        return Err(not_found(&Message::new("boundary", "国界"), boundary));
    };
    // Tiles show what is in force today; a tag is good for a day at most.
    let day = now.as_second() / 86_400;
    let tag = format!(
        "\"t{version}-{day}-{}-{}-{}-{}\"",
        held.feature_id, address.zoom, address.row, address.column
    );
    if known.is_some_and(|known| {
        known
            .split(',')
            .any(|k| k.trim().trim_start_matches("W/") == tag || k.trim() == "*")
    }) {
        return Ok(Answer::Same { tag });
    }
    let key = (held.id.uuid(), address);
    let body = match cx.tiles.get(key, version) {
        Some(body) => body,
        None => {
            let place = [
                i32::from(address.zoom),
                address.column.cast_signed(),
                address.row.cast_signed(),
            ];
            let body = Bytes::from(store::tile::tile(&mut conn, place, held.id.uuid(), now).await?);
            cx.tiles.put(key, version, &body);
            body
        }
    };
    Ok(Answer::Tile { tag, body })
}
