//! The private cluster on a real PostgreSQL: started, refused, killed, interrupted, and whole again each time.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use merestone::store::cluster::{APPLICATION, Cluster, ClusterError, ClusterSettings, Durability};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::support::again::again;
use crate::support::program::{merestone, said};
use crate::support::{db, folder};

/// Longer than any of this should take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder of a process that plays the service.
const SERVICE: &str = "MERESTONE_TEST_SERVICE";

fn fast(dir: &Path) -> ClusterSettings {
    ClusterSettings {
        data_dir: dir.to_owned(),
        durability: Durability::Fast,
        backups: None,
    }
}

async fn start(dir: &Path) -> Cluster {
    tokio::time::timeout(LIMIT, Cluster::start(&fast(dir)))
        .await
        .unwrap()
        .unwrap()
}

async fn connect(cluster: &Cluster) -> PgConnection {
    cluster.options(APPLICATION).connect().await.unwrap()
}

async fn ask<T>(conn: &mut PgConnection, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

async fn run(conn: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(conn).await.unwrap();
}

fn server_of(cluster: &Cluster) -> Pid {
    Pid::from_raw(i32::try_from(cluster.server_pid().unwrap()).unwrap()).unwrap()
}

/// Waits until something is so, and fails when it is not in time.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < LIMIT, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn data_outlive_a_stop() {
    let dir = folder();
    let settings = ClusterSettings {
        data_dir: dir.path().join("new"),
        durability: Durability::Durable,
        backups: None,
    };
    let cluster = Cluster::start(&settings).await.unwrap();
    let mut conn = connect(&cluster).await;
    run(
        &mut conn,
        "create table mark (at geometry(PointZ, 4326)); insert into mark values ('SRID=4326;POINT Z (130 42 7)')",
    )
    .await;
    assert_eq!(
        ask::<String>(&mut conn, "select st_astext(at) from mark").await,
        "POINT Z (130 42 7)"
    );
    for (setting, value) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("listen_addresses", ""),
        ("jit", "off"),
    ] {
        let actual: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert_eq!(actual, value, "{setting}");
    }
    assert_eq!(
        ask::<String>(
            &mut conn,
            "select datcollate from pg_database where datname = current_database()"
        )
        .await,
        "C.UTF-8"
    );
    assert!(
        !ask::<bool>(
            &mut conn,
            "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
        )
        .await
    );
    assert_eq!(
        ask::<i64>(
            &mut conn,
            "select count(*) from pg_extension where extname in ('postgis', 'btree_gist', 'pg_trgm', 'unaccent')"
        )
        .await,
        4
    );
    // What the register's tables do with the superuser's table of reference systems.
    run(
        &mut conn,
        "create table frame (srid int references spatial_ref_sys (srid)); insert into frame values (4490)",
    )
    .await;
    conn.close().await.unwrap();
    let server = server_of(&cluster);
    cluster.stop().await;
    assert!(test_kill_process(server).is_err());

    let cluster = Cluster::start(&settings).await.unwrap();
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<i64>(&mut conn, "select count(*) from mark").await, 1);
    conn.close().await.unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_second_service_is_refused_and_told_who_is_first() {
    let dir = folder();
    let cluster = start(dir.path()).await;
    let error = Cluster::start(&fast(dir.path())).await.unwrap_err();
    assert!(
        matches!(error, ClusterError::InUse { pid: Some(pid), .. } if pid == std::process::id()),
        "{error}"
    );
    // The first one is none the worse for it.
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<i32>(&mut conn, "select 1").await, 1);
    conn.close().await.unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_killed_server_comes_back_with_what_was_acknowledged() {
    let dir = folder();
    let settings = ClusterSettings {
        durability: Durability::Durable,
        backups: None,
        ..fast(dir.path())
    };
    let cluster = Cluster::start(&settings).await.unwrap();
    let mut conn = connect(&cluster).await;
    run(&mut conn, "create table mark (n int); insert into mark values (7)").await;
    // Deep in a computation a server process does not notice that its parent has gone; it must not block the next one.
    let busy = tokio::spawn({
        let options = cluster.options(APPLICATION);
        async move {
            let mut conn = options.connect().await.unwrap();
            sqlx::query("select count(*) from generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 100000) c")
                .execute(&mut conn)
                .await
        }
    });
    let since = Instant::now();
    while ask::<i64>(&mut conn, "select count(*) from pg_stat_activity where query like '%generate_series%' and state = 'active' and pid <> pg_backend_pid()").await == 0 {
        assert!(since.elapsed() < LIMIT);
    }
    let first = server_of(&cluster);
    kill_process(first, Signal::KILL).unwrap();
    let since = Instant::now();
    let mut conn = loop {
        match cluster.options(APPLICATION).connect().await {
            Ok(conn) => break conn,
            Err(error) => assert!(since.elapsed() < LIMIT, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_ne!(server_of(&cluster), first);
    assert_eq!(ask::<i32>(&mut conn, "select n from mark").await, 7);
    assert!(busy.await.unwrap().is_err());
    conn.close().await.unwrap();
    cluster.stop().await;
}

/// A service in a process of its own, to be killed.
fn service(dir: &Path) -> Child {
    again("cluster::a_killed_service_leaves_nothing_that_blocks_the_next")
        .env(SERVICE, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The line "server <pid>" of the service's output.
fn announced(service: &mut Child) -> Pid {
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let pid = lines.find_map(|line| {
        line.unwrap()
            .split_once("server ")
            .and_then(|(_, pid)| pid.trim().parse().ok())
    });
    Pid::from_raw(pid.unwrap()).unwrap()
}

/// Serves until the test that started this process ends.
async fn play_service(dir: PathBuf) {
    let cluster = start(&dir).await;
    let mut conn = connect(&cluster).await;
    run(&mut conn, "create table mark (n int); insert into mark values (7)").await;
    println!("server {}", cluster.server_pid().unwrap());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
        .await
        .unwrap()
        .unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_killed_service_leaves_nothing_that_blocks_the_next() {
    if let Some(dir) = std::env::var_os(SERVICE) {
        return play_service(dir.into()).await;
    }
    let dir = folder();
    let mut killed = service(dir.path());
    let orphan = announced(&mut killed);
    let error = Cluster::start(&fast(dir.path())).await.unwrap_err();
    assert!(
        matches!(error, ClusterError::InUse { pid: Some(pid), .. } if pid == killed.id()),
        "{error}"
    );
    killed.kill().unwrap();
    killed.wait().unwrap();
    test_kill_process(orphan).expect("the server outlives its service");
    let cluster = start(dir.path()).await;
    until("the old server's end", || {
        !Path::new(&format!("/proc/{}/cwd", orphan.as_raw_nonzero())).exists()
    });
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<i32>(&mut conn, "select n from mark").await, 7);
    conn.close().await.unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_cluster_that_was_only_dropped_ends_too() {
    let dir = folder();
    let cluster = start(dir.path()).await;
    let server = server_of(&cluster);
    drop(cluster);
    // The folder is free at once; the next start waits for the old server's end.
    let cluster = start(dir.path()).await;
    assert_ne!(server_of(&cluster), server);
    cluster.stop().await;
    assert!(!Path::new(&format!("/proc/{}/cwd", server.as_raw_nonzero())).exists());
}

#[tokio::test]
async fn an_interrupted_creation_is_begun_anew() {
    let dir = folder();
    let root = dir.path().join("postgres");
    let mut killed = service(dir.path());
    until("initdb at work", || {
        root.join("data.new/base/1").exists() || root.join("data").exists()
    });
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!root.join("data").exists(), "initdb was too quick for this test");
    let cluster = start(dir.path()).await;
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<i32>(&mut conn, "select 1").await, 1);
    conn.close().await.unwrap();
    assert!(!root.join("data.new").exists());
    cluster.stop().await;
}

#[tokio::test]
async fn data_of_another_version_are_left_alone() {
    let dir = folder();
    let data = dir.path().join("postgres/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let error = Cluster::start(&fast(dir.path())).await.unwrap_err();
    assert!(
        matches!(&error, ClusterError::OtherVersion { data, .. } if data == "9"),
        "{error}"
    );
    assert!(
        error.to_string().contains("PostgreSQL 9") && error.to_string().contains("PostgreSQL 1"),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["postgres"]);
}

#[tokio::test]
async fn a_deep_data_folder_works_and_leaves_no_socket_folder() {
    let dir = folder();
    let deep = dir.path().join("界碑".repeat(12)).join("it's, \"deep\"".repeat(4));
    let cluster = start(&deep).await;
    let socket = cluster.socket_dir().to_owned();
    assert!(
        !socket.starts_with(dir.path()) && socket.exists(),
        "{}",
        socket.display()
    );
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<i32>(&mut conn, "select 1").await, 1);
    conn.close().await.unwrap();
    cluster.stop().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn settings_that_risk_data_are_refused() {
    let dir = folder();
    let settings = ClusterSettings {
        durability: Durability::Durable,
        backups: None,
        ..fast(dir.path())
    };
    start(dir.path()).await.stop().await;
    std::fs::write(dir.path().join("postgres/local.conf"), "full_page_writes = off\n").unwrap();
    let error = Cluster::start(&settings).await.unwrap_err();
    assert!(
        matches!(
            error,
            ClusterError::NotDurable {
                setting: "full_page_writes",
                ..
            }
        ),
        "{error}"
    );
    std::fs::write(dir.path().join("postgres/local.conf"), "shared_buffers = 32MB\n").unwrap();
    let cluster = Cluster::start(&settings).await.unwrap();
    let mut conn = connect(&cluster).await;
    assert_eq!(ask::<String>(&mut conn, "show shared_buffers").await, "32MB");
    conn.close().await.unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_server_elsewhere_that_does_not_wait_for_its_disk_is_refused() {
    let (db, place) = (db().await, folder());
    let migrate = |scratch: &str, lang: &str| {
        let mut command = merestone(place.path());
        command.arg("migrate").env("DATABASE_URL", &db.url);
        said(command.env("MERESTONE_SCRATCH", scratch).env("LANG", lang))
    };
    let refused = migrate("false", "C");
    assert_eq!(refused.code, 1, "{refused:?}");
    for word in ["fsync is off", "power cut", "postgresql.conf", "scratch"] {
        assert!(refused.err.contains(word), "{word}: {}", refused.err);
    }
    assert!(migrate("false", "zh_CN.UTF-8").err.contains("断电"));
    let taken = migrate("true", "C");
    assert_eq!(taken.code, 0, "{taken:?}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let dir = folder();
    start(dir.path()).await.stop().await;
    std::fs::write(dir.path().join("postgres/local.conf"), "shared_buffers = plenty\n").unwrap();
    let error = Cluster::start(&fast(dir.path())).await.unwrap_err();
    assert!(
        matches!(&error, ClusterError::Start { log } if log.contains("shared_buffers")),
        "{error}"
    );
}
