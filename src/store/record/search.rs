//! Finding records by the words and numbers they are called by.

use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use crate::domain::search::{LIKELY, Query, likeness};
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

#[derive(sqlx::FromRow)]
struct Similar {
    asked: String,
    words: String,
    #[sqlx(flatten)]
    candidate: Candidate,
}

/// A text with fewer characters is looked for at the beginnings of words only: it is inside of too many.
const SHORT: usize = 3;

/// How many of what is spelled nearly so are looked at.
const SIMILAR: i64 = 200;

/// PostgreSQL's word for a statement that ran out of time.
const TIMED_OUT: &str = "57014";

/// How many of the pieces must be there for a record to be looked at: one mistake spoils most of a short word, and few of
/// a long one; of three ideographs it spoils one.
fn threshold(words: &str) -> &'static str {
    if words.chars().all(|c| !c.is_alphabetic() || c >= '\u{2e80}') {
        "set local pg_trgm.word_similarity_threshold = 0.6"
    } else if words.chars().filter(|c| c.is_alphabetic()).count() < 8 {
        "set local pg_trgm.word_similarity_threshold = 0.3"
    } else {
        "set local pg_trgm.word_similarity_threshold = 0.4"
    }
}

/// Records that may be meant, the likeliest first.
///
/// Exact numbers come first, then what begins with the words or holds them. Only where that is less than was asked for
/// comes what is spelled nearly so: found by the three-letter pieces that two words share, judged by [`likeness`]. Findings
/// are sentences, which resemble everything a little; they are found by what they say only.
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
    let short = query.words.chars().count() < SHORT && query.words.is_ascii();
    // The words are bound once for each reading: a statement that knows its patterns can use the index.
    let asked: (String, String) = sqlx::query_as("select search_words($1), search_words($2)")
        .bind(&query.words)
        .bind(&pattern)
        .fetch_one(&mut *conn)
        .await?;
    let (words, pattern) = asked;
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let whole = format!("{pattern}%");
    let begins = format!("% {pattern}%");
    let inside = if short { begins.clone() } else { format!("%{pattern}%") };
    let mains: Vec<&String> = query.main.iter().collect();
    let sure: f32 = if query.is_number { 1.0 } else { 0.78 };
    let mut found: Vec<Candidate> = sqlx::query_as(
        "select r.feature_id, r.kind, coalesce(r.label, '') as label,
                case when lower(r.label) = $1 then 1.0
                     when r.label = any($5) then $6
                     when lower(r.label) like $2 then 0.95
                     when r.words like $2 then 0.9
                     when r.words like $3 then 0.87
                     when r.words like $4 then 0.83
                     else 0.75 end::real as score
         from searchable r
         where r.kind = any($8::text[]) and ($9::uuid is null or r.boundary_id = $9 or r.boundary_id is null)
           and (r.words like $2 or r.words like $4 or r.label = any($5) or r.label = any($7))
         order by score desc, array_position($8::text[], r.kind), length(r.words), r.feature_id
         limit $10",
    )
    .bind(&words)
    .bind(&whole)
    .bind(&begins)
    .bind(&inside)
    .bind(&query.numbers)
    .bind(sure)
    .bind(&mains)
    .bind(kinds)
    .bind(boundary)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let enough = usize::try_from(limit).unwrap_or(usize::MAX) / 3;
    if found.len() >= enough.max(1) || short || query.is_number {
        return Ok(found);
    }
    let mut tx = conn.begin().await?;
    tx.execute(threshold(&query.words)).await?;
    tx.execute("set local statement_timeout = '1500ms'").await?;
    let similar: std::result::Result<Vec<Similar>, sqlx::Error> = sqlx::query_as(
        "select r.feature_id, r.kind, coalesce(r.label, '') as label, $1::text as asked, r.words,
                word_similarity($1, r.words) as score
         from searchable r
         where r.kind = any($2) and ($3::uuid is null or r.boundary_id = $3 or r.boundary_id is null)
           and $1 <% r.words and r.kind <> 'finding'
         order by score desc, length(r.words), r.feature_id
         limit $4",
    )
    .bind(&words)
    .bind(kinds)
    .bind(boundary)
    .bind(SIMILAR)
    .fetch_all(&mut *tx)
    .await;
    drop(tx);
    let similar = match similar {
        Ok(similar) => similar,
        // In a very large register what is spelled nearly so may be too much to look through.
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == TIMED_OUT) => Vec::new(),
        Err(fault) => return Err(fault.into()),
    };
    let mut near: Vec<Candidate> = similar
        .into_iter()
        .filter(|row| !found.iter().any(|known| known.feature_id == row.candidate.feature_id))
        .filter_map(|row| {
            let like = likeness(&row.asked, &row.words);
            (like >= LIKELY).then_some(Candidate {
                score: 0.8 * like,
                ..row.candidate
            })
        })
        .collect();
    near.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.extend(near);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}
