use super::*;

fn document(inner: &str) -> Result<Document, Problem> {
    let text = format!("<?xml version='1.0'?><kml xmlns='http://www.opengis.net/kml/2.2'>{inner}</kml>");
    read(text.as_bytes(), Limits::DEFAULT)
}

fn check_shape(inner: &str, expected: Option<Geometry>, kind: &str) {
    let document = document(&format!("<Placemark>{inner}</Placemark>")).unwrap();
    let [feature] = document.features.as_slice() else {
        panic!("{document:?}");
    };
    assert_eq!((&feature.row.geometry, feature.kind.as_str()), (&expected, kind));
    assert_eq!(feature.unread, expected.is_none() && !kind.is_empty());
}

#[test]
fn every_kind_of_geometry_is_read() {
    let (p, q, r) = ([130.5, 42.5], [130.6, 42.6], [130.5, 42.6]);
    let (line, ring) = ("130.5,42.5,7 130.6,42.6", "130.5,42.5 130.6,42.6 130.5,42.6 130.5,42.5");
    let closed = vec![p, q, r, p];
    check_shape(
        "<Point><coordinates> 130.5,42.5,12 </coordinates></Point>",
        Some(Geometry::Point(p)),
        "Point",
    );
    let line_string =
        format!("<LineString><tessellate>1</tessellate><coordinates>\n{line}\n</coordinates></LineString>");
    check_shape(&line_string, Some(Geometry::Line(vec![p, q])), "LineString");
    let linear_ring = format!("<LinearRing><coordinates>{ring}</coordinates></LinearRing>");
    check_shape(&linear_ring, Some(Geometry::Line(closed.clone())), "LineString");
    let polygon = format!(
        "<Polygon><outerBoundaryIs>{linear_ring}</outerBoundaryIs><innerBoundaryIs>{linear_ring}</innerBoundaryIs></Polygon>"
    );
    let rings = vec![closed.clone(), closed];
    check_shape(&polygon, Some(Geometry::Polygon(rings.clone())), "Polygon");
    check_shape(
        &format!("<MultiGeometry>{polygon}<MultiGeometry>{polygon}</MultiGeometry></MultiGeometry>"),
        Some(Geometry::Polygons(vec![rings.clone(), rings])),
        "MultiPolygon",
    );
    check_shape(
        &format!("<MultiGeometry>{line_string}{line_string}</MultiGeometry>"),
        Some(Geometry::Lines(vec![vec![p, q], vec![p, q]])),
        "MultiLineString",
    );
    let point = "<Point><coordinates>130.5,42.5</coordinates></Point>";
    check_shape(
        &format!("<MultiGeometry>{point}{point}</MultiGeometry>"),
        Some(Geometry::Points(vec![p, p])),
        "MultiPoint",
    );
    check_shape(
        &format!("<MultiGeometry>{point}{line_string}</MultiGeometry>"),
        None,
        "GeometryCollection",
    );
    let track = "<gx:Track><when>2024-01-01T00:00:00Z</when><gx:coord>130.5 42.5 7</gx:coord>\
        <gx:coord>130.6 42.6</gx:coord></gx:Track>";
    check_shape(track, Some(Geometry::Line(vec![p, q])), "LineString");
    check_shape(
        &format!("<gx:MultiTrack>{track}{track}</gx:MultiTrack>"),
        Some(Geometry::Lines(vec![vec![p, q], vec![p, q]])),
        "MultiLineString",
    );
    check_shape("<Point><coordinates/></Point>", None, "");
    check_shape("", None, "");
}

#[test]
fn names_and_data_become_cells() {
    let document = document(
        "<Document><name>Border</name><Style id='a'><IconStyle><Icon><href>http://x</href></Icon></IconStyle></Style>
        <NetworkLink><Link><href>file:///etc/passwd</href></Link></NetworkLink>
        <Folder><name>Marks</name><Folder><name>East &amp; West</name><Placemark id='7'>
          <name>界碑 <![CDATA[423 <b>]]></name><description>old</description>
          <TimeStamp><when>1997-07</when></TimeStamp>
          <ExtendedData>
            <Data name='number'><displayName>No</displayName><value>423</value></Data>
            <SchemaData schemaUrl='#s'><SimpleData name='keeper'>AST</SimpleData></SchemaData>
            <x:material xmlns:x='y'>granite</x:material>
          </ExtendedData>
          <Point><coordinates>130.5,42.5,-7.25</coordinates></Point></Placemark></Folder></Folder>
        <Placemark><name>loose</name></Placemark></Document>",
    )
    .unwrap();
    assert_eq!((document.name.as_str(), document.links), ("Border", 1));
    assert_eq!(document.folders, ["Marks/East & West", ""]);
    let cells: Vec<(&str, String)> = document.features[0]
        .row
        .cells
        .iter()
        .map(|(name, cell)| match cell {
            Cell::Text(text) | Cell::Number(_, text) => (name.as_str(), text.clone()),
            Cell::Flag(flag) => (name.as_str(), flag.to_string()),
        })
        .collect();
    let expected = [
        ("description", "old"),
        ("folder", "Marks/East & West"),
        ("keeper", "AST"),
        ("material", "granite"),
        ("name", "界碑 423 <b>"),
        ("number", "423"),
        ("when", "1997-07"),
        ("z", "-7.25"),
    ];
    assert_eq!(cells, expected.map(|(name, text)| (name, text.to_owned())));
    assert_eq!(document.features[1].row.place, "placemark 2");
    assert_eq!(document.features[1].layer, 1);
}

fn check_refused(text: &str, code: Code) {
    let problem = read(text.as_bytes(), Limits::DEFAULT).unwrap_err();
    assert_eq!(problem.code, code, "{text:.80}: {problem}");
    assert!(problem.place.is_some(), "{problem}");
}

#[test]
fn what_is_not_read_is_refused_with_its_place() {
    check_refused("<gpx/>", Code::FormatUnknown);
    check_refused("<kml/><kml/>", Code::FormatUnknown);
    check_refused("", Code::FileMalformed);
    check_refused("<kml><Document><Placemark>", Code::FileMalformed);
    check_refused("<kml><Document></Folder></kml>", Code::FileMalformed);
    check_refused(
        "<kml><Placemark><name>a & b</name></Placemark></kml>",
        Code::FileMalformed,
    );
    check_refused("<!DOCTYPE kml [<!ENTITY a 'b'>]><kml/>", Code::FileForbiddenContent);
    check_refused(
        "<kml><Placemark><name>&secret;</name></Placemark></kml>",
        Code::FileForbiddenContent,
    );
    let deep = format!("<kml>{}", "<Folder>".repeat(200_000));
    check_refused(&deep, Code::FileTooDeep);
    for coordinates in ["nan,42", "130.5", "130.5,42.5,1,2", "1e400,42", "130.5, 42.5", "x,y"] {
        let text = format!("<kml><Placemark><Point><coordinates>{coordinates}</coordinates></Point></Placemark></kml>");
        check_refused(&text, Code::ValueInvalid);
    }
}

proptest::proptest! {
    #[test]
    fn no_text_does_harm(cut in 0_usize..400, byte in proptest::prelude::any::<u8>()) {
        let mut text = b"<kml><Document><Folder><name>a</name><Placemark><ExtendedData><Data name='x'><value>1</value></Data>\
            </ExtendedData><gx:Track><gx:coord>1 2 3</gx:coord></gx:Track><Polygon><outerBoundaryIs><LinearRing>\
            <coordinates>1,2 3,4 5,6 1,2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>".to_vec();
        let at = cut % text.len();
        text[at] = byte;
        let _ = read(text.as_slice(), Limits::DEFAULT);
        text.truncate(at);
        proptest::prop_assert!(read(text.as_slice(), Limits::DEFAULT).is_err());
    }
}
