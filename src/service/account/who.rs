//! Who comes with a secret: a session's or a token's. Kept in mind until something about accounts changes anywhere.
//!
//! The database is asked once for each secret and change; services that share it hear of changes within milliseconds
//! ([`crate::service::changes`]), and ask each time while they cannot hear.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use super::{proof, sign_in};
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Grant, Rights};
use crate::domain::text::Message;
use crate::service::caller::{Caller, Via};
use crate::service::{Context, Error, Result};
use crate::store;
use crate::store::account::{Account, KeptGrant, Session, Token};

/// A clock may have been so much ahead when something began.
pub(super) const SLACK: SignedDuration = SignedDuration::from_mins(2);

/// Being seen is written down so often at most.
const SEEN: SignedDuration = SignedDuration::from_mins(1);

/// Secrets in mind, at most; beyond, all are forgotten and asked for anew.
const MOST: usize = 10_000;

/// Those who came in before. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct People(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    version: i64,
    by_secret: HashMap<[u8; 32], Arc<Guest>>,
}

/// What a secret stands for.
#[derive(Debug)]
struct Guest {
    caller: Arc<Caller>,
    ends: Ends,
    /// Seconds since 1970: when a request came last, and when that was last written down.
    seen: AtomicI64,
    written: AtomicI64,
    /// Grants end, and begin, without anybody doing anything.
    until: Timestamp,
}

#[derive(Debug)]
enum Ends {
    Session(Session, bool),
    Token(Token),
}

impl Context {
    /// Whoever comes with a secret.
    ///
    /// # Errors
    /// [`Code::CredentialInvalid`] when it is none, or good no more.
    pub async fn recognise(&self, secret: &str) -> Result<Arc<Caller>> {
        let hash = proof::secret_hash(secret);
        let version = self.version_of(&["accounts"]).await?;
        let now = self.clock.now();
        let known = self.people.0.lock().ok().and_then(|mut known| {
            if known.version != version {
                known.by_secret.clear();
                known.version = version;
            }
            known.by_secret.get(&hash).cloned()
        });
        let known = known.filter(|guest| now < guest.until && is_open(guest, now));
        let guest = match known {
            Some(guest) => guest,
            None => {
                let guest = Arc::new(
                    self.ask(&hash, now)
                        .await?
                        .filter(|guest| is_open(guest, now))
                        .ok_or_else(invalid)?,
                );
                if let Ok(mut known) = self.people.0.lock()
                    && known.version == version
                {
                    if known.by_secret.len() >= MOST {
                        known.by_secret.clear();
                    }
                    known.by_secret.insert(hash, Arc::clone(&guest));
                }
                guest
            }
        };
        self.note_seen(&guest, now).await?;
        Ok(Arc::clone(&guest.caller))
    }

    async fn ask(&self, hash: &[u8], now: Timestamp) -> Result<Option<Guest>> {
        let mut conn = self.whole_db().acquire().await?;
        let (account, ends, via) = match store::account::session(&mut conn, hash).await? {
            Some(session) => {
                let via = Via::Session {
                    id: session.id,
                    proved_at: session.proved_at,
                };
                (session.account, Ends::Session(session, false), via)
            }
            None => match store::account::token(&mut conn, hash).await? {
                Some(token) => {
                    let via = Via::Token {
                        id: token.id,
                        scope: token.scope,
                        inspection: token.inspection,
                    };
                    (token.account, Ends::Token(token), via)
                }
                None => return Ok(None),
            },
        };
        let Some(account) = store::account::by_id(&mut conn, account).await? else {
            return Ok(None);
        };
        if account.locked_at.is_some() {
            return Ok(None);
        }
        let kept = store::account::grants(&mut conn, account.id).await?;
        let grants = held(&account, &kept, now);
        let next = kept.iter().flat_map(|kept| [Some(kept.from), kept.until]).flatten();
        let until = next.filter(|at| *at > now).min().unwrap_or(Timestamp::MAX);
        let privileged = grants.iter().any(|grant| grant.role.is_privileged());
        let rights = Rights::of(grants);
        let (rights, ends, seen) = match ends {
            Ends::Session(session, _) => {
                let seen = session.seen_at;
                (rights, Ends::Session(session, privileged), seen)
            }
            Ends::Token(token) => {
                let seen = token.seen_at.unwrap_or(Timestamp::UNIX_EPOCH);
                (rights.within(token.scope), Ends::Token(token), seen)
            }
        };
        Ok(Some(Guest {
            caller: Arc::new(Caller::new(
                Some(account.id),
                &account.name,
                &account.full_name,
                rights,
                via,
            )),
            ends,
            seen: AtomicI64::new(seen.as_second()),
            written: AtomicI64::new(seen.as_second()),
            until,
        }))
    }

    /// Notes that a request came, in the database only now and then.
    async fn note_seen(&self, guest: &Guest, now: Timestamp) -> Result<()> {
        guest.seen.fetch_max(now.as_second(), Ordering::Relaxed);
        let written = guest.written.load(Ordering::Relaxed);
        if now.as_second() - written < SEEN.as_secs() {
            return Ok(());
        }
        let turn = guest
            .written
            .compare_exchange(written, now.as_second(), Ordering::Relaxed, Ordering::Relaxed);
        if turn.is_ok() {
            let mut conn = self.whole_db().acquire().await?;
            match &guest.ends {
                Ends::Session(session, _) => store::account::seen(&mut conn, session.id, now).await?,
                Ends::Token(token) => store::account::token_seen(&mut conn, token.id, now).await?,
            }
        }
        Ok(())
    }
}

/// The grants that hold at a moment.
fn held(account: &Account, kept: &[KeptGrant], now: Timestamp) -> Vec<Grant> {
    kept.iter()
        .filter(|kept| kept.from <= now && kept.until.is_none_or(|until| now < until))
        .map(|kept| kept.grant)
        // A role that signs or administers sleeps until there is an authenticator.
        .filter(|grant| !grant.role.is_privileged() || account.totp_secret.is_some())
        .collect()
}

/// The rights of the caller as they are at this moment, under locks until the transaction ends; none where their session
/// has ended or their account is locked. The transaction works as the service itself.
///
/// # Errors
/// When the database cannot be read.
pub(in crate::service) async fn rights_now(cx: &Context, conn: &mut store::Conn) -> Result<Rights> {
    let Via::Session { id, .. } = cx.caller.via else {
        return Ok(Rights::default());
    };
    let now = cx.clock.now();
    let Some((session, account, kept)) = store::account::hold(conn, id).await? else {
        return Ok(Rights::default());
    };
    if account.locked_at.is_some() || session.expires_at <= now {
        return Ok(Rights::default());
    }
    Ok(Rights::of(held(&account, &kept, now)))
}

fn is_open(guest: &Guest, now: Timestamp) -> bool {
    match &guest.ends {
        Ends::Session(session, privileged) => {
            let seen = Timestamp::from_second(guest.seen.load(Ordering::Relaxed)).unwrap_or(session.seen_at);
            sign_in::is_open(session, *privileged, seen, now)
        }
        Ends::Token(token) => {
            let begun = token.made_at.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
            token.revoked_at.is_none() && now >= begun && now < token.expires_at
        }
    }
}

/// The same whatever is wrong: unknown, expired, revoked, locked.
fn invalid() -> Error {
    Problem::new(
        Code::CredentialInvalid,
        Message::new("This session or token is good no more.", "此会话或令牌已失效。"),
        Message::new("Sign in again, or make another token.", "请重新登录，或另建令牌。"),
    )
    .into()
}
