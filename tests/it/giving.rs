//! Records given out as files, over HTTP and by the command: what is in them, what is refused, what is left behind.

use std::path::Path;
use std::process::Command;

use merestone::service::export::ExportFormat;
use serde_json::Value;

use crate::support::program::{Said, merestone, said, said_beside};
use crate::support::{App, app_with_borders, folder};

/// What GDAL finds in a file.
fn looked_into(path: &Path) -> String {
    let seen = said(Command::new("ogrinfo").args(["-ro", "-so", "-al"]).arg(path));
    assert_eq!(seen.code, 0, "{seen:?}");
    seen.out
}

fn numbers(text: &str) -> Vec<String> {
    let collection: Value = serde_json::from_str(text).unwrap();
    let features = collection["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| feature["properties"]["number"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_collection_is_given_in_every_format() {
    let app = app_with_borders().await;
    let folder = folder();
    let events = "select count(*) from audit_event where action = 'export'";
    assert_eq!(app.count(events).await, 0);
    for (given, format) in ExportFormat::ALL.into_iter().enumerate() {
        let path = format!("/collections/markers/export?boundary=astrand-veyra&f={}", format.word());
        let response = app.get(&path).await;
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), format.media_type());
        let named = header("content-disposition");
        let ending = format!(".{}\"", format.extension());
        assert!(
            named.starts_with("attachment; filename=\"astrand-veyra_markers_2") && named.ends_with(&ending),
            "{named}"
        );
        let tag = header("etag");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(app.count(events).await as usize, given + 1);
        let file = folder.path().join(format!("markers.{}", format.extension()));
        std::fs::write(&file, &bytes).unwrap();
        // Debian's GDAL reads no GeoParquet.
        if format == ExportFormat::GeoParquet {
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        } else {
            let seen = looked_into(&file);
            // A drawing has a point and a label for each.
            let n = if format == ExportFormat::Dxf { 120 } else { 60 };
            assert!(seen.contains(&format!("Feature Count: {n}")), "{format:?}: {seen}");
        }
        // The head is that of the file, without a byte of it and without a deed.
        let head = app.client.head(app.url(&path)).send().await.unwrap();
        assert_eq!(
            (head.status().as_u16(), head.headers()["etag"].to_str().unwrap()),
            (200, tag.as_str())
        );
        assert_eq!(head.headers()["content-type"].to_str().unwrap(), format.media_type());
        assert_eq!(head.headers()["content-disposition"].to_str().unwrap(), named);
        // Who has the file of this state is not given it again.
        let again = app
            .client
            .get(app.url(&path))
            .header("if-none-match", &tag)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), 304);
        assert_eq!(app.count(events).await as usize, given + 1);
    }
    // The collection leads to its files, and every link is one of them.
    let links = app.json("/collections/markers").await["links"]
        .as_array()
        .unwrap()
        .clone();
    let files: Vec<&str> = links
        .iter()
        .filter(|link| link["rel"] == "enclosure")
        .map(|link| link["href"].as_str().unwrap())
        .collect();
    assert_eq!(files.len(), ExportFormat::ALL.len());
    for file in files {
        assert_eq!(app.client.head(file).send().await.unwrap().status(), 200, "{file}");
    }
    // A paper has no place in a drawing.
    let parties = app.json("/collections/parties").await["links"].clone();
    assert!(
        !parties.to_string().contains("f=gpx") && parties.to_string().contains("f=gpkg"),
        "{parties}"
    );
    let allowed = app
        .client
        .request(reqwest::Method::OPTIONS, app.url("/collections/markers/export"));
    let allowed = allowed.send().await.unwrap();
    assert_eq!(allowed.headers()["allow"].to_str().unwrap(), "GET, HEAD, OPTIONS");
    questions(&app).await;
    refusals(&app).await;
    pages(&app).await;
}

/// A file answers what a page answers, all of it.
async fn questions(app: &App) {
    for query in [
        "",
        "&filter=kind%20%3D%20%27main%27%20and%20section%20%3D%20%27S1%27&sortby=-number",
        "&section=S2",
        "&bbox=-168.2,42.5,-168,42.6",
        "&datetime=1990-01-01",
        "&datetime=..%2F2040-01-01",
        "&limit=3",
        "&ids=1,2,3,100,101,102",
    ] {
        let path = format!("/collections/markers/export?f=geojson&boundary=astrand-veyra{query}");
        let response = app.get(&path).await;
        assert_eq!(response.status(), 200, "{path}");
        let file = response.text().await.unwrap();
        let page = format!(
            "/collections/markers/items?boundary=astrand-veyra{}&limit=1000",
            query.replace("&limit=3", "")
        );
        let page = numbers(&app.get(&page).await.text().await.unwrap());
        let wanted = if query == "&limit=3" { &page[..3] } else { &page[..] };
        assert_eq!(numbers(&file), wanted, "{query}");
        let file: Value = serde_json::from_str(&file).unwrap();
        let said = &file["metadata"];
        assert_eq!(said["crs"], "EPSG:4490", "{said}");
        assert_eq!(
            (&said["epoch"], &said["positions"]),
            (&2000.0.into(), &"legal".into()),
            "{said}"
        );
        assert!(said["licence"].as_str().unwrap().starts_with("Invented"), "{said}");
        assert!(said["version"].as_str().unwrap().starts_with("markers-"), "{said}");
        assert!(said["frame"].as_str().unwrap().contains("epoch 2000"), "{said}");
    }
    // Longitude and latitude asked for by name are for maps only, and the file says so.
    let file = app.json("/collections/markers/export?f=geojson&boundary=astrand-veyra&properties=number&crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84").await;
    assert!(file.get("crs").is_none(), "{}", file["crs"]);
    assert!(
        file["metadata"]["positions"].as_str().unwrap().starts_with("display"),
        "{}",
        file["metadata"]
    );
    assert_eq!(file["features"][0]["properties"].as_object().unwrap().len(), 1);
}

async fn refusals(app: &App) {
    for (path, status, said) in [
        ("/collections/parties/export?f=gpx", 406, "no position"),
        ("/collections/markers/export?f=kml&crs=EPSG:3857", 406, "WGS 84"),
        ("/collections/markers/export?f=docx", 400, "f=docx"),
        ("/collections/markers/export?f=csv&cursor=x", 400, "cursor"),
        ("/collections/markers/export?f=csv&nosuch=1&bbox=1,2", 400, "nosuch"),
        ("/collections/markers/export?f=csv&boundary=none", 404, "none"),
        ("/collections/nothing/export?f=csv", 404, "nothing"),
    ] {
        for lang in ["en", "zh"] {
            let asked = app
                .client
                .get(app.url(path))
                .header("accept-language", lang)
                .send()
                .await
                .unwrap();
            assert_eq!(asked.status(), status, "{path}");
            assert_eq!(asked.headers()["content-type"], "application/problem+json");
            let problem: Value = asked.json().await.unwrap();
            let detail = problem["languages"]["en"]["detail"].as_str().unwrap();
            assert!(detail.contains(said), "{detail}");
        }
    }
    let nothing = app
        .client
        .get(app.url("/collections/markers/export"))
        .header("accept", "image/png")
        .send()
        .await;
    assert_eq!(nothing.unwrap().status(), 406);
    let by_type = app
        .client
        .get(app.url("/collections/markers/export"))
        .header("accept", "application/gpx+xml");
    let by_type = by_type.send().await.unwrap();
    assert_eq!(by_type.headers()["content-type"], "application/gpx+xml");
}

/// The pages lead to the files of what they show.
async fn pages(app: &App) {
    let page = app
        .get("/collections/markers/items?f=html&lang=zh&boundary=astrand-veyra&filter=kind=%27main%27&limit=5")
        .await;
    let page = page.text().await.unwrap();
    let link = "/collections/markers/export?boundary=astrand-veyra&amp;filter=kind%3D%27main%27&amp;f=gpkg\" download";
    assert!(page.contains(link) && page.contains("导出"), "{page}");
    let page = app.get("/collections/markers?f=html").await.text().await.unwrap();
    assert!(page.contains("/collections/markers/export?f=shp\" download"), "{page}");
}

async fn export(app: &App, folder: &Path, words: &[&str]) -> Said {
    let mut command = merestone(folder);
    command.env("DATABASE_URL", &app.db.url).arg("export").args(words);
    said_beside(command).await
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "var")
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_command_writes_whole_files_or_none() {
    let app = app_with_borders().await;
    let folder = folder();
    let here = folder.path();
    let done = export(
        &app,
        here,
        &[
            "markers",
            "--boundary",
            "astrand-veyra",
            "--section",
            "S1",
            "-o",
            "m.gpkg",
        ],
    )
    .await;
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    let n = app
        .json("/collections/markers/items?boundary=astrand-veyra&section=S1&limit=1")
        .await["numberMatched"]
        .clone();
    assert!(
        done.out.contains(&format!("{n} records written to m.gpkg (GeoPackage")),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("positions  legal") && done.out.contains("EPSG:4490"),
        "{}",
        done.out
    );
    assert!(looked_into(&here.join("m.gpkg")).contains(&format!("Feature Count: {n}")));

    // All that a section has: what names it, and what names something of it; each kind a layer.
    let all = [
        "all",
        "--boundary",
        "astrand-veyra",
        "--section",
        "S1",
        "-o",
        "all.gpkg",
        "--json",
    ];
    let done = export(&app, here, &all).await;
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    let counted = |collection: &str| {
        let layers = answer["layers"].as_array().unwrap();
        layers
            .iter()
            .find(|layer| layer["collection"] == collection)
            .map(|layer| layer["records"].clone())
    };
    assert_eq!(counted("markers"), Some(n));
    let elements = app
        .json("/collections/marker_elements/items?boundary=astrand-veyra&limit=1000")
        .await;
    let of_section = |number: &str| {
        let number = number.split('(').next().unwrap();
        let markers = numbers(&std::fs::read_to_string(here.join("markers.geojson")).unwrap());
        markers.iter().any(|marker| marker == number)
    };
    let words = [
        "markers",
        "--boundary",
        "astrand-veyra",
        "--section",
        "S1",
        "-o",
        "markers.geojson",
    ];
    assert_eq!(export(&app, here, &words).await.code, 0);
    let expected = elements["features"].as_array().unwrap().iter();
    let expected = expected
        .filter(|e| of_section(e["properties"]["number"].as_str().unwrap()))
        .count();
    assert_eq!(counted("marker_elements"), Some(expected.into()));
    assert_eq!(counted("parties"), None);
    let seen = said(Command::new("ogrinfo").args(["-ro", "-q"]).arg(here.join("all.gpkg")));
    assert_eq!(
        seen.out
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .count(),
        answer["layers"].as_array().unwrap().len()
    );

    // A table has its statement beside it.
    let done = export(&app, here, &["ports", "--filter", "party = 'AST'", "-o", "ports.csv"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    let there = [
        "all.gpkg",
        "m.gpkg",
        "markers.geojson",
        "ports.csv",
        "ports.csv-metadata.json",
        "ports.csvt",
    ];
    assert_eq!(names(here)[..6], there);

    // What cannot be done leaves nothing, and what was there stays.
    let before = std::fs::read(here.join("m.gpkg")).unwrap();
    for (words, code, why) in [
        (vec!["parties", "-o", "x.gpx"], 1, "no position"),
        (vec!["all", "-o", "x.geojson"], 1, "one collection"),
        (vec!["markers", "--section", "S9", "-o", "m.gpkg"], 1, "no section S9"),
        (
            vec![
                "parties",
                "--section",
                "S1",
                "--boundary",
                "astrand-veyra",
                "-o",
                "x.csv",
            ],
            1,
            "names a section",
        ),
        (vec!["markers", "--boundary", "nowhere", "-o", "m.gpkg"], 1, "nowhere"),
        (vec!["markers", "--filter", "nosuch = 1", "-o", "m.gpkg"], 1, "nosuch"),
        (vec!["markers", "--crs", "EPSG:0", "-o", "m.gpkg"], 1, "EPSG:0"),
        (vec!["markers", "-o", "nowhere/m.gpkg"], 1, "folder"),
        (vec!["markers", "-o", "m.xyz"], 1, "ending"),
        (vec!["markers"], 2, "--output"),
        (vec!["nothing", "-o", "m.gpkg"], 2, "nothing"),
    ] {
        let there = names(here);
        let refused = export(&app, here, &words).await;
        assert_eq!(refused.code, code, "{words:?} {refused:?}");
        assert!(refused.err.contains(why), "{words:?} {}", refused.err);
        assert_eq!(names(here), there, "{words:?}");
    }
    assert_eq!(std::fs::read(here.join("m.gpkg")).unwrap(), before);
}

#[tokio::test]
async fn a_stream_ends_well_however_little_is_in_it_and_however_it_is_packed() {
    let app = app_with_borders().await;
    for packing in ["identity", "gzip", "br", "zstd", "gzip;q=0.5, zstd"] {
        for what in [
            "markers/export?f=geojson&limit=1",
            "inspections/export?f=geojson&ids=-9223372036854775808",
            "ports/export?f=csv",
            "markers/export?f=kml",
        ] {
            // Over one connection: an end that broke the connection would break the next answer.
            for _ in 0..3 {
                let request = app
                    .client
                    .get(app.url(&format!("/collections/{what}")))
                    .header("accept-encoding", packing);
                let response = request.send().await.unwrap();
                assert_eq!(response.status(), 200, "{what} {packing}");
                let bytes = response.bytes().await;
                assert!(bytes.is_ok_and(|bytes| !bytes.is_empty()), "{what} {packing}");
            }
        }
    }
}
