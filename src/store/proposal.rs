//! Proposals of one person, and what another decided on them.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as At, ToSqlx};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Result, word};
use crate::domain::lineage::Class;
use crate::domain::proposal::State;

/// A proposal as it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProposal<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    /// The record it is about; none for a new one and for a file.
    pub feature_id: Option<i64>,
    /// What the record, or the file, is called.
    pub label: Option<&'a str>,
    /// The highest class of what is proposed.
    pub class: Class,
    /// Where it is, as grants name places.
    pub places: &'a [Uuid],
    /// All that is needed to do it.
    pub deed: Value,
    pub reason: &'a str,
    pub author: &'a str,
    /// None for who works at the machine itself.
    pub author_id: Option<Uuid>,
    pub at: Timestamp,
}

/// A proposal, and what was decided on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub id: Uuid,
    pub number: i64,
    pub kind: String,
    pub feature_id: Option<i64>,
    pub label: Option<String>,
    pub class: Class,
    pub places: Vec<Uuid>,
    pub deed: Value,
    pub reason: String,
    pub author: String,
    pub author_id: Option<Uuid>,
    pub proposed_at: Timestamp,
    pub state: State,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub words: Option<String>,
    /// What was written.
    pub outcome: Option<Value>,
}

/// What is decided on a proposal, by whom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision<'a> {
    pub state: State,
    pub by: &'a str,
    pub account: Option<Uuid>,
    pub at: Timestamp,
    /// When they had last proved who they are.
    pub proved_at: Option<Timestamp>,
    pub words: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    proposal_id: Uuid,
    number: i64,
    kind: String,
    feature_id: Option<i64>,
    label: Option<String>,
    class: String,
    places: Vec<Uuid>,
    deed: Value,
    reason: String,
    author: String,
    author_id: Option<Uuid>,
    proposed_at: At,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<At>,
    words: Option<String>,
    outcome: Option<Value>,
}

impl Row {
    fn read(self) -> Result<Proposal> {
        let id = self.proposal_id;
        Ok(Proposal {
            id,
            number: self.number,
            kind: self.kind,
            feature_id: self.feature_id,
            label: self.label,
            class: word("proposal", id, "class", &self.class, Class::from_word)?,
            places: self.places,
            deed: self.deed,
            reason: self.reason,
            author: self.author,
            author_id: self.author_id,
            proposed_at: self.proposed_at.to_jiff(),
            state: word("proposal", id, "state", &self.state, State::from_word)?,
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(At::to_jiff),
            words: self.words,
            outcome: self.outcome,
        })
    }
}

/// Makes a proposal; its number.
///
/// # Errors
/// When the database refuses it.
pub async fn insert(conn: &mut PgConnection, new: &NewProposal<'_>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "insert into proposal (proposal_id, kind, feature_id, label, class, places, deed, reason, author, author_id,
                               proposed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning number",
    )
    .bind(new.id)
    .bind(new.kind)
    .bind(new.feature_id)
    .bind(new.label)
    .bind(new.class.word())
    .bind(new.places)
    .bind(&new.deed)
    .bind(new.reason)
    .bind(new.author)
    .bind(new.author_id)
    .bind(new.at.to_sqlx())
    .fetch_one(conn)
    .await?)
}

/// One proposal.
///
/// # Errors
/// When the database cannot be read. `None` when there is none of this number for whoever asks.
pub async fn by_number(conn: &mut PgConnection, number: i64) -> Result<Option<Proposal>> {
    let row: Option<Row> = sqlx::query_as("select * from proposal where number = $1")
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.map(Row::read).transpose()
}

/// As [`by_number`], under a lock until the transaction ends, so that of two who decide one sees what the other did.
/// `None` also for who sees it but may not decide on it.
///
/// # Errors
/// As [`by_number`].
pub async fn lock(conn: &mut PgConnection, number: i64) -> Result<Option<Proposal>> {
    let row: Option<Row> = sqlx::query_as("select * from proposal where number = $1 for update")
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.map(Row::read).transpose()
}

/// Proposals in a state, or all; the newest first, those below `before`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    conn: &mut PgConnection,
    state: Option<State>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Proposal>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from proposal
         where ($1::text is null or state = $1) and ($2::bigint is null or number < $2)
         order by number desc limit $3",
    )
    .bind(state.map(State::word))
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// How many are to be decided that this person has not made, of those they see.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_open(conn: &mut PgConnection, account: Option<Uuid>) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from proposal where state = 'open' and author_id is distinct from $1")
            .bind(account)
            .fetch_one(conn)
            .await?,
    )
}

/// Decides on a proposal that is locked.
///
/// # Errors
/// When the database refuses it: it is decided, or by one who may not.
pub async fn decide(conn: &mut PgConnection, id: Uuid, decision: &Decision<'_>) -> Result<()> {
    sqlx::query(
        "update proposal set state = $2, decided_by = $3, decided_by_id = $4, decided_at = $5, proved_at = $6, words = $7
         where proposal_id = $1",
    )
    .bind(id)
    .bind(decision.state.word())
    .bind(decision.by)
    .bind(decision.account)
    .bind(decision.at.to_sqlx())
    .bind(decision.proved_at.map(ToSqlx::to_sqlx))
    .bind(decision.words)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what was written by a proposal that this transaction has approved.
///
/// # Errors
/// When the database refuses it.
pub async fn done(conn: &mut PgConnection, id: Uuid, outcome: &Value) -> Result<()> {
    sqlx::query("update proposal set outcome = $2 where proposal_id = $1")
        .bind(id)
        .bind(outcome)
        .execute(conn)
        .await?;
    Ok(())
}
