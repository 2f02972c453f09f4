//! Real clients against a running service with the sample borders: GDAL of two releases, OWSLib, schemathesis, a decoder
//! of vector tiles, and the requests of QGIS. What each of them checks stands in its script under `tests/clients/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{App, app_with_borders};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python environment that `scripts/clients.sh` makes.
fn environment() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .with_file_name("clients")
        .join("bin")
}

/// Whether a program is there. In CI it must be; elsewhere its absence is said and the test passes without it.
fn is_there(what: &str, there: bool) -> bool {
    if !there {
        let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!is_ci, "the clients cannot run: {what} is missing");
        eprintln!("SKIPPED: {what} is missing; scripts/test.sh installs it");
    }
    there
}

/// Runs a client to its end beside the service and shows what it said.
async fn run(app: App, mut command: Command) {
    command
        .current_dir(root())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MERESTONE_TOKEN", &app.token);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{said}");
    assert!(output.status.success(), "{said}\n{complained}");
    // One that checked nothing has not passed.
    let passed = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(passed > 10 || said.contains("Test cases:"), "{said}\n{complained}");
    drop(app);
}

/// A Python client, if its environment is there.
async fn python(script: &str) {
    let python = environment().join("python");
    if is_there("the environment of the clients", python.is_file()) {
        let app = app_with_borders().await;
        let mut command = Command::new(python);
        command
            .arg(root().join("tests/clients").join(script))
            .args(["--base", &app.base]);
        run(app, command).await;
    }
}

#[tokio::test]
async fn gdal_reads_a_collection_as_desktop_programs_do() {
    let there = ["ogrinfo", "ogr2ogr"].map(|program| Command::new(program).arg("--version").output().is_ok());
    if is_there("GDAL's ogrinfo or ogr2ogr", there == [true, true]) {
        let app = app_with_borders().await;
        let mut command = Command::new(root().join("tests/clients/ogr_oapif.sh"));
        command.arg(&app.base);
        run(app, command).await;
    }
}

#[tokio::test]
async fn newer_gdal_reads_schemas_and_reference_systems() {
    python("pyogrio_oapif.py").await;
}

#[tokio::test]
async fn owslib_reads_a_collection_as_scripts_do() {
    python("owslib_features.py").await;
}

#[tokio::test]
async fn qgis_edits_features() {
    python("qgis_edits.py").await;
}

#[tokio::test]
async fn a_map_decodes_the_tiles_of_a_collection() {
    python("tiles_decode.py").await;
}

#[tokio::test]
async fn schemathesis_finds_no_failure() {
    let st = environment().join("st");
    if is_there("schemathesis", st.is_file()) {
        let app = app_with_borders().await;
        let mut command = Command::new(root().join("tests/clients/schemathesis.sh"));
        command.args([&app.base, "short"]).env("ST", st);
        run(app, command).await;
    }
}
