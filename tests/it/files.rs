//! Feature files of other software, read whole: what GDAL's own program finds in them is found here, and files that are
//! made to do harm do none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use merestone::domain::problem::{Code, Problem};
use merestone::format::row::{Cell, Row};
use merestone::format::table::System;
use merestone::geom::shape::Geometry;
use merestone::service::files::{self, Look, Options};
use merestone::service::worker::Worker;

use crate::support::{folder, shared};

/// The worker that was built with these tests, working in a folder of its own.
fn worker(scratch: &Path) -> Worker {
    let program = Path::new(env!("CARGO_BIN_EXE_merestone-gdal"));
    Worker::new(Some(program), scratch.to_path_buf(), false)
}

struct Reading {
    worker: Worker,
    scratch: tempfile::TempDir,
}

impl Reading {
    fn new() -> Self {
        let scratch = folder();
        Self {
            worker: worker(scratch.path()),
            scratch,
        }
    }

    fn look(&self, path: &Path) -> Result<Look, Problem> {
        files::look(&self.worker, path, Options::default())
    }

    fn rows(&self, path: &Path, options: Options<'_>) -> Result<(Vec<Row>, Option<String>), Problem> {
        let opened = files::read(&self.worker, path, options)?;
        let crs = opened.crs.clone();
        Ok((opened.rows(100_000)?, crs))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Nothing is left of the folders that files were read in.
    fn is_clean(&self) {
        let left: Vec<_> = std::fs::read_dir(self.scratch.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("merestone-file-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn the_worker_is_fenced_in_and_the_service_is_without_gdal() {
    let reading = Reading::new();
    let fence = reading.worker.fence().unwrap();
    assert!(fence.is_whole(), "{fence:?}");
    assert!(!fence.gdal.is_empty());
    // What the two programs load.
    let loaded = |program: &str| {
        let said = std::process::Command::new("ldd").arg(program).output().unwrap();
        assert!(said.status.success(), "ldd {program}");
        String::from_utf8(said.stdout).unwrap()
    };
    let service = loaded(env!("CARGO_BIN_EXE_merestone"));
    assert!(service.contains("libc.so"), "{service}");
    for library in ["libgdal", "libproj", "libgeos"] {
        assert!(!service.contains(library), "merestone loads {library}");
    }
    assert!(loaded(env!("CARGO_BIN_EXE_merestone-gdal")).contains("libgdal"));
}

#[test]
fn without_the_worker_that_is_said() {
    let scratch = folder();
    let nowhere = scratch.path().join("merestone-gdal");
    let worker = Worker::new(Some(&nowhere), scratch.path().to_path_buf(), false);
    let problem = worker.fence().unwrap_err();
    assert_eq!(problem.code, Code::ReaderUnavailable);
    assert!(problem.detail.en.contains("merestone-gdal"), "{problem}");
    let path = scratch.path().join("a.fgb");
    std::fs::write(&path, b"fgb\x03fgb\x01").unwrap();
    let problem = files::read(&worker, &path, Options::default()).unwrap_err();
    assert_eq!(
        (problem.code, problem.file.as_deref()),
        (Code::ReaderUnavailable, Some("a.fgb"))
    );
    // What needs none is read.
    std::fs::write(&path, b"number,lat,lon\n1,42.5,130.5\n").unwrap();
    let opened = files::read(&worker, &path, Options::default()).unwrap();
    assert_eq!(opened.rows(10).unwrap().len(), 1);
}

/// `name [Kind] n=4 bbox=1.1,1.1,1.6,2.5; ...` as the manifest has it.
fn facts(text: &str) -> BTreeMap<String, (u64, Option<[f64; 4]>)> {
    text.split("; ")
        .filter_map(|layer| {
            let (name, rest) = layer.split_once(" [")?;
            let n = rest.split_once("n=")?.1.split(' ').next()?.parse().ok()?;
            let bounds = rest.split_once("bbox=").map(|(_, numbers)| {
                let numbers: Vec<f64> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
                [numbers[0], numbers[1], numbers[2], numbers[3]]
            });
            Some((name.to_owned(), (n, bounds)))
        })
        .collect()
}

#[test]
fn layers_are_those_that_gdal_finds() {
    let Some(manifest) = shared("tracks/MANIFEST.tsv") else {
        return;
    };
    let reading = Reading::new();
    let mut files = 0;
    for line in std::fs::read_to_string(&manifest).unwrap().lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        if !cells[0].starts_with("gpkg/") && !cells[0].starts_with("shp/") {
            continue;
        }
        files += 1;
        let expected = facts(cells.last().unwrap());
        assert!(!expected.is_empty(), "{line}");
        let look = reading.look(&manifest.with_file_name(cells[0])).unwrap();
        for (name, (n, bounds)) in &expected {
            let layer = look.layers.iter().find(|layer| layer.layer.name == *name);
            let layer = layer.unwrap_or_else(|| panic!("{}: no layer {name} in {look:?}", cells[0]));
            assert_eq!(layer.features, *n, "{}: {name}", cells[0]);
            let Some(bounds) = bounds else { continue };
            // Of collections only the kind is read.
            if layer.kinds.contains_key("GeometryCollection") {
                continue;
            }
            let found = layer.bounds.unwrap();
            // A GeoPackage states its extent, and some programs write six digits of it.
            let near = |n: f64| {
                if look.format == "GeoPackage" {
                    1e-5 * n.abs()
                } else {
                    1e-6
                }
            };
            let inside = (0..2).all(|i| found[i] >= bounds[i] - near(bounds[i]))
                && (2..4).all(|i| found[i] <= bounds[i] + near(bounds[i]));
            assert!(inside, "{}: {name}: {found:?}", cells[0]);
            // The extent in the head of this one is of points that were deleted since.
            let as_stated = (0..4).all(|i| (found[i] - bounds[i]).abs() <= near(bounds[i]));
            assert!(
                as_stated || cells[0] == "shp/qgis_points.zip",
                "{}: {name}: {found:?}",
                cells[0]
            );
        }
        assert_eq!(look.layers.len(), expected.len(), "{}", cells[0]);
    }
    assert_eq!(files, 8);
    reading.is_clean();
}

#[test]
fn a_geopackage_gives_rows_of_the_layer_that_is_named() {
    let Some(path) = shared("tracks/gpkg/qgis_points_gpkg.gpkg") else {
        return;
    };
    let reading = Reading::new();
    // Two layers: one must be named.
    let problem = reading.rows(&path, Options::default()).unwrap_err();
    assert_eq!(problem.code, Code::ParameterInvalid);
    let layers: Vec<&str> = problem.mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
    assert_eq!(layers, ["points_gpkg", "points_small"]);
    let layer = |layer| Options {
        layer: Some(layer),
        ..Options::default()
    };
    let (rows, crs) = reading.rows(&path, layer("Points_Small")).unwrap();
    assert_eq!((rows.len(), crs.as_deref()), (3, Some("EPSG:4326")));
    assert_eq!(rows[0].place, "layer points_small, feature 1");
    let (rows, _) = reading.rows(&path, layer("points_gpkg")).unwrap();
    assert_eq!(rows.len(), 17);
    assert_eq!(rows[0].cells["Class"], Cell::Text("Jet".to_owned()));
    assert!(matches!(rows[0].geometry, Some(Geometry::Point([x, y])) if x < -80.0 && y > 20.0));
    let problem = reading.rows(&path, layer("absent")).unwrap_err();
    assert!(problem.detail.en.contains("points_small"), "{problem}");
    reading.is_clean();
}

#[test]
fn a_shapefile_is_read_from_its_zip() {
    let Some(path) = shared("tracks/shp/qgis_points.zip") else {
        return;
    };
    let reading = Reading::new();
    let (rows, crs) = reading.rows(&path, Options::default()).unwrap();
    assert_eq!((rows.len(), crs.as_deref()), (17, Some("EPSG:4326")));
    let look = reading.look(&path).unwrap();
    assert_eq!(look.format, "Shapefile");
    assert_eq!(look.layers[0].layer.system, System::Said("EPSG:4326".to_owned()));
    assert_eq!(look.entries.len(), 4);
    reading.is_clean();
}
