//! News of every commit that changed a collection, from whichever service it came.

use std::collections::HashMap;

use sqlx::PgConnection;
use sqlx::postgres::{PgListener, PgPoolOptions};

use super::{Db, Result};

/// The version of every collection that was ever changed.
///
/// # Errors
/// When the database cannot be read.
pub async fn versions(conn: &mut PgConnection) -> Result<HashMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as("select collection, version from collection_version")
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A collection has this version now.
    Changed { collection: String, version: i64 },
    /// The line was cut and is whole again; something may have been missed.
    Missed,
}

/// A connection of its own that hears of changes.
pub struct Listener(PgListener);

impl Listener {
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(db: &Db) -> Result<Self> {
        // Kept for good, it is none of those that wait to be used.
        let alone = PgPoolOptions::new().max_connections(1).connect_lazy_with(db.options());
        let mut listener = PgListener::connect_with(&alone).await?;
        listener.listen("collection_version").await?;
        Ok(Self(listener))
    }

    /// Waits for the next news.
    ///
    /// # Errors
    /// When the database cannot be reached any more.
    pub async fn next(&mut self) -> Result<News> {
        loop {
            let Some(heard) = self.0.try_recv().await? else {
                return Ok(News::Missed);
            };
            let mut words = heard.payload().split(' ');
            let (Some(collection), version) = (words.next(), words.next()) else {
                continue;
            };
            return Ok(News::Changed {
                collection: collection.to_owned(),
                version: version.and_then(|version| version.parse().ok()).unwrap_or(0),
            });
        }
    }
}
