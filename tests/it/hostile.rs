//! Files made to do harm, handed in to the program itself.
//!
//! The collection stands beside the package and is not copied here; where it is absent, only the files that are
//! written here are sent, and the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::{Service, merestone, token};
use crate::support::{client, db, folder, sample, shared};

/// What a file is answered with.
enum Answer {
    /// Refused, with the slug of the problem and whether a line is named.
    Refused(&'static str, bool),
    /// Taken: track points, waypoints, rejected positions, kinds of warnings.
    Taken(u64, u64, u64, &'static [&'static str]),
}
use Answer::{Refused, Taken};

/// Every file of the collection.
const ANSWERS: [(&str, Answer); 34] = [
    ("1e400.geojson", Refused("format-unknown", false)),
    ("bad_coords.gpx", Taken(2, 0, 7, &["fix-rejected", "time-missing"])),
    ("bad_srs.gpkg", Refused("format-unknown", false)),
    ("billion_laughs.gpx", Refused("file-forbidden-content", true)),
    ("bowtie.geojson", Refused("format-unknown", false)),
    ("deep.geojson", Refused("format-unknown", false)),
    ("deep_xml.gpx", Refused("file-too-deep", true)),
    ("dup_keys.geojson", Refused("format-unknown", false)),
    ("gcj02_hunchun.gpx", Taken(60, 0, 0, &["time-missing"])),
    ("gcj02_hunchun_plain.gpx", Taken(60, 0, 0, &["time-missing"])),
    ("html_inject.gpx", Taken(0, 1, 0, &["link-dropped"])),
    ("json_with_vsi.geojson", Refused("format-unknown", false)),
    ("latlon_swapped.geojson", Refused("format-unknown", false)),
    ("local_file.vrt", Refused("format-unknown", false)),
    ("nan.geojson", Refused("format-unknown", false)),
    ("nested_zip.zip", Refused("format-unknown", false)),
    (
        "nmea_mixed.nmea",
        Taken(
            3,
            0,
            1,
            &[
                "fix-none",
                "checksum-wrong",
                "fix-rejected",
                "line-skipped",
                "date-missing",
            ],
        ),
    ),
    ("no_kml.kmz", Refused("format-unknown", false)),
    ("path_traversal.zip", Refused("format-unknown", false)),
    ("projected_numbers.geojson", Refused("format-unknown", false)),
    ("shp_no_prj.zip", Refused("format-unknown", false)),
    ("shp_no_shx.zip", Refused("format-unknown", false)),
    ("shp_upper.zip", Refused("format-unknown", false)),
    ("shp_wrong_prj.zip", Refused("format-unknown", false)),
    ("survey_comma_decimal.csv", Refused("format-unknown", false)),
    (
        "time_disorder.gpx",
        Taken(
            7,
            0,
            0,
            &[
                "time-backwards",
                "time-malformed",
                "time-before-gps",
                "time-future",
                "time-missing",
            ],
        ),
    ),
    ("truncated.gpkg", Refused("format-unknown", false)),
    ("truncated.gpx", Taken(40, 0, 0, &["file-cut", "time-backwards"])),
    ("utf16.gpx", Taken(0, 1, 0, &[])),
    ("wrong_type.gpx", Refused("format-unknown", false)),
    ("xxe_file.gpx", Refused("file-forbidden-content", true)),
    ("zero_length_line.geojson", Refused("format-unknown", false)),
    ("zip_bomb.kmz", Refused("format-unknown", false)),
    ("MANIFEST.tsv", Refused("format-unknown", false)),
];

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

/// A refusal that a person can act on, in both languages.
fn speaks(problem: &Value, file: &str) {
    for key in ["type", "title", "detail", "remedy", "instance"] {
        assert!(
            problem[key].as_str().is_some_and(|text| !text.is_empty()),
            "{file}: {key} of {problem}"
        );
    }
    for key in ["title", "detail", "remedy"] {
        let (en, zh) = (&problem["languages"]["en"][key], &problem["languages"]["zh"][key]);
        assert!(
            en.as_str().is_some_and(|text| !text.is_empty() && !is_chinese(text)),
            "{file}: {problem}"
        );
        assert!(zh.as_str().is_some_and(is_chinese), "{file}: {key} of {problem}");
    }
    assert_eq!(problem["file"], file);
}

struct Sender {
    service: Service,
    client: reqwest::Client,
    canary: String,
}

impl Sender {
    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(self.service.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends a file and gives status and body; the service must still be there, and the secret must not have got out.
    async fn send(&self, file: &str, bytes: Vec<u8>, language: &str) -> (u16, Value) {
        let begun = Instant::now();
        let url = self.service.url(&format!("/uploads?filename={file}"));
        let request = self.client.post(url).header("accept-language", language).body(bytes);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{file} took {:?}",
            begun.elapsed()
        );
        assert!(!text.contains(&self.canary), "{file}: {text}");
        let kind = headers["content-type"].to_str().unwrap();
        let expected = if status < 400 {
            "application/json"
        } else {
            "application/problem+json"
        };
        assert_eq!(kind, expected, "{file}: {status} {text}");
        assert_eq!(self.get("/readyz").await.0, 200, "after {file}");
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn answer(&self, file: &str, bytes: Vec<u8>, answer: &Answer) {
        let (status, body) = self.send(file, bytes.clone(), "en").await;
        match answer {
            Refused(slug, line) => {
                assert_eq!(status, 422, "{file}: {body}");
                assert_eq!(body["type"], format!("/problems/{slug}"), "{file}: {body}");
                assert_eq!(body["status"], status, "{file}");
                speaks(&body, file);
                assert_eq!(body["line"].is_u64(), *line, "{file}: {body}");
                // The same refusal for one who reads Chinese.
                let (status, zh) = self.send(file, bytes, "zh-CN,zh;q=0.9,en;q=0.1").await;
                assert_eq!(status, 422, "{file}: {zh}");
                for key in ["title", "detail", "remedy"] {
                    assert_eq!(zh[key], body["languages"]["zh"][key], "{file}: {key}");
                    assert_eq!(body[key], body["languages"]["en"][key], "{file}: {key}");
                }
                assert_eq!(zh["upload"], body["upload"], "{file}");
                // The page that its type names is there.
                let (status, page) = self.get(body["type"].as_str().unwrap()).await;
                assert!(status == 200 && page.contains(slug), "{file}: {page}");
            }
            Taken(fixes, waypoints, rejected, warnings) => {
                assert_eq!(status, 201, "{file}: {body}");
                let summary = &body["summary"];
                assert_eq!(summary["trackpoints"], *fixes, "{file}: {body}");
                assert_eq!(summary["waypoints"], *waypoints, "{file}: {body}");
                assert_eq!(summary["rejected"], *rejected, "{file}: {body}");
                let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
                for warning in body["warnings"].as_array().unwrap() {
                    *kinds.entry(warning["kind"].as_str().unwrap()).or_default() += 1;
                    assert!(is_chinese(warning["message_zh"].as_str().unwrap()), "{file}: {warning}");
                    assert!(!warning["message_en"].as_str().unwrap().is_empty(), "{file}: {warning}");
                }
                // The check, which compares with other tracks, may be done already.
                kinds.remove("systematic-shift");
                assert!(
                    kinds.keys().eq(&warnings.iter().copied().collect::<BTreeSet<_>>()),
                    "{file}: {kinds:?}"
                );
                assert_eq!(kinds.get("fix-rejected").copied().unwrap_or(0), *rejected, "{file}");
                let done = self.service.checked(&self.client, body["id"].as_str().unwrap()).await;
                assert_eq!(done["state"], "done", "{file}: {done}");
            }
        }
    }
}

#[tokio::test]
async fn no_file_does_harm() {
    let db = db().await;
    let scratch = folder();
    let data = scratch.path().join("data");
    let canary = format!("canary-{}", std::process::id());
    let secret = scratch.path().join("secret.txt");
    std::fs::write(&secret, &canary).unwrap();
    let mut command = merestone(scratch.path());
    command
        .args(["serve", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(&data)
        .env("DATABASE_URL", &db.url);
    let token = token(
        || {
            let mut command = merestone(scratch.path());
            command.env("DATABASE_URL", &db.url);
            command
        },
        &data,
    );
    let sender = Sender {
        service: Service::start(&mut command, Duration::from_secs(60)),
        client: client(&token),
        canary: canary.clone(),
    };
    // Everything has been done once before memory is measured.
    let track = sample("astrand-veyra/tracks/2026-08-07-team-b.gpx");
    sender.answer("warm.gpx", track, &Taken(4680, 20, 0, &[])).await;
    let before = sender.service.peak_kib();

    // A file elsewhere on the machine, asked for in every way that XML has.
    let path = secret.display();
    let point = r#"<wpt lat="42.5" lon="130.5"><name>&x;</name></wpt></gpx>"#;
    for (n, doctype) in [
        format!("<!DOCTYPE gpx [<!ENTITY x SYSTEM \"file://{path}\">]>"),
        format!("<!DOCTYPE gpx SYSTEM \"file://{path}\">"),
        format!("<!DOCTYPE gpx [<!ENTITY % p SYSTEM \"file://{path}\"> %p;]>"),
        format!("<!DOCTYPE gpx [<!ENTITY x PUBLIC \"-\" \"{path}\">]>"),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("<?xml version=\"1.0\"?>{doctype}<gpx version=\"1.1\" creator=\"x\">{point}");
        let name = format!("entity-{n}.gpx");
        sender
            .answer(&name, text.into_bytes(), &Refused("file-forbidden-content", true))
            .await;
    }
    let text = format!("<gpx version=\"1.1\" creator=\"x\">{point}");
    let (status, body) = sender.send("undeclared.gpx", text.into_bytes(), "en").await;
    assert!(status == 201 || status == 422, "{body}");
    let tale = format!("<gpx version=\"1.1\" creator=\"x\"><trk><name>{}", "a".repeat(8 << 20));
    let (status, body) = sender.send("endless-name.gpx", tale.into_bytes(), "en").await;
    assert_eq!(
        (status, body["type"].as_str()),
        (413, Some("/problems/file-too-large")),
        "{}",
        body["detail"]
    );
    speaks(&body, "endless-name.gpx");
    let (status, body) = sender.send("empty.gpx", Vec::new(), "en").await;
    assert_eq!(
        (status, body["type"].as_str()),
        (422, Some("/problems/file-empty")),
        "{body}"
    );

    if let Some(manifest) = shared("bad/MANIFEST.tsv") {
        let listed = std::fs::read_to_string(&manifest).unwrap();
        for line in listed.lines().skip(1) {
            let file = line.split('\t').next().unwrap();
            assert!(
                ANSWERS.iter().any(|(known, _)| *known == file),
                "{file} has no answer here"
            );
        }
        for (file, answer) in &ANSWERS {
            let bytes = std::fs::read(manifest.with_file_name(file)).unwrap();
            sender.answer(file, bytes, answer).await;
        }
    }

    let grown = sender.service.peak_kib().saturating_sub(before);
    eprintln!("the service grew by {grown} KiB over all hostile files");
    assert!(grown < 64 << 10, "{grown} KiB");

    // Nothing of a refused file is in the register.
    let refused = "select count(*) from upload where state = 'refused'";
    let refused: i64 = sqlx::query_scalar(refused).fetch_one(&db.pool).await.unwrap();
    assert!(refused >= 6, "{refused}");
    for table in ["track", "waypoint", "track join track_chunk using (track_id)"] {
        let sql = format!("select count(*) from {table} join upload using (upload_id) where upload.state = 'refused'");
        let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert_eq!(n, 0, "{table}");
    }
    let strays = "select count(*) from track_chunk where track_id not in (select track_id from track)";
    let strays: i64 = sqlx::query_scalar(strays).fetch_one(&db.pool).await.unwrap();
    assert_eq!(strays, 0);
    let finite = "select count(*) from track_chunk
                  where not (st_xmin(path) between -180 and 180 and st_ymin(path) between -90 and 90
                             and st_xmax(path) between -180 and 180 and st_ymax(path) between -90 and 90)";
    let infinite: i64 = sqlx::query_scalar(finite).fetch_one(&db.pool).await.unwrap();
    assert_eq!(infinite, 0);
    let left: Vec<_> = std::fs::read_dir(data.join("originals/incoming")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // The secret is in no list and in no name that was filed.
    let (_, list) = sender.get("/uploads").await;
    assert!(!list.contains(&canary));
    let names = "select coalesce(string_agg(name, ' '), '') from waypoint";
    let names: String = sqlx::query_scalar(names).fetch_one(&db.pool).await.unwrap();
    assert!(!names.contains(&canary));
}

/// Markup in names stays text wherever it is shown.
#[tokio::test]
async fn markup_is_text_everywhere() {
    let app = crate::support::app_with_borders().await;
    let name = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let escaped = name.replace('<', "&lt;").replace('>', "&gt;");
    let gpx = format!(
        r#"<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="42.683" lon="-168.103"><name>{escaped}</name><link href="javascript:alert(3)"/></wpt>
<trk><name>{escaped}</name><trkseg>
<trkpt lat="42.683" lon="-168.103"><time>2026-08-06T19:00:00Z</time></trkpt>
<trkpt lat="42.6831" lon="-168.103"><time>2026-08-06T19:00:10Z</time></trkpt></trkseg></trk></gpx>"#
    );
    let (status, receipt) = app.upload("x.gpx", gpx.into_bytes()).await;
    assert_eq!(status, 201, "{receipt}");
    let done = app.checked(receipt["id"].as_str().unwrap()).await;
    assert_eq!(done["tracks"][0]["name"], name);
    let tracks = app.get("/collections/tracks/items").await;
    assert_eq!(tracks.headers()["content-type"], "application/geo+json");
    let policy = tracks.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let tracks: Value = tracks.json().await.unwrap();
    assert_eq!(tracks["features"][0]["properties"]["name"], name);
    let stored: String = sqlx::query_scalar("select name from waypoint")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(stored, name);
    assert_eq!(done["warnings"][0]["kind"], "link-dropped", "{done}");
}
