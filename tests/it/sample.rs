//! The invented sample border is what its generator writes, and the register's promises hold in it.

// The long track for load tests is not written here.
#[allow(dead_code)]
#[path = "../../examples/invented_border/generate/mod.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use generate::World;
use merestone::domain::schema::{ALL, Field, Presence, Schema, Shape, Type, of};
use serde_json::Value;

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

fn features(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let collection: Value = serde_json::from_str(&text).unwrap();
    assert!(
        collection["notice"]["en"].as_str().unwrap().starts_with("Invented"),
        "{file} says that it is invented"
    );
    collection["features"].as_array().unwrap().clone()
}

#[test]
fn each_segment_begins_exactly_where_the_one_before_ends() {
    let mut end: Option<Value> = None;
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

fn toml_file(path: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_code_of_the_sample_is_in_the_code_lists() {
    let lists = toml_file("data/reference/codes.toml");
    let known = |list: &str, code: &str| {
        let list = lists["list"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["key"].as_str() == Some(list))
            .unwrap();
        list["codes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["code"].as_str() == Some(code))
    };
    for (file, key, list) in [
        ("markers.geojson", "condition", "marker_condition"),
        ("markers.geojson", "constellation", "constellation"),
        ("markers.geojson", "kind", "marker_kind"),
        ("markers.geojson", "material", "material"),
        ("segments.geojson", "line_type", "line_type"),
        ("segments.geojson", "movability", "movability"),
        ("ports.geojson", "status", "port_status"),
        ("ports.geojson", "port_class", "port_class"),
        ("ports.geojson", "kind", "port_kind"),
        ("projects.geojson", "kind", "project_kind"),
        ("projects.geojson", "state", "project_state"),
    ] {
        for feature in features(file) {
            let code = feature["properties"][key].as_str().unwrap();
            assert!(known(list, code), "{file}: {key} {code} is not in the list {list}");
        }
    }
    let border = toml_file("data/sample/astrand-veyra/border.toml");
    for inspection in border["inspection"].as_array().unwrap() {
        assert!(known("inspection_kind", inspection["kind"].as_str().unwrap()));
        assert!(known("inspection_state", inspection["state"].as_str().unwrap()));
    }
    for section in border["section"].as_array().unwrap() {
        assert!(known("section_character", section["character"].as_str().unwrap()));
    }
}

/// What is wrong with a value of a field.
fn value_fault(field: &Field, value: &Value) -> Option<String> {
    let text = value.as_str();
    let fits = match field.kind {
        Type::Text => text.is_some_and(|text| !text.is_empty()),
        Type::Code(list) => text.is_some_and(|word| list.has(word)),
        Type::Integer => value.is_i64(),
        Type::Number => value.is_number(),
        Type::Flag => value.is_boolean(),
        Type::Date => text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        Type::Time => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        Type::Reference(_) => text.is_some(),
        Type::Texts => value.as_array().is_some_and(|texts| {
            texts
                .iter()
                .all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
        }),
        Type::Document => value.is_array() || value.is_object(),
    };
    let inside = field.range.is_none_or(|(least, greatest)| {
        value
            .as_f64()
            .is_some_and(|number| (least..=greatest).contains(&number))
    });
    (!fits || !inside).then(|| format!("{} is {value}", field.name))
}

/// The natural keys that the files know, by collection, so far.
type Known = BTreeMap<&'static str, BTreeSet<String>>;

/// What is wrong with a record of a kind: fields it has not, values that do not fit, keys that lead nowhere.
fn record_faults(schema: &Schema, feature: &Value, known: &Known) -> Vec<String> {
    let mut faults = Vec::new();
    let properties = feature["properties"].as_object().unwrap();
    for (name, value) in properties {
        let Some(field) = schema.field(name) else {
            faults.push(format!("{name} is no field"));
            continue;
        };
        faults.extend(value_fault(field, value));
        if let (Type::Reference(collection), Some(key)) = (field.kind, value.as_str())
            && !known.get(collection).is_some_and(|keys| keys.contains(key))
        {
            faults.push(format!("{name}: there is no {key} among {collection}"));
        }
        if !field.is_writable() {
            faults.push(format!("{name} is not for a file to say"));
        }
    }
    let own = schema.fields.iter().flat_map(|group| group.iter());
    for field in own.filter(|field| field.presence == Presence::Required) {
        if !properties.contains_key(field.name) {
            faults.push(format!("{} is missing", field.name));
        }
    }
    let shape = feature["geometry"]["type"].as_str();
    let fits = match schema.shape {
        Shape::None => shape.is_none(),
        Shape::Point => shape.is_none_or(|shape| shape == "Point"),
        Shape::Line => shape.is_none_or(|shape| shape == "LineString"),
        Shape::Lines => shape.is_none_or(|shape| shape == "MultiLineString"),
        Shape::Polygon => shape.is_none_or(|shape| shape == "Polygon"),
        Shape::Any => true,
    };
    if !fits || (shape.is_none() && schema.geometry == Presence::Required) {
        faults.push(format!("the geometry is {shape:?}"));
    }
    faults
}

#[test]
fn every_record_of_the_sample_fits_its_kind() {
    let border = toml_file("data/sample/astrand-veyra/border.toml");
    let keys = |part: &str, key: &str| -> BTreeSet<String> {
        let parts = border[part].as_array().unwrap();
        parts
            .iter()
            .map(|part| part[key].as_str().unwrap().to_owned())
            .collect()
    };
    let mut known = Known::from([
        ("parties", keys("party", "code")),
        ("instruments", keys("instrument", "key")),
        ("sections", keys("section", "key")),
        ("inspections", keys("inspection", "number")),
    ]);
    let mut n_files = 0;
    let mut faults = Vec::new();
    // In the order of the register, so that a file never points at a later one.
    for schema in ALL {
        let file = format!("{}.geojson", schema.collection);
        // Markers stand in their file by element, with columns of both kinds.
        if schema.kind == "marker_element" || !folder().join(&file).exists() {
            continue;
        }
        n_files += 1;
        let mut own = BTreeSet::new();
        for feature in features(&file) {
            let text = |name: &str| feature["properties"][name].as_str().map(str::to_owned);
            if schema.kind == "marker" {
                let label = feature["properties"]["element"].as_i64().filter(|element| *element > 0);
                let number = text("number").unwrap();
                let label = label.map_or_else(|| number.clone(), |element| format!("{number}({element})"));
                known.entry("marker_elements").or_default().insert(label);
                for name in feature["properties"].as_object().unwrap().keys() {
                    let element = of("marker_elements").unwrap();
                    assert!(schema.field(name).or_else(|| element.field(name)).is_some(), "{name}");
                }
                own.insert(number);
                continue;
            }
            let name = text(schema.natural).unwrap_or_default();
            let wrong = record_faults(schema, &feature, &known);
            faults.extend(wrong.into_iter().map(|fault| format!("{file}: {name}: {fault}")));
            let is_new = name.is_empty() || own.insert(name.clone());
            assert!(is_new, "{file} has {name} twice");
        }
        known.insert(schema.collection, own);
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert_eq!(n_files, 28);
}

#[test]
fn a_record_that_does_not_fit_is_seen() {
    let zone = of("zones").unwrap();
    let bad = serde_json::json!({
        "properties": { "number": "Z1", "kind": "moat", "section": "S9", "depth": 1, "version": 2, "starts_on": "soon" },
        "geometry": { "type": "Point", "coordinates": [0, 0] },
    });
    let seen = record_faults(zone, &bad, &Known::new());
    assert_eq!(seen.len(), 6, "{seen:?}");
}

#[test]
fn every_kind_has_its_term() {
    let glossary = toml_file("data/reference/glossary.toml");
    let codes: BTreeSet<&str> = glossary["term"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| term["code"].as_str().unwrap())
        .collect();
    for schema in ALL {
        // The one word alone would not say whose representative.
        let code = if schema.kind == "representative" {
            "boundary_representative"
        } else {
            schema.kind
        };
        assert!(codes.contains(code), "the glossary has no {code}");
    }
}

#[test]
fn each_term_of_the_glossary_has_four_languages_and_a_source() {
    let glossary = toml_file("data/reference/glossary.toml");
    let mut codes = BTreeSet::new();
    for term in glossary["term"].as_array().unwrap() {
        let code = term["code"].as_str().unwrap();
        assert!(codes.insert(code), "{code} twice");
        for key in ["en", "zh", "ru", "ko", "source"] {
            assert!(
                term[key].as_str().is_some_and(|text| !text.trim().is_empty()),
                "{code} has no {key}"
            );
        }
    }
}

#[test]
fn tracks_moved_with_the_pacific_pole_of_the_reference() {
    let model = toml_file("data/reference/plate_motion.toml");
    let plates = model["plate"].as_array().unwrap();
    assert_eq!(plates.len(), 11);
    let pacific = plates.iter().find(|p| p["code"].as_str() == Some("PCFC")).unwrap();
    let omega = ["omega_x", "omega_y", "omega_z"].map(|key| pacific[key].as_float().unwrap());
    assert_eq!(omega, generate::earth::PACIFIC_MAS);
    // 63 mm a year towards the north-west: 1.68 m in 26.6 years (PROJ 9.5.1 with its ITRF2014 file gives 1.684 m).
    let (earth, at) = (
        generate::earth::Earth::new(),
        generate::earth::At {
            lon: -168.103,
            lat: 42.683,
        },
    );
    let (metres, azimuth) = earth.inverse(at, earth.seen_in(2026.6, at));
    assert!((metres - 1.683).abs() < 0.003, "{metres} m");
    assert!((azimuth - 302.75).abs() < 0.1, "{azimuth} degrees");
}

#[test]
fn the_columns_that_the_real_sample_maps_are_in_its_files() {
    let border = toml_file("data/sample/ibc-j/border.toml");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/ibc-j");
    for import in border["import"].as_array().unwrap() {
        let file = import["file"].as_str().unwrap();
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for pair in import["map"].as_str().unwrap().split(',') {
            let (_, column) = pair.split_once('=').unwrap();
            let found = if file.ends_with(".csv") {
                text.lines().next().unwrap().split(',').any(|c| c == column)
            } else {
                text.contains(&format!("\"{column}\":"))
            };
            assert!(found, "{file} has no {column}");
        }
    }
}
