//! From what a sender says to the columns of a version: references looked up, positions brought into the frame, what
//! follows computed, and all mistakes at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Edit, derive, invalid, is_own, mistake, stored};
use crate::crs::{Agency, Crs, null_for_display};
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::lineage::Class;
use crate::domain::problem::{Mistake, Problem};
use crate::domain::schema::{self, ANY, Presence, Schema, Shape, Stored, Type, accept};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::format::register::ToFrame;
use crate::geom::shape::Geometry;
use crate::service::features::Coordinates;
use crate::service::{Context, Result, transformations};
use crate::store;
use crate::store::codec::Ewkb;
use crate::unit::{Epoch, LonLat};

/// The geometry of the version in the making.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// As sent, in the system of the edit.
    Given(Option<Geometry>),
    /// That of the version before, in the frame.
    Kept(Option<Geometry>),
}

/// Everything a version is made of, lineage apart.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub boundary: Option<Uuid>,
    /// Of the frame; that of EPSG:4326 where there is none.
    pub srid: i32,
    pub label: Option<String>,
    pub class: Class,
    pub instrument: Option<Uuid>,
    pub columns: Map<String, Json>,
    /// The position in the frame, where it was sent.
    pub legal: Option<Geometry>,
    pub received: Option<Json>,
    pub draft: Draft,
}

/// What drafts of one kind refer to, looked up for all of them at once.
pub struct Known {
    /// The boundary they belong to, where the kind has one.
    pub held: Option<Held<Boundary>>,
    pub class: Class,
    /// Ways of agencies into the frame, where no operation is published.
    pub agencies: Vec<Agency>,
    /// None for what is called so at several boundaries.
    references: HashMap<(&'static str, String), Option<Uuid>>,
}

/// The collection and label behind the text of a reference.
fn referred(collection: &'static str, text: &str) -> (&'static str, String) {
    match text.split_once('/') {
        // Where any record may be meant the collection stands before its label.
        Some((named, label)) if collection == ANY => match schema::of(named) {
            Some(schema) => (schema.collection, label.to_owned()),
            None => (ANY, text.to_owned()),
        },
        _ => (collection, text.to_owned()),
    }
}

impl Known {
    /// Looks up what `drafts` refer to; those of kinds with a boundary all belong to `held`.
    ///
    /// # Errors
    /// When the database breaks.
    pub async fn look_up(
        conn: &mut store::Conn,
        schema: &'static Schema,
        held: Option<Held<Boundary>>,
        drafts: impl Iterator<Item = &Draft>,
    ) -> Result<Self> {
        let mut asked: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let fields: Vec<_> = schema.fields().filter(|field| field.name != "boundary").collect();
        for draft in drafts {
            for field in &fields {
                if let (Type::Reference(collection), Some(text)) = (field.kind, draft.text(field.name)) {
                    let (collection, label) = referred(collection, text);
                    asked.entry(collection).or_default().insert(label);
                }
            }
        }
        let boundary = held.as_ref().map(|held| held.id.uuid());
        let mut references = HashMap::new();
        for (collection, labels) in asked {
            let Some(target) = schema::of(collection) else { continue };
            let labels: Vec<String> = labels.into_iter().collect();
            let found = store::record::labels::identities(conn, target, boundary, &labels).await?;
            references.extend(found.into_iter().map(|(label, id)| ((collection, label), id)));
        }
        let class = match boundary {
            Some(id) => store::version::class(conn, id).await?,
            None => Class::default(),
        };
        Ok(Self {
            held,
            class,
            agencies: Vec::new(),
            references,
        })
    }

    /// Takes a record for known that is about to be made: others of its batch may refer to it.
    pub fn promise(&mut self, collection: &'static str, label: &str, id: Uuid) {
        self.references
            .entry((collection, label.to_owned()))
            .or_insert(Some(id));
    }

    /// The identities a draft refers to, by field; what is not known is a mistake.
    pub fn references(
        &self,
        schema: &'static Schema,
        draft: &Draft,
        mistakes: &mut Vec<Mistake>,
    ) -> HashMap<&'static str, Uuid> {
        let mut found = HashMap::new();
        for field in schema.fields().filter(|field| field.name != "boundary") {
            let (Type::Reference(collection), Some(text)) = (field.kind, draft.text(field.name)) else {
                continue;
            };
            let (collection, label) = referred(collection, text);
            match self.references.get(&(collection, label.clone())) {
                Some(Some(id)) => {
                    found.insert(field.name, *id);
                }
                Some(None) => mistakes.push(mistake(
                    field.name,
                    format!("several boundaries have {label:?} in {collection}; import it with its boundary"),
                    format!("多条国界都有“{label}”；请在导入时指明国界"),
                )),
                None if collection == ANY => mistakes.push(mistake(
                    field.name,
                    format!("{label:?} is no collection and label, such as markers/17"),
                    format!("“{label}”不是“集合/编号”，例如 markers/17"),
                )),
                None => mistakes.push(mistake(
                    field.name,
                    format!("there is no {label:?} in {collection}"),
                    format!("{}中没有“{label}”", schema::of(collection).map_or("", |s| s.title.zh)),
                )),
            }
        }
        found
    }
}

/// One record made ready, with what it refers to looked up for it alone.
///
/// # Errors
/// A refusal with all mistakes, those given included.
pub async fn prepare(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    edit: &Edit,
    place: Place,
    mut mistakes: Vec<Mistake>,
) -> Result<Prepared> {
    let held = boundary(cx, conn, schema, &edit.draft, &mut mistakes).await?;
    let mut known = Known::look_up(conn, schema, held, std::iter::once(&edit.draft)).await?;
    let near = match (&edit.coordinates, &place) {
        (Coordinates::System(crs), Place::Given(Some(geometry))) => {
            let first = geometry.positions().next().copied();
            first
                .and_then(|at| null_for_display(crs, at).ok())
                .map(|near| (crs, near))
        }
        _ => None,
    };
    if let (Some(held), Some((crs, near))) = (&known.held, near) {
        known.agencies = transformations::ways(cx, conn, crs, &held.record.frame, near)
            .await?
            .agencies;
    }
    assemble(schema, edit, place, &known, mistakes).map_err(|mistakes| invalid(mistakes).into())
}

/// The columns of a version; no database is asked.
///
/// # Errors
/// All mistakes, those given included.
pub fn assemble(
    schema: &'static Schema,
    edit: &Edit,
    place: Place,
    known: &Known,
    mut mistakes: Vec<Mistake>,
) -> std::result::Result<Prepared, Vec<Mistake>> {
    let mut draft = edit.draft.clone();
    defaults(schema, &mut draft, &mut mistakes);
    let references = known.references(schema, &draft, &mut mistakes);
    let (legal, received) = match &place {
        Place::Given(geometry) => positioned(schema, geometry.as_ref(), edit, known, &draft, &mut mistakes),
        Place::Kept(_) => (None, None),
    };
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let boundary = known
        .held
        .as_ref()
        .map(|held| held.id.uuid())
        .filter(|_| schema.of_boundary);
    let mut columns = plain_columns(schema, &draft, &references);
    if let Some(boundary) = boundary {
        columns.insert("boundary_id".to_owned(), json!(boundary));
    }
    let srid = known
        .held
        .as_ref()
        .and_then(|held| held.record.frame.crs.srid())
        .unwrap_or(4326);
    if let Some(legal) = &legal
        && has_columns(schema)
    {
        columns.insert("legal".to_owned(), json!(Ewkb::geometry(srid, legal).hex()));
        columns.insert("display".to_owned(), json!(Ewkb::geometry(4326, legal).hex()));
    }
    if keeps_received(schema) {
        match &received {
            Some(received) => {
                columns.insert("received".to_owned(), received.clone());
            }
            // Kept as it was received, with the text that was printed.
            None => {
                columns.remove("received");
            }
        }
    }
    let now = match &place {
        Place::Given(_) => legal.as_ref(),
        Place::Kept(kept) => kept.as_ref(),
    };
    let frame = known.held.as_ref().map(|held| &held.record);
    derive::columns(schema, &draft, frame, now, &mut columns)?;
    Ok(Prepared {
        boundary,
        srid,
        label: draft.text(schema.natural).map(str::to_owned),
        class: known.class,
        instrument: references.get("instrument").copied(),
        columns,
        legal,
        received,
        draft,
    })
}

/// Whether the kind keeps how its position was received.
fn keeps_received(schema: &Schema) -> bool {
    matches!(
        schema.kind,
        "boundary_point" | "marker_element" | "port" | "observation"
    )
}

/// Whether the kind keeps its position in columns of its own table.
fn has_columns(schema: &Schema) -> bool {
    schema.shape != Shape::None && !matches!(schema.kind, "marker" | "section")
}

/// The boundary a draft names; the only one there is when it names none.
async fn boundary(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    draft: &Draft,
    mistakes: &mut Vec<Mistake>,
) -> Result<Option<Held<Boundary>>> {
    if !schema.of_boundary {
        return Ok(None);
    }
    let now = cx.clock.now();
    if let Some(key) = draft.text("boundary") {
        let held = store::boundary::by_key(conn, now, key).await?;
        if held.is_none() {
            let (en, zh) = (format!("there is no boundary {key:?}"), format!("没有国界“{key}”"));
            mistakes.push(mistake("boundary", en, zh));
        }
        return Ok(held);
    }
    let mut all = store::boundary::list(conn, now).await?;
    if all.len() == 1 {
        return Ok(all.pop());
    }
    mistakes.push(mistake(
        "boundary",
        "is missing: name the boundary by its key",
        "缺失：请注明所属国界代码",
    ));
    Ok(None)
}

fn defaults(schema: &'static Schema, draft: &mut Draft, mistakes: &mut Vec<Mistake>) {
    for field in schema.fields().filter(|field| is_own(field)) {
        if draft.get(field.name).is_some_and(|value| !value.is_null()) {
            if let Some(detail) = draft.get(field.name).and_then(|value| field.mistake(value)) {
                mistakes.push(Mistake {
                    at: format!("#/properties/{}", field.name),
                    detail,
                });
            }
        } else if let Some(default) = field.default {
            draft.set(
                field.name,
                match field.kind {
                    Type::Flag => Value::Flag(default == "true"),
                    Type::Integer => default.parse().map_or(Value::Null, Value::Integer),
                    Type::Number => default.parse().map_or(Value::Null, Value::Number),
                    _ => Value::Text(default.to_owned()),
                },
            );
        } else if field.presence == Presence::Required
            && field.name != "boundary"
            && !draft.unread.contains(&field.name)
        {
            mistakes.push(mistake(field.name, "is missing", "缺失"));
        }
    }
}

/// Own fields as columns; members of one document together.
fn plain_columns(schema: &'static Schema, draft: &Draft, known: &HashMap<&'static str, Uuid>) -> Map<String, Json> {
    let mut columns = Map::new();
    for field in schema.fields().filter(|field| is_own(field)) {
        let value = draft.get(field.name).unwrap_or(&Value::Null);
        if let (Type::Reference(_), Stored::Column(column)) = (field.kind, field.stored) {
            // Lineage columns are written by who writes the version.
            if field.name != "instrument" && field.name != "boundary" {
                columns.insert(column.to_owned(), json!(known.get(field.name)));
            }
            continue;
        }
        let Some((column, member, json)) = stored(field, value) else {
            continue;
        };
        match member {
            None if json.is_null() && matches!(field.kind, Type::Texts) => {
                columns.insert(column.to_owned(), json!([]));
            }
            None => {
                columns.insert(column.to_owned(), json);
            }
            Some(member) => {
                let document = columns.entry(column).or_insert_with(|| json!({}));
                if let (Json::Object(document), false) = (document, json.is_null()) {
                    document.insert(member.to_owned(), json);
                }
            }
        }
    }
    columns
}

/// The position in the frame, and how it was received.
fn positioned(
    schema: &'static Schema,
    geometry: Option<&Geometry>,
    edit: &Edit,
    known: &Known,
    draft: &Draft,
    mistakes: &mut Vec<Mistake>,
) -> (Option<Geometry>, Option<Json>) {
    let wrong = |at: &str, detail: Message| Mistake {
        at: at.to_owned(),
        detail,
    };
    let Some(geometry) = geometry else {
        if schema.geometry == Presence::Required {
            mistakes.push(wrong("#/geometry", Message::new("is missing", "缺失")));
        }
        return (None, None);
    };
    if schema.kind == "section" {
        let detail = Message::new(
            "the line of a section is that of its segments: change those",
            "国界段的界线由其线段组成：请修改线段",
        );
        mistakes.push(wrong("#/geometry", detail));
        return (None, None);
    }
    if !schema.shape.admits(geometry) {
        let detail = Message::new(
            format!("{} where {} belongs", geometry.name(), schema.shape.said()),
            format!("类型为 {}，应为 {}", geometry.name(), schema.shape.said()),
        );
        mistakes.push(wrong("#/geometry/type", detail));
        return (None, None);
    }
    if let Some((flaw, path)) = geometry.flaw() {
        let path: String = path.iter().map(|index| format!("/{index}")).collect();
        mistakes.push(wrong(&format!("#/geometry/coordinates{path}"), accept::flaw(flaw)));
        return (None, None);
    }
    let Some(held) = &known.held else { return (None, None) };
    match to_frame(geometry, edit, &held.record, &known.agencies) {
        Ok((legal, way)) => {
            let received = received(geometry, edit, held, draft, &way);
            (Some(legal), Some(received))
        }
        Err(refusal) => {
            mistakes.push(wrong("#/geometry", refusal));
            (None, None)
        }
    }
}

/// How a position came into the frame.
struct Way {
    name: String,
    /// Metres; none where no datum was crossed.
    accuracy_m: Option<f64>,
}

/// Brings a geometry into the frame; names the way.
fn to_frame(
    geometry: &Geometry,
    edit: &Edit,
    boundary: &Boundary,
    agencies: &[Agency],
) -> std::result::Result<(Geometry, Way), Message> {
    let frame = &boundary.frame;
    let degrees = |position: [f64; 2]| {
        LonLat::new(position[0], position[1]).map(|_| position).map_err(|_| {
            Message::new(
                format!("{}, {} is no longitude and latitude", position[0], position[1]),
                format!("{}, {} 不是经纬度", position[0], position[1]),
            )
        })
    };
    let unchanged = |words: &str| Way {
        name: words.to_owned(),
        accuracy_m: None,
    };
    match &edit.coordinates {
        // Display numbers are those of the frame; that they came this way is written down.
        Coordinates::Display => Ok((
            geometry.try_map(degrees)?,
            unchanged("display position read as the frame"),
        )),
        Coordinates::System(crs) if crs.code() == frame.crs.code() && edit.epoch.is_none() => {
            Ok((geometry.try_map(degrees)?, unchanged("none: the frame itself")))
        }
        Coordinates::System(crs) => {
            let near = geometry
                .positions()
                .next()
                .and_then(|position| null_for_display(crs, *position).ok())
                .ok_or_else(|| {
                    let code = crs.code();
                    Message::new(
                        format!("the first position lies outside of {code}"),
                        format!("首个坐标超出 {code} 的范围"),
                    )
                })?;
            let way = ToFrame::with(crs, frame, near, edit.epoch, agencies);
            let way = way.map_err(|refusal| Problem::from(refusal).detail)?;
            let moved = geometry.try_map(|position| way.apply(position).map(|at| [at.lon.get(), at.lat.get()]))?;
            Ok((
                moved,
                Way {
                    name: way.name(),
                    accuracy_m: way.accuracy_m(),
                },
            ))
        }
    }
}

/// The received layer: the numbers as they came, their system and source; nothing rounded.
fn received(geometry: &Geometry, edit: &Edit, held: &Held<Boundary>, draft: &Draft, way: &Way) -> Json {
    let crs = match &edit.coordinates {
        Coordinates::Display => "OGC:CRS84",
        Coordinates::System(crs) => Crs::code(crs),
    };
    let [x, y] = geometry.positions().next().copied().unwrap_or_default();
    json!({
        "x": x,
        "y": y,
        "crs": crs,
        "epoch_year": edit.epoch.or(held.record.frame.epoch).map(Epoch::get),
        "printed_lat": draft.text("printed_lat"),
        "printed_lon": draft.text("printed_lon"),
        "sigma_m": draft.get("sigma_m").and_then(|value| match value {
            Value::Number(n) => Some(*n),
            _ => None,
        }),
        "way": way.name,
        "way_accuracy_m": way.accuracy_m,
        "source": edit.source,
    })
}
