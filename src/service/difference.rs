//! What two versions of one record differ in: its fields, and its place on the ground.

use uuid::Uuid;

use super::audit::shown;
use super::history::{self, Changed, Version};
use super::{Context, Result, not_found};
use crate::crs::{Crs, Frame, null_for_display};
use crate::domain::id::Id;
use crate::domain::line::chain;
use crate::domain::problem::Problem;
use crate::domain::schema::{self, Field, Schema};
use crate::domain::section::{LineType, Movability, Segment};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::geom::difference;
pub use crate::geom::difference::Difference as Measured;
use crate::geom::ellipsoid::Ellipsoid;
use crate::geom::line::GeodesicLine;
use crate::geom::shape::Geometry;
use crate::service::features::PositionKind;
use crate::store;
use crate::store::record::select::{self, Position};
use crate::unit::LonLat;

/// Two versions of one record, and what differs.
#[derive(Debug, Clone)]
pub struct Difference {
    pub old: Version,
    pub new: Version,
    pub changed: Vec<Changed>,
    pub ground: Ground,
}

/// How far apart two versions are on the ground.
#[derive(Debug, Clone)]
pub enum Ground {
    /// Neither of them has a place.
    Nowhere,
    /// No number can be given, and why.
    NotComparable(Message),
    Compared(Box<Compared>),
}

/// A difference in metres, and in what it was measured.
#[derive(Debug, Clone)]
pub struct Compared {
    pub measured: Measured,
    /// Legal where both versions are in one frame, else display.
    pub position_kind: PositionKind,
    /// The system whose ellipsoid was measured on, and the epoch of the frame.
    pub crs: Crs,
    pub epoch: Option<f64>,
    /// From where to where the greatest distance is, from the old version to the new one: display position, longitude
    /// first; none where both are the same, or for surfaces.
    pub apart: Option<[[f64; 2]; 2]>,
    /// Of two lines the stretches about that place, old and new, for a drawing from near by.
    pub near: Option<[Geometry; 2]>,
}

/// Two versions that are to be compared, known to be there.
#[derive(Debug, Clone)]
pub struct Pair {
    pub schema: &'static Schema,
    pub feature_id: i64,
    id: Uuid,
    pub old: Version,
    pub new: Version,
}

/// Finds two versions of a record by their numbers.
///
/// # Errors
/// When there never was such a record, or it has no such version.
pub async fn pair(cx: &Context, schema: &'static Schema, feature_id: i64, old: i32, new: i32) -> Result<Pair> {
    shown::record(cx, schema, feature_id).await?;
    let mut conn = cx.db.acquire().await?;
    pair_in(&mut conn, schema, feature_id, old, new).await
}

/// As [`pair`], on a connection of the caller's.
///
/// # Errors
/// As [`pair`].
pub(super) async fn pair_in(
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    old: i32,
    new: i32,
) -> Result<Pair> {
    let (id, history) = history::identified(conn, schema, feature_id).await?;
    let find = |number: i32| {
        let lineage = history.iter().find(|lineage| lineage.version == number);
        lineage.cloned().map(Version::bare).ok_or_else(|| {
            let what = Message::new(
                format!("version of record {feature_id} with the number"),
                format!("记录 {feature_id} 的版本 "),
            );
            not_found(&what, number)
        })
    };
    Ok(Pair {
        schema,
        feature_id,
        id,
        old: find(old)?,
        new: find(new)?,
    })
}

/// Compares two versions.
///
/// # Errors
/// When the database breaks.
pub async fn difference(cx: &Context, pair: Pair) -> Result<Difference> {
    let mut conn = cx.db.acquire().await?;
    let (placed, found) = read(cx, &mut conn, pair).await?;
    // Long lines take their time, and a connection is not kept from others meanwhile.
    drop(conn);
    measured(placed, found).await
}

/// As [`difference`], on a connection of the caller's.
///
/// # Errors
/// As [`difference`].
pub(super) async fn difference_in(cx: &Context, conn: &mut store::Conn, pair: Pair) -> Result<Difference> {
    let (placed, found) = read(cx, conn, pair).await?;
    measured(placed, found).await
}

/// Where both versions are, and what differs beside that.
async fn read(cx: &Context, conn: &mut store::Conn, pair: Pair) -> Result<([Placed; 2], Difference)> {
    let Pair {
        schema,
        feature_id,
        id,
        mut old,
        mut new,
    } = pair;
    for version in [&mut old, &mut new] {
        history::fill(cx, conn, schema, feature_id, version).await?;
    }
    let changed = history::changed(schema, &old, &new);
    let before = placed(cx, conn, schema, feature_id, id, &old).await?;
    let after = placed(cx, conn, schema, feature_id, id, &new).await?;
    let found = Difference {
        old,
        new,
        changed,
        ground: Ground::Nowhere,
    };
    Ok(([before, after], found))
}

async fn measured([before, after]: [Placed; 2], mut found: Difference) -> Result<Difference> {
    // PROJ's objects belong to a thread.
    found.ground = tokio::task::spawn_blocking(move || ground(before, after)).await?;
    Ok(found)
}

/// Where a version is.
#[derive(Default)]
struct Placed {
    /// In the frame, with what lies between the vertices of a line.
    legal: Option<(Frame, Vec<Piece>, Shape)>,
    display: Option<Geometry>,
}

/// A line as it is written, with its line type.
struct Piece {
    vertices: Geometry,
    line_type: LineType,
    grid_crs: Option<String>,
}

/// Whether pieces are one line or several, or anything else that is taken as it stands.
enum Shape {
    Line,
    Lines,
    Plain,
}

async fn placed(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    id: Uuid,
    version: &Version,
) -> Result<Placed> {
    let display = version.record.as_ref().and_then(|record| record.geometry.clone());
    if display.is_none() {
        return Ok(Placed::default());
    }
    let moment = version.when().moment(cx.clock.now());
    let wanted = |schema: &'static Schema, fields: Vec<&'static Field>| select::Selection {
        position: Position::Legal,
        fields,
        ..select::Selection::all(schema, moment)
    };
    let line_fields = |schema: &'static Schema| -> Vec<&'static Field> {
        ["line_type", "grid_crs", "section", "ordinal"]
            .into_iter()
            .filter_map(|name| schema.field(name))
            .collect()
    };
    let is_segment = schema.kind == schema::segment::SCHEMA.kind;
    let own = select::Selection {
        feature_ids: Some(vec![feature_id]),
        ..wanted(schema, if is_segment { line_fields(schema) } else { Vec::new() })
    };
    let row = select::rows(conn, &cx.memory.labels, &own).await?.pop();
    let Some((row, boundary)) = row.and_then(|row| row.boundary.map(|boundary| (row, boundary))) else {
        return Ok(Placed { legal: None, display });
    };
    let at = version.lineage.in_force.from;
    let held = match store::boundary::by_id(conn, at, Id::new(boundary)).await? {
        Some(held) => Some(held),
        // What is older than its boundary is read in the frame that the boundary has.
        None => store::boundary::by_id(conn, cx.clock.now(), Id::new(boundary)).await?,
    };
    let Some(frame) = held.map(|held| held.record.frame) else {
        return Ok(Placed { legal: None, display });
    };
    let (pieces, shape) = if schema.kind == schema::section::SCHEMA.kind {
        // The line of a section is that of its segments, each by its own line type.
        let segments = select::Selection {
            boundary: Some(boundary),
            ..wanted(&schema::segment::SCHEMA, line_fields(&schema::segment::SCHEMA))
        };
        let label = store::version::label(conn, id).await?;
        let mut rows = select::rows(conn, &cx.memory.labels, &segments).await?;
        rows.retain(|row| matches!((row.values.get(2), &label), (Some(Value::Text(a)), Some(b)) if a == b));
        rows.sort_by_key(|row| match row.values.get(3) {
            Some(Value::Integer(ordinal)) => *ordinal,
            _ => i64::MAX,
        });
        (rows.into_iter().filter_map(piece).collect(), Shape::Lines)
    } else if is_segment {
        (piece(row).into_iter().collect(), Shape::Line)
    } else {
        (piece(row).into_iter().collect(), Shape::Plain)
    };
    let pieces: Vec<Piece> = pieces;
    Ok(Placed {
        legal: (!pieces.is_empty()).then_some((frame, pieces, shape)),
        display,
    })
}

fn piece(row: select::Row) -> Option<Piece> {
    let word = |at: usize| match row.values.get(at) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    Some(Piece {
        line_type: word(0)
            .as_deref()
            .and_then(LineType::from_word)
            .unwrap_or(LineType::Geodesic),
        grid_crs: word(1),
        vertices: row.geometry?,
    })
}

fn ground(old: Placed, new: Placed) -> Ground {
    let (Some(before), Some(after)) = (&old.display, &new.display) else {
        if old.display.is_none() && new.display.is_none() {
            return Ground::Nowhere;
        }
        return Ground::NotComparable(Message::new(
            "Only one of the two versions has a place.",
            "两个版本中只有一个有位置。",
        ));
    };
    let same_frame = match (&old.legal, &new.legal) {
        (Some((a, ..)), Some((b, ..))) => a.crs.code() == b.crs.code() && a.epoch == b.epoch,
        _ => false,
    };
    let compared = match (old.legal, new.legal) {
        (Some((frame, before, shape)), Some((_, after, other))) if same_frame => {
            match (course(&frame, before, &shape), course(&frame, after, &other)) {
                (Ok(before), Ok(after)) => {
                    let epoch = frame.epoch.map(|epoch| epoch.get());
                    compare(&before, &after, &frame.crs, PositionKind::Legal, epoch)
                }
                (Err(problem), _) | (_, Err(problem)) => return Ground::NotComparable(problem.detail),
            }
        }
        _ => match Crs::lookup("EPSG:4326") {
            Ok(crs) => compare(before, after, &crs, PositionKind::Display, None),
            Err(_) => None,
        },
    };
    compared.map_or_else(
        || {
            Ground::NotComparable(Message::new(
                "The two versions have geometries of different kinds.",
                "两个版本的几何类型不同。",
            ))
        },
        |compared| Ground::Compared(Box::new(compared)),
    )
}

/// A geometry of chains of geodesics, each line by its own type.
fn course(frame: &Frame, pieces: Vec<Piece>, shape: &Shape) -> std::result::Result<Geometry, Problem> {
    let mut lines = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let vertices = match piece.vertices {
            Geometry::Line(vertices) if !matches!(shape, Shape::Plain) => vertices,
            other => return Ok(other),
        };
        let places = vertices.iter().filter_map(|[lon, lat]| LonLat::new(*lon, *lat).ok());
        let segment = Segment {
            section: String::new(),
            ordinal: 0,
            line_type: piece.line_type,
            grid_crs: piece.grid_crs,
            movability: Movability::Fixed,
            description: Message::default(),
            vertices: places.collect(),
        };
        let chain = chain(frame, &segment).map_err(Problem::from)?;
        lines.push(chain.iter().map(|at| [at.lon.get(), at.lat.get()]).collect());
    }
    Ok(match (shape, lines.pop()) {
        (Shape::Line, Some(line)) => Geometry::Line(line),
        (_, last) => {
            lines.extend(last);
            Geometry::Lines(lines)
        }
    })
}

fn compare(old: &Geometry, new: &Geometry, crs: &Crs, kind: PositionKind, epoch: Option<f64>) -> Option<Compared> {
    let measured = difference::between(crs.ellipsoid(), old, new)?;
    let drawn = |at: [f64; 2]| {
        let shown = null_for_display(crs, at).ok()?;
        Some([shown.lon.get(), shown.lat.get()])
    };
    let plain = |at: LonLat| [at.lon.get(), at.lat.get()];
    let apart = match &measured {
        Measured::Points(moved) if moved.distance > 0.0 => Some([plain(moved.old), plain(moved.new)]),
        Measured::Lines(apart) if apart.maximum > 0.0 => Some([plain(apart.old), plain(apart.new)]),
        _ => None,
    };
    let near = match &measured {
        Measured::Lines(apart) if apart.maximum > 0.0 => {
            let stretch = |geometry, at| stretch(crs.ellipsoid(), geometry, at, REACH * apart.maximum);
            let both = stretch(old, apart.old).zip(stretch(new, apart.new));
            both.and_then(|(old, new)| {
                Some([
                    old.try_map(|at| drawn(at).ok_or(())).ok()?,
                    new.try_map(|at| drawn(at).ok_or(())).ok()?,
                ])
            })
        }
        _ => None,
    };
    let apart = apart.and_then(|[from, to]| Some([drawn(from)?, drawn(to)?]));
    Some(Compared {
        measured,
        position_kind: kind,
        crs: crs.clone(),
        epoch,
        apart,
        near,
    })
}

/// How far a drawing from near by reaches, in distances between the lines.
const REACH: f64 = 4.0;

/// What a line does within `reach` metres of a place on it.
fn stretch(ellipsoid: &Ellipsoid, geometry: &Geometry, at: LonLat, reach: f64) -> Option<Geometry> {
    let parts: Vec<&[[f64; 2]]> = match geometry {
        Geometry::Line(line) => vec![line],
        Geometry::Lines(lines) => lines.iter().map(Vec::as_slice).collect(),
        _ => Vec::new(),
    };
    let courses = parts.into_iter().filter_map(|part| {
        let places = part.iter().filter_map(|[lon, lat]| LonLat::new(*lon, *lat).ok());
        let course = GeodesicLine::new(ellipsoid.clone(), places.collect())?;
        let foot = course.foot(at);
        Some((course, foot))
    });
    let (course, foot) = courses.min_by(|a, b| a.1.distance.total_cmp(&b.1.distance))?;
    let vertices = course.stretch(foot.chainage - reach, foot.chainage + reach);
    Some(Geometry::Line(
        vertices.iter().map(|at| [at.lon.get(), at.lat.get()]).collect(),
    ))
}
