//! Pages of a collection.

use crate::domain::collection::Collection;
use crate::domain::text::Message;
use crate::service::upload::acquire;
use crate::service::{Context, Result, not_found};
use crate::store;
pub use crate::store::feature::Item;
use crate::store::feature::Query;

/// Features of a collection, with one more than asked for when there are more.
///
/// # Errors
/// When the boundary does not exist, or the database breaks.
pub async fn items(
    cx: &Context,
    collection: Collection,
    boundary: Option<&str>,
    bbox: Option<[f64; 4]>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Item>> {
    let mut conn = acquire(cx).await?;
    let boundary = match boundary {
        Some(key) => {
            let held = store::boundary::by_key(&mut conn, cx.clock.now(), key).await?;
            Some(
                held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?
                    .id
                    .uuid(),
            )
        }
        None => None,
    };
    let query = Query {
        boundary,
        feature_id: None,
        bbox,
        after,
        limit: limit + 1,
        ..Query::default()
    };
    Ok(store::feature::items(&mut conn, collection, &query).await?)
}

/// How many features of a collection there are, at a boundary and in a box.
///
/// # Errors
/// As [`items`].
pub async fn count(
    cx: &Context,
    collection: Collection,
    boundary: Option<&str>,
    bbox: Option<[f64; 4]>,
) -> Result<i64> {
    let mut conn = acquire(cx).await?;
    let boundary = match boundary {
        Some(key) => store::boundary::by_key(&mut conn, cx.clock.now(), key)
            .await?
            .map(|held| held.id.uuid()),
        None => None,
    };
    let query = Query {
        boundary,
        bbox,
        ..Query::default()
    };
    Ok(store::feature::count(&mut conn, collection, &query).await?)
}
