//! A batch of drafts against what the register holds: what is new, what changes, what is refused.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::force;
use super::history::{self, Span, Told};
use crate::crs::Agency;
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::lineage::{Class, Standing};
use crate::domain::moment::Moment;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::proposal::wants_two_persons;
use crate::domain::schema::{Field, Presence, Schema, Type, segment};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::format::register::ToFrame;
use crate::geom::shape::Geometry;
use crate::service::edit::{self, Edit, Known, Mode, Place, Prepared};
use crate::service::features::Coordinates;
use crate::service::{Context, Error, Result};
use crate::store;
use crate::store::audit::{self, Deed};
use crate::store::record::select::{self, Position, Selection};
use crate::store::record::{labels, write};
use crate::store::version::{NewRow, Stamp};

/// One draft of a file.
pub struct Item {
    pub place: String,
    pub edit: Edit,
    /// Until when it was in force; none for what is.
    pub valid_to: Option<Timestamp>,
    pub mistakes: Vec<Mistake>,
}

impl Item {
    fn told(&self, schema: &Schema) -> Told {
        Told {
            label: called(schema, &self.edit.draft),
            place: self.place.clone(),
            from: match self.edit.draft.get("valid_from") {
                Some(Value::Time(from)) => Some(*from),
                _ => None,
            },
            to: self.valid_to,
        }
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    New,
    /// The fields that differ from what the register holds.
    Changed(Vec<&'static str>),
    Unchanged,
    Refused(Vec<Mistake>),
}

impl What {
    pub const fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed(_) => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused(_) => "refused",
        }
    }
}

/// A row of the file and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub collection: &'static str,
    pub place: String,
    pub label: String,
    pub what: What,
}

/// What was taken, or would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub collection: &'static str,
    pub file: String,
    /// How positions came into the frame; none where there were none.
    pub way: Option<Way>,
    pub rows: Vec<Planned>,
    /// The highest class of what is binding among it and wants a second person; none where nothing is.
    pub binds: Option<Class>,
    /// The number of the proposal it became, where it did.
    pub proposal: Option<i64>,
}

/// The way from the system of a file to the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    pub name: String,
    /// What it may be wrong by, metres; none where nothing was changed.
    pub accuracy_m: Option<f64>,
}

impl Way {
    pub fn of(way: &ToFrame) -> Self {
        Self {
            name: way.name(),
            accuracy_m: way.accuracy_m(),
        }
    }
}

impl Outcome {
    pub fn new(schema: &Schema, file: String) -> Self {
        Self {
            collection: schema.collection,
            file,
            way: None,
            rows: Vec::new(),
            binds: None,
            proposal: None,
        }
    }

    fn bind(&mut self, class: Class) {
        self.binds = self.binds.max(Some(class));
    }

    fn count(&self, is: impl Fn(&What) -> bool) -> usize {
        self.rows.iter().filter(|row| is(&row.what)).count()
    }

    pub fn created(&self) -> usize {
        self.count(|what| matches!(what, What::New))
    }

    pub fn changed(&self) -> usize {
        self.count(|what| matches!(what, What::Changed(_)))
    }

    pub fn unchanged(&self) -> usize {
        self.count(|what| matches!(what, What::Unchanged))
    }

    /// Rows that are refused.
    pub fn bad_rows(&self) -> usize {
        self.count(|what| matches!(what, What::Refused(_)))
    }

    /// The mistakes of refused rows, each with the row it stands in.
    pub fn refused(&self) -> Vec<Mistake> {
        let refused = self.rows.iter().filter_map(|row| match &row.what {
            What::Refused(mistakes) => Some((row, mistakes)),
            _ => None,
        });
        refused
            .flat_map(|(row, mistakes)| {
                mistakes.iter().map(|mistake| Mistake {
                    at: if mistake.at.starts_with(&row.place) {
                        mistake.at.clone()
                    } else {
                        format!(
                            "{}, {}",
                            row.place,
                            mistake.at.trim_start_matches("#/properties/").trim_start_matches("#/")
                        )
                    },
                    detail: mistake.detail.clone(),
                })
            })
            .collect()
    }
}

/// Mistakes told of one file, at most.
const MISTAKES: usize = 100;

/// The refusal of a whole file.
pub fn refusal(mistakes: &[Mistake]) -> Problem {
    let n = mistakes.len();
    Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("The file has {n} mistakes; nothing of it was taken."),
            format!("文件有{n}处错误，未导入任何内容。"),
        ),
        Message::new(
            "Correct them, map the columns with --map field=column, or take the good rows with --partial.",
            "请更正，或用 --map 字段=列名 指定列，或用 --partial 只导入正确的行。",
        ),
    )
    .with_mistakes(mistakes.iter().take(MISTAKES).cloned().collect())
}

/// Positions nearer than this are the same: 0.01 mm, in degrees.
const SAME_DEGREES: f64 = 1e-10;

/// Whether two geometries are the same, whichever way their rings run, and one of one part whether alone or not.
fn same_place(a: &Geometry, b: &Geometry) -> bool {
    let plain = |geometry: &Geometry| {
        let mut geometry = geometry.clone().single();
        geometry.wind();
        geometry
    };
    let (a, b) = (plain(a), plain(b));
    let mut a_all = a.positions();
    let mut b_all = b.positions();
    if a.name() != b.name() {
        return false;
    }
    loop {
        match (a_all.next(), b_all.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) => {
                if (a[0] - b[0]).abs() > SAME_DEGREES || (a[1] - b[1]).abs() > SAME_DEGREES {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Integer(b)) | (Value::Integer(b), Value::Number(a)) => *a == *b as f64,
        // Shapes of text only: the order of members and spaces say nothing.
        (Value::Document(a), Value::Document(b)) => {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            read(a) == read(b)
        }
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => text.is_empty(),
        // Tables know no spaces around a text.
        (Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
        (Value::Null, Value::Texts(texts)) | (Value::Texts(texts), Value::Null) => texts.is_empty(),
        _ => a == b,
    }
}

/// What a draft is called: its natural key, or, where the register itself gives that, all that it must say.
fn called(schema: &Schema, draft: &Draft) -> Option<String> {
    if schema.field(schema.natural).is_some_and(Field::is_writable) {
        return draft.text(schema.natural).map(str::to_owned);
    }
    let required = schema.fields().filter(|field| field.presence == Presence::Required);
    let said: Option<Vec<&str>> = required.map(|field| draft.text(field.name)).collect();
    said.filter(|said| !said.is_empty()).map(|said| said.join(" "))
}

/// What the register holds of the labels in a batch.
struct Held_ {
    feature_id: i64,
    draft: Draft,
    standing: String,
    /// As it is drawn on maps, where that has further positions and was asked for.
    drawn: Option<Geometry>,
}

async fn existing(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    boundary: Option<Uuid>,
    labels: &[String],
    drawn: bool,
) -> Result<HashMap<String, Held_>> {
    let mut found = HashMap::new();
    // Records that the register itself numbers are known by what they say.
    let named = schema.field(schema.natural).is_some_and(Field::is_writable);
    let by_id: HashMap<i64, String> = if named {
        let ids = labels::current(conn, schema, boundary, labels).await?;
        ids.into_iter().map(|(label, id)| (id, label)).collect()
    } else {
        HashMap::new()
    };
    let wanted = Selection {
        feature_ids: named.then(|| by_id.keys().copied().collect()),
        position: Position::Legal,
        ..Selection::all(schema, Moment::at(cx.clock.now()))
    };
    if labels.is_empty() || (named && by_id.is_empty()) {
        return Ok(found);
    }
    // A segment is drawn with positions between its own.
    let mut drawings: HashMap<i64, Geometry> = HashMap::new();
    if drawn && schema.kind == segment::SCHEMA.kind {
        let drawn = Selection {
            position: Position::Display,
            fields: Vec::new(),
            ..wanted.clone()
        };
        let rows = select::rows(conn, &cx.memory.labels, &drawn).await?;
        drawings.extend(rows.into_iter().filter_map(|row| Some((row.feature_id, row.geometry?))));
    }
    for row in select::rows(conn, &cx.memory.labels, &wanted).await? {
        let feature_id = row.feature_id;
        let mut held = held_row(&wanted.fields, row);
        held.drawn = drawings.remove(&feature_id);
        let label = match by_id.get(&feature_id) {
            Some(label) => Some(label.clone()),
            None => called(schema, &held.draft),
        };
        found.extend(label.map(|label| (label, held)));
    }
    Ok(found)
}

/// A row as a draft.
fn held_row(fields: &[&'static Field], row: select::Row) -> Held_ {
    let mut draft = Draft::default();
    let mut standing = String::new();
    for (field, value) in fields.iter().zip(row.values) {
        if field.name == "standing"
            && let Value::Text(word) = &value
        {
            standing.clone_from(word);
        }
        draft.set(field.name, value);
    }
    draft.geometry = Some(row.geometry);
    Held_ {
        feature_id: row.feature_id,
        draft,
        standing,
        drawn: None,
    }
}

/// The fields in which a prepared draft differs from what is held.
fn differences(item: &Edit, prepared: &Prepared, held: &Held_) -> Vec<&'static str> {
    // When a version began and by what reason is no difference of what it says.
    const NOT_SAID: [&str; 4] = ["valid_from", "valid_to", "reason", "boundary"];
    let mut differ: Vec<&'static str> = item
        .draft
        .values
        .iter()
        .filter(|(name, value)| !NOT_SAID.contains(name) && !held.draft.get(name).is_some_and(|was| same(was, value)))
        .map(|(name, _)| *name)
        .collect();
    // Who repeats what is in force need not say again by which instrument.
    if differ == ["instrument"] && item.draft.get("instrument").is_none_or(Value::is_null) {
        differ.clear();
    }
    let place = match (&prepared.legal, held.draft.geometry.as_ref().and_then(Option::as_ref)) {
        (Some(new), Some(old)) => !same_place(new, old),
        (Some(_), None) => true,
        (None, _) => false,
    };
    if place {
        differ.push("geometry");
    }
    differ
}

/// Decides what becomes of each row, and does it.
///
/// # Errors
/// When the database breaks. Rows that are wrong are told in the outcome; whether the rest stays is the caller's to say.
pub async fn plan_and_apply(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    held: Option<&Held<Boundary>>,
    items: Vec<Item>,
    agencies: &[Agency],
    outcome: &mut Outcome,
) -> Result<()> {
    let boundary = held.map(|held| held.id.uuid()).filter(|_| schema.of_boundary);
    let labels: Vec<String> = items
        .iter()
        .filter_map(|item| called(schema, &item.edit.draft))
        .collect();
    let drawn = items.iter().any(|item| item.edit.coordinates == Coordinates::Display);
    let there = existing(cx, conn, schema, boundary, &labels, drawn).await?;
    // What a record says already and a file leaves out is referred to as well.
    let drafts = items.iter().map(|item| &item.edit.draft);
    let drafts = drafts.chain(there.values().map(|held| &held.draft));
    let mut known = Known::look_up(conn, schema, held.cloned(), drafts).await?;
    known.agencies = agencies.to_vec();
    // Records of one file may refer to one another, whichever comes first.
    let mut promised: HashMap<String, Uuid> = HashMap::new();
    for label in labels.into_iter().filter(|label| !there.contains_key(label)) {
        let id = cx.ids.next();
        known.promise(schema.collection, &label, id);
        promised.entry(label).or_insert(id);
    }
    let told: Vec<Told> = items.iter().map(|item| item.told(schema)).collect();
    let (spans, order) = history::spans(&told);
    // Records that are no more are asked for only where a file tells of the past.
    let past: Vec<String> = told
        .iter()
        .zip(&spans)
        .filter(|(_, span)| span.is_history || span.to.is_some())
        .filter_map(|(told, _)| told.label.clone())
        .collect();
    let ever = labels::ever(conn, schema, boundary, &past).await?;
    let mut plans = Plans {
        cx,
        schema,
        known,
        there,
        ever,
        promised,
        begun: HashMap::new(),
        new: Vec::new(),
        further: Vec::new(),
        changed: Vec::new(),
    };
    let first = outcome.rows.len();
    outcome.rows.extend(told.into_iter().map(|told| Planned {
        collection: schema.collection,
        place: told.place,
        label: told.label.unwrap_or_default(),
        what: What::Unchanged,
    }));
    let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    for index in order {
        let Some(mut item) = items[index].take() else { continue };
        if schema.of_boundary
            && let Some(held) = held
            && item
                .edit
                .draft
                .text("boundary")
                .is_none_or(|key| key == held.record.key)
        {
            item.edit.draft.set("boundary", Value::Text(held.record.key.clone()));
        }
        item.mistakes.extend(spans[index].mistakes.iter().cloned());
        let at = first + index;
        let label = outcome.rows[at].label.clone();
        outcome.rows[at].what = plans.one(conn, item, &label, &spans[index], at).await?;
    }
    let Plans {
        new,
        further,
        changed,
        promised,
        ..
    } = plans;
    let new = without_dangling(schema, new, &promised, outcome);
    let made = create(cx, conn, schema, new, outcome).await?;
    go_on(cx, conn, schema, further, &made, outcome).await?;
    for (feature_id, edit, index) in changed {
        if let Err(error) = replace(cx, conn, schema, feature_id, &edit, outcome).await {
            // What only a rule of the whole record finds wrong is told like any other mistake.
            let Error::Refused(problem) = error else {
                return Err(error);
            };
            let mistakes = if problem.mistakes.is_empty() {
                vec![Mistake {
                    at: "#".to_owned(),
                    detail: problem.detail,
                }]
            } else {
                problem.mistakes
            };
            outcome.rows[index].what = What::Refused(mistakes);
        }
    }
    Ok(())
}

/// What is to be done with the rows of a file, as far as they were looked at.
struct Plans<'a> {
    cx: &'a Context,
    schema: &'static Schema,
    known: Known,
    /// Records that are in force.
    there: HashMap<String, Held_>,
    /// Feature ids of records that are or were, where the file tells of the past.
    ever: HashMap<String, i64>,
    /// Identities of records that are not there yet.
    promised: HashMap<String, Uuid>,
    /// Records of which this file has brought a version already.
    begun: HashMap<String, Uuid>,
    new: Vec<New>,
    further: Vec<Further>,
    changed: Vec<(i64, Edit, usize)>,
}

impl Plans<'_> {
    /// Decides what becomes of one row.
    async fn one(
        &mut self,
        conn: &mut store::Conn,
        mut item: Item,
        label: &str,
        span: &Span,
        at: usize,
    ) -> Result<What> {
        let (now, schema) = (self.cx.clock.now(), self.schema);
        let mut mistakes = std::mem::take(&mut item.mistakes);
        // What was in force once binds nobody now; nothing is asked of it that is asked of what does.
        let standing = match span.to {
            Some(to) if to <= now => Standing::Historical,
            _ => edit::standing(schema, &item.edit.draft, None, &mut mistakes),
        };
        if let Some(id) = self.begun.get(label).copied() {
            return Ok(self.version(&item, (id, None), standing, span, at, mistakes));
        }
        let before = self.there.get(label);
        // Who gives the drawing of a line back says nothing of its positions.
        if let (Some(Some(given)), Some(drawn)) =
            (&item.edit.draft.geometry, before.and_then(|held| held.drawn.as_ref()))
            && same_place(given, drawn)
        {
            item.edit.draft.geometry = None;
        }
        if let (Some(to), Some(feature_id)) = (span.to, self.ever.get(label).copied()) {
            return self
                .of_the_past(conn, &item, feature_id, (standing, span, to), at, mistakes)
                .await;
        }
        if let (None, true, Some(feature_id)) = (before, span.is_history, self.ever.get(label).copied()) {
            // A record that had ended goes on.
            if let Some(locked) = write::lock(conn, schema, feature_id).await? {
                return Ok(self.version(&item, (locked.id, Some(feature_id)), standing, span, at, mistakes));
            }
        }
        Ok(match plan(schema, &item, before, &self.known, mistakes) {
            Err(mistakes) => What::Refused(mistakes),
            Ok((What::New, prepared)) => {
                let id = self.promised.get(label).copied().unwrap_or_else(|| self.cx.ids.next());
                let row = row(id, &item.edit, &prepared, standing, span.to);
                self.new.push(New { row, prepared, at });
                if span.is_history {
                    self.begun.insert(label.to_owned(), id);
                }
                What::New
            }
            Ok((What::Changed(fields), _)) => {
                if let Some(before) = before {
                    self.changed.push((before.feature_id, item.edit, at));
                }
                What::Changed(fields)
            }
            Ok((what, _)) => what,
        })
    }

    /// A further version of a record.
    fn version(
        &mut self,
        item: &Item,
        (id, feature_id): (Uuid, Option<i64>),
        standing: Standing,
        span: &Span,
        at: usize,
        mistakes: Vec<Mistake>,
    ) -> What {
        match plan(self.schema, item, None, &self.known, mistakes) {
            Err(mistakes) => What::Refused(mistakes),
            Ok((_, prepared)) => {
                let row = row(id, &item.edit, &prepared, standing, span.to);
                self.further.push(Further {
                    row,
                    feature_id,
                    prepared,
                    at,
                });
                What::New
            }
        }
    }

    /// A row that tells of the past of a record that the register has: what it says is there already, or lies before
    /// everything that is known of the record. The past that is known is not told anew by a file.
    async fn of_the_past(
        &mut self,
        conn: &mut store::Conn,
        item: &Item,
        feature_id: i64,
        (standing, span, to): (Standing, &Span, Timestamp),
        at: usize,
        mut mistakes: Vec<Mistake>,
    ) -> Result<What> {
        let schema = self.schema;
        let Some(from) = span.from else {
            return Ok(What::Refused(mistakes));
        };
        let locked = write::lock(conn, schema, feature_id).await?;
        let Some(locked) = locked else {
            return Ok(What::Refused(mistakes));
        };
        if let Some(before) = as_of(self.cx, conn, schema, feature_id, from).await? {
            return Ok(match plan(schema, item, Some(&before), &self.known, mistakes) {
                Err(mistakes) => What::Refused(mistakes),
                Ok((What::Changed(mut fields), _)) => {
                    // What is over has another standing than when it was written.
                    fields.retain(|field| *field != "standing");
                    if fields.is_empty() {
                        What::Unchanged
                    } else {
                        let fields = fields.join(", ");
                        What::Refused(vec![edit::mistake(
                            "valid_from",
                            format!(
                                "the register has another version of {from}, with other {fields}; a file does not change the past"
                            ),
                            format!("登记簿中 {from} 的版本与此不同（{fields}）；不能用文件更改历史"),
                        )])
                    }
                }
                Ok((what, _)) => what,
            });
        }
        let meets = |head: &&write::Head| head.from < to && head.to.is_none_or(|end| end > from);
        if let Some(head) = locked.versions.iter().find(meets) {
            mistakes.push(edit::mistake(
                "valid_to",
                format!("{to} lies beyond {}, from which the register has a version", head.from),
                format!("{to} 晚于 {}，登记簿自该时刻起已有版本", head.from),
            ));
        }
        Ok(self.version(item, (locked.id, Some(feature_id)), standing, span, at, mistakes))
    }
}

/// What the register says of a record as of a time.
async fn as_of(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    at: Timestamp,
) -> Result<Option<Held_>> {
    let wanted = Selection {
        feature_ids: Some(vec![feature_id]),
        position: Position::Legal,
        ..Selection::all(schema, Moment::at(at))
    };
    let rows = select::rows(conn, &cx.memory.labels, &wanted).await?;
    Ok(rows.into_iter().next().map(|row| held_row(&wanted.fields, row)))
}

/// A version after the first of a record, and its place in the outcome.
struct Further {
    row: NewRow,
    /// None where this file brought the record.
    feature_id: Option<i64>,
    prepared: Prepared,
    at: usize,
}

/// Writes further versions, each with the next number of its record.
async fn go_on(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    further: Vec<Further>,
    made: &HashMap<Uuid, i64>,
    outcome: &mut Outcome,
) -> Result<()> {
    let stamp = stamp(cx, conn, &outcome.file).await?;
    let mut newest: HashMap<i64, i32> = HashMap::new();
    let mut rows = Vec::with_capacity(further.len());
    let mut placed = Vec::new();
    for Further {
        mut row,
        feature_id,
        prepared,
        at,
    } in further
    {
        let Some(feature_id) = feature_id.or_else(|| made.get(&row.id).copied()) else {
            outcome.rows[at].what = What::Refused(vec![edit::mistake(
                schema.natural,
                "the version before it is refused",
                "其前一版本被拒绝",
            )]);
            continue;
        };
        let last = match newest.get(&feature_id) {
            Some(last) => *last,
            None => write::lock(conn, schema, feature_id)
                .await?
                .map_or(0, |locked| locked.newest),
        };
        newest.insert(feature_id, last + 1);
        row.columns.insert("version".to_owned(), json!(last + 1));
        must_write(cx, conn, schema, &stamp, &prepared, &row, outcome).await?;
        if schema.kind == "marker" && prepared.legal.is_some() {
            placed.push((row.id, prepared, row.columns.clone()));
        }
        rows.push((feature_id, row));
    }
    store::version::insert_further(conn, schema.kind, &stamp, rows).await?;
    edit::marker::further_elements(cx, conn, &stamp, placed).await
}

/// A record that is to be made, and its place in the outcome.
struct New {
    row: NewRow,
    prepared: Prepared,
    at: usize,
}

/// Refuses new records that refer to others of their file which are refused, and those that refer to these.
fn without_dangling(
    schema: &'static Schema,
    mut new: Vec<New>,
    promised: &HashMap<String, Uuid>,
    outcome: &mut Outcome,
) -> Vec<New> {
    let own: Vec<&Field> = schema
        .fields()
        .filter(|field| field.kind == Type::Reference(schema.collection))
        .collect();
    while !own.is_empty() {
        let made: HashSet<Uuid> = new.iter().map(|new| new.row.id).collect();
        let before = new.len();
        new.retain(|new| {
            let dangling = own.iter().find_map(|field| {
                let label = new.prepared.draft.text(field.name)?;
                let id = promised.get(label)?;
                (!made.contains(id)).then_some((field.name, label))
            });
            if let Some((member, label)) = dangling {
                outcome.rows[new.at].what = What::Refused(vec![edit::mistake(
                    member,
                    format!("{label} is in the file, but is refused"),
                    format!("文件中的 {label} 被拒绝"),
                )]);
            }
            dangling.is_none()
        });
        if new.len() == before {
            break;
        }
    }
    new
}

fn plan(
    schema: &'static Schema,
    item: &Item,
    before: Option<&Held_>,
    known: &Known,
    mistakes: Vec<Mistake>,
) -> std::result::Result<(What, Prepared), Vec<Mistake>> {
    let Some(before) = before else {
        let place = Place::Given(item.edit.draft.geometry.clone().flatten());
        let prepared = edit::assemble(schema, &item.edit, place, known, mistakes)?;
        return Ok((What::New, prepared));
    };
    // A file that lacks a column says nothing about it.
    let mut full = item.edit.clone();
    for (name, value) in &before.draft.values {
        if full.draft.get(name).is_none() && schema.field(name).is_some_and(edit::is_own) {
            full.draft.set(name, value.clone());
        }
    }
    let place = match &item.edit.draft.geometry {
        Some(Some(geometry)) => Place::Given(Some(geometry.clone())),
        _ => Place::Kept(before.draft.geometry.clone().flatten()),
    };
    let repeats = mistakes.is_empty() || before.standing == Standing::InForce.word();
    // A row that only repeats what is in force needs no new instrument.
    let (asked, kept): (Vec<Mistake>, Vec<Mistake>) = mistakes
        .into_iter()
        .partition(|m| repeats && (m.at == "#/properties/instrument" || m.at == "#/properties/reason"));
    let prepared = edit::assemble(schema, &full, place, known, kept)?;
    let differ = differences(&item.edit, &prepared, before);
    if differ.is_empty() {
        return Ok((What::Unchanged, prepared));
    }
    if asked.is_empty() {
        Ok((What::Changed(differ), prepared))
    } else {
        Err(asked)
    }
}

/// The row of a new record; what it says of its lineage wins over that of the batch.
fn row(id: Uuid, edit: &Edit, prepared: &Prepared, standing: Standing, to: Option<Timestamp>) -> NewRow {
    let mut columns = prepared.columns.clone();
    columns.insert("standing".to_owned(), json!(standing.word()));
    if prepared.instrument.is_some() {
        columns.insert("instrument_id".to_owned(), json!(prepared.instrument));
    }
    if let Some(class) = edit.draft.text("class") {
        columns.insert("class".to_owned(), json!(class));
    } else {
        columns.insert("class".to_owned(), json!(prepared.class.word()));
    }
    // Else since its instrument is in force, as the stamp of the batch has it.
    if let Some(Value::Time(from)) = edit.draft.get("valid_from") {
        let to = to.map_or_else(String::new, |to| to.to_string());
        columns.insert("in_force".to_owned(), json!(format!("[{from},{to})")));
    }
    if let Some(reason) = edit.draft.text("reason") {
        columns.insert("reason".to_owned(), json!(reason));
    }
    NewRow { id, columns }
}

async fn stamp(cx: &Context, conn: &mut store::Conn, file: &str) -> Result<Stamp> {
    let now = cx.clock.now();
    Ok(Stamp {
        in_force_from: now,
        since: force::since(cx, conn).await?,
        known_from: now,
        standing: Standing::Imported,
        class: Class::default(),
        instrument: None,
        author: cx.caller.name.clone(),
        reason: format!("taken over from {file}"),
    })
}

/// Makes new records; their feature ids by their identities.
async fn create(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    new: Vec<New>,
    outcome: &mut Outcome,
) -> Result<HashMap<Uuid, i64>> {
    let stamp = stamp(cx, conn, &outcome.file).await?;
    let placed: Vec<(Uuid, Prepared, serde_json::Map<String, serde_json::Value>)> = if schema.kind == "marker" {
        new.iter()
            .filter(|new| new.prepared.legal.is_some())
            .map(|new| (new.row.id, new.prepared.clone(), new.row.columns.clone()))
            .collect()
    } else {
        Vec::new()
    };
    for made in &new {
        must_write(cx, conn, schema, &stamp, &made.prepared, &made.row, outcome).await?;
    }
    let ids: Vec<Uuid> = new.iter().map(|new| new.row.id).collect();
    let rows = new.into_iter().map(|new| new.row).collect();
    let feature_ids = store::version::insert_kind(conn, schema.kind, &stamp, rows).await?;
    edit::marker::create_elements(cx, conn, &stamp, placed).await?;
    Ok(ids.into_iter().zip(feature_ids).collect())
}

/// Goes on when the caller may write this row, and notes whether it binds.
async fn must_write(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    stamp: &Stamp,
    prepared: &Prepared,
    row: &NewRow,
    outcome: &mut Outcome,
) -> Result<()> {
    let said = |name: &str| row.columns.get(name).and_then(serde_json::Value::as_str);
    let class = said("class").and_then(Class::from_word).unwrap_or(stamp.class);
    if wants_two_persons(schema) && said("standing") == Some(Standing::InForce.word()) {
        outcome.bind(class);
    }
    edit::reach::must_write(cx, conn, schema, class, prepared.boundary, &row.columns).await
}

async fn replace(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    edit: &Edit,
    outcome: &mut Outcome,
) -> Result<()> {
    let now = cx.clock.now();
    let locked = write::lock(conn, schema, feature_id).await?;
    let Some(locked) = locked else { return Ok(()) };
    let head = locked
        .versions
        .iter()
        .find(|head| head.from <= now && head.to.is_none_or(|to| to > now))
        .cloned();
    let Some(head) = head else { return Ok(()) };
    let mut edit = edit.clone();
    // Who repeats since when the version before has been in force says nothing of the change.
    if edit.draft.get("valid_from") == Some(&Value::Time(head.from)) {
        edit.draft.values.retain(|(name, _)| *name != "valid_from");
    }
    let in_force = Standing::InForce.word();
    if wants_two_persons(schema) && (head.standing == in_force || edit.draft.text("standing") == Some(in_force)) {
        let class = edit.draft.text("class").and_then(Class::from_word);
        outcome.bind(class.max(Class::from_word(&head.class)).unwrap_or_default());
    }
    edit::change_in(cx, conn, schema, feature_id, (&locked, &head), &edit, Mode::Patch).await?;
    Ok(())
}

/// The audit event of the batch.
///
/// # Errors
/// When the database breaks.
pub async fn finish(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    held: Option<&Held<Boundary>>,
    outcome: &Outcome,
    sha256: Option<&str>,
) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "import",
        kind: schema.collection,
        subject: held.map_or_else(|| outcome.file.clone(), |held| held.record.key.clone()),
        reason: None,
        detail: json!({
            "file": outcome.file,
            "sha256": sha256,
            "way": outcome.way.as_ref().map(|way| &way.name),
            "created": outcome.created(),
            "changed": outcome.changed(),
            "unchanged": outcome.unchanged(),
            "refused": outcome.refused().len(),
        }),
    };
    audit::append(conn, deed).await?;
    Ok(())
}

/// What the checks look at is checked again as soon as a worker is free.
///
/// # Errors
/// When the database breaks.
pub async fn check_later(
    cx: &Context,
    conn: &mut store::Conn,
    request: &super::Request<'_>,
    outcome: &Outcome,
) -> Result<()> {
    if outcome.created() + outcome.changed() == 0 {
        return Ok(());
    }
    if let Some(held) = super::boundary(cx, conn, request).await? {
        let payload = json!({ "boundary": held.id.uuid() });
        store::job::queue(conn, cx.ids.next(), "check_boundary", payload, cx.clock.now()).await?;
    }
    Ok(())
}
