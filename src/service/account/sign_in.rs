//! Coming in with a password and, for roles that sign or administer, a code; guessing is slowed down.
//!
//! Whatever was wrong, the answer is the same and takes as long: nobody learns here which names there are.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{log, proof, who};
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::Role;
use crate::domain::text::Message;
use crate::service::caller::{Caller, Via};
use crate::service::{Context, Error, Result, not_found};
use crate::store;
use crate::store::account::{Account, Session};

/// A session ends after this at the latest.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Failures are counted for so long.
const WINDOW: SignedDuration = SignedDuration::from_mins(30);
/// So many failures under one name from one address cost nothing.
const FREE: i64 = 5;
/// So many from one address, under whatever names, and it waits.
const FREE_ADDRESS: i64 = 50;
/// A proof holds so long where one is wanted anew.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Who wants to come in, and from where.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub name: &'a str,
    pub password: String,
    pub code: Option<&'a str>,
    pub address: &'a str,
    pub browser: &'a str,
}

/// A session that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// For the cookie; kept nowhere here.
    pub secret: String,
    pub expires_at: Timestamp,
}

/// Begins a session.
///
/// # Errors
/// [`Code::SignInFailed`] whatever was wrong, [`Code::TooManyAttempts`] after too many.
pub async fn begin(cx: &Context, asked: Asked<'_>) -> Result<Begun> {
    let account = proven(cx, &asked).await?;
    let now = cx.clock.now();
    let (secret, hash) = proof::new_secret("mst_s_")?;
    let session = Session {
        id: cx.ids.next(),
        account: account.id,
        begun_at: now,
        proved_at: now,
        seen_at: now,
        expires_at: now.checked_add(LONGEST).unwrap_or(Timestamp::MAX),
        address: asked.address.to_owned(),
        browser: asked.browser.chars().take(200).collect(),
    };
    let mut tx = cx.whole_db().begin().await?;
    store::account::insert_session(&mut tx, &session, &hash).await?;
    let named = named(cx, &account.name);
    log(
        &named,
        &mut tx,
        "sign_in",
        &account.name,
        None,
        json!({ "address": asked.address }),
    )
    .await?;
    cx.commit(tx).await?;
    Ok(Begun {
        secret,
        expires_at: session.expires_at,
    })
}

/// Proves anew who is there, before something is signed.
///
/// # Errors
/// As [`begin`].
pub async fn prove(cx: &Context, asked: Asked<'_>) -> Result<()> {
    let (Some(account), Via::Session { id, .. }) = (cx.caller.account, cx.caller.via) else {
        return Err(failed());
    };
    let proven = proven(
        cx,
        &Asked {
            name: &cx.caller.name,
            ..asked
        },
    )
    .await?;
    if proven.id != account {
        return Err(failed());
    }
    let mut tx = cx.whole_db().begin().await?;
    store::account::proved(&mut tx, id, cx.clock.now()).await?;
    cx.commit(tx).await
}

/// Proves anew who is there as a part of what is to be signed: the same use, of a caller who has just proved it.
///
/// # Errors
/// As [`begin`].
pub async fn prove_first(cx: &Context, asked: Asked<'_>) -> Result<Context> {
    // The key of the request is that of what is signed.
    let plain = Context {
        keyed: None,
        ..cx.clone()
    };
    prove(&plain, asked).await?;
    let mut caller = Caller::clone(&cx.caller);
    if let Via::Session { proved_at, .. } = &mut caller.via {
        *proved_at = cx.clock.now();
    }
    Ok(cx.on_behalf_of(caller))
}

impl Context {
    /// Goes on when the caller has proved within five minutes who they are.
    ///
    /// # Errors
    /// [`Code::ProofNeeded`].
    pub fn must_be_proved(&self) -> Result<()> {
        let fresh = match self.caller.via {
            Via::Machine => true,
            Via::Session { proved_at, .. } => {
                let ago = self.clock.now().duration_since(proved_at);
                // A clock that was set back proves nothing.
                ago <= FRESH && ago >= -FRESH
            }
            Via::Nobody | Via::Token { .. } => false,
        };
        if fresh {
            return Ok(());
        }
        Err(Problem::new(
            Code::ProofNeeded,
            Message::new(
                "This wants your password, and code, given within the last five minutes.",
                "此操作需要在五分钟内重新输入密码和验证码。",
            ),
            Message::new(
                "Prove who you are at /session/proof, then try again.",
                "请在 /session/proof 重新验证身份后再试。",
            ),
        )
        .into())
    }
}

/// Ends the session of the caller.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(cx: &Context) -> Result<()> {
    if let (Some(account), Via::Session { id, .. }) = (cx.caller.account, cx.caller.via) {
        end_one(cx, account, Some(id)).await?;
    }
    Ok(())
}

/// Ends one of the caller's sessions, or all.
///
/// # Errors
/// When there is no such session of theirs.
pub async fn end_own(cx: &Context, only: Option<Uuid>) -> Result<()> {
    let Some(account) = cx.caller.account else {
        return Err(crate::service::caller::sign_in_needed());
    };
    if end_one(cx, account, only).await? == 0 && only.is_some() {
        return Err(not_found(&Message::new("session", "会话"), only.unwrap_or_default()));
    }
    Ok(())
}

async fn end_one(cx: &Context, account: Uuid, only: Option<Uuid>) -> Result<u64> {
    let mut tx = cx.whole_db().begin().await?;
    let ended = store::account::end_sessions(&mut tx, account, only, cx.clock.now()).await?;
    if ended > 0 {
        log(
            cx,
            &mut tx,
            "sign_out",
            &cx.caller.name,
            None,
            json!({ "sessions": ended }),
        )
        .await?;
    }
    cx.commit(tx).await?;
    Ok(ended)
}

/// The caller's sessions that are open.
///
/// # Errors
/// When the database cannot be read.
pub async fn own(cx: &Context) -> Result<Vec<Session>> {
    let Some(account) = cx.caller.account else {
        return Ok(Vec::new());
    };
    let mut conn = cx.whole_db().acquire().await?;
    Ok(store::account::sessions(&mut conn, account, cx.clock.now()).await?)
}

/// What a link leads to.
#[derive(Debug, Clone)]
pub struct Enrolling {
    pub name: String,
    pub full_name: String,
    /// The secret of an authenticator to be, where a role wants one.
    pub totp: Option<Vec<u8>>,
}

/// Whose link this is.
///
/// # Errors
/// [`Code::LinkUsed`] where it is good no more, or never was.
pub async fn enrolling(cx: &Context, code: &str) -> Result<Enrolling> {
    let mut conn = cx.whole_db().acquire().await?;
    let found = store::account::enrolling(&mut conn, &proof::secret_hash(code), cx.clock.now()).await?;
    let account = match found {
        Some(id) => store::account::by_id(&mut conn, id).await?,
        None => None,
    };
    let account = account
        .filter(|account| account.locked_at.is_none())
        .ok_or_else(link_used)?;
    let roles = roles(cx, &mut conn, account.id).await?;
    let totp = if roles.iter().any(|role| role.is_privileged()) {
        Some(proof::new_totp()?)
    } else {
        None
    };
    Ok(Enrolling {
        name: account.name,
        full_name: account.full_name,
        totp,
    })
}

/// Sets password and authenticator by a link, which is used up. Every session and token of before ends.
///
/// # Errors
/// When the link is good no more, the password would be guessed, or the code is not the authenticator's.
pub async fn enrol(cx: &Context, code: &str, password: String, totp: Option<(&[u8], &str)>) -> Result<String> {
    let now = cx.clock.now();
    let known = enrolling(cx, code).await?;
    proof::acceptable(&password, &known.name)?;
    let step =
        match (known.totp.is_some(), totp) {
            (false, _) => None,
            (true, Some((secret, typed))) if secret.len() >= 16 => {
                let step = proof::totp_step(secret, typed, now.as_second().unsigned_abs());
                Some((secret, step.ok_or_else(|| {
                super::invalid(
                    "code",
                    Message::new(
                        "The code is not the one your authenticator shows now. Is the clock of this machine right?",
                        "验证码与验证器当前显示的不一致。请检查本机时间是否正确。",
                    ),
                )
            })?))
            }
            (true, _) => {
                return Err(super::invalid(
                    "code",
                    Message::new(
                        "Your role wants an authenticator; type its code.",
                        "您的角色需要验证器，请输入验证码。",
                    ),
                ));
            }
        };
    let hash = proof::hash(password).await?;
    let mut tx = cx.whole_db().begin().await?;
    if !store::account::use_enrolment(&mut tx, &proof::secret_hash(code), now).await? {
        return Err(link_used());
    }
    let account = store::account::by_name(&mut tx, &known.name)
        .await?
        .ok_or_else(link_used)?;
    store::account::set_proofs(&mut tx, account.id, &hash, step.map(|(secret, _)| secret)).await?;
    if let Some((_, step)) = step {
        store::account::take_step(&mut tx, account.id, step).await?;
    }
    store::account::end_sessions(&mut tx, account.id, None, now).await?;
    store::account::revoke_tokens(&mut tx, account.id, None, now).await?;
    let named = named(cx, &account.name);
    log(
        &named,
        &mut tx,
        "enrol",
        &account.name,
        None,
        json!({ "authenticator": step.is_some() }),
    )
    .await?;
    cx.commit(tx).await?;
    Ok(account.name)
}

/// The account, when everything is right.
async fn proven(cx: &Context, asked: &Asked<'_>) -> Result<Account> {
    let now = cx.clock.now();
    // A name is counted as it was typed, cut to what a name can be: an unknown one costs as much as a known one.
    let name: String = asked
        .name
        .trim()
        .to_lowercase()
        .chars()
        .take(63)
        .filter(|c| *c != '\0')
        .collect();
    let since = now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    let mut conn = cx.whole_db().acquire().await?;
    let (own, last, all) = store::account::failures(&mut conn, &name, asked.address, since).await?;
    if let Some(wait) = wait(own, last, all, now) {
        return Err(too_many(wait));
    }
    let account = store::account::by_name(&mut conn, &name).await?;
    drop(conn);
    let kept = account.as_ref().and_then(|account| account.password_hash.clone());
    let mut right = proof::is_right(asked.password.clone(), kept).await?;
    let mut tx = cx.whole_db().begin().await?;
    if let (true, Some(account)) = (right, &account)
        && let Some(secret) = &account.totp_secret
    {
        let step = proof::totp_step(secret, asked.code.unwrap_or_default(), now.as_second().unsigned_abs());
        right = match step {
            Some(step) => store::account::take_step(&mut tx, account.id, step).await?,
            None => false,
        };
    }
    let account = account.filter(|account| right && account.locked_at.is_none());
    match &account {
        Some(account) => store::account::forgive(&mut tx, &account.name, asked.address).await?,
        None => {
            store::account::failed(&mut tx, &name, asked.address, now, since).await?;
            let detail = json!({ "address": asked.address, "failures": own + 1 });
            log(&named(cx, "public"), &mut tx, "sign_in_failed", &name, None, detail).await?;
        }
    }
    store::commit(tx).await?;
    account.ok_or_else(failed)
}

/// How long to wait yet, after so many failures: a minute after the fifth, doubled with each, half an hour at most.
fn wait(own: i64, last: Option<Timestamp>, all: i64, now: Timestamp) -> Option<SignedDuration> {
    let minutes = match own - FREE {
        ..0 => 0,
        over => 1_i64
            .checked_shl(u32::try_from(over.min(6)).unwrap_or(6))
            .unwrap_or(30)
            .min(30),
    };
    let minutes = if all >= FREE_ADDRESS { minutes.max(5) } else { minutes };
    let since = now.duration_since(last.unwrap_or(now));
    let left = SignedDuration::from_mins(minutes) - since.max(SignedDuration::ZERO);
    (minutes > 0 && left > SignedDuration::ZERO).then_some(left)
}

async fn roles(cx: &Context, conn: &mut store::Conn, account: Uuid) -> Result<Vec<Role>> {
    let grants = store::account::grants(conn, account).await?;
    let now = cx.clock.now();
    Ok(grants
        .iter()
        .filter(|kept| kept.until.is_none_or(|until| now < until))
        .map(|kept| kept.grant.role)
        .collect())
}

fn named(cx: &Context, name: &str) -> Context {
    cx.on_behalf_of(Caller {
        name: name.to_owned(),
        ..Caller::clone(&cx.caller)
    })
}

fn failed() -> Error {
    Problem::new(
        Code::SignInFailed,
        Message::new("Name, password or code is not right.", "用户名、密码或验证码不正确。"),
        Message::new(
            "Type them again. An administrator can make a new link for you (merestone user reset).",
            "请重新输入。管理员可为您生成新的链接（merestone user reset）。",
        ),
    )
    .into()
}

fn too_many(wait: SignedDuration) -> Error {
    let minutes = (wait.as_secs() + 59) / 60;
    Problem::new(
        Code::TooManyAttempts,
        Message::new(
            format!("Too many attempts failed from here. It is tried again in {minutes} min."),
            format!("此处失败次数过多，请在 {minutes} 分钟后重试。"),
        ),
        Message::new(
            "Wait, or ask an administrator for a new link. From other places you can sign in meanwhile.",
            "请等待，或请管理员生成新的链接。在其他地点仍可登录。",
        ),
    )
    .into()
}

fn link_used() -> Error {
    Problem::new(
        Code::LinkUsed,
        Message::new("This link is good no more.", "此链接已失效。"),
        Message::new(
            "Links are good once and for a short time. Ask an administrator for a new one.",
            "链接仅可使用一次且有时限。请向管理员索取新的链接。",
        ),
    )
    .into()
}

/// What a person signs in again for after so long without a request.
pub(super) const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// Whether a session goes on: not past its end, nor, for those who sign or administer, after a long silence.
pub(super) fn is_open(session: &Session, privileged: bool, seen: Timestamp, now: Timestamp) -> bool {
    // A clock set back by more than a moment ends it: its times mean nothing then.
    let begun = session.begun_at.checked_sub(who::SLACK).unwrap_or(Timestamp::MIN);
    now >= begun && now < session.expires_at && !(privileged && now.duration_since(seen) > IDLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower() {
        let now = Timestamp::UNIX_EPOCH;
        let waits = |own, all| wait(own, Some(now), all, now).map_or(0, |left| left.as_mins());
        assert_eq!(
            [0, 4, 5, 6, 7, 8, 9, 10, 50].map(|own| waits(own, own)),
            [0, 0, 1, 2, 4, 8, 16, 30, 30]
        );
        assert_eq!(waits(0, 50), 5);
        let later = now + SignedDuration::from_mins(2);
        assert_eq!(wait(5, Some(now), 5, later), None);
    }
}
