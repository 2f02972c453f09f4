//! Finding records by the words and numbers they are called by.

use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use crate::domain::search::Query;
use crate::store::Result;

/// A record that may be meant.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Candidate {
    pub feature_id: i64,
    pub kind: String,
    pub label: String,
    /// 0 to 1; 1 for what is called exactly so.
    pub score: f32,
}

/// Records that may be meant, the likeliest first.
///
/// Exact numbers come first, then what begins with the words or holds them, then what is spelled nearly so (by the
/// three-letter pieces that two words share).
///
/// # Errors
/// When the database cannot be read.
pub async fn candidates(
    conn: &mut PgConnection,
    query: &Query,
    kinds: &[&str],
    boundary: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let pattern = query
        .words
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    let mut tx = conn.begin().await?;
    // Two letters of six wrong are still the same word.
    tx.execute("set local pg_trgm.word_similarity_threshold = 0.4").await?;
    Ok(sqlx::query_as(
        "with asked as (select lower(unaccent($1)) as words, lower(unaccent($2)) as pattern, $3::text as number)
         select r.feature_id, r.kind, coalesce(r.label, '') as label,
                case when lower(r.label) = a.words or upper(r.label) = a.number then 1.0
                     when lower(r.label) like a.pattern || '%' then 0.95
                     when r.words like a.pattern || '%' then 0.9
                     when r.words like '%' || a.pattern || '%' then 0.85
                     else 0.8 * word_similarity(a.words, r.words) end::real as score
         from record r cross join asked a
         where r.kind = any($4) and ($5::uuid is null or r.boundary_id = $5 or r.boundary_id is null)
           and (r.words like '%' || a.pattern || '%' or a.words <% r.words or upper(r.label) = a.number)
         order by score desc, length(r.words), r.feature_id
         limit $6",
    )
    .bind(&query.words)
    .bind(&pattern)
    .bind(&query.number)
    .bind(kinds)
    .bind(boundary)
    .bind(limit)
    .fetch_all(&mut *tx)
    .await?)
}
