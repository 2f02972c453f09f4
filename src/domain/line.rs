//! The boundary line as one: segments in order, brought to one chain of geodesics with chainages.

use super::section::{LineType, Segment};
use crate::crs::{Crs, Frame, NotComparable, Projection};
use crate::geom::line::GeodesicLine;
use crate::geom::rhumb::rhumb;
use crate::unit::LonLat;

/// How far a chain of geodesics may leave the line it stands for, in metres.
const CHAIN_TOLERANCE_M: f64 = 1e-4;

/// Steps of a grid line, in metres; its separation from the geodesic over such a step is below 0.1 mm in any zone.
const GRID_STEP_M: f64 = 50.0;

/// Where one segment lies on the whole line.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub section: String,
    pub ordinal: i32,
    pub line_type: LineType,
    /// Chainages in metres.
    pub from: f64,
    pub to: f64,
}

/// A place where one segment does not begin where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Break {
    /// Index of the part that begins elsewhere.
    pub part: usize,
    pub end: LonLat,
    pub start: LonLat,
    pub distance_m: f64,
}

/// The line of a boundary, ready for checks.
#[derive(Debug, Clone)]
pub struct BoundaryLine {
    course: GeodesicLine,
    parts: Vec<Part>,
    breaks: Vec<Break>,
}

/// Why segments make no line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineError {
    #[error("the line has fewer than two vertices")]
    TooShort,
    #[error("a grid line names no projected system: section {section}, segment {ordinal}")]
    GridCrsMissing { section: String, ordinal: i32 },
    #[error(transparent)]
    NotComparable(#[from] NotComparable),
}

impl BoundaryLine {
    /// - **Shape**: `segments` in the order of the boundary. Where one does not begin where the last ends, the break
    ///   is bridged by a geodesic and reported by [`BoundaryLine::breaks`]; nothing is snapped.
    /// - **Errors**: no line, or a grid line whose system is missing or unknown.
    pub fn new(frame: &Frame, segments: &[Segment]) -> Result<Self, LineError> {
        let earth = frame.crs.ellipsoid();
        let mut vertices: Vec<LonLat> = Vec::new();
        let mut spans: Vec<(usize, usize)> = Vec::with_capacity(segments.len());
        let mut breaks = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let chain = chain(frame, segment)?;
            match (vertices.last().copied(), chain.first().copied()) {
                (Some(end), Some(start)) if end == start => {
                    spans.push((vertices.len() - 1, vertices.len() + chain.len() - 2));
                    vertices.extend_from_slice(&chain[1..]);
                }
                (last, _) => {
                    if let (Some(end), Some(start)) = (last, chain.first().copied()) {
                        breaks.push(Break {
                            part: index,
                            end,
                            start,
                            distance_m: earth.distance(end, start),
                        });
                    }
                    let first = vertices.len();
                    spans.push((first, (first + chain.len()).saturating_sub(1)));
                    vertices.extend_from_slice(&chain);
                }
            }
        }
        let course = GeodesicLine::new(earth.clone(), vertices).ok_or(LineError::TooShort)?;
        let at = |vertex: usize| course.chainages().get(vertex).copied().unwrap_or(course.length());
        let parts = segments
            .iter()
            .zip(&spans)
            .map(|(segment, (first, last))| Part {
                section: segment.section.clone(),
                ordinal: segment.ordinal,
                line_type: segment.line_type,
                from: at(*first),
                to: at(*last),
            })
            .collect();
        Ok(Self { course, parts, breaks })
    }

    pub const fn course(&self) -> &GeodesicLine {
        &self.course
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn breaks(&self) -> &[Break] {
        &self.breaks
    }

    /// The segment that holds a chainage; at a joint, the one that begins there.
    pub fn part_at(&self, chainage: f64) -> Option<&Part> {
        let after = self.parts.partition_point(|part| part.from <= chainage);
        self.parts.get(after.saturating_sub(1))
    }

    /// First and last chainage of each section, in order of the boundary.
    pub fn sections(&self) -> Vec<(String, f64, f64)> {
        let mut sections: Vec<(String, f64, f64)> = Vec::new();
        for part in &self.parts {
            match sections.last_mut() {
                Some((name, _, to)) if *name == part.section => *to = part.to,
                _ => sections.push((part.section.clone(), part.from, part.to)),
            }
        }
        sections
    }
}

/// A segment as a chain of geodesics, by its own line type.
///
/// # Errors
/// When it is a grid line whose system is missing or unknown, or that lies outside of it.
pub fn chain(frame: &Frame, segment: &Segment) -> Result<Vec<LonLat>, LineError> {
    match segment.line_type {
        LineType::Rhumb | LineType::Parallel => {
            let earth = frame.crs.ellipsoid();
            Ok(join(
                segment
                    .vertices
                    .windows(2)
                    .map(|leg| rhumb(earth, leg[0], leg[1], CHAIN_TOLERANCE_M)),
            ))
        }
        LineType::GridLine => {
            let missing = || LineError::GridCrsMissing {
                section: segment.section.clone(),
                ordinal: segment.ordinal,
            };
            let crs = Crs::lookup(segment.grid_crs.as_deref().ok_or_else(missing)?).map_err(|_| missing())?;
            let projection = Projection::new(&crs)?;
            let legs: Result<Vec<_>, _> = segment
                .vertices
                .windows(2)
                .map(|leg| grid(&projection, leg[0], leg[1]))
                .collect();
            Ok(join(legs?.into_iter()))
        }
        // A meridian is a geodesic; natural lines are given by vertices close enough to be joined by geodesics.
        LineType::Geodesic
        | LineType::Meridian
        | LineType::Watershed
        | LineType::Thalweg
        | LineType::Median
        | LineType::SharedWater => Ok(segment.vertices.clone()),
    }
}

/// Legs that share their ends, as one chain.
fn join(legs: impl Iterator<Item = Vec<LonLat>>) -> Vec<LonLat> {
    let mut chain: Vec<LonLat> = Vec::new();
    for leg in legs {
        let skip = usize::from(!chain.is_empty());
        chain.extend(leg.into_iter().skip(skip));
    }
    chain
}

/// A line that is straight in a projected system, in short steps.
fn grid(projection: &Projection, from: LonLat, to: LonLat) -> Result<Vec<LonLat>, NotComparable> {
    let (a, b) = (projection.forward(from)?, projection.forward(to)?);
    let steps = ((b[0] - a[0]).hypot(b[1] - a[1]) / GRID_STEP_M).ceil();
    let mut leg = vec![from];
    let mut k = 1.0;
    while k < steps {
        let t = k / steps;
        let [lon, lat] = projection.inverse([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])?;
        leg.extend(LonLat::new(lon, lat).ok());
        k += 1.0;
    }
    leg.push(to);
    Ok(leg)
}
