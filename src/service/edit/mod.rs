//! Changing the register: every change is a new version, with its author and reason, in one transaction with its
//! audit event.

mod derive;
pub(super) mod marker;
mod prepare;
pub(super) mod reach;

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::answers::Begun;
use super::features::Coordinates;
use super::{Context, Error, Result, not_found, proposal};
use crate::domain::id::Id;
use crate::domain::lineage::{Class, Standing};
use crate::domain::moment::Moment;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::proposal::wants_two_persons;
use crate::domain::rights::{Realm, Verb};
use crate::domain::schema::{Field, Group, Schema, Stored, Type, Writes};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::store;
use crate::store::audit::{self, Deed};
use crate::store::record::select::{self, Position, Selection};
use crate::store::record::write::{self, Change, Locked};
use crate::store::version::{NewRow, Stamp};
use crate::unit::Epoch;
use prepare::prepare;
pub(super) use prepare::{Known, Place, Prepared, assemble};

/// What a sender wants to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub draft: Draft,
    /// The system of the draft's geometry.
    pub coordinates: Coordinates,
    /// Where it comes from: the name of a file, or `api`.
    pub source: String,
    /// The epoch of its coordinates, where it was said.
    pub epoch: Option<Epoch>,
}

impl Edit {
    pub fn new(draft: Draft) -> Self {
        Self {
            draft,
            coordinates: Coordinates::Display,
            source: "api".to_owned(),
            epoch: None,
        }
    }
}

/// How a change treats the fields that it does not mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They become empty, or get their default.
    Replace,
    /// They stay as they are.
    Patch,
}

/// What is to be done to one record. `expected` is the version that the sender means.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Create(Edit),
    /// Replaces or patches it.
    Change {
        feature_id: i64,
        expected: Option<i32>,
        edit: Edit,
        mode: Mode,
    },
    /// Takes it out of force; its versions stay.
    Retire {
        feature_id: i64,
        expected: Option<i32>,
        draft: Draft,
    },
}

impl Act {
    /// The record it is done to; none for a new one.
    pub const fn feature_id(&self) -> Option<i64> {
        match self {
            Self::Create(_) => None,
            Self::Change { feature_id, .. } | Self::Retire { feature_id, .. } => Some(*feature_id),
        }
    }

    const fn expected(&self) -> Option<i32> {
        match self {
            Self::Create(_) => None,
            Self::Change { expected, .. } | Self::Retire { expected, .. } => *expected,
        }
    }

    /// What its sender says.
    pub const fn draft(&self) -> &Draft {
        match self {
            Self::Create(edit) | Self::Change { edit, .. } => &edit.draft,
            Self::Retire { draft, .. } => draft,
        }
    }

    /// The same, of the version that the record is at.
    pub(super) fn of(mut self, version: i32) -> Self {
        match &mut self {
            Self::Create(_) => {}
            Self::Change { expected, .. } | Self::Retire { expected, .. } => *expected = Some(version),
        }
        self
    }

    /// Whether something binding would begin, change or end by it.
    fn wants_two_persons(&self, schema: &Schema, held: Option<&Held>) -> bool {
        let in_force = Standing::InForce.word();
        wants_two_persons(schema)
            && (self.draft().text("standing") == Some(in_force)
                || held.is_some_and(|held| held.head.standing == in_force))
    }
}

/// A record under the lock of this transaction, and the version that is meant.
pub(super) struct Held {
    pub locked: Locked,
    pub head: write::Head,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub feature_id: i64,
    pub version: i32,
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Written(Written),
    /// It wants a second person; nothing is written until they have approved the proposal of this number.
    Proposed(i64),
}

impl Done {
    fn outcome(self) -> Json {
        match self {
            Self::Written(written) => json!({ "feature_id": written.feature_id, "version": written.version }),
            Self::Proposed(number) => json!({ "proposal": number }),
        }
    }

    /// What was done before under the same key.
    fn of(outcome: &Json) -> Result<Self> {
        let number = |name: &str| outcome.get(name).and_then(Json::as_i64);
        if let Some(number) = number("proposal") {
            return Ok(Self::Proposed(number));
        }
        let version = number("version").and_then(|version| i32::try_from(version).ok());
        match (number("feature_id"), version) {
            (Some(feature_id), Some(version)) => Ok(Self::Written(Written { feature_id, version })),
            _ => Err(Error::Fault(
                format!("what was written before cannot be read: {outcome}").into(),
            )),
        }
    }
}

/// All mistakes of a body at once.
pub(super) fn invalid(mistakes: Vec<Mistake>) -> Problem {
    let n = mistakes.len();
    Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("The record cannot be taken as it is: {n} of its members must be put right."),
            format!("记录无法接受，有{n}处需要更正。"),
        ),
        Message::new(
            "Correct the members listed and send it again; nothing was stored.",
            "请更正所列成员后重新提交；未保存任何内容。",
        ),
    )
    .with_mistakes(mistakes)
}

pub(super) fn mistake(member: &str, en: impl Into<String>, zh: impl Into<String>) -> Mistake {
    Mistake {
        at: format!("#/properties/{member}"),
        detail: Message::new(en, zh),
    }
}

/// Refuses kinds that are not written through the general interface.
fn writable(schema: &Schema) -> Result<()> {
    if schema.writes == Writes::Versions {
        return Ok(());
    }
    Err(Problem::new(
        Code::MethodNotAllowed,
        Message::new(
            format!("Records of {} are made by the service itself.", schema.collection),
            format!("{}由系统自身生成。", schema.title.zh),
        ),
        Message::new("Read them; they are not written here.", "仅供读取，不能在此写入。"),
    )
    .into())
}

/// Whether a published version of this kind takes its force from an instrument.
const fn needs_instrument(schema: &Schema) -> bool {
    matches!(schema.group, Group::Law | Group::Line | Group::Marks)
        && !matches!(schema.kind.as_bytes(), b"instrument" | b"party")
}

/// The standing a write leads to, and what is missing for it.
pub(super) fn standing(schema: &Schema, draft: &Draft, before: Option<&str>, mistakes: &mut Vec<Mistake>) -> Standing {
    let asked = draft.text("standing").or(before);
    let standing = asked.and_then(Standing::from_word).unwrap_or(Standing::Imported);
    if standing == Standing::Historical {
        mistakes.push(mistake(
            "standing",
            "nothing is made historical by hand: retire it, or put a newer version in force",
            "不能手工设为历史：请停用，或使新版本生效",
        ));
    }
    if standing == Standing::InForce {
        let given = |name: &str| draft.get(name).is_some_and(|value| !value.is_null());
        if needs_instrument(schema) && !given("instrument") {
            mistakes.push(mistake(
                "instrument",
                "a version in force must name the instrument from which it takes its force, in this request",
                "生效版本必须在本次请求中注明其所依据的法律文件",
            ));
        }
        if !given("reason") {
            mistakes.push(mistake(
                "reason",
                "a version in force must say why it was made, in this request",
                "生效版本必须在本次请求中说明理由",
            ));
        }
    }
    standing
}

fn class(draft: &Draft, before: Option<&str>, default: Class) -> Class {
    draft
        .text("class")
        .or(before)
        .and_then(Class::from_word)
        .unwrap_or(default)
}

fn time(draft: &Draft, name: &str) -> Option<Timestamp> {
    match draft.get(name) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    }
}

fn reason(draft: &Draft, otherwise: impl Into<String>) -> String {
    draft
        .text("reason")
        .filter(|reason| !reason.trim().is_empty())
        .map_or_else(|| otherwise.into(), str::to_owned)
}

async fn audited(
    cx: &Context,
    conn: &mut store::Conn,
    action: &str,
    schema: &Schema,
    written: Written,
    reason: &str,
    detail: Json,
) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action,
        kind: schema.kind,
        subject: written.feature_id.to_string(),
        reason: Some(reason),
        detail,
    };
    Ok(audit::append(conn, deed).await?)
}

/// Does something to one record; what binds two states is only proposed.
///
/// # Errors
/// A refusal when the version meant is not the one that is there, or with all mistakes at once; nothing is then stored.
pub async fn carry_out(cx: &Context, schema: &'static Schema, act: Act) -> Result<Done> {
    cx.must(Verb::Record, Realm::of(schema.kind))?;
    writable(schema)?;
    let mut tx = match cx.begin_once().await? {
        Begun::Now(tx) => tx,
        Begun::Before(outcome) => return Done::of(&outcome),
    };
    let held = hold(cx, &mut tx, schema, &act).await?;
    let done = if act.wants_two_persons(schema, held.as_ref()) {
        Done::Proposed(proposal::act(cx, &mut tx, schema, act, held.as_ref()).await?)
    } else {
        let written = carry_out_in(cx, &mut tx, schema, &act, held.as_ref()).await?;
        check_later(cx, &mut tx, schema, written.feature_id).await?;
        Done::Written(written)
    };
    cx.commit_as(tx, &done.outcome()).await?;
    Ok(done)
}

/// Locks the record that an act is done to, where it is done to one, and makes sure that its version is the one meant.
pub(super) async fn hold(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    act: &Act,
) -> Result<Option<Held>> {
    match act.feature_id() {
        None => Ok(None),
        Some(feature_id) => {
            let (locked, head) = locked(cx, conn, schema, feature_id, act.expected()).await?;
            Ok(Some(Held { locked, head }))
        }
    }
}

/// An act inside a transaction of the caller's, on what [`hold`] gave for it.
pub(super) async fn carry_out_in(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    act: &Act,
    held: Option<&Held>,
) -> Result<Written> {
    match (act, held) {
        (Act::Create(edit), _) => create_in(cx, conn, schema, edit).await,
        (
            Act::Change {
                feature_id, edit, mode, ..
            },
            Some(Held { locked, head }),
        ) => change_in(cx, conn, schema, *feature_id, (locked, head), edit, *mode).await,
        (Act::Retire { feature_id, draft, .. }, Some(held)) => {
            retire_in(cx, conn, schema, *feature_id, held, draft).await
        }
        (Act::Change { feature_id, .. } | Act::Retire { feature_id, .. }, None) => {
            Err(not_found(&Message::new(schema.kind, schema.title.zh), feature_id))
        }
    }
}

/// A new record inside a transaction of the caller's.
pub(super) async fn create_in(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    edit: &Edit,
) -> Result<Written> {
    let mut mistakes = Vec::new();
    let standing = standing(schema, &edit.draft, None, &mut mistakes);
    let place = match &edit.draft.geometry {
        Some(geometry) => Place::Given(geometry.clone()),
        None => Place::Given(None),
    };
    let prepared = prepare(cx, conn, schema, edit, place, mistakes).await?;
    free(conn, schema, &prepared, None).await?;
    let class = class(&edit.draft, None, prepared.class);
    reach::must_make(cx, conn, schema, class, &prepared).await?;
    let now = cx.clock.now();
    let stamp = Stamp {
        in_force_from: time(&edit.draft, "valid_from").unwrap_or(now),
        since: HashMap::new(),
        known_from: now,
        standing,
        class,
        instrument: prepared.instrument,
        author: cx.caller.name.clone(),
        reason: reason(&edit.draft, format!("entered, {}", edit.source)),
    };
    let id = cx.ids.next();
    let row = NewRow {
        id,
        columns: prepared.columns.clone(),
    };
    let ids = store::version::insert_kind(conn, schema.kind, &stamp, vec![row]).await?;
    let feature_id = ids.first().copied().unwrap_or_default();
    if schema.kind == "marker" {
        marker::create_elements(cx, conn, &stamp, vec![(id, prepared.clone(), prepared.columns.clone())]).await?;
    }
    let written = Written { feature_id, version: 1 };
    audited(
        cx,
        conn,
        "create",
        schema,
        written,
        &stamp.reason,
        json!({ "label": prepared.label, "version": 1 }),
    )
    .await?;
    Ok(written)
}

/// Refuses a number that another record of the boundary has now.
async fn free(conn: &mut store::Conn, schema: &Schema, prepared: &Prepared, own: Option<Uuid>) -> Result<()> {
    let Some(label) = &prepared.label else { return Ok(()) };
    if store::record::labels::is_taken(conn, schema, prepared.boundary, label, own).await? {
        let at = format!("#/properties/{}", schema.natural);
        let detail = Message::new(
            format!("{label} is in the register already"),
            format!("{label} 已在登记簿中"),
        );
        return Err(Problem::new(
            Code::NumberTaken,
            Message::new(
                format!("There is a record {label} in {} already.", schema.collection),
                format!("{}中已有 {label}。", schema.title.zh),
            ),
            Message::new(
                "Give another number, or change the record that is there.",
                "请使用其他编号，或修改已有记录。",
            ),
        )
        .with_mistakes(vec![Mistake { at, detail }])
        .into());
    }
    Ok(())
}

/// Locks a record and makes sure that the caller means the version that is there.
async fn locked(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    feature_id: i64,
    expected: Option<i32>,
) -> Result<(Locked, write::Head)> {
    let locked = write::lock(conn, schema, feature_id).await?;
    let Some(locked) = locked else {
        // A version was named of something that is not there: that, too, is a failed precondition (RFC 9110, 13.1.1).
        if expected.is_some() {
            return Err(stale(schema, feature_id, None).into());
        }
        return Err(not_found(&Message::new(schema.kind, schema.title.zh), feature_id));
    };
    let now = cx.clock.now();
    let current = locked
        .versions
        .iter()
        .find(|head| head.from <= now && head.to.is_none_or(|to| to > now));
    let coming = || locked.versions.iter().find(|head| head.from > now);
    let Some(head) = current.or_else(coming).cloned() else {
        return Err(gone(schema, feature_id).into());
    };
    match expected {
        Some(expected) if expected != head.version => Err(stale(schema, feature_id, Some(head.version)).into()),
        None if head.standing == Standing::InForce.word() => Err(Problem::new(
            Code::VersionRequired,
            Message::new(
                format!("Record {feature_id} is in force; a change of it must name the version it changes."),
                format!("记录 {feature_id} 已生效；更改时必须指明所更改的版本。"),
            ),
            Message::new(
                "Send If-Match with the ETag that you were given with the record.",
                "请在 If-Match 中给出读取该记录时得到的 ETag。",
            ),
        )
        .into()),
        _ => Ok((locked, head)),
    }
}

fn stale(schema: &Schema, feature_id: i64, version: Option<i32>) -> Problem {
    let detail = match version {
        Some(version) => Message::new(
            format!(
                "Record {feature_id} of {} is at version {version} now.",
                schema.collection
            ),
            format!("{}的记录 {feature_id} 现为第 {version} 版。", schema.title.zh),
        ),
        None => Message::new(
            format!("There is no record {feature_id} in {}.", schema.collection),
            format!("{}中没有记录 {feature_id}。", schema.title.zh),
        ),
    };
    Problem::new(
        Code::Stale,
        detail,
        Message::new("Read it again and repeat your change on it.", "请重新读取后再作更改。"),
    )
}

/// The refusal for a record that was retired.
pub(super) fn gone(schema: &Schema, feature_id: i64) -> Problem {
    Problem::new(
        Code::Gone,
        Message::new(
            format!(
                "Record {feature_id} of {} is not in force at this time.",
                schema.collection
            ),
            format!("{}的记录 {feature_id} 在该时间不生效。", schema.title.zh),
        ),
        Message::new(
            format!(
                "Its versions are at /collections/{}/items/{feature_id}/versions.",
                schema.collection
            ),
            format!(
                "其各版本见 /collections/{}/items/{feature_id}/versions。",
                schema.collection
            ),
        ),
    )
}

/// A change inside a transaction of the caller's, of a record that it has locked.
pub(super) async fn change_in(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    (locked, head): (&Locked, &write::Head),
    edit: &Edit,
    mode: Mode,
) -> Result<Written> {
    reach::must_change(cx, schema, locked)?;
    let now = cx.clock.now();
    let before = as_draft(cx, conn, schema, feature_id, head).await?;
    let mut full = Edit {
        draft: Draft::default(),
        ..edit.clone()
    };
    full.draft.values = match mode {
        Mode::Replace => Vec::new(),
        Mode::Patch => before.values.clone(),
    };
    for (name, value) in &edit.draft.values {
        full.draft.set(name, value.clone());
    }
    // A record does not change its boundary; who does not name it means the one it has.
    if full.draft.get("boundary").is_none_or(Value::is_null)
        && let Some(boundary) = before.get("boundary")
    {
        full.draft.set("boundary", boundary.clone());
    }
    let mut mistakes = Vec::new();
    if schema.of_boundary && full.draft.text("boundary") != before.text("boundary") {
        mistakes.push(mistake(
            "boundary",
            "a record does not change its boundary",
            "记录不能改属其他国界",
        ));
    }
    // What is asked of a published version is asked of this request, not of what the record says already.
    let standing = standing(schema, &edit.draft, Some(&head.standing), &mut mistakes);
    let place = match (&edit.draft.geometry, mode) {
        (Some(geometry), _) => Place::Given(geometry.clone()),
        (None, Mode::Patch) => Place::Kept(before.geometry.clone().flatten()),
        (None, Mode::Replace) => Place::Given(None),
    };
    if standing == Standing::InForce
        && matches!(place, Place::Given(Some(_)))
        && edit.coordinates == Coordinates::Display
        && schema.of_boundary
    {
        mistakes.push(Mistake {
            at: "#/geometry".to_owned(),
            detail: Message::new(
                "a position in force must be sent in the frame of its boundary, or in a system from which an operation leads there: say Content-Crs",
                "生效位置须以国界框架坐标系或可转换的坐标系提交：请用 Content-Crs 注明",
            ),
        });
    }
    let prepared = prepare(cx, conn, schema, &full, place, mistakes).await?;
    free(conn, schema, &prepared, Some(locked.id)).await?;
    let class = class(&full.draft, Some(&head.class), prepared.class);
    reach::must_make(cx, conn, schema, class, &prepared).await?;
    let change = Change {
        from: time(&edit.draft, "valid_from").unwrap_or(match standing {
            // What binds nobody is put right from its beginning; what is in force changes from now on.
            Standing::Imported => head.from,
            Standing::InForce | Standing::Historical => now,
        }),
        known_from: now,
        standing,
        class,
        instrument: prepared.instrument,
        author: cx.caller.name.clone(),
        reason: reason(&edit.draft, format!("changed, {}", edit.source)),
    };
    let version = write::supersede(conn, schema, locked, &change, Some(prepared.columns.clone())).await?;
    if schema.kind == "marker" {
        marker::move_element(cx, conn, &change, locked.id, &prepared).await?;
    }
    let written = Written { feature_id, version };
    let detail = json!({ "label": prepared.label, "version": version, "before": head.version });
    audited(cx, conn, "change", schema, written, &change.reason, detail).await?;
    Ok(written)
}

/// A version as a draft, its geometry in the frame.
async fn as_draft(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    head: &write::Head,
) -> Result<Draft> {
    let wanted = Selection {
        feature_ids: Some(vec![feature_id]),
        position: Position::Legal,
        ..Selection::all(
            schema,
            Moment::at(head.from.max(cx.clock.now().min(head.to.unwrap_or(Timestamp::MAX)))),
        )
    };
    let rows = select::rows(conn, &cx.memory.labels, &wanted).await?;
    let mut draft = Draft::default();
    if let Some(row) = rows.into_iter().next() {
        for (field, value) in wanted.fields.iter().zip(row.values) {
            // Lineage is said anew by each version.
            if is_own(field) {
                draft.set(field.name, value);
            }
        }
        draft.geometry = Some(row.geometry);
    }
    Ok(draft)
}

/// Whether a field is part of what a record says, and not of its lineage.
pub(super) fn is_own(field: &Field) -> bool {
    let lineage = ["standing", "class", "valid_from", "reason"];
    field.is_writable() && !lineage.contains(&field.name)
}

/// The end of a record inside a transaction of the caller's.
async fn retire_in(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    feature_id: i64,
    Held { locked, head }: &Held,
    draft: &Draft,
) -> Result<Written> {
    reach::must_change(cx, schema, locked)?;
    let mut mistakes = Vec::new();
    standing(schema, draft, Some(&head.standing), &mut mistakes);
    let boundary = match locked.boundary {
        Some(id) => store::boundary::by_id(conn, cx.clock.now(), Id::new(id)).await?,
        None => None,
    };
    let known = Known::look_up(conn, schema, boundary, std::iter::once(draft)).await?;
    let references = known.references(schema, draft, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(invalid(mistakes).into());
    }
    let now = cx.clock.now();
    let change = Change {
        from: time(draft, "valid_from").unwrap_or(now).max(head.from),
        known_from: now,
        standing: Standing::Historical,
        class: Class::from_word(&head.class).unwrap_or_default(),
        instrument: references.get("instrument").copied(),
        author: cx.caller.name.clone(),
        reason: reason(draft, "retired"),
    };
    let version = write::supersede(conn, schema, locked, &change, None).await?;
    if schema.kind == "marker" {
        marker::retire_elements(cx, conn, &change, locked.id).await?;
    }
    let written = Written { feature_id, version };
    audited(
        cx,
        conn,
        "retire",
        schema,
        written,
        &change.reason,
        json!({ "label": locked.label, "version": version }),
    )
    .await?;
    Ok(written)
}

/// What the checks look at is checked again as soon as a worker is free.
pub(super) async fn check_later(cx: &Context, conn: &mut store::Conn, schema: &Schema, feature_id: i64) -> Result<()> {
    const JUDGED: [&str; 5] = ["section", "segment", "marker", "marker_element", "port"];
    if !JUDGED.contains(&schema.kind) {
        return Ok(());
    }
    let Some(boundary) = store::record::labels::boundary_of(conn, feature_id).await? else {
        return Ok(());
    };
    let payload = json!({ "boundary": boundary });
    store::job::queue(conn, cx.ids.next(), "check_boundary", payload, cx.clock.now()).await?;
    cx.wake.notify_one();
    Ok(())
}

/// The column and member a field is kept in, and its value as JSON.
pub(super) fn stored(field: &Field, value: &Value) -> Option<(&'static str, Option<&'static str>, Json)> {
    let json = match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        Value::Integer(n) => json!(n),
        Value::Number(n) => json!(n),
        Value::Flag(flag) => json!(flag),
        Value::Date(date) => json!(date.to_string()),
        Value::Time(time) => json!(time.to_string()),
        Value::Texts(texts) => json!(texts),
        Value::Document(text) => serde_json::from_str(text).unwrap_or(Json::Null),
    };
    match (field.stored, field.kind) {
        // References are stored as identities, elsewhere.
        (_, Type::Reference(_)) | (Stored::Derived, _) => None,
        (Stored::Column(column), _) => Some((column, None, json)),
        (Stored::Member(column, member), _) => Some((column, Some(member), json)),
    }
}
