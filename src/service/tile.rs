//! Map tiles with tags that come from the version of the data.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::audit::shown;
use super::features::When;
use super::{Context, Result, not_found};
use crate::domain::moment::InForce;
use crate::domain::schema::{self, Field, Schema};
use crate::domain::text::Message;
use crate::store;
use crate::store::record::tile::{self as of_collection, Detail};
use crate::tile::collections;
pub use crate::tile::{Address, DEEPEST};

/// What a tile shows.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// All layers of a boundary, by its key.
    Boundary(&'a str),
    /// One collection, of one boundary or of all.
    Collection(&'static Schema, Option<&'a str>),
}

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::Boundary(key) => format!("b-{key}"),
            Self::Collection(schema, boundary) => format!("c-{}-{}", schema.collection, boundary.unwrap_or_default()),
        }
    }

    /// The kinds that it draws.
    fn schemas(&self) -> impl Iterator<Item = &'static Schema> {
        let drawn = match self {
            Self::Boundary(_) => collections(),
            Self::Collection(schema, _) => vec![schema.collection],
        };
        drawn.into_iter().filter_map(schema::of)
    }

    fn collections(&self) -> Vec<&'static str> {
        match self {
            Self::Boundary(_) => collections(),
            Self::Collection(schema, _) => {
                let mut all = super::features::shown_with(schema);
                if schema.kind == "marker" {
                    all.push("marker_elements");
                }
                all
            }
        }
    }
}

/// Tiles made before, until the data change. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tiles(Arc<Cache>);

#[derive(Default)]
struct Cache {
    tiles: Mutex<HashMap<String, Bytes>>,
    bytes: AtomicUsize,
}

/// The cache is emptied when it has grown to this.
const CACHE_BYTES: usize = 64 << 20;

impl Tiles {
    fn get(&self, tag: &str) -> Option<Bytes> {
        self.0.tiles.lock().ok()?.get(tag).cloned()
    }

    fn put(&self, tag: &str, body: &Bytes) {
        let Ok(mut tiles) = self.0.tiles.lock() else { return };
        let size = body.len() + tag.len() + 64;
        if self.0.bytes.fetch_add(size, Ordering::Relaxed) > CACHE_BYTES {
            tiles.clear();
            self.0.bytes.store(size, Ordering::Relaxed);
        }
        tiles.insert(tag.to_owned(), body.clone());
    }
}

/// A tile, or the news that the caller's copy is still good.
pub enum Answer {
    Same { tag: String },
    Tile { tag: String, body: Bytes },
}

/// The newest change of anything that the tiles of a boundary show.
///
/// # Errors
/// When the database has to be asked and cannot be.
pub async fn version(cx: &Context) -> Result<i64> {
    cx.version_of(&collections()).await
}

/// The newest change of anything that the tiles of a collection show.
///
/// # Errors
/// As [`version`].
pub async fn version_of(cx: &Context, schema: &'static Schema) -> Result<i64> {
    cx.version_of(&Source::Collection(schema, None).collections()).await
}

/// The fields that the tiles of a collection carry.
pub fn fields(schema: &'static Schema) -> impl Iterator<Item = &'static Field> {
    of_collection::fields(schema)
}

/// A strong tag: the same only for the same bytes. Each change of what is shown changes the version in it, and so does
/// the coming into force of a version by the passing of time.
async fn tag(cx: &Context, source: &Source<'_>, address: Address, when: &When) -> Result<String> {
    let version = cx.version_of(&source.collections()).await?;
    let moment = match (when.in_force, when.known) {
        (None, None) => String::new(),
        (in_force, known) => {
            let in_force = in_force.map(|in_force| match in_force {
                InForce::At(at) => at.to_string(),
                InForce::Within { from, to } => format!("{from:?}/{to:?}"),
            });
            format!(
                "-{}~{}",
                in_force.unwrap_or_default(),
                known.map(|at| at.to_string()).unwrap_or_default()
            )
            .replace(|c: char| !c.is_ascii_graphic() || c == '"', "")
        }
    };
    let Address { zoom, row, column } = address;
    Ok(format!(
        "\"t{version}-{}-{zoom}-{row}-{column}{moment}-{:016x}\"",
        source.name(),
        cx.memory.mark
    ))
}

/// One tile. A good copy of the caller's is found good without the database.
///
/// # Errors
/// When there is no such boundary, or the database breaks.
pub async fn get(
    cx: &Context,
    source: Source<'_>,
    address: Address,
    when: When,
    known: Option<&str>,
) -> Result<Answer> {
    let tag = tag(cx, &source, address, &when).await?;
    let same = |k: &str| k.trim().trim_start_matches("W/") == tag || k.trim() == "*";
    if known.is_some_and(|known| known.split(',').any(same)) {
        return Ok(Answer::Same { tag });
    }
    for schema in source.schemas() {
        shown::collection(cx, schema).await?;
    }
    if let Some(body) = cx.memory.tiles.get(&tag) {
        return Ok(Answer::Tile { tag, body });
    }
    let body = Bytes::from(make(cx, source, address, when).await?);
    cx.memory.tiles.put(&tag, &body);
    Ok(Answer::Tile { tag, body })
}

async fn make(cx: &Context, source: Source<'_>, address: Address, when: When) -> Result<Vec<u8>> {
    let mut conn = cx.db.acquire().await?;
    let now = cx.clock.now();
    let place = [
        i32::from(address.zoom),
        address.column.cast_signed(),
        address.row.cast_signed(),
    ];
    let key = match source {
        Source::Boundary(key) => Some(key),
        Source::Collection(_, boundary) => boundary,
    };
    let boundary = match key {
        Some(key) => {
            let held = store::boundary::by_key(&mut conn, now, key).await?;
            Some(
                held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?
                    .id
                    .uuid(),
            )
        }
        None => None,
    };
    let moment = when.moment(now);
    match (source, boundary) {
        (Source::Collection(schema, _), boundary) => collection(&mut conn, schema, place, &moment, boundary).await,
        (Source::Boundary(_), Some(boundary)) => {
            Ok(store::tile::tile(&mut conn, place, boundary, moment.instant(now), moment.known).await?)
        }
        (Source::Boundary(_), None) => Ok(Vec::new()),
    }
}

/// Bytes of a tile, at most: what a map can take at once.
const MOST_BYTES: usize = 500_000;

/// Sides of the squares by which points are thinned, in units of the tile: at 32 no tile can be too large.
const SQUARES: [u16; 3] = [8, 16, 32];

async fn collection(
    conn: &mut store::Conn,
    schema: &'static Schema,
    place: [i32; 3],
    moment: &crate::domain::moment::Moment,
    boundary: Option<uuid::Uuid>,
) -> Result<Vec<u8>> {
    let full = of_collection::tile(conn, schema, place, moment, boundary, Detail::Full).await?;
    let fits =
        |made: &of_collection::Made| made.body.len() <= MOST_BYTES && made.features <= of_collection::MOST_FEATURES;
    if fits(&full) || !of_collection::can_be_thinned(schema) {
        return Ok(full.body);
    }
    let mut body = full.body;
    for square in SQUARES {
        let made = of_collection::tile(conn, schema, place, moment, boundary, Detail::Thinned(square)).await?;
        body = made.body;
        if body.len() <= MOST_BYTES {
            break;
        }
    }
    Ok(body)
}
