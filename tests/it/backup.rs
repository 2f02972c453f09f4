//! Backups on a real cluster: made beside a running service, damaged, restored to a moment, interrupted, refused.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use merestone::config::{Config, Flags};
use merestone::service::backup::{self, LogKey, Looked, Progress, Wanted};
use merestone::service::startup::{self, Running};
use merestone::service::{Clock, Error};
use merestone::store::audit::{Deed, append};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::support::program::{Said, Service, merestone, said, token};
use crate::support::{client, db, folder, sample, sample_path};

const LIMIT: Duration = Duration::from_secs(60);

fn config(data: &Path) -> Config {
    let data = data.to_str().unwrap().to_owned();
    let environment = move |name: &str| (name == "MERESTONE_DATA_DIR").then(|| data.clone());
    Config::new(None, &environment, Flags::default()).unwrap()
}

/// A command on a register.
fn on(data: &Path, arguments: &[&str]) -> Said {
    let mut command = merestone(data.parent().unwrap());
    command.args(arguments).arg("--data-dir").arg(data);
    said(&mut command)
}

fn with_border(data: &Path) {
    let border = sample_path("astrand-veyra/border.toml");
    let taken = on(data, &["import", "--as", "boundary", border.to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{taken:?}");
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|fault| panic!("{fault}: {said:?}"))
}

/// The superuser of a running private cluster.
async fn admin(data: &Path) -> PgConnection {
    let note = std::fs::read_to_string(data.join("postgres/data/postmaster.pid")).unwrap();
    PgConnectOptions::new_without_pgpass()
        .socket(note.lines().nth(4).unwrap())
        .port(5432)
        .username("postgres")
        .database("merestone")
        .connect()
        .await
        .unwrap()
}

/// Ends the piece of the log that is being written, and waits until it is in the archive.
async fn archived(data: &Path) {
    let mut conn = admin(data).await;
    let piece: String = sqlx::query_scalar("select pg_walfile_name(pg_switch_wal())")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let since = Instant::now();
    loop {
        let last: Option<String> = sqlx::query_scalar("select last_archived_wal from pg_stat_archiver")
            .fetch_one(&mut conn)
            .await
            .unwrap();
        if last.is_some_and(|last| last >= piece) {
            break;
        }
        assert!(since.elapsed() < LIMIT, "{piece} is not archived");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    conn.close().await.unwrap();
}

async fn event(running: &Running, action: &str) {
    let mut tx = running.cx.db.begin().await.unwrap();
    let deed = Deed {
        at: running.cx.clock.now(),
        actor: "test",
        action,
        kind: "test",
        subject: String::new(),
        reason: None,
        detail: Value::Null,
    };
    append(&mut tx, deed).await.unwrap();
    running.cx.commit(tx).await.unwrap();
}

async fn looked(backup: &Path, data: &Path) -> Looked {
    let (keys, own) = backup::keys_for(backup, None, &data.join("log")).unwrap();
    assert!(!own);
    backup::verify(backup, None, &keys, &Progress::silent()).await.unwrap()
}

fn wanted(backup: &Path, into: PathBuf, to: Option<Timestamp>) -> Wanted {
    Wanted {
        backup: backup.to_owned(),
        into,
        to,
        wal: None,
        key: None,
        log_key: None,
    }
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    // In a packed piece of the log the middle may be one of two ways to say the same zeros; its end is the check sum.
    let packed = path.extension().is_some_and(|ending| ending == "gz");
    let at = if packed { bytes.len() - 6 } else { bytes.len() / 2 };
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// One byte of a file flipped, or the file taken away, and put back: what is said against the backup meanwhile.
async fn damaged(backup: &Path, data: &Path, file: &Path, flipped: bool) -> String {
    let before = std::fs::read(file).unwrap();
    if flipped {
        flip(file);
    } else {
        std::fs::remove_file(file).unwrap();
    }
    let looked = looked(backup, data).await;
    std::fs::write(file, before).unwrap();
    assert!(!looked.is_whole(), "{}", file.display());
    let faults = looked.faults.iter().chain(&looked.wal_faults);
    faults.map(|fault| format!("{}\n", fault.en)).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn what_a_running_service_holds_comes_back() {
    let folder = folder();
    let data = folder.path().join("data");
    with_border(&data);
    let mut serve = merestone(folder.path());
    serve.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(&data);
    let mut service = Service::start(&mut serve, LIMIT);
    let track = sample("astrand-veyra/tracks/2026-08-06-team-a.gpx");
    let client = client(&token(|| merestone(folder.path()), &data));
    let sent = client.post(service.url("/uploads?filename=a.gpx")).body(track.clone());
    let receipt: Value = sent.send().await.unwrap().json().await.unwrap();
    service.checked(&client, receipt["id"].as_str().unwrap()).await;

    let made = on(&data, &["backup", "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    let backup = PathBuf::from(json(&made)["path"].as_str().unwrap());
    assert_eq!(json(&made)["originals"], 1);
    let fine = on(&data, &["backup", "verify", backup.to_str().unwrap()]);
    assert!(fine.code == 0 && fine.out.contains("all is well"), "{fine:?}");
    let tried = on(&data, &["backup", "drill", "--json"]);
    assert_eq!(tried.code, 0, "{tried:?}");
    assert!(!data.join("drill").exists());
    let listed = json(&on(&data, &["backup", "list", "--json"]));
    assert!(listed[0]["verified_at"].is_string(), "{listed}");
    assert_eq!(listed[0]["drill"]["faults"], Value::Array(Vec::new()), "{listed}");
    service.terminate(LIMIT);

    // The secret is nowhere in it, neither as text nor as bytes.
    let secret = std::fs::read_to_string(data.join("log/log.key")).unwrap();
    let bytes = data_encoding::HEXLOWER.decode(secret.trim().as_bytes()).unwrap();
    for file in files(&data.join("backups")) {
        let held = std::fs::read(&file).unwrap();
        let has = |needle: &[u8]| held.windows(needle.len()).any(|part| part == needle);
        assert!(!has(&bytes) && !has(secret.trim().as_bytes()), "{}", file.display());
    }

    // Restored: with a new key, and with the old one.
    let checkpoint = on(&data, &["audit", "checkpoint"]);
    let into = folder.path().join("restored");
    let restored = on(
        &data,
        &[
            "restore",
            backup.to_str().unwrap(),
            "--into",
            into.to_str().unwrap(),
            "--json",
        ],
    );
    assert_eq!(restored.code, 0, "{restored:?}");
    let told = json(&restored);
    assert_eq!(told["originals"], 1, "{told}");
    assert!(told["log_key"]["new"].is_string(), "{told}");
    assert!(!told["checkpoints"].as_array().unwrap().is_empty(), "{told}");
    let refused = on(
        &data,
        &["restore", backup.to_str().unwrap(), "--into", into.to_str().unwrap()],
    );
    assert!(refused.code == 1 && refused.err.contains("not empty"), "{refused:?}");
    assert_eq!(std::fs::read(files_of(&into)).unwrap(), track);
    let key = data.join("log/log.key");
    let same = folder.path().join("same");
    let kept = on(
        &data,
        &[
            "restore",
            backup.to_str().unwrap(),
            "--into",
            same.to_str().unwrap(),
            "--log-key",
            key.to_str().unwrap(),
            "--json",
        ],
    );
    assert!(json(&kept)["log_key"]["kept"].is_string(), "{kept:?}");
    let wrong = on(
        &data,
        &[
            "restore",
            backup.to_str().unwrap(),
            "--into",
            folder.path().join("x").to_str().unwrap(),
            "--log-key",
            into.join("log/log.key").to_str().unwrap(),
        ],
    );
    assert!(wrong.code == 1 && wrong.err.contains("not the secret key"), "{wrong:?}");

    // The log goes on, all seals hold under their keys, and its root is that of the register that was backed up.
    let known = folder.path().join("known.checkpoint");
    std::fs::write(&known, &checkpoint.out).unwrap();
    for data in [&into, &same] {
        let fine = on(data, &["audit", "verify", "--checkpoint", known.to_str().unwrap()]);
        assert!(fine.code == 0 && fine.out.contains("all as it was written"), "{fine:?}");
    }

    // The same rows, and it serves.
    let counts = async |data: &Path| {
        let running = startup::open(&config(data)).await.unwrap();
        let mut conn = running.cx.db.acquire().await.unwrap();
        let mut counts = merestone::store::backup::count::counts(&mut conn).await.unwrap();
        counts.retain(|(table, _)| !table.starts_with("audit_"));
        drop(conn);
        running.stop().await;
        counts
    };
    assert_eq!(counts(&data).await, counts(&into).await);

    // What the first register has done since, the restored one lacks; a checkpoint of it shows that.
    assert_eq!(on(&data, &["backup"]).code, 0);
    assert_eq!(on(&data, &["backup"]).code, 0);
    std::fs::write(&known, on(&data, &["audit", "checkpoint"]).out).unwrap();
    let shown = on(&into, &["audit", "verify", "--checkpoint", known.to_str().unwrap()]);
    assert!(shown.code == 1 && shown.out.contains("older database"), "{shown:?}");
    let mut serve = merestone(folder.path());
    serve.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(&into);
    let service = Service::start(&mut serve, LIMIT);
    let ready = client.get(service.url("/readyz")).send().await.unwrap();
    assert!(ready.status().is_success());
}

/// The one original of a register.
fn files_of(data: &Path) -> PathBuf {
    let mut originals = files(&data.join("originals"));
    assert_eq!(originals.len(), 1, "{originals:?}");
    originals.remove(0)
}

#[tokio::test]
async fn a_moment_between_two_writes_comes_back_and_damage_is_named() {
    let folder = folder();
    let data = folder.path().join("data");
    with_border(&data);
    let running = startup::open(&config(&data)).await.unwrap();
    let backups = running.backups.clone().unwrap();
    let original = data.join("originals/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    std::fs::create_dir_all(original.parent().unwrap()).unwrap();
    std::fs::write(&original, "abc").unwrap();

    // Writes go on while the copy is made.
    let writing = async {
        for _ in 0..200 {
            event(&running, "meanwhile").await;
        }
    };
    let silent = Progress::silent();
    let (made, ()) = tokio::join!(backup::make(&running.cx, &backups, None, &silent), writing);
    let made = made.unwrap();
    assert!(made.faults.is_empty(), "{made:?}");
    event(&running, "first").await;
    let between = Clock::system().now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    event(&running, "second").await;
    let after = Clock::system().now();
    archived(&data).await;
    let health = backup::health(&running.cx).await.unwrap();
    assert!(health.backup_age_s(after).unwrap() < 60 && health.drill_at.is_none() && !health.archive_fails);

    let whole = looked(&made.path, &data).await;
    assert!(whole.is_whole() && !whole.pieces.is_empty(), "{whole:?}");
    for to in [
        made.stopped_at.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap(),
        after,
    ] {
        let into = folder.path().join("outside");
        let refused = backup::restore(&config(&data), &wanted(&made.path, into.clone(), Some(to)), &silent).await;
        match refused {
            Err(Error::Refused(problem)) => {
                assert!(problem.remedy.en.contains(&made.stopped_at.to_string()), "{problem}");
            }
            other => panic!("{other:?}"),
        }
        assert!(!into.exists());
    }
    let into = folder.path().join("between");
    let restored = backup::restore(
        &config(&data),
        &wanted(&made.path, into.clone(), Some(between)),
        &silent,
    )
    .await
    .unwrap();
    assert!(restored.faults.is_empty(), "{:?}", restored.faults);
    assert!(matches!(restored.log_key, LogKey::New { .. }));
    let again = startup::open(&config(&into)).await.unwrap();
    let mut conn = admin(&into).await;
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit_event where kind in ('test', 'backup') and action <> 'meanwhile' order by audit_event_id")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    conn.close().await.unwrap();
    again.stop().await;
    assert_eq!(actions, ["backup", "first", "restore"]);

    // Damage, one thing at a time; each is named.
    let backup = &made.path;
    let pool = data.join("backups/originals");
    for (file, name) in [
        (
            backup.join("base/global/pg_control"),
            "base/global/pg_control was changed",
        ),
        (backup.join("base/backup_label"), "base/backup_label"),
        (backup.join("base/backup_manifest"), "base/backup_manifest"),
        (files(&backup.join("base/pg_wal")).remove(0), "base/pg_wal/"),
        (backup.join("settings.toml"), "settings.toml was changed"),
        (backup.join("log/log.vkey"), "log/log.vkey was changed"),
        (backup.join("manifest.json"), "manifest.json"),
        (backup.join("manifest.sig"), "manifest.sig"),
        (files(&pool).remove(0), "originals/ba/ba7816bf"),
    ] {
        for flipped in [true, false] {
            let said = damaged(backup, &data, &file, flipped).await;
            assert!(said.contains(name.trim_end_matches(" was changed")), "{name}: {said}");
            assert!(!flipped || said.contains(name), "{name}: {said}");
        }
    }
    // A piece after the backup, which no signature names yet; it is not the last, so that its lack is a gap.
    event(&running, "third").await;
    archived(&data).await;
    let looked_now = looked(backup, &data).await;
    let piece = &looked_now.pieces[0];
    let file = looked_now.archive.join(format!("{}.gz", piece.name()));
    assert!(damaged(backup, &data, &file, true).await.contains(&piece.name()));
    assert!(damaged(backup, &data, &file, false).await.contains(&piece.name()));
    // Once a later backup has signed it, by its hash.
    let second = backup::make(&running.cx, &backups, None, &silent).await.unwrap();
    assert!(second.faults.is_empty() && second.name != made.name, "{second:?}");
    let said = damaged(backup, &data, &file, true).await;
    assert!(said.contains(&piece.name()) && said.contains("was changed"), "{said}");
    std::fs::write(backup.join("base/more"), "x").unwrap();
    let said = looked(backup, &data).await;
    assert!(said.faults[0].en.contains("base/more does not belong"), "{said:?}");
    let refused = backup::restore(&config(&data), &wanted(backup, folder.path().join("no"), None), &silent).await;
    assert!(refused.unwrap_err().to_string().contains("is not whole"));
    std::fs::remove_file(backup.join("base/more")).unwrap();
    // Nothing is kept but what the newest verified one needs.
    let third = backup::make(&running.cx, &backups, Some(0), &silent).await.unwrap();
    assert_eq!(third.removed, [made.name, second.name]);
    assert!(!file.exists() && looked(&third.path, &data).await.is_whole());
    running.stop().await;
}

#[tokio::test]
async fn an_interrupted_backup_is_none_and_is_cleaned_up() {
    let folder = folder();
    let data = folder.path().join("data");
    with_border(&data);
    let running = startup::open(&config(&data)).await.unwrap();
    let backups = data.join("backups");
    let unfinished = || {
        let names = std::fs::read_dir(&backups).into_iter().flatten().flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".unfinished"))
            .map(|entry| entry.path())
            .next()
    };
    let mut command: Command = merestone(folder.path());
    let mut child = command
        .args(["backup", "--data-dir"])
        .arg(&data)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while unfinished().is_none_or(|path| !path.join("base/base").exists()) {
        assert!(
            since.elapsed() < LIMIT && child.try_wait().unwrap().is_none(),
            "it was too quick, or never began"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(unfinished().is_some());
    assert!(backup::list(backups.clone()).unwrap().is_empty());
    let refused = on(&data, &["backup", "verify", unfinished().unwrap().to_str().unwrap()]);
    assert_ne!(refused.code, 0, "{refused:?}");
    let made = on(&data, &["backup"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(unfinished().is_none());
    running.stop().await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing() {
    let folder = folder();
    let data = folder.path().join("data");
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=20m", "tmpfs"]).arg(&small);
    if !mount.output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a small disk cannot be mounted here, so a full one was not tried");
        return;
    }
    with_border(&data);
    let full = on(&data, &["backup", "-o", small.to_str().unwrap()]);
    let left = backup::list(small.clone());
    let unmounted = Command::new("umount").arg(&small).status().unwrap();
    assert!(full.code == 1 && full.err.contains("not enough room"), "{full:?}");
    assert!(left.unwrap().is_empty() && unmounted.success());
}

#[tokio::test]
async fn nothing_is_migrated_without_a_fresh_backup() {
    // The private cluster makes one. The migration itself then fails, since it is there already.
    let folder = folder();
    let data = folder.path().join("data");
    with_border(&data);
    let running = startup::open(&config(&data)).await.unwrap();
    let mut conn = admin(&data).await;
    let forget = "delete from _sqlx_migrations where description = 'public'";
    sqlx::query(forget).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    running.stop().await;
    assert!(startup::open(&config(&data)).await.is_err());
    let listed = backup::list(data.join("backups")).unwrap();
    assert!(listed.len() == 1 && listed[0].state.verified_at.is_some(), "{listed:?}");
    // Within a day the same one will do.
    assert!(startup::open(&config(&data)).await.is_err());
    assert_eq!(backup::list(data.join("backups")).unwrap().len(), 1);

    // Another server's data are somebody else's to back up.
    let db = db().await;
    let place = folder.path().join("other");
    let at = |without: bool| {
        let (url, place) = (db.url.clone(), place.to_str().unwrap().to_owned());
        let environment = move |name: &str| match name {
            "DATABASE_URL" => Some(url.clone()),
            "MERESTONE_DATA_DIR" => Some(place.clone()),
            "MERESTONE_SCRATCH" => Some("true".to_owned()),
            _ => None,
        };
        let flags = Flags {
            without_backup: without,
            ..Flags::default()
        };
        Config::new(None, &environment, flags).unwrap()
    };
    sqlx::query(forget).execute(&db.pool).await.unwrap();
    assert!(!refused(&at(false)).await, "an empty register has nothing to lose");
    sqlx::query("insert into audit_event (at, actor, action, kind, subject) values (now(), 'a', 'b', 'c', 'd')")
        .execute(&db.pool)
        .await
        .unwrap();
    assert!(refused(&at(false)).await);
    assert!(!refused(&at(true)).await);
}

/// Whether opening is refused for want of a backup.
async fn refused(config: &Config) -> bool {
    match startup::open(config).await {
        Err(Error::Refused(problem)) => problem.code.slug() == "backup-needed",
        _ => false,
    }
}

#[test]
fn every_migration_is_one_transaction() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for file in files(&folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        let is_split = file.extension().is_some_and(|ending| ending == "sql") && text.contains("no-transaction");
        assert!(!is_split, "{} would leave a half when it fails", file.display());
    }
}
