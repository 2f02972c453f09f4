//! What was done under a key of its sender, and how it was answered.

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;

/// A key: whose it is, and the SHA-256 of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub account: Uuid,
    pub sha256: [u8; 32],
}

/// What was done under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// SHA-256 of the request.
    pub request: [u8; 32],
    /// JSON.
    pub outcome: String,
    /// None where the service ended before it was noted, or where it is not kept.
    pub answer: Option<Answer>,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// `name: value`, a line each.
    pub headers: String,
    pub body: Vec<u8>,
}

/// Takes a key until the end of the transaction; false where another transaction has it.
///
/// # Errors
/// When the database breaks.
pub async fn claim(conn: &mut PgConnection, key: &Key) -> Result<bool> {
    Ok(sqlx::query_scalar("select pg_try_advisory_xact_lock($1)")
        .bind(lock(key))
        .fetch_one(conn)
        .await?)
}

/// The number of a key's lock. Two keys of one number would only wait for one another.
fn lock(key: &Key) -> i64 {
    let bytes = key.account.as_bytes().iter().chain(&key.sha256);
    // FNV-1a: the digest is well mixed already, the account has to be mixed in.
    bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .cast_signed()
}

/// What was done under a key.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(conn: &mut PgConnection, key: &Key) -> Result<Option<Done>> {
    type Row = (Vec<u8>, String, Option<i16>, Option<String>, Option<Vec<u8>>);
    let row: Option<Row> = sqlx::query_as(
        "select request_sha256, outcome, status, headers, body from answer where account_id = $1 and key_sha256 = $2",
    )
    .bind(key.account)
    .bind(key.sha256)
    .fetch_optional(conn)
    .await?;
    let Some((request, outcome, status, headers, body)) = row else {
        return Ok(None);
    };
    let answer = match (status, headers, body) {
        (Some(status), Some(headers), Some(body)) => Some(Answer {
            status: status.cast_unsigned(),
            headers,
            body,
        }),
        _ => None,
    };
    Ok(Some(Done {
        // A digest of another length is that of no request.
        request: request.try_into().unwrap_or_default(),
        outcome,
        answer,
    }))
}

/// Notes in the transaction of a change that it was made under a key.
///
/// # Errors
/// When the key was used before (`answer_pkey`), or the database breaks.
pub async fn note(conn: &mut PgConnection, key: &Key, request: &[u8; 32], outcome: &str, at: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into answer (account_id, key_sha256, request_sha256, done_at, outcome) values ($1, $2, $3, $4, $5)",
    )
    .bind(key.account)
    .bind(key.sha256)
    .bind(request)
    .bind(jiff_sqlx::Timestamp::from(at))
    .bind(outcome)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the answer that was given, unless one is kept already.
///
/// # Errors
/// When the database breaks.
pub async fn keep(conn: &mut PgConnection, key: &Key, answer: &Answer) -> Result<()> {
    // Lost with the machine, it is made once more from the outcome: nothing waits for the disk.
    sqlx::query(
        "with now as (select set_config('synchronous_commit', 'off', true)) \
         update answer set status = $3, headers = $4, body = $5 from now \
         where account_id = $1 and key_sha256 = $2 and status is null",
    )
    .bind(key.account)
    .bind(key.sha256)
    .bind(answer.status.cast_signed())
    .bind(&answer.headers)
    .bind(&answer.body)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away what was done before a moment; how many that were.
///
/// # Errors
/// When the database breaks.
pub async fn sweep(conn: &mut PgConnection, before: Timestamp) -> Result<u64> {
    let swept = sqlx::query("delete from answer where done_at < $1")
        .bind(jiff_sqlx::Timestamp::from(before))
        .execute(conn)
        .await?;
    Ok(swept.rows_affected())
}
