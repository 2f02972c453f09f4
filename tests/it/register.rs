//! Taking borders over, and what the register keeps of them.

use std::path::{Path, PathBuf};

use merestone::domain::collection::Collection;
use merestone::domain::problem::Problem;
use merestone::service::import::{self, Outcome, Request, Taken};
use merestone::service::{Error, Result};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::support::program::{merestone, said};
use crate::support::{App, app, app_with_borders, folder, sample, sample_path};

fn geojson(name: &str) -> Vec<Value> {
    let value: Value = serde_json::from_slice(&sample(name)).unwrap();
    value["features"].as_array().unwrap().clone()
}

async fn border(app: &App, key: &str, dry_run: bool) -> Result<Vec<Taken>> {
    import::border(&app.cx, &sample_path(&format!("{key}/border.toml")), dry_run).await
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T>) -> Problem {
    match outcome {
        Err(Error::Refused(problem)) => *problem,
        other => panic!("{other:?}"),
    }
}

async fn matched(app: &App, collection: &str, boundary: &str) -> u64 {
    let page = app
        .json(&format!("/collections/{collection}/items?boundary={boundary}&limit=1"))
        .await;
    page["numberMatched"].as_u64().unwrap()
}

const COLLECTIONS: [&str; 9] = [
    "sections",
    "segments",
    "boundary_points",
    "markers",
    "islands",
    "routes",
    "ports",
    "projects",
    "tracks",
];

#[tokio::test]
async fn a_border_is_taken_over_whole_and_once() {
    let app = app().await;
    // First only looked at.
    let dry = border(&app, "astrand-veyra", true).await.unwrap();
    assert_eq!(app.json("/boundaries").await, serde_json::json!([]));
    assert_eq!(app.count("select count(*) from record").await, 0);
    assert_eq!(
        app.count("select count(*) from audit_event where kind <> 'account'")
            .await,
        0
    );

    let taken = border(&app, "astrand-veyra", false).await.unwrap();
    assert_eq!(taken, dry);
    assert!(taken[1..].iter().all(|t| t.way == "none: the same system"), "{taken:?}");
    let border_file: toml::Table = String::from_utf8(sample("astrand-veyra/border.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mut expected = vec![
        ("sections", border_file["section"].as_array().unwrap().len()),
        ("tracks", 0),
    ];
    for collection in ["segments", "boundary_points", "islands", "routes", "ports", "projects"] {
        expected.push((
            collection,
            geojson(&format!("astrand-veyra/{collection}.geojson")).len(),
        ));
    }
    let elements = geojson("astrand-veyra/markers.geojson");
    let numbers: std::collections::BTreeSet<&str> = elements
        .iter()
        .map(|e| e["properties"]["number"].as_str().unwrap())
        .collect();
    expected.push(("markers", numbers.len()));
    assert_eq!((numbers.len(), elements.len()), (60, 81));
    for (collection, n) in &expected {
        assert_eq!(
            matched(&app, collection, "astrand-veyra").await,
            *n as u64,
            "{collection}"
        );
    }
    assert_eq!(expected.len(), COLLECTIONS.len());
    assert_eq!(app.count("select count(*) from marker_element").await, 81);

    // Taken over again it is refused, and nothing is there twice.
    let problem = refusal(border(&app, "astrand-veyra", false).await);
    assert_eq!(problem.code.slug(), "conflict");
    assert!(
        problem.detail.en.contains("already") && problem.detail.zh.contains("已有"),
        "{problem}"
    );
    for (collection, n) in expected {
        assert_eq!(
            matched(&app, collection, "astrand-veyra").await,
            n as u64,
            "{collection}"
        );
    }
    // A list taken twice changes nothing.
    let path = sample_path("astrand-veyra/markers.geojson");
    let again = one(&app, "astrand-veyra", &path, "markers", None).await.unwrap();
    assert_eq!((again.created(), again.changed(), again.unchanged()), (0, 0, 60 + 81));
    assert_eq!(matched(&app, "markers", "astrand-veyra").await, 60);
}

async fn one(app: &App, boundary: &str, path: &Path, collection: &str, crs: Option<&str>) -> Result<Outcome> {
    let request = Request {
        boundary: Some(boundary),
        crs,
        ..Request::new(path, collection)
    };
    import::file(&app.cx, &request).await
}

/// As an operator does it: the program, a database of one's own, the published register.
#[tokio::test]
async fn the_program_takes_the_published_register_over() {
    let app = app().await;
    let scratch = folder();
    let run = |arguments: &[&str], lang: &str| {
        let mut command = merestone(scratch.path());
        command
            .args(["import", "--data-dir"])
            .arg(&app.data_dir)
            .args(arguments)
            .env("DATABASE_URL", &app.db.url)
            .env("LANG", lang);
        said(&mut command)
    };
    let path = sample_path("ibc-j/border.toml");
    let file = path.to_str().unwrap();
    let dry = run(&[file, "--as", "boundary", "--dry-run"], "C");
    assert_eq!((dry.code, dry.err.as_str()), (0, ""), "{dry:?}");
    assert!(
        dry.out.contains("433 markers") && dry.out.contains("would be taken from points_J.csv"),
        "{}",
        dry.out
    );
    assert_eq!(app.count("select count(*) from record").await, 0);
    let taken = run(&[file, "--as", "boundary"], "C");
    assert_eq!((taken.code, taken.err.as_str()), (0, ""), "{taken:?}");
    assert_eq!(taken.out, dry.out.replace("would be taken", "taken"));
    assert_eq!(matched(&app, "markers", "ibc-j").await, 433);
    assert_eq!(matched(&app, "segments", "ibc-j").await, 1);
    let boundaries = app.json("/boundaries").await;
    assert_eq!(boundaries[0]["frame"]["crs"], "EPSG:4269");
    assert_eq!(boundaries[0]["invented"], false);
    assert!((boundaries[0]["length_m"].as_f64().unwrap() - 255_791.149).abs() < 0.01);
    let again = run(&[file, "--as", "boundary"], "C");
    assert_eq!(again.code, 1);
    assert!(again.err.contains("already"), "{}", again.err);
    let again = run(&[file, "--as", "boundary"], "zh_CN.UTF-8");
    assert_eq!(again.code, 1);
    assert!(again.err.contains("登记簿中已有此代码的国界"), "{}", again.err);
    assert_eq!(matched(&app, "markers", "ibc-j").await, 433);

    // What is missing or unknown is said.
    let unnamed = run(&[file, "--as", "markers"], "C");
    assert!(unnamed.code == 1 && unnamed.err.contains("border.toml"), "{unnamed:?}");
    let nowhere = run(&[file, "--as", "markers", "--boundary", "nowhere"], "C");
    assert!(nowhere.code == 1 && nowhere.err.contains("nowhere"), "{nowhere:?}");
    let unknown = run(&[file, "--as", "monuments"], "C");
    assert!(
        unknown.code == 2 && unknown.err.contains("boundary_points"),
        "{unknown:?}"
    );
}

/// Points of a system that no published operation leads from are not taken as if they were the frame's.
#[tokio::test]
async fn systems_that_cannot_be_compared_are_refused() {
    let app = app().await;
    let folder = folder();
    // The line and the sections without the markers, which then come in another system.
    let whole = String::from_utf8(sample("astrand-veyra/border.toml")).unwrap();
    let (head, _) = whole.split_once("[[import]]").unwrap();
    let toml = folder.path().join("border.toml");
    let import = |kind| format!("[[import]]\nas = \"{kind}\"\nfile = \"{kind}.geojson\"\n");
    std::fs::write(
        &toml,
        format!("{head}{}{}", import("segments"), import("boundary_points")),
    )
    .unwrap();
    for name in ["segments", "boundary_points"] {
        let name = format!("{name}.geojson");
        std::fs::write(folder.path().join(&name), sample(&format!("astrand-veyra/{name}"))).unwrap();
    }
    import::border(&app.cx, &toml, false).await.unwrap();
    let markers = sample_path("astrand-veyra/markers.geojson");
    let problem = refusal(one(&app, "astrand-veyra", &markers, "markers", Some("EPSG:4214")).await);
    assert_eq!(problem.code.slug(), "not-comparable");
    for text in [&problem.detail.en, &problem.detail.zh] {
        assert!(text.contains("EPSG:4214") && text.contains("EPSG:4490"), "{text}");
    }
    let problem = refusal(one(&app, "astrand-veyra", &markers, "markers", Some("EPSG:99999")).await);
    assert_eq!(problem.code.slug(), "crs-unknown");
    assert_eq!(matched(&app, "markers", "astrand-veyra").await, 0);
    // In their own system they are taken.
    let taken = one(&app, "astrand-veyra", &markers, "markers", Some("EPSG:4490"))
        .await
        .unwrap();
    assert_eq!(taken.created(), 60 + 81);
}

/// A mistake in one file of a border leaves nothing of the others, and names the file and the row.
#[tokio::test]
async fn a_mistake_anywhere_takes_nothing() {
    let app = app().await;
    let folder = folder();
    for entry in std::fs::read_dir(sample_path("astrand-veyra")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let ports = folder.path().join("ports.geojson");
    let text = std::fs::read_to_string(&ports).unwrap();
    let spoiled = text.replacen("\"status\":\"", "\"status\":\"nonsense ", 1);
    assert_ne!(spoiled, text);
    std::fs::write(&ports, spoiled).unwrap();
    let problem = refusal(import::border(&app.cx, &folder.path().join("border.toml"), false).await);
    assert_eq!(problem.file.as_deref(), Some("ports.geojson"), "{problem}");
    assert_eq!(problem.mistakes.len(), 1, "{problem}");
    assert!(problem.mistakes[0].detail.en.contains("nonsense"), "{problem}");
    assert_eq!(app.count("select count(*) from record").await, 0);
    assert_eq!(app.json("/boundaries").await, serde_json::json!([]));
}

async fn constraint(app: &App, sql: &str) -> String {
    let fault = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&app.db.pool)
        .await
        .unwrap_err();
    let fault = fault.as_database_error().unwrap_or_else(|| panic!("{sql}"));
    fault
        .constraint()
        .unwrap_or_else(|| panic!("{sql}: {fault}"))
        .to_owned()
}

#[tokio::test]
async fn what_is_published_stays() {
    let app = app_with_borders().await;
    app.walked("2026-08-06-team-a.gpx").await;
    for table in [
        "boundary",
        "party",
        "instrument",
        "section",
        "segment",
        "boundary_point",
        "marker",
        "marker_element",
        "island",
        "inspection",
        "route",
        "port",
        "project",
    ] {
        for deed in [
            format!("update {table} set reason = 'no more'"),
            format!("delete from {table}"),
            // Ending what was known must not change anything else on the way.
            format!("update {table} set known = tstzrange(lower(known), now()), author = 'somebody'"),
            format!("update {table} set known = tstzrange(lower(known) - interval '1 day', now())"),
        ] {
            assert_eq!(constraint(&app, &deed).await, "published_is_kept", "{deed}");
        }
    }
    for (table, column) in [("audit_event", "action"), ("check_run", "software")] {
        for deed in [
            format!("update {table} set {column} = 'x'"),
            format!("delete from {table}"),
        ] {
            assert_eq!(constraint(&app, &deed).await, "append_only", "{deed}");
        }
    }
    // Two versions in force at once are none.
    let twice = "insert into boundary select * from (select b.* from boundary b limit 1) one";
    assert_eq!(constraint(&app, twice).await, "boundary_pkey");
    let copy = "do $$ declare one marker; begin
                  select * into one from marker limit 1;
                  one.version := 2;
                  insert into marker select one.*;
                end $$";
    assert_eq!(constraint(&app, copy).await, "marker_one_in_force_excl");
    // Ending the old knowledge and adding the new is the one way.
    let properly = "do $$ declare one marker; begin
                      select * into one from marker limit 1;
                      update marker set known = tstzrange(lower(known), now())
                          where marker_id = one.marker_id and version = one.version;
                      one.version := 2;
                      one.known := tstzrange(now(), null);
                      one.reason := 'seen again';
                      insert into marker select one.*;
                      insert into audit_event (at, actor, action, kind, subject)
                          values (now(), 'test', 'change', 'markers', one.number);
                    end $$";
    sqlx::raw_sql(properly).execute(&app.db.pool).await.unwrap();
    assert_eq!(matched(&app, "markers", "astrand-veyra").await, 60);
}

/// The numbers of the law are the numbers of the file, to the last bit, and the printed text is kept beside them.
#[tokio::test]
async fn legal_positions_are_those_of_the_file() {
    let app = app_with_borders().await;
    let rows: Vec<(String, i16, f64, f64, Value)> = sqlx::query_as(
        "select m.number, e.ordinal, st_x(e.legal), st_y(e.legal), e.received
         from marker_element e join marker m on m.marker_id = e.marker_id
         join boundary b on b.boundary_id = e.boundary_id where b.key = 'astrand-veyra'",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    let features = geojson("astrand-veyra/markers.geojson");
    assert_eq!(rows.len(), features.len());
    for feature in &features {
        let properties = &feature["properties"];
        let [x, y]: [f64; 2] = serde_json::from_value(feature["geometry"]["coordinates"].clone()).unwrap();
        let row = rows
            .iter()
            .find(|row| properties["number"] == *row.0 && properties["element"] == row.1)
            .unwrap_or_else(|| panic!("{properties}"));
        assert_eq!(
            [row.2.to_bits(), row.3.to_bits()],
            [x.to_bits(), y.to_bits()],
            "{properties}"
        );
        for key in ["printed_lat", "printed_lon", "sigma_m"] {
            assert_eq!(row.4[key], properties[key], "{properties}");
        }
        assert_eq!(row.4["crs"], "EPSG:4490");
        assert_eq!(row.4["epoch_year"], 2000.0);
        assert_eq!(row.4["source"], "markers.geojson");
        assert_eq!([row.4["x"].as_f64(), row.4["y"].as_f64()], [Some(x), Some(y)]);
    }
    // The line, vertex by vertex.
    let lines: Vec<(String, i32, String)> = sqlx::query_as(
        "select s.key, g.ordinal, st_asgeojson(g.legal, 17) from segment g join section s using (section_id)
         join boundary b on b.boundary_id = g.boundary_id where b.key = 'astrand-veyra'",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    let segments = geojson("astrand-veyra/segments.geojson");
    assert_eq!(lines.len(), segments.len());
    for segment in &segments {
        let properties = &segment["properties"];
        let line = lines
            .iter()
            .find(|l| properties["section"] == *l.0 && properties["ordinal"] == l.1)
            .unwrap();
        let stored: Value = serde_json::from_str(&line.2).unwrap();
        assert_eq!(
            stored["coordinates"], segment["geometry"]["coordinates"],
            "{}/{}",
            line.0, line.1
        );
    }
    // The published register, from its CSV.
    let rows: Vec<(String, f64, f64)> = sqlx::query_as(
        "select m.number, st_x(e.legal), st_y(e.legal) from marker_element e join marker m on m.marker_id = e.marker_id
         join boundary b on b.boundary_id = e.boundary_id where b.key = 'ibc-j'",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    let text = String::from_utf8(sample("ibc-j/points_J.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let (number, lat, lon) = (
        column("designation"),
        column("lat_molodensky"),
        column("lon_molodensky"),
    );
    let mut compared = 0;
    for cells in lines {
        let expected = [cells[lon], cells[lat]].map(|cell| cell.parse::<f64>().unwrap().to_bits());
        let found = rows
            .iter()
            .find(|row| row.0 == cells[number])
            .unwrap_or_else(|| panic!("{cells:?}"));
        assert_eq!([found.1.to_bits(), found.2.to_bits()], expected, "{cells:?}");
        compared += 1;
    }
    assert_eq!((compared, rows.len()), (433, 433));
}

#[tokio::test]
async fn deeds_are_noted_and_stay() {
    let app = app_with_borders().await;
    let receipt = app.walked("2026-08-06-team-a.gpx").await;
    let (status, _) = app.upload("bad.gpx", b"<gpx><trk></gpx>".to_vec()).await;
    assert_eq!(status, 422);
    let path = format!(
        "/inspections/{}/documents/act?lang=zh,en",
        receipt["inspection"].as_str().unwrap()
    );
    assert_eq!(app.get(&path).await.status(), 200);
    let deeds: Vec<(String, String, i64)> = sqlx::query_as(
        "select action, kind, count(*) from audit_event where actor in ('local', 'tester') and kind <> 'account' and (action <> 'import' or kind in ('boundary', 'boundary_points', 'islands',
         'markers', 'ports', 'projects', 'routes', 'segments')) group by action, kind order by action, kind",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    // Each border was checked when it came, and one again with the track.
    let deeds: Vec<(&str, &str, i64)> = deeds.iter().map(|(a, k, n)| (a.as_str(), k.as_str(), *n)).collect();
    assert_eq!(
        deeds,
        [
            ("check", "check_run", 3),
            ("export", "act", 1),
            ("import", "boundary", 2),
            ("import", "boundary_points", 1),
            ("import", "islands", 1),
            ("import", "markers", 2),
            ("import", "ports", 1),
            ("import", "projects", 1),
            ("import", "routes", 1),
            ("import", "segments", 2),
            ("refuse", "upload", 1),
            ("upload", "upload", 2),
        ]
    );
    let upload: (String, Value) = sqlx::query_as(
        "select subject, detail from audit_event where action = 'upload' order by audit_event_id limit 1",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert_eq!(receipt["id"], upload.0);
    assert_eq!(upload.1["sha256"], receipt["sha256"]);
    let export: Value = sqlx::query_scalar("select detail from audit_event where action = 'export'")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(export["languages"], "zh,en");
}

/// Nobody has to ask for the checks of a register: they are done when it changes.
#[tokio::test]
async fn a_register_is_checked_when_it_comes() {
    let app = app_with_borders().await;
    let findings = app
        .json("/collections/findings/items?boundary=astrand-veyra&limit=10000")
        .await;
    let mut found: Vec<(&str, &str, &str)> = findings["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["properties"])
        .filter(|finding| finding["verdict"] != "pass" && finding["check"] != "C15")
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap();
            (finding["subjects"][0].as_str().unwrap(), text("check"), text("verdict"))
        })
        .collect();
    // The faults that were put into it, and no others.
    let faults: toml::Table = String::from_utf8(sample("astrand-veyra/FAULTS.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mut expected: Vec<(&str, &str, &str)> = faults["fault"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let text = |key: &str| fault[key].as_str().unwrap();
            (text("marker"), text("check"), text("verdict"))
        })
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

async fn marker_card(app: &App, boundary: &str, number: &str) -> Value {
    let items = app
        .json(&format!("/collections/markers/items?boundary={boundary}&limit=10000"))
        .await;
    let features = items["features"].as_array().unwrap();
    let marker = features.iter().find(|f| f["properties"]["number"] == number).unwrap();
    app.json(&format!("/collections/markers/items/{}/card", marker["id"]))
        .await
}

#[tokio::test]
async fn a_card_tells_everything_about_a_marker() {
    let app = app_with_borders().await;
    let receipt = app.walked("2026-08-06-team-a.gpx").await;
    let card = marker_card(&app, "astrand-veyra", "4").await;
    assert_eq!(card["type"], "Feature");
    assert_eq!(card["geometry"]["type"], "Point");
    let properties = &card["properties"];
    let source = geojson("astrand-veyra/markers.geojson");
    let source = source.iter().find(|f| f["properties"]["number"] == "4").unwrap();
    for key in ["number", "constellation", "kind", "keeper", "condition", "section"] {
        assert_eq!(properties[key], source["properties"][key], "{key}");
    }
    let [element] = properties["elements"].as_array().unwrap().as_slice() else {
        panic!("{properties}")
    };
    assert_eq!(element["label"], "4");
    let positions = element["positions"].as_array().unwrap();
    let kinds: Vec<&str> = positions.iter().map(|p| p["kind"].as_str().unwrap()).collect();
    // The datum has no projected system in these waters, so metres are told by the display numbers, and say so.
    assert_eq!(kinds, ["received", "legal", "display", "display"]);
    // As signed, and the law's numbers.
    assert_eq!(positions[0]["text"][0], source["properties"]["printed_lat"]);
    assert_eq!(positions[0]["text"][1], source["properties"]["printed_lon"]);
    let at = &source["geometry"]["coordinates"];
    assert_eq!(
        (positions[1]["crs"].as_str(), &positions[1]["x"], &positions[1]["y"]),
        (Some("EPSG:4490"), &at[0], &at[1])
    );
    assert_eq!(positions[2]["crs"], "EPSG:32602");
    assert!(
        positions[2]["text"][0].as_str().unwrap().starts_with("N 47"),
        "{}",
        positions[2]
    );
    assert!(
        positions[2]["text"][1].as_str().unwrap().starts_with("E 7"),
        "{}",
        positions[2]
    );
    assert_eq!(positions[3]["crs"], "EPSG:4326");
    let chainage = &element["chainage"];
    assert!(
        (chainage["chainage_m"].as_f64().unwrap() - 3259.0).abs() < 1.0,
        "{chainage}"
    );
    assert_eq!(chainage["chainage"], "K3+259");
    assert!(
        (chainage["offset_m"].as_f64().unwrap().abs() - 0.31).abs() < 0.001,
        "{chainage}"
    );
    assert_eq!(
        (chainage["side"].as_str(), chainage["section"].as_str()),
        (Some("left"), Some("S1"))
    );
    assert!(chainage["en"].as_str().unwrap().contains("Astrand"), "{chainage}");
    assert!(chainage["zh"].as_str().unwrap().contains("阿斯特兰"), "{chainage}");

    let [version] = properties["versions"].as_array().unwrap().as_slice() else {
        panic!("{properties}")
    };
    assert_eq!(version["version"], 1);
    assert_eq!(version["standing"], "imported");
    assert_eq!(version["class"], "public");
    assert_eq!(version["author"], "local");
    assert_eq!(version["reason"], "taken over from markers.geojson");
    assert!(version["instrument"].is_string(), "{version}");
    assert!(version["valid_to"].is_null() && version["valid_from"].is_string());

    let findings = properties["findings"].as_array().unwrap();
    let offset = findings
        .iter()
        .find(|f| f["check"] == "C02")
        .unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(offset["verdict"], "fail");
    assert_eq!(offset["tolerance"], 0.12);
    assert!((offset["measured"].as_f64().unwrap() - 0.31).abs() < 0.001, "{offset}");
    assert!(offset["message_en"].is_string() && offset["message_zh"].is_string());
    let visit = &properties["visits"][0];
    assert_eq!(
        (visit["label"].as_str(), visit["outcome"].as_str()),
        (Some("4"), Some("visited")),
        "{properties}"
    );
    assert!(
        receipt["results"][0]["markers"]["visited"]
            .as_array()
            .unwrap()
            .contains(&visit["label"])
    );

    // Of a pair, both elements.
    let pair = marker_card(&app, "astrand-veyra", "36").await;
    let labels: Vec<&Value> = pair["properties"]["elements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["label"])
        .collect();
    assert_eq!(labels, ["36(1)", "36(2)"]);
    let side = pair["properties"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["check"] == "C03" && f["verdict"] == "fail");
    assert!(side.is_some(), "{}", pair["properties"]["findings"]);

    // What was received without printed text is shown as it came.
    let monument = marker_card(&app, "ibc-j", "MONUMENT 518").await;
    let received = &monument["properties"]["elements"][0]["positions"][0];
    assert_eq!(
        (received["kind"].as_str(), received["crs"].as_str()),
        (Some("received"), Some("EPSG:4269"))
    );
    assert_eq!(received["text"], serde_json::json!(["45.01334948°", "-71.502055065°"]));
}

#[tokio::test]
async fn every_feature_of_every_collection_has_a_card() {
    let app = app_with_borders().await;
    app.walked("2026-08-06-team-a.gpx").await;
    let collections = app.json("/collections").await;
    let names: Vec<&str> = collections["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|collection| collection["id"].as_str().unwrap())
        .filter(|name| Collection::from_name(name).is_some())
        .collect();
    assert_eq!(names.len(), Collection::ALL.len());
    for name in names {
        let mut next = Some(format!("/collections/{name}/items?boundary=astrand-veyra&limit=7"));
        let mut seen = Vec::new();
        while let Some(path) = next {
            let page = app.json(path.strip_prefix(&app.base).unwrap_or(&path)).await;
            for feature in page["features"].as_array().unwrap() {
                seen.push(feature["id"].as_i64().unwrap());
            }
            let link = page["links"]
                .as_array()
                .unwrap()
                .iter()
                .find(|link| link["rel"] == "next");
            next = link.map(|link| link["href"].as_str().unwrap().to_owned());
        }
        // Pages follow one another without repeating or leaving out.
        assert!(seen.is_sorted_by(|a, b| a < b), "{name}: {seen:?}");
        assert_eq!(seen.len() as u64, matched(&app, name, "astrand-veyra").await, "{name}");
        assert!(!seen.is_empty(), "{name}");
        for id in seen.iter().step_by(1 + seen.len() / 5) {
            let card = app.json(&format!("/collections/{name}/items/{id}/card")).await;
            assert_eq!(card["id"], *id, "{name}");
            assert!(card["properties"].is_object(), "{name}");
        }
        let missing = app.get(&format!("/collections/{name}/items/999999999999")).await;
        assert_eq!(missing.status(), 404, "{name}");
    }
    for (path, status) in [
        ("/collections/nothing/items", 404),
        ("/collections/markers/items?boundary=nowhere", 400),
        ("/collections/markers/items?limit=0", 400),
        ("/collections/markers/items?limit=many", 400),
        ("/collections/markers/items?bbox=1,2,3", 400),
        ("/collections/markers/items?bbox=1,50,3,40", 400),
        ("/collections/markers/items?nonsense=1", 400),
        ("/collections/markers/items/one", 404),
        ("/collections/markers/items/one/card", 404),
    ] {
        let response = app.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        let problem: Value = response.json().await.unwrap();
        assert!(problem["languages"]["zh"]["detail"].is_string(), "{path}: {problem}");
    }
}

/// Any place on the map is told by the line and the markers near it.
#[tokio::test]
async fn any_place_has_a_reference() {
    let app = app_with_borders().await;
    let card = marker_card(&app, "astrand-veyra", "10").await;
    let at = &card["geometry"]["coordinates"];
    let place = app
        .json(&format!("/at?boundary=astrand-veyra&lon={}&lat={}", at[0], at[1]))
        .await;
    assert_eq!(place["nearest_markers"][0]["label"], "10");
    assert!(place["nearest_markers"][0]["distance_m"].as_f64().unwrap() < 0.001);
    let expected = &card["properties"]["elements"][0]["chainage"]["chainage_m"];
    let off = place["linear_reference"]["chainage_m"].as_f64().unwrap() - expected.as_f64().unwrap();
    assert!(off.abs() < 0.001, "{off} m");
    let distances: Vec<f64> = place["nearest_markers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["distance_m"].as_f64().unwrap())
        .collect();
    assert!(distances.len() == 3 && distances.is_sorted(), "{distances:?}");
    for (path, status) in [
        ("/at?boundary=nowhere&lon=0&lat=0", 404),
        ("/at?boundary=astrand-veyra&lon=0&lat=91", 400),
        ("/at?boundary=astrand-veyra&lon=NaN&lat=0", 400),
        ("/at?boundary=astrand-veyra&lon=0", 400),
    ] {
        assert_eq!(app.get(path).await.status(), status, "{path}");
    }
}

/// Files that are none, in the words of whoever reads them.
#[tokio::test]
async fn a_file_that_cannot_be_taken_is_named() {
    let app = app_with_borders().await;
    let missing = PathBuf::from("/nowhere/markers.csv");
    let problem = refusal(one(&app, "astrand-veyra", &missing, "markers", None).await);
    assert_eq!(problem.file.as_deref(), Some("markers.csv"));
    let scratch = folder();
    let swapped = scratch.path().join("swapped.csv");
    std::fs::write(&swapped, "number,lat,lon,section,constellation,kind,condition,element,side,sigma_m\n900,-168.1,42.6,S1,single,main,intact,0,line,0.01\n").unwrap();
    let problem = refusal(one(&app, "astrand-veyra", &swapped, "markers", None).await);
    assert!(
        problem.mistakes.iter().any(|m| m.detail.en.contains("swapped")),
        "{problem}"
    );
    assert!(
        problem.mistakes.iter().any(|m| m.detail.zh.contains("颠倒")),
        "{problem}"
    );
}
