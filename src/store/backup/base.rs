//! The copy of the database: made and looked over by PostgreSQL's own programs, with what they say when they fail.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};

use crate::domain::backup::Lsn;
use crate::store::Result;
use crate::store::cluster::{Access, program};

/// How often to ask how far the copy is.
const TICK: Duration = Duration::from_millis(200);

/// What the server says of itself before the copy.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Server {
    pub version: String,
    /// Bytes of all databases, as they lie on the disk.
    pub bytes: i64,
}

/// The part of the write-ahead log that the copy needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub timeline: u32,
    pub start: Lsn,
    pub stop: Lsn,
}

/// # Errors
/// When the server does not answer.
pub async fn server(access: &Access) -> Result<Server> {
    let mut conn = access.admin_options("postgres").connect().await?;
    let server = sqlx::query_as(
        "select current_setting('server_version') as version,
                (select sum(pg_database_size(oid))::bigint from pg_database) as bytes",
    )
    .fetch_one(&mut conn)
    .await?;
    conn.close().await?;
    Ok(server)
}

/// The database's own clock.
///
/// # Errors
/// When the server does not answer.
pub async fn now(access: &Access) -> Result<jiff::Timestamp> {
    let mut conn = access.admin_options("postgres").connect().await?;
    let now: jiff_sqlx::Timestamp = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(&mut conn)
        .await?;
    conn.close().await?;
    Ok(now.to_jiff())
}

/// Copies the database into a folder that is not there yet, together with the log that makes it consistent.
///
/// - **Shape**: `told` hears the bytes that were copied and those that there are.
///
/// # Errors
/// What the program said when it failed; a full disk as such.
pub async fn copy(access: &Access, into: &Path, told: impl Fn(u64, u64)) -> Result<()> {
    let mut command = access.client("pg_basebackup");
    command
        .arg("-D")
        .arg(into)
        .args([
            "--format=plain",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-password",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn()?;
    let mut output = std::pin::pin!(child.wait_with_output());
    let mut conn = access.admin_options("postgres").connect().await?;
    let output = loop {
        tokio::select! {
            output = &mut output => break output?,
            () = tokio::time::sleep(TICK) => {
                let far: Option<(Option<i64>, i64)> =
                    sqlx::query_as("select backup_total, backup_streamed from pg_stat_progress_basebackup limit 1")
                        .fetch_optional(&mut conn)
                        .await?;
                if let Some((Some(total), done)) = far {
                    told(done.unsigned_abs(), total.unsigned_abs());
                }
            }
        }
    };
    conn.close().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let kind = if said.iter().any(|line| line.contains("No space left on device")) {
        io::ErrorKind::StorageFull
    } else {
        io::ErrorKind::Other
    };
    Err(io::Error::new(kind, said.join(" / ")).into())
}

/// What of the log a copy needs, as its own manifest says.
///
/// # Errors
/// When there is no such manifest in the copy, or it is not as it must be.
pub fn range(base: &Path) -> io::Result<Range> {
    let path = base.join("backup_manifest");
    let text = std::fs::read(&path).map_err(super::tree::named(&path))?;
    let wrong = || super::tree::named(&path)(io::Error::other("it says nothing of the write-ahead log"));
    let json: serde_json::Value = serde_json::from_slice(&text).map_err(|_| wrong())?;
    let ranges = json["WAL-Ranges"].as_array().ok_or_else(wrong)?;
    let [range] = &ranges[..] else { return Err(wrong()) };
    let place = |name: &str| {
        range[name]
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(wrong)
    };
    let timeline = range["Timeline"].as_u64().and_then(|number| u32::try_from(number).ok());
    Ok(Range {
        timeline: timeline.ok_or_else(wrong)?,
        start: place("Start-LSN")?,
        stop: place("End-LSN")?,
    })
}

/// What PostgreSQL's own check says against a copy; nothing where it is whole.
///
/// # Errors
/// When the program cannot be run.
pub async fn faults(bin: &Path, base: &Path) -> io::Result<Vec<String>> {
    let mut command = program(bin, "pg_verifybackup");
    let output = command.arg("--quiet").arg(base).output().await?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut said: Vec<String> = said
        .lines()
        .map(|line| line.trim_start_matches("pg_verifybackup: error: ").trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if said.is_empty() {
        said.push(format!("pg_verifybackup ended with {}", output.status));
    }
    Ok(said)
}

/// The moment of the last transaction that ended in a piece of the log, which lies in a folder under its own name.
///
/// # Errors
/// When the program cannot be run.
pub async fn last_transaction(bin: &Path, folder: &Path, name: &str) -> io::Result<Option<jiff::Timestamp>> {
    let mut command = program(bin, "pg_waldump");
    command.arg("--path").arg(folder).args(["--rmgr=Transaction", name]);
    // It ends badly because the next piece is not there.
    let output = command.output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().rev().find_map(moment))
}

/// The time in "... desc: COMMIT 2026-11-23 22:06:36.123456 UTC; ...".
fn moment(line: &str) -> Option<jiff::Timestamp> {
    let (_, said) = line.split_once("desc: ")?;
    let mut words = said.split([' ', ';']);
    if !matches!(words.next()?, "COMMIT" | "ABORT") {
        return None;
    }
    let (day, time) = (words.next()?, words.next()?);
    format!("{day}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_a_transaction_is_read() {
        let line = "rmgr: Transaction len (rec/tot):     34/    34, tx:        745, lsn: 0/03000110, prev 0/030000D8, desc: COMMIT 2026-11-23 22:06:36.123456 UTC; inval msgs: catcache 7";
        assert_eq!(moment(line).unwrap().to_string(), "2026-11-23T22:06:36.123456Z");
        assert_eq!(moment(&line.replace("COMMIT", "INVALIDATION")), None);
        assert_eq!(moment("pg_waldump: error"), None);
    }
}
