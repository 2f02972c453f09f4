//! On whose behalf a use is made, and whether they may.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Context, Error, Result};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Realm, Rights, TokenScope, Verb};
use crate::domain::text::Message;

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
    pub via: Via,
}

impl Caller {
    /// Somebody who has not signed in.
    pub fn nobody() -> Self {
        Self {
            account: None,
            name: "public".to_owned(),
            full_name: String::new(),
            rights: Rights::default(),
            via: Via::Nobody,
        }
    }

    /// The service itself, and its operator at the command line: who can start it can read its database anyway.
    pub fn machine() -> Self {
        Self {
            account: None,
            name: "local".to_owned(),
            full_name: String::new(),
            rights: Rights::all(),
            via: Via::Machine,
        }
    }
}

impl Context {
    /// Goes on when the caller may do this somewhere in this realm.
    ///
    /// # Errors
    /// [`Code::SignInNeeded`] for who has not signed in, [`Code::Forbidden`] for others.
    pub fn must(&self, verb: Verb, realm: Realm) -> Result<()> {
        if self.caller.rights.may(verb, realm) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    /// Goes on when the caller may do this at all.
    ///
    /// # Errors
    /// As [`Context::must`].
    pub fn must_somewhere(&self, verb: Verb) -> Result<()> {
        if self.caller.rights.may_at_all(verb) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    /// Goes on when the caller may do this with a record of this class at these places.
    ///
    /// # Errors
    /// As [`Context::must`].
    pub fn must_with(&self, verb: Verb, realm: Realm, class: Class, places: &[Uuid]) -> Result<()> {
        if self.caller.rights.may_with(verb, realm, class, places) {
            return Ok(());
        }
        Err(self.denied(verb))
    }

    fn denied(&self, verb: Verb) -> Error {
        if self.caller.via == Via::Nobody {
            return sign_in_needed();
        }
        let title = verb.title();
        Problem::new(
            Code::Forbidden,
            Message::new(
                format!("Your roles do not allow this: {}.", title.en),
                format!("您的角色无此权限：{}。", title.zh),
            ),
            Message::new(
                "Ask an administrator for the role, or leave it to a colleague who has it.",
                "请向管理员申请相应角色，或请有权限的同事办理。",
            ),
        )
        .into()
    }

    /// The same service on behalf of somebody else.
    #[must_use]
    pub fn on_behalf_of(&self, caller: Caller) -> Self {
        Self {
            caller: caller.into(),
            ..self.clone()
        }
    }
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
