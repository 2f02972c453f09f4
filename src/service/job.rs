//! Taking jobs from the queue and ending them.

use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use super::upload::acquire;
use super::{Context, Error, Result, check};
use crate::domain::text::Message;
use crate::store;
pub use crate::store::job::Job;

/// A job that breaks is tried so often, at growing intervals.
const TRIES: i32 = 3;

/// The next job for a worker.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take(cx: &Context, worker: &str) -> Result<Option<Job>> {
    let mut conn = acquire(cx).await?;
    Ok(store::job::take(&mut conn, worker, cx.clock.now()).await?)
}

/// Does a job and notes how it ended.
///
/// # Errors
/// When the database cannot be reached; a job that fails is noted, not returned.
pub async fn work(cx: &Context, job: &Job) -> Result<()> {
    let done = perform(cx, job).await;
    let mut conn = acquire(cx).await?;
    let now = cx.clock.now();
    let passing = done.as_ref().is_err_and(Error::is_passing);
    match done {
        Ok(()) => store::job::finish(&mut conn, job.job_id, None, now).await?,
        Err(Error::Refused(problem)) if !passing => {
            store::job::finish(&mut conn, job.job_id, Some(&problem.detail), now).await?;
            give_up(&mut conn, job).await?;
        }
        Err(fault) if job.attempts < TRIES => {
            tracing::warn!(job = %job.job_id, attempt = job.attempts, %fault, "a job broke and will be tried again");
            let pause = SignedDuration::from_secs(i64::from(job.attempts) * 5);
            store::job::retry(&mut conn, job.job_id, now.checked_add(pause).unwrap_or(now)).await?;
        }
        Err(fault) => {
            tracing::error!(job = %job.job_id, %fault, "a job broke for the last time");
            let message = Message::new(
                format!(
                    "The work broke and was given up after {TRIES} tries (job {}).",
                    job.job_id
                ),
                format!("任务多次出错，已在{TRIES}次尝试后放弃（任务 {}）。", job.job_id),
            );
            store::job::finish(&mut conn, job.job_id, Some(&message), now).await?;
            give_up(&mut conn, job).await?;
        }
    }
    Ok(())
}

async fn perform(cx: &Context, job: &Job) -> Result<()> {
    match job.kind.as_str() {
        "check_upload" => check::run::check_upload(cx, subject(job, "upload")?, job.job_id).await,
        "check_boundary" => check::run::check_boundary(cx, subject(job, "boundary")?, job.job_id).await,
        other => Err(Error::Fault(format!("there is no job of kind {other}").into())),
    }
}

fn subject(job: &Job, name: &str) -> Result<Uuid> {
    let id = job
        .payload
        .get(name)
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    id.ok_or_else(|| Error::Fault(format!("the job names no {name}").into()))
}

async fn give_up(conn: &mut store::Conn, job: &Job) -> Result<()> {
    if let Ok(upload) = subject(job, "upload") {
        store::upload::set_failed(conn, upload).await?;
    }
    Ok(())
}
