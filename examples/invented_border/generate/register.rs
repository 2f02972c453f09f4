//! The register's own files: the line, its boundary points, its markers.

use super::World;
use super::earth::{At, printed_lat, printed_lon};
use super::json::{Features, Props};
use super::line::{LineType, Segment};
use super::words::{SECTIONS, SIDES};

const DECIMALS: usize = 10;

/// Number, section and place of every boundary point, in order.
pub fn numbered_points(world: &World) -> Vec<(String, usize, At)> {
    let mut all: Vec<(String, usize, At)> = Vec::new();
    for segment in &world.course.line.segments {
        for (at, treaty) in segment.vertices.iter().zip(&segment.treaty) {
            if *treaty && all.last().is_none_or(|(_, _, last)| last != at) {
                all.push((format!("P{}", all.len() + 1), segment.section, *at));
            }
        }
    }
    all
}

const COMPASS: [(&str, &str); 8] = [
    ("north", "北"),
    ("north-east", "东北"),
    ("east", "东"),
    ("south-east", "东南"),
    ("south", "南"),
    ("south-west", "西南"),
    ("west", "西"),
    ("north-west", "西北"),
];

fn described(world: &World, segment: &Segment, points: &[(String, usize, At)]) -> (String, String) {
    let name = |at: &At| points.iter().find(|p| p.2 == *at).map_or("", |p| p.0.as_str());
    let (a, b) = (&segment.vertices[0], &segment.vertices[segment.vertices.len() - 1]);
    let (from, to) = (name(a), name(b));
    let metres: f64 = segment
        .vertices
        .windows(2)
        .map(|w| world.earth.metres(w[0], w[1]))
        .sum();
    let km = metres / 1000.0;
    let compass = COMPASS[((world.earth.inverse(*a, *b).1 / 45.0).round() as usize) % 8];
    let legs = segment.vertices.len() - 1;
    let (en, zh) = match segment.line_type {
        LineType::Geodesic if legs == 1 => ("in one straight line".to_owned(), "沿一条直线".to_owned()),
        LineType::Geodesic => (format!("in {legs} straight lines"), format!("沿{legs}段直线")),
        LineType::Parallel => {
            let (lat_en, lat_zh) = (printed_lat(*a), printed_lat(*a));
            (format!("along the parallel of {lat_en}"), format!("沿纬线{lat_zh}"))
        }
        LineType::Watershed => (
            "along the watershed of Hollmar Ridge".to_owned(),
            "沿霍尔马岭分水岭".to_owned(),
        ),
        LineType::Median => (
            "down the middle of the Elvane River".to_owned(),
            "沿埃尔瓦内河中间线顺流而下".to_owned(),
        ),
        LineType::Thalweg => (
            "down the deepest thread of the Elvane River".to_owned(),
            "沿埃尔瓦内河深泓线顺流而下".to_owned(),
        ),
        LineType::SharedWater => (
            "across the shared water of Lake Vennary".to_owned(),
            "穿过文纳里湖共同水域".to_owned(),
        ),
    };
    (
        format!(
            "From boundary point {from} the line runs {en}, on the whole to the {}, for {km:.2} km to boundary point {to}.",
            compass.0
        ),
        format!(
            "国界线自{from}号界点起，{zh}，大体向{}行，长{km:.2}公里，至{to}号界点。",
            compass.1
        ),
    )
}

pub fn segments(world: &World) -> String {
    let points = numbered_points(world);
    let mut out = Features::new(DECIMALS);
    for segment in &world.course.line.segments {
        let (en, zh) = described(world, segment, &points);
        let movable = segment.line_type == LineType::Thalweg;
        let props = Props::new()
            .text("section", SECTIONS[segment.section].0)
            .int("ordinal", segment.ordinal)
            .text("line_type", segment.line_type.code())
            .text("movability", if movable { "movable" } else { "fixed" })
            .text("instrument", "protocol-1998")
            .text("description_zh", &zh)
            .text("description_en", &en);
        out.line(&segment.vertices, props);
    }
    out.finish()
}

pub fn boundary_points(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    for (number, section, at) in numbered_points(world) {
        let props = Props::new()
            .text("number", &number)
            .text("section", SECTIONS[section].0)
            .text("printed_lat", &printed_lat(at))
            .text("printed_lon", &printed_lon(at))
            .num("sigma_m", 0.02, 2)
            .text("instrument", "protocol-1998");
        out.point(at, props);
    }
    out.finish()
}

pub fn markers(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    for marker in &world.markers {
        for e in &marker.elements {
            let mut props = Props::new()
                .text("number", &marker.number)
                .int("element", e.element)
                .text("section", SECTIONS[marker.section].0)
                .text("constellation", marker.constellation())
                .text("kind", marker.kind)
                .text("keeper", SIDES[e.keeper])
                .text("erected_by", SIDES[e.erected_by])
                .text("side", e.side.map_or("line", |s| SIDES[s]));
            if let Some((azimuth, metres)) = e.tie {
                props = props.num("azimuth_deg", azimuth, 5).num("distance_m", metres, 3);
            }
            props = props
                .int("sequence", marker.sequence)
                .text("condition", e.condition)
                .text("material", e.material)
                .num("height_m", e.height_m, 3)
                .num("sigma_m", e.sigma_m, 2)
                .text("erected", &e.erected)
                .text("printed_lat", &printed_lat(e.at))
                .text("printed_lon", &printed_lon(e.at))
                .text("instrument", marker.instrument);
            out.point(e.at, props);
        }
    }
    out.finish()
}
