//! Tokens: by which a program, or a device without a person at it, acts for somebody, within a scope and until a day.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{invalid, log, proof};
use crate::domain::rights::{TokenScope, Verb};
use crate::domain::text::Message;
use crate::service::caller::{Via, sign_in_needed};
use crate::service::{Context, Result, not_found};
use crate::store;
use crate::store::account::Token;

/// Days that a token is good for where nothing is said, and at most.
pub const DAYS: i64 = 30;
pub const MOST_DAYS: i64 = 366;

/// A token to be.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub name: &'a str,
    pub scope: TokenScope,
    /// For uploads: the one inspection they go to.
    pub inspection: Option<Uuid>,
    pub days: i64,
}

/// Makes a token for the caller. Gives its text, which is shown once, and what is known of it.
///
/// # Errors
/// For who has not signed in with a password; when the name is none, or the days are too many.
pub async fn issue(cx: &Context, new: &NewToken<'_>) -> Result<(String, Token)> {
    // A token that makes tokens would live for ever.
    let (Some(account), Via::Session { .. }) = (cx.caller.account, cx.caller.via) else {
        return Err(sign_in_needed());
    };
    issue_for(cx, account, new).await
}

/// Makes a token for an account by name; for the operator at the command line.
///
/// # Errors
/// As [`issue`]; when there is no such account.
pub async fn issue_by_name(cx: &Context, name: &str, new: &NewToken<'_>) -> Result<(String, Token)> {
    cx.must_somewhere(Verb::Administer)?;
    let mut conn = cx.db.acquire().await?;
    let account = super::known(&mut conn, name).await?;
    drop(conn);
    issue_for(cx, account.id, new).await
}

async fn issue_for(cx: &Context, account: Uuid, new: &NewToken<'_>) -> Result<(String, Token)> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid(
            "name",
            Message::new(
                "Name the program or device that it is for, in up to 100 characters.",
                "请填写使用该令牌的程序或设备名称，最多 100 个字符。",
            ),
        ));
    }
    if !(1..=MOST_DAYS).contains(&new.days) {
        return Err(invalid(
            "days",
            Message::new(
                format!("A token is good for 1 to {MOST_DAYS} days."),
                format!("令牌有效期为 1 至 {MOST_DAYS} 天。"),
            ),
        ));
    }
    let now = cx.clock.now();
    let prefix = if new.scope == TokenScope::Upload {
        "mst_d_"
    } else {
        "mst_t_"
    };
    let (secret, hash) = proof::new_secret(prefix)?;
    let token = Token {
        id: cx.ids.next(),
        account,
        name: name.to_owned(),
        scope: new.scope,
        inspection: new.inspection,
        made_at: now,
        expires_at: now
            .checked_add(SignedDuration::from_hours(24 * new.days))
            .unwrap_or(Timestamp::MAX),
        seen_at: None,
        revoked_at: None,
    };
    let mut tx = cx.begin().await?;
    if let Err(error) = store::account::insert_token(&mut tx, &token, &hash).await {
        return Err(match (error.constraint(), new.inspection) {
            (Some("token_inspection_id_fkey"), Some(id)) => not_found(&Message::new("inspection", "检查"), id),
            _ => error.into(),
        });
    }
    let detail = json!({ "token": token.id, "scope": token.scope.word(), "expires_at": token.expires_at.to_string() });
    log(cx, &mut tx, "issue_token", name, None, detail).await?;
    cx.commit(tx).await?;
    Ok((secret, token))
}

/// The caller's tokens that are not revoked.
///
/// # Errors
/// When the database cannot be read.
pub async fn own(cx: &Context) -> Result<Vec<Token>> {
    let Some(account) = cx.caller.account else {
        return Ok(Vec::new());
    };
    let mut conn = cx.db.acquire().await?;
    Ok(store::account::tokens(&mut conn, account).await?)
}

/// The tokens of an account.
///
/// # Errors
/// When there is no such account.
pub async fn of(cx: &Context, name: &str) -> Result<Vec<Token>> {
    cx.must_somewhere(Verb::Administer)?;
    let mut conn = cx.db.acquire().await?;
    let account = super::known(&mut conn, name).await?;
    Ok(store::account::tokens(&mut conn, account.id).await?)
}

/// Ends one of the caller's tokens.
///
/// # Errors
/// When they have no such token.
pub async fn revoke(cx: &Context, token: Uuid) -> Result<()> {
    let account = cx.caller.account.ok_or_else(sign_in_needed)?;
    end(cx, account, token).await
}

/// Ends a token of an account by name.
///
/// # Errors
/// When there is no such account or token.
pub async fn revoke_of(cx: &Context, name: &str, token: Uuid) -> Result<()> {
    cx.must_somewhere(Verb::Administer)?;
    let mut conn = cx.db.acquire().await?;
    let account = super::known(&mut conn, name).await?;
    drop(conn);
    end(cx, account.id, token).await
}

async fn end(cx: &Context, account: Uuid, token: Uuid) -> Result<()> {
    let mut tx = cx.begin().await?;
    if store::account::revoke_tokens(&mut tx, account, Some(token), cx.clock.now()).await? == 0 {
        return Err(not_found(&Message::new("token", "令牌"), token));
    }
    log(cx, &mut tx, "revoke_token", &token.to_string(), None, json!({})).await?;
    cx.commit(tx).await
}
