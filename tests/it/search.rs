//! Search over the interface: whatever people call a thing, in whichever writing, with whatever mistakes.

use serde_json::{Value, json};

use crate::support::db::db_before;
use crate::support::{App, app, app_with_borders};

async fn ask(app: &App, parameters: &[(&str, &str)]) -> Value {
    let url = reqwest::Url::parse_with_params(&app.url("/search"), parameters).unwrap();
    let response = app.client.get(url.clone()).send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(status, 200, "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Collection and label of each find, in their order.
fn found(answer: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or("along").to_owned();
    answer["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (word(&f["properties"]["collection"]), word(&f["properties"]["label"])))
        .collect()
}

/// All questions are asked; the ones that go wrong are told together.
async fn check(app: &App, cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (text, collection, label) in cases {
        let seen = found(&ask(app, &[("q", text), ("boundary", "astrand-veyra")]).await);
        if seen.first() != Some(&((*collection).to_owned(), (*label).to_owned())) {
            wrong.push(format!(
                "{text}: not {collection} {label} but {:?}",
                &seen[..seen.len().min(4)]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn everything_is_found_by_what_people_call_it() {
    let app = app_with_borders().await;
    check(
        &app,
        &[
            // Every kind that has a number or a name, by one of them.
            ("AST", "parties", "AST"),
            ("Treaty on the State Boundary", "instruments", "treaty-1994"),
            ("RP-S2", "regime_profiles", "RP-S2"),
            ("DR-3", "rules", "DR-3"),
            ("kelmora 1962", "transformations", "kelmora-1962"),
            ("astrand-veyra", "boundaries", "astrand-veyra"),
            ("Hollmar Ridge section", "sections", "S1"),
            ("S1/3", "segments", "S1/3"),
            ("P12", "boundary_points", "P12"),
            ("W1", "shared_waters", "W1"),
            ("Osier Bar", "islands", "2"),
            ("KL-3", "map_sheets", "KL-3"),
            ("Northern vista", "zones", "Z1"),
            ("23/2", "markers", "23/2"),
            ("36-2026-1", "marker_events", "36-2026-1"),
            ("3-2026-1-B", "observations", "3-2026-1-B"),
            ("11-2026-1", "agreed_values", "11-2026-1"),
            ("Joint inspection of 2026", "inspections", "2026-1"),
            ("Hollmar Ridge foot route", "routes", "R1"),
            ("B-2025-01", "projects", "B-2025-01"),
            ("B-2025-01/C2", "consultations", "B-2025-01/C2"),
            ("B-2025-02/A1", "authorisations", "B-2025-02/A1"),
            ("Contract for the right bank", "contracts", "B-2025-02/K1"),
            ("B-2025-02/W1", "work_programmes", "B-2025-02/W1"),
            ("N-2025-7", "notices", "N-2025-7"),
            ("B-2025-02/V1", "site_visits", "B-2025-02/V1"),
            ("B-2025-02/D1", "audits", "B-2025-02/D1"),
            ("Kvellmark road", "ports", "K1"),
            ("PA-2026-2", "affairs", "PA-2026-2"),
            ("sheep across", "incidents", "I-2026-1"),
            ("M-2026-1", "meetings", "M-2026-1"),
            ("H-2026-1", "handover_acts", "H-2026-1"),
            ("Ingel Solvarth", "representatives", "AST-1"),
            // In the four languages.
            ("柳洲", "islands", "2"),
            ("羊群越界", "incidents", "I-2026-1"),
            ("文纳里湖轮渡", "ports", "K3"),
            ("Ивовая коса", "islands", "2"),
            ("ИВОВАЯ КОСА", "islands", "2"),
            ("버들모래톱", "islands", "2"),
            ("인겔 솔바르트", "representatives", "AST-1"),
            // Accents, case, width, order of typing.
            ("kvëllmárk road port", "ports", "K1"),
            ("OSIER bar", "islands", "2"),
            ("Ｏｓｉｅｒ　Ｂａｒ", "islands", "2"),
            ("  osier   bar ", "islands", "2"),
            // Mistakes: a letter missing, wrong, two changed about; one wrong character of Chinese and of Korean.
            ("Kvelmark road port", "ports", "K1"),
            ("Osire Bar", "islands", "2"),
            ("Hollmer Ridge foot rout", "routes", "R1"),
            ("Ernhlom", "islands", "3"),
            ("羊群月界", "incidents", "I-2026-1"),
            ("埃尔内鸟", "islands", "3"),
            ("Ивовоя коса", "islands", "2"),
            ("버들모래톰", "islands", "2"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_number_of_a_marker_is_found_in_any_writing() {
    let app = app_with_borders().await;
    check(
        &app,
        &[
            ("17", "markers", "17"),
            ("marker 17", "markers", "17"),
            ("No. 17", "markers", "17"),
            ("十七", "markers", "17"),
            ("第十七号界桩", "markers", "17"),
            ("界桩17", "markers", "17"),
            ("17号", "markers", "17"),
            ("знак № 17", "markers", "17"),
            ("17/1", "markers", "17/1"),
            ("17-1", "markers", "17/1"),
            ("17(1)", "markers", "17/1"),
            ("No. 17/1", "markers", "17/1"),
            ("十七(1)", "markers", "17/1"),
            ("十七（1）", "markers", "17/1"),
            ("界桩17-1", "markers", "17/1"),
            ("二十三/2", "markers", "23/2"),
            ("24(2)", "marker_elements", "24(2)"),
            ("24-2", "marker_elements", "24(2)"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_linear_reference_gives_a_place_on_the_line() {
    let app = app_with_borders().await;
    let place = async |text: &str| {
        let answer = ask(&app, &[("q", text), ("boundary", "astrand-veyra")]).await;
        let first = answer["features"][0].clone();
        assert!(
            first["properties"]["collection"].is_null(),
            "{text}: {:?}",
            found(&answer)
        );
        assert_eq!(first["properties"]["boundary"], "astrand-veyra", "{text}");
        first
    };
    let whole = place("K12+300").await;
    assert_eq!(whole["properties"]["label"], "K12+300");
    assert_eq!(whole["geometry"]["type"], "Point");
    assert!(
        whole["properties"]["linear_reference_zh"]
            .as_str()
            .unwrap()
            .contains("号界标"),
        "{whole}"
    );
    for same in [
        "12+300",
        "k12 + 300",
        "Ｋ１２＋３００",
        "12.3 km",
        "12.3公里",
        "S1 K12+300",
        "S1段12+300",
    ] {
        assert_eq!(place(same).await["geometry"], whole["geometry"], "{same}");
    }
    // The place lies on the line: asking for it at that place gives the chainage back.
    let at = &whole["geometry"]["coordinates"];
    let path = format!("/at?lon={}&lat={}&boundary=astrand-veyra", at[0], at[1]);
    let reference = app.json(&path).await["linear_reference"].clone();
    assert!(
        (reference["chainage_m"].as_f64().unwrap() - 12_300.0).abs() < 0.01,
        "{reference}"
    );
    // The second section begins where the first one ends.
    let second = place("S2 K0+000").await;
    let segments = app
        .json("/collections/segments/items?filter=section=%27S2%27&sortby=ordinal&limit=1")
        .await;
    assert_eq!(
        segments["features"][0]["geometry"]["coordinates"][0],
        second["geometry"]["coordinates"]
    );

    let stretch = place("17-18").await;
    assert_eq!(stretch["geometry"]["type"], "LineString");
    assert_eq!(stretch["properties"]["label"], "17–18");
    let said = stretch["properties"]["linear_reference_en"].as_str().unwrap();
    assert!(said.starts_with("between markers 17 and 18, K"), "{said}");
    for same in ["between 17 and 18", "17号与18号界桩之间", "十七号至十八号", "18–17"] {
        assert_eq!(place(same).await["geometry"], stretch["geometry"], "{same}");
    }
    let past = place("100 m past 17").await;
    let before = place("距17号界桩100米").await;
    assert_eq!(past["geometry"], before["geometry"]);
    let said = past["properties"]["linear_reference_en"].as_str().unwrap();
    assert!(said.contains("100 m from 17"), "{said}");

    // What is not on the line is no place, and the answer says what to look at.
    for text in ["K9999+000", "S9 K0+100", "998-999", "100 m past 998"] {
        let answer = ask(&app, &[("q", text), ("boundary", "astrand-veyra")]).await;
        assert_eq!(answer["features"], json!([]), "{text}");
        assert!(
            answer["hint"]
                .as_str()
                .unwrap()
                .contains("no such place along the line"),
            "{answer}"
        );
    }
    // The line of the real border has its own.
    let other = ask(&app, &[("q", "K1+000"), ("boundary", "ibc-j")]).await;
    assert_ne!(other["features"][0]["geometry"], whole["geometry"]);
    // Without a boundary each line has one.
    assert_eq!(ask(&app, &[("q", "K1+000")]).await["numberReturned"], 2);
}

#[tokio::test]
async fn the_register_of_another_day_is_searched() {
    let app = app_with_borders().await;
    let body = json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [-168.1, 42.5] },
        "properties": { "boundary": "astrand-veyra", "number": "Q77", "sigma_m": 0.1, "valid_from": "2010-01-01T00:00:00Z" },
    });
    let made = app
        .client
        .post(app.url("/collections/boundary_points/items"))
        .header("content-type", "application/geo+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let path = made.headers()["location"].to_str().unwrap().to_owned();
    let of = async |more: &[(&str, &str)]| found(&ask(&app, &[&[("q", "Q77")], more].concat()).await).len();
    assert_eq!(of(&[]).await, 1);
    assert_eq!(of(&[("datetime", "2009-12-31")]).await, 0);
    assert_eq!(of(&[("datetime", "2010-01-02")]).await, 1);
    assert_eq!(of(&[("known-at", "2020-01-01T00:00:00Z")]).await, 0);
    let gone = app.client.delete(&path).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(of(&[]).await, 0);
    assert_eq!(of(&[("datetime", "2012-01-01")]).await, 1);
    let answer = ask(&app, &[("q", "Q77"), ("datetime", "2009-12-31")]).await;
    assert!(
        answer["hint"].as_str().unwrap().contains("in force at the time"),
        "{answer}"
    );
    // The line as it was, and no line where there was none.
    assert_eq!(
        found(&ask(&app, &[("q", "K1+000"), ("datetime", "1980-01-01")]).await),
        [("along".to_owned(), "K1+000".to_owned())]
    );
    let then = ask(
        &app,
        &[
            ("q", "K1+000"),
            ("datetime", "2020-01-01"),
            ("boundary", "astrand-veyra"),
        ],
    )
    .await;
    assert_eq!(then["features"][0]["properties"]["label"], "K1+000");
}

#[tokio::test]
async fn tracks_photographs_check_runs_and_open_findings_are_found() {
    let app = app_with_borders().await;
    let receipt = app.walked("2026-08-06-team-a.gpx").await;
    let number = receipt["number"].as_str().unwrap();
    let tracks = found(&ask(&app, &[("q", "team-a.gpx")]).await);
    assert!(tracks.iter().any(|(c, _)| c == "tracks"), "{tracks:?}");
    let by_receipt = ask(&app, &[("q", number), ("collections", "tracks")]).await;
    assert!(
        !by_receipt["features"].as_array().unwrap().is_empty(),
        "{number}: {by_receipt}"
    );
    assert_eq!(by_receipt["features"][0]["geometry"]["type"], "MultiLineString");

    let run = app
        .json("/collections/check_runs/items?sortby=-created_at&limit=1")
        .await;
    let run = run["features"][0]["properties"]["number"].as_str().unwrap().to_owned();
    assert_eq!(
        found(&ask(&app, &[("q", &run), ("collections", "check_runs")]).await),
        [("check_runs".to_owned(), run)]
    );

    // Each open finding by its own words, and none that passed or that an earlier run had.
    let open = app
        .json("/collections/findings/items?filter=verdict%3C%3E%27pass%27&limit=1000")
        .await;
    let mut current: Vec<i64> = open["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["id"].as_i64().unwrap())
        .collect();
    let mut kept: Vec<i64> = sqlx::query_scalar("select feature_id from event_words where kind = 'finding'")
        .fetch_all(&app.db.pool)
        .await
        .unwrap();
    current.sort_unstable();
    kept.sort_unstable();
    assert!(!current.is_empty());
    assert_eq!(kept, current);
    let first = &open["features"][0];
    let properties = &first["properties"];
    let words = format!(
        "{} {}",
        properties["check"].as_str().unwrap(),
        properties["subjects"][0].as_str().unwrap()
    );
    let seen = ask(&app, &[("q", &words), ("collections", "findings"), ("limit", "50")]).await;
    let seen = seen["features"].as_array().unwrap();
    assert!(seen.iter().any(|f| f["id"] == first["id"]), "{words}: {seen:?}");

    sqlx::query(
        "insert into photo (photo_id, sha256, file_name, marker_id)
         select '00000000-0000-7000-8000-00000000000f', decode(repeat('ab', 32), 'hex'), 'DSC_0417.JPG', record_id
         from record where kind = 'marker' and label = '17' limit 1",
    )
    .execute(&app.db.pool)
    .await
    .unwrap();
    for text in ["DSC_0417", "dsc_0417.jpg", "0417.JPG"] {
        let seen = found(&ask(&app, &[("q", text)]).await);
        assert_eq!(
            seen.first(),
            Some(&("photos".to_owned(), "DSC_0417.JPG".to_owned())),
            "{text}"
        );
    }
}

#[tokio::test]
async fn nothing_found_is_said_with_a_hint_and_no_text_breaks_the_search() {
    let app = app_with_borders().await;
    let none = ask(&app, &[("q", "xyzzyqwert")]).await;
    assert_eq!((&none["features"], &none["numberReturned"]), (&json!([]), &json!(0)));
    assert!(none["hint"].as_str().unwrap().contains("K12+300"), "{none}");
    let chinese = ask(&app, &[("q", "xyzzyqwert"), ("lang", "zh")]).await;
    assert!(chinese["hint"].as_str().unwrap().contains("里程"), "{chinese}");

    let long = "长".repeat(5000);
    let deep = "(".repeat(3000);
    for text in [
        "'; drop table record; --",
        "\" or 1=1",
        "%",
        "_",
        "\\",
        "%%%_%_\\%",
        "<script>alert(1)</script>",
        "\u{202e}\u{200b}\u{feff}",
        "😀",
        "a\u{301}\u{301}\u{301}",
        "+",
        "K+",
        "1+",
        "-",
        "1-",
        "((((17",
        "99999999999999999999999999",
        "K999999999+999",
        "十百千百十",
        "\t\n",
        "null",
        &long,
        &deep,
    ] {
        let url = reqwest::Url::parse_with_params(&app.url("/search"), [("q", text)]).unwrap();
        let response = app.client.get(url).send().await.unwrap();
        let status = response.status().as_u16();
        assert!(
            status == 200 || (status == 400 && text.trim().is_empty()),
            "{text:?}: {status}"
        );
    }
    // Signs of patterns are characters like others.
    assert!(found(&ask(&app, &[("q", "%"), ("limit", "50")]).await).len() < 5);
    for (query, status) in [
        ("", 400),
        ("q=", 400),
        ("q=%20", 400),
        ("q=17&limit=0", 400),
        ("q=17&limit=x", 400),
        ("q=17&nothing=1", 400),
        ("q=17&datetime=soon", 400),
        ("q=17&known-at=soon", 400),
        ("q=17&collections=nothing", 400),
        ("q=17&boundary=nothing", 404),
        ("q=%FF", 400),
        ("q=a%00b", 400),
        ("q=17&f=xml", 400),
    ] {
        assert_eq!(app.get(&format!("/search?{query}")).await.status(), status, "{query}");
    }
    // Several mistakes are told at once.
    let problem: Value = app.get("/search?limit=0&datetime=soon").await.json().await.unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
    assert_eq!(found(&ask(&app, &[("q", "17"), ("limit", "3")]).await).len(), 3);
    let only = ask(&app, &[("q", "1"), ("collections", "ports,islands")]).await;
    assert!(
        found(&only).iter().all(|(c, _)| c == "ports" || c == "islands"),
        "{:?}",
        found(&only)
    );
}

#[tokio::test]
async fn people_search_on_a_page() {
    let app = app_with_borders().await;
    let page = async |path: &str| {
        let response = app.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(
            response.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        response.text().await.unwrap()
    };
    let form = page("/search?f=html").await;
    assert!(
        form.contains("name=\"q\"") && !form.contains("Nothing was found"),
        "{form}"
    );
    // As a form sends it: what was not filled in is empty.
    let seen = page("/search?f=html&q=Osier+Bar&datetime=").await;
    for words in ["Osier Bar", "Ивовая коса", "/#b=astrand-veyra&amp;s=islands.", "<svg"] {
        assert!(seen.contains(words), "no {words} in {seen}");
    }
    let place = page("/search?f=html&q=K12%2B300&boundary=astrand-veyra&lang=zh").await;
    assert!(
        place.contains("沿线位置") && place.contains("s=at.") && place.contains("<html lang=\"zh\""),
        "{place}"
    );
    let nothing = page("/search?f=html&q=%3Cb%3Exyzzy").await;
    assert!(
        nothing.contains("Nothing was found") && !nothing.contains("<b>xyzzy"),
        "{nothing}"
    );
}

#[tokio::test]
async fn an_empty_register_answers_too() {
    let app = app().await;
    let none = ask(&app, &[("q", "17-18")]).await;
    assert_eq!(none["features"], json!([]));
    assert!(none["hint"].is_string());
}

#[tokio::test]
async fn words_that_an_older_release_indexed_are_brought_into_the_new_form() {
    let db = db_before(20_261_126_090_000).await;
    sqlx::raw_sql(
        "insert into record (record_id, kind, label, words) values
             ('00000000-0000-7000-8000-000000000001', 'marker', '17', '17 blackstone 黑石山 버들모래톱'),
             ('00000000-0000-7000-8000-000000000002', 'marker', '18', null)",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    db.migrate().await;
    let words: Vec<Option<String>> = sqlx::query_scalar("select words from record order by label")
        .fetch_all(&db.pool)
        .await
        .unwrap();
    assert_eq!(words, [Some("17 blackstone 黑 石 山 버 들 모 래 톱".to_owned()), None]);
}

#[tokio::test]
async fn events_that_an_older_release_wrote_are_found_too() {
    let db = db_before(20_261_127_090_000).await;
    let id = |n: u32| format!("00000000-0000-7000-8000-{n:012}");
    // Two runs over one boundary: what the first found is history.
    let run = |n: u32, at: &str| {
        format!(
            "insert into check_run (check_run_id, boundary_id, created_at, software, frame, tolerances, inputs, summary)
             values ('{}', '{}', '{at}', 's', 'f', '{{}}', '{{}}', '{{}}');",
            id(n),
            id(1)
        )
    };
    let finding = |n: u32, run: u32, verdict: &str| {
        format!(
            "insert into finding (finding_id, check_run_id, ordinal, check_code, verdict, subjects, unit, tolerance_source,
                                  message_en, message_zh)
             values ('{}', '{}', {n}, 'C02', '{verdict}', '{{17}}', 'm', 't', 'off the line {n}', '偏离界线');",
            id(n),
            id(run)
        )
    };
    let sql = [
        format!(
            "insert into record (record_id, kind, label) values ('{}', 'boundary', 'b');",
            id(1)
        ),
        run(2, "2026-01-01"),
        run(3, "2026-02-01"),
        finding(4, 2, "fail"),
        finding(5, 3, "fail"),
        finding(6, 3, "pass"),
    ]
    .concat();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&db.pool).await.unwrap();
    db.migrate().await;
    let words: Vec<(String, String)> = sqlx::query_as("select label, words from event_words where kind = 'finding'")
        .fetch_all(&db.pool)
        .await
        .unwrap();
    assert_eq!(
        words,
        [("C02 17".to_owned(), "c02 17 off the line 5 偏 离 界 线".to_owned())]
    );
    let runs: i64 = sqlx::query_scalar("select count(*) from event_words where kind = 'check_run'")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    assert_eq!(runs, 2);
}
