//! The worker loop. A job calls a service function; the queue is `store::job`.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::service::{Context, Result, answers, changes, job};

/// How long a worker sleeps when nobody wakes it; another service may have queued something.
const SLEEP: Duration = Duration::from_secs(2);

/// How often it is looked for what need not be remembered any longer.
const SWEEP: Duration = Duration::from_secs(3600);

/// Works until told to stop; a job that is running then is finished first.
pub async fn run(cx: Context, mut stop: watch::Receiver<bool>) {
    let worker = format!("{}-{}", std::process::id(), cx.ids.next());
    let mut swept: Option<Instant> = None;
    while !*stop.borrow() {
        if swept.is_none_or(|swept| swept.elapsed() > SWEEP) {
            swept = Some(Instant::now());
            if let Err(error) = answers::sweep(&cx).await {
                tracing::error!(%error, "old answers cannot be taken away");
            }
        }
        if let Err(error) = changes::come_into_force(&cx).await {
            tracing::error!(%error, "what comes into force cannot be noted");
        }
        match next(&cx, &worker).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = cx.wake.notified() => {}
                    () = tokio::time::sleep(SLEEP) => {}
                    _ = stop.changed() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "the queue cannot be read");
                tokio::time::sleep(SLEEP).await;
            }
        }
    }
}

/// Does everything that waits; how many jobs that were.
///
/// # Errors
/// When the queue cannot be read.
pub async fn drain(cx: &Context) -> Result<usize> {
    let mut n = 0;
    while next(cx, "drain").await? {
        n += 1;
    }
    Ok(n)
}

/// Does the next job on a thread of its own, because geometry keeps a processor busy; false when none waits.
async fn next(cx: &Context, worker: &str) -> Result<bool> {
    let Some(taken) = job::take(cx, worker).await? else {
        return Ok(false);
    };
    let (cx, runtime) = (cx.clone(), tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || runtime.block_on(job::work(&cx, &taken))).await??;
    Ok(true)
}
