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

/// The register of a boundary commission as it was published: tables of MapInfo, 27 columns, a line from each point to
/// the next. Their system is described without a code, and can only be NAD27.
#[test]
fn the_published_register_is_read_as_it_was_published() {
    let reading = Reading::new();
    for (section, n) in [("C", 1091), ("E", 716), ("H", 3391), ("J", 433), ("N", 12), ("P", 202)] {
        let Some(path) = shared(&format!("boundary/ibc/original_{section}BDRY.zip")) else {
            return;
        };
        let (rows, crs) = reading.rows(&path, Options::default()).unwrap();
        assert_eq!((rows.len(), crs.as_deref()), (n, Some("EPSG:4267")), "{section}");
        // The point on the map is the one in the table, to the precision of the map.
        let mut compared = 0;
        for row in &rows {
            let Some(shape) = &row.geometry else { continue };
            let Some(Cell::Text(lat)) = row.cells.get("Lat") else {
                continue;
            };
            let Some(degrees) = printed(lat) else { continue };
            let near = shape.positions().any(|[_, y]| (degrees - y).abs() < 1e-5);
            assert!(near, "{section} {}: {lat} {shape:?}", row.place);
            compared += 1;
        }
        assert!(compared * 10 > n * 9, "{section}: {compared} of {n}");
    }
    reading.is_clean();
}

/// `450048.2000` or `45 00 48.2`: degrees, minutes and seconds.
fn printed(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let whole = digits.split('.').next()?.len();
    (whole == 6).then(|| {
        let number = |range: std::ops::Range<usize>| digits[range].parse::<f64>().unwrap();
        number(0..2) + number(2..4) / 60.0 + number(4..digits.len()) / 3600.0
    })
}

#[test]
fn folders_of_kml_are_those_that_gdal_finds() {
    let Some(manifest) = shared("tracks/MANIFEST.tsv") else {
        return;
    };
    let reading = Reading::new();
    let mut files = 0;
    for line in std::fs::read_to_string(&manifest).unwrap().lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        if !cells[0].starts_with("kml/") {
            continue;
        }
        files += 1;
        let look = reading.look(&manifest.with_file_name(cells[0])).unwrap();
        assert_eq!(look.format, "KML");
        // By the innermost name: GDAL numbers those that come twice.
        let mut found: BTreeMap<&str, u64> = BTreeMap::new();
        for layer in &look.layers {
            let name = layer.layer.name.rsplit('/').next().unwrap();
            *found.entry(name).or_default() += layer.features;
        }
        let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
        let facts = cells.last().unwrap().strip_prefix("GDAL 3.6.2: ").unwrap();
        for layer in facts.split(", ") {
            let (name, n) = layer.rsplit_once('=').unwrap();
            *expected.entry(name.split(" (#").next().unwrap()).or_default() += n.parse::<u64>().unwrap();
        }
        expected.retain(|_, n| *n > 0);
        found.retain(|_, n| *n > 0);
        eprintln!("{}: {found:?} {expected:?}", cells[0]);
        let sum = |counts: &BTreeMap<&str, u64>| counts.values().sum::<u64>();
        if cells[0] == "kml/crate_sample.kml" {
            // Pictures laid on the ground are features to GDAL.
            expected.remove("Ground Overlays");
        }
        assert_eq!(sum(&found), sum(&expected), "{}: {found:?} {expected:?}", cells[0]);
        let number = |column: usize| cells[column].parse::<usize>().unwrap_or(0);
        // Points of all lines, as another program counts them.
        let (rows, crs) = reading
            .rows(&manifest.with_file_name(cells[0]), Options::default())
            .unwrap();
        // KML knows one system, so the caller decides what its numbers are worth.
        assert_eq!(crs, None);
        assert!(
            look.layers
                .iter()
                .all(|layer| layer.layer.system == System::Format("OGC:CRS84"))
        );
        let lines: usize = rows
            .iter()
            .filter_map(|row| match &row.geometry {
                Some(shape @ (Geometry::Line(_) | Geometry::Lines(_))) => Some(shape.positions().count()),
                _ => None,
            })
            .sum();
        eprintln!("{}: {lines} {} {}", cells[0], number(9), number(12));
    }
    assert_eq!(files, 8);
    reading.is_clean();
}

#[test]
fn flatgeobuf_is_read_with_longitude_first() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden/marks.fgb");
    let reading = Reading::new();
    let (rows, crs) = reading.rows(&path, Options::default()).unwrap();
    assert_eq!(crs.as_deref(), Some("EPSG:4490"));
    assert_eq!(rows[0].geometry, Some(Geometry::Point([130.5, 42.5])));
    let cells: Vec<(&str, &Cell)> = rows[0].cells.iter().map(|(name, cell)| (name.as_str(), cell)).collect();
    assert_eq!(
        cells,
        [
            ("checked", &Cell::Text("2026-08-06T00:00:00".to_owned())),
            ("height_m", &Cell::Number(12.5, "12.5".to_owned())),
            ("name_zh", &Cell::Text("界碑一".to_owned())),
            ("number", &Cell::Text("1".to_owned())),
            ("z", &Cell::Number(12.5, "12.5".to_owned())),
        ]
    );
    // What is empty in the file is no cell.
    assert_eq!(rows[1].cells.keys().collect::<Vec<_>>(), ["number", "z"]);
}

/// A Shapefile of points with a name each: .shp, .shx and .dbf, with the mark of a language in the table.
fn shapefile(points: &[([f64; 2], &[u8])], mark: u8) -> [(&'static str, Vec<u8>); 3] {
    let head = |bytes: usize| {
        let mut head = vec![0, 0, 0x27, 0x0A];
        head.resize(24, 0);
        head.extend_from_slice(&u32::try_from(bytes / 2).unwrap().to_be_bytes());
        head.extend_from_slice(&1000_u32.to_le_bytes());
        head.extend_from_slice(&1_u32.to_le_bytes());
        let bound = |axis: usize, pick: fn(f64, f64) -> f64| points.iter().map(|p| p.0[axis]).reduce(pick).unwrap();
        for n in [
            bound(0, f64::min),
            bound(1, f64::min),
            bound(0, f64::max),
            bound(1, f64::max),
        ] {
            head.extend_from_slice(&n.to_le_bytes());
        }
        head.resize(100, 0);
        head
    };
    let (mut shp, mut shx) = (head(100 + points.len() * 28), head(100 + points.len() * 8));
    let mut dbf = vec![3, 126, 1, 1];
    dbf.extend_from_slice(&u32::try_from(points.len()).unwrap().to_le_bytes());
    dbf.extend_from_slice(&[65, 0, 21, 0]);
    dbf.resize(29, 0);
    dbf.extend_from_slice(&[mark, 0, 0]);
    dbf.extend_from_slice(b"NAME\0\0\0\0\0\0\0C\0\0\0\0\x14");
    dbf.resize(64, 0);
    dbf.push(b'\r');
    for (number, ([x, y], name)) in (1_u32..).zip(points) {
        for n in [u32::try_from(shp.len() / 2).unwrap(), 10] {
            shx.extend_from_slice(&n.to_be_bytes());
        }
        for n in [number, 10] {
            shp.extend_from_slice(&n.to_be_bytes());
        }
        shp.extend_from_slice(&1_u32.to_le_bytes());
        shp.extend_from_slice(&x.to_le_bytes());
        shp.extend_from_slice(&y.to_le_bytes());
        dbf.push(b' ');
        let mut cell = name.to_vec();
        cell.resize(20, b' ');
        dbf.extend_from_slice(&cell);
    }
    [("shp", shp), ("shx", shx), ("dbf", dbf)]
}

/// The system of 3-degree zone 42 as other software writes it, without a code.
const ZONE_42: &str = r#"PROJCS["CGCS2000_3_Degree_GK_Zone_42",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",42500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",126.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_shapefile_is_read_in_any_encoding_and_in_its_own_system() {
    let reading = Reading::new();
    let (gbk, utf8) = (&b"\xBD\xE7\xB1\xAE\xD2\xBB"[..], "界碑一".as_bytes());
    let metres = [42_630_000.25, 4_700_000.5];
    for (name, mark, cpg) in [
        (gbk, 0x4D, None),
        (gbk, 0, Some("GBK")),
        (gbk, 0, Some("936\r\n")),
        (utf8, 0, Some("UTF-8")),
        (utf8, 0x57, None),
    ] {
        let parts = shapefile(&[(metres, name), (metres, b"2")], mark);
        let mut files: Vec<(String, &[u8])> = parts
            .iter()
            .map(|(ending, bytes)| (format!("2026/界碑.{ending}"), bytes.as_slice()))
            .collect();
        files.push(("2026/界碑.prj".to_owned(), ZONE_42.as_bytes()));
        if let Some(cpg) = cpg {
            files.push(("2026/界碑.cpg".to_owned(), cpg.as_bytes()));
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        let path = reading.write("marks.zip", &zip(&files));
        let (rows, crs) = reading.rows(&path, Options::default()).unwrap();
        assert_eq!(crs.as_deref(), Some("EPSG:4530"));
        assert_eq!(rows[0].geometry, Some(Geometry::Point(metres)));
        assert_eq!(rows[0].cells["NAME"], Cell::Text("界碑一".to_owned()), "{mark} {cpg:?}");
        assert_eq!(rows[1].cells["NAME"], Cell::Text("2".to_owned()));
        assert_eq!(reading.look(&path).unwrap().layers[0].layer.name, "界碑");
    }
    // What the caller says wins.
    let parts = shapefile(&[([130.5, 42.5], gbk)], 0);
    let files: Vec<(String, &[u8])> = parts
        .iter()
        .map(|(e, bytes)| (format!("A.{e}"), bytes.as_slice()))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let path = reading.write("told.zip", &zip(&files));
    let told = Options {
        crs: Some("EPSG:4490"),
        encoding: Some("GB18030"),
        ..Options::default()
    };
    let (rows, crs) = reading.rows(&path, told).unwrap();
    assert_eq!(crs.as_deref(), Some("EPSG:4490"));
    assert_eq!(rows[0].cells["NAME"], Cell::Text("界碑一".to_owned()));
    // Beside one another in a folder, named by any of capitals and small letters.
    for (ending, bytes) in &parts {
        reading.write(&format!("Loose.{}", ending.to_uppercase()), bytes);
    }
    let (rows, _) = reading.rows(&reading.scratch.path().join("Loose.SHP"), told).unwrap();
    assert_eq!(rows.len(), 1);
    reading.is_clean();
}

#[test]
fn several_shapefiles_of_a_zip_are_layers() {
    let reading = Reading::new();
    let marks = shapefile(&[([130.5, 42.5], b"1")], 0);
    let ports = shapefile(&[([130.6, 42.6], b"2"), ([130.7, 42.7], b"3")], 0);
    let mut files: Vec<(String, &[u8])> = Vec::new();
    for (name, parts) in [("marks", &marks), ("ports", &ports)] {
        files.extend(parts.iter().map(|(e, bytes)| (format!("{name}.{e}"), bytes.as_slice())));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let path = reading.write("both.zip", &zip(&files));
    let options = |layer| Options {
        crs: Some("EPSG:4490"),
        layer,
        ..Options::default()
    };
    let problem = reading.rows(&path, options(None)).unwrap_err();
    let names: Vec<&str> = problem.mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
    assert_eq!(names, ["marks", "ports"]);
    assert_eq!(reading.rows(&path, options(Some("Ports"))).unwrap().0.len(), 2);
    let look = reading.look(&path).unwrap();
    let counts: Vec<(&str, u64)> = look
        .layers
        .iter()
        .map(|l| (l.layer.name.as_str(), l.features))
        .collect();
    assert_eq!(counts, [("marks", 1), ("ports", 2)]);
}

/// A drawing with a line, a light polyline, a heavy polyline and a text on layers of their own.
fn drawing() -> Vec<u8> {
    let text = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n\
        0\nSECTION\n2\nENTITIES\n\
        0\nLINE\n8\nBORDER\n10\n42630000.0\n20\n4700000.0\n11\n42630100.0\n21\n4700050.0\n\
        0\nLWPOLYLINE\n8\n界线\n90\n3\n70\n0\n10\n42630000.0\n20\n4700000.0\n10\n42630010.0\n20\n4700010.0\n10\n42630020.0\n20\n4700000.0\n\
        0\nPOLYLINE\n8\n界线\n66\n1\n0\nVERTEX\n8\n界线\n10\n42630000.5\n20\n4700000.5\n30\n0\n0\nVERTEX\n8\n界线\n10\n42630001.5\n20\n4700001.5\n30\n0\n0\nSEQEND\n\
        0\nTEXT\n8\nNOTES\n10\n42630000.0\n20\n4700000.0\n40\n2.0\n1\n界碑 \\U+4E00\n\
        0\nENDSEC\n0\nEOF\n";
    encoding_rs::GBK.encode(text).0.into_owned()
}

#[test]
fn a_drawing_gives_lines_by_the_layer_drawn_on() {
    let reading = Reading::new();
    let path = reading.write("lines.dxf", &drawing());
    let options = |layer| Options {
        crs: Some("EPSG:4530"),
        layer,
        ..Options::default()
    };
    // A drawing never says its system.
    assert_eq!(
        reading.rows(&path, Options::default()).unwrap_err().code,
        Code::CrsUnknown
    );
    let (rows, _) = reading.rows(&path, options(None)).unwrap();
    assert_eq!(rows.len(), 4);
    let (rows, _) = reading.rows(&path, options(Some("界线"))).unwrap();
    let lines: Vec<usize> = rows
        .iter()
        .map(|row| row.geometry.as_ref().unwrap().positions().count())
        .collect();
    assert_eq!(lines, [3, 2]);
    assert_eq!(rows[0].cells["Layer"], Cell::Text("界线".to_owned()));
    let (rows, _) = reading.rows(&path, options(Some("border"))).unwrap();
    let expected = Geometry::Line(vec![[42_630_000.0, 4_700_000.0], [42_630_100.0, 4_700_050.0]]);
    assert_eq!(rows[0].geometry, Some(expected));
    let (rows, _) = reading.rows(&path, options(Some("notes"))).unwrap();
    assert_eq!(rows[0].cells["Text"], Cell::Text("界碑 一".to_owned()));
    let problem = reading.rows(&path, options(Some("absent"))).unwrap_err();
    assert!(problem.detail.en.contains("BORDER, 界线, NOTES"), "{problem}");
    let look = reading.look(&path).unwrap();
    let drawn: Vec<(&str, u64)> = look.layers[0]
        .drawn_on
        .iter()
        .map(|(name, n)| (name.as_str(), *n))
        .collect();
    assert_eq!(drawn, [("BORDER", 1), ("NOTES", 1), ("界线", 2)]);
}

#[test]
fn text_formats_are_told_by_what_they_hold() {
    let reading = Reading::new();
    let feature =
        r#"{"type":"Feature","properties":{"number":7},"geometry":{"type":"Point","coordinates":[130.5,42.5]}}"#;
    let whole = format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#);
    let lines = format!("{feature}\n{feature}\n");
    let sequence = format!("\u{1e}{feature}\n\u{1e}{feature}\n");
    for text in [&whole, &lines, &sequence] {
        let path = reading.write("upload.dat", text.as_bytes());
        let (rows, crs) = reading.rows(&path, Options::default()).unwrap();
        assert_eq!((rows.len(), crs), (2, None));
        assert_eq!(rows[1].geometry, Some(Geometry::Point([130.5, 42.5])));
    }
    let named = whole.replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"#,
        1,
    );
    let (_, crs) = reading
        .rows(&reading.write("a.geojson", named.as_bytes()), Options::default())
        .unwrap();
    assert_eq!(crs.as_deref(), Some("EPSG:4490"));
    let linked = whole.replacen(
        '{',
        r#"{"crs":{"type":"link","properties":{"href":"http://127.0.0.1/x"}},"#,
        1,
    );
    let problem = reading.rows(&reading.write("a.geojson", linked.as_bytes()), Options::default());
    assert_eq!(problem.unwrap_err().code, Code::CrsUnknown);
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(whole.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        reading
            .rows(&reading.write("a.geojson", &utf16), Options::default())
            .unwrap()
            .0
            .len(),
        2
    );
    let table = encoding_rs::GBK.encode("编号;纬度\n界碑;42,5\n").0.into_owned();
    let (rows, _) = reading
        .rows(&reading.write("a.csv", &table), Options::default())
        .unwrap();
    assert_eq!(rows[0].cells["编号"], Cell::Text("界碑".to_owned()));
    // Inside a zip as well.
    let path = reading.write(
        "a.zip",
        &zip(&[("readme.txt", b"hello"), ("data/a.GeoJSON", whole.as_bytes())]),
    );
    assert_eq!(reading.rows(&path, Options::default()).unwrap().0.len(), 2);
}

/// What the reader answers to each feature file that is broken or made to do harm.
const ANSWERS: &[(&str, Result<usize, Code>)] = &[
    ("1e400.geojson", Err(Code::FileMalformed)),
    ("bad_srs.gpkg", Err(Code::CrsUnknown)),
    ("deep.geojson", Err(Code::FileTooDeep)),
    ("json_with_vsi.geojson", Ok(0)),
    ("local_file.vrt", Err(Code::FormatUnknown)),
    ("nan.geojson", Err(Code::FileMalformed)),
    ("nested_zip.zip", Err(Code::FileForbiddenContent)),
    ("no_kml.kmz", Err(Code::FormatUnknown)),
    ("path_traversal.zip", Err(Code::FileForbiddenContent)),
    ("shp_no_prj.zip", Err(Code::CrsUnknown)),
    ("shp_no_shx.zip", Ok(10)),
    ("shp_upper.zip", Ok(10)),
    ("shp_wrong_prj.zip", Err(Code::CrsUnknown)),
    ("survey_comma_decimal.csv", Ok(2)),
    ("truncated.gpkg", Err(Code::FileMalformed)),
    ("wrong_type.gpx", Err(Code::FormatUnknown)),
    ("zip_bomb.kmz", Err(Code::FileTooLarge)),
];

#[test]
fn hostile_files_are_answered() {
    let Some(manifest) = shared("bad/MANIFEST.tsv") else {
        return;
    };
    let reading = Reading::new();
    for (file, answer) in ANSWERS {
        let since = std::time::Instant::now();
        let found = reading.rows(&manifest.with_file_name(file), Options::default());
        let found = found.map(|(rows, _)| rows.len()).map_err(|problem| {
            assert_eq!(problem.file.as_deref(), Some(*file));
            assert!(
                !problem.detail.zh.is_empty() && !problem.remedy.en.is_empty(),
                "{problem}"
            );
            problem.code
        });
        assert_eq!(&found, answer, "{file}");
        assert!(since.elapsed().as_secs() < 5, "{file} took {:?}", since.elapsed());
    }
    // Said, the system that is missing does no harm, and the index that is missing is made again.
    let told = Options {
        crs: Some("EPSG:4490"),
        ..Options::default()
    };
    for file in ["shp_no_prj.zip", "bad_srs.gpkg"] {
        assert_eq!(
            reading.rows(&manifest.with_file_name(file), told).unwrap().0.len(),
            10,
            "{file}"
        );
    }
    let look = reading.look(&manifest.with_file_name("shp_no_shx.zip")).unwrap();
    assert!(look.warnings.iter().any(|w| w.en.contains(".shx")), "{look:?}");
    reading.is_clean();
}

/// Files and names that would make GDAL read other files or send requests, given straight to the worker.
#[test]
fn the_worker_reads_nothing_but_its_file() {
    use merestone::format::gdal::Texts;
    use merestone::format::gdal::wire::{Driver, Request};

    let reading = Reading::new();
    let canary = format!("canary-{}", std::process::id());
    let secret = reading.write("secret.csv", format!("name\n{canary}\n").as_bytes());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let vrt = |source: &str| {
        format!(
            "<OGRVRTDataSource><OGRVRTLayer name=\"secret\"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        )
    };
    let local = vrt(&secret.display().to_string());
    let remote = vrt(&format!("/vsicurl/http://127.0.0.1:{port}/x.geojson"));
    let address = format!("/vsicurl/http://127.0.0.1:{port}/x.gpkg");
    let read = |driver: Driver, file: &str, bytes: &[u8]| {
        let folder = reading.worker.folder().unwrap();
        for name in ["data.gpkg", "data.shp", "data.tab", "data.dxf", "data.fgb"] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let request = Request {
            driver,
            file: file.to_owned(),
            layers: Vec::new(),
            restore_index: true,
            rows: true,
            unfenced: false,
        };
        let read = reading
            .worker
            .read(std::sync::Arc::new(folder), &request, Texts::Either);
        let rows = read.and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
        assert!(!format!("{rows:?}").contains(&canary), "{driver:?} {file}: {rows:?}");
        rows
    };
    for driver in Driver::ALL {
        for bytes in [local.as_bytes(), remote.as_bytes(), b""] {
            for name in ["data.gpkg", "data.shp", "data.tab", "data.dxf", "data.fgb"] {
                let rows = read(driver, name, bytes);
                assert!(
                    rows.as_ref().is_err() || rows.as_ref().is_ok_and(Vec::is_empty),
                    "{rows:?}"
                );
            }
        }
        let elsewhere = secret.display().to_string();
        for name in [
            "/etc/passwd",
            &elsewhere,
            "../secret.csv",
            &address,
            "PG:dbname=x",
            "MEM:::DATAPOINTER=1",
            ".",
            "",
        ] {
            assert!(read(driver, name, b"x").is_err(), "{driver:?} {name}");
        }
    }
    let visited = listener.accept();
    assert!(visited.is_err_and(|fault| fault.kind() == std::io::ErrorKind::WouldBlock));
    reading.is_clean();
}

/// A GeoPackage is a database, and databases can compute. What its views may call reaches nothing.
#[test]
fn views_of_a_geopackage_reach_nothing() {
    let Some(path) = shared("tracks/gpkg/qgis_points_gpkg.gpkg") else {
        return;
    };
    let reading = Reading::new();
    let canary = format!("canary-{}", std::process::id());
    let secret = reading.write("secret.csv", format!("name\n{canary}\n").as_bytes());
    let secret = secret.display();
    for (number, view) in [
        format!("select 1 as fid, ogr_datasource_load_layers('{secret}') as name"),
        format!("select 1 as fid, readfile('{secret}') as name"),
        format!("select 1 as fid, load_extension('{secret}') as name"),
        format!("select 1 as fid, gdal_get_pixel_value('{secret}', 1, 'georef', 0, 0) as name"),
        "select 1 as fid, hex(zeroblob(400000000)) as name".to_owned(),
        "select 1 as fid, zeroblob(900000000) as name".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let made = reading.scratch.path().join(format!("view-{number}.gpkg"));
        std::fs::copy(&path, &made).unwrap();
        let script = format!(
            "create view spy as {view}; insert into gpkg_contents (table_name, data_type, identifier, srs_id)
             values ('spy', 'attributes', 'spy', 4326);"
        );
        let done = std::process::Command::new("sqlite3")
            .arg(&made)
            .arg(&script)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let options = Options {
            layer: Some("spy"),
            ..Options::default()
        };
        let rows = reading.rows(&made, options);
        let said = format!("{rows:?}");
        assert!(!said.contains(&canary), "{view}: {said}");
        assert!(said.len() < 100_000, "{view}");
        // The other layers are still to be had, or all is refused; the reader does not break.
        if let Err(problem) = rows {
            assert_ne!(problem.code, Code::ReaderUnavailable, "{view}: {problem}");
        }
    }
    reading.is_clean();
}

/// Honest files with a few bytes changed: an answer, in time, and never a reader that is gone.
#[test]
fn changed_bytes_do_no_harm() {
    let reading = Reading::new();
    let mut seeds = vec![
        ("dxf", drawing()),
        (
            "fgb",
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden/marks.fgb")).unwrap(),
        ),
    ];
    let parts = shapefile(&[([130.5, 42.5], b"1"), ([130.6, 42.6], b"2")], 0);
    let files: Vec<(String, &[u8])> = parts
        .iter()
        .map(|(e, bytes)| (format!("a.{e}"), bytes.as_slice()))
        .collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    seeds.push(("zip", zip(&files)));
    if let Some(path) = shared("tracks/gpkg/qfield_notes.gpkg") {
        seeds.push(("gpkg", std::fs::read(path).unwrap()));
    }
    // Numbers that look random and are the same in every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut read, mut refused) = (0, 0);
    for round in 0..25 {
        for (ending, seed) in &seeds {
            let mut bytes = seed.clone();
            for _ in 0..=random(8) {
                let at = random(bytes.len());
                bytes[at] = u8::try_from(random(256)).unwrap();
            }
            if round % 5 == 4 {
                bytes.truncate(random(bytes.len()).max(1));
            }
            let path = reading.write(&format!("changed.{ending}"), &bytes);
            let since = std::time::Instant::now();
            match reading.look(&path) {
                Ok(_) => read += 1,
                Err(problem) => {
                    assert!(
                        !matches!(problem.code, Code::ReaderUnavailable | Code::Internal),
                        "{ending}, round {round}: {problem}"
                    );
                    refused += 1;
                }
            }
            assert!(
                since.elapsed().as_secs() < 30,
                "{ending}, round {round}: {:?}",
                since.elapsed()
            );
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
    reading.is_clean();
}
