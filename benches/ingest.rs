//! How much work it is to take in a GPX file of 1,000,000 fixes: received, stored, read, filed and committed as the
//! service does it, against a raw binary COPY of the same points into a table of rows with a primary key and a spatial
//! index, in the same run and the same durable PostgreSQL. `cargo bench --bench ingest`.
//!
//! CPU seconds are those of this process and of all processes of the database server.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use merestone::service::Context;
use merestone::service::audit::Log;
use merestone::service::upload::receive;
use merestone::service::worker::Worker;
use merestone::store::Db;
use merestone::store::cluster::{APPLICATION, Cluster, ClusterSettings, Durability};
use merestone::store::original::Originals;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio_util::io::ReaderStream;

mod support;

use support::{Dice, family_cpu, goal, peak_mb, process_cpu, reset_peak};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Against rows with key and index, in CPU; megabytes.
const GOAL_RATIO: f64 = 0.8;
const GOAL_MB: f64 = 100.0;

/// One fix, as both ways take it.
struct Point {
    lon: f64,
    lat: f64,
    ele: f64,
    unix: i64,
    sat: u32,
    hdop: f64,
}

/// 2026-08-06T00:00:00Z.
const START_UNIX: i64 = 1_785_974_400;

/// A walk along 2,000 km at most, the same every time; as many digits as a receiver writes.
fn points(n: usize) -> impl Iterator<Item = Point> {
    let mut dice = Dice::new(20_261_123);
    let (mut lon, mut lat, mut ele) = (124.0, 39.8, 120.0_f64);
    let round = |value: f64, unit: f64| (value * unit).round() / unit;
    (0..n).map(move |k| {
        lon += 1e-5 + dice.between(-4e-6, 4e-6);
        lat += 6e-6 + dice.between(-4e-6, 4e-6);
        ele += dice.between(-0.5, 0.5);
        Point {
            lon: round(lon, 1e9),
            lat: round(lat, 1e9),
            ele: round(ele, 1e2),
            unix: START_UNIX + k as i64,
            sat: 8 + (k % 5) as u32,
            hdop: round(dice.between(0.6, 1.6), 10.0),
        }
    })
}

fn write_gpx(path: &Path, n: usize) -> Outcome<u64> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"bench\" \
          xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>bench</name><trkseg>\n",
    )?;
    for p in points(n) {
        let time = jiff::Timestamp::from_second(p.unix)?;
        writeln!(
            out,
            "<trkpt lat=\"{:.9}\" lon=\"{:.9}\"><ele>{:.2}</ele><time>{time}</time><sat>{}</sat><hdop>{:.1}</hdop></trkpt>",
            p.lat, p.lon, p.ele, p.sat, p.hdop
        )?;
    }
    out.write_all(b"</trkseg></trk></gpx>\n")?;
    out.flush()?;
    Ok(std::fs::metadata(path)?.len())
}

/// What a way cost.
struct Cost {
    client: f64,
    server: f64,
    wall: f64,
}

impl Cost {
    fn cpu(&self) -> f64 {
        self.client + self.server
    }

    fn print(&self, what: &str, n: usize, more: &str) {
        println!(
            "{what}: {n} fixes, client {:.2} s + server {:.2} s = {:.2} CPU s, {:.0} fixes a CPU second, \
             {:.0} a second of time ({:.2} s){more}",
            self.client,
            self.server,
            self.cpu(),
            n as f64 / self.cpu(),
            n as f64 / self.wall,
            self.wall
        );
    }
}

/// A stopwatch over this process and the server's.
struct Watch {
    postmaster: u32,
    client: f64,
    server: f64,
    since: Instant,
}

impl Watch {
    /// Begins after a checkpoint, so that no way pays for what the one before has left to be written.
    async fn start(postmaster: u32, admin: &mut PgConnection) -> Outcome<Self> {
        sqlx::raw_sql("checkpoint").execute(admin).await?;
        Ok(Self {
            postmaster,
            client: process_cpu(std::process::id()),
            server: family_cpu(postmaster),
            since: Instant::now(),
        })
    }

    fn stop(&self) -> Cost {
        Cost {
            wall: self.since.elapsed().as_secs_f64(),
            client: process_cpu(std::process::id()) - self.client,
            server: family_cpu(self.postmaster) - self.server,
        }
    }
}

/// The same points as rows, in binary; key and index are made when they are in.
async fn raw_copy(conn: &mut PgConnection, n: usize) -> Outcome<()> {
    let mut tx = conn.begin().await?;
    sqlx::raw_sql(
        "drop table if exists raw_fix;
         create table raw_fix (id bigint not null, ts timestamptz, ele double precision, hdop real,
                               position geometry(Point, 4326))",
    )
    .execute(&mut *tx)
    .await?;
    let mut copy = tx.copy_in_raw("copy raw_fix from stdin (format binary)").await?;
    let mut out = Vec::with_capacity(300 * 1024);
    out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for (id, p) in (0_i64..).zip(points(n)) {
        let mut position = [0_u8; 25];
        position[0] = 1;
        position[1..5].copy_from_slice(&0x2000_0001_u32.to_le_bytes());
        position[5..9].copy_from_slice(&4326_i32.to_le_bytes());
        position[9..17].copy_from_slice(&p.lon.to_le_bytes());
        position[17..25].copy_from_slice(&p.lat.to_le_bytes());
        let since_2000 = (p.unix - 946_684_800) * 1_000_000;
        out.extend_from_slice(&5_i16.to_be_bytes());
        let mut field = |bytes: &[u8]| {
            out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
            out.extend_from_slice(bytes);
        };
        field(&id.to_be_bytes());
        field(&since_2000.to_be_bytes());
        field(&p.ele.to_be_bytes());
        field(&(p.hdop as f32).to_be_bytes());
        field(&position);
        if out.len() >= 256 * 1024 {
            copy.send(out.as_slice()).await?;
            out.clear();
        }
    }
    out.extend_from_slice(&(-1_i16).to_be_bytes());
    copy.send(out.as_slice()).await?;
    copy.finish().await?;
    sqlx::raw_sql("alter table raw_fix add primary key (id); create index on raw_fix using gist (position)")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn upload(cx: &Context, path: &Path, n: usize) -> Outcome<()> {
    let body = ReaderStream::with_capacity(tokio::fs::File::open(path).await?, 64 * 1024);
    let received = receive(cx, "bench.gpx", None, body).await?;
    let counted = received.receipt.summary.map_or(0, |summary| summary.timed_points);
    if received.is_new && counted == n as u64 {
        Ok(())
    } else {
        Err(format!("{counted} fixes of {n}, new: {}", received.is_new).into())
    }
}

async fn stored_mb(conn: &mut PgConnection, table: &'static str) -> Outcome<f64> {
    let bytes: i64 = sqlx::query_scalar("select pg_total_relation_size($1::text::regclass)")
        .bind(table)
        .fetch_one(conn)
        .await?;
    Ok(bytes as f64 / 1e6)
}

async fn compare(cx: &Context, cluster: &Cluster, dir: &Path, n: usize) -> Outcome<(f64, f64)> {
    let path = dir.join(format!("{n}.gpx"));
    let bytes = write_gpx(&path, n)?;
    let postmaster = cluster.server_pid().ok_or("no server")?;
    let mut admin = cluster.admin_options(APPLICATION).connect().await?;
    let mut conn = cluster.options(APPLICATION).connect().await?;
    reset_peak();
    let before = peak_mb();
    let watch = Watch::start(postmaster, &mut admin).await?;
    upload(cx, &path, n).await?;
    let ours = watch.stop();
    let peak = peak_mb();
    let more = format!(
        "; {:.0} MB of GPX, {:.0} MB stored so far, memory {before:.0} to {peak:.0} MB",
        bytes as f64 / 1e6,
        stored_mb(&mut conn, "track_chunk").await?
    );
    ours.print("merestone", n, &more);
    let watch = Watch::start(postmaster, &mut admin).await?;
    raw_copy(&mut conn, n).await?;
    let raw = watch.stop();
    let more = format!("; {:.0} MB stored", stored_mb(&mut conn, "raw_fix").await?);
    raw.print("raw rows + key + index", n, &more);
    let ratio = ours.cpu() / raw.cpu();
    println!(
        "ratio {ratio:.2} of the raw rows' CPU, {:.2} of their time; {:.2} CPU us a fix",
        ours.wall / raw.wall,
        ours.cpu() / n as f64 * 1e6
    );
    std::fs::remove_file(path)?;
    conn.close().await?;
    admin.close().await?;
    Ok((ratio, peak))
}

async fn run() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    // PostgreSQL's user may be another one than this.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711))?;
    let cluster = Cluster::start(&ClusterSettings {
        data_dir: dir.path().join("data"),
        durability: Durability::Durable,
        backups: None,
    })
    .await?;
    let db = Db::connect(cluster.options(APPLICATION), 4).await?;
    db.migrate().await?;
    let originals = Originals::open(dir.path().join("originals")).await?;
    let worker = Worker::new(None, dir.path().join("scratch"), false);
    let cx = Context {
        ..Context::new(db.clone(), originals, worker, Log::under(&dir.path().join("data")))
    };
    let files = dir.path().to_owned();
    let mut outcome = Err("nothing was measured".into());
    // The first run is also what warms caches and connections.
    for n in [100_000, 1_000_000] {
        outcome = compare(&cx, &cluster, &files, n).await;
        if outcome.is_err() {
            break;
        }
    }
    db.close().await;
    cluster.stop().await;
    let (ratio, peak) = outcome?;
    println!(
        "ratio {ratio:.2} (goal {GOAL_RATIO}: {}), memory {peak:.0} MB (goal {GOAL_MB}: {})",
        goal(ratio, GOAL_RATIO),
        goal(peak, GOAL_MB)
    );
    Ok(())
}

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(run())
}
