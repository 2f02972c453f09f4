//! One database a test, copied from one template that has all migrations.

use std::path::Path;

use merestone::domain::rights::Rights;
use merestone::store::cluster::add_extensions;
use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::server::server;

/// Guards the making of the template. Any number will do, so long as nobody else uses it.
const TEMPLATE_LOCK: i64 = 0x6d65_7265_7374_6f6e;

/// A database of the test's own, empty but for what the migrations put there. Dropped with this value.
pub struct TestDb {
    /// As superuser, to whom nothing is hidden: for looking behind the service's back.
    pub pool: PgPool,
    /// As the application connects.
    pub options: PgConnectOptions,
    /// For another process.
    pub url: String,
    name: String,
}

/// A fresh database with all migrations applied.
pub async fn db() -> TestDb {
    from(template(i64::MAX).await).await
}

/// A fresh database as the releases before a migration left it; [`TestDb::migrate`] brings it up to date.
pub async fn db_before(version: i64) -> TestDb {
    from(template(version).await).await
}

impl TestDb {
    /// Applies the migrations that are still missing.
    pub async fn migrate(&self) {
        let owner = self
            .options
            .clone()
            .options([("merestone.scope", &*Rights::all().scope())]);
        let mut owner = owner.connect().await.unwrap();
        migrator(i64::MAX).await.run(&mut owner).await.unwrap();
    }
}

async fn from(template: String) -> TestDb {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has, on any server")]
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let server = server();
    let mut conn = server.admin("postgres").connect().await.unwrap();
    let sql = format!(
        "create database {name} template {template} strategy file_copy owner {}",
        server.role
    );
    run(&mut conn, sql).await;
    conn.close().await.unwrap();
    let options = server.application(&name);
    let everything = Rights::all().scope();
    let scope = ("merestone.scope", &*everything);
    let pool = PgPoolOptions::new()
        .max_connections(5)
        .connect_with(server.admin(&name).options([scope]))
        .await
        .unwrap();
    TestDb {
        pool,
        url: options.to_url_lossy().to_string(),
        options,
        name,
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        // A test's own runtime may be of one thread and about to end, so the drop gets a thread and a runtime.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut conn = server().admin("postgres").connect().await.unwrap();
                run(&mut conn, format!("drop database {name} with (force)")).await;
            });
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("the test's database was not dropped");
        }
    }
}

/// The migrations before a version.
async fn migrator(before: i64) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut migrator = if folder.is_dir() {
        Migrator::new(folder).await.unwrap()
    } else {
        Migrator::DEFAULT
    };
    migrator
        .migrations
        .to_mut()
        .retain(|migration| migration.version < before);
    migrator
}

/// Makes the template of the migrations before a version unless it is there, and names it.
async fn template(before: i64) -> String {
    let migrator = migrator(before).await;
    let mut hash = Sha256::new();
    for migration in migrator.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    let hash: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = format!("template_{hash}");
    let server = server();
    let mut conn = server.admin("postgres").connect().await.unwrap();
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut conn)
        .await
        .unwrap();
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    if !there {
        // Built under another name, so that a template whose making was interrupted is never copied.
        run(&mut conn, format!("drop database if exists {name}_new with (force)")).await;
        run(
            &mut conn,
            format!("create database {name}_new template template0 owner {}", server.role),
        )
        .await;
        let mut inside = server.admin(&format!("{name}_new")).connect().await.unwrap();
        add_extensions(&mut inside).await.unwrap();
        inside.close().await.unwrap();
        let mut inside = server.application(&format!("{name}_new")).connect().await.unwrap();
        migrator.run(&mut inside).await.unwrap();
        inside.close().await.unwrap();
        run(&mut conn, format!("alter database {name}_new rename to {name}")).await;
    }
    conn.close().await.unwrap();
    name
}

async fn run(conn: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

#[tokio::test]
async fn a_test_has_a_database_of_its_own() {
    let (one, two) = tokio::join!(crate::support::db(), crate::support::db());
    sqlx::raw_sql("create table mark (at geometry(PointZ, 4326))")
        .execute(&one.pool)
        .await
        .unwrap();
    let there = "select to_regclass('mark') is not null";
    let first: bool = sqlx::query_scalar(there).fetch_one(&one.pool).await.unwrap();
    let second: bool = sqlx::query_scalar(there).fetch_one(&two.pool).await.unwrap();
    assert!(first && !second);
    // The address is good for another process.
    for options in [one.url.parse().unwrap(), one.options.clone()] {
        let mut conn = options.connect().await.unwrap();
        assert!(sqlx::query_scalar::<_, bool>(there).fetch_one(&mut conn).await.unwrap());
    }
    let name = one.name.clone();
    drop((one, two));
    let mut conn = server().admin("postgres").connect().await.unwrap();
    let left: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert!(!left);
}
