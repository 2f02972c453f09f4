//! Reading the register as features: pages, single records, their versions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::audit::shown;
use super::{Context, Result, not_found, window};
use crate::crs::{Crs, Frame, Kind, NotComparable, Operation, Projection, null_for_display};
use crate::domain::filter::Test;
use crate::domain::id::Id;
use crate::domain::moment::{InForce, Moment};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Field, Schema, Writes};
use crate::domain::text::{Message, hex};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;
use crate::store;
use crate::store::record::select;
pub use crate::store::record::{Area, Cursor};
use crate::store::record::{Position, Selection as Query};
use crate::unit::LonLat;

/// In which system positions are given.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one stands in each question, none in the records"
)]
pub enum Coordinates {
    /// The display position, degrees of WGS 84.
    Display,
    /// The legal position in this system, where an operation exists.
    System(Crs),
}

/// As of when: absent is now, and by the newest knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct When {
    pub in_force: Option<InForce>,
    pub known: Option<Timestamp>,
}

impl When {
    pub(in crate::service) fn moment(&self, now: Timestamp) -> Moment {
        Moment {
            in_force: self.in_force.unwrap_or(InForce::At(now)),
            known: self.known,
        }
    }
}

/// What is wanted of a collection.
#[derive(Debug, Clone)]
pub struct Selection {
    pub schema: &'static Schema,
    /// Key of a boundary.
    pub boundary: Option<String>,
    pub when: When,
    pub area: Option<Area>,
    pub filter: Option<Test>,
    pub ids: Option<Vec<i64>>,
    pub sort: Vec<(&'static Field, bool)>,
    pub properties: Option<Vec<&'static Field>>,
    pub coordinates: Coordinates,
    pub limit: i64,
    pub after: Option<Cursor>,
}

impl Selection {
    pub const fn of(schema: &'static Schema) -> Self {
        Self {
            schema,
            boundary: None,
            when: When {
                in_force: None,
                known: None,
            },
            area: None,
            filter: None,
            ids: None,
            sort: Vec::new(),
            properties: None,
            coordinates: Coordinates::Display,
            limit: 10,
            after: None,
        }
    }

    /// The fields of each record, in order.
    pub fn fields(&self) -> Vec<&'static Field> {
        self.properties
            .clone()
            .unwrap_or_else(|| self.schema.fields().collect())
    }
}

/// What the numbers of a position are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionKind {
    /// As the instrument has it.
    Legal,
    /// The legal position by a published operation.
    Transformed,
    /// For maps only.
    Display,
}

impl PositionKind {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Transformed => "transformed",
            Self::Display => "display",
        }
    }
}

/// One record as a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub feature_id: i64,
    pub version: i32,
    /// In the order of the selection's fields.
    pub values: Vec<Value>,
    /// Easting or longitude first.
    pub geometry: Option<Geometry>,
    pub position_kind: PositionKind,
    /// Accuracy of the operation by which the position came here, metres; none where there was none, or it is unknown.
    pub position_accuracy_m: Option<f64>,
}

impl Record {
    /// The same with some of its fields; it has all of its kind's.
    pub(super) fn only(&self, schema: &Schema, fields: &[&'static Field]) -> Self {
        let value = |wanted: &&'static Field| {
            let at = schema.fields().position(|field| field.name == wanted.name);
            at.and_then(|at| self.values.get(at)).cloned().unwrap_or(Value::Null)
        };
        Self {
            values: fields.iter().map(value).collect(),
            ..self.clone()
        }
    }

    /// The geometry as it is given out: outer rings counter-clockwise, inner ones clockwise.
    pub fn wound(&self) -> Option<Cow<'_, Geometry>> {
        let mut geometry = self.geometry.as_ref().map(Cow::Borrowed)?;
        if matches!(*geometry, Geometry::Polygon(_) | Geometry::Polygons(_)) {
            geometry.to_mut().wind();
        }
        Some(geometry)
    }

    /// Bytes that it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        let positions = self
            .geometry
            .as_ref()
            .map_or(0, |geometry| geometry.positions().count());
        let values = self.values.iter().map(|value| {
            size_of::<Value>()
                + match value {
                    Value::Text(text) | Value::Document(text) => text.len(),
                    Value::Texts(texts) => texts.iter().map(|text| size_of::<String>() + text.len()).sum(),
                    _ => 0,
                }
        });
        size_of::<Self>() + positions * size_of::<[f64; 2]>() + values.sum::<usize>()
    }
}

/// One page of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub records: Vec<Arc<Record>>,
    /// How many there are on all pages; none where counting took too long.
    pub matched: Option<i64>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}

/// Counts made before, each until the collection changes.
#[derive(Debug, Clone, Default)]
pub struct Counts(Arc<Mutex<HashMap<String, Counted>>>);

/// The version that was counted, and how many there were; none where that took too long.
type Counted = (i64, Option<i64>);

const MOST_COUNTS: usize = 10_000;

/// The collections that an answer about `schema` depends on: its own and those it is shown with.
pub fn shown_with(schema: &Schema) -> Vec<&'static str> {
    let mut all = vec![schema.collection, "boundaries", "labels"];
    match schema.kind {
        "section" => all.push("segments"),
        // A change of an element counts as one of its marker.
        "marker_element" => all.push("markers"),
        _ => {}
    }
    all
}

/// A number that changes with every change that an answer about `schema` may show.
///
/// # Errors
/// When the database has to be asked and cannot be.
pub async fn version(cx: &Context, schema: &Schema) -> Result<i64> {
    cx.version_of(&shown_with(schema)).await
}

async fn query(cx: &Context, conn: &mut store::Conn, wanted: &Selection) -> Result<Query> {
    let now = cx.clock.now();
    let boundary = match &wanted.boundary {
        None => None,
        Some(key) => Some(boundary_id(conn, now, key).await?),
    };
    Ok(Query {
        schema: wanted.schema,
        moment: wanted.when.moment(now),
        boundary,
        feature_ids: wanted.ids.clone(),
        area: wanted.area.clone(),
        filter: wanted.filter.clone(),
        sort: wanted.sort.clone(),
        after: wanted.after.clone(),
        limit: None,
        position: match wanted.coordinates {
            Coordinates::Display => Position::Display,
            Coordinates::System(_) => Position::Legal,
        },
        fields: wanted.fields(),
    })
}

async fn boundary_id(conn: &mut store::Conn, now: Timestamp, key: &str) -> Result<Uuid> {
    let held = store::boundary::by_key(conn, now, key).await?;
    let held = held.ok_or_else(|| {
        let at = "boundary".to_owned();
        let detail = Message::new(format!("there is no boundary {key}"), format!("没有国界 {key}"));
        Problem::new(
            Code::ParameterInvalid,
            Message::new("A parameter names what is not there.", "参数所指的内容不存在。"),
            Message::new("Look it up in /boundaries.", "请在 /boundaries 中查找。"),
        )
        .with_mistakes(vec![Mistake { at, detail }])
    })?;
    Ok(held.id.uuid())
}

/// One page.
///
/// # Errors
/// When the boundary does not exist, or the database breaks.
pub async fn page(cx: &Context, wanted: &Selection) -> Result<Page> {
    shown::collection(cx, wanted.schema).await?;
    if let Some(page) = window::page(cx, wanted).await? {
        return Ok(page);
    }
    let mut conn = cx.db.acquire().await?;
    let mut asked = query(cx, &mut conn, wanted).await?;
    asked.limit = Some(wanted.limit + 1);
    let mut rows = select::rows(&mut conn, &cx.memory.labels, &asked).await?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(select::Row::cursor);
    // A first page that holds everything has counted itself.
    let matched = if !more && wanted.after.is_none() {
        i64::try_from(rows.len()).ok()
    } else {
        count(cx, &mut conn, wanted, &asked).await?
    };
    let records = place(cx, &mut conn, rows, &asked, &wanted.coordinates).await?;
    Ok(Page {
        records: records.into_iter().map(Arc::new).collect(),
        matched,
        next,
    })
}

/// All that is wanted, for selections that are known to be short.
pub(super) async fn all(cx: &Context, wanted: &Selection) -> Result<Vec<Record>> {
    let mut conn = cx.db.acquire().await?;
    let asked = query(cx, &mut conn, wanted).await?;
    let rows = select::rows(&mut conn, &cx.memory.labels, &asked).await?;
    place(cx, &mut conn, rows, &asked, &wanted.coordinates).await
}

/// How many there are on all pages; none where counting took too long.
///
/// # Errors
/// As [`page`].
pub async fn matched(cx: &Context, wanted: &Selection) -> Result<Option<i64>> {
    let mut conn = cx.db.acquire().await?;
    let asked = query(cx, &mut conn, wanted).await?;
    count(cx, &mut conn, wanted, &asked).await
}

async fn count(cx: &Context, conn: &mut store::Conn, wanted: &Selection, asked: &Query) -> Result<Option<i64>> {
    let version = version(cx, wanted.schema).await?;
    // A filter may be long; its hash is not.
    let filter = wanted
        .filter
        .as_ref()
        .map(|test| hex(&Sha256::digest(format!("{test:?}"))));
    let key = format!(
        "{} {:?} {:?} {:?} {:?} {filter:?}",
        wanted.schema.collection, wanted.boundary, wanted.when, wanted.area, wanted.ids
    );
    if let Ok(counts) = cx.memory.counts.0.lock()
        && let Some((made, count)) = counts.get(&key)
        && *made == version
    {
        return Ok(*count);
    }
    let counted = select::count(conn, asked).await?;
    if let Ok(mut counts) = cx.memory.counts.0.lock() {
        if counts.len() >= MOST_COUNTS {
            counts.clear();
        }
        counts.insert(key, (version, counted));
    }
    Ok(counted)
}

/// Batches that are read ahead of whoever takes them.
const AHEAD: usize = 2;

/// A whole selection in batches, as one moment of the database, read by a task of its own a little ahead of whoever
/// takes them. Who drops the receiver ends the reading. A fault is the last that comes.
pub fn batches(cx: &Context, wanted: Selection) -> mpsc::Receiver<Result<Vec<Record>>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let cx = cx.clone();
    tokio::spawn(async move {
        if let Err(error) = pour(&cx, &wanted, &sender).await {
            // Nobody may be left to hear of it.
            let _ = sender.send(Err(error)).await;
        }
    });
    receiver
}

async fn pour(cx: &Context, wanted: &Selection, out: &mpsc::Sender<Result<Vec<Record>>>) -> Result<()> {
    let mut names = cx.db.acquire().await?;
    let mut beside = cx.db.acquire().await?;
    let asked = query(cx, &mut names, wanted).await?;
    let mut tx = cx.db.snapshot().await?;
    let mut batches = select::batches(&mut tx, &mut names, &cx.memory.labels, &asked);
    while let Some(rows) = batches.try_next().await? {
        let records = place(cx, &mut beside, rows, &asked, &wanted.coordinates).await?;
        if out.send(Ok(records)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// One record, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Record(Box<Record>),
    /// It was there, and is not in force at the moment asked for.
    Gone,
}

/// One record.
///
/// # Errors
/// When there never was such a record in the collection, or the database breaks.
pub async fn item(cx: &Context, wanted: &Selection, feature_id: i64) -> Result<Found> {
    shown::record(cx, wanted.schema, feature_id).await?;
    let mut conn = cx.db.acquire().await?;
    item_in(cx, &mut conn, wanted, feature_id).await
}

/// As [`item`], on a connection of the caller's.
///
/// # Errors
/// As [`item`].
pub(super) async fn item_in(
    cx: &Context,
    conn: &mut store::Conn,
    wanted: &Selection,
    feature_id: i64,
) -> Result<Found> {
    let mut asked = query(cx, conn, wanted).await?;
    asked.feature_ids = Some(vec![feature_id]);
    let rows = select::rows(conn, &cx.memory.labels, &asked).await?;
    if rows.is_empty() {
        let schema = wanted.schema;
        return match store::version::identify(conn, feature_id).await? {
            Some((kind, id))
                if kind == schema.kind
                    && schema.writes == Writes::Versions
                    && store::version::any(conn, schema.kind, id).await? =>
            {
                Ok(Found::Gone)
            }
            _ => Err(not_found(&Message::new(schema.kind, schema.title.zh), feature_id)),
        };
    }
    let mut records = place(cx, conn, rows, &asked, &wanted.coordinates).await?;
    match records.pop() {
        Some(record) => Ok(Found::Record(Box::new(record))),
        None => Ok(Found::Gone),
    }
}

/// West, south, east, north of what a collection shows now.
///
/// # Errors
/// When the database breaks.
pub async fn extent(cx: &Context, schema: &'static Schema) -> Result<Option<[f64; 4]>> {
    let mut conn = cx.db.acquire().await?;
    let asked = query(cx, &mut conn, &Selection::of(schema)).await?;
    Ok(select::extent(&mut conn, &asked).await?)
}

/// Brings rows into the system that was asked for.
async fn place(
    cx: &Context,
    conn: &mut store::Conn,
    rows: Vec<select::Row>,
    asked: &Query,
    coordinates: &Coordinates,
) -> Result<Vec<Record>> {
    let Coordinates::System(target) = coordinates else {
        return Ok(rows
            .into_iter()
            .map(|row| {
                record(
                    row.feature_id,
                    row.version,
                    row.values,
                    row.geometry,
                    PositionKind::Display,
                    None,
                )
            })
            .collect());
    };
    let mut frames: HashMap<Uuid, Frame> = HashMap::new();
    for row in &rows {
        if let Some(id) = row.boundary
            && !frames.contains_key(&id)
            && let Some(held) = store::boundary::by_id(conn, cx.clock.now(), Id::new(id)).await?
        {
            frames.insert(id, held.record.frame);
        }
    }
    // What is kept in the display layer only is read once more from there.
    let bare: Vec<i64> = rows
        .iter()
        .filter(|row| row.geometry.is_none())
        .map(|row| row.feature_id)
        .collect();
    let mut shown: HashMap<i64, Geometry> = HashMap::new();
    if !bare.is_empty() && asked.schema.shape != crate::domain::schema::Shape::None {
        let again = Query {
            feature_ids: Some(bare),
            position: Position::Display,
            fields: Vec::new(),
            sort: Vec::new(),
            after: None,
            ..asked.clone()
        };
        let rows = select::rows(conn, &cx.memory.labels, &again).await?;
        shown.extend(rows.into_iter().filter_map(|row| Some((row.feature_id, row.geometry?))));
    }
    let target = target.clone();
    // PROJ's objects belong to a thread and making them takes milliseconds.
    let placed = tokio::task::spawn_blocking(move || {
        rows.into_iter()
            .map(|row| {
                let frame = row.boundary.and_then(|id| frames.get(&id));
                let (geometry, kind, accuracy) = match (row.geometry, frame, shown.remove(&row.feature_id)) {
                    (Some(legal), Some(frame), _) => in_system(&legal, &frame.crs, &target)?,
                    (_, _, Some(display)) => (drawn_in(&display, &target)?, PositionKind::Display, None),
                    (None, ..) | (_, None, _) => {
                        return Ok(record(
                            row.feature_id,
                            row.version,
                            row.values,
                            None,
                            PositionKind::Display,
                            None,
                        ));
                    }
                };
                Ok(record(
                    row.feature_id,
                    row.version,
                    row.values,
                    Some(geometry),
                    kind,
                    accuracy,
                ))
            })
            .collect::<std::result::Result<Vec<_>, NotComparable>>()
    })
    .await?;
    Ok(placed.map_err(Problem::from)?)
}

const fn record(
    feature_id: i64,
    version: i32,
    values: Vec<Value>,
    geometry: Option<Geometry>,
    position_kind: PositionKind,
    position_accuracy_m: Option<f64>,
) -> Record {
    Record {
        feature_id,
        version,
        values,
        geometry,
        position_kind,
        position_accuracy_m,
    }
}

type Placed = (Geometry, PositionKind, Option<f64>);

/// A legal geometry in another system: itself, by an operation, or, where there is none, as it is drawn.
fn in_system(legal: &Geometry, frame: &Crs, target: &Crs) -> std::result::Result<Placed, NotComparable> {
    if frame.code() == target.code() {
        return Ok((legal.clone(), PositionKind::Legal, Some(0.0)));
    }
    let Some(near) = legal.positions().next().and_then(|p| null_for_display(frame, *p).ok()) else {
        return Ok((legal.clone(), PositionKind::Legal, Some(0.0)));
    };
    match Operation::between(frame, target, near) {
        Ok(operation) => {
            let placed = legal.try_map(|position| operation.apply(position, None))?;
            Ok((placed, PositionKind::Transformed, Some(operation.accuracy_m())))
        }
        Err(_) => {
            let shown = legal.try_map(|p| null_for_display(frame, p).map(|at| [at.lon.get(), at.lat.get()]))?;
            Ok((drawn_in(&shown, target)?, PositionKind::Display, None))
        }
    }
}

/// Display numbers as they are drawn in a system: no datum is crossed, so it is never more than a drawing.
fn drawn_in(shown: &Geometry, target: &Crs) -> std::result::Result<Geometry, NotComparable> {
    match target.kind() {
        Kind::Geographic => Ok(shown.clone()),
        Kind::Projected => {
            let projection = Projection::new(target)?;
            let outside = || NotComparable {
                from: "EPSG:4326".to_owned(),
                to: target.code().to_owned(),
                reason: crate::crs::Reason::OutsideDomain,
            };
            shown.try_map(|[lon, lat]| projection.forward(LonLat::new(lon, lat).map_err(|_| outside())?))
        }
    }
}

/// How many steps an edge of a box is drawn with when it becomes a surface of degrees.
const EDGE_STEPS: usize = 16;

/// A box of any system as an area on maps.
///
/// # Errors
/// When the box lies outside the system.
pub fn area(bounds: [f64; 4], system: &Coordinates) -> Result<Area> {
    let Coordinates::System(crs) = system else {
        return Ok(Area::Box(bounds));
    };
    if crs.kind() == Kind::Geographic {
        return Ok(Area::Box(bounds));
    }
    let [w, s, e, n] = bounds;
    let corners = [[w, s], [e, s], [e, n], [w, n], [w, s]];
    let mut ring = Vec::with_capacity(4 * EDGE_STEPS + 1);
    for edge in corners.windows(2) {
        for step in 0..EDGE_STEPS {
            let share = step as f64 / EDGE_STEPS as f64;
            let at = [0, 1].map(|axis| edge[0][axis] + share * (edge[1][axis] - edge[0][axis]));
            ring.push(
                null_for_display(crs, at)
                    .map(|p| [p.lon.get(), p.lat.get()])
                    .map_err(Problem::from)?,
            );
        }
    }
    ring.push(ring[0]);
    Ok(Area::Surface(Geometry::Polygon(vec![ring])))
}
