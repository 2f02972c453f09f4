//! What a proposal would do, found out by doing it in a transaction that is dropped: who approves sees what will be.

use super::{Deed, Proposal, as_author, overtaken, schema_of};
use crate::domain::problem::Problem;
use crate::domain::proposal::State;
use crate::domain::rights::Rights;
use crate::service::difference::{self, Difference};
use crate::service::edit;
use crate::service::features::{self, Found, Record, Selection, When};
use crate::service::{Context, Error, Result};
use crate::store;

/// What a proposal would do to the register as it is now.
#[derive(Debug)]
pub enum Preview {
    /// It is decided, or takes over a file, whose rows are told in the deed.
    None,
    /// The record as it would be.
    New(Box<Record>),
    /// What would differ.
    Change(Box<Difference>),
    /// The record as it is, which would end.
    End(Box<Record>),
    /// It can be done no more, and why.
    Refused(Box<Problem>),
}

/// Tries a proposal.
///
/// # Errors
/// When the database breaks.
pub async fn preview(cx: &Context, proposal: &Proposal) -> Result<Preview> {
    let schema = schema_of(proposal)?;
    let Deed::Act(act) = Deed::read(schema, &proposal.deed)? else {
        return Ok(Preview::None);
    };
    if proposal.state != State::Open {
        return Ok(Preview::None);
    }
    let mut tx = cx.db.begin().await?;
    store::judge_by(&mut tx, &Rights::all().scope()).await?;
    let author = as_author(cx, proposal);
    let tried = async {
        let held = edit::hold(&author, &mut tx, schema, &act).await.map_err(overtaken)?;
        let written = edit::carry_out_in(&author, &mut tx, schema, &act, held.as_ref()).await?;
        Ok((held.map(|held| held.head), written))
    };
    let (before, written) = match tried.await {
        Ok(tried) => tried,
        Err(Error::Refused(problem)) => return Ok(Preview::Refused(problem)),
        Err(error) => return Err(error),
    };
    // Shown is what whoever asks may see.
    store::judge_by(&mut tx, &cx.caller.scope).await?;
    let item = async |conn: &mut store::Conn, when: When| {
        let wanted = Selection {
            when,
            ..Selection::of(schema)
        };
        features::item_in(cx, conn, &wanted, written.feature_id).await
    };
    Ok(match (&act, before) {
        (edit::Act::Change { .. }, Some(before)) => {
            let pair =
                difference::pair_in(&mut tx, schema, written.feature_id, before.version, written.version).await?;
            Preview::Change(Box::new(difference::difference_in(cx, &mut tx, pair).await?))
        }
        (edit::Act::Retire { .. }, Some(before)) => {
            let when = When {
                in_force: Some(crate::domain::moment::InForce::At(before.from)),
                known: Some(before.known_from),
            };
            match item(&mut tx, when).await? {
                Found::Record(record) => Preview::End(record),
                Found::Gone => Preview::None,
            }
        }
        _ => match item(&mut tx, When::default()).await? {
            Found::Record(record) => Preview::New(record),
            Found::Gone => Preview::None,
        },
    })
}
