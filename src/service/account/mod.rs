//! People: accounts, what they are granted, and the links by which they set their password.
//!
//! An account has no password until its owner has used a one-time link, so nobody else ever knows one. Start with
//! [`add`]; [`sign_in`] is how a person comes in, [`token`] how a program does, [`who`] how both are known again.

pub mod proof;
pub mod sign_in;
pub mod token;
pub mod who;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Context, Error, Result, not_found};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::rights::{Grant, Place, Realm, Role, Verb};
use crate::domain::text::Message;
use crate::store;
use crate::store::account::{Account, KeptGrant};
pub use crate::store::account::{Session, Token};
use crate::store::audit::Deed;

/// How long a link is good: time to carry it across the office; for the first of all, to finish setting up.
const LINK: SignedDuration = SignedDuration::from_mins(15);
const FIRST_LINK: SignedDuration = SignedDuration::from_hours(24);

/// A person to be.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    pub name: &'a str,
    pub full_name: &'a str,
    pub grants: Vec<NewGrant<'a>>,
    pub reason: &'a str,
}

/// A grant to be.
#[derive(Debug, Clone)]
pub struct NewGrant<'a> {
    pub role: Role,
    /// `astrand-veyra`, `astrand-veyra/S1` for a section, `astrand-veyra/projects/B-2025-01`; none for everywhere.
    pub place: Option<&'a str>,
    pub until: Option<Timestamp>,
}

/// An account as administrators see it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub account: Account,
    pub grants: Vec<KeptGrant>,
}

impl Seen {
    /// The grants that hold at a moment.
    pub fn at(&self, now: Timestamp) -> impl Iterator<Item = &KeptGrant> {
        self.grants
            .iter()
            .filter(move |kept| kept.from <= now && kept.until.is_none_or(|until| now < until))
    }
}

fn administers(cx: &Context) -> Result<()> {
    cx.must_somewhere(Verb::Administer)
}

/// Makes an account and its first link. Gives the code of the link; it is shown once.
///
/// # Errors
/// When the name is taken or not one, a role does not go with another, or a place is not known.
pub async fn add(cx: &Context, new: &NewAccount<'_>) -> Result<String> {
    administers(cx)?;
    let name = new.name.trim();
    let is_name = (2..=63).contains(&name.len())
        && name
            .bytes()
            .enumerate()
            .all(|(i, b)| b.is_ascii_lowercase() || b.is_ascii_digit() || (i > 0 && matches!(b, b'.' | b'_' | b'-')));
    if !is_name {
        return Err(invalid(
            "name",
            Message::new(
                "A name has 2 to 63 of the signs a-z 0-9 . _ - and begins with a letter or digit.",
                "用户名由 2 至 63 个 a-z、0-9、.、_、- 组成，并以字母或数字开头。",
            ),
        ));
    }
    let full_name = new.full_name.trim();
    if full_name.is_empty() || full_name.chars().count() > 200 {
        return Err(invalid(
            "full_name",
            Message::new(
                "Give the person's name, up to 200 characters.",
                "请填写姓名，最多 200 个字符。",
            ),
        ));
    }
    compatible(&new.grants.iter().map(|grant| grant.role).collect::<Vec<_>>())?;
    let now = cx.clock.now();
    let mut tx = cx.begin().await?;
    let account = Account {
        id: cx.ids.next(),
        name: name.to_owned(),
        full_name: full_name.to_owned(),
        password_hash: None,
        totp_secret: None,
        created_at: now,
        locked_at: None,
    };
    if let Err(error) = store::account::insert(&mut tx, &account).await {
        return Err(match error.constraint() {
            Some("account_name_key") => Problem::new(
                Code::NumberTaken,
                Message::new(
                    format!("There is an account {name} already."),
                    format!("用户 {name} 已存在。"),
                ),
                Message::new("Take another name.", "请改用其他用户名。"),
            )
            .into(),
            _ => error.into(),
        });
    }
    for grant in &new.grants {
        put_grant(cx, &mut tx, account.id, grant, new.reason).await?;
    }
    let first = cx.caller.account.is_none();
    let code = link(cx, &mut tx, account.id, if first { FIRST_LINK } else { LINK }).await?;
    let roles: Vec<&str> = new.grants.iter().map(|grant| grant.role.word()).collect();
    log(cx, &mut tx, "add", name, Some(new.reason), json!({ "roles": roles })).await?;
    cx.commit(tx).await?;
    Ok(code)
}

/// A new link for somebody who forgot a password or lost a device. Until it is used, the old ones hold; what is open
/// is closed, so that who found the device has nothing of it.
///
/// # Errors
/// When there is no such account.
pub async fn reset(cx: &Context, name: &str) -> Result<String> {
    administers(cx)?;
    let now = cx.clock.now();
    let mut tx = cx.begin().await?;
    let account = known(&mut tx, name).await?;
    store::account::end_sessions(&mut tx, account.id, None, now).await?;
    let code = link(cx, &mut tx, account.id, LINK).await?;
    log(cx, &mut tx, "reset", name, None, json!({})).await?;
    cx.commit(tx).await?;
    Ok(code)
}

/// Locks an account, ending its sessions and tokens, or unlocks it.
///
/// # Errors
/// When there is no such account, or it is the caller's own.
pub async fn lock(cx: &Context, name: &str, locked: bool, reason: &str) -> Result<()> {
    administers(cx)?;
    let now = cx.clock.now();
    let mut tx = cx.begin().await?;
    let account = known(&mut tx, name).await?;
    if locked && cx.caller.account == Some(account.id) {
        return Err(own());
    }
    store::account::set_locked(&mut tx, account.id, locked.then_some(now)).await?;
    if locked {
        store::account::end_sessions(&mut tx, account.id, None, now).await?;
        store::account::revoke_tokens(&mut tx, account.id, None, now).await?;
    }
    let action = if locked { "lock" } else { "unlock" };
    log(cx, &mut tx, action, name, Some(reason), json!({})).await?;
    cx.commit(tx).await
}

/// Gives a role.
///
/// # Errors
/// When there is no such account or place, the role does not go with those held, or the account is the caller's own.
pub async fn grant(cx: &Context, name: &str, new: &NewGrant<'_>, reason: &str) -> Result<Uuid> {
    administers(cx)?;
    let mut tx = cx.begin().await?;
    let account = known(&mut tx, name).await?;
    if cx.caller.account == Some(account.id) {
        return Err(own());
    }
    let held = store::account::grants(&mut tx, account.id).await?;
    let mut roles: Vec<Role> = held.iter().map(|kept| kept.grant.role).collect();
    roles.push(new.role);
    compatible(&roles)?;
    let id = put_grant(cx, &mut tx, account.id, new, reason).await?;
    let detail = json!({ "role": new.role.word(), "place": new.place, "until": new.until.map(|at| at.to_string()) });
    log(cx, &mut tx, "grant", name, Some(reason), detail).await?;
    cx.commit(tx).await?;
    Ok(id)
}

/// Takes a role away.
///
/// # Errors
/// When there is no such account or grant.
pub async fn revoke(cx: &Context, name: &str, grant: Uuid, reason: &str) -> Result<()> {
    administers(cx)?;
    let now = cx.clock.now();
    let mut tx = cx.begin().await?;
    let account = known(&mut tx, name).await?;
    if !store::account::revoke_grant(&mut tx, account.id, grant, now).await? {
        return Err(not_found(&Message::new("grant", "授权"), grant));
    }
    log(cx, &mut tx, "revoke", name, Some(reason), json!({ "grant": grant })).await?;
    cx.commit(tx).await
}

/// All accounts with their grants.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(cx: &Context) -> Result<Vec<Seen>> {
    administers(cx)?;
    let mut conn = cx.db.acquire().await?;
    let mut seen = Vec::new();
    for account in store::account::all(&mut conn).await? {
        let grants = store::account::grants(&mut conn, account.id).await?;
        seen.push(Seen { account, grants });
    }
    Ok(seen)
}

/// One account with its grants.
///
/// # Errors
/// When there is no such account.
pub async fn one(cx: &Context, name: &str) -> Result<Seen> {
    administers(cx)?;
    let mut conn = cx.db.acquire().await?;
    let account = known(&mut conn, name).await?;
    let grants = store::account::grants(&mut conn, account.id).await?;
    Ok(Seen { account, grants })
}

/// Whether somebody is there who can give others their rights.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_administrator(cx: &Context) -> Result<bool> {
    let mut conn = cx.db.acquire().await?;
    Ok(store::account::has_holder(&mut conn, Role::Admin, cx.clock.now()).await?)
}

/// The first administrator's link, made anew at each start until it was used; none where there is an administrator.
///
/// # Errors
/// When the database cannot be written.
pub async fn first_link(cx: &Context) -> Result<Option<String>> {
    const FIRST: &str = "admin";
    if has_administrator(cx).await? {
        return Ok(None);
    }
    let mut tx = cx.begin().await?;
    let there = store::account::by_name(&mut tx, FIRST).await?;
    if let Some(account) = there {
        let code = link(cx, &mut tx, account.id, FIRST_LINK).await?;
        log(cx, &mut tx, "reset", FIRST, None, json!({ "first": true })).await?;
        cx.commit(tx).await?;
        return Ok(Some(code));
    }
    drop(tx);
    let new = NewAccount {
        name: FIRST,
        full_name: "Administrator",
        grants: vec![NewGrant {
            role: Role::Admin,
            place: None,
            until: None,
        }],
        reason: "first start",
    };
    add(cx, &new).await.map(Some)
}

async fn known(conn: &mut store::Conn, name: &str) -> Result<Account> {
    let found = store::account::by_name(conn, name).await?;
    found.ok_or_else(|| not_found(&Message::new("account", "用户"), name))
}

async fn link(cx: &Context, tx: &mut store::Tx, account: Uuid, good_for: SignedDuration) -> Result<String> {
    let now = cx.clock.now();
    let (code, hash) = proof::new_secret("")?;
    let until = now.checked_add(good_for).unwrap_or(Timestamp::MAX);
    store::account::insert_enrolment(tx, cx.ids.next(), account, &hash, (now, until)).await?;
    Ok(code)
}

async fn put_grant(cx: &Context, tx: &mut store::Tx, account: Uuid, new: &NewGrant<'_>, reason: &str) -> Result<Uuid> {
    let place = match new.place {
        None => Place::Everywhere,
        // Of any class: an administrator names places that they may not look at.
        Some(said) => place(&mut *cx.whole_db().acquire().await?, said).await?,
    };
    if new.role.needs_place() && place == Place::Everywhere {
        let title = new.role.title();
        return Err(invalid(
            "place",
            Message::new(
                format!("The role {} is given for a boundary, a section or a project.", title.en),
                format!("“{}”须限定国界、区段或项目。", title.zh),
            ),
        ));
    }
    let now = cx.clock.now();
    if new.until.is_some_and(|until| until <= now) {
        return Err(invalid(
            "until",
            Message::new("The role would have ended already.", "授权期限已过。"),
        ));
    }
    let kept = KeptGrant {
        id: cx.ids.next(),
        grant: Grant { role: new.role, place },
        from: now,
        until: new.until,
        granted_by: cx.caller.name.clone(),
        reason: reason.to_owned(),
    };
    store::account::insert_grant(tx, account, &kept, now).await?;
    Ok(kept.id)
}

/// Reads a place: a boundary's key, one of its sections, one of its projects.
async fn place(conn: &mut store::Conn, said: &str) -> Result<Place> {
    let unknown = || {
        invalid(
            "place",
            Message::new(
                format!("There is no place {said}; write BOUNDARY, BOUNDARY/SECTION or BOUNDARY/projects/NUMBER."),
                format!("没有“{said}”；请写作“国界”“国界/区段”或“国界/projects/编号”。"),
            ),
        )
    };
    let mut parts = said.splitn(3, '/');
    let key = parts.next().unwrap_or_default();
    let (kind, label) = match (parts.next(), parts.next()) {
        (None, _) => (None, ""),
        (Some("projects"), Some(number)) => (Some("project"), number),
        (Some(section), None) => (Some("section"), section),
        _ => return Err(unknown()),
    };
    let boundary = store::record::labels::identity(conn, "boundary", None, key).await?;
    let boundary = boundary.ok_or_else(unknown)?;
    let Some(kind) = kind else {
        return Ok(Place::Boundary(boundary));
    };
    let inner = store::record::labels::identity(conn, kind, Some(boundary), label).await?;
    let inner = inner.ok_or_else(unknown)?;
    Ok(match kind {
        "section" => Place::Section {
            section: inner,
            boundary,
        },
        _ => Place::Project {
            project: inner,
            boundary,
        },
    })
}

/// Whether one person may hold these roles together.
fn compatible(roles: &[Role]) -> Result<()> {
    for (i, one) in roles.iter().enumerate() {
        if let Some(other) = roles[..i].iter().find(|other| one.excludes(**other)) {
            let (a, b) = (one.title(), other.title());
            return Err(Problem::new(
                Code::Conflict,
                Message::new(
                    format!("One person cannot be {} and {}.", b.en, a.en),
                    format!("同一人不能兼任“{}”和“{}”。", b.zh, a.zh),
                ),
                Message::new("Give one of the roles to somebody else.", "请将其中一个角色授予他人。"),
            )
            .into());
        }
    }
    Ok(())
}

fn own() -> Error {
    Problem::new(
        Code::Forbidden,
        Message::new("Nobody changes their own rights.", "不得更改自己的权限。"),
        Message::new("Ask another administrator.", "请由另一名管理员办理。"),
    )
    .into()
}

pub(super) fn invalid(at: &str, detail: Message) -> Error {
    Problem::new(
        Code::ValueInvalid,
        detail.clone(),
        Message::new("Correct it and send it again.", "请更正后重新提交。"),
    )
    .with_mistakes(vec![Mistake {
        at: at.to_owned(),
        detail,
    }])
    .into()
}

async fn log(
    cx: &Context,
    tx: &mut store::Tx,
    action: &str,
    name: &str,
    reason: Option<&str>,
    detail: Value,
) -> Result<()> {
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action,
        kind: "account",
        subject: name.to_owned(),
        reason,
        detail,
    };
    Ok(store::audit::append(tx, deed).await?)
}

/// An account as JSON, without what it proves itself by.
pub fn described(seen: &Seen) -> Value {
    let account = &seen.account;
    let grants: Vec<Value> = seen
        .grants
        .iter()
        .map(|kept| {
            let place = match kept.grant.place {
                Place::Everywhere => Value::Null,
                Place::Boundary(id) => json!({ "boundary": id }),
                Place::Section { section, .. } => json!({ "section": section }),
                Place::Project { project, .. } => json!({ "project": project }),
            };
            json!({
                "id": kept.id,
                "role": kept.grant.role.word(),
                "place": place,
                "from": kept.from.to_string(),
                "until": kept.until.map(|at| at.to_string()),
                "granted_by": kept.granted_by,
                "reason": kept.reason,
            })
        })
        .collect();
    json!({
        "name": account.name,
        "full_name": account.full_name,
        "created_at": account.created_at.to_string(),
        "locked_at": account.locked_at.map(|at| at.to_string()),
        "has_password": account.password_hash.is_some(),
        "has_authenticator": account.totp_secret.is_some(),
        "grants": grants,
    })
}

/// The place of a grant that has none.
pub const EVERYWHERE: &str = "*";

/// The places of grants, as an administrator writes them; [`EVERYWHERE`] where there is none.
///
/// # Errors
/// When the caller does not administer, or the database breaks.
pub async fn places(cx: &Context, grants: &[KeptGrant]) -> Result<Vec<String>> {
    administers(cx)?;
    // Of any class: an administrator names places that they may not look at.
    let mut conn = cx.whole_db().acquire().await?;
    let mut places = Vec::with_capacity(grants.len());
    for kept in grants {
        let (boundary, inner, between) = match kept.grant.place {
            Place::Everywhere => {
                places.push(EVERYWHERE.to_owned());
                continue;
            }
            Place::Boundary(boundary) => (boundary, None, ""),
            Place::Section { section, boundary } => (boundary, Some(section), "/"),
            Place::Project { project, boundary } => (boundary, Some(project), "/projects/"),
        };
        let mut said = store::version::label(&mut conn, boundary).await?.unwrap_or_default();
        if let Some(inner) = inner {
            said.push_str(between);
            said.push_str(&store::version::label(&mut conn, inner).await?.unwrap_or_default());
        }
        places.push(said);
    }
    Ok(places)
}

/// What a person may do at all, for pages that show only what they can use.
pub fn abilities(cx: &Context) -> Vec<(Verb, Vec<Realm>)> {
    Verb::ALL
        .iter()
        .map(|verb| {
            let realms = Realm::ALL
                .iter()
                .copied()
                .filter(|realm| cx.caller.rights.may(*verb, *realm));
            (*verb, realms.collect::<Vec<_>>())
        })
        .filter(|(_, realms)| !realms.is_empty())
        .collect()
}
