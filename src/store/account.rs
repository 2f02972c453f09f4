//! Accounts, grants, one-time links, sessions, tokens, and signing in that failed.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as At, ToSqlx};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Result, word};
use crate::domain::rights::{Grant, Place, Role, TokenScope};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub full_name: String,
    pub password_hash: Option<String>,
    pub totp_secret: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub locked_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    account_id: Uuid,
    name: String,
    full_name: String,
    password_hash: Option<String>,
    totp_secret: Option<Vec<u8>>,
    created_at: At,
    locked_at: Option<At>,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.account_id,
            name: row.name,
            full_name: row.full_name,
            password_hash: row.password_hash,
            totp_secret: row.totp_secret,
            created_at: row.created_at.to_jiff(),
            locked_at: row.locked_at.map(At::to_jiff),
        }
    }
}

const ACCOUNT: &str = "account_id, name, full_name, password_hash, totp_secret, created_at, locked_at";

/// # Errors
/// When the name is taken (`account_name_key`), or breaks a rule.
pub async fn insert(conn: &mut PgConnection, account: &Account) -> Result<()> {
    sqlx::query("insert into account (account_id, name, full_name, created_at) values ($1, $2, $3, $4)")
        .bind(account.id)
        .bind(&account.name)
        .bind(&account.full_name)
        .bind(account.created_at.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// # Errors
/// When the database cannot be read.
pub async fn by_name(conn: &mut PgConnection, name: &str) -> Result<Option<Account>> {
    let sql = sqlx::AssertSqlSafe(format!("select {ACCOUNT} from account where name = $1"));
    let row: Option<AccountRow> = sqlx::query_as(sql).bind(name).fetch_optional(conn).await?;
    Ok(row.map(Account::from))
}

/// # Errors
/// When the database cannot be read.
pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<Account>> {
    let sql = sqlx::AssertSqlSafe(format!("select {ACCOUNT} from account where account_id = $1"));
    let row: Option<AccountRow> = sqlx::query_as(sql).bind(id).fetch_optional(conn).await?;
    Ok(row.map(Account::from))
}

/// All accounts by name.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Account>> {
    let sql = sqlx::AssertSqlSafe(format!("select {ACCOUNT} from account order by name"));
    let rows: Vec<AccountRow> = sqlx::query_as(sql).fetch_all(conn).await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// Whether somebody who can come in holds a role now.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_holder(conn: &mut PgConnection, role: Role, now: Timestamp) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (
             select from account a join account_grant g using (account_id)
             where g.role = $1 and g.revoked_at is null and g.valid @> $2 and a.locked_at is null
               and a.password_hash is not null)",
    )
    .bind(role.word())
    .bind(now.to_sqlx())
    .fetch_one(conn)
    .await?)
}

/// # Errors
/// When the database cannot be written.
pub async fn set_locked(conn: &mut PgConnection, id: Uuid, at: Option<Timestamp>) -> Result<()> {
    sqlx::query("update account set locked_at = $2 where account_id = $1")
        .bind(id)
        .bind(at.map(ToSqlx::to_sqlx))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets what a person proves themselves by.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_proofs(conn: &mut PgConnection, id: Uuid, hash: &str, totp: Option<&[u8]>) -> Result<()> {
    sqlx::query("update account set password_hash = $2, totp_secret = $3, totp_step = 0 where account_id = $1")
        .bind(id)
        .bind(hash)
        .bind(totp)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the step of a code that is being taken; false when it, or a later one, was taken before.
///
/// # Errors
/// When the database cannot be written.
pub async fn take_step(conn: &mut PgConnection, id: Uuid, step: i64) -> Result<bool> {
    let taken = sqlx::query("update account set totp_step = $2 where account_id = $1 and totp_step < $2")
        .bind(id)
        .bind(step)
        .execute(conn)
        .await?;
    Ok(taken.rows_affected() == 1)
}

/// A grant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptGrant {
    pub id: Uuid,
    pub grant: Grant,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub granted_by: String,
    pub reason: String,
}

/// # Errors
/// When the database refuses it.
pub async fn insert_grant(conn: &mut PgConnection, account: Uuid, kept: &KeptGrant, at: Timestamp) -> Result<()> {
    let (boundary, section, project) = match kept.grant.place {
        Place::Everywhere => (None, None, None),
        Place::Boundary(boundary) => (Some(boundary), None, None),
        Place::Section { section, .. } => (None, Some(section), None),
        Place::Project { project, .. } => (None, None, Some(project)),
    };
    sqlx::query(
        "insert into account_grant (account_grant_id, account_id, role, boundary_id, section_id, project_id, valid,
             granted_at, granted_by, reason)
         values ($1, $2, $3, $4, $5, $6, tstzrange($7, $8), $9, $10, $11)",
    )
    .bind(kept.id)
    .bind(account)
    .bind(kept.grant.role.word())
    .bind(boundary)
    .bind(section)
    .bind(project)
    .bind(kept.from.to_sqlx())
    .bind(kept.until.map(ToSqlx::to_sqlx))
    .bind(at.to_sqlx())
    .bind(&kept.granted_by)
    .bind(&kept.reason)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    account_grant_id: Uuid,
    role: String,
    boundary_id: Option<Uuid>,
    section_id: Option<Uuid>,
    project_id: Option<Uuid>,
    within: Option<Uuid>,
    from: At,
    until: Option<At>,
    granted_by: String,
    reason: String,
}

/// The grants of an account that are not revoked, past and future ones too.
///
/// # Errors
/// When the database cannot be read, or holds a role that there is not.
pub async fn grants(conn: &mut PgConnection, account: Uuid) -> Result<Vec<KeptGrant>> {
    let rows: Vec<GrantRow> = sqlx::query_as(
        "select g.account_grant_id, g.role, g.boundary_id, g.section_id, g.project_id, r.boundary_id as within,
                lower(g.valid) as from, upper(g.valid) as until, g.granted_by, g.reason
         from account_grant g left join record r on r.record_id = coalesce(g.section_id, g.project_id)
         where g.account_id = $1 and g.revoked_at is null order by g.granted_at, g.account_grant_id",
    )
    .bind(account)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = word(
                "account_grant",
                row.account_grant_id,
                "role",
                &row.role,
                Role::from_word,
            )?;
            // A section without its boundary reaches that section alone.
            let boundary = row.within.unwrap_or_default();
            let place = match (row.boundary_id, row.section_id, row.project_id) {
                (Some(boundary), ..) => Place::Boundary(boundary),
                (None, Some(section), _) => Place::Section { section, boundary },
                (None, None, Some(project)) => Place::Project { project, boundary },
                (None, None, None) => Place::Everywhere,
            };
            Ok(KeptGrant {
                id: row.account_grant_id,
                grant: Grant { role, place },
                from: row.from.to_jiff(),
                until: row.until.map(At::to_jiff),
                granted_by: row.granted_by,
                reason: row.reason,
            })
        })
        .collect()
}

/// Ends a grant; false when there is none such.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_grant(conn: &mut PgConnection, account: Uuid, grant: Uuid, at: Timestamp) -> Result<bool> {
    let done = sqlx::query(
        "update account_grant set revoked_at = $3
         where account_grant_id = $2 and account_id = $1 and revoked_at is null",
    )
    .bind(account)
    .bind(grant)
    .bind(at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a one-time link; those made before are good no more.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_enrolment(
    conn: &mut PgConnection,
    id: Uuid,
    account: Uuid,
    code: &[u8],
    (at, until): (Timestamp, Timestamp),
) -> Result<()> {
    sqlx::query("update enrolment set used_at = $2 where account_id = $1 and used_at is null")
        .bind(account)
        .bind(at.to_sqlx())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into enrolment (enrolment_id, account_id, code_sha256, made_at, expires_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(account)
    .bind(code)
    .bind(at.to_sqlx())
    .bind(until.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose link it is, where it is still good.
///
/// # Errors
/// When the database cannot be read.
pub async fn enrolling(conn: &mut PgConnection, code: &[u8], now: Timestamp) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar(
        "select account_id from enrolment where code_sha256 = $1 and used_at is null and expires_at > $2",
    )
    .bind(code)
    .bind(now.to_sqlx())
    .fetch_optional(conn)
    .await?)
}

/// Uses a link up; false when somebody else just did.
///
/// # Errors
/// When the database cannot be written.
pub async fn use_enrolment(conn: &mut PgConnection, code: &[u8], now: Timestamp) -> Result<bool> {
    let used =
        sqlx::query("update enrolment set used_at = $2 where code_sha256 = $1 and used_at is null and expires_at > $2")
            .bind(code)
            .bind(now.to_sqlx())
            .execute(conn)
            .await?;
    Ok(used.rows_affected() == 1)
}

/// A browser in which somebody has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub account: Uuid,
    pub begun_at: Timestamp,
    pub proved_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub address: String,
    pub browser: String,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    session_id: Uuid,
    account_id: Uuid,
    begun_at: At,
    proved_at: At,
    seen_at: At,
    expires_at: At,
    address: String,
    browser: String,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.session_id,
            account: row.account_id,
            begun_at: row.begun_at.to_jiff(),
            proved_at: row.proved_at.to_jiff(),
            seen_at: row.seen_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
            address: row.address,
            browser: row.browser,
        }
    }
}

/// # Errors
/// When the database cannot be written.
pub async fn insert_session(conn: &mut PgConnection, session: &Session, secret: &[u8]) -> Result<()> {
    sqlx::query(
        "insert into session (session_id, account_id, secret_sha256, begun_at, proved_at, seen_at, expires_at, address, browser)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(session.id)
    .bind(session.account)
    .bind(secret)
    .bind(session.begun_at.to_sqlx())
    .bind(session.proved_at.to_sqlx())
    .bind(session.seen_at.to_sqlx())
    .bind(session.expires_at.to_sqlx())
    .bind(&session.address)
    .bind(&session.browser)
    .execute(conn)
    .await?;
    Ok(())
}

const SESSION: &str = "session_id, account_id, begun_at, proved_at, seen_at, expires_at, address, browser";

/// A session that has not ended, by the hash of its secret.
///
/// # Errors
/// When the database cannot be read.
pub async fn session(conn: &mut PgConnection, secret: &[u8]) -> Result<Option<Session>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {SESSION} from session where secret_sha256 = $1 and ended_at is null"
    ));
    let row: Option<SessionRow> = sqlx::query_as(sql).bind(secret).fetch_optional(conn).await?;
    Ok(row.map(Session::from))
}

/// The sessions of an account that are open, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn sessions(conn: &mut PgConnection, account: Uuid, now: Timestamp) -> Result<Vec<Session>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {SESSION} from session where account_id = $1 and ended_at is null and expires_at > $2
         order by begun_at desc limit 100"
    ));
    let rows: Vec<SessionRow> = sqlx::query_as(sql)
        .bind(account)
        .bind(now.to_sqlx())
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// A session, its account and what is granted to it, under a lock until the transaction ends: whoever ends one of them
/// comes before, and is seen here, or after.
///
/// # Errors
/// When the database cannot be read. `None` when the session has ended.
pub async fn hold(conn: &mut PgConnection, session: Uuid) -> Result<Option<(Session, Account, Vec<KeptGrant>)>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {SESSION} from session where session_id = $1 and ended_at is null for share"
    ));
    let row: Option<SessionRow> = sqlx::query_as(sql).bind(session).fetch_optional(&mut *conn).await?;
    let Some(session) = row.map(Session::from) else {
        return Ok(None);
    };
    sqlx::query(
        "select from account a join account_grant g on g.account_id = a.account_id where a.account_id = $1
         for share of a, g",
    )
    .bind(session.account)
    .execute(&mut *conn)
    .await?;
    // Read by statements of their own, which see what was committed while the locks were waited for.
    let Some(account) = by_id(conn, session.account).await? else {
        return Ok(None);
    };
    let grants = grants(conn, account.id).await?;
    Ok(Some((session, account, grants)))
}

/// # Errors
/// When the database cannot be written.
pub async fn seen(conn: &mut PgConnection, session: Uuid, at: Timestamp) -> Result<()> {
    sqlx::query("update session set seen_at = greatest(seen_at, $2) where session_id = $1")
        .bind(session)
        .bind(at.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// # Errors
/// When the database cannot be written.
pub async fn proved(conn: &mut PgConnection, session: Uuid, at: Timestamp) -> Result<()> {
    sqlx::query("update session set proved_at = $2 where session_id = $1")
        .bind(session)
        .bind(at.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends one session of an account, or all but one; how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_sessions(conn: &mut PgConnection, account: Uuid, only: Option<Uuid>, at: Timestamp) -> Result<u64> {
    let ended = sqlx::query(
        "update session set ended_at = $3
         where account_id = $1 and ended_at is null and ($2::uuid is null or session_id = $2)",
    )
    .bind(account)
    .bind(only)
    .bind(at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// By which a program or device acts for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: Uuid,
    pub account: Uuid,
    pub name: String,
    pub scope: TokenScope,
    pub inspection: Option<Uuid>,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub seen_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    token_id: Uuid,
    account_id: Uuid,
    name: String,
    scope: String,
    inspection_id: Option<Uuid>,
    made_at: At,
    expires_at: At,
    seen_at: Option<At>,
    revoked_at: Option<At>,
}

impl TokenRow {
    fn read(self) -> Result<Token> {
        Ok(Token {
            scope: word("token", self.token_id, "scope", &self.scope, TokenScope::from_word)?,
            id: self.token_id,
            account: self.account_id,
            name: self.name,
            inspection: self.inspection_id,
            made_at: self.made_at.to_jiff(),
            expires_at: self.expires_at.to_jiff(),
            seen_at: self.seen_at.map(At::to_jiff),
            revoked_at: self.revoked_at.map(At::to_jiff),
        })
    }
}

/// # Errors
/// When the database cannot be written, or there is no such inspection.
pub async fn insert_token(conn: &mut PgConnection, token: &Token, secret: &[u8]) -> Result<()> {
    sqlx::query(
        "insert into token (token_id, account_id, secret_sha256, name, scope, inspection_id, made_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(token.id)
    .bind(token.account)
    .bind(secret)
    .bind(&token.name)
    .bind(token.scope.word())
    .bind(token.inspection)
    .bind(token.made_at.to_sqlx())
    .bind(token.expires_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

const TOKEN: &str = "token_id, account_id, name, scope, inspection_id, made_at, expires_at, seen_at, revoked_at";

/// A token by the hash of its secret, revoked or not.
///
/// # Errors
/// When the database cannot be read.
pub async fn token(conn: &mut PgConnection, secret: &[u8]) -> Result<Option<Token>> {
    let sql = sqlx::AssertSqlSafe(format!("select {TOKEN} from token where secret_sha256 = $1"));
    let row: Option<TokenRow> = sqlx::query_as(sql).bind(secret).fetch_optional(conn).await?;
    row.map(TokenRow::read).transpose()
}

/// The tokens of an account that are not revoked, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn tokens(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Token>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {TOKEN} from token where account_id = $1 and revoked_at is null order by made_at desc limit 1000"
    ));
    let rows: Vec<TokenRow> = sqlx::query_as(sql).bind(account).fetch_all(conn).await?;
    rows.into_iter().map(TokenRow::read).collect()
}

/// # Errors
/// When the database cannot be written.
pub async fn token_seen(conn: &mut PgConnection, token: Uuid, at: Timestamp) -> Result<()> {
    sqlx::query("update token set seen_at = greatest(seen_at, $2) where token_id = $1")
        .bind(token)
        .bind(at.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends one token of an account, or all; how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_tokens(conn: &mut PgConnection, account: Uuid, only: Option<Uuid>, at: Timestamp) -> Result<u64> {
    let revoked = sqlx::query(
        "update token set revoked_at = $3
         where account_id = $1 and revoked_at is null and ($2::uuid is null or token_id = $2)",
    )
    .bind(account)
    .bind(only)
    .bind(at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(revoked.rows_affected())
}

/// Signing in that failed since `since`: under the name from the address, with the time of the last, and from the
/// address under any name.
///
/// # Errors
/// When the database cannot be read.
pub async fn failures(
    conn: &mut PgConnection,
    name: &str,
    address: &str,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>, i64)> {
    let (own, last, all): (i64, Option<At>, i64) = sqlx::query_as(
        "select coalesce(sum(failures) filter (where account_name = $1), 0)::bigint,
                max(last_at) filter (where account_name = $1), coalesce(sum(failures), 0)::bigint
         from failed_sign_in where address = $2 and last_at > $3",
    )
    .bind(name)
    .bind(address)
    .bind(since.to_sqlx())
    .fetch_one(conn)
    .await?;
    Ok((own, last.map(At::to_jiff), all))
}

/// Counts one more failure; those before `since` count no more.
///
/// # Errors
/// When the database cannot be written.
pub async fn failed(conn: &mut PgConnection, name: &str, address: &str, at: Timestamp, since: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into failed_sign_in as f (account_name, address, failures, first_at, last_at) values ($1, $2, 1, $3, $3)
         on conflict on constraint failed_sign_in_pkey do update
             set failures = case when f.last_at > $4 then f.failures + 1 else 1 end,
                 first_at = case when f.last_at > $4 then f.first_at else $3 end, last_at = $3",
    )
    .bind(name)
    .bind(address)
    .bind(at.to_sqlx())
    .bind(since.to_sqlx())
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from failed_sign_in where last_at < $1")
        .bind(since.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the failures under a name from an address, after signing in.
///
/// # Errors
/// When the database cannot be written.
pub async fn forgive(conn: &mut PgConnection, name: &str, address: &str) -> Result<()> {
    sqlx::query("delete from failed_sign_in where account_name = $1 and address = $2")
        .bind(name)
        .bind(address)
        .execute(conn)
        .await?;
    Ok(())
}
