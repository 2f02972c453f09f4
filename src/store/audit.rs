//! The log of who did what.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;

use super::Result;

/// One deed, written in the transaction of the deed itself.
pub struct Deed<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    /// A verb: `import`, `upload`, `check`, `export`.
    pub action: &'a str,
    pub kind: &'a str,
    pub subject: String,
    pub reason: Option<&'a str>,
    pub detail: Value,
}

/// # Errors
/// When the database refuses it; the deed then has not been done either.
pub async fn append(conn: &mut PgConnection, deed: Deed<'_>) -> Result<()> {
    sqlx::query(
        "insert into audit_event (at, actor, action, kind, subject, reason, detail) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(jiff_sqlx::Timestamp::from(deed.at))
    .bind(deed.actor)
    .bind(deed.action)
    .bind(deed.kind)
    .bind(deed.subject)
    .bind(deed.reason)
    .bind(deed.detail)
    .execute(conn)
    .await?;
    Ok(())
}
