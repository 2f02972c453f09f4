//! What binds two states is done by two persons: one proposes it, another approves it, and only then is it written.
//!
//! A proposal is tried when it is made ([`act`], [`file`]), so that nothing wrong is proposed, and kept as a [`Deed`]. The
//! approval does it, in the author's name, in one transaction with the decision; the database refuses a version in force
//! that no such decision stands behind.

mod deed;
mod preview;

use serde_json::{Value as Json, json};
use uuid::Uuid;

pub use deed::{Deed, FileDeed};
pub use preview::{Preview, preview};

use super::account::who::rights_now;
use super::answers::Begun;
use super::caller::{Caller, Via};
use super::edit::{self, Act, Held};
use super::{Context, Error, Result, import, not_found};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Problem};
use crate::domain::proposal::State;
use crate::domain::rights::{Realm, Rights, Verb};
use crate::domain::schema::{self, Schema};
use crate::domain::text::Message;
use crate::store;
use crate::store::audit::{self, Deed as Event};
pub use crate::store::proposal::Proposal;
use crate::store::proposal::{Decision, NewProposal};
use crate::store::record::write;

/// What a proposal is about.
struct About<'a> {
    feature_id: Option<i64>,
    label: Option<&'a str>,
    class: Class,
    places: &'a [Uuid],
    reason: Option<&'a str>,
}

/// Proposes an act, after it was tried; the number of the proposal.
///
/// # Errors
/// As doing it; nothing is then proposed.
pub(super) async fn act(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    act: Act,
    held: Option<&Held>,
) -> Result<i64> {
    let mut trial = store::attempt(conn).await?;
    let written = edit::carry_out_in(cx, &mut trial, schema, &act, held).await?;
    let after = write::lock(&mut trial, schema, written.feature_id).await?;
    store::undo(trial).await?;
    let after = after.ok_or_else(|| Error::Fault("what was just written is not there".into()))?;
    let act = match held {
        Some(held) => act.of(held.head.version),
        None => act,
    };
    let reason = act.draft().text("reason").map(str::to_owned);
    let about = About {
        feature_id: act.feature_id(),
        label: after.label.as_deref(),
        class: after.class,
        places: &after.places,
        reason: reason.as_deref(),
    };
    propose(cx, conn, schema, &Deed::Act(act), &about).await
}

/// Proposes to take over a file, which was tried.
///
/// # Errors
/// When the database breaks.
pub(super) async fn file(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    deed: FileDeed,
    class: Class,
    places: &[Uuid],
) -> Result<i64> {
    let (name, reason) = (deed.name.clone(), deed.asked.reason.clone());
    let about = About {
        feature_id: None,
        label: Some(&name),
        class,
        places,
        reason: reason.as_deref(),
    };
    propose(cx, conn, schema, &Deed::File(Box::new(deed)), &about).await
}

async fn propose(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &'static Schema,
    deed: &Deed,
    about: &About<'_>,
) -> Result<i64> {
    let reason = about
        .reason
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
        .unwrap_or_else(|| deed.title().en);
    let new = NewProposal {
        id: cx.ids.next(),
        kind: schema.kind,
        feature_id: about.feature_id,
        label: about.label,
        class: about.class,
        places: about.places,
        deed: deed.json(),
        reason,
        author: &cx.caller.name,
        author_id: cx.caller.account,
        at: cx.clock.now(),
    };
    let number = store::proposal::insert(conn, &new).await?;
    let detail = json!({ "do": deed.word(), "kind": schema.kind, "id": about.feature_id, "label": about.label });
    log(cx, conn, "propose", number, Some(reason), detail).await?;
    Ok(number)
}

async fn log(
    cx: &Context,
    conn: &mut store::Conn,
    action: &str,
    number: i64,
    reason: Option<&str>,
    detail: Json,
) -> Result<()> {
    let event = Event {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action,
        kind: "proposal",
        subject: number.to_string(),
        reason,
        detail,
    };
    Ok(audit::append(conn, event).await?)
}

fn named() -> Message {
    Message::new("proposal", "提案")
}

/// Of which kind the records are that a proposal is about.
///
/// # Errors
/// When the register has a kind there that this release does not know.
pub fn schema_of(proposal: &Proposal) -> Result<&'static Schema> {
    schema::of_kind(&proposal.kind)
        .ok_or_else(|| Error::Fault(format!("a proposal of the unknown kind {}", proposal.kind).into()))
}

/// Proposals in a state, or all; the newest first, those below `before`.
///
/// # Errors
/// When the caller may not read, or the database breaks.
pub async fn list(cx: &Context, state: Option<State>, before: Option<i64>, limit: i64) -> Result<Vec<Proposal>> {
    cx.must_somewhere(Verb::Read)?;
    let mut conn = cx.db.acquire().await?;
    Ok(store::proposal::list(&mut conn, state, before, limit).await?)
}

/// One proposal.
///
/// # Errors
/// When there is none of this number that the caller may see.
pub async fn one(cx: &Context, number: i64) -> Result<Proposal> {
    cx.must_somewhere(Verb::Read)?;
    let mut conn = cx.db.acquire().await?;
    let found = store::proposal::by_number(&mut conn, number).await?;
    found.ok_or_else(|| not_found(&named(), number))
}

/// How many proposals wait for the caller's approval; none for who approves nothing.
///
/// # Errors
/// When the database breaks.
pub async fn waiting(cx: &Context) -> Result<i64> {
    if !cx.caller.rights.may_at_all(Verb::Approve) {
        return Ok(0);
    }
    let mut conn = cx.db.acquire().await?;
    Ok(store::proposal::count_open(&mut conn, cx.caller.account).await?)
}

/// Whether the caller may approve or reject a proposal, as far as their roles and persons go.
pub fn may_decide(cx: &Context, proposal: &Proposal) -> bool {
    let realm = Realm::of(&proposal.kind);
    is_another(cx, proposal)
        && cx
            .caller
            .rights
            .may_with(Verb::Approve, realm, proposal.class, &proposal.places)
}

/// Whether the caller is the author, who may withdraw it.
pub fn is_own(cx: &Context, proposal: &Proposal) -> bool {
    cx.caller.account == proposal.author_id && cx.caller.via != Via::Nobody
}

fn is_another(cx: &Context, proposal: &Proposal) -> bool {
    cx.caller.account.is_some() && cx.caller.account != proposal.author_id
}

/// The proposal under lock, open.
async fn held(conn: &mut store::Conn, number: i64) -> Result<Proposal> {
    let Some(proposal) = store::proposal::lock(conn, number).await? else {
        // Who sees it and may not decide on it is told that, by the rule for all.
        return match store::proposal::by_number(conn, number).await? {
            Some(_) => Err(super::caller::not_allowed().into()),
            None => Err(not_found(&named(), number)),
        };
    };
    if proposal.state == State::Open {
        return Ok(proposal);
    }
    let state = proposal.state.title();
    let by = proposal.decided_by.as_deref().unwrap_or_default();
    Err(Problem::new(
        Code::Decided,
        Message::new(
            format!("Proposal {number} was {} by {by} already.", proposal.state.word()),
            format!("提案 {number} 已由 {by} 处理：{}。", state.zh),
        ),
        Message::new(
            "Read it again. What is still wanted is proposed anew.",
            "请重新查看；如仍需要，请重新提出。",
        ),
    )
    .into())
}

fn must_be_another(cx: &Context, proposal: &Proposal) -> Result<()> {
    if is_another(cx, proposal) {
        return Ok(());
    }
    Err(Problem::new(
        Code::SamePerson,
        Message::new(
            "Who proposes something does not approve it, and an approval is that of a person with an account.",
            "提出人不能批准自己的提案；批准须由有账号的人员作出。",
        ),
        Message::new(
            "Ask somebody else who may approve it.",
            "请由其他有批准权限的人员办理。",
        ),
    )
    .into())
}

/// Goes on when the caller may approve a record of this class at these places, as their roles were and as they are now.
fn must_approve(cx: &Context, now: &Rights, schema: &Schema, class: Class, places: &[Uuid]) -> Result<()> {
    let realm = Realm::of(schema.kind);
    cx.must_with(Verb::Approve, realm, class, places)?;
    if super::caller::UNJUDGED || now.may_with(Verb::Approve, realm, class, places) {
        return Ok(());
    }
    Err(super::caller::not_allowed().into())
}

fn decision<'a>(cx: &'a Context, state: State, words: Option<&'a str>) -> Decision<'a> {
    Decision {
        state,
        by: &cx.caller.name,
        account: cx.caller.account,
        at: cx.clock.now(),
        proved_at: match cx.caller.via {
            Via::Session { proved_at, .. } => Some(proved_at),
            _ => None,
        },
        words,
    }
}

/// Approves a proposal and does what it proposes, in one transaction.
///
/// # Errors
/// - [`Code::SamePerson`] for its author, [`Code::Forbidden`] for who may not approve it, at the moment it is done;
/// - [`Code::ProofNeeded`] when the caller has not proved within five minutes who they are;
/// - [`Code::Decided`] when somebody was faster, [`Code::Stale`] when the record has changed since it was proposed.
pub async fn approve(cx: &Context, number: i64, words: Option<&str>) -> Result<Proposal> {
    cx.must_somewhere(Verb::Approve)?;
    cx.must_be_proved()?;
    let mut tx = match cx.claim(cx.db.begin_long().await?).await? {
        Begun::Now(tx) => tx,
        Begun::Before(_) => return one(cx, number).await,
    };
    let proposal = held(&mut tx, number).await?;
    must_be_another(cx, &proposal)?;
    let schema = schema_of(&proposal)?;
    cx.must_with(Verb::Approve, Realm::of(schema.kind), proposal.class, &proposal.places)?;
    // The database judges the decision by the caller's roles; what follows is done by the service, in the author's name.
    store::proposal::decide(&mut tx, proposal.id, &decision(cx, State::Approved, words)).await?;
    store::judge_by(&mut tx, &Rights::all().scope()).await?;
    let rights = rights_now(cx, &mut tx).await?;
    must_approve(cx, &rights, schema, proposal.class, &proposal.places)?;
    let author = as_author(cx, &proposal);
    let outcome = match Deed::read(schema, &proposal.deed)? {
        Deed::Act(act) => {
            let held = edit::hold(&author, &mut tx, schema, &act).await.map_err(overtaken)?;
            if let Some(held) = &held {
                must_approve(cx, &rights, schema, held.locked.class, &held.locked.places)?;
            }
            let written = edit::carry_out_in(&author, &mut tx, schema, &act, held.as_ref()).await?;
            edit::check_later(cx, &mut tx, schema, written.feature_id).await?;
            let after = write::lock(&mut tx, schema, written.feature_id).await?;
            if let Some(after) = after {
                must_approve(cx, &rights, schema, after.class, &after.places)?;
            }
            json!({ "feature_id": written.feature_id, "version": written.version })
        }
        Deed::File(file) => import::again(&author, &mut tx, &file).await.map_err(overtaken)?,
    };
    store::proposal::done(&mut tx, proposal.id, &outcome).await?;
    log(cx, &mut tx, "approve", number, words, outcome.clone()).await?;
    cx.commit_as(tx, &json!({ "proposal": number })).await?;
    cx.wake.notify_one();
    super::audit::vouch(cx).await;
    one(cx, number).await
}

/// The author at work, for whom another has taken the decision.
fn as_author(cx: &Context, proposal: &Proposal) -> Context {
    let author = Caller::new(proposal.author_id, &proposal.author, "", Rights::all(), Via::Machine);
    cx.on_behalf_of(author)
}

/// What is refused because the register is not as it was proposed for.
fn overtaken(error: Error) -> Error {
    match error {
        Error::Refused(problem) if matches!(problem.code, Code::Stale | Code::Gone) => Problem::new(
            Code::Stale,
            Message::new(
                format!(
                    "The register has changed since this was proposed. {}",
                    problem.detail.en
                ),
                format!("提出后登记簿已发生变化。{}", problem.detail.zh),
            ),
            Message::new(
                "Reject it, so that its author proposes it anew on what is there now.",
                "请退回，由提出人根据现状重新提出。",
            ),
        )
        .into(),
        error => error,
    }
}

/// Rejects a proposal, with the words that its author is told.
///
/// # Errors
/// As [`approve`], without the proof; [`Code::ValueInvalid`] without words.
pub async fn reject(cx: &Context, number: i64, words: &str) -> Result<Proposal> {
    cx.must_somewhere(Verb::Approve)?;
    let mut tx = match cx.begin_once().await? {
        Begun::Now(tx) => tx,
        Begun::Before(_) => return one(cx, number).await,
    };
    let proposal = held(&mut tx, number).await?;
    must_be_another(cx, &proposal)?;
    cx.must_with(
        Verb::Approve,
        Realm::of(&proposal.kind),
        proposal.class,
        &proposal.places,
    )?;
    store::proposal::decide(&mut tx, proposal.id, &decision(cx, State::Rejected, Some(words))).await?;
    log(cx, &mut tx, "reject", number, Some(words), json!({})).await?;
    cx.commit_as(tx, &json!({ "proposal": number })).await?;
    one(cx, number).await
}

/// Takes one's own proposal back.
///
/// # Errors
/// [`Code::Forbidden`] for who is not its author, [`Code::Decided`] when somebody was faster.
pub async fn withdraw(cx: &Context, number: i64, words: Option<&str>) -> Result<Proposal> {
    let mut tx = match cx.begin_once().await? {
        Begun::Now(tx) => tx,
        Begun::Before(_) => return one(cx, number).await,
    };
    let proposal = held(&mut tx, number).await?;
    if !is_own(cx, &proposal) {
        return Err(super::caller::not_allowed().into());
    }
    store::proposal::decide(&mut tx, proposal.id, &decision(cx, State::Withdrawn, words)).await?;
    log(cx, &mut tx, "withdraw", number, words, json!({})).await?;
    cx.commit_as(tx, &json!({ "proposal": number })).await?;
    one(cx, number).await
}
