//! The map viewer in a real browser against a running service.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{app_with_borders, sample_path};

/// Pictures for the documents are at most this large, in bytes.
const PICTURE_LIMIT: u64 = 400_000;

#[tokio::test]
async fn a_surveyor_drops_a_track_onto_the_map() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
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
        return;
    }
    let app = app_with_borders().await;
    let shots = root.join("target/screenshots");
    let mut command = Command::new("node");
    command
        .arg(root.join("maps/e2e/upload.mjs"))
        .args(["--base", &app.base, "--gpx"])
        .arg(sample_path("astrand-veyra/tracks/2026-08-06-team-a.gpx"))
        .arg("--shots")
        .arg(&shots);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    let seen: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let coverage = seen["coverage"].as_str().unwrap().trim_end_matches('%').trim();
    assert!((coverage.parse::<f64>().unwrap() - 97.1).abs() < 0.15, "{seen}");
    assert_eq!(seen["missed"], serde_json::json!(["8"]), "{seen}");
    assert!(seen["receipt"].as_str().unwrap().contains("U-000001"), "{seen}");
    // An invented border says so before anything else.
    assert!(seen["banner"].as_str().unwrap().contains("Invented"), "{seen}");
    let receipts = app.json("/uploads").await;
    assert_eq!(receipts["uploads"].as_array().unwrap().len(), 1);
    assert_eq!(receipts["uploads"][0]["state"], "done");
    for name in ["overview-en.png", "overview-zh.png", "receipt.png", "card.png"] {
        let picture = std::fs::read(shots.join(name)).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000, "{name}");
    }
    if std::env::var("MERESTONE_KEEP_SCREENSHOTS").is_ok_and(|value| value == "1") {
        let kept = root.join("docs/screenshots");
        std::fs::create_dir_all(&kept).unwrap();
        for name in ["overview-en.png", "receipt.png"] {
            let bytes = std::fs::copy(shots.join(name), kept.join(name)).unwrap();
            assert!(bytes <= PICTURE_LIMIT, "{name} has {bytes} bytes");
        }
    }
}
