//! GeoJSON, CSV, KML, GPX.

use super::*;

#[test]
fn geojson_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.geojson");
    write(
        ExportFormat::GeoJson,
        header(&THINGS, "OGC:CRS84", None),
        &things(),
        Path::new(&file),
    );
    check_all(&things(), &features(&file, &[]));
    let said = info(&file, &[]);
    assert!(said.contains("Layer name: things"), "{said}");
    assert!(said.contains("ID[\"EPSG\",4326]"), "{said}");
    let plain: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(plain["features"][0]["id"], 1_000_000_000);
    assert_eq!(plain["title"], "Things of Åstrand & Веря 界");
    assert_eq!(plain["metadata"]["version"], "4711");
    assert_eq!(plain["metadata"]["licence"], "CC-BY-4.0");
    assert_eq!(plain["metadata"]["notice_zh"], "虚构的国界");
    assert_eq!(plain["metadata"]["crs"], "OGC:CRS84");
    assert!(plain.get("crs").is_none(), "WGS 84 is not named");
}

#[test]
fn geojson_in_a_frame_names_it() {
    let folder = crate::support::folder();
    let file = path(&folder, "ways.geojson");
    let ways = of(Shape::Lines);
    write(
        ExportFormat::GeoJson,
        header(&WAYS, "EPSG:4490", Some(2000.0)),
        &ways,
        Path::new(&file),
    );
    check_all(&ways, &features(&file, &[]));
    let said = info(&file, &[]);
    assert!(said.contains("ID[\"EPSG\",4490]"), "{said}");
    let plain: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let frame = serde_json::json!({
        "type": "Reference", "href": "http://www.opengis.net/def/crs/EPSG/0/4490", "epoch": 2000.0
    });
    assert_eq!(plain["coordRefSys"], frame);
    assert_eq!(plain["metadata"]["epoch"], 2000.0);
}

#[test]
fn a_polygon_is_turned_as_geojson_wants_it() {
    let outer = hole(130.0, 42.0, 1.0);
    let thing = Thing {
        id: 1,
        values: empty("turned"),
        geometry: Some(Geometry::Polygon(vec![outer, square(130.25, 42.25, 0.5)])),
    };
    let said: Json = serde_json::from_str(&text(
        ExportFormat::GeoJson,
        header(&PLOTS, "OGC:CRS84", None),
        &[thing],
    ))
    .unwrap();
    let expect = Geometry::Polygon(vec![square(130.0, 42.0, 1.0), hole(130.25, 42.25, 0.5)]);
    assert_eq!(said["features"][0]["geometry"], geojson(Some(&expect)));
}

#[test]
fn an_export_without_records_is_a_file_all_the_same() {
    let folder = crate::support::folder();
    for format in ExportFormat::ALL {
        let file = path(&folder, &format!("posts.{}", format.extension()));
        write(format, header(&POSTS, "OGC:CRS84", None), &[], Path::new(&file));
        let place = if format == ExportFormat::Shapefile {
            format!("/vsizip/{file}")
        } else {
            file
        };
        if format != ExportFormat::GeoParquet {
            let said = info(&place, &[]);
            let counts: Vec<&str> = said.lines().filter(|line| line.starts_with("Feature Count")).collect();
            assert!(
                counts.iter().all(|line| *line == "Feature Count: 0"),
                "{format:?}: {said}"
            );
        }
    }
}

#[test]
fn csv_is_read_by_gdal_with_its_side_files() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.csv");
    let header = header(&THINGS, "EPSG:4490", Some(2000.0));
    write(ExportFormat::Csv, header.clone(), &things(), Path::new(&file));
    for side in merestone::format::write::side_files(&header, "things") {
        std::fs::write(folder.path().join(side.name), side.text).unwrap();
    }
    let found = features(
        &file,
        &["-oo", "KEEP_GEOM_COLUMNS=NO", "-oo", "EMPTY_STRING_AS_NULL=YES"],
    );
    check_all(&things(), &found);
    let said = info(&file, &[]);
    for line in [
        "feature_id: Integer64",
        "distance_to_line_m: Real",
        "open_at_night: Integer(Boolean)",
        "opened_on: Date",
        "seen_at: DateTime",
        "name_zh: String",
        "ID[\"EPSG\",4490]",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let about: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("things.csv-metadata.json")).unwrap())
            .unwrap();
    assert_eq!(about["url"], "things.csv");
    assert_eq!(about["dc:license"], "CC-BY-4.0");
    assert_eq!(about["schema:version"], "4711");
    assert_eq!(about["merestone:epoch"], "2000.0");
    let names: Vec<&str> = about["tableSchema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let table = std::fs::read_to_string(&file).unwrap();
    let first = table.lines().next().unwrap().trim_start_matches('\u{feff}');
    assert_eq!(names.join(","), first);
}

#[test]
fn a_point_in_csv_stands_in_two_columns_besides() {
    let table = text(ExportFormat::Csv, header(&POSTS, "OGC:CRS84", None), &of(Shape::Point));
    let mut lines = table.lines();
    assert!(lines.next().unwrap().ends_with(",lon,lat,WKT"));
    let numbers = lines.next().unwrap().rsplit_once(",POINT (").unwrap();
    let [x, y]: [f64; 2] = numbers
        .1
        .trim_end_matches(')')
        .split(' ')
        .map(|n| n.parse().unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!([x, y], A);
    assert!(numbers.0.ends_with(&format!(",{x},{y}")));
    // Without a position.
    assert!(lines.next().unwrap().ends_with(",,,"));
    let table = text(ExportFormat::Csv, header(&POSTS, "EPSG:4509", None), &[]);
    assert!(table.trim_end().ends_with(",x,y,WKT"));
    let table = text(ExportFormat::Csv, header(&PAPERS, "OGC:CRS84", None), &[]);
    assert!(table.trim_end().ends_with(",name_ko"));
}

#[test]
fn kml_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.kml");
    // Multiple points and the like are a MultiGeometry in KML, which GDAL reads as what it holds.
    write(
        ExportFormat::Kml,
        header(&THINGS, "OGC:CRS84", None),
        &things(),
        Path::new(&file),
    );
    check_all(&things(), &features(&file, &["-dim", "XY"]));
    let found = features(&file, &[]);
    assert_eq!(found[0]["properties"]["Name"], "T0");
    assert_eq!(found[0]["properties"]["begin"], "1991-05-16T00:00:00Z");
    let said = info(&file, &[]);
    for line in [
        "feature_id: Integer",
        "distance_to_line_m: Real",
        "open_at_night: Integer",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let plain = std::fs::read_to_string(&file).unwrap();
    for line in [
        "<name>Things of Åstrand &amp; Веря 界</name>",
        "version: 4711\n",
        "<Data name=\"version\"><value>4711</value></Data>",
        "<Data name=\"licence\"><value>CC-BY-4.0</value></Data>",
        "<Data name=\"crs\"><value>OGC:CRS84</value></Data>",
        "<Data name=\"notice_en\"><value>An invented border &lt;not real&gt;</value></Data>",
    ] {
        assert!(plain.contains(line), "{line}");
    }
}

#[test]
fn gpx_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.gpx");
    write(
        ExportFormat::Gpx,
        header(&THINGS, "OGC:CRS84", None),
        &things(),
        Path::new(&file),
    );
    let things = things();
    let extension = |name: &'static str| Some(format!("m_{name}"));
    let waypoints = features(&file, &["waypoints"]);
    // One of the first, two of the second.
    assert_eq!(waypoints.len(), 3);
    for (waypoint, (thing, place)) in waypoints.iter().zip([(0, A), (1, A), (1, B)]) {
        check_values(&things[thing], waypoint, extension);
        assert_eq!(waypoint["geometry"]["coordinates"], serde_json::json!(place));
        assert_eq!(waypoint["properties"]["type"], "things");
        assert_eq!(waypoint["properties"]["name"], format!("T{thing}"));
    }
    assert!(
        waypoints[0]["properties"]["desc"]
            .as_str()
            .unwrap()
            .contains("Пограничный знак № 423")
    );
    let tracks = features(&file, &["tracks"]);
    assert_eq!(tracks.len(), 4);
    for (track, thing) in tracks.iter().zip(&things[2..]) {
        check_values(thing, track, extension);
        let lines = match thing.geometry.as_ref().unwrap() {
            Geometry::Line(line) => vec![line.clone()],
            Geometry::Lines(lines) | Geometry::Polygon(lines) => lines.clone(),
            Geometry::Polygons(polygons) => polygons.concat(),
            other => panic!("{other:?}"),
        };
        assert_eq!(track["geometry"]["coordinates"], serde_json::json!(lines));
    }
    let plain = std::fs::read_to_string(&file).unwrap();
    let (_, end) = plain.rsplit_once("</trk>").unwrap();
    assert!(
        end.contains("<m:record><m:feature_id>1000000006</m:feature_id><m:key>T6</m:key>"),
        "{end}"
    );
    for line in [
        "<name>Things of Åstrand &amp; Веря 界</name>",
        "<m:version>4711</m:version>",
        "<m:licence>CC-BY-4.0</m:licence>",
    ] {
        assert!(plain.contains(line), "{line}");
    }
}

#[test]
fn formats_of_wgs84_refuse_another_system() {
    for format in [ExportFormat::Kml, ExportFormat::Gpx] {
        let refused = Export::to_stream(format, header(&POSTS, "EPSG:4490", None), Vec::new()).err();
        let Some(merestone::format::write::Error::Refused(problem)) = refused else {
            panic!("{format:?}");
        };
        assert!(problem.detail.en.contains("EPSG:4490"), "{problem}");
    }
    let refused = Export::to_stream(ExportFormat::Gpx, header(&PAPERS, "OGC:CRS84", None), Vec::new()).err();
    assert!(refused.is_some());
}

#[test]
fn a_value_that_its_field_does_not_promise_is_refused() {
    let mut export = Export::to_stream(ExportFormat::GeoJson, header(&POSTS, "OGC:CRS84", None), Vec::new()).unwrap();
    let mut thing = things().remove(0);
    thing.values[1] = Value::Text("seventeen".to_owned());
    let refused = export.feature(&outgoing(&thing)).unwrap_err();
    assert!(refused.to_string().contains("ordinal"), "{refused}");
    let line = &things()[2];
    let refused = export.feature(&outgoing(line)).unwrap_err();
    assert!(refused.to_string().contains("geometry"), "{refused}");
    assert_eq!(export.finish().unwrap(), 0);
}
