//! The public's page: what is public and in force, generalised, and nothing else of the register.

use super::{Context, Result};
use crate::domain::schema::{self, Schema};
use crate::store;
pub use crate::store::public::PublicFeature;

/// Whether the operator has opened it.
pub fn is_open(cx: &Context) -> bool {
    cx.outside.public_page
}

/// What everybody may see, with ids above `after`, in a box where one is given.
///
/// # Errors
/// When the database breaks.
pub async fn features(cx: &Context, within: Option<[f64; 4]>, after: i64, limit: i64) -> Result<Vec<PublicFeature>> {
    let mut conn = cx.db.acquire().await?;
    Ok(store::public::list(&mut conn, cx.clock.now(), within, after, limit).await?)
}

/// Of which kind something public is.
pub fn schema_of(feature: &PublicFeature) -> Option<&'static Schema> {
    schema::of_kind(&feature.kind)
}
