//! GeoPackage, FlatGeobuf, GeoParquet, Shapefile.

use super::*;

#[test]
fn geopackage_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.gpkg");
    write(
        ExportFormat::GeoPackage,
        header(&THINGS, "EPSG:4490", Some(2000.0)),
        &things(),
        Path::new(&file),
    );
    check_all(&things(), &features(&file, &[]));
    let said = info(&file, &[]);
    for line in [
        "Layer name: things",
        "Geometry: Unknown (any)",
        "ID[\"EPSG\",4490]",
        "Coordinate epoch: 2000",
        "feature_id: Integer64",
        "distance_to_line_m: Real",
        "open_at_night: Integer(Boolean)",
        "opened_on: Date",
        "seen_at: DateTime",
        "former_numbers: String(JSON)",
        "licence: CC-BY-4.0",
        "\"version\":\"4711\"",
        "domain name=colour",
        "Extent: (130.000000, 42.000000) - (131.100000, 43.271828)",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn each_shape_has_its_own_type_in_geopackage() {
    let folder = crate::support::folder();
    for (schema, kind) in [
        (&POSTS, "Geometry: Point"),
        (&WAYS, "Geometry: Multi Line String"),
        (&LEGS, "Geometry: Line String"),
        (&PLOTS, "Geometry: Polygon"),
        (&PAPERS, "Geometry: None"),
    ] {
        let file = path(&folder, &format!("{}.gpkg", schema.collection));
        let mut things = of(schema.shape);
        if schema.shape == Shape::None {
            things.iter_mut().for_each(|thing| thing.geometry = None);
        }
        write(
            ExportFormat::GeoPackage,
            header(schema, "EPSG:4509", None),
            &things,
            Path::new(&file),
        );
        let said = info(&file, &[]);
        assert!(said.contains(kind), "{kind}: {said}");
        for thing in &mut things {
            if let (Shape::Lines, Some(Geometry::Line(line))) = (schema.shape, thing.geometry.clone()) {
                thing.geometry = Some(Geometry::Lines(vec![line]));
            }
        }
        check_all(&things, &features(&file, &[]));
    }
}

#[test]
fn the_index_of_a_geopackage_finds_and_stays_true() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.gpkg");
    write(
        ExportFormat::GeoPackage,
        header(&THINGS, "OGC:CRS84", None),
        &things(),
        Path::new(&file),
    );
    let found = features(&file, &["-spat", "130.9", "41.9", "131.2", "42.2"]);
    assert_eq!(found.len(), 1);
    // A change by GDAL goes through the triggers.
    let run = said(Command::new("ogrinfo").args([
        file.as_str(),
        "-sql",
        "update things set geom = (select geom from things where key = 'T0') where key = 'T5'",
    ]));
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(features(&file, &["-spat", "130.9", "41.9", "131.2", "42.2"]).is_empty());
    assert!(
        said(Command::new("ogrinfo").args(["-so", &file, "things"]))
            .out
            .contains("Feature Count: 7")
    );
    let run = said(Command::new("sqlite3").args([&file, "pragma integrity_check; pragma foreign_key_check"]));
    assert_eq!(run.out, "ok\n");
}

#[test]
fn times_finer_than_a_millisecond_stay_whole() {
    let folder = crate::support::folder();
    let file = path(&folder, "posts.gpkg");
    let mut thing = things().remove(0);
    thing.values[6] = Value::Time(at("2024-02-29T23:59:58.123456Z"));
    write(
        ExportFormat::GeoPackage,
        header(&POSTS, "OGC:CRS84", None),
        &[thing],
        Path::new(&file),
    );
    let run = said(Command::new("sqlite3").args([&file, "select seen_at, valid_from from posts"]));
    assert_eq!(run.out, "2024-02-29T23:59:58.123456Z|1991-05-16T00:00:00.000Z\n");
}

#[test]
fn flatgeobuf_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.fgb");
    write(
        ExportFormat::FlatGeobuf,
        header(&THINGS, "EPSG:4490", Some(2000.0)),
        &things(),
        Path::new(&file),
    );
    check_all(&things(), &features(&file, &[]));
    let said = info(&file, &[]);
    for line in [
        "Layer name: things",
        "Geometry: Unknown (any)",
        "ID[\"EPSG\",4490]",
        "Coordinate epoch: 2000",
        "feature_id: Integer64",
        "distance_to_line_m: Real",
        "open_at_night: Integer(Boolean)",
        "opened_on: DateTime",
        "seen_at: DateTime",
        "former_numbers: String",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // What GDAL 3.6 does not show stands in the header.
    let bytes = std::fs::read(&file).unwrap();
    let header = flatgeobuf::size_prefixed_root_as_header(&bytes[8..]).unwrap();
    assert_eq!(header.title(), Some("Things of Åstrand & Веря 界"));
    let metadata: Json = serde_json::from_str(header.metadata().unwrap()).unwrap();
    assert_eq!(metadata["version"], "4711");
    assert_eq!(metadata["licence"], "CC-BY-4.0");
    assert!(header.description().unwrap().contains("licence: CC-BY-4.0"));
}

#[test]
fn each_shape_has_its_own_type_in_flatgeobuf() {
    let folder = crate::support::folder();
    for (schema, kind) in [
        (&POSTS, "Geometry: Point"),
        (&WAYS, "Geometry: Multi Line String"),
        (&LEGS, "Geometry: Line String"),
        (&PLOTS, "Geometry: Polygon"),
        (&PAPERS, "Geometry: Unknown"),
    ] {
        let file = path(&folder, &format!("{}.fgb", schema.collection));
        let mut things = of(schema.shape);
        if schema.shape == Shape::None {
            things.iter_mut().for_each(|thing| thing.geometry = None);
        }
        write(
            ExportFormat::FlatGeobuf,
            header(schema, "EPSG:4509", None),
            &things,
            Path::new(&file),
        );
        let said = info(&file, &[]);
        assert!(said.contains(kind), "{kind}: {said}");
        promote(schema, &mut things);
        check_all(&things, &features(&file, &[]));
    }
}

/// A single line in a collection of lines is several lines of one.
fn promote(schema: &Schema, things: &mut [Thing]) {
    for thing in things {
        if let (Shape::Lines, Some(Geometry::Line(line))) = (schema.shape, thing.geometry.clone()) {
            thing.geometry = Some(Geometry::Lines(vec![line]));
        }
    }
}

/// The short names of a Shapefile's columns.
fn short(name: &'static str) -> Option<String> {
    let short = match name {
        "distance_to_line_m" => "distance_t",
        "distance_to_line_sigma_m" => "distance_1",
        "open_at_night" => "open_at_ni",
        "former_numbers" => "former_num",
        name => name,
    };
    Some(short.to_owned())
}

/// Outer rings run the other way round in a Shapefile.
fn clockwise(geometry: Option<Geometry>) -> Option<Geometry> {
    let mut geometry = geometry?;
    match &mut geometry {
        Geometry::Polygon(rings) => rings.iter_mut().for_each(|ring| ring.reverse()),
        Geometry::Polygons(polygons) => polygons.iter_mut().flatten().for_each(|ring| ring.reverse()),
        _ => {}
    }
    Some(geometry)
}

#[test]
fn a_shapefile_of_each_kind_is_read_by_gdal() {
    let folder = crate::support::folder();
    let file = path(&folder, "things.shp.zip");
    let things = things();
    write(
        ExportFormat::Shapefile,
        header(&THINGS, "EPSG:4490", Some(2000.0)),
        &things,
        Path::new(&file),
    );
    for (layer, kind, which) in [
        ("things_point", "Geometry: Point", vec![0, 6]),
        ("things_points", "Geometry: Multi Point", vec![1]),
        ("things_line", "Geometry: Line String", vec![2, 3]),
        ("things_polygon", "Geometry: Polygon", vec![4, 5]),
    ] {
        let place = format!("/vsizip/{file}/{layer}.shp");
        let said = info(&place, &[]);
        for line in [
            kind,
            "China Geodetic Coordinate System 2000",
            "feature_id: Integer64 (10.0)",
            "distance_t: Real (24.15)",
            "open_at_ni: String (1.0)",
            "opened_on: Date",
            "SOURCE_ENCODING=UTF-8",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        let found = features(&place, &[]);
        assert_eq!(found.len(), which.len());
        for (found, thing) in found.iter().zip(which) {
            check_values(&things[thing], found, short);
            assert_eq!(
                found["geometry"],
                geojson(clockwise(things[thing].geometry.clone()).as_ref())
            );
        }
    }
    let read = |name: &str| said(Command::new("unzip").args(["-p", &file, name])).out;
    for line in [
        "version: 4711",
        "licence: CC-BY-4.0",
        "epoch: 2000.0",
        "notice_zh: 虚构的国界",
    ] {
        assert!(read("README.txt").contains(line), "{line}");
    }
    assert!(read("fields.csv").contains("distance_1,distance_to_line_sigma_m,m,\"Deviation\",\"标准差\""));
    assert_eq!(read("things_line.cpg"), "UTF-8");
}

#[test]
fn a_long_text_in_a_shapefile_is_cut_between_letters_and_kept_beside() {
    let folder = crate::support::folder();
    let file = path(&folder, "papers.shp.zip");
    let long = "界".repeat(100) + "\"end\"";
    let mut papers = vec![things().remove(0)];
    papers[0].geometry = None;
    papers[0].values[13] = Value::Text(long.clone());
    write(
        ExportFormat::Shapefile,
        header(&PAPERS, "OGC:CRS84", None),
        &papers,
        Path::new(&file),
    );
    let found = features(&format!("/vsizip/{file}/papers.dbf"), &[]);
    assert_eq!(found[0]["properties"]["name_zh"], "界".repeat(84));
    assert_eq!(found[0]["geometry"], Json::Null);
    let texts = said(Command::new("unzip").args(["-p", &file, "long_texts.csv"])).out;
    let expect = format!("papers,1000000000,name_zh,\"{}\"", long.replace('"', "\"\""));
    assert!(texts.contains(&expect), "{texts}");
}

#[test]
fn geoparquet_gives_back_what_was_written() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field as Cell;

    let folder = crate::support::folder();
    let file = path(&folder, "things.parquet");
    let things = things();
    write(
        ExportFormat::GeoParquet,
        header(&THINGS, "EPSG:4490", Some(2000.0)),
        &things,
        Path::new(&file),
    );
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata();
    let said = |name: &str| {
        let all = metadata.key_value_metadata().unwrap();
        let found = all.iter().find(|pair| pair.key == name).unwrap();
        found.value.clone().unwrap()
    };
    assert_eq!(said("version"), "4711");
    assert_eq!(said("licence"), "CC-BY-4.0");
    let geo: Json = serde_json::from_str(&said("geo")).unwrap();
    assert_eq!(geo["version"], "1.1.0");
    assert_eq!(geo["primary_column"], "geometry");
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["encoding"], "WKB");
    assert_eq!(column["epoch"], 2000.0);
    assert_eq!(
        column["crs"]["id"],
        serde_json::json!({ "authority": "EPSG", "code": 4490 })
    );
    assert_eq!(column["bbox"], serde_json::json!([130.0, 42.0, 131.1, C[1]]));
    let kinds = [
        "LineString",
        "MultiLineString",
        "MultiPoint",
        "MultiPolygon",
        "Point",
        "Polygon",
    ];
    assert_eq!(column["geometry_types"], serde_json::json!(kinds));

    let mut rows = 0;
    for (row, thing) in reader.get_row_iter(None).unwrap().zip(&things) {
        let row = row.unwrap();
        let mut cells = row.get_column_iter();
        assert_eq!(cells.next().unwrap().1, &Cell::Long(thing.id));
        for ((field, value), (name, cell)) in THINGS.fields().zip(&thing.values).zip(cells.by_ref()) {
            assert_eq!(name, field.name);
            let expect = match value {
                Value::Null => Cell::Null,
                Value::Text(text) | Value::Document(text) => Cell::Str(text.clone()),
                Value::Integer(integer) => Cell::Long(*integer),
                Value::Number(number) => Cell::Double(*number),
                Value::Flag(flag) => Cell::Bool(*flag),
                Value::Date(date) => {
                    Cell::Date((*date - "1970-01-01".parse::<jiff::civil::Date>().unwrap()).get_days())
                }
                Value::Time(time) => Cell::TimestampMicros(time.as_microsecond()),
                Value::Texts(texts) => {
                    let Cell::ListInternal(list) = cell else {
                        panic!("{cell:?}")
                    };
                    let list: Vec<String> = list
                        .elements()
                        .iter()
                        .map(|element| match element {
                            Cell::Str(text) => text.clone(),
                            other => panic!("{other:?}"),
                        })
                        .collect();
                    assert_eq!(&list, texts);
                    continue;
                }
            };
            assert_eq!(cell, &expect, "{name}");
        }
        // The bytes of the geometry, read by GDAL.
        let (name, cell) = cells.next().unwrap();
        assert_eq!(name, "geometry");
        match (cell, &thing.geometry) {
            (Cell::Null, None) => {}
            (Cell::Bytes(bytes), Some(geometry)) => assert_eq!(wkb(&folder, bytes.data()), geojson(Some(geometry))),
            (cell, geometry) => panic!("{cell:?} {geometry:?}"),
        }
        rows += 1;
    }
    assert_eq!(rows, things.len());
}

/// What GDAL reads in well-known binary: in hexadecimal it is a geometry of a CSV file.
fn wkb(folder: &tempfile::TempDir, bytes: &[u8]) -> Json {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let file = path(folder, "wkb.csv");
    std::fs::write(&file, format!("id,WKB\n1,{hex}\n")).unwrap();
    let found = features(&file, &["-oo", "GEOM_POSSIBLE_NAMES=WKB"]);
    found[0]["geometry"].clone()
}

#[test]
fn geoparquet_tells_lists_apart_and_needs_no_geometry() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field as Cell;

    let folder = crate::support::folder();
    let file = path(&folder, "papers.parquet");
    let list = |texts: &[&str]| Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    let lists = [list(&["a"]), Value::Null, list(&[]), list(&["b", "", "c"]), Value::Null];
    let papers: Vec<Thing> = (0..)
        .zip(&lists)
        .map(|(id, list)| {
            let mut values = empty("K");
            values[9] = list.clone();
            Thing {
                id,
                values,
                geometry: None,
            }
        })
        .collect();
    write(
        ExportFormat::GeoParquet,
        header(&PAPERS, "OGC:CRS84", None),
        &papers,
        Path::new(&file),
    );
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(metadata.iter().all(|pair| pair.key != "geo"));
    for (row, expect) in reader.get_row_iter(None).unwrap().zip(&lists) {
        let row = row.unwrap();
        let (_, cell) = row
            .get_column_iter()
            .find(|(name, _)| *name == "former_numbers")
            .unwrap();
        let found = match cell {
            Cell::Null => Value::Null,
            Cell::ListInternal(list) => Value::Texts(
                list.elements()
                    .iter()
                    .map(|text| text.to_string().trim_matches('"').to_owned())
                    .collect(),
            ),
            other => panic!("{other:?}"),
        };
        assert_eq!(&found, expect);
    }
}

#[test]
fn a_geopackage_holds_several_collections() {
    let folder = crate::support::folder();
    let file = path(&folder, "section.gpkg");
    let (posts, mut ways) = (of(Shape::Point), of(Shape::Lines));
    let mut export = Export::to_file(
        ExportFormat::GeoPackage,
        header(&POSTS, "EPSG:4490", Some(2000.0)),
        Path::new(&file),
    )
    .unwrap();
    posts.iter().for_each(|thing| export.feature(&outgoing(thing)).unwrap());
    export.layer(header(&WAYS, "EPSG:4490", Some(2010.0))).unwrap();
    ways.iter().for_each(|thing| export.feature(&outgoing(thing)).unwrap());
    export.layer(header(&PAPERS, "EPSG:4490", None)).unwrap();
    assert!(
        export.layer(header(&POSTS, "EPSG:4490", None)).is_err(),
        "the same once more"
    );
    drop(export);

    // And without the mistake.
    let mut export = Export::to_file(
        ExportFormat::GeoPackage,
        header(&POSTS, "EPSG:4490", Some(2000.0)),
        Path::new(&file),
    )
    .unwrap();
    posts.iter().for_each(|thing| export.feature(&outgoing(thing)).unwrap());
    export.layer(header(&WAYS, "EPSG:4490", Some(2010.0))).unwrap();
    ways.iter().for_each(|thing| export.feature(&outgoing(thing)).unwrap());
    export.layer(header(&PAPERS, "EPSG:4490", None)).unwrap();
    assert_eq!(export.finish().unwrap(), (posts.len() + ways.len()) as u64);
    promote(&WAYS, &mut ways);
    check_all(&posts, &features(&file, &["posts"]));
    check_all(&ways, &features(&file, &["ways"]));
    assert!(features(&file, &["papers"]).is_empty());
    let said = info(&file, &[]);
    for line in ["Coordinate epoch: 2000", "Coordinate epoch: 2010", "Layer name: papers"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let mut csv = Export::to_stream(ExportFormat::Csv, header(&POSTS, "OGC:CRS84", None), Vec::new()).unwrap();
    assert!(csv.layer(header(&WAYS, "OGC:CRS84", None)).is_err());
}
