use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::filter::syntax::{
    Arithmetic, ArrayRelation, Comparison, Shape as Written_, SpatialRelation, TemporalRelation,
};
use crate::domain::schema::{Field, Group, Label, Presence, Shape, Writes, codes};
use crate::geom::shape::Geometry;

static STONES: Schema = Schema {
    collection: "stones",
    kind: "stone",
    group: Group::Marks,
    title: Label::new("Stones", "石"),
    description: Label::new("", ""),
    shape: Shape::Point,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "", ""),
        Field::texts("former_numbers", "", ""),
        Field::integer("sequence", "", ""),
        Field::number("height_m", "m", "", ""),
        Field::flag("lost", "", ""),
        Field::date("set_on", "", ""),
        Field::time("seen_at", "", ""),
        Field::code("condition", &codes::MARKER_CONDITION, "", ""),
        Field::document("hours", "", ""),
    ]],
};

static PAPERS: Schema = Schema {
    collection: "papers",
    kind: "paper",
    group: Group::Law,
    title: Label::new("Papers", "文件"),
    description: Label::new("", ""),
    shape: Shape::None,
    geometry: Presence::ReadOnly,
    of_boundary: false,
    natural: "key",
    writes: Writes::None,
    fields: &[&[Field::text("key", "", "")]],
};

fn read_text(filter: &str) -> Result<Test, Problem> {
    read(Language::Text, filter, &STONES, &Frame::CRS84)
}

/// What is said of a filter in English, without the frame of the sentence.
fn said(language: Language, filter: &str) -> String {
    let problem = read(language, filter, &STONES, &Frame::CRS84).unwrap_err();
    assert_eq!(problem.code, Code::FilterInvalid);
    assert!(
        !problem.detail.zh.is_empty() && problem.detail.zh.contains('。'),
        "{problem:?}"
    );
    let detail = problem.detail.en;
    detail
        .trim_start_matches("The filter at ")
        .trim_end_matches('.')
        .to_owned()
}

fn refused(filter: &str, expect: &str) {
    assert_eq!(said(Language::Text, filter), expect, "{filter}");
}

fn refused_json(filter: &serde_json::Value, expect: &str) {
    assert_eq!(said(Language::Json, &filter.to_string()), expect, "{filter}");
}

/// A filter in both encodings: they read to the same, and each is written as the other.
fn same(text: &str, json: &serde_json::Value) {
    let from_text = parse(Language::Text, text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    let written = json.to_string();
    let from_json = parse(Language::Json, &written).unwrap_or_else(|problem| panic!("{json}: {problem}"));
    assert_eq!(from_text.node, from_json.node, "{text}");
    assert_eq!(&to_json(&from_text.node), json, "{text}");
    assert_eq!(to_text(&from_json.node), text);
    read_text(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
}

/// A text that reads to what another text says.
fn means(filter: &str, canonical: &str) {
    let node = parse(Language::Text, filter)
        .unwrap_or_else(|problem| panic!("{filter}: {problem}"))
        .node;
    assert_eq!(to_text(&node), canonical, "{filter}");
}

fn property(name: &str) -> serde_json::Value {
    json!({ "property": name })
}

#[test]
fn both_encodings_say_the_same() {
    let (a, h, n) = (property("condition"), property("height_m"), property("number"));
    same("TRUE", &json!(true));
    same("lost", &property("lost"));
    same("condition = 'tilted'", &json!({"op": "=", "args": [a, "tilted"]}));
    same("'tilted' <> condition", &json!({"op": "<>", "args": ["tilted", a]}));
    same("height_m >= 1.5", &json!({"op": ">=", "args": [h, 1.5]}));
    same("height_m <= -2", &json!({"op": "<=", "args": [h, -2]}));
    same(
        "height_m < sequence",
        &json!({"op": "<", "args": [h, property("sequence")]}),
    );
    same("id > 3", &json!({"op": ">", "args": [property("id"), 3]}));
    same("number IS NULL", &json!({"op": "isNull", "args": [n]}));
    same(
        "NOT number IS NULL",
        &json!({"op": "not", "args": [{"op": "isNull", "args": [n]}]}),
    );
    same("number LIKE '1%'", &json!({"op": "like", "args": [n, "1%"]}));
    same(
        "CASEI(number) LIKE CASEI('a\\_%')",
        &json!({"op": "like", "args": [{"op": "casei", "args": [n]}, {"op": "casei", "args": ["a\\_%"]}]}),
    );
    same(
        "ACCENTI(CASEI(number)) = ACCENTI(CASEI('É'''))",
        &json!({"op": "=", "args": [
            {"op": "accenti", "args": [{"op": "casei", "args": [n]}]},
            {"op": "accenti", "args": [{"op": "casei", "args": ["É'"]}]},
        ]}),
    );
    same(
        "height_m BETWEEN 1 AND 2.5",
        &json!({"op": "between", "args": [h, 1, 2.5]}),
    );
    same("number IN ('1', '2')", &json!({"op": "in", "args": [n, ["1", "2"]]}));
    same(
        "(height_m + 1) * 2 - sequence / 4 > 3 ^ 2",
        &json!({"op": ">", "args": [
            {"op": "-", "args": [
                {"op": "*", "args": [{"op": "+", "args": [h, 1]}, 2]},
                {"op": "/", "args": [property("sequence"), 4]},
            ]},
            {"op": "^", "args": [3, 2]},
        ]}),
    );
    same(
        "sequence % 2 = sequence div 2",
        &json!({"op": "=", "args": [
            {"op": "%", "args": [property("sequence"), 2]},
            {"op": "div", "args": [property("sequence"), 2]},
        ]}),
    );
    same(
        "lost AND (height_m = 1 OR NOT lost)",
        &json!({"op": "and", "args": [property("lost"), {"op": "or", "args": [
            {"op": "=", "args": [h, 1]}, {"op": "not", "args": [property("lost")]},
        ]}]}),
    );
    same(
        "set_on = DATE('2026-05-02')",
        &json!({"op": "=", "args": [property("set_on"), {"date": "2026-05-02"}]}),
    );
    same(
        "T_AFTER(seen_at, TIMESTAMP('2026-05-02T08:30:00.25Z'))",
        &json!({"op": "t_after", "args": [property("seen_at"), {"timestamp": "2026-05-02T08:30:00.25Z"}]}),
    );
    same(
        "T_FINISHEDBY(INTERVAL(set_on, '..'), INTERVAL('2026-05-02', '2026-05-03T00:00:00Z'))",
        &json!({"op": "t_finishedBy", "args": [
            {"interval": [property("set_on"), ".."]}, {"interval": ["2026-05-02", "2026-05-03T00:00:00Z"]},
        ]}),
    );
    same(
        "A_CONTAINEDBY(former_numbers, ('1', CASEI('a')))",
        &json!({"op": "a_containedBy", "args": [property("former_numbers"), ["1", {"op": "casei", "args": ["a"]}]]}),
    );
    same(
        "A_EQUALS(former_numbers, ())",
        &json!({"op": "a_equals", "args": [property("former_numbers"), []]}),
    );
    same(
        "S_INTERSECTS(geometry, BBOX(1.0, 2.0, 3.5, 4.0))",
        &json!({"op": "s_intersects", "args": [property("geometry"), {"bbox": [1.0, 2.0, 3.5, 4.0]}]}),
    );
}

#[test]
fn geometries_are_read_in_both_encodings() {
    for (text, kind, coordinates) in [
        ("POINT(1.0 2.5)", "Point", json!([1.0, 2.5])),
        (
            "MULTIPOINT((1.0 2.0), (3.0 4.0))",
            "MultiPoint",
            json!([[1.0, 2.0], [3.0, 4.0]]),
        ),
        (
            "LINESTRING(1.0 2.0, 3.0 4.0)",
            "LineString",
            json!([[1.0, 2.0], [3.0, 4.0]]),
        ),
        (
            "MULTILINESTRING((1.0 2.0, 3.0 4.0))",
            "MultiLineString",
            json!([[[1.0, 2.0], [3.0, 4.0]]]),
        ),
        (
            "POLYGON((0.0 0.0, 1.0 0.0, 1.0 1.0, 0.0 0.0))",
            "Polygon",
            json!([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]),
        ),
        (
            "MULTIPOLYGON(((0.0 0.0, 1.0 0.0, 1.0 1.0, 0.0 0.0)))",
            "MultiPolygon",
            json!([[[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]]),
        ),
    ] {
        let geometry = json!({ "type": kind, "coordinates": coordinates });
        same(
            &format!("S_WITHIN(geometry, {text})"),
            &json!({"op": "s_within", "args": [property("geometry"), geometry]}),
        );
        same(
            &format!("S_INTERSECTS(geometry, GEOMETRYCOLLECTION({text}, POINT(0.0 0.0)))"),
            &json!({"op": "s_intersects", "args": [property("geometry"), {
                "type": "GeometryCollection",
                "geometries": [geometry, {"type": "Point", "coordinates": [0.0, 0.0]}],
            }]}),
        );
    }
    let point = "S_EQUALS(geometry, POINT(1.0 2.0))";
    for other in [
        "PointZ (1 2 3)",
        "point z(1 2 3)",
        "POINT ZM (1 2 3 4)",
        "POINT(+1 2)",
        "POINT(1e0 .2E1)",
    ] {
        means(&format!("s_equals(geometry,{other})"), point);
    }
    means(
        "S_EQUALS(geom, MULTIPOINT(1 2, 3 4))",
        "S_EQUALS(geom, MULTIPOINT((1.0 2.0), (3.0 4.0)))",
    );
    means(
        "S_EQUALS(geom, BBOX(1,2,-10,3,4,10))",
        "S_EQUALS(geom, BBOX(1.0, 2.0, 3.0, 4.0))",
    );
}

#[test]
fn what_clients_write_is_understood() {
    // GDAL.
    means("(number = 'n3') AND (sequence > 1)", "number = 'n3' AND sequence > 1");
    means("NOT ((number IS NULL))", "NOT number IS NULL");
    means("number ILIKE 'a%'", "CASEI(number) LIKE CASEI('a%')");
    means("number NOT ILIKE 'a%'", "NOT CASEI(number) LIKE CASEI('a%')");
    assert!(read_text("set_on >= '2026-05-02'").is_ok());
    assert!(read_text("'2026-05-02T00:00:00Z' < seen_at").is_ok());
    // QGIS.
    means("(NOT (\"height_m\" > 1e3))", "NOT height_m > 1000.0");
    means("( - (height_m)) < 1", "-1 * height_m < 1");
    means("\"number\" not in ('a','b')", "NOT number IN ('a', 'b')");
    means(
        "height_m Not Between 1 and 2 or lost",
        "NOT height_m BETWEEN 1 AND 2 OR lost",
    );
    // Older drafts.
    means("A_OVERLAPS(former_numbers, ['1'])", "A_OVERLAPS(former_numbers, ('1'))");
    let older = json!({"op": "=", "args": [{"casei": property("number")}, {"accenti": "x"}]}).to_string();
    let node = parse(Language::Json, &older).unwrap().node;
    assert_eq!(to_text(&node), "CASEI(number) = ACCENTI('x')");
    let bare = json!({"op": "isNull", "args": property("number")}).to_string();
    assert_eq!(to_text(&parse(Language::Json, &bare).unwrap().node), "number IS NULL");
    // Line ends and other blanks.
    means("lost\r\n\tAND\u{3000}NOT\u{a0}lost", "lost AND NOT lost");
}

#[test]
fn operators_bind_as_in_the_standard() {
    means("lost OR lost AND lost", "lost OR lost AND lost");
    means("(lost OR lost) AND lost", "(lost OR lost) AND lost");
    means("lost AND (lost AND lost)", "lost AND (lost AND lost)");
    means("NOT lost AND lost", "NOT lost AND lost");
    means("NOT (lost AND lost)", "NOT (lost AND lost)");
    means("NOT height_m = 1", "NOT height_m = 1");
    means("height_m - 1 - 2 = 0", "height_m - 1 - 2 = 0");
    means("height_m - (1 - 2) = 0", "height_m - (1 - 2) = 0");
    means("1 + 2 * 3 ^ 2 = 0", "1 + 2 * 3 ^ 2 = 0");
    means("((1 + 2) * 3) ^ 2 = 0", "((1 + 2) * 3) ^ 2 = 0");
    means("2 ^ 3 ^ 2 = 0", "2 ^ 3 ^ 2 = 0");
    means("(2 ^ 3) ^ 2 = 0", "(2 ^ 3) ^ 2 = 0");
    means("-2 ^ 2 = - - 4", "-2 ^ 2 = 4");
    means("7 div 2 % 3 = 0", "7 div 2 % 3 = 0");
    means("7 div (2 % 3) = 0", "7 div (2 % 3) = 0");
    means("height_m -1 = 0", "height_m - 1 = 0");
}

#[test]
fn names_need_quotes_only_where_they_are_words() {
    means("\"height_m\" = 1", "height_m = 1");
    means("\"and\" = 1", "\"and\" = 1");
    means("\"a b\"\"c\" = 1", "\"a b\"\"c\" = 1");
    means("高程 = 1", "高程 = 1");
    means("eo:cloud.cover = 1", "eo:cloud.cover = 1");
    means("date = point", "date = \"point\"");
    means("\"div\" = interval", "\"div\" = interval");
}

#[test]
fn a_slip_is_told_with_its_place() {
    refused(
        "",
        "line 1, column 1: a property or a value is expected, but the filter ends",
    );
    refused(
        "height_m >",
        "line 1, column 11: a property or a value is expected, but the filter ends",
    );
    refused(
        "height_m > > 1",
        "line 1, column 12: a property or a value is expected, not >",
    );
    refused(
        "height_m = 1 2",
        "line 1, column 14: AND, OR or the end is expected, not 2",
    );
    refused(
        "height_m = 1 = 2",
        "line 1, column 14: AND, OR or the end is expected, not =",
    );
    refused("(height_m = 1", "line 1, column 14: ) is expected, but the filter ends");
    refused(
        "height_m = 1)",
        "line 1, column 13: AND, OR or the end is expected, not )",
    );
    refused(
        "lost AND\n  AND lost",
        "line 2, column 3: a property or a value is expected, not AND",
    );
    refused(
        "number = 'a",
        "line 1, column 10: the text that begins here has no closing '",
    );
    refused(
        "\"number = 'a'",
        "line 1, column 1: the name that begins here has no closing \"",
    );
    refused("number == 'a'", "line 1, column 8: CQL2 has no ==; write =");
    refused("number != 'a'", "line 1, column 8: CQL2 has no !=; write <>");
    refused(
        "number ＝ 'a'",
        "line 1, column 8: the character ＝ (U+FF1D) stands outside quotes",
    );
    refused(
        "number = NULL",
        "line 1, column 10: NULL is no value; ask with IS NULL or IS NOT NULL",
    );
    refused(
        "number = 12a",
        "line 1, column 10: 12a is no number; a text stands between single quotes",
    );
    refused("height_m = 1e999", "line 1, column 12: the number 1e999 is too large");
    refused("number IS 'a'", "line 1, column 11: NULL is expected, not 'a'");
    refused("number IN 'a'", "line 1, column 11: ( is expected, not 'a'");
    refused(
        "number IN ('a' 'b')",
        "line 1, column 16: a comma or ) is expected, not 'b'",
    );
    refused("number IN ()", "line 1, column 11: IN needs at least one value");
    refused("height_m BETWEEN 1 OR 2", "line 1, column 20: AND is expected, not OR");
    refused(
        "('a', 'b') = number",
        "line 1, column 5: a list stands only after IN and in array functions such as A_CONTAINS",
    );
    refused(
        "S_INTERSECT(geometry, POINT(1 2))",
        "line 1, column 1: there is no function S_INTERSECT; did you mean S_INTERSECTS?",
    );
    refused(
        "casi(number) = 'a'",
        "line 1, column 1: there is no function casi; did you mean CASEI?",
    );
    refused("round(height_m) = 1", "line 1, column 1: there is no function round");
    refused("S_INTERSECTS(geometry)", "line 1, column 22: , is expected, not )");
    refused(
        "S_INTERSECTS(geometry, POINT(1))",
        "line 1, column 31: a number is expected, not )",
    );
    refused(
        "S_INTERSECTS(geometry, POINT EMPTY)",
        "line 1, column 24: the geometry is empty",
    );
    refused(
        "S_INTERSECTS(geometry, BBOX(1,2,3))",
        "line 1, column 24: BBOX takes four numbers, or six with heights, not 3",
    );
    refused(
        "set_on = DATE('2026-02-30')",
        "line 1, column 15: a date such as '2026-05-02' is expected, not '2026-02-30'",
    );
    refused(
        "set_on = DATE(2026)",
        "line 1, column 15: a date such as '2026-05-02' is expected, not 2026",
    );
    refused(
        "seen_at = TIMESTAMP('2026-02-03')",
        "line 1, column 21: a time such as '2026-05-02T08:30:00Z' is expected, not '2026-02-03'",
    );
    refused(
        "T_DURING(set_on, INTERVAL('soon', '..'))",
        "line 1, column 27: a date, a time, '..' or a property is expected, not 'soon'",
    );
    let problem = read_text("lost AND\n  名 = AND").unwrap_err();
    assert_eq!(
        problem.place,
        Some(Place {
            line: 2,
            column: 7,
            byte: 17
        })
    );
    assert_eq!(problem.mistakes[0].at, "filter:2:7");
    assert_eq!(problem.detail.zh, "过滤条件第2行第7列：此处应为属性或值，而不是 AND。");
}

#[test]
fn a_mistake_in_json_is_told_with_its_pointer() {
    let h = property("height_m");
    refused_json(&json!({"op": "=", "args": [h]}), "#/args: = takes 2 args, not 1");
    refused_json(
        &json!({"op": "and", "args": [true, {"op": "eq", "args": []}]}),
        "#/args/1/op: there is no operator eq",
    );
    refused_json(
        &json!({"op": "t_finish", "args": []}),
        "#/op: there is no operator t_finish; did you mean t_finishes?",
    );
    refused_json(
        &json!({"op": "=", "args": [property("heigth_m"), 1]}),
        "#/args/0: stones has no property heigth_m; did you mean height_m?",
    );
    refused_json(
        &json!({"op": "=", "args": [h, null]}),
        "#/args/1: null is no value; ask with isNull",
    );
    refused_json(
        &json!({"op": "=", "args": [h, {"value": 1}]}),
        "#/args/1: an object is expected to have one of op, property, date, timestamp, interval, bbox, type",
    );
    refused_json(
        &json!({"op": "s_within", "args": [property("geometry"), {"type": "Point", "coordinates": ["a", 1]}]}),
        "#/args/1/coordinates: these are no coordinates of a Point",
    );
    refused_json(
        &json!({"op": "s_within", "args": [property("geometry"), {"type": "Circle", "coordinates": []}]}),
        "#/args/1/type: Circle is no kind of geometry that can stand here",
    );
    refused_json(
        &json!({"op": "=", "args": [property("set_on"), {"date": "today"}]}),
        "#/args/1/date: a date such as 2026-05-02 is expected",
    );
    refused_json(
        &json!({"args": []}),
        "#: an object is expected to have one of op, property, date, timestamp, interval, bbox, type",
    );
    refused_json(&json!({"function": {"name": "avg"}}), "#: there is no operator avg");
    let problem = read(Language::Json, "{\"op\":\n \"=\", ]", &STONES, &Frame::CRS84).unwrap_err();
    assert_eq!(
        problem.place,
        Some(Place {
            line: 2,
            column: 7,
            byte: 13
        }),
        "{problem}"
    );
    assert!(problem.detail.en.contains("this is no JSON"), "{problem}");
}

#[test]
fn names_and_types_are_held_against_the_schema() {
    refused(
        "heigth_m = 1",
        "line 1, column 1: stones has no property heigth_m; did you mean height_m?",
    );
    refused("colour = 1", "line 1, column 1: stones has no property colour");
    refused(
        "height_m = '1'",
        "line 1, column 12: height_m (a number) cannot be compared with '1' (a text)",
    );
    refused(
        "number = 1",
        "line 1, column 10: number (a text) cannot be compared with 1 (a number)",
    );
    refused(
        "lost = 'yes'",
        "line 1, column 8: lost (true or false) cannot be compared with 'yes' (a text)",
    );
    refused(
        "number = height_m",
        "line 1, column 10: number (a text) cannot be compared with height_m (a number)",
    );
    refused(
        "set_on = 2026",
        "line 1, column 10: set_on (a date) cannot be compared with 2026 (a number)",
    );
    refused(
        "set_on = 'May'",
        "line 1, column 10: 'May' is no date (2026-05-02) and no time (2026-05-02T08:30:00Z)",
    );
    refused(
        "number = set_on",
        "line 1, column 10: number (a text) cannot be compared with set_on (a date)",
    );
    refused(
        "former_numbers = '1'",
        "line 1, column 18: former_numbers (a list of texts) cannot be compared with '1' (a text); use an array function such as A_CONTAINS",
    );
    refused(
        "geometry = 'x'",
        "line 1, column 12: geometry (a geometry) cannot be compared with 'x' (a text); use a spatial function such as S_INTERSECTS",
    );
    refused(
        "hours = 'x'",
        "line 1, column 9: hours (a structured value) cannot be compared with 'x' (a text); it can only be asked for with IS NULL",
    );
    refused(
        "set_on = INTERVAL('..', '2026-05-02')",
        "line 1, column 10: set_on (a date) cannot be compared with an interval; use a temporal function such as T_DURING",
    );
    refused(
        "height_m",
        "line 1, column 1: height_m (a number) alone is no test; compare it with something",
    );
    refused("'a'", "line 1, column 1: 'a' (a text) where a test is needed");
    refused("height_m + 1", "line 1, column 1: a number where a test is needed");
    refused("lost AND 1", "line 1, column 10: 1 (a number) where a test is needed");
    refused(
        "(lost AND lost) = TRUE",
        "line 1, column 19: a test cannot be compared with TRUE (true or false)"
            .replace("TRUE", "true")
            .as_str(),
    );
    refused(
        "number + 1 = 2",
        "line 1, column 1: number (a text) where a number is needed",
    );
    refused(
        "height_m LIKE 'a'",
        "line 1, column 1: height_m (a number) where a text is needed",
    );
    refused(
        "number LIKE number",
        "line 1, column 13: the pattern of LIKE is written out between quotes, not number (a text)",
    );
    refused(
        "number LIKE 'a\\'",
        "line 1, column 13: the pattern ends in a single \\; write \\\\ for the character itself",
    );
    refused(
        "CASEI(height_m) = 'a'",
        "line 1, column 7: height_m (a number) where a text is needed",
    );
    refused(
        "number IN ('a', 1)",
        "line 1, column 17: number (a text) cannot be compared with 1 (a number)",
    );
    refused(
        "height_m BETWEEN 'a' AND 2",
        "line 1, column 18: height_m (a number) cannot be compared with 'a' (a text)",
    );
    refused(
        "A_CONTAINS(number, ('a'))",
        "line 1, column 12: number (a text) where a list of texts is needed",
    );
    refused(
        "A_CONTAINS(former_numbers, (1))",
        "line 1, column 29: 1 (a number) where a text is needed",
    );
    refused(
        "A_CONTAINS(former_numbers, 'a')",
        "line 1, column 28: 'a' (a text) where a list of texts is needed",
    );
    refused(
        "S_INTERSECTS(number, POINT(1 2))",
        "line 1, column 14: number (a text) where a geometry is needed",
    );
    refused(
        "T_AFTER(number, DATE('2026-05-02'))",
        "line 1, column 9: number (a text) where a time is needed",
    );
    refused(
        "S_INTERSECTS(geometry, POINT(1 2)) = TRUE",
        "line 1, column 38: a test cannot be compared with true (true or false)",
    );
    refused(
        "INTERVAL('..', '..') IS NULL",
        "line 1, column 1: IS NULL asks of a property, not of an interval",
    );
    refused(
        "T_DURING(set_on, INTERVAL('2026-05-02', '2026-05-01'))",
        "line 1, column 18: the interval ends before it begins",
    );
    refused(
        "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1, 0 1)))",
        "line 1, column 20: Polygon[0] has a ring that does not end where it begins",
    );
    refused(
        "S_WITHIN(geometry, POLYGON((0 0, 1 0, 0 0)))",
        "line 1, column 20: Polygon[0] has a ring of fewer than four positions",
    );
    refused(
        "S_WITHIN(geometry, LINESTRING(0 0))",
        "line 1, column 20: LineString has a line of fewer than two positions",
    );
    refused(
        "S_WITHIN(geometry, BBOX(0, 2, 1, 1))",
        "line 1, column 20: the corners of the box are in the wrong order: the lesser numbers come first",
    );
    refused(
        "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 1 1)))",
        "line 1, column 1: s_within does not take a collection of several kinds; S_INTERSECTS and S_DISJOINT do",
    );
    refused(
        "S_WITHIN(geometry, GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(0 0))))",
        "line 1, column 39: a geometry that is no collection is expected, not GEOMETRYCOLLECTION",
    );
    refused(
        "number = 'a\0b'",
        "line 1, column 10: a text holds the character U+0000",
    );
    let none = read(Language::Text, "S_WITHIN(geometry, POINT(0 0))", &PAPERS, &Frame::CRS84).unwrap_err();
    assert!(
        none.detail.en.contains("the records of papers have no geometry"),
        "{none}"
    );
}

#[test]
fn all_mistakes_of_meaning_are_told_at_once() {
    let problem = read_text("heigth_m = 1 AND (numbr = 'a' OR lost > 2)\nAND number = 1").unwrap_err();
    let places: Vec<&str> = problem.mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
    assert_eq!(places, ["filter:1:1", "filter:1:19", "filter:1:41", "filter:2:14"]);
    assert!(problem.detail.en.ends_with("(4 mistakes in all)."), "{problem}");
    assert!(problem.remedy.en.contains("/collections/stones/queryables"));
    let many = vec!["colour = 1"; 100].join(" OR ");
    assert_eq!(read_text(&many).unwrap_err().mistakes.len(), 20);
}

#[test]
fn good_filters_pass_the_schema() {
    for filter in [
        "condition = 'no such word'",
        "condition IN ('tilted', 'green')",
        "boundary = 'ibc-j' AND standing = 'imported'",
        "1 = 1 AND 'a' = 'a' AND TRUE = TRUE AND DATE('2026-05-02') < DATE('2026-05-03')",
        "lost = TRUE AND NOT lost",
        "geometry IS NULL OR geom IS NOT NULL",
        "former_numbers IS NULL AND hours IS NOT NULL",
        "height_m * 2 IS NULL",
        "seen_at > DATE('2026-05-02') AND set_on < TIMESTAMP('2026-05-02T00:00:00Z')",
        "set_on IN (DATE('2026-05-02'), '2026-05-03')",
        "set_on BETWEEN DATE('2026-05-02') AND valid_to",
        "number BETWEEN 'a' AND 'b'",
        "T_DURING(set_on, INTERVAL('..', '..'))",
        "T_BEFORE('2026-05-02', set_on)",
        "T_INTERSECTS(INTERVAL(valid_from, valid_to), DATE('2026-05-02'))",
        "A_EQUALS(('a'), ('b', number))",
        "S_EQUALS(geometry, geom) AND S_DISJOINT(POINT(0 0), POINT(1 1))",
        "S_INTERSECTS(geom, POINT(90 180))",
        "S_INTERSECTS(geom, BBOX(170, -10, -170, 10))",
        "S_CROSSES(geom, GEOMETRYCOLLECTION(POINT(0 0), MULTIPOINT(1 1)))",
    ] {
        read_text(filter).unwrap_or_else(|problem| panic!("{filter}: {problem}"));
    }
}

#[test]
fn geometries_are_brought_to_longitude_and_latitude() {
    let parts = |filter: &str, frame: &Frame<'_>| match read(Language::Text, filter, &STONES, frame) {
        Ok(Test::Spatial(_, _, crate::domain::filter::Place::Given(given))) => Ok(given.parts),
        other => Err(format!("{other:?}")),
    };
    let swapped = Frame {
        geographic: true,
        lonlat: &|[lat, lon]| Some([lon, lat]),
    };
    assert_eq!(
        parts("S_EQUALS(geom, POINT(42 130))", &swapped).unwrap(),
        [Geometry::Point([130.0, 42.0])]
    );
    let ring = vec![
        [170.0, -10.0],
        [180.0, -10.0],
        [180.0, 10.0],
        [170.0, 10.0],
        [170.0, -10.0],
    ];
    let other = vec![
        [-180.0, -10.0],
        [-170.0, -10.0],
        [-170.0, 10.0],
        [-180.0, 10.0],
        [-180.0, -10.0],
    ];
    assert_eq!(
        parts("S_EQUALS(geom, BBOX(-10, 170, 10, -170))", &swapped).unwrap(),
        [Geometry::Polygons(vec![vec![ring], vec![other]])]
    );
    let metres = Frame {
        geographic: false,
        lonlat: &|[x, y]| (x < 1e7).then_some([x / 1e5, y / 1e5]),
    };
    let dense = parts("S_EQUALS(geom, BBOX(0, 0, 100000, 200000))", &metres).unwrap();
    assert_eq!(dense[0].bounds(), Some([0.0, 0.0, 1.0, 2.0]));
    assert_eq!(dense[0].positions().count(), 65);
    assert!(
        parts("S_EQUALS(geom, BBOX(1, 0, 0, 1))", &metres)
            .unwrap_err()
            .contains("wrong order")
    );
    assert!(
        parts("S_EQUALS(geom, POINT(2e7 0))", &metres)
            .unwrap_err()
            .contains("20000000 0")
    );
    // Boxes without width are what they are.
    assert_eq!(
        parts("S_EQUALS(geom, BBOX(1, 2, 1, 2))", &Frame::CRS84).unwrap(),
        [Geometry::Point([1.0, 2.0])]
    );
}

#[test]
fn a_filter_has_limits() {
    let or = |n: usize| vec!["sequence = 1"; n].join(" OR ");
    assert!(read_text(&or(TERMS)).is_ok());
    refused(
        &or(10_000)[..BYTES - 5],
        "line 1, column 32001: the filter has more than 2000 terms (tests, members of lists, steps of arithmetic)",
    );
    let list = |n: usize| format!("sequence IN ({})", vec!["1"; n].join(","));
    assert!(read_text(&list(TERMS - 1)).is_ok());
    assert!(said(Language::Text, &list(10_000)).contains("more than 2000 terms"));
    let numbers: Vec<usize> = (0..10_000).collect();
    let json = json!({"op": "in", "args": [property("sequence"), numbers]}).to_string();
    assert!(said(Language::Json, &json).contains("more than 2000 terms"));
    let long = format!("number = '{}'", "a".repeat(BYTES));
    let problem = read_text(&long).unwrap_err();
    assert_eq!(problem.code, Code::FilterInvalid);
    assert!(problem.detail.en.contains("at most 65536"), "{problem}");
}

/// Filters of many shapes that are deeper than deep.
fn deep(levels: usize) -> Vec<(Language, String)> {
    let around =
        |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(levels), close.repeat(levels));
    vec![
        (Language::Text, around("(", "lost", ")")),
        (Language::Text, around("NOT ", "lost", "")),
        (Language::Text, around("NOT(", "lost", ")")),
        (Language::Text, around("- ", "1", "")),
        (Language::Text, around("+", "1", "")),
        (Language::Text, format!("1 = {}", around("(1+", "1", ")"))),
        (Language::Text, format!("1 = {}", around("2^", "1", ""))),
        (Language::Text, format!("1 = 1{}", "+1".repeat(levels))),
        (Language::Text, format!("{} = 'a'", around("CASEI(", "number", ")"))),
        (Language::Text, around("A_EQUALS(", "number", ")")),
        (Language::Text, around("number IN (", "number", ")")),
        (Language::Text, around("GEOMETRYCOLLECTION(", "POINT(1 1)", ")")),
        (Language::Text, around("INTERVAL(", "lost", ")")),
        (Language::Text, around("POLYGON(", "1 1", ")")),
        (Language::Json, around("[", "", "]")),
        (Language::Json, around("{\"op\":\"not\",\"args\":[", "true", "]}")),
        (Language::Json, around("{\"casei\":", "true", "}")),
        (
            Language::Json,
            around("{\"type\":\"GeometryCollection\",\"geometries\":[", "", "]}"),
        ),
    ]
}

#[test]
fn depth_is_limited_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let done = small.spawn(|| {
        for (language, filter) in deep(2_000) {
            let problem = read(language, &filter, &STONES, &Frame::CRS84).unwrap_err();
            assert_eq!(problem.code, Code::FilterInvalid, "{filter}");
        }
        for (language, filter) in deep(DEPTH - 2) {
            // Whether it is refused or not, it ends.
            let _ = read(language, &filter, &STONES, &Frame::CRS84);
        }
        let nested = format!("{}lost{}", "NOT (".repeat(29), ")".repeat(29));
        assert!(read_text(&nested).is_ok());
        assert!(said(Language::Text, &"NOT ".repeat(DEPTH + 1)).contains("nested more than 60 deep"));
        let chain = format!("1 = 1{}", "+1".repeat(DEPTH));
        assert!(said(Language::Text, &chain).contains("nested more than 60 deep"));
        let (open, close) = ("{\"op\":\"not\",\"args\":[".repeat(DEPTH - 1), "]}".repeat(DEPTH - 1));
        assert!(read(Language::Json, &format!("{open}true{close}"), &STONES, &Frame::CRS84).is_ok());
        let json = format!("{0}true{1}", "{\"op\":\"not\",\"args\":[".repeat(62), "]}".repeat(62));
        assert!(said(Language::Json, &json).contains("nested more than 60 deep"));
        let json = format!("{0}true{1}", "{\"op\":\"not\",\"args\":[".repeat(100), "]}".repeat(100));
        assert!(said(Language::Json, &json).contains("nested more than 60 deep"));
    });
    done.unwrap().join().unwrap();
}

#[test]
fn the_language_is_named_or_seen() {
    assert_eq!(Language::of(Some("cql2-json"), "x").unwrap(), Language::Json);
    assert_eq!(Language::of(Some("cql-text"), "{").unwrap(), Language::Text);
    assert_eq!(Language::of(None, " {\"op\"").unwrap(), Language::Json);
    assert_eq!(Language::of(None, "a = 1").unwrap(), Language::Text);
    assert_eq!(
        Language::of(Some("sql"), "a = 1").unwrap_err().code,
        Code::ParameterInvalid
    );
}

#[test]
fn an_order_is_read_and_checked() {
    let keys = |sortby: &str| -> Vec<String> {
        let orders = sort::read(sortby, &STONES).unwrap();
        let sign = |descending| if descending { "-" } else { "+" };
        let key = |(field, descending): (&Field, bool)| format!("{}{}", sign(descending), field.name);
        orders.into_iter().map(key).collect()
    };
    assert_eq!(
        keys("-height_m,+number, lost,condition"),
        ["-height_m", "+number", "+lost", "+condition"]
    );
    assert_eq!(keys("-id"), ["-id"]);
    let refused = |sortby: &str| {
        let problem = sort::read(sortby, &STONES).unwrap_err();
        assert_eq!(problem.code, Code::ParameterInvalid);
        assert_eq!(problem.mistakes[0].at, "sortby");
        problem.detail.en
    };
    assert_eq!(
        refused("-heigth_m"),
        "sortby: stones has no property heigth_m; did you mean height_m?."
    );
    assert_eq!(refused("number,,lost"), "sortby: A name is missing.");
    assert_eq!(refused(""), "sortby: A name is missing.");
    assert_eq!(refused("number,-number"), "sortby: The property number is named twice.");
    assert_eq!(
        refused("former_numbers"),
        "sortby: former_numbers holds several values and gives no order."
    );
    assert_eq!(refused("geometry"), "sortby: stones has no property geometry.");
    assert_eq!(
        refused(&"lost,".repeat(50_000)),
        "sortby: More than 8 properties are named."
    );
}

#[test]
fn a_parameter_must_be_of_the_type_of_its_field() {
    let refused = |name: &str, value: &str| {
        let field = equal::field(&STONES, name).unwrap();
        let problem = equal::read(field, value).unwrap_err();
        assert_eq!(
            (problem.code, problem.mistakes[0].at.as_str()),
            (Code::ParameterInvalid, name)
        );
        problem.detail.en
    };
    assert_eq!(refused("height_m", "high"), "height_m: high is not a number.");
    assert_eq!(refused("height_m", "NaN"), "height_m: NaN is not a number.");
    assert_eq!(refused("lost", "yes"), "lost: yes is not true or false.");
    assert!(refused("set_on", "2026").contains("is not a date (2026-05-02)"));
    assert!(refused("number", "a\0").contains("U+0000"));
    assert!(equal::field(&STONES, "hours").is_none() && equal::field(&STONES, "colour").is_none());
    assert!(equal::field(&STONES, "id").is_some());
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        -180.0..180.0
    ]
}

fn leaf() -> impl Strategy<Value = What> {
    let names = prop_oneof![
        Just("height_m".to_owned()),
        Just("number".to_owned()),
        Just("geometry".to_owned()),
        any::<String>()
    ];
    prop_oneof![
        any::<String>().prop_map(What::Text),
        (-i64::MAX..i64::MAX).prop_map(What::Integer),
        number().prop_map(What::Number),
        any::<bool>().prop_map(What::Flag),
        names.prop_map(What::Property),
    ]
}

fn instant() -> impl Strategy<Value = What> {
    let seconds = -62_000_000_000_i64..253_000_000_000;
    let time = (seconds, 0..1_000_000_000_i32).prop_map(|(s, n)| jiff::Timestamp::new(s, n).unwrap());
    let date = (0..9999_i16, 1..=12_i8, 1..=28_i8).prop_map(|(y, m, d)| jiff::civil::Date::new(y, m, d).unwrap());
    prop_oneof![time.prop_map(What::Time), date.prop_map(What::Date)]
}

fn shape() -> impl Strategy<Value = Written_> {
    let position = || [number(), number()];
    let line = move || prop::collection::vec(position(), 1..4);
    let lines = move || prop::collection::vec(line(), 1..3);
    let geometry = move || {
        prop_oneof![
            position().prop_map(Geometry::Point),
            line().prop_map(Geometry::Points),
            line().prop_map(Geometry::Line),
            lines().prop_map(Geometry::Lines),
            lines().prop_map(Geometry::Polygon),
            prop::collection::vec(lines(), 1..3).prop_map(Geometry::Polygons),
        ]
    };
    prop_oneof![
        [number(), number(), number(), number()].prop_map(Written_::Box),
        geometry().prop_map(Written_::Geometry),
        prop::collection::vec(geometry(), 1..3).prop_map(Written_::Collection),
    ]
}

fn node(what: What) -> Node {
    Node::new(0, what)
}

fn call(op: Op, args: Vec<Node>) -> Node {
    node(What::Call(op, args))
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Any filter that the grammar knows, whether or not it makes sense.
fn filters() -> impl Strategy<Value = Node> {
    let scalar = || {
        prop_oneof![leaf().prop_map(node), instant().prop_map(node)].prop_recursive(4, 16, 2, |inner| {
            prop_oneof![
                (one_of(Arithmetic::ALL), inner.clone(), inner.clone())
                    .prop_map(|(op, a, b)| call(Op::Arithmetic(op), vec![a, b])),
                inner.clone().prop_map(|a| call(Op::Casei, vec![a])),
                inner.prop_map(|a| call(Op::Accenti, vec![a])),
            ]
        })
    };
    let name = || any::<String>().prop_map(|name| node(What::Property(name)));
    let list = || prop::collection::vec(scalar(), 0..4).prop_map(|nodes| node(What::List(nodes)));
    let end = || prop_oneof![instant().prop_map(node), Just(node(What::Open)), name()];
    let when = || {
        prop_oneof![
            instant().prop_map(node),
            name(),
            (end(), end()).prop_map(|(a, b)| call(Op::Interval, vec![a, b]))
        ]
    };
    let place = || prop_oneof![name(), shape().prop_map(|shape| node(What::Shape(shape)))];
    let array = || prop_oneof![name(), list()];
    let test = prop_oneof![
        any::<bool>().prop_map(|flag| node(What::Flag(flag))),
        (one_of(Comparison::ALL), scalar(), scalar()).prop_map(|(op, a, b)| call(Op::Compare(op), vec![a, b])),
        (scalar(), scalar()).prop_map(|(a, b)| call(Op::Like, vec![a, b])),
        (scalar(), scalar(), scalar()).prop_map(|(a, b, c)| call(Op::Between, vec![a, b, c])),
        (scalar(), list()).prop_map(|(a, b)| call(Op::In, vec![a, b])),
        scalar().prop_map(|a| call(Op::IsNull, vec![a])),
        (one_of(SpatialRelation::ALL), place(), place()).prop_map(|(op, a, b)| call(Op::Spatial(op), vec![a, b])),
        (one_of(TemporalRelation::ALL), when(), when()).prop_map(|(op, a, b)| call(Op::Temporal(op), vec![a, b])),
        (one_of(ArrayRelation::ALL), array(), array()).prop_map(|(op, a, b)| call(Op::Array(op), vec![a, b])),
    ];
    test.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| call(Op::Not, vec![a])),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|args| call(Op::And, args)),
            prop::collection::vec(inner, 2..4).prop_map(|args| call(Op::Or, args)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(filter in filters()) {
        let text = to_text(&filter);
        let read = parse(Language::Text, &text).map(|written| written.node);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", text);
        let json = to_json(&filter).to_string();
        let read = parse(Language::Json, &json).map(|written| written.node);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", json);
        let _ = check(&STONES, &Frame::CRS84, &filter);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for language in [Language::Text, Language::Json] {
            let _ = read(language, &text, &STONES, &Frame::CRS84);
        }
        let _ = sort::read(&text, &STONES);
    }

    /// Pieces of the language in any order.
    #[test]
    fn any_pieces_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(vec![
        "height_m", "number", "geometry", "set_on", "'a'", "'2026-05-02'", "1", "-", "+", "*", "/", "%", "^", "div",
        "(", ")", "[", "]", ",", "=", "<>", "<", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL", "TRUE",
        "CASEI(", "DATE(", "TIMESTAMP(", "INTERVAL(", "'..'", "BBOX(", "POINT(", "POLYGON((", "MULTIPOINT(", "Z",
        "GEOMETRYCOLLECTION(", "S_WITHIN(", "T_AFTER(", "A_EQUALS(", "EMPTY", "\"x\"", "1e5", "\n",
    ]), 0..30)) {
        let _ = read_text(&pieces.join(" "));
    }
}
