//! A batch of drafts against what the register holds: what is new, what changes, what is refused.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;

use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::lineage::Standing;
use crate::domain::moment::Moment;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::Schema;
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::geom::shape::Geometry;
use crate::service::edit::{self, Edit, Known, Mode, Place, Prepared};
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
    pub mistakes: Vec<Mistake>,
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
    pub rows: Vec<Planned>,
}

impl Outcome {
    pub fn new(schema: &Schema, file: String) -> Self {
        Self {
            collection: schema.collection,
            file,
            rows: Vec::new(),
        }
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

fn same_place(a: &Geometry, b: &Geometry) -> bool {
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
        (Value::Null, Value::Texts(texts)) | (Value::Texts(texts), Value::Null) => texts.is_empty(),
        _ => a == b,
    }
}

/// What the register holds of the labels in a batch.
struct Held_ {
    feature_id: i64,
    draft: Draft,
    standing: String,
}

async fn existing(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    boundary: Option<Uuid>,
    labels: &[String],
) -> Result<HashMap<String, Held_>> {
    let ids = labels::current(conn, schema, boundary, labels).await?;
    let by_id: HashMap<i64, String> = ids.into_iter().map(|(label, id)| (id, label)).collect();
    let wanted = Selection {
        feature_ids: Some(by_id.keys().copied().collect()),
        position: Position::Legal,
        ..Selection::all(schema, Moment::at(cx.clock.now()))
    };
    let mut found = HashMap::new();
    if by_id.is_empty() {
        return Ok(found);
    }
    for row in select::rows(conn, &cx.labels, &wanted).await? {
        let Some(label) = by_id.get(&row.feature_id) else {
            continue;
        };
        let mut draft = Draft::default();
        let mut standing = String::new();
        for (field, value) in wanted.fields.iter().zip(row.values) {
            if field.name == "standing"
                && let Value::Text(word) = &value
            {
                standing.clone_from(word);
            }
            draft.set(field.name, value);
        }
        draft.geometry = Some(row.geometry);
        found.insert(
            label.clone(),
            Held_ {
                feature_id: row.feature_id,
                draft,
                standing,
            },
        );
    }
    Ok(found)
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
    outcome: &mut Outcome,
) -> Result<()> {
    let boundary = held.map(|held| held.id.uuid()).filter(|_| schema.of_boundary);
    let known = Known::look_up(conn, schema, held.cloned(), items.iter().map(|item| &item.edit.draft)).await?;
    let labels: Vec<String> = items
        .iter()
        .filter_map(|item| item.edit.draft.text(schema.natural).map(str::to_owned))
        .collect();
    let there = existing(cx, conn, schema, boundary, &labels).await?;
    let mut seen: HashSet<String> = HashSet::new();
    let mut new: Vec<(NewRow, Prepared)> = Vec::new();
    let mut changed: Vec<(i64, Edit, usize)> = Vec::new();
    let now = cx.clock.now();
    for mut item in items {
        let label = item.edit.draft.text(schema.natural).unwrap_or_default().to_owned();
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
        let mut mistakes = std::mem::take(&mut item.mistakes);
        if !label.is_empty() && !seen.insert(label.clone()) {
            mistakes.push(edit::mistake(
                schema.natural,
                format!("{label} appears more than once in the file"),
                format!("{label} 在文件中出现多次"),
            ));
        }
        let before = there.get(&label);
        let standing = edit::standing(schema, &item.edit.draft, None, &mut mistakes);
        let planned = match plan(schema, &item, before, &known, mistakes) {
            Err(mistakes) => What::Refused(mistakes),
            Ok((What::New, prepared)) => {
                new.push((row(cx, &item.edit, &prepared, standing, now), prepared));
                What::New
            }
            Ok((What::Changed(fields), _)) => {
                if let Some(before) = before {
                    changed.push((before.feature_id, item.edit, outcome.rows.len()));
                }
                What::Changed(fields)
            }
            Ok((what, _)) => what,
        };
        outcome.rows.push(Planned {
            collection: schema.collection,
            place: item.place,
            label,
            what: planned,
        });
    }
    create(cx, conn, schema, new, &outcome.file).await?;
    for (feature_id, edit, index) in changed {
        if let Err(error) = replace(cx, conn, schema, feature_id, &edit).await {
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
fn row(cx: &Context, edit: &Edit, prepared: &Prepared, standing: Standing, now: jiff::Timestamp) -> NewRow {
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
    let from = match edit.draft.get("valid_from") {
        Some(Value::Time(from)) => *from,
        _ => now,
    };
    columns.insert("in_force".to_owned(), json!(format!("[{from},)")));
    if let Some(reason) = edit.draft.text("reason") {
        columns.insert("reason".to_owned(), json!(reason));
    }
    NewRow {
        id: cx.ids.next(),
        columns,
    }
}

async fn create(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    new: Vec<(NewRow, Prepared)>,
    file: &str,
) -> Result<()> {
    let now = cx.clock.now();
    let stamp = Stamp {
        in_force_from: now,
        known_from: now,
        standing: Standing::Imported,
        class: crate::domain::lineage::Class::default(),
        instrument: None,
        author: cx.actor.clone(),
        reason: format!("taken over from {file}"),
    };
    let placed: Vec<(Uuid, Prepared, serde_json::Map<String, serde_json::Value>)> = if schema.kind == "marker" {
        new.iter()
            .filter(|(_, prepared)| prepared.legal.is_some())
            .map(|(row, prepared)| (row.id, prepared.clone(), row.columns.clone()))
            .collect()
    } else {
        Vec::new()
    };
    store::version::insert_kind(conn, schema.kind, &stamp, new.into_iter().map(|(row, _)| row).collect()).await?;
    edit::marker::create_elements(cx, conn, &stamp, placed).await
}

async fn replace(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    edit: &Edit,
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
    edit::change_in(cx, conn, schema, feature_id, (&locked, &head), edit, Mode::Patch).await?;
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
) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.actor,
        action: "import",
        kind: schema.collection,
        subject: held.map_or_else(|| outcome.file.clone(), |held| held.record.key.clone()),
        reason: None,
        detail: json!({
            "file": outcome.file,
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
