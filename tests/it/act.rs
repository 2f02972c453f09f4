//! The act of an inspection, as it would be printed and signed.

use std::process::Command;

use serde_json::Value;

use crate::support::{App, app_with_borders, folder};

const TEAM_A: &str = "2026-08-06-team-a.gpx";
const TEAM_B: &str = "2026-08-07-team-b.gpx";

async fn act(app: &App, inspection: &str, lang: &str) -> Vec<u8> {
    let response = app
        .get(&format!("/inspections/{inspection}/documents/act?lang={lang}"))
        .await;
    let status = response.status();
    let headers = response.headers().clone();
    let bytes = response.bytes().await.unwrap().to_vec();
    assert_eq!(status, 200, "{lang}: {}", String::from_utf8_lossy(&bytes));
    assert_eq!(headers["content-type"], "application/pdf");
    let name = headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "inline; filename=\"act-astrand-veyra-2026-1.pdf\"");
    assert!(
        bytes.starts_with(b"%PDF-") && bytes.len() > 20_000,
        "{lang}: {} bytes",
        bytes.len()
    );
    bytes
}

/// What a tool of poppler says of a document; none, and a word about it, where the tool is absent.
fn poppler(tool: &str, options: &[&str], pdf: &[u8]) -> Option<String> {
    let folder = folder();
    let path = folder.path().join("act.pdf");
    std::fs::write(&path, pdf).unwrap();
    let mut command = Command::new(tool);
    command.args(options).arg(&path);
    if tool == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{tool}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: {tool} of poppler-utils is not at hand");
            None
        }
        Err(fault) => panic!("{tool}: {fault}"),
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test]
async fn the_same_data_give_the_same_bytes() {
    let app = app_with_borders().await;
    let receipt = app.walked(TEAM_A).await;
    let id = receipt["inspection"].as_str().unwrap();
    let first = act(&app, id, "zh,en").await;
    assert!(
        act(&app, id, "zh,en").await == first,
        "the same snapshot gave other bytes"
    );
    // The languages have an order: the first is on the left.
    assert!(act(&app, id, "en,zh").await != first);
    app.walked(TEAM_B).await;
    let second = act(&app, id, "zh,en").await;
    assert!(second != first, "another team's track changed nothing");
    assert!(act(&app, id, "zh,en").await == second);
}

#[tokio::test]
async fn the_act_says_what_the_teams_found() {
    let app = app_with_borders().await;
    let receipt = app.walked(TEAM_A).await;
    let id = receipt["inspection"].as_str().unwrap();
    let pdf = act(&app, id, "zh,en").await;
    let text = poppler("pdftotext", &["-layout"], &pdf);
    let fonts = poppler("pdffonts", &[], &pdf);
    let info = poppler("pdfinfo", &[], &pdf);
    if let Some(text) = &text {
        let tight = without_spaces(text);
        // Both languages, the boundary, the teams and their leaders, and the evidence.
        for words in [
            "Joint inspection of 2026",
            "2026年联合检查",
            "Astrand",
            "阿斯特兰",
            "Ingel Solvarth",
            "英格尔·索尔瓦斯",
            "U-000001",
            TEAM_A,
            &receipt["sha256"].as_str().unwrap()[..16],
            "EPSG:4490",
        ] {
            assert!(
                tight.contains(&without_spaces(words)),
                "{words} is not in the act:\n{text}"
            );
        }
        // Every marker by its number.
        let markers = app
            .json("/collections/markers/items?boundary=astrand-veyra&limit=10000")
            .await;
        let words: std::collections::BTreeSet<&str> = text.split_whitespace().collect();
        for marker in markers["features"].as_array().unwrap() {
            let number = marker["properties"]["number"].as_str().unwrap();
            let is_there = words
                .iter()
                .any(|word| *word == number || word.starts_with(&format!("{number}(")));
            assert!(is_there, "marker {number} is not in the act");
        }
        // Both gaps, by their length in whole metres.
        for gap in receipt["results"][0]["coverage"]["gaps"].as_array().unwrap() {
            let metres = format!("{:.0}", gap["length_m"].as_f64().unwrap());
            assert!(
                words.iter().any(|word| word.starts_with(&metres)),
                "{gap} is not in the act:\n{text}"
            );
        }
        // Every page has its number, the number of pages, and the mark of what was printed.
        let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
        let hash: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit()))
            .filter(|word| pages.iter().all(|page| page.contains(word)))
            .collect();
        assert_eq!(hash.len(), 1, "one mark of the content stands on every page");
        for (n, page) in pages.iter().enumerate() {
            let foot = without_spaces(page);
            for numbered in [
                format!("Page{}of{}", n + 1, pages.len()),
                format!("第{}页，共{}页", n + 1, pages.len()),
            ] {
                assert!(foot.contains(&numbered), "page {} has no {numbered}:\n{page}", n + 1);
            }
        }
        if let Some(info) = &info {
            let told = info.lines().find(|line| line.starts_with("Pages:")).unwrap();
            assert_eq!(told.split_whitespace().nth(1).unwrap(), pages.len().to_string());
        }
    }
    if let Some(fonts) = fonts {
        let rows: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(rows.len() >= 2, "{fonts}");
        for row in rows {
            // name type encoding emb sub uni object ID
            let cells: Vec<&str> = row.split_whitespace().rev().collect();
            assert_eq!((cells[4], cells[3]), ("yes", "yes"), "not embedded, or whole: {row}");
            assert_eq!(cells[2], "yes", "its text cannot be searched: {row}");
        }
    }
}

#[tokio::test]
async fn the_act_speaks_the_languages_of_the_neighbours() {
    let app = app_with_borders().await;
    let receipt = app.walked(TEAM_A).await;
    let id = receipt["inspection"].as_str().unwrap();
    for (lang, words) in [
        ("zh,ru", "Совместная проверка 2026 года"),
        ("zh,ko", "2026년 련합검사"),
        ("ru,en", "Ингель Сольварт"),
    ] {
        let pdf = act(&app, id, lang).await;
        if let Some(text) = poppler("pdftotext", &["-layout"], &pdf) {
            assert!(without_spaces(&text).contains(&without_spaces(words)), "{lang}: {text}");
        }
    }
    // Before anything was walked there is an act, too: of the control inspection that is closed.
    let boundaries = app.json("/boundaries").await;
    let inspections = boundaries[0]["inspections"].as_array().unwrap();
    let control = inspections.iter().find(|i| i["number"] == "2025-C1").unwrap()["id"]
        .as_str()
        .unwrap();
    let response = app.get(&format!("/inspections/{control}/documents/act")).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused() {
    let app = app_with_borders().await;
    let boundaries = app.json("/boundaries").await;
    let id = boundaries[0]["inspections"][0]["id"].as_str().unwrap();
    for (path, status, slug) in [
        (format!("{id}/documents/act?lang=zh,xx"), 400, "parameter-invalid"),
        (format!("{id}/documents/act?lang=zh,zh"), 400, "parameter-invalid"),
        (format!("{id}/documents/act?lang=zh"), 400, "parameter-invalid"),
        (format!("{id}/documents/act?lang=zh,en,ru"), 400, "parameter-invalid"),
        (format!("{id}/documents/act?lang="), 400, "parameter-invalid"),
        (format!("{id}/documents/act?f=docx"), 406, "not-acceptable"),
        (format!("{id}/documents/act?nonsense=1"), 400, "parameter-unknown"),
        (format!("{id}/documents/map"), 404, "not-found"),
        (
            "00000000-0000-7000-8000-000000000000/documents/act".to_owned(),
            404,
            "not-found",
        ),
        ("nonsense/documents/act".to_owned(), 404, "not-found"),
    ] {
        let response = app.get(&format!("/inspections/{path}")).await;
        assert_eq!(response.status(), status, "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{path}: {problem}");
        for lang in ["en", "zh"] {
            for key in ["title", "detail", "remedy"] {
                let text = problem["languages"][lang][key].as_str().unwrap();
                assert!(!text.is_empty(), "{path}: {problem}");
            }
        }
    }
    // A refusal is no export.
    assert_eq!(
        app.count("select count(*) from audit_event where action = 'export'")
            .await,
        0
    );
}
