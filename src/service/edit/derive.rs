//! Columns that follow from others, kind by kind.

use serde_json::{Map, Value as Json, json};

use super::mistake;
use crate::crs::null_for_display;
use crate::domain::boundary::Boundary;
use crate::domain::line::BoundaryLine;
use crate::domain::marker::Number;
use crate::domain::problem::{Mistake, Problem};
use crate::domain::schema::Schema;
use crate::domain::section::{LineType, Movability, Segment};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::geom::line::densify;
use crate::geom::shape::Geometry;
use crate::store::codec::Ewkb;
use crate::unit::LonLat;

/// Steps of a drawn line, in metres: on a map, the straight piece between two is then within centimetres of the line.
pub const DRAWN_STEP_M: f64 = 500.0;

/// Kinds with a number that sorts by its parts.
const NUMBERED: [&str; 6] = ["boundary_point", "marker", "island", "route", "project", "port"];

/// # Errors
/// When a rule of the kind is broken.
pub fn columns(
    schema: &Schema,
    draft: &Draft,
    boundary: Option<&Boundary>,
    legal: Option<&Geometry>,
    columns: &mut Map<String, Json>,
) -> Result<(), Vec<Mistake>> {
    if NUMBERED.contains(&schema.kind)
        && let Some(number) = draft.text("number")
    {
        columns.insert("number_key".to_owned(), json!(Number::parse(number).sort_key()));
    }
    match (schema.kind, boundary, legal) {
        ("segment", Some(boundary), Some(Geometry::Line(line))) => segment(draft, boundary, line, columns),
        ("boundary", ..) => frame(draft, columns),
        _ => Ok(()),
    }
}

fn at_line(detail: Message) -> Vec<Mistake> {
    vec![Mistake {
        at: "#/geometry/coordinates".to_owned(),
        detail,
    }]
}

/// A segment as drawn, by its own line type, and its length.
fn segment(
    draft: &Draft,
    boundary: &Boundary,
    line: &[[f64; 2]],
    columns: &mut Map<String, Json>,
) -> Result<(), Vec<Mistake>> {
    let vertices = line
        .iter()
        .map(|[lon, lat]| LonLat::new(*lon, *lat))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| {
            at_line(Message::new(
                "is no line of longitudes and latitudes",
                "不是经纬度组成的线",
            ))
        })?;
    let segment = Segment {
        section: draft.text("section").unwrap_or_default().to_owned(),
        ordinal: match draft.get("ordinal") {
            Some(Value::Integer(n)) => i32::try_from(*n).unwrap_or(i32::MAX),
            _ => 0,
        },
        line_type: draft
            .text("line_type")
            .and_then(LineType::from_word)
            .unwrap_or(LineType::Geodesic),
        grid_crs: draft.text("grid_crs").map(str::to_owned),
        movability: draft
            .text("movability")
            .and_then(Movability::from_word)
            .unwrap_or(Movability::Fixed),
        description: Message::default(),
        vertices,
    };
    let frame = &boundary.frame;
    let line = BoundaryLine::new(frame, std::slice::from_ref(&segment))
        .map_err(|refusal| at_line(Problem::from(refusal).detail))?;
    let course = line.course();
    let display = densify(course.ellipsoid(), course.vertices(), DRAWN_STEP_M)
        .into_iter()
        .map(|p| null_for_display(&frame.crs, [p.lon.get(), p.lat.get()]))
        .collect::<Result<Vec<LonLat>, _>>()
        .map_err(|refusal| at_line(Problem::from(refusal).detail))?;
    columns.insert("display".to_owned(), json!(Ewkb::line(4326, &display).hex()));
    columns.insert("length_m".to_owned(), json!(course.length()));
    Ok(())
}

/// The SRID of a boundary's frame.
fn frame(draft: &Draft, columns: &mut Map<String, Json>) -> Result<(), Vec<Mistake>> {
    let Some(code) = draft.text("crs") else { return Ok(()) };
    let srid = crate::crs::Crs::lookup(code).ok().and_then(|crs| crs.srid());
    let srid = srid.ok_or_else(|| {
        vec![mistake(
            "crs",
            format!("{code:?} is no reference system known here"),
            format!("未知的坐标参考系“{code}”"),
        )]
    })?;
    columns.insert("srid".to_owned(), json!(srid));
    Ok(())
}
