//! Rows of a file to records of the register, brought into the frame of a boundary.

use super::row::{Fields, Mapping, Row};
use crate::crs::{Agency, Crs, EpochChange, Frame, Kind, NotComparable, Operation, Projection};
use crate::domain::boundary::Boundary;
use crate::domain::marker::{Condition, Constellation, Element, Marker, MarkerKind, Number, Relation, SigmaSource};
use crate::domain::place::{Footprint, Project, Route};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::section::{LineType, Movability, Segment};
use crate::domain::text::{Message, Names};
use crate::geom::line::Side;
use crate::geom::shape::Geometry;
use crate::unit::{Bearing, Epoch, LonLat, Metres, Sigma};

/// Mistakes reported of one file, at most.
const MISTAKES: usize = 100;

/// The way from the system of a file to the frame of a boundary.
pub struct ToFrame {
    from: Crs,
    frame: Frame,
    /// To the degrees of the file's own datum, where that is a step of its own.
    projection: Option<Projection>,
    step: Step,
}

/// What brings degrees of the file's datum, or its numbers, into the frame.
enum Step {
    /// The same datum.
    None,
    /// A published operation, from the numbers as they stand.
    Published(Operation),
    /// The parameters of an agency.
    Agency(Agency),
    /// The motion of a plate.
    Epoch(EpochChange),
}

impl ToFrame {
    /// - **Shape**: `near` is any place of the boundary, for choosing the operation.
    /// - **Errors**: [`NotComparable`] where no operation of known accuracy leads there.
    pub fn new(from: &Crs, frame: &Frame, near: LonLat) -> Result<Self, NotComparable> {
        Self::with(from, frame, near, None, &[])
    }

    /// As [`ToFrame::new`], for coordinates of an epoch, and where no operation is published by the first of `agencies`
    /// that leads there.
    ///
    /// - **Shape**: an epoch counts between systems whose coordinates move with the plates.
    /// - **Errors**: [`NotComparable`] also where an epoch counts and the frame says no epoch or no plate.
    pub fn with(
        from: &Crs,
        frame: &Frame,
        near: LonLat,
        epoch: Option<Epoch>,
        agencies: &[Agency],
    ) -> Result<Self, NotComparable> {
        let moved = match epoch {
            Some(epoch) => EpochChange::new(from, frame, epoch)?,
            None => None,
        };
        let step = match moved {
            Some(moved) => Step::Epoch(moved),
            None if from.base_code() == frame.crs.base_code() => Step::None,
            None => match Operation::between(from, &frame.crs, near) {
                Ok(operation) => Step::Published(operation),
                Err(refusal) => {
                    let way = agencies.iter().find_map(|agency| agency.between(from, &frame.crs));
                    Step::Agency(way.ok_or(refusal)?)
                }
            },
        };
        let projection = match (&step, from.kind()) {
            // A published operation begins at the numbers as they stand.
            (Step::Published(_), _) | (_, Kind::Geographic) => None,
            (_, Kind::Projected) => Some(Projection::new(from)?),
        };
        Ok(Self {
            from: from.clone(),
            frame: frame.clone(),
            projection,
            step,
        })
    }

    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    pub const fn from(&self) -> &Crs {
        &self.from
    }

    /// What was done, for the record.
    pub fn name(&self) -> String {
        let step = match &self.step {
            Step::Published(operation) => Some(format!("{}, {} m", operation.name(), operation.accuracy_m())),
            Step::Agency(agency) => Some(format!("{}, {} m", agency.name(), agency.accuracy_m())),
            Step::Epoch(change) => Some(format!("{}, {:.3} m", change.name(), change.accuracy_m())),
            Step::None => None,
        };
        let projection = self
            .projection
            .as_ref()
            .map(|_| format!("inverse projection of {}", self.from.code()));
        match (projection, step) {
            (None, None) => "none: the same system".to_owned(),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(first), Some(then)) => format!("{first}; {then}"),
        }
    }

    /// Accuracy of the operation, metres; none where no datum is crossed.
    pub fn accuracy_m(&self) -> Option<f64> {
        match &self.step {
            Step::Published(operation) => Some(operation.accuracy_m()),
            Step::Agency(agency) => Some(agency.accuracy_m()),
            Step::Epoch(change) => Some(change.accuracy_m()),
            Step::None => None,
        }
    }

    /// One position.
    ///
    /// # Errors
    /// Where it is no position of the file's system; the sentence says what the numbers look like.
    pub fn apply(&self, position: [f64; 2]) -> Result<LonLat, Message> {
        let outside = |refusal: NotComparable| Message::new(refusal.to_string(), "坐标超出坐标转换的适用范围");
        let plain = match &self.projection {
            Some(projection) => projection.inverse(position).map_err(outside)?,
            None => position,
        };
        if let Step::Published(operation) = &self.step {
            let [lon, lat] = operation.apply(plain, None).map_err(outside)?;
            return LonLat::new(lon, lat).map_err(|_| self.hint([lon, lat]));
        }
        let [lon, lat] = plain;
        let plain = LonLat::new(lon, lat).map_err(|_| self.hint([lon, lat]))?;
        match &self.step {
            Step::Agency(agency) => agency.apply(plain).map_err(outside),
            Step::Epoch(change) => Ok(change.apply(plain)),
            Step::None | Step::Published(_) => Ok(plain),
        }
    }

    /// What numbers that are no longitude and latitude look like.
    fn hint(&self, [x, y]: [f64; 2]) -> Message {
        if x.abs() <= 90.0 && y.abs() <= 180.0 {
            Message::new(
                format!("{y} is no latitude; longitude and latitude look swapped"),
                format!("{y} 不是纬度，经纬度顺序疑似颠倒"),
            )
        } else if x.abs() > 1000.0 || y.abs() > 1000.0 {
            Message::new(
                format!("{x}, {y} are no degrees; they look like metres of a projected system: say --crs"),
                format!("{x}, {y} 不是度，疑似投影坐标（米），请用 --crs 说明坐标系"),
            )
        } else {
            Message::new(
                format!("{x}, {y} is no position on the earth"),
                format!("{x}, {y} 不是有效的经纬度"),
            )
        }
    }
}

/// Reads every row, or says all that is wrong with all of them.
fn all<T>(
    rows: &[Row],
    mapping: &Mapping,
    mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let mut fields = Fields::new(row, mapping);
        let record = read(&mut fields);
        if fields.mistakes.is_empty() {
            records.extend(record);
        }
        mistakes.append(&mut fields.mistakes);
    }
    if mistakes.is_empty() {
        return Ok(records);
    }
    let n = mistakes.len();
    mistakes.truncate(MISTAKES);
    Err(Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("The file has {n} mistakes; nothing of it was taken."),
            format!("文件有{n}处错误，未导入任何内容。"),
        ),
        Message::new(
            "Correct them, or map the columns with --map field=column.",
            "请更正，或用 --map 字段=列名 指定列。",
        ),
    )
    .with_mistakes(mistakes))
}

/// Refuses a file in which no row has a field that every record needs, once instead of at every row.
fn must_have(rows: &[Row], mapping: &Mapping, field: &str) -> Result<(), Problem> {
    let column = mapping.column(field);
    if rows.is_empty() || mapping.constants.contains_key(field) || rows.iter().any(|row| row.cells.contains_key(column))
    {
        return Ok(());
    }
    let mut there: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.cells.keys().map(String::as_str))
        .collect();
    there.sort_unstable();
    there.dedup();
    let there = there.join(", ");
    Err(Problem::new(
        Code::ColumnMissing,
        Message::new(
            format!("No row has {column:?}; there are {there}."),
            format!("没有任何一行含有“{column}”列；现有列：{there}。"),
        ),
        Message::new(
            format!("Say which column it is with --map {field}=COLUMN."),
            format!("请用 --map {field}=列名 指定。"),
        ),
    ))
}

fn points(fields: &mut Fields<'_>, way: &ToFrame, raw: &[[f64; 2]]) -> Vec<LonLat> {
    let mut points = Vec::with_capacity(raw.len());
    for position in raw {
        match way.apply(*position) {
            Ok(point) => points.push(point),
            Err(detail) => {
                fields.wrong("geometry", detail);
                break;
            }
        }
    }
    points
}

fn line(fields: &mut Fields<'_>, way: &ToFrame) -> Vec<LonLat> {
    match fields.geometry() {
        Some(Geometry::Line(raw)) => points(fields, way, raw),
        Some(Geometry::Lines(lines)) if lines.len() == 1 => points(fields, way, &lines[0]),
        _ => {
            fields.wrong("geometry", Message::new("is no line", "不是线"));
            Vec::new()
        }
    }
}

fn rings(fields: &mut Fields<'_>, way: &ToFrame) -> Vec<Vec<LonLat>> {
    match fields.geometry() {
        Some(Geometry::Polygon(rings)) => rings.iter().map(|ring| points(fields, way, ring)).collect(),
        Some(Geometry::Polygons(polygons)) if polygons.len() == 1 => {
            polygons[0].iter().map(|ring| points(fields, way, ring)).collect()
        }
        _ => {
            fields.wrong("geometry", Message::new("is no polygon", "不是面"));
            Vec::new()
        }
    }
}

fn sigma(fields: &mut Fields<'_>, field: &str) -> Option<Sigma> {
    let value = fields.number(field)?;
    Sigma::new(value)
        .map_err(|fault| {
            fields.wrong(
                field,
                Message::new(fault.to_string(), format!("{value} 不是有效的标准差")),
            )
        })
        .ok()
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|v| word(*v)).collect()
}

/// A record with the key of the instrument it cites and its raw coordinates, where it has a measured position.
pub struct Read<T> {
    pub record: T,
    pub instrument: Option<String>,
    pub raw: Option<[f64; 2]>,
}

/// A marker with the raw coordinates of its elements, in their order.
pub type ReadMarker = Read<(Marker, Vec<[f64; 2]>)>;

/// # Errors
/// All mistakes of the file at once.
pub fn segments(rows: &[Row], mapping: &Mapping, way: &ToFrame) -> Result<Vec<Read<Segment>>, Problem> {
    let mut number = 0;
    all(rows, mapping, |fields| {
        number += 1;
        let types = words(LineType::ALL, LineType::word);
        let movabilities = words(Movability::ALL, Movability::word);
        let segment = Segment {
            section: fields.text("section").unwrap_or_else(|| "1".to_owned()),
            ordinal: fields
                .integer("ordinal")
                .and_then(|n| n.try_into().ok())
                .unwrap_or(number),
            line_type: fields.word("line_type", LineType::from_word, &types, Some(LineType::Geodesic))?,
            grid_crs: fields.text("grid_crs"),
            movability: fields.word(
                "movability",
                Movability::from_word,
                &movabilities,
                Some(Movability::Fixed),
            )?,
            description: Message::new(
                fields.text("description_en").unwrap_or_default(),
                fields.text("description_zh").unwrap_or_default(),
            ),
            vertices: line(fields, way),
        };
        if segment.vertices.len() < 2 {
            fields.wrong("geometry", Message::new("has fewer than two vertices", "少于两个顶点"));
        }
        Some(Read {
            record: segment,
            instrument: fields.text("instrument"),
            raw: None,
        })
    })
}

/// Standard deviation in metres that follows from the digits of a position: half a step of the last one, evenly spread.
fn printed_sigma(fields: &Fields<'_>) -> Sigma {
    let decimals = fields
        .decimals("lat")
        .or_else(|| fields.decimals("y"))
        .unwrap_or(7)
        .min(15) as i32;
    let step_m = if fields.decimals("y").is_some() { 1.0 } else { 111_000.0 } * 10_f64.powi(-decimals);
    Sigma::new(step_m / 12_f64.sqrt()).unwrap_or_default()
}

/// Markers, one row an element; rows of one number are elements of one marker, in the order of the file.
///
/// # Errors
/// All mistakes of the file at once.
pub fn markers(
    rows: &[Row],
    mapping: &Mapping,
    way: &ToFrame,
    boundary: Option<&Boundary>,
) -> Result<Vec<ReadMarker>, Problem> {
    must_have(rows, mapping, "number")?;
    let elements = all(rows, mapping, |fields| {
        let number = fields.required("number");
        let raw = fields.point()?;
        let position = way.apply(raw).map_err(|detail| fields.wrong("lat", detail)).ok()?;
        let stated = sigma(fields, "sigma_m");
        let party = fields.text("side").filter(|side| side != "line");
        let side = match (party.as_deref(), boundary) {
            (Some("left"), _) => Some(Side::Left),
            (Some("right"), _) => Some(Side::Right),
            (Some(code), Some(boundary)) => {
                let side = boundary.side_of(code);
                if side.is_none() {
                    let detail = Message::new(
                        format!("{code:?} is no party of this boundary"),
                        format!("{code:?} 不是本国界的一方"),
                    );
                    fields.wrong("side", detail);
                }
                side
            }
            _ => None,
        };
        let tie = fields.number("azimuth_deg").zip(fields.number("distance_m"));
        let relation = match (fields.text("side").as_deref(), tie, side) {
            (_, Some((azimuth, distance)), side) => Relation::Tied {
                azimuth: Bearing::new(azimuth).ok()?,
                distance: Metres::new(distance).ok()?,
                side,
            },
            (Some("line"), None, _) => Relation::OnLine,
            (_, None, Some(side)) => Relation::Beside(side),
            _ => Relation::NotStated,
        };
        let element = Element {
            index: fields.integer("element").and_then(|n| n.try_into().ok()).unwrap_or(0),
            position,
            height_m: fields.number("height_m"),
            sigma: stated.unwrap_or_else(|| printed_sigma(fields)),
            sigma_source: if stated.is_some() {
                SigmaSource::Stated
            } else {
                SigmaSource::PrintedDigits
            },
            relation,
            party: party.filter(|p| p != "left" && p != "right"),
            printed: fields.text("printed_lat").zip(fields.text("printed_lon")),
            material: fields.text("material"),
        };
        let constellations = words(Constellation::ALL, Constellation::word);
        let kinds = words(MarkerKind::ALL, MarkerKind::word);
        let conditions = words(Condition::ALL, Condition::word);
        let marker = Marker {
            number: Number::parse(&number),
            section: fields.text("section"),
            names: fields.names("name"),
            constellation: fields.word(
                "constellation",
                Constellation::from_word,
                &constellations,
                Some(Constellation::Single),
            )?,
            kind: fields.word("kind", MarkerKind::from_word, &kinds, Some(MarkerKind::Main))?,
            keeper: fields.text("keeper"),
            erected_by: fields.text("erected_by"),
            sequence: fields.integer("sequence"),
            condition: fields.word(
                "condition",
                Condition::from_word,
                &conditions,
                Some(Condition::NotInspected),
            )?,
            elements: vec![element],
        };
        Some(Read {
            record: (marker, vec![raw]),
            instrument: fields.text("instrument"),
            raw: None,
        })
    })?;
    let mut markers: Vec<ReadMarker> = Vec::with_capacity(elements.len());
    for mut read in elements {
        // Elements of one marker follow each other; the same number again elsewhere is another marker, for C14 to name.
        let index = read.record.0.elements[0].index;
        match markers.last_mut() {
            Some(last)
                if index > 0
                    && last.record.0.number == read.record.0.number
                    && last.record.0.elements.iter().all(|e| e.index != index) =>
            {
                last.record.0.elements.append(&mut read.record.0.elements);
                last.record.1.append(&mut read.record.1);
            }
            _ => markers.push(read),
        }
    }
    Ok(markers)
}

/// # Errors
/// All mistakes of the file at once.
pub fn routes(rows: &[Row], mapping: &Mapping, way: &ToFrame) -> Result<Vec<Read<Route>>, Problem> {
    must_have(rows, mapping, "number")?;
    all(rows, mapping, |fields| {
        let record = Route {
            number: fields.required("number"),
            names: fields.names("name"),
            inspection: fields.text("inspection"),
            path: line(fields, way),
        };
        Some(Read {
            record,
            instrument: None,
            raw: None,
        })
    })
}

/// # Errors
/// All mistakes of the file at once.
pub fn projects(rows: &[Row], mapping: &Mapping, way: &ToFrame) -> Result<Vec<Read<Project>>, Problem> {
    must_have(rows, mapping, "number")?;
    all(rows, mapping, |fields| {
        let footprint = match fields.geometry() {
            Some(Geometry::Polygon(_) | Geometry::Polygons(_)) => Footprint::Polygon(rings(fields, way)),
            _ => Footprint::Line(line(fields, way)),
        };
        let record = Project {
            number: fields.required("number"),
            names: fields.names("name"),
            kind: fields.required("kind"),
            state: fields.required("state"),
            party: fields.text("party"),
            footprint,
        };
        Some(Read {
            record,
            instrument: fields.text("instrument"),
            raw: None,
        })
    })
}

/// The names of a record from a file are never empty on a map: its number stands in.
pub fn names_or_number(names: &Names, number: &str) -> Names {
    if names.is_empty() {
        Names::default().with(crate::domain::text::Lang::En, number)
    } else {
        names.clone()
    }
}
