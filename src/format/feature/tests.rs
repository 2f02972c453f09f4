use super::*;
use crate::domain::problem::{Code, Problem};
use crate::domain::schema::{self, Shape};
use crate::domain::value::{Draft, Value};
use crate::geom::shape::Geometry;

fn draft(collection: &str, body: &str, sent: Sent) -> Result<Draft, Problem> {
    read(body.as_bytes(), schema::of(collection).unwrap(), sent)
}

/// Where the mistakes of a body are.
fn check(collection: &str, sent: Sent, body: &str, expect: &[&str]) {
    let problem = draft(collection, body, sent).expect_err(body);
    let at: Vec<&str> = problem.mistakes.iter().map(|m| m.at.as_str()).collect();
    assert_eq!(
        (problem.code, at),
        (Code::ValueInvalid, expect.to_vec()),
        "{body}: {problem}"
    );
}

const POINT: &str = r#"{"type":"Point","coordinates":[-168.1,42.5]}"#;

fn point(properties: &str) -> String {
    format!(r#"{{"type":"Feature","geometry":{POINT},"properties":{properties}}}"#)
}

#[test]
fn a_feature_becomes_a_draft() {
    let body = point(
        r#"{"number":"7","sigma_m":1,"valid_from":"2026-05-01","version":9,"author":"x","position_kind":"legal"}"#,
    );
    let draft = draft("boundary_points", &body, Sent::Whole).unwrap();
    assert_eq!(draft.text("number"), Some("7"));
    assert_eq!(draft.get("sigma_m"), Some(&Value::Number(1.0)));
    assert_eq!(
        draft.get("valid_from"),
        Some(&Value::Time("2026-05-01T00:00:00Z".parse().unwrap()))
    );
    // What the register gives itself is passed over.
    assert_eq!(draft.get("version"), None);
    assert_eq!(draft.geometry, Some(Some(Geometry::Point([-168.1, 42.5]))));
}

#[test]
fn a_merge_patch_says_only_what_changes() {
    let only = draft("markers", r#"{"properties":{"damage":null}}"#, Sent::Patch).unwrap();
    assert_eq!(only.values, [("damage", Value::Null)]);
    assert_eq!(only.geometry, None);
    let moved = draft("markers", &format!(r#"{{"geometry":{POINT}}}"#), Sent::Patch).unwrap();
    assert!(moved.values.is_empty() && moved.geometry.is_some());
    check("markers", Sent::Patch, "{}", &["#"]);
    check("markers", Sent::Patch, r#"{"properties":null}"#, &["#/properties"]);
}

#[test]
fn all_mistakes_are_told_with_their_pointers() {
    let body = point(
        r#"{"sigma_m":"0.1","nonsense/~":1,"valid_from":"tomorrow","class":"secret","printed_lat":5,"sigma_m":2}"#,
    );
    check(
        "boundary_points",
        Sent::Whole,
        &body,
        &[
            "#/properties/sigma_m",
            "#/properties/sigma_m",
            "#/properties/nonsense~1~0",
            "#/properties/valid_from",
            "#/properties/class",
            "#/properties/printed_lat",
            "#/properties/number",
        ],
    );
    check("boundary_points", Sent::Whole, "[]", &["#", "#/properties/number"]);
    check(
        "boundary_points",
        Sent::Whole,
        r#"{"type":"Point"}"#,
        &["#/type", "#/properties", "#/properties/number"],
    );
    check(
        "boundary_points",
        Sent::Whole,
        &point(r#"{"number":"1","sigma_m":-1}"#),
        &["#/properties/sigma_m"],
    );
}

#[test]
fn geometries_are_held_against_their_kind() {
    let patch = |geometry: &str| format!(r#"{{"geometry":{geometry}}}"#);
    let wrong = |collection: &str, geometry: &str, expect: &str| {
        check(collection, Sent::Patch, &patch(geometry), &[expect]);
    };
    wrong(
        "markers",
        r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
        "#/geometry/type",
    );
    wrong(
        "markers",
        r#"{"type":"GeometryCollection","coordinates":[]}"#,
        "#/geometry/type",
    );
    wrong(
        "markers",
        r#"{"type":"Point","coordinates":[1]}"#,
        "#/geometry/coordinates",
    );
    wrong(
        "markers",
        r#"{"type":"Point","coordinates":[1,"2"]}"#,
        "#/geometry/coordinates",
    );
    wrong(
        "markers",
        r#"{"type":"Point","coordinates":[1,2,30.5]}"#,
        "#/geometry/coordinates/2",
    );
    wrong("markers", r#"{"type":"Point"}"#, "#/geometry/coordinates");
    wrong("markers", r#"{"coordinates":[1,2]}"#, "#/geometry/type");
    wrong("markers", "5", "#/geometry/type");
    let open = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#;
    wrong("islands", open, "#/geometry/coordinates/0/3");
    let nested = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,true],[0,0]]]}"#;
    wrong("islands", nested, "#/geometry/coordinates/0/2");
    wrong(
        "segments",
        r#"{"type":"LineString","coordinates":[[0,0]]}"#,
        "#/geometry/coordinates",
    );
    wrong("parties", POINT, "#/geometry");
    // What desktop clients make of plain shapes is taken back.
    let part = draft(
        "segments",
        &patch(r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]}"#),
        Sent::Patch,
    );
    assert_eq!(
        part.unwrap().geometry,
        Some(Some(Geometry::Line(vec![[0.0, 0.0], [1.0, 1.0]])))
    );
    let flat = draft(
        "markers",
        &patch(r#"{"type":"Point","coordinates":[1,2,0]}"#),
        Sent::Patch,
    )
    .unwrap();
    assert_eq!(flat.geometry, Some(Some(Geometry::Point([1.0, 2.0]))));
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    for body in ["", "{", "{\"a\":NaN}", "{\"a\":1e400}", "{} {}", "\u{feff}{", &deep] {
        let problem = draft("markers", body, Sent::Whole).unwrap_err();
        assert_eq!(problem.code, Code::BodyInvalid, "{body}");
        assert!(problem.place.is_some_and(|place| place.line == 1), "{problem:?}");
    }
}

#[test]
fn structured_values_are_kept_as_they_are() {
    let body = r#"{"properties":{"calendar":{"weekly":[{"days":["mo"],"from":"08:00"}],"n":1.50}}}"#;
    let draft = draft("ports", body, Sent::Patch).unwrap();
    let expect = r#"{"weekly":[{"days":["mo"],"from":"08:00"}],"n":1.5}"#;
    assert_eq!(draft.get("calendar"), Some(&Value::Document(expect.to_owned())));
    check(
        "ports",
        Sent::Patch,
        r#"{"properties":{"calendar":{"a":1,"a":2}}}"#,
        &["#/properties/calendar"],
    );
}

fn written(geometry: Option<&Geometry>, shape: Shape, axes: Axes, values: &[Value]) -> String {
    let fields: Vec<_> = schema::of("markers").unwrap().fields().take(values.len()).collect();
    let mut out = Vec::new();
    let feature = Feature {
        id: 7,
        shape,
        fields: &fields,
        values,
        geometry,
        axes,
        more: &[("position_kind", "\"display\"".to_owned())],
        members: &[("links", "[]".to_owned())],
    };
    write(&mut out, &feature);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_record_is_written_as_a_feature() {
    let point = Geometry::Point([-168.123_456_789_012, 42.0]);
    let values = [
        Value::Text("a \"b\"\\\n\u{1}界".to_owned()),
        Value::Texts(vec!["x".to_owned()]),
    ];
    assert_eq!(
        written(Some(&point), Shape::Point, Axes::XY, &values),
        r#"{"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[-168.123456789012,42]},"properties":{"number":"a \"b\"\\\n\u0001界","former_numbers":["x"],"position_kind":"display"},"links":[]}"#
    );
    assert!(written(Some(&point), Shape::Point, Axes::YX, &values).contains("[42,-168.123456789012]"));
    assert!(written(None, Shape::Point, Axes::XY, &values).contains("\"geometry\":null"));
}

#[test]
fn lines_of_several_parts_are_always_written_as_such() {
    let line = Geometry::Line(vec![[0.0, 0.5], [1.0, 1.0]]);
    let said = written(Some(&line), Shape::Lines, Axes::XY, &[]);
    assert!(
        said.contains(r#"{"type":"MultiLineString","coordinates":[[[0,0.5],[1,1]]]}"#),
        "{said}"
    );
    assert!(written(Some(&line), Shape::Line, Axes::XY, &[]).contains("LineString\",\"coordinates\":[[0,0.5]"));
}

proptest::proptest! {
    #[test]
    fn numbers_are_read_back_to_the_same_bits(bits in proptest::num::u64::ANY) {
        let n = f64::from_bits(bits);
        let mut out = Vec::new();
        super::write::number(&mut out, n);
        let said = String::from_utf8(out).unwrap();
        if n.is_finite() {
            let back: f64 = serde_json::from_str(&said).unwrap();
            // Zero loses its sign with its fraction, which no position has.
            proptest::prop_assert!(back.to_bits() == bits || n == 0.0, "{}", said);
        } else {
            proptest::prop_assert_eq!(said, "null");
        }
    }

    #[test]
    fn texts_are_read_back(said in ".*") {
        let mut out = Vec::new();
        text(&mut out, &said);
        let back: String = serde_json::from_slice(&out).unwrap();
        proptest::prop_assert_eq!(back, said);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = read(&bytes, schema::of("markers").unwrap(), Sent::Whole);
        let _ = read(&bytes, schema::of("markers").unwrap(), Sent::Patch);
    }
}
