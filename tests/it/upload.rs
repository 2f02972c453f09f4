//! A survey team hands files in.

use crate::support::{app, app_with_borders};

fn sample(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/sample/astrand-veyra/tracks")
        .join(name);
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_track_becomes_a_receipt_with_verdicts() {
    let app = app_with_borders().await;
    let bytes = sample("2026-08-06-team-a.gpx");
    let (status, receipt) = app.upload("2026-08-06-team-a.gpx", bytes.clone()).await;
    assert_eq!(status, 201, "{receipt}");
    assert_eq!(receipt["number"], "U-000001");
    assert_eq!(receipt["summary"]["trackpoints"], 8236);
    let done = app.checked(receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["state"], "done", "{done}");
    let result = &done["results"][0];
    assert_eq!(result["boundary_key"], "astrand-veyra");
    assert_eq!(result["inspection_number"], "2026-1");
    assert_eq!(result["markers"]["missed"], serde_json::json!(["8"]));
    assert_eq!(result["markers"]["passed"], serde_json::json!(["19"]));
    assert_eq!(result["coverage"]["gaps"].as_array().unwrap().len(), 2);

    // The same bytes again, under another name: the same receipt.
    let (status, again) = app.upload("copy.gpx", bytes).await;
    assert_eq!(status, 200);
    assert_eq!((&again["id"], &again["number"]), (&done["id"], &done["number"]));
}

#[tokio::test]
async fn a_damaged_file_is_kept_but_not_in_the_register() {
    let app = app().await;
    let (status, problem) = app.upload("bad.gpx", b"<gpx><trk><trkseg></trk></gpx>".to_vec()).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["type"], "/problems/file-malformed");
    assert_eq!(problem["line"], 1);
    let receipts = app.json("/uploads").await;
    assert_eq!(receipts["uploads"][0]["state"], "refused");
    assert_eq!(app.json("/collections/tracks/items").await["numberMatched"], 0);
}
