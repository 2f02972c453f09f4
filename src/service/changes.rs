//! The versions of collections in memory, so that a caller's copy is found good without asking the database.
//!
//! A writer sees its own change at once ([`Context::commit_as`]); others hear of it by the listener, within milliseconds.
//! While nothing can be heard the database is asked, so a stale answer is never taken for a good one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::{Context, Result};
use crate::store;
use crate::store::changes::{Listener, News};

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    versions: RwLock<HashMap<String, i64>>,
    hears: AtomicBool,
}

impl Changes {
    fn learn(&self, versions: impl IntoIterator<Item = (String, i64)>) {
        if let Ok(mut known) = self.0.versions.write() {
            for (collection, version) in versions {
                let at = known.entry(collection).or_default();
                // News may come in another order than what was read.
                *at = version.max(*at);
            }
        }
    }

    /// The sum of the versions of some collections; none while nothing can be heard.
    fn sum(&self, collections: &[&str]) -> Option<i64> {
        if !self.0.hears.load(Ordering::Acquire) {
            return None;
        }
        let known = self.0.versions.read().ok()?;
        Some(collections.iter().filter_map(|collection| known.get(*collection)).sum())
    }
}

impl Context {
    /// A number that changes with every change of some collections.
    ///
    /// # Errors
    /// When it has to be asked for and the database cannot be read.
    pub async fn version_of(&self, collections: &[&str]) -> Result<i64> {
        if let Some(version) = self.changes.sum(collections) {
            return Ok(version);
        }
        let mut conn = self.db.acquire().await?;
        Ok(store::tile::collections_version(&mut conn, collections).await?)
    }

    /// After a change of one's own: it is seen before anybody is answered.
    pub(super) async fn learn_of_own(&self) {
        self.memories.forget_labels();
        let learned = async {
            let mut conn = self.db.acquire().await?;
            self.changes.learn(store::changes::versions(&mut conn).await?);
            Ok::<_, store::Error>(())
        };
        if let Err(fault) = learned.await {
            // What was done is done, and is answered as such; the listener hears of it a little later.
            tracing::warn!(%fault, "the versions of collections cannot be read after a change");
        }
    }
}

/// How long to wait before listening anew when the database cannot be reached.
const AGAIN: Duration = Duration::from_secs(1);

/// Listens until it is aborted.
pub(super) async fn listen(cx: Context) {
    loop {
        if let Err(fault) = hear(&cx).await {
            tracing::warn!(%fault, "changes of the register cannot be heard; the database is asked instead");
        }
        cx.changes.0.hears.store(false, Ordering::Release);
        tokio::time::sleep(AGAIN).await;
    }
}

async fn hear(cx: &Context) -> Result<()> {
    let mut listener = Listener::open(&cx.db).await?;
    refresh(cx).await?;
    loop {
        match listener.next().await? {
            News::Changed { collection, version } => {
                if collection == "labels" {
                    cx.memories.forget_labels();
                } else {
                    cx.changes.learn([(collection, version)]);
                }
            }
            News::Missed => {
                cx.changes.0.hears.store(false, Ordering::Release);
                refresh(cx).await?;
            }
        }
    }
}

async fn refresh(cx: &Context) -> Result<()> {
    let mut conn = cx.db.acquire().await?;
    cx.memories.forget_labels();
    cx.changes.learn(store::changes::versions(&mut conn).await?);
    cx.changes.0.hears.store(true, Ordering::Release);
    Ok(())
}

/// Looks whether a version has come into force by the passing of time; what has counts as a change.
///
/// # Errors
/// When the database cannot be written.
pub async fn come_into_force(cx: &Context) -> Result<()> {
    let mut conn = cx.db.acquire().await?;
    store::record::write::come_into_force(&mut conn, cx.clock.now()).await?;
    Ok(())
}
