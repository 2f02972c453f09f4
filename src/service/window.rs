//! Windows of a map, answered from memory: where the points of a collection lie, and the records that were read before.
//!
//! Both hold for one version of the collection, which is known without asking the database ([`super::changes`]). While a
//! collection changes, and until its points have been read again beside everything else, the database is asked as for
//! any other question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::features::{self, Area, Coordinates, Cursor, Page, Record, Selection, When};
use super::{Context, Result};
use crate::domain::moment::Moment;
use crate::domain::schema::{Schema, Shape};
use crate::geom::places::{Places, Window};
use crate::geom::shape::Geometry;
use crate::store::record::{Selection as Query, select};

/// Points of one collection that are kept in mind, at most: some 70 bytes each.
const MOST_POINTS: usize = 4_000_000;
/// Bytes of records that are kept in mind, about, and how many records are expected to take them.
const RECORD_BYTES: u64 = 64 << 20;
const RECORDS: usize = 40_000;
/// Reading the points takes at most one part in so many of the time while a collection changes again and again.
const REST: u32 = 20;

/// A record of one version of its collection.
type Key = (&'static str, i64, i64);

#[derive(Clone)]
struct Size;

impl Weighter<Key, Arc<Record>> for Size {
    fn weight(&self, _: &Key, record: &Arc<Record>) -> u64 {
        record.bytes() as u64
    }
}

/// What is known of where the points of a collection lie.
struct Known {
    version: i64,
    /// None where there are too many.
    places: Option<Arc<Places>>,
    /// When they may be read again.
    again: Instant,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Windows(Arc<Inner>);

struct Inner {
    places: Mutex<HashMap<&'static str, Known>>,
    records: Cache<Key, Arc<Record>, Size>,
}

impl Default for Windows {
    fn default() -> Self {
        Self(Arc::new(Inner {
            places: Mutex::default(),
            records: Cache::with_weighter(RECORDS, RECORD_BYTES, Size),
        }))
    }
}

impl Windows {
    /// The places of this version of a collection. Where they are not known they are read, but nobody waits for it.
    fn places(&self, cx: &Context, schema: &'static Schema, version: i64) -> Option<Arc<Places>> {
        let mut all = self.0.places.lock().ok()?;
        let now = Instant::now();
        match all.get(schema.collection) {
            Some(known) if known.version == version => return known.places.clone(),
            Some(known) if known.again > now => return None,
            _ => {}
        }
        // One reader at a time; one that never comes back is not waited for.
        let again = now + Duration::from_secs(60);
        let version_before = all.get(schema.collection).map_or(i64::MIN, |known| known.version);
        let reading = Known {
            version: version_before,
            places: None,
            again,
        };
        all.insert(schema.collection, reading);
        drop(all);
        let cx = cx.clone();
        tokio::spawn(async move {
            if let Err(fault) = cx.memory.windows.read(&cx, schema).await {
                tracing::warn!(%fault, collection = schema.collection, "the points of a collection could not be read");
            }
        });
        None
    }

    async fn read(&self, cx: &Context, schema: &'static Schema) -> Result<()> {
        let begun = Instant::now();
        // Before the points: whatever changes meanwhile makes another version.
        let version = features::version(cx, schema).await?;
        let mut tx = cx.db.snapshot().await?;
        let mut names = cx.db.acquire().await?;
        let asked = Query {
            fields: Vec::new(),
            ..Query::all(schema, Moment::at(cx.clock.now()))
        };
        let mut points = Vec::new();
        let mut batches = select::batches(&mut tx, &mut names, &cx.memory.labels, &asked);
        while let Some(rows) = batches.try_next().await? {
            points.extend(rows.into_iter().filter_map(|row| match row.geometry {
                Some(Geometry::Point(at)) => Some((row.feature_id, at)),
                _ => None,
            }));
            if points.len() > MOST_POINTS {
                break;
            }
        }
        drop(batches);
        let places = if points.len() > MOST_POINTS {
            None
        } else {
            Some(Arc::new(
                tokio::task::spawn_blocking(move || Places::new(points)).await?,
            ))
        };
        let again = Instant::now() + begun.elapsed() * REST;
        if let Ok(mut all) = self.0.places.lock() {
            all.insert(schema.collection, Known { version, places, again });
        }
        Ok(())
    }

    /// Records by their numbers, in this order; those not read before are read together.
    async fn records(&self, cx: &Context, wanted: &Selection, version: i64, ids: &[i64]) -> Result<Vec<Arc<Record>>> {
        let schema = wanted.schema;
        let key = |id: i64| (schema.collection, version, id);
        let mut found: HashMap<i64, Arc<Record>> = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match self.0.records.get(&key(*id)) {
                Some(record) => {
                    found.insert(*id, record);
                }
                None => missing.push(*id),
            }
        }
        if !missing.is_empty() {
            let all = Selection {
                ids: Some(missing),
                ..Selection::of(schema)
            };
            for record in features::all(cx, &all).await? {
                let record = Arc::new(record);
                self.0.records.insert(key(record.feature_id), Arc::clone(&record));
                found.insert(record.feature_id, record);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// The windows that a selection asks for, where it asks for nothing else.
fn plain(wanted: &Selection) -> Option<Vec<Window>> {
    let Some(Area::Box([west, south, east, north])) = wanted.area else {
        return None;
    };
    let is_plain = wanted.schema.shape == Shape::Point
        && wanted.when == When::default()
        && wanted.boundary.is_none()
        && wanted.filter.is_none()
        && wanted.ids.is_none()
        && wanted.sort.is_empty()
        && wanted.coordinates == Coordinates::Display;
    is_plain.then(|| {
        if west <= east {
            vec![[west, south, east, north]]
        } else {
            vec![[west, south, 180.0, north], [-180.0, south, east, north]]
        }
    })
}

/// One page of a window, where it can be told from memory; else none.
///
/// # Errors
/// When records have to be read and the database breaks.
pub async fn page(cx: &Context, wanted: &Selection) -> Result<Option<Page>> {
    let Some(windows) = plain(wanted) else {
        return Ok(None);
    };
    let version = features::version(cx, wanted.schema).await?;
    let Some(places) = cx.memory.windows.places(cx, wanted.schema, version) else {
        return Ok(None);
    };
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let after = wanted.after.as_ref().map(|cursor| cursor.feature_id);
    let (matched, mut ids) = places.page(&windows, after, limit.saturating_add(1));
    let more = ids.len() > limit;
    ids.truncate(limit);
    let records = cx.memory.windows.records(cx, wanted, version, &ids).await?;
    // Something has been retired this very moment: the database knows.
    if records.len() != ids.len() {
        return Ok(None);
    }
    let next = ids.last().filter(|_| more).map(|id| Cursor {
        keys: Vec::new(),
        feature_id: *id,
    });
    let records = match &wanted.properties {
        None => records,
        Some(fields) => records
            .iter()
            .map(|record| Arc::new(record.only(wanted.schema, fields)))
            .collect(),
    };
    Ok(Some(Page {
        records,
        matched: i64::try_from(matched).ok(),
        next,
    }))
}
