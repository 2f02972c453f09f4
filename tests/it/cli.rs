//! The program as it is used on a terminal: what it prints, in which language, and how it ends.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::program::{Said, Service, merestone, said, said_beside, token};
use crate::support::{app_with_borders, client, folder, sample};

const TEAM_A: &str = "astrand-veyra/tracks/2026-08-06-team-a.gpx";

/// A command in the folder of the samples, so that paths are those of the documents.
fn beside_samples(words: &str) -> Command {
    let mut command = merestone(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(words.split_whitespace());
    command
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

/// Runs a command in both languages, which must differ in nothing but words.
fn in_both(words: &str) -> [Said; 2] {
    ["C", "zh_CN.UTF-8"].map(|lang| said(beside_samples(words).env("LANG", lang)))
}

#[test]
fn the_published_register_is_checked_in_one_command() {
    let register = "check --line data/sample/ibc-j/line_J.geojson --markers data/sample/ibc-j/points_J.csv \
                    --crs EPSG:4269 --map number=designation,lat=lat_molodensky,lon=lon_molodensky,sequence=sequence";
    let findings = said(&mut beside_samples(&format!("{register} --format geojson")));
    // Its known oddities are found, so it is not all well.
    assert_eq!((findings.code, findings.err.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&findings.out).unwrap();
    assert_eq!(answer["type"], "FeatureCollection");
    assert_eq!(answer["frame"], "NAD83 (EPSG:4269)");
    let summary = &answer["summary"];
    assert_eq!(
        summary["by_check"]["C02"],
        serde_json::json!({ "pass": 433, "inconclusive": 0, "fail": 0 })
    );
    let nearest = &summary["nearest_vertex_m"];
    assert_eq!(nearest["n"], 433);
    assert!(nearest["p95"].as_f64().unwrap() <= 0.07, "{nearest}");
    assert!(nearest["median"].as_f64().unwrap() <= 0.04, "{nearest}");
    assert!(summary["offset_m"]["greatest"].as_f64().unwrap() < 0.12, "{summary}");
    let features = answer["features"].as_array().unwrap();
    assert_eq!(
        features.len() as u64,
        ["pass", "inconclusive", "fail"]
            .map(|v| summary[v].as_u64().unwrap())
            .iter()
            .sum::<u64>()
    );
    // The doubled vertex at K126 that its notice tells of.
    assert!(
        features
            .iter()
            .any(|f| f["properties"]["check"] == "C12" && f["properties"]["verdict"] == "fail")
    );

    let short = said(&mut beside_samples(&format!("{register} --format json")));
    let short: Value = serde_json::from_str(&short.out).unwrap();
    assert_eq!(short["by_check"], summary["by_check"]);
    let text = said(&mut beside_samples(&format!("{register} --only C02")));
    assert_eq!(text.code, 0, "{text:?}");
    assert!(text.out.contains("433 pass, 0 inconclusive, 0 fail"), "{}", text.out);
}

/// The same register through another transformation: where it is damaged it is refused, else every point fails.
#[test]
fn another_transformation_is_found_out() {
    let map = "number=designation,lat=lat_nad83,lon=lon_nad83,sequence=sequence";
    let words = format!(
        "check --line data/sample/ibc-j/line_J.geojson --crs EPSG:4269 --map {map} --only C02 --format geojson --markers"
    );
    let refused = said(&mut beside_samples(&format!("{words} data/sample/ibc-j/points_J.csv")));
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("points_J.csv"), "{}", refused.err);
    assert!(
        refused.err.lines().filter(|line| line.starts_with("  line ")).count() >= 18,
        "{}",
        refused.err
    );
    let folder = folder();
    let whole = folder.path().join("nad83.csv");
    let text = String::from_utf8(sample("ibc-j/points_J.csv")).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.split(',').nth(15).unwrap().is_empty())
        .collect();
    std::fs::write(&whole, kept.join("\n")).unwrap();
    let failed = said(beside_samples(&words).arg(&whole));
    let answer: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!(failed.code, 1);
    assert_eq!(answer["summary"]["by_check"]["C02"]["fail"], 415);
    let median = answer["summary"]["offset_m"]["median"].as_f64().unwrap();
    assert!((7.0..9.0).contains(&median), "{median}");
}

#[test]
fn a_walked_track_is_checked_without_a_database() {
    let words = "check --line data/sample/astrand-veyra/segments.geojson --markers data/sample/astrand-veyra/markers.geojson \
                 --track data/sample/astrand-veyra/tracks/2026-08-06-team-a.gpx --route data/sample/astrand-veyra/routes.geojson \
                 --crs EPSG:4490 --epoch 2000.0";
    let [en, zh] = in_both(&format!("{words} --plate PCFC"));
    assert_eq!((en.code, zh.code), (1, 1));
    assert_eq!((en.err.as_str(), zh.err.as_str()), ("", ""));
    assert!(en.out.contains("plate PCFC, ITRF2014 plate motion model"), "{}", en.out);
    assert!(
        en.out.contains("Walked 97.1 %") || en.out.contains("97.1 %"),
        "{}",
        en.out
    );
    for text in ["between markers 7 and 8/1", "between markers 13 and 14", "Marker 8"] {
        assert!(en.out.contains(text), "{text}: {}", en.out);
    }
    for text in [
        "97.1%",
        "7号与8/1号界标之间",
        "13号与14号界标之间",
        "未到访8号界标",
        "不合格",
    ] {
        assert!(zh.out.contains(text), "{text}: {}", zh.out);
    }
    assert!(!is_chinese(&en.out), "{}", en.out);
    assert_eq!(en.out.lines().count(), zh.out.lines().count());
    // Without the plate there is no way from the receiver's epoch to the frame's, and no verdict.
    let [en, zh] = in_both(words);
    assert_eq!((en.code, en.out.as_str(), zh.code), (1, "", 1));
    assert!(
        en.err.contains("EPSG:4326") && en.err.contains("EPSG:4490") && en.err.contains("--plate"),
        "{}",
        en.err
    );
    assert!(zh.err.contains("EPSG:4490") && zh.err.contains("板块"), "{}", zh.err);
}

#[test]
fn a_file_is_looked_into_without_a_database() {
    let json = said(&mut beside_samples(&format!("inspect --json data/sample/{TEAM_A}")));
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&told["trackpoints"], &told["waypoints"]),
        (&Value::from(8236), &Value::from(24))
    );
    assert_eq!(told["bytes"], sample(TEAM_A).len());
    assert_eq!(told["first_time"], "2026-08-06T18:20:05Z");
    let text = said(&mut beside_samples(&format!("inspect data/sample/{TEAM_A}")));
    assert!(text.out.contains(told["sha256"].as_str().unwrap()), "{}", text.out);
    // What is no track is refused in the language of the terminal.
    let [en, zh] = in_both("inspect data/reference/codes.toml");
    assert_eq!((en.code, zh.code), (1, 1));
    assert!(en.err.starts_with("codes.toml:") && !is_chinese(&en.err), "{}", en.err);
    assert!(zh.err.starts_with("codes.toml:") && is_chinese(&zh.err), "{}", zh.err);
}

#[test]
fn settings_are_told_with_their_source() {
    let folder = folder();
    std::fs::write(folder.path().join("merestone.toml"), "upload_limit_mb = 7\n").unwrap();
    let mut command = merestone(folder.path());
    command
        .args(["config", "--data-dir", "elsewhere"])
        .env("MERESTONE_BIND", "127.0.0.1:4711")
        .env("DATABASE_URL", "postgres://me:secret@db.example/register");
    let told = said(&mut command);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    for line in [
        "bind = 127.0.0.1:4711   # environment",
        "data_dir = elsewhere   # flag",
        "upload_limit_mb = 7   # merestone.toml",
        "database_connections = 16   # default",
    ] {
        assert!(told.out.lines().any(|told| told == line), "{line}: {}", told.out);
    }
    assert!(!told.out.contains("secret"), "{}", told.out);
    std::fs::write(
        folder.path().join("merestone.toml"),
        "bind = \"port 80\"\nnonsense = 1\n",
    )
    .unwrap();
    for (lang, word) in [("C", "not valid"), ("zh_CN.UTF-8", "无效")] {
        let told = said(merestone(folder.path()).arg("config").env("LANG", lang));
        assert_eq!((told.code, told.out.as_str()), (1, ""), "{told:?}");
        assert!(
            told.err.contains(word) && told.err.contains("  nonsense: ") && told.err.contains("  bind: "),
            "{}",
            told.err
        );
    }
}

#[test]
fn mistakes_on_the_command_line_are_told_in_the_language_of_the_terminal() {
    for (words, code, english, chinese) in [
        ("nonsense", 2, "nonsense", "没有“nonsense”这一命令"),
        ("check --wrong", 2, "--wrong", "没有“--wrong”这一选项"),
        ("check", 2, "--line", "缺少必需的参数"),
        ("check --line a --format pdf", 2, "pdf", "的值无效"),
        ("check --line a --only C99", 2, "C99", "的值无效"),
        ("check --line nowhere.geojson", 1, "cannot be read", "无法读取"),
        (
            "check --line data/sample/ibc-j/line_J.geojson --crs EPSG:1",
            1,
            "EPSG:1",
            "不是已知的坐标参考系",
        ),
        (
            "check --line data/sample/ibc-j/points_J.csv",
            1,
            "points_J.csv",
            "points_J.csv",
        ),
        ("inspect nowhere.gpx", 2, "cannot be opened", "无法打开"),
        ("upload nowhere.gpx", 2, "cannot be read", "无法读取"),
        (
            "upload --server http://127.0.0.1:9 data/sample/astrand-veyra/tracks/2026-08-06-team-a.gpx",
            2,
            "http://127.0.0.1:9 cannot be reached",
            "无法连接 http://127.0.0.1:9",
        ),
        ("config --data-dir", 2, "--data-dir", "--data-dir"),
        (
            "report inspection 00000000-0000-7000-8000-000000000000 --lang zh",
            1,
            "not two languages",
            "不是两种语言",
        ),
        ("serve --bind 0.0.0.0:80", 1, "nothing would be encrypted", "连接未加密"),
        ("serve --bind nonsense", 1, "not valid", "无效"),
    ] {
        let [en, zh] = in_both(words);
        assert_eq!((en.code, zh.code), (code, code), "{words}: {en:?}");
        assert_eq!((en.out.as_str(), zh.out.as_str()), ("", ""), "{words}");
        assert!(en.err.contains(english) && !is_chinese(&en.err), "{words}: {}", en.err);
        assert!(zh.err.contains(chinese) && is_chinese(&zh.err), "{words}: {}", zh.err);
        assert!(!en.err.contains("panicked"), "{words}: {}", en.err);
    }
    // Help is an answer, not a mistake.
    for words in ["--help", "check --help", "--version"] {
        let told = said(&mut beside_samples(words));
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{words}");
        assert!(told.out.contains("merestone"), "{words}: {}", told.out);
    }
}

#[tokio::test]
async fn an_upload_prints_its_receipt() {
    let app = app_with_borders().await;
    let upload = |lang: &str, words: &str| {
        let mut command = beside_samples(&format!("upload {words}"));
        command
            .env("LANG", lang)
            .env("MERESTONE_SERVER", &app.base)
            .env("MERESTONE_TOKEN", &app.token);
        said_beside(command)
    };
    let path = format!("data/sample/{TEAM_A}");
    let told = upload("C", &path).await;
    assert_eq!(told.code, 0, "{told:?}");
    for text in [
        "U-000001  2026-08-06-team-a.gpx  done",
        "8236 fixes",
        "astrand-veyra 2026-1",
        "97.1 % covered",
        "missed: 8\n",
        "passed by: 19\n",
        "between markers 7 and 8/1",
    ] {
        assert!(told.out.contains(text), "{text}: {}", told.out);
    }
    let told = upload("zh_CN.UTF-8", &path).await;
    assert_eq!(told.code, 0, "{told:?}");
    for text in [
        "U-000001",
        "8236 个定位点",
        "97.1 % 覆盖",
        "未到访: 8",
        "7号与8/1号界标之间",
    ] {
        assert!(told.out.contains(text), "{text}: {}", told.out);
    }
    let told = upload("C", &format!("--json {path}")).await;
    let receipt: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(receipt["results"][0]["markers"]["missed"], serde_json::json!(["8"]));
    // Several files at once; the one that is no track is told and makes the exit code.
    let told = upload("C", &format!("--json {path} data/sample/ibc-j/points_J.csv")).await;
    assert_eq!(told.code, 1, "{told:?}");
    let receipts: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(receipts[0]["number"], "U-000001");
    assert_eq!(receipts[1]["type"], "/problems/format-unknown");
    let told = upload("zh_CN.UTF-8", "data/sample/ibc-j/points_J.csv").await;
    assert_eq!(told.code, 1);
    assert!(
        told.out.contains("points_J.csv") && told.out.contains("无法识别的文件格式"),
        "{}",
        told.out
    );
}

/// Processes that have a folder on their command line, this test's own children aside.
fn processes_of(folder: &Path) -> Vec<String> {
    let wanted = folder.to_str().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(wanted))
        .collect()
}

const START: Duration = Duration::from_secs(120);
const END: Duration = Duration::from_secs(15);

/// With nothing but PostgreSQL installed: a database of its own, one service to a folder, and nothing left behind.
#[tokio::test]
async fn a_service_keeps_a_database_of_its_own() {
    let folder = folder();
    let data = folder.path().join("data");
    let serve = |lang: &str| {
        let mut command = merestone(folder.path());
        command
            .args(["serve", "--bind", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .env("LANG", lang);
        command
    };
    let client = client(&token(|| merestone(folder.path()), &data));
    let mut service = Service::start(&mut serve("C"), START);
    let ready = client.get(service.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    assert!(
        processes_of(&data).iter().any(|line| line.contains("postgres")),
        "{:?}",
        processes_of(&data)
    );
    let uploaded = client
        .post(service.url("/uploads?filename=a.gpx"))
        .body(sample(TEAM_A))
        .send()
        .await
        .unwrap();
    assert_eq!(uploaded.status(), 201);
    let id = uploaded.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // No boundary is near: the receipt has no results, and says so by being done.
    let receipt = service.checked(&client, &id).await;
    assert_eq!(
        (receipt["state"].as_str(), &receipt["results"]),
        (Some("done"), &serde_json::json!([]))
    );

    // A second one on the same folder is told by whom it is held, in one sentence.
    for (lang, word) in [
        ("C", "Another Merestone (process "),
        ("zh_CN.UTF-8", "另一个 Merestone"),
    ] {
        let second = said(&mut serve(lang));
        assert_eq!((second.code, second.out.as_str()), (1, ""), "{second:?}");
        assert_eq!(second.err.lines().count(), 1, "{}", second.err);
        assert!(
            second.err.contains(word) && second.err.contains("--data-dir"),
            "{}",
            second.err
        );
    }
    // A second one on the same address is told before it starts a database.
    let address = service.base.trim_start_matches("http://").to_owned();
    for (lang, word) in [("C", "cannot be listened on"), ("zh_CN.UTF-8", "无法在")] {
        let other = folder.path().join("other");
        let mut command = merestone(folder.path());
        command
            .args(["serve", "--bind", &address, "--data-dir"])
            .arg(&other)
            .env("LANG", lang);
        let second = said(&mut command);
        assert_eq!(second.code, 2, "{second:?}");
        assert!(
            second.err.contains(word) && second.err.contains(&address),
            "{}",
            second.err
        );
        assert!(!other.exists());
    }
    assert!(service.terminate(END).success());
    assert_eq!(processes_of(&data), Vec::<String>::new());

    // What was handed in is still there afterwards.
    let mut service = Service::start(&mut serve("C"), START);
    let receipt = client.get(service.url(&format!("/uploads/{id}"))).send().await.unwrap();
    assert_eq!(receipt.json::<Value>().await.unwrap()["number"], "U-000001");
    let original = client
        .get(service.url(&format!("/uploads/{id}/original")))
        .send()
        .await
        .unwrap();
    assert!(original.bytes().await.unwrap() == sample(TEAM_A));
    assert!(service.terminate(END).success());
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

/// Signs in as the demonstration says.
async fn demo_client(service: &Service) -> reqwest::Client {
    let password = service
        .lines
        .iter()
        .find_map(|line| line.split_once("until the next start: "));
    let body = serde_json::json!({ "name": "officer", "password": password.unwrap().1 });
    let answer = reqwest::Client::new()
        .post(service.url("/session"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    client(answer.json::<Value>().await.unwrap()["session"].as_str().unwrap())
}

/// From nothing to the first map.
#[tokio::test]
async fn the_demonstration_shows_a_map_soon() {
    let folder = folder();
    let data = folder.path().join("data");
    let demo = || {
        let mut command = merestone(folder.path());
        command.args(["demo", "--bind", "127.0.0.1:0", "--data-dir"]).arg(&data);
        command
    };
    let mut service = Service::start(&mut demo(), START);
    for line in [
        "Loaded the sample border astrand-veyra",
        "Loaded the sample border ibc-j",
        "Receipt U-000001 for 2026-08-06-team-a.gpx",
        "Receipt U-000002 for 2026-08-07-team-b.gpx",
    ] {
        assert!(
            service.lines.iter().any(|told| told == line),
            "{line}: {:?}",
            service.lines
        );
    }
    let client = demo_client(&service).await;
    let begun = std::time::Instant::now();
    let page = client
        .get(service.url("/"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let tilejson = client
        .get(service.url("/tiles.json?boundary=astrand-veyra"))
        .send()
        .await
        .unwrap();
    let tilejson: Value = tilejson.json().await.unwrap();
    let template = tilejson["tiles"][0].as_str().unwrap();
    let tile = template.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0");
    let tile = client.get(&tile).send().await.unwrap();
    assert_eq!(tile.status(), 200);
    let first_map = service.after + begun.elapsed();
    eprintln!("from nothing to the first tile: {first_map:?}");
    assert!(first_map < Duration::from_secs(60), "{first_map:?}");
    assert!(service.terminate(END).success());
    // The second time nothing is loaded twice.
    let mut service = Service::start(&mut demo(), START);
    assert!(
        !service.lines.iter().any(|line| line.starts_with("Loaded")),
        "{:?}",
        service.lines
    );
    let boundaries: Value = client
        .get(service.url("/boundaries"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(boundaries.as_array().unwrap().len(), 2);
    let uploads: Value = client
        .get(service.url("/uploads"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(uploads["uploads"].as_array().unwrap().len(), 2);
    assert!(service.terminate(END).success());
    assert_eq!(processes_of(&data), Vec::<String>::new());
}
