//! The map viewer in a real browser against a running service.

use std::path::Path;
use std::process::Command;

use merestone::service::demo;
use serde_json::{Value, json};

use crate::support::{app_with_borders, sample_path};

/// Pictures for the documents are at most this large, in bytes.
const PICTURE_LIMIT: u64 = 400_000;

/// Whether a browser and what drives it are here; where tests must not be left out, they have to be.
fn is_possible(root: &Path) -> bool {
    let missing: Vec<&str> = [
        ("node", Command::new("node").arg("--version").output().is_ok()),
        (
            "maps/node_modules",
            root.join("maps/node_modules/playwright-core").is_dir(),
        ),
        ("/usr/bin/chromium", Path::new("/usr/bin/chromium").is_file()),
    ]
    .into_iter()
    .filter_map(|(name, is_there)| (!is_there).then_some(name))
    .collect();
    if !missing.is_empty() {
        let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!is_ci, "the browser test cannot run: {} missing", missing.join(", "));
        eprintln!("SKIPPED: the browser test needs {}", missing.join(", "));
    }
    missing.is_empty()
}

/// What a drive through the viewer saw.
async fn drive(mut command: Command) -> Value {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

fn are_pictures(shots: &Path, names: &[&str]) {
    for name in names {
        let picture = std::fs::read(shots.join(name)).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000, "{name}");
    }
}

/// Keeps pictures for the documents, when asked to.
fn keep(root: &Path, shots: &Path, names: &[&str]) {
    if std::env::var("MERESTONE_KEEP_SCREENSHOTS").is_ok_and(|value| value == "1") {
        let kept = root.join("docs/screenshots");
        std::fs::create_dir_all(&kept).unwrap();
        for name in names {
            let bytes = std::fs::copy(shots.join(name), kept.join(name)).unwrap();
            assert!(bytes <= PICTURE_LIMIT, "{name} has {bytes} bytes");
        }
    }
}

#[tokio::test]
async fn a_surveyor_drops_a_track_onto_the_map() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !is_possible(root) {
        return;
    }
    let app = app_with_borders().await;
    let shots = root.join("target/screenshots");
    let mut command = Command::new("node");
    command
        .env("MERESTONE_TOKEN", &app.token)
        .arg(root.join("maps/e2e/upload.mjs"))
        .args(["--base", &app.base, "--gpx"])
        .arg(sample_path("astrand-veyra/tracks/2026-08-06-team-a.gpx"))
        .arg("--shots")
        .arg(&shots);
    let seen = drive(command).await;
    let coverage = seen["coverage"].as_str().unwrap().trim_end_matches('%').trim();
    assert!((coverage.parse::<f64>().unwrap() - 97.1).abs() < 0.15, "{seen}");
    assert_eq!(seen["missed"], serde_json::json!(["8"]), "{seen}");
    assert!(seen["receipt"].as_str().unwrap().contains("U-000001"), "{seen}");
    // An invented border says so before anything else.
    assert!(seen["banner"].as_str().unwrap().contains("Invented"), "{seen}");
    let receipts = app.json("/uploads").await;
    assert_eq!(receipts["uploads"].as_array().unwrap().len(), 1);
    assert_eq!(receipts["uploads"][0]["state"], "done");
    are_pictures(
        &shots,
        &["overview-en.png", "overview-zh.png", "receipt.png", "card.png"],
    );
    keep(root, &shots, &["overview-en.png", "receipt.png"]);
}

#[tokio::test]
async fn a_reader_searches_travels_in_time_and_compares_two_versions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !is_possible(root) {
        return;
    }
    let app = app_with_borders().await;
    // A corner of the line is moved some 300 m to the east by a protocol of 2024.
    let page = app
        .json("/collections/segments/items?filter=number=%27S1/2%27&boundary=astrand-veyra")
        .await;
    let segment = &page["features"][0];
    let mut line = segment["geometry"]["coordinates"].clone();
    line[1][0] = json!(line[1][0].as_f64().unwrap() + 0.004);
    let path = format!("/collections/segments/items/{}", segment["id"]);
    let change = json!({
        "geometry": { "type": "LineString", "coordinates": line },
        "properties": {
            "instrument": "protocol-1998",
            "reason": "The corner was demarcated anew",
            "valid_from": "2024-05-01T00:00:00Z",
            "description_en": "From boundary point P3 the line runs to P6, east of the old quarry.",
        },
    });
    let changed = app
        .client
        .patch(app.url(&path))
        .header("content-type", "application/merge-patch+json")
        .header("if-match", "*")
        .body(change.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 204, "{}", changed.text().await.unwrap());
    let shots = root.join("target/screenshots");
    let mut command = Command::new("node");
    command
        .env("MERESTONE_TOKEN", &app.token)
        .arg(root.join("maps/e2e/look.mjs"))
        .args(["--base", &app.base, "--day", "2024-04-30"])
        .args(["--segment", &segment["id"].to_string()])
        .arg("--shots")
        .arg(&shots);
    let seen = drive(command).await;
    let text = |name: &str| seen[name].as_str().unwrap_or_default().to_owned();
    assert!(text("island").contains("Osier Bar"), "{seen}");
    assert!(text("place").contains("K12+300"), "{seen}");
    assert!(
        text("empty").contains("xyzzyq") && text("empty").contains("K12+300"),
        "{seen}"
    );
    assert!(
        text("numbers").contains("Greatest distance") && text("numbers").contains("EPSG:4490"),
        "{seen}"
    );
    assert!(
        text("chinese").contains("最大偏距") && text("chinese").contains("法定位置"),
        "{seen}"
    );
    assert!(text("banner").contains("as of 2024-04-30"), "{seen}");
    are_pictures(
        &shots,
        &[
            "search-names.png",
            "search-groups.png",
            "search-place.png",
            "search-stretch.png",
            "search-treaty.png",
            "search-empty.png",
            "search-error.png",
            "versions.png",
            "versions-zh.png",
            "time-box.png",
            "time.png",
            "time-card.png",
            "time-absent.png",
            "small-search.png",
            "small-card.png",
            "small-time.png",
            "small-versions.png",
        ],
    );
    keep(root, &shots, &["search-groups.png", "versions.png"]);
}

/// With the cookie, as every person does; the other drives bring a token.
#[tokio::test]
async fn a_person_signs_in_on_the_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !is_possible(root) {
        return;
    }
    let app = app_with_borders().await;
    let (names, password) = demo::people(&app.cx).await.unwrap();
    assert!(names.contains(&"officer"));
    let shots = root.join("target/screenshots");
    let mut command = Command::new("node");
    command
        .arg(root.join("maps/e2e/people.mjs"))
        .args([
            "--base",
            &app.base,
            "--name",
            "officer",
            "--password",
            &password,
            "--shots",
        ])
        .arg(&shots);
    let seen = drive(command).await;
    assert_eq!(seen["form"], "/#lang=en", "{seen}");
    assert!(seen["refused"].as_str().unwrap().contains("is not right"), "{seen}");
    assert!(seen["boundary"].as_str().unwrap().contains("Astrand"), "{seen}");
    assert!(seen["token"].as_str().unwrap().starts_with("mst_t_"), "{seen}");
    assert_eq!((&seen["left"], &seen["cookies"]), (&json!(0), &json!(0)), "{seen}");
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    are_pictures(&shots, &["sign-in.png", "account.png"]);
}
