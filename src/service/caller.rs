//! On whose behalf a use is made, and whether they may.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Context, Error, Result};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Realm, Rights, TokenScope, Verb};
use crate::domain::text::Message;
use crate::store::{Behalf, Db};

/// True in a build for tests only (`cargo test --features unjudged`), in which the service lets everybody do everything:
/// what the database alone refuses is seen then.
pub const UNJUDGED: bool = cfg!(feature = "unjudged");

#[cfg(all(feature = "unjudged", not(debug_assertions)))]
compile_error!("a service that judges nobody is for tests only");

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Not at all.
    Nobody,
    /// The service itself, or whoever runs its commands on this machine.
    Machine,
    Session {
        id: Uuid,
        /// When password, and code, were last given.
        proved_at: Timestamp,
    },
    Token {
        id: Uuid,
        scope: TokenScope,
        inspection: Option<Uuid>,
    },
}

/// Whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: Option<Uuid>,
    /// In the audit log, and as the author of what they write.
    pub name: String,
    pub full_name: String,
    pub rights: Rights,
    /// The same for the database; part of every key under which an answer is kept.
    pub scope: Arc<str>,
    pub via: Via,
}

impl Caller {
    pub fn new(account: Option<Uuid>, name: &str, full_name: &str, rights: Rights, via: Via) -> Self {
        Self {
            account,
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            scope: rights.scope().into(),
            rights,
            via,
        }
    }

    /// Somebody who has not signed in.
    pub fn nobody() -> Self {
        Self::new(None, "public", "", Rights::default(), Via::Nobody)
    }

    /// The service itself, and its operator at the command line: who can start it can read its database anyway.
    pub fn machine() -> Self {
        Self::new(None, "local", "", Rights::all(), Via::Machine)
    }

    fn behalf(&self) -> Behalf {
        Behalf {
            scope: Arc::clone(&self.scope),
            account: self.account,
            actor: self.name.as_str().into(),
        }
    }
}

impl Context {
    /// Goes on when the caller may do this somewhere in this realm.
    ///
    /// # Errors
    /// [`Code::SignInNeeded`] for who has not signed in, [`Code::Forbidden`] for others.
    pub fn must(&self, verb: Verb, realm: Realm) -> Result<()> {
        if UNJUDGED || self.caller.rights.may(verb, realm) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    /// Goes on when the caller may do this at all.
    ///
    /// # Errors
    /// As [`Context::must`].
    pub fn must_somewhere(&self, verb: Verb) -> Result<()> {
        if UNJUDGED || self.caller.rights.may_at_all(verb) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    /// Goes on when the caller may do this with a record of this class at these places.
    ///
    /// # Errors
    /// As [`Context::must`].
    pub fn must_with(&self, verb: Verb, realm: Realm, class: Class, places: &[Uuid]) -> Result<()> {
        if UNJUDGED || self.caller.rights.may_with(verb, realm, class, places) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    fn denied(&self, verb: Verb) -> Error {
        if self.caller.via == Via::Nobody {
            return sign_in_needed();
        }
        denied(verb).into()
    }

    /// The same service on behalf of somebody else.
    #[must_use]
    pub fn on_behalf_of(&self, caller: Caller) -> Self {
        self.for_caller(Arc::new(caller))
    }

    /// As [`Context::on_behalf_of`], for a caller that is known already.
    #[must_use]
    pub fn for_caller(&self, caller: Arc<Caller>) -> Self {
        Self {
            db: self.db.on_behalf_of(&caller.behalf()),
            memory: self.memories.of(&caller.scope),
            caller,
            ..self.clone()
        }
    }

    /// The database as the service itself sees it: for finding out who somebody is, and for what is done whoever asks.
    pub(super) fn whole_db(&self) -> Db {
        self.db.on_behalf_of(&Behalf::service())
    }
}

fn denied(verb: Verb) -> Problem {
    let title = verb.title();
    Problem::new(
        Code::Forbidden,
        Message::new(
            format!("Your roles do not allow this: {}.", title.en),
            format!("您的角色无此权限：{}。", title.zh),
        ),
        ask_for_it(),
    )
}

/// The refusal of what only the database found out.
pub(super) fn not_allowed() -> Problem {
    Problem::new(
        Code::Forbidden,
        Message::new("Your roles do not reach this record.", "您的角色无权处理此记录。"),
        ask_for_it(),
    )
}

fn ask_for_it() -> Message {
    Message::new(
        "Ask an administrator for the role, or leave it to a colleague who has it.",
        "请向管理员申请相应角色，或请有权限的同事办理。",
    )
}

/// The refusal of who has to say first who they are.
pub fn sign_in_needed() -> Error {
    Problem::new(
        Code::SignInNeeded,
        Message::new("Sign in first.", "请先登录。"),
        Message::new(
            "Sign in at /session, or send a token: Authorization: Bearer mst_...",
            "请在 /session 登录，或附上令牌：Authorization: Bearer mst_...。",
        ),
    )
    .into()
}
