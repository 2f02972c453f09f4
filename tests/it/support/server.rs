//! One fast database server for a whole test run, whatever the number of test processes.
//!
//! The first test that needs it starts a keeper: this program once more, in the background. Every test process holds a
//! shared lock on one file as long as it lives. When the keeper has found nobody holding that lock for a while, it
//! stops the server, removes its folder and ends. A killed test releases its lock like any other, so nothing stays.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use merestone::store::cluster::{APPLICATION, Cluster, ClusterSettings, Durability};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::again::again;

/// Names another server to use, as a role that may make databases and extensions.
const ELSEWHERE: &str = "MERESTONE_TEST_DATABASE_URL";

/// Makes a process the keeper; its value is the folder.
const KEEPER: &str = "MERESTONE_TEST_KEEPER";

const KEEPER_TEST: &str = "support::server::one_server_serves_the_whole_run";

/// How long the server outlives its last user.
const IDLE: Duration = Duration::from_secs(5);

const START_LIMIT: Duration = Duration::from_secs(120);

/// How to reach the server.
#[derive(Debug, Clone)]
pub struct Server {
    admin: PgConnectOptions,
    application: PgConnectOptions,
    /// The plain role that owns a test's database.
    pub role: String,
}

impl Server {
    /// As a role that may make and drop databases.
    pub fn admin(&self, database: &str) -> PgConnectOptions {
        self.admin.clone().database(database)
    }

    /// As the application connects.
    pub fn application(&self, database: &str) -> PgConnectOptions {
        self.application.clone().database(database)
    }
}

/// The server of this run, started if it is not there yet.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var(ELSEWHERE) {
        Ok(url) => {
            let options = PgConnectOptions::from_str(&url).unwrap();
            Server {
                role: options.get_username().to_owned(),
                admin: options.clone(),
                application: options,
            }
        }
        Err(_) => {
            let dir = home();
            let socket = join(&dir);
            let options = |role| {
                PgConnectOptions::new_without_pgpass()
                    .socket(&socket)
                    .port(5432)
                    .username(role)
                    .ssl_mode(PgSslMode::Disable)
            };
            Server {
                admin: options("postgres"),
                application: options(APPLICATION),
                role: APPLICATION.to_owned(),
            }
        }
    })
}

/// One folder a user and a checkout: two checkouts may be of different migrations.
fn home() -> PathBuf {
    let digest = Sha256::digest(env!("CARGO_MANIFEST_DIR"));
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    std::env::temp_dir().join(format!("merestone-test-{}-{hash}", rustix::process::geteuid().as_raw()))
}

/// Becomes a user of the server in `dir`, starting its keeper if need be, and says where its socket is.
fn join(dir: &Path) -> PathBuf {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(dir)
        .unwrap();
    let owner = std::fs::symlink_metadata(dir).unwrap().uid();
    assert_eq!(
        owner,
        rustix::process::geteuid().as_raw(),
        "{} is somebody else's",
        dir.display()
    );
    let door = door(dir);
    // Held until the process ends, by never being closed.
    let using = Box::leak(Box::new(open(&dir.join("users.lock"))));
    // The keeper takes both locks before it stops the server, so it never stops one that was just found.
    door.lock().unwrap();
    using.lock_shared().unwrap();
    let note = dir.join("socket");
    if let Some(socket) = alive(&note) {
        return socket;
    }
    // Left by a keeper that was killed: the place would be the new server's too, found before it is ready.
    let _ = std::fs::remove_file(&note);
    let log = File::create(dir.join("keeper.log")).unwrap();
    #[expect(clippy::zombie_processes, reason = "the keeper outlives this process")]
    let mut keeper = again(KEEPER_TEST)
        .env(KEEPER, dir)
        .env_remove("NEXTEST")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .unwrap();
    let since = Instant::now();
    loop {
        if let Some(socket) = alive(&note) {
            return socket;
        }
        let ended = keeper.try_wait().unwrap();
        assert!(
            ended.is_none() && since.elapsed() < START_LIMIT,
            "the test server did not start: {}",
            std::fs::read_to_string(dir.join("keeper.log")).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn door(dir: &Path) -> File {
    open(&dir.join("door.lock"))
}

fn open(path: &Path) -> File {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .unwrap()
}

fn alive(note: &Path) -> Option<PathBuf> {
    let socket = PathBuf::from(std::fs::read_to_string(note).ok()?);
    let answers = std::os::unix::net::UnixStream::connect(socket.join(".s.PGSQL.5432")).is_ok();
    answers.then_some(socket)
}

/// Runs the server until nobody has used it for a while.
async fn keep(dir: &Path) {
    let settings = ClusterSettings {
        data_dir: dir.join("data"),
        durability: Durability::Fast,
        backups: None,
    };
    let cluster = Cluster::start(&settings).await.unwrap();
    let note = dir.join("socket.new");
    std::fs::write(&note, cluster.socket_dir().to_str().unwrap()).unwrap();
    std::fs::rename(note, dir.join("socket")).unwrap();
    let door = door(dir);
    let users = open(&dir.join("users.lock"));
    let mut idle = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if !try_lock(&users) {
            idle = Instant::now();
            continue;
        }
        if idle.elapsed() >= IDLE && try_lock(&door) {
            break;
        }
        users.unlock().unwrap();
    }
    std::fs::remove_file(dir.join("socket")).unwrap();
    cluster.stop().await;
    // The locks' files stay: whoever waits at the door has them open.
    std::fs::remove_dir_all(dir.join("data")).unwrap();
}

fn try_lock(file: &File) -> bool {
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn one_server_serves_the_whole_run() {
    if let Some(dir) = std::env::var_os(KEEPER) {
        return keep(Path::new(&dir)).await;
    }
    let first = server().admin("postgres").connect().await.unwrap();
    let mut second = server().application("postgres").connect().await.unwrap();
    let started = "select pg_postmaster_start_time()::text";
    let mut first = first;
    let a: String = sqlx::query_scalar(started).fetch_one(&mut first).await.unwrap();
    let b: String = sqlx::query_scalar(started).fetch_one(&mut second).await.unwrap();
    assert_eq!(a, b);
    first.close().await.unwrap();
    second.close().await.unwrap();
}
