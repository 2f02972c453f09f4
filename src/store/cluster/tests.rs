use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::ClusterError;
use super::installation::Installation;
use super::layout::Layout;
use super::lock::DirLock;
use super::owner::Owner;
use super::{Durability, process, reserve};
use crate::domain::problem::Problem;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn me() -> Owner {
    Owner {
        name: "surveyor".into(),
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        service: "surveyor".into(),
        lowered: false,
    }
}

/// A folder of programs that say they are of this version, with PostGIS or without.
fn programs(root: &Path, version: &str, postgis: bool) -> PathBuf {
    let bin = root.join(version).join("bin");
    let share = root.join(version).join("share");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(share.join("extension")).unwrap();
    if postgis {
        std::fs::write(share.join("extension/postgis.control"), "").unwrap();
    }
    for (name, says) in [
        (
            "postgres",
            format!("postgres (PostgreSQL) {version} (Debian {version}-1)"),
        ),
        ("pg_config", share.display().to_string()),
        ("initdb", String::new()),
    ] {
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

#[test]
fn the_newest_server_with_postgis_is_taken() {
    let root = folder();
    let places = [
        programs(root.path(), "15.18", true),
        programs(root.path(), "17.2", false),
        programs(root.path(), "16.4", true),
    ];
    let found = Installation::find_in(&places, None).unwrap();
    assert_eq!((found.major, found.bin), (16, places[2].clone()));
}

#[test]
fn stored_data_are_opened_by_the_version_that_wrote_them() {
    let root = folder();
    let places = [
        programs(root.path(), "16.4", true),
        programs(root.path(), "15.18", true),
    ];
    assert_eq!(Installation::find_in(&places, Some("15")).unwrap().major, 15);
}

#[test]
fn data_of_another_version_are_refused_naming_both() {
    let root = folder();
    let places = [programs(root.path(), "16.4", true), programs(root.path(), "17.0", true)];
    let error = Installation::find_in(&places, Some("15")).unwrap_err();
    insta::assert_snapshot!(error, @"The stored data are of PostgreSQL 15, but PostgreSQL 17, 16 is installed; install postgresql-15 and postgresql-15-postgis-3 beside it, then move the data with `merestone backup` and `merestone restore`.");
}

#[test]
fn what_is_missing_is_named_as_the_package() {
    let root = folder();
    let error = Installation::find_in(&[], None).unwrap_err();
    insta::assert_snapshot!(error, @"PostgreSQL is not installed; install the Debian packages postgresql-15 and postgresql-15-postgis-3, or set DATABASE_URL.");
    let error = Installation::find_in(&[programs(root.path(), "15.18", false)], None).unwrap_err();
    insta::assert_snapshot!(error, @"PostGIS for PostgreSQL 15 is not installed; install the Debian package postgresql-15-postgis-3.");
    let error = Installation::find_in(&[programs(root.path(), "13.9", true)], None).unwrap_err();
    assert!(matches!(error, ClusterError::TooOld { found: 13, needed: 15 }));
}

#[test]
fn a_data_folder_has_one_service() {
    let dir = folder();
    let first = DirLock::take(dir.path()).unwrap();
    let error = DirLock::take(dir.path()).unwrap_err();
    assert!(matches!(&error, ClusterError::InUse { pid: Some(pid), .. } if *pid == std::process::id()));
    assert!(error.to_string().contains(&format!("process {}", std::process::id())));
    drop(first);
    DirLock::take(dir.path()).unwrap();
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let short = Layout::new(Path::new("/srv/merestone"), &me());
    assert_eq!(short.socket, Path::new("/srv/merestone/postgres/run"));
    let deep = format!("/srv/{}", "测".repeat(40));
    let long = Layout::new(Path::new(&deep), &me());
    assert!(!long.socket.starts_with("/srv"), "{}", long.socket.display());
    assert!(long.socket.join(".s.PGSQL.5432").as_os_str().len() <= 107);
    assert_ne!(long.socket, Layout::new(Path::new(&format!("{deep}2")), &me()).socket);
}

#[test]
fn a_socket_folder_open_to_others_is_refused() {
    let dir = folder();
    let layout = Layout::new(dir.path(), &me());
    layout.make_folders(&me()).unwrap();
    std::fs::set_permissions(&layout.socket, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(layout.make_folders(&me()), Err(ClusterError::SocketFolder { dir }) if dir == layout.socket));
}

#[test]
fn a_folder_of_other_files_is_not_a_database() {
    let dir = folder();
    let layout = Layout::new(dir.path(), &me());
    assert_eq!(layout.stored_version().unwrap(), None);
    std::fs::create_dir_all(&layout.data).unwrap();
    assert_eq!(layout.stored_version().unwrap(), None);
    std::fs::write(layout.data.join("letter.txt"), "").unwrap();
    assert!(matches!(
        layout.stored_version(),
        Err(ClusterError::NotADatabase { .. })
    ));
}

#[test]
fn nobody_but_the_service_is_let_in() {
    let dir = folder();
    let layout = Layout::new(dir.path(), &me());
    layout.make_folders(&me()).unwrap();
    let settings = std::fs::read_to_string(layout.write_settings(&me(), Durability::Durable, None).unwrap()).unwrap();
    for line in [
        "listen_addresses = ''",
        "fsync = on",
        "synchronous_commit = on",
        "full_page_writes = on",
    ] {
        assert!(settings.lines().any(|one| one == line), "{line}");
    }
    let access = std::fs::read_to_string(layout.root.join("pg_hba.conf")).unwrap();
    let rules: Vec<&str> = access.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rules, ["local all,replication all peer map=merestone"]);
    let people = std::fs::read_to_string(layout.root.join("pg_ident.conf")).unwrap();
    let people: Vec<&str> = people.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        people,
        ["merestone \"surveyor\" postgres", "merestone \"surveyor\" merestone"]
    );
}

#[test]
fn the_folder_that_bars_the_way_is_named() {
    let dir = folder();
    let barred = dir.path().join("home");
    let data = barred.join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    std::fs::set_permissions(&barred, std::fs::Permissions::from_mode(0o700)).unwrap();
    let stranger = Owner {
        name: "postgres".into(),
        uid: me().uid + 4242,
        gid: me().gid + 4242,
        lowered: true,
        ..me()
    };
    let error = stranger.must_reach(&data).unwrap_err();
    assert!(
        matches!(&error, ClusterError::Unreachable { dir, .. } if *dir == barred),
        "{error}"
    );
    assert!(error.to_string().contains(&format!("chmod o+x {}", barred.display())));
    std::fs::set_permissions(&barred, std::fs::Permissions::from_mode(0o711)).unwrap();
    stranger.must_reach(&data).unwrap();
}

#[test]
fn a_process_elsewhere_is_never_taken_for_ours() {
    let dir = folder();
    // The number of a process that lives, and is no server of ours.
    std::fs::write(dir.path().join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    assert!(process::noted(dir.path()).is_some());
    assert!(process::living_in(dir.path()).is_empty());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(process::clear(dir.path())).unwrap();
    assert!(!dir.path().join("postmaster.pid").exists());
}

#[test]
fn every_refusal_speaks_both_languages() {
    let path = || PathBuf::from("/srv/merestone");
    let io = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let errors = [
        ClusterError::InUse {
            data_dir: path(),
            pid: Some(7),
        },
        ClusterError::InUse {
            data_dir: path(),
            pid: None,
        },
        ClusterError::NoServer,
        ClusterError::TooOld { found: 13, needed: 15 },
        ClusterError::NoPostgis { major: 15 },
        ClusterError::OtherVersion {
            data: "14".into(),
            found: vec![15],
        },
        ClusterError::NotADatabase { dir: path() },
        ClusterError::OtherOwner { dir: path(), uid: 7 },
        ClusterError::Unreachable {
            dir: path(),
            owner: "postgres".into(),
        },
        ClusterError::NoOwner {
            name: "postgres".into(),
        },
        ClusterError::SocketFolder { dir: path() },
        ClusterError::Init { log: "x".into() },
        ClusterError::Start { log: "x".into() },
        ClusterError::Slow { seconds: 7 },
        ClusterError::StillRunning { pid: 7 },
        ClusterError::NotDurable {
            setting: "fsync",
            value: "off".into(),
        },
        ClusterError::Io {
            path: path(),
            source: io(),
        },
        ClusterError::Sql(sqlx::Error::PoolClosed),
    ];
    for error in errors {
        let problem = Problem::from(error);
        let han = |c: char| ('\u{4e00}'..'\u{9fff}').contains(&c);
        assert!(problem.detail.zh.chars().any(han), "{}", problem.detail.zh);
        assert!(
            !problem.detail.en.chars().any(han) && !problem.detail.en.contains("  "),
            "{}",
            problem.detail.en
        );
    }
}

#[test]
fn a_note_of_a_single_server_is_read_too() {
    let dir = folder();
    for (text, pid) in [
        ("-77\n/srv", Some(77)),
        ("77\n", Some(77)),
        ("", None),
        ("x", None),
        ("-2147483648", None),
    ] {
        std::fs::write(dir.path().join("postmaster.pid"), text).unwrap();
        assert_eq!(
            process::noted(dir.path()).map(|pid| pid.as_raw_nonzero().get()),
            pid,
            "{text}"
        );
    }
}

#[test]
fn the_reason_is_found_in_the_log() {
    let dir = folder();
    let layout = Layout::new(dir.path(), &me());
    layout.make_folders(&me()).unwrap();
    assert_eq!(layout.last_words(), "it said nothing");
    std::fs::write(
        layout.start_log(),
        "2026-11-23 09:04:29.985 UTC [2816] LOG:  invalid value for parameter \"port\": \"x\"\n\
         2026-11-23 09:04:29.986 UTC [2816] FATAL:  configuration file contains errors\n",
    )
    .unwrap();
    insta::assert_snapshot!(layout.last_words(), @r#"LOG:  invalid value for parameter "port": "x" / FATAL:  configuration file contains errors"#);
}

#[test]
fn the_reserve_is_there_until_the_disk_is_full() {
    use std::os::unix::fs::MetadataExt;
    let dir = folder();
    let blocks = || {
        std::fs::metadata(dir.path().join("reserve"))
            .map(|meta| meta.blocks() * 512)
            .unwrap_or(0)
    };
    let free = |bytes| reserve::balance_at(dir.path(), bytes).unwrap();
    free(2 * reserve::SIZE);
    assert_eq!(blocks(), 0, "not taken when there is little");
    free(5 * reserve::SIZE);
    assert!(blocks() >= reserve::SIZE, "it holds real room, not a promise");
    free(2 * reserve::SIZE);
    assert!(blocks() >= reserve::SIZE, "kept while it is not needed");
    free(reserve::SIZE - 1);
    assert_eq!(blocks(), 0, "given up when it is needed");
    free(0);
}
