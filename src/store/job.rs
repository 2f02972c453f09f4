//! The queue of work.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use crate::domain::text::Message;

/// A piece of work as the queue holds it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    pub job_id: Uuid,
    pub kind: String,
    pub payload: Value,
    pub state: String,
    pub attempts: i32,
    pub progress: f32,
    pub message_en: Option<String>,
    pub message_zh: Option<String>,
}

/// A worker that has not been heard of for this long is gone, and its job is taken by another.
const LOST_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// # Errors
/// When the database refuses it.
pub async fn queue(conn: &mut PgConnection, id: Uuid, kind: &str, payload: Value, at: Timestamp) -> Result<()> {
    sqlx::query("insert into job (job_id, kind, payload, created_at, run_after) values ($1, $2, $3, $4, $4)")
        .bind(id)
        .bind(kind)
        .bind(payload)
        .bind(jiff_sqlx::Timestamp::from(at))
        .execute(&mut *conn)
        .await?;
    sqlx::query("select pg_notify('job', '')").execute(conn).await?;
    Ok(())
}

/// Takes the next job for a worker: one that waits, or one whose worker is lost.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take(conn: &mut PgConnection, worker: &str, at: Timestamp) -> Result<Option<Job>> {
    let lost = at.checked_sub(LOST_AFTER).unwrap_or(Timestamp::MIN);
    Ok(sqlx::query_as(
        "update job set state = 'running', worker = $1, heartbeat_at = $2, attempts = attempts + 1
         where job_id = (
             select job_id from job
             where (state = 'queued' and run_after <= $2) or (state = 'running' and heartbeat_at < $3)
             order by run_after, job_id limit 1 for update skip locked
         )
         returning job_id, kind, payload, state, attempts, progress, message_en, message_zh",
    )
    .bind(worker)
    .bind(jiff_sqlx::Timestamp::from(at))
    .bind(jiff_sqlx::Timestamp::from(lost))
    .fetch_optional(conn)
    .await?)
}

/// Says how far a job is and that its worker lives.
///
/// # Errors
/// When the database cannot be reached.
pub async fn progress(conn: &mut PgConnection, id: Uuid, share: f32, at: Timestamp) -> Result<()> {
    sqlx::query("update job set progress = $2, heartbeat_at = $3 where job_id = $1 and state = 'running'")
        .bind(id)
        .bind(share.clamp(0.0, 1.0))
        .bind(jiff_sqlx::Timestamp::from(at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a job; a message says why it failed.
///
/// # Errors
/// When the database cannot be reached.
pub async fn finish(conn: &mut PgConnection, id: Uuid, failure: Option<&Message>, at: Timestamp) -> Result<()> {
    sqlx::query(
        "update job set state = $2, progress = case when $2 = 'done' then 1 else progress end, finished_at = $3,
                message_en = $4, message_zh = $5
         where job_id = $1",
    )
    .bind(id)
    .bind(if failure.is_some() { "failed" } else { "done" })
    .bind(jiff_sqlx::Timestamp::from(at))
    .bind(failure.map(|m| m.en.as_str()))
    .bind(failure.map(|m| m.zh.as_str()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a job back for a later try.
///
/// # Errors
/// When the database cannot be reached.
pub async fn retry(conn: &mut PgConnection, id: Uuid, after: Timestamp) -> Result<()> {
    sqlx::query("update job set state = 'queued', worker = null, run_after = $2 where job_id = $1")
        .bind(id)
        .bind(jiff_sqlx::Timestamp::from(after))
        .execute(conn)
        .await?;
    Ok(())
}

/// Some jobs by their identities, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_ids(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Job>> {
    Ok(sqlx::query_as(
        "select job_id, kind, payload, state, attempts, progress, message_en, message_zh from job where job_id = any($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?)
}

/// # Errors
/// When the database cannot be read.
pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<Job>> {
    Ok(sqlx::query_as(
        "select job_id, kind, payload, state, attempts, progress, message_en, message_zh from job where job_id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?)
}
