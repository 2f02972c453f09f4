//! The second person of whatever binds two states.

use merestone::domain::rights::Role;
use merestone::domain::schema::Schema;
use merestone::service::account::sign_in::{self, Asked};
use merestone::service::account::{self, NewAccount, NewGrant, proof};
use merestone::service::edit::{self, Act, Done, Edit, Mode, Written};
use merestone::service::proposal::{self, Proposal};
use merestone::service::{Context, Result};

pub const PASSWORD: &str = "stone river lantern seven";

/// Somebody of these roles, everywhere, with an authenticator, who has just signed in.
pub async fn person(cx: &Context, name: &str, roles: &[Role]) -> Context {
    signed_in(cx, name, roles).await.0
}

/// As [`person`], with the secret of the session.
pub async fn signed_in(cx: &Context, name: &str, roles: &[Role]) -> (Context, String) {
    let grant = |role: &Role| NewGrant {
        role: *role,
        place: None,
        until: None,
    };
    let new = NewAccount {
        name,
        full_name: name,
        grants: roles.iter().map(grant).collect(),
        reason: "test",
    };
    let code = account::add(cx, &new).await.unwrap();
    let totp = sign_in::enrolling(cx, &code).await.unwrap().totp;
    let unix = u64::try_from(cx.clock.now().as_second()).unwrap();
    let shown = totp.as_ref().map(|secret| proof::totp_code(secret, unix).unwrap());
    let second = totp.as_deref().zip(shown.as_deref());
    sign_in::enrol(cx, &code, PASSWORD.to_owned(), second).await.unwrap();
    // A code is taken once; the next one is good a little early.
    let shown = totp.map(|secret| proof::totp_code(&secret, unix + 30).unwrap());
    let asked = Asked {
        name,
        password: PASSWORD.to_owned(),
        code: shown.as_deref(),
        address: "127.0.0.1",
        browser: "test",
    };
    let begun = sign_in::begin(cx, asked).await.unwrap();
    let caller = cx.recognise(&begun.secret).await.unwrap();
    (cx.for_caller(caller), begun.secret)
}

/// Approves a proposal as somebody new who may.
pub async fn approve(cx: &Context, number: i64) -> Result<Proposal> {
    let approver = person(cx, &format!("approver-{number}"), &[Role::Approver]).await;
    proposal::approve(&approver, number, None).await
}

/// Does something to one record, with a second person where that is wanted.
pub async fn carry_out(cx: &Context, schema: &'static Schema, act: Act) -> Result<Written> {
    let number = match edit::carry_out(cx, schema, act).await? {
        Done::Written(written) => return Ok(written),
        Done::Proposed(number) => number,
    };
    let outcome = approve(cx, number).await?.outcome.unwrap();
    Ok(Written {
        feature_id: outcome["feature_id"].as_i64().unwrap(),
        version: i32::try_from(outcome["version"].as_i64().unwrap()).unwrap(),
    })
}

/// As [`carry_out`], a new record.
pub async fn create(cx: &Context, schema: &'static Schema, edit: &Edit) -> Result<Written> {
    carry_out(cx, schema, Act::Create(edit.clone())).await
}

/// As [`carry_out`], a change.
pub async fn change(
    cx: &Context,
    schema: &'static Schema,
    feature_id: i64,
    expected: Option<i32>,
    edit: &Edit,
    mode: Mode,
) -> Result<Written> {
    let act = Act::Change {
        feature_id,
        expected,
        edit: edit.clone(),
        mode,
    };
    carry_out(cx, schema, act).await
}
