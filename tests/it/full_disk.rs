//! A full disk, of the file store and of the database: told as 507, reading goes on, and it mends by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::program::{Service, merestone, token};
use crate::support::{app, client, folder, sample};

/// A small disk, unmounted with this value.
struct Disk(PathBuf);

impl Disk {
    /// None where nobody may mount one.
    fn mount(at: &Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=711"), "tmpfs"]);
        if mount.arg(at).output().is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("SKIPPED: a small disk cannot be mounted here, so a full one was not tried");
        None
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.0.join("filler")).unwrap();
        let full = std::io::copy(&mut std::io::repeat(0), &mut filler).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_file_store_is_told_and_mends_by_itself() {
    let app = app().await;
    let originals = app.data_dir.join("originals");
    let Some(disk) = Disk::mount(&originals, 8) else { return };
    std::fs::create_dir(originals.join("incoming")).unwrap();
    let track = sample("astrand-veyra/tracks/2026-08-06-team-a.gpx");
    let (status, receipt) = app
        .upload("b.gpx", sample("astrand-veyra/tracks/2026-08-07-team-b.gpx"))
        .await;
    assert_eq!(status, 201, "{receipt}");
    disk.fill();
    for key in [None, Some("k")] {
        let begun = Instant::now();
        let mut request = app.client.post(app.url("/uploads?filename=a.gpx")).body(track.clone());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let told = request.send().await.unwrap();
        assert_eq!(told.status(), 507);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let told: serde_json::Value = told.json().await.unwrap();
        assert_eq!(told["type"], "/problems/storage-full");
    }
    // Nothing was half stored, and what is there can be read.
    assert_eq!(std::fs::read_dir(originals.join("incoming")).unwrap().count(), 0);
    assert_eq!(app.count("select count(*) from upload").await, 1);
    let original = format!("/uploads/{}/original", receipt["id"].as_str().unwrap());
    for path in ["/uploads", "/collections/parties/items", "/readyz", &original] {
        assert_eq!(app.get(path).await.status(), 200, "{path}");
    }
    disk.free();
    let (status, receipt) = app.upload("a.gpx", track).await;
    assert_eq!(status, 201, "{receipt}");
}

#[tokio::test]
async fn a_full_database_is_told_and_mends_by_itself() {
    let folder = folder();
    let data = folder.path().join("data");
    let Some(disk) = Disk::mount(&data, 700) else { return };
    let command = || merestone(folder.path());
    let token = token(command, &data);
    let mut serve = command();
    serve.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(&data);
    serve
        .env("MERESTONE_BACKUP_EVERY_HOURS", "0")
        .env("MERESTONE_DRILL_EVERY_DAYS", "0");
    let service = Service::start(&mut serve, Duration::from_secs(60));
    let client = client(&token);
    let items = service.url("/collections/instruments/items");
    let post = |number: usize| {
        let body = json!({ "type": "Feature", "geometry": null, "properties": {
            "key": format!("i-{number}"), "kind": "protocol", "name_en": "x".repeat(4000), "name_zh": "y",
        } });
        client
            .post(&items)
            .header("content-type", "application/geo+json")
            .header("idempotency-key", format!("k-{number}"))
            .timeout(Duration::from_secs(30))
            .body(body.to_string())
            .send()
    };
    let first = post(0).await.unwrap();
    assert_eq!(first.status(), 201, "{}", first.text().await.unwrap());
    disk.fill();
    // What fits into files that are there is still taken; at last something does not fit.
    let mut acknowledged = 1;
    let mut statuses = Vec::new();
    for number in 1..20_000 {
        let answer = post(number).await.unwrap();
        match answer.status().as_u16() {
            201 => acknowledged += 1,
            status => {
                statuses.push((status, answer.text().await.unwrap()));
                if statuses.len() > 5 {
                    break;
                }
            }
        }
    }
    eprintln!(
        "{acknowledged} acknowledged, then {:?}",
        statuses.iter().map(|(status, _)| status).collect::<Vec<_>>()
    );
    assert!(
        statuses.iter().all(|(status, _)| matches!(status, 503 | 507)),
        "{statuses:?}"
    );
    let count = async || {
        let begun = Instant::now();
        loop {
            let page = client.get(format!("{items}?resultType=hits")).send().await.unwrap();
            if page.status() == 200 {
                let page: serde_json::Value = page.json().await.unwrap();
                return (page["numberMatched"].as_i64().unwrap(), begun.elapsed());
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{}",
                page.text().await.unwrap()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (read, after) = count().await;
    eprintln!("read again after {after:?}: {read}");
    assert_eq!(read, acknowledged);
    disk.free();
    let begun = Instant::now();
    // The one that was refused first is taken now, under its key, once.
    let refused = usize::try_from(acknowledged).unwrap();
    loop {
        let answer = post(refused).await.unwrap();
        if answer.status() == 201 {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{}",
            answer.text().await.unwrap()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("written again after {:?}", begun.elapsed());
    assert_eq!(count().await.0, acknowledged + 1);
    drop(service);
}
