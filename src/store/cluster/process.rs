//! Server processes that still live on our data: after a kill of the service, or of the server alone.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::error::ClusterError;

/// How often to look whether a process has ended.
const TICK: Duration = Duration::from_millis(50);

/// The server's processes whose working folder is `data`. PostgreSQL enters its data folder when it starts and never
/// leaves, so nobody else's server is ever taken for ours, whatever number stands in a file.
pub fn living_in(data: &Path) -> Vec<Pid> {
    let Ok(ours) = std::fs::metadata(data) else {
        return Vec::new();
    };
    // A process that has ended but was not yet waited for has no working folder any more.
    let inside = |dir: &Path| {
        std::fs::metadata(dir.join("cwd")).is_ok_and(|theirs| (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()))
    };
    all()
        .filter(|(_, dir)| is(dir, "postgres") && inside(dir))
        .map(|(pid, _)| pid)
        .collect()
}

/// Every `initdb` that is filling `data`.
pub fn creating(data: &Path) -> Vec<Pid> {
    working_on("initdb", data)
}

/// Every process of a program that has this very path among its arguments.
fn working_on(program: &str, data: &Path) -> Vec<Pid> {
    let named = |dir: &Path| {
        std::fs::read(dir.join("cmdline")).is_ok_and(|line| {
            line.split(|byte| *byte == 0)
                .any(|word| word == data.as_os_str().as_bytes())
        })
    };
    all()
        .filter(|(_, dir)| is(dir, program) && named(dir))
        .map(|(pid, _)| pid)
        .collect()
}

/// Ends what a killed service has left of a program that works on `path`, and waits a moment for it.
pub async fn end_programs_on(program: &str, path: &Path) {
    for _ in 0..100 {
        let left = working_on(program, path);
        if left.is_empty() {
            return;
        }
        for pid in left {
            signal(pid, Signal::KILL);
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Every process of the machine that can be seen from here, with its folder under /proc.
fn all() -> impl Iterator<Item = (Pid, PathBuf)> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((Pid::from_raw(number)?, entry.path()))
        })
}

fn is(dir: &Path, name: &str) -> bool {
    std::fs::read_to_string(dir.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
}

/// The number in the first line of `postmaster.pid`. A server working for `initdb` notes its own below zero.
pub fn noted(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = text.lines().next()?.trim().parse().ok()?;
    Pid::from_raw(number.checked_abs()?)
}

/// Sends a signal. That the process has gone meanwhile is as good.
pub fn signal(pid: Pid, signal: Signal) {
    if let Err(error) = kill_process(pid, signal)
        && error != rustix::io::Errno::SRCH
    {
        tracing::warn!(pid = pid.as_raw_nonzero(), %error, "a signal was not delivered");
    }
}

/// Ends every server process left on our data, politely first, and removes the notes it left.
///
/// After a kill of the service the old server still runs and takes a fast shutdown. After a kill of the server its
/// children notice within moments, unless one is deep in a computation; a new server must not start before the last
/// of them is gone. What they had not committed is undone by recovery from the log, so even the last step loses nothing.
pub async fn clear(data: &Path) -> Result<(), ClusterError> {
    let server = noted(data).filter(|pid| living_in(data).contains(pid));
    if let Some(server) = server {
        tracing::warn!(
            pid = server.as_raw_nonzero(),
            "a database server was left running; stopping it"
        );
        signal(server, Signal::INT);
        if !gone(data, Duration::from_secs(20)).await {
            for pid in living_in(data) {
                signal(pid, Signal::QUIT);
            }
        }
    }
    if !gone(data, Duration::from_secs(5)).await {
        for pid in living_in(data) {
            tracing::warn!(
                pid = pid.as_raw_nonzero(),
                "a database process was left behind; killing it"
            );
            signal(pid, Signal::KILL);
        }
    }
    if !gone(data, Duration::from_secs(5)).await
        && let Some(pid) = living_in(data).first()
    {
        return Err(ClusterError::StillRunning {
            pid: pid.as_raw_nonzero().get(),
        });
    }
    // Without this a server refuses to start when an unrelated process has got the old number meanwhile.
    match std::fs::remove_file(data.join("postmaster.pid")) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(ClusterError::Io {
            path: data.join("postmaster.pid"),
            source,
        }),
        _ => Ok(()),
    }
}

/// Whether no server process lives on our data, now or within `limit`.
async fn gone(data: &Path, limit: Duration) -> bool {
    let since = Instant::now();
    loop {
        if living_in(data).is_empty() {
            return true;
        }
        if since.elapsed() >= limit {
            return false;
        }
        tokio::time::sleep(TICK).await;
    }
}
