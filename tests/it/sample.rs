//! The invented sample border is what its generator writes, and the register's promises hold in it.

// The long track for load tests is not written here.
#[allow(dead_code)]
#[path = "../../examples/invented_border/generate/mod.rs"]
mod generate;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use generate::World;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/astrand-veyra")
}

fn stored_under(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            stored_under(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn generator_writes_the_stored_bytes_and_nothing_else_is_stored() {
    let files = generate::files(&World::new());
    for (path, text) in &files {
        let stored = std::fs::read(folder().join(path)).unwrap();
        let same = stored == text.as_bytes();
        assert!(
            same,
            "{path} differs: run `cargo run --example invented_border` and look at the difference"
        );
    }
    let mut stored = BTreeSet::new();
    stored_under(&folder(), "", &mut stored);
    let made: BTreeSet<String> = files.into_iter().map(|(path, _)| path).collect();
    assert_eq!(stored, made);
}

fn features(file: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let collection: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(
        collection["notice"]["en"].as_str().unwrap().starts_with("Invented"),
        "{file} says that it is invented"
    );
    collection["features"].as_array().unwrap().clone()
}

#[test]
fn each_segment_begins_exactly_where_the_one_before_ends() {
    let mut end: Option<serde_json::Value> = None;
    for segment in features("segments.geojson") {
        let line = segment["geometry"]["coordinates"].as_array().unwrap();
        if let Some(end) = end {
            assert_eq!(end, line[0], "{}", segment["properties"]);
        }
        end = line.last().cloned();
    }
    assert!(end.is_some());
}

#[test]
fn register_has_sixty_markers_in_line_order() {
    let world = World::new();
    let markers: Vec<(u64, String)> = features("markers.geojson")
        .iter()
        .map(|f| {
            (
                f["properties"]["sequence"].as_u64().unwrap(),
                f["properties"]["number"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let numbers: BTreeSet<&(u64, String)> = markers.iter().collect();
    assert_eq!(numbers.len(), 60);
    let mut last = 0.0;
    for marker in &world.markers {
        let chainage = marker.elements[0].chainage_m;
        assert!(
            chainage > last,
            "marker {} at {chainage} m after {last} m",
            marker.number
        );
        last = chainage;
    }
    assert!((50_000.0..70_000.0).contains(&world.course.line.length_m()));
}

#[test]
fn only_the_listed_markers_stand_where_they_should_not() {
    let world = World::new();
    let mut odd = Vec::new();
    for marker in &world.markers {
        for element in &marker.elements {
            let foot = world.course.line.foot(&world.earth, element.at);
            let label = marker.label(element);
            match (element.side, element.tie) {
                (Some(side), Some((azimuth, metres))) => {
                    let told = world.earth.direct(element.at, azimuth, metres);
                    let miss = world.earth.metres(told, foot.at);
                    assert!(
                        miss < 0.001,
                        "{label}: the registered tie ends {miss} m from the line point"
                    );
                    if foot.left != (side == 0) {
                        odd.push(label);
                    }
                }
                _ if foot.distance_m > 0.02 => odd.push(label),
                _ => {}
            }
        }
    }
    let listed: toml::Table = toml::from_str(&std::fs::read_to_string(folder().join("FAULTS.toml")).unwrap()).unwrap();
    let listed: BTreeSet<String> = listed["fault"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["marker"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(odd.into_iter().collect::<BTreeSet<_>>(), listed);
}

#[test]
fn track_truths_name_every_element_of_their_stretch_once() {
    let truth: toml::Table =
        toml::from_str(&std::fs::read_to_string(folder().join("tracks/TRUTH.toml")).unwrap()).unwrap();
    let world = World::new();
    for (track, section) in truth["track"].as_array().unwrap().iter().zip(0..) {
        let named = |key: &str| -> Vec<String> {
            track[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|l| l.as_str().unwrap().to_owned())
                .collect()
        };
        let mut all: Vec<String> = ["visited", "passed", "missed"].into_iter().flat_map(named).collect();
        let mut expected: Vec<String> = Vec::new();
        for marker in world.markers.iter().filter(|m| m.section == section) {
            expected.extend(marker.elements.iter().map(|e| marker.label(e)));
        }
        all.sort();
        expected.sort();
        assert_eq!(all, expected);
        let gpx = std::fs::read_to_string(folder().join("tracks").join(track["file"].as_str().unwrap())).unwrap();
        assert_eq!(
            gpx.matches("<trkpt ").count() as i64,
            track["fixes"].as_integer().unwrap()
        );
        assert_eq!(
            gpx.matches("<wpt ").count() as i64,
            track["waypoints"].as_integer().unwrap()
        );
    }
}
