//! A survey team hands files in.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::support::program::{Service, merestone, token};
use crate::support::shared::shared;
use crate::support::{App, app, app_with, app_with_borders, client, db, folder, sample};

const TEAM_A: &str = "2026-08-06-team-a.gpx";
const TEAM_B: &str = "2026-08-07-team-b.gpx";

fn track(name: &str) -> Vec<u8> {
    sample(&format!("astrand-veyra/tracks/{name}"))
}

/// A track of two fixes near the invented border that no other test data share bytes with.
fn small(mark: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0"?><!-- {mark} --><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">
<trk><trkseg><trkpt lat="42.683" lon="-168.103"><time>2026-08-06T19:00:00Z</time></trkpt>
<trkpt lat="42.6831" lon="-168.103"><time>2026-08-06T19:00:10Z</time></trkpt></trkseg></trk></gpx>"#
    )
    .into_bytes()
}

fn labels(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().unwrap();
    list.iter().map(|label| label.as_str().unwrap().to_owned()).collect()
}

fn truth() -> toml::Table {
    String::from_utf8(track("TRUTH.toml")).unwrap().parse().unwrap()
}

fn metres(value: &toml::Value) -> f64 {
    value.as_float().unwrap()
}

#[tokio::test]
async fn a_track_becomes_a_receipt_with_verdicts() {
    let app = app_with_borders().await;
    let bytes = track(TEAM_A);
    let (status, receipt) = app.upload(TEAM_A, bytes.clone()).await;
    assert_eq!(status, 201, "{receipt}");
    assert_eq!(receipt["number"], "U-000001");
    assert_eq!(receipt["summary"]["trackpoints"], 8236);
    let done = app.checked(receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["state"], "done", "{done}");
    let result = &done["results"][0];
    assert_eq!(result["boundary_key"], "astrand-veyra");
    assert_eq!(result["inspection_number"], "2026-1");
    assert_eq!(result["markers"]["missed"], json!(["8"]));
    assert_eq!(result["markers"]["passed"], json!(["19"]));
    assert_eq!(result["coverage"]["gaps"].as_array().unwrap().len(), 2);

    // The same bytes again, under another name: the same receipt.
    let (status, again) = app.upload("copy.gpx", bytes).await;
    assert_eq!(status, 200);
    assert_eq!((&again["id"], &again["number"]), (&done["id"], &done["number"]));
}

/// The invented tracks were made from paths whose truth is written beside them.
#[tokio::test]
async fn the_receipt_tells_the_truth_about_both_teams() {
    let app = app_with_borders().await;
    let truth = truth();
    let tolerance = metres(&truth["gap_tolerance_m"]);
    for team in truth["track"].as_array().unwrap() {
        let file = team["file"].as_str().unwrap();
        let receipt = app.walked(file).await;
        let summary = &receipt["summary"];
        for key in ["segments", "waypoints"] {
            assert_eq!(summary[key].as_i64(), team[key].as_integer(), "{file}: {key}");
        }
        assert_eq!(summary["trackpoints"].as_i64(), team["fixes"].as_integer(), "{file}");
        assert_eq!(summary["timed_points"], summary["trackpoints"], "{file}");
        for key in ["first_time", "last_time"] {
            assert_eq!(summary[key].as_str(), team[key].as_str(), "{file}: {key}");
        }
        let [result] = receipt["results"].as_array().unwrap().as_slice() else {
            panic!("{file}: one boundary is near: {receipt}")
        };
        assert_eq!(result["boundary_key"], "astrand-veyra");
        assert_eq!(
            result["inspection_number"].as_str(),
            team["inspection"].as_str(),
            "{file}"
        );

        let markers = &result["markers"];
        for outcome in ["visited", "passed", "missed"] {
            let expected: BTreeSet<String> = team[outcome]
                .as_array()
                .unwrap()
                .iter()
                .map(|label| label.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(labels(&markers[outcome]), expected, "{file}: {outcome}");
        }
        // Every element is told of once; what this team was not to walk is left for others.
        let told: usize = ["visited", "passed", "missed", "left"]
            .iter()
            .map(|outcome| markers[*outcome].as_array().unwrap().len())
            .sum();
        assert_eq!(told, 81, "{file}");

        let coverage = &result["coverage"];
        let number = |key: &str| coverage[key].as_f64().unwrap();
        assert!((number("percent") - 100.0 * number("covered_m") / number("total_m")).abs() < 1e-6);
        assert_eq!(coverage["assumed_accuracy"], true, "{file}");
        let expected: Vec<&toml::Value> = team
            .get("gap")
            .map_or(Vec::new(), |gaps| gaps.as_array().unwrap().iter().collect());
        // A route that goes in to the bank leaves stretches of the line to others; those are told, too.
        let walked = metres(&team["from_m"])..=metres(&team["to_m"]);
        let gaps: Vec<&Value> = coverage["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|gap| {
                walked.contains(&gap["from_m"].as_f64().unwrap()) && walked.contains(&gap["to_m"].as_f64().unwrap())
            })
            .collect();
        assert_eq!(gaps.len(), expected.len(), "{file}: {gaps:?}");
        for (gap, expected) in gaps.iter().zip(expected) {
            for key in ["from_m", "to_m"] {
                let off = (gap[key].as_f64().unwrap() - metres(&expected[key])).abs();
                assert!(off <= tolerance, "{file}: {gap} for {expected}");
            }
            assert!(gap["text_en"].as_str().unwrap().contains("between"), "{gap}");
            assert!(gap["text_zh"].as_str().unwrap().contains("号"), "{gap}");
        }
        // Covered stretches stand in order and apart, and with the gaps make up the whole.
        let covered: Vec<(f64, f64)> = serde_json::from_value(coverage["covered"].clone()).unwrap();
        assert!(covered.iter().all(|(from, to)| from < to) && covered.windows(2).all(|w| w[0].1 < w[1].0));
        // What is between them is a gap if it is longer than the tolerance, give or take the uncertainty.
        let gaps: Vec<(f64, f64)> = coverage["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gap| (gap["from_m"].as_f64().unwrap(), gap["to_m"].as_f64().unwrap()))
            .collect();
        let unsure = number("uncertainty_95_m");
        for between in covered.windows(2).map(|w| (w[0].1, w[1].0)) {
            let length = between.1 - between.0;
            let is_gap = gaps.contains(&between);
            assert!(is_gap || length < GAP_M + unsure, "{file}: {between:?} should be a gap");
            assert!(
                !is_gap || length > GAP_M - unsure,
                "{file}: {between:?} should be no gap"
            );
        }
    }
}

/// Shorter stretches without a track are no gap by default.
const GAP_M: f64 = 200.0;

#[tokio::test]
async fn the_newest_run_of_an_inspection_covers_both_teams() {
    let app = app_with_borders().await;
    let first = app.walked(TEAM_A).await;
    let second = app.walked(TEAM_B).await;
    let id = first["inspection"].as_str().unwrap();
    assert_eq!(second["inspection"], id);
    let inspection = app.json(&format!("/inspections/{id}")).await;
    let uploads = labels(&inspection["uploads"]);
    assert_eq!(
        uploads,
        [&first, &second].map(|u| u["id"].as_str().unwrap().to_owned()).into()
    );
    let run = inspection["newest_check_run"].as_str().unwrap();
    assert_eq!(second["results"][0]["check_run"], run);
    let run = app.json(&format!("/check-runs/{run}")).await;
    let routes: Vec<&str> = run["coverage"]["stretches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stretch| stretch["route"].as_str().unwrap())
        .collect();
    assert_eq!(routes, ["R1", "R2"]);
    let of = |receipt: &Value| receipt["results"][0]["coverage"]["covered_m"].as_f64().unwrap();
    let together = run["coverage"]["covered_m"].as_f64().unwrap();
    assert!((together - of(&first) - of(&second)).abs() < 200.0, "{together}");
    // What either visited is visited.
    let visited: Vec<String> = sqlx::query_scalar(
        "select e.label from visit v join marker_element e using (marker_element_id)
         where v.outcome = 'visited' and v.check_run_id = (select check_run_id from check_run order by created_at desc limit 1)",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    let mut either = labels(&first["results"][0]["markers"]["visited"]);
    either.extend(labels(&second["results"][0]["markers"]["visited"]));
    assert_eq!(visited.into_iter().collect::<BTreeSet<_>>(), either);
}

#[tokio::test]
async fn waypoints_are_stored_with_their_names() {
    let app = app_with_borders().await;
    app.walked(TEAM_A).await;
    assert_eq!(app.count("select count(*) from waypoint where name <> ''").await, 24);
    let wanted = "select count(*) from waypoint where taken_at is not null and st_x(position) between -169 and -167";
    assert_eq!(app.count(wanted).await, 24);
}

#[tokio::test]
async fn the_original_comes_back_byte_for_byte() {
    let app = app().await;
    let bytes = track(TEAM_B);
    let (_, receipt) = app.upload(TEAM_B, bytes.clone()).await;
    let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(receipt["sha256"], digest);
    assert_eq!(receipt["bytes"], bytes.len());
    let original = app
        .get(&format!("/uploads/{}/original", receipt["id"].as_str().unwrap()))
        .await;
    assert_eq!(original.status(), 200);
    let headers = original.headers().clone();
    let disposition = headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, format!("attachment; filename*=UTF-8''{TEAM_B}"));
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(original.bytes().await.unwrap() == bytes);
    let unknown = app.get("/uploads/00000000-0000-7000-8000-000000000000/original").await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.headers()["content-type"], "application/problem+json");
}

fn part(name: &str, bytes: Vec<u8>) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

async fn post_form(app: &App, form: Form) -> (u16, Option<String>, Value) {
    let response = app
        .client
        .post(app.url("/uploads"))
        .multipart(form)
        .send()
        .await
        .unwrap();
    let location = response
        .headers()
        .get("location")
        .map(|v| v.to_str().unwrap().to_owned());
    (response.status().as_u16(), location, response.json().await.unwrap())
}

#[tokio::test]
async fn a_form_brings_one_file_or_several() {
    let app = app().await;
    let one = Form::new()
        .text("note", "of the day")
        .part("file", part("one.gpx", small("one")));
    let (status, location, receipt) = post_form(&app, one).await;
    assert_eq!(
        (status, receipt["filename"].as_str()),
        (201, Some("one.gpx")),
        "{receipt}"
    );
    assert_eq!(
        location.as_deref(),
        Some(format!("/uploads/{}", receipt["id"].as_str().unwrap()).as_str())
    );

    let several = Form::new()
        .part("file", part("one.gpx", small("one")))
        .part("file", part("two.gpx", small("two")))
        .part("file", part("bad.gpx", b"<gpx><trk></gpx>".to_vec()));
    let (status, _, answer) = post_form(&app, several).await;
    assert_eq!(status, 201, "{answer}");
    let receipts = answer["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 3);
    assert_eq!(receipts[0]["id"], receipt["id"]);
    assert_eq!(receipts[1]["filename"], "two.gpx");
    assert_eq!(receipts[2]["state"], "refused");
    assert_eq!(receipts[2]["problem"]["type"], "/problems/file-malformed");
    assert_eq!(app.count("select count(*) from upload").await, 3);

    let (status, _, problem) = post_form(&app, Form::new().text("note", "no file")).await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (400, Some("/problems/body-invalid")),
        "{problem}"
    );
}

#[tokio::test]
async fn the_same_file_eight_times_at_once_is_one_upload() {
    let app = app_with_borders().await;
    let bytes = track(TEAM_A);
    let mut posts = tokio::task::JoinSet::new();
    for n in 0..8 {
        let request = app
            .client
            .post(app.url(&format!("/uploads?filename={n}.gpx")))
            .body(bytes.clone());
        posts.spawn(async move {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            (
                status,
                response.json::<Value>().await.unwrap()["id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            )
        });
    }
    let answers = posts.join_all().await;
    let mut statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    let ids: BTreeSet<&String> = answers.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), 1);
    let receipt = app.checked(&answers[0].1).await;
    assert_eq!(receipt["state"], "done");
    assert_eq!(app.count("select count(*) from upload").await, 1);
    assert_eq!(app.count("select count(*) from track").await, 1);
    assert_eq!(
        app.count("select count(*) from job where kind = 'check_upload'").await,
        1
    );
    // A chunk repeats the last fix of the one before it.
    let fixes = "select sum(n_fixes)::bigint from track_chunk";
    assert_eq!(app.count(fixes).await, 8236);
    assert!(is_empty(&app.data_dir.join("originals/incoming")));
}

#[tokio::test]
async fn a_packed_track_is_read() {
    let app = app_with_borders().await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&track(TEAM_A)).unwrap();
    let (status, receipt) = app.upload("team-a.gpx.gz", packer.finish().unwrap()).await;
    assert_eq!(status, 201, "{receipt}");
    assert_eq!(receipt["format"], "gpx 1.1 (gzip)");
    assert_eq!(receipt["summary"]["trackpoints"], 8236);
    let done = app.checked(receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["results"][0]["markers"]["missed"], json!(["8"]));
}

#[tokio::test]
async fn a_damaged_file_is_kept_but_not_in_the_register() {
    let app = app().await;
    let bad = b"<gpx><trk><trkseg></trk></gpx>".to_vec();
    let (status, problem) = app.upload("bad.gpx", bad.clone()).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["type"], "/problems/file-malformed");
    assert_eq!(problem["line"], 1);
    let receipts = app.json("/uploads").await;
    assert_eq!(receipts["uploads"][0]["state"], "refused");
    assert_eq!(app.json("/collections/tracks/items").await["numberMatched"], 0);
    // Sent again it is read again, and refused again under the same number.
    let (status, again) = app.upload("bad.gpx", bad.clone()).await;
    assert_eq!(status, 422, "{again}");
    assert!(
        problem["upload"].is_string() && problem["upload"] == again["upload"],
        "{again}"
    );
    assert_eq!(problem["number"], again["number"]);
    assert_eq!(app.count("select count(*) from upload").await, 1);
    // What came is kept, to be looked into.
    let path = format!("/uploads/{}/original", again["upload"].as_str().unwrap());
    assert!(app.get(&path).await.bytes().await.unwrap() == bad);
}

#[tokio::test]
async fn the_name_of_a_file_is_text_and_nothing_else() {
    let app = app().await;
    let long = "n".repeat(1 << 20);
    let names = [
        ("../../../../etc/passwd.gpx", "passwd.gpx"),
        ("..\\..\\windows\\track.gpx", "track.gpx"),
        ("/", "unnamed"),
        ("a\r\nX-Injected: 1\r\n\r\n<h1>.gpx", "aX-Injected: 1<h1>.gpx"),
        ("nul\0in.gpx", "nulin.gpx"),
        ("\"; filename=\"evil.html", "\"; filename=\"evil.html"),
        ("<img src=x onerror=alert(1)>.gpx", "<img src=x onerror=alert(1)>.gpx"),
        ("界碑 12 '\"%.gpx", "界碑 12 '\"%.gpx"),
        (long.as_str(), &long[..200]),
    ];
    for (n, (name, shown)) in names.into_iter().enumerate() {
        // The name stands in a form where an address would be too long for it.
        let (status, receipt) = if name.len() < 1000 {
            app.upload(name, small(&format!("name {n}"))).await
        } else {
            let (status, _, receipt) = post_form(&app, Form::new().part("file", part(name, small("long")))).await;
            (status, receipt)
        };
        let said: String = receipt.to_string().chars().take(300).collect();
        assert_eq!(status, 201, "{said}");
        assert_eq!(receipt["filename"], shown);
        let id = receipt["id"].as_str().unwrap();
        let receipt = app.get(&format!("/uploads/{id}")).await;
        assert_eq!(receipt.headers()["content-type"], "application/json");
        let original = app.get(&format!("/uploads/{id}/original")).await;
        assert_eq!(original.status(), 200);
        assert!(original.headers().get("x-injected").is_none());
        let disposition = original.headers()["content-disposition"].to_str().unwrap();
        let encoded = disposition.strip_prefix("attachment; filename*=UTF-8''").unwrap();
        assert!(
            encoded
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._%".contains(&b)),
            "{encoded}"
        );
    }
    // Nothing was written but originals under their digests.
    let mut kept = Vec::new();
    files_under(&app.data_dir, &mut kept);
    assert_eq!(kept.len(), names.len());
    for path in kept {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()),
            "{}",
            path.display()
        );
    }
}

fn files_under(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused() {
    let app = app_with(&[("MERESTONE_UPLOAD_LIMIT_MB", "1")]).await;
    let limit = 1 << 20;
    for bytes in [limit + 1, 24 * limit] {
        let (status, problem) = app.upload("big.gpx", vec![b' '; bytes]).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (413, Some("/problems/file-too-large")),
            "{problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains("1 MB"), "{problem}");
        assert_eq!(problem["file"], "big.gpx");
        let form = Form::new().part("file", part("big.gpx", vec![b' '; bytes]));
        let (status, _, problem) = post_form(&app, form).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (413, Some("/problems/file-too-large")),
            "{problem}"
        );
    }
    assert_eq!(app.count("select count(*) from upload").await, 0);
    assert!(is_empty(&app.data_dir.join("originals/incoming")));
    // The limit is of a file, not of a day's work in one form.
    let padded = |mark: &str| {
        let mut bytes = small(mark);
        bytes.resize(limit - 1000, b'\n');
        bytes
    };
    let form = ["a", "b", "c", "d"].into_iter().fold(Form::new(), |form, mark| {
        form.part("file", part(&format!("{mark}.gpx"), padded(mark)))
    });
    let (status, _, answer) = post_form(&app, form).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["receipts"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_transfer_that_breaks_off_leaves_nothing() {
    let app = app().await;
    let incoming = app.data_dir.join("originals/incoming");
    let address = app.base.trim_start_matches("http://").to_owned();
    let half = track(TEAM_A);
    let half = &half[..half.len() / 2];
    let whole = half.len() * 2;
    let boundary = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gpx\"\r\n\r\n";
    let requests = [
        (format!("Content-Length: {whole}"), String::new()),
        ("Transfer-Encoding: chunked".to_owned(), format!("{whole:x}\r\n")),
        (
            format!("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {whole}"),
            boundary.to_owned(),
        ),
    ];
    for (headers, before) in requests {
        let mut line = tokio::net::TcpStream::connect(&address).await.unwrap();
        let token = &app.token;
        let head = format!(
            "POST /uploads?filename=a.gpx HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n\r\n{before}"
        );
        line.write_all(head.as_bytes()).await.unwrap();
        line.write_all(half).await.unwrap();
        line.flush().await.unwrap();
        // Only when the service has begun to write is there something to leave behind.
        until(|| !is_empty(&incoming)).await;
        drop(line);
        until(|| is_empty(&incoming)).await;
    }
    assert_eq!(app.count("select count(*) from upload").await, 0);
    let mut kept = Vec::new();
    files_under(&app.data_dir, &mut kept);
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(app.get("/readyz").await.status(), 200);
}

async fn until(so: impl Fn() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < Duration::from_secs(20), "waited too long");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A service that was cut off between keeping a file and reading it reads it when it starts again.
#[tokio::test]
async fn an_interrupted_reading_is_taken_up_at_the_next_start() {
    let app = app_with_borders().await;
    let bytes = track(TEAM_A);
    let digest = Sha256::digest(&bytes);
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    let place = app.data_dir.join("originals").join(&hex[..2]);
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join(&hex), &bytes).unwrap();
    let id: String = sqlx::query_scalar(
        "insert into upload (upload_id, sha256, file_name, bytes, received_at, uploader, state)
         values (gen_random_uuid(), $1, 'cut.gpx', $2, now(), 'local', 'reading') returning upload_id::text",
    )
    .bind(digest.as_slice())
    .bind(i64::try_from(bytes.len()).unwrap())
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    let scratch = folder();
    let mut command = merestone(scratch.path());
    command
        .args(["serve", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(&app.data_dir)
        .env("DATABASE_URL", &app.db.url);
    let mut service = Service::start(&mut command, Duration::from_secs(60));
    let receipt = service.checked(&app.client, &id).await;
    assert_eq!(receipt["state"], "done", "{receipt}");
    assert_eq!(receipt["summary"]["trackpoints"], 8236);
    assert_eq!(receipt["results"][0]["markers"]["missed"], json!(["8"]));
    assert!(service.terminate(Duration::from_secs(15)).success());
    assert_eq!(app.count("select count(*) from track").await, 1);
}

#[tokio::test]
async fn an_upload_names_its_inspection_or_is_told_there_is_none() {
    let app = app_with_borders().await;
    let boundaries = app.json("/boundaries").await;
    let inspections = boundaries[0]["inspections"].as_array().unwrap();
    let control = inspections.iter().find(|i| i["number"] == "2025-C1").unwrap();
    let post = |id: String| {
        let url = app.url(&format!("/uploads?filename=a.gpx&inspection={id}"));
        app.client.post(url).body(small("inspection")).send()
    };
    let response = post("00000000-0000-7000-8000-000000000000".to_owned()).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.json::<Value>().await.unwrap()["type"], "/problems/not-found");
    assert_eq!(app.count("select count(*) from upload").await, 0);
    let response = post("nonsense".to_owned()).await.unwrap();
    assert_eq!(response.status(), 400);
    let response = post(control["id"].as_str().unwrap().to_owned()).await.unwrap();
    assert_eq!(response.status(), 201);
    let receipt: Value = response.json().await.unwrap();
    let done = app.checked(receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["inspection"], control["id"]);
    assert_eq!(done["results"][0]["inspection_number"], "2025-C1");
}

/// A long track is taken in pieces, and checked in pieces.
#[tokio::test]
async fn memory_does_not_grow_with_the_track() {
    const FIXES: usize = 200_000;
    let db = db().await;
    let scratch = folder();
    let mut command = merestone(scratch.path());
    command
        .args(["demo", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(scratch.path().join("data"))
        .env("DATABASE_URL", &db.url);
    let token = token(
        || {
            let mut command = merestone(scratch.path());
            command.env("DATABASE_URL", &db.url);
            command
        },
        &scratch.path().join("data"),
    );
    let service = Service::start(&mut command, Duration::from_secs(60));
    let client = client(&token);
    // The demonstration's own tracks are checked first.
    let receipts: Value = client
        .get(service.url("/uploads"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for receipt in receipts["uploads"].as_array().unwrap() {
        service.checked(&client, receipt["id"].as_str().unwrap()).await;
    }
    let before = service.peak_kib();
    let mut gpx =
        String::from("<gpx version=\"1.1\" creator=\"t\" xmlns=\"http://www.topografix.com/GPX/1/1\"><trk><trkseg>");
    for n in 0..FIXES {
        // To and fro along the first kilometres of the line.
        let along = (n % 20_000).min(20_000 - n % 20_000) as f64 / 10_000.0;
        let (lat, lon) = (42.683 - 0.03 * along, -168.1033 - 0.002 * along);
        let (hours, minutes, seconds) = (n / 3600 % 24, n / 60 % 60, n % 60);
        let day = 6 + n / 86_400;
        gpx.push_str(&format!(
            "<trkpt lat=\"{lat:.7}\" lon=\"{lon:.7}\"><time>2026-08-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z</time></trkpt>\n"
        ));
    }
    gpx.push_str("</trkseg></trk></gpx>");
    let bytes = gpx.len();
    let response = client
        .post(service.url("/uploads?filename=long.gpx"))
        .body(gpx)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let receipt: Value = response.json().await.unwrap();
    assert_eq!(receipt["summary"]["timed_points"], FIXES);
    let done = service.checked(&client, receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["state"], "done", "{done}");
    assert!(
        done["results"][0]["coverage"]["covered_m"].as_f64().unwrap() > 100.0,
        "{done}"
    );
    let grown = service.peak_kib().saturating_sub(before);
    eprintln!("{} KiB of track took {grown} KiB more than two short ones", bytes >> 10);
    assert!(grown < 64 << 10, "{grown} KiB");
}

#[tokio::test]
async fn a_track_with_the_offset_of_web_maps_is_named_against_a_plain_one() {
    let (Some(plain), Some(shifted)) = (shared("bad/gcj02_hunchun_plain.gpx"), shared("bad/gcj02_hunchun.gpx")) else {
        return;
    };
    let app = app().await;
    let mut receipts = Vec::new();
    for path in [plain, shifted] {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (status, receipt) = app.upload(&name, std::fs::read(&path).unwrap()).await;
        assert_eq!(status, 201, "{receipt}");
        receipts.push(app.checked(receipt["id"].as_str().unwrap()).await);
    }
    let kinds = |receipt: &serde_json::Value| -> Vec<String> {
        let warnings = receipt["warnings"].as_array().unwrap();
        warnings
            .iter()
            .map(|w| w["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(!kinds(&receipts[0]).contains(&"systematic-shift".to_owned()));
    let named: Vec<&serde_json::Value> = receipts[1]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|w| w["kind"] == "systematic-shift")
        .collect();
    let [warning] = named[..] else {
        panic!("{}", receipts[1]["warnings"])
    };
    let said = warning["message_en"].as_str().unwrap();
    // The shift is 601.3 to 607.9 m.
    assert!(
        said.contains("60") && said.contains("U-000001") && said.contains("GCJ-02"),
        "{said}"
    );
    assert_eq!(
        receipts[1]["warnings_total"],
        receipts[1]["warnings"].as_array().unwrap().len()
    );
}
