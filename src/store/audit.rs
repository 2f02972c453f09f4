//! The log of who did what, its seals, and the digests of the rows of law.

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Result, broken};
use crate::domain::audit_event::Event;
use crate::domain::merkle::{Edge, Hash};

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

/// Writes the event of a deed. It speaks for every row of law that the transaction has written since its last event.
///
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

/// When a deed of this kind was done last, and its detail.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(conn: &mut PgConnection, kind: &str, action: &str) -> Result<Option<(Timestamp, Value)>> {
    let last: Option<(jiff_sqlx::Timestamp, Value)> = sqlx::query_as(
        "select at, detail from audit_event where kind = $1 and action = $2 order by audit_event_id desc limit 1",
    )
    .bind(kind)
    .bind(action)
    .fetch_optional(conn)
    .await?;
    Ok(last.map(|(at, detail)| (at.to_jiff(), detail)))
}

/// An event as the database has it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Stored {
    pub audit_event_id: i64,
    pub at_micros: i64,
    pub actor: String,
    pub action: String,
    pub kind: String,
    pub subject: String,
    pub reason: Option<String>,
    /// JSON text.
    pub detail: String,
    pub rows_digest: Option<Vec<u8>>,
    pub leaf: Option<i64>,
    pub leaf_hash: Option<Vec<u8>>,
}

impl Stored {
    /// What its leaf must be.
    pub fn hash(&self) -> Hash {
        let event = Event {
            number: self.audit_event_id,
            at_micros: self.at_micros,
            actor: &self.actor,
            action: &self.action,
            kind: &self.kind,
            subject: &self.subject,
            reason: self.reason.as_deref(),
            detail: &self.detail,
            subject_digest: self.rows_digest.as_deref(),
        };
        event.leaf()
    }
}

/// The columns of a [`Stored`] event.
const STORED: &str =
    "select audit_event_id, (extract(epoch from at) * 1000000)::bigint as at_micros, actor, action, kind,
    subject, reason, detail::text as detail, rows_digest, leaf, leaf_hash from audit_event";

/// Which events are sought; what is none does not matter.
#[derive(Debug, Clone, Default)]
pub struct Sought<'a> {
    pub actor: Option<&'a str>,
    pub action: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Older than the event of this number.
    pub before: Option<i64>,
    pub limit: i64,
}

/// Events, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn events(conn: &mut PgConnection, sought: &Sought<'_>) -> Result<Vec<Stored>> {
    let sql = format!(
        "{STORED} where ($1::text is null or actor = $1) and ($2::text is null or action = $2)
             and ($3::text is null or kind = $3) and ($4::text is null or subject = $4)
             and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
             and ($7::bigint is null or audit_event_id < $7)
         order by audit_event_id desc limit $8"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql))
        .bind(sought.actor)
        .bind(sought.action)
        .bind(sought.kind)
        .bind(sought.subject)
        .bind(sought.since.map(ToSqlx::to_sqlx))
        .bind(sought.until.map(ToSqlx::to_sqlx))
        .bind(sought.before)
        .bind(sought.limit)
        .fetch_all(conn)
        .await?)
}

/// A row of law as an event wrote it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WrittenRow {
    pub audit_event_id: i64,
    pub table_name: String,
    pub row_key: String,
    pub feature_id: Option<i64>,
    pub label: Option<String>,
    /// Of all rows of the event.
    pub total: i64,
}

/// The first rows that each of some events wrote.
///
/// # Errors
/// When the database cannot be read.
pub async fn rows(conn: &mut PgConnection, events: &[i64], most: i64) -> Result<Vec<WrittenRow>> {
    Ok(sqlx::query_as(
        "select d.audit_event_id, d.table_name, d.row_key, r.feature_id, r.label, d.total
         from (
             select audit_event_id, table_name, row_key, row_digest_id, count(*) over event as total,
                    row_number() over (event order by row_digest_id) as place
             from row_digest where audit_event_id = any($1) window event as (partition by audit_event_id)
         ) d
         left join record r on r.record_id = split_part(d.row_key, '/', 1)::uuid
         where d.place <= $2 order by d.audit_event_id, d.row_digest_id",
    )
    .bind(events)
    .bind(most)
    .fetch_all(conn)
    .await?)
}

/// A signed root of the tree of events.
#[derive(Debug, Clone)]
pub struct Seal {
    pub edge: Edge,
    pub checkpoint: String,
}

#[derive(sqlx::FromRow)]
struct SealRow {
    size: i64,
    edge: Vec<Vec<u8>>,
    checkpoint: String,
}

impl SealRow {
    fn read(self) -> Result<Seal> {
        let fault = || broken("audit_seal", self.size, "edge");
        let hashes: Option<Vec<Hash>> = self.edge.iter().map(|hash| hash.as_slice().try_into().ok()).collect();
        let hashes = hashes.ok_or_else(|| fault()("not 32 bytes".into()))?;
        Ok(Seal {
            edge: Edge::from_parts(self.size.unsigned_abs(), hashes).map_err(|e| fault()(e.into()))?,
            checkpoint: self.checkpoint,
        })
    }
}

/// The name under which the register signs its log.
///
/// # Errors
/// When the database cannot be read.
pub async fn origin(conn: &mut PgConnection) -> Result<String> {
    Ok(sqlx::query_scalar("select origin from audit_log")
        .fetch_one(conn)
        .await?)
}

/// Takes the right to seal until the transaction ends; false where another service has it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn may_seal(conn: &mut PgConnection) -> Result<bool> {
    Ok(
        sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended('audit_seal', 0))")
            .fetch_one(conn)
            .await?,
    )
}

/// Events without a place in the tree, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn unsealed(conn: &mut PgConnection, limit: i64) -> Result<Vec<Stored>> {
    let sql = format!("{STORED} where leaf is null order by audit_event_id limit $1");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(limit).fetch_all(conn).await?)
}

/// How many events have no place in the tree yet.
///
/// # Errors
/// When the database cannot be read.
pub async fn unsealed_count(conn: &mut PgConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from audit_event where leaf is null")
            .fetch_one(conn)
            .await?,
    )
}

/// All events that have a place in the tree, in its order.
pub fn sealed(conn: &mut PgConnection) -> BoxStream<'_, Result<Stored>> {
    let sql = format!("{STORED} where leaf is not null order by leaf");
    Box::pin(
        sqlx::query_as(AssertSqlSafe(sql))
            .fetch(conn)
            .map_err(super::Error::from),
    )
}

/// The newest seal.
///
/// # Errors
/// When the database cannot be read, or the seal is broken.
pub async fn last_seal(conn: &mut PgConnection) -> Result<Option<Seal>> {
    let row: Option<SealRow> =
        sqlx::query_as("select size, edge, checkpoint from audit_seal order by size desc limit 1")
            .fetch_optional(conn)
            .await?;
    row.map(SealRow::read).transpose()
}

/// Size and signed checkpoint of every seal, the smallest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn seals(conn: &mut PgConnection) -> Result<Vec<(i64, Vec<u8>, String)>> {
    Ok(
        sqlx::query_as("select size, root, checkpoint from audit_seal order by size")
            .fetch_all(conn)
            .await?,
    )
}

/// Gives events their places, from `first` on, and writes the seal over them.
///
/// # Errors
/// When the database refuses it.
pub async fn seal(
    conn: &mut PgConnection,
    first: u64,
    events: &[(i64, Hash)],
    seal: &Seal,
    at: Timestamp,
) -> Result<()> {
    let (ids, hashes): (Vec<i64>, Vec<&[u8]>) = events.iter().map(|(id, hash)| (*id, hash.as_slice())).unzip();
    sqlx::query(
        "update audit_event e set leaf = $1 + x.place - 1, leaf_hash = x.hash
         from unnest($2::bigint[], $3::bytea[]) with ordinality as x (id, hash, place) where e.audit_event_id = x.id",
    )
    .bind(first.cast_signed())
    .bind(&ids)
    .bind(&hashes)
    .execute(&mut *conn)
    .await?;
    let edge: Vec<&[u8]> = seal.edge.hashes().iter().map(<[u8; 32]>::as_slice).collect();
    sqlx::query("insert into audit_seal (size, root, edge, sealed_at, checkpoint) values ($1, $2, $3, $4, $5)")
        .bind(seal.edge.size().cast_signed())
        .bind(seal.edge.root().as_slice())
        .bind(&edge)
        .bind(at.to_sqlx())
        .bind(&seal.checkpoint)
        .execute(conn)
        .await?;
    Ok(())
}

/// What is wrong with a row of law or its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// The row is not what was written.
    Changed,
    /// What was written is not there.
    Gone,
    /// Nobody wrote it, as far as the log knows.
    Unknown,
}

/// A table of law.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LawTable {
    name: String,
    columns: Vec<String>,
    key: Vec<String>,
}

/// The tables whose rows have digests. From the catalogue, not from our own functions, which could be changed too.
///
/// # Errors
/// When the database cannot be read.
pub async fn law_tables(conn: &mut PgConnection) -> Result<Vec<LawTable>> {
    Ok(sqlx::query_as(
        "select c.relname::text as name,
                array(select a.attname::text from pg_attribute a
                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                      order by a.attname collate \"C\") as columns,
                array(select a.attname::text from pg_index i
                      cross join unnest(i.indkey) with ordinality as k (attnum, place)
                      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                      where i.indrelid = c.oid and i.indisprimary order by place) as key
         from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
           and (c.relname in ('boundary_party', 'proposal', 'approved') or exists (
               select from pg_attribute a where a.attrelid = c.oid and a.attname = 'known' and not a.attisdropped
                 and c.relname <> 'record_version'))
         order by c.relname",
    )
    .fetch_all(conn)
    .await?)
}

impl LawTable {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As `digest_expression` of the migrations: each column that is not empty with its name and length.
    fn digest(&self) -> String {
        let parts: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let (literal, name) = (format!("{column}=").replace('\'', "''"), quoted(column));
                format!("coalesce('{literal}' || length(t.{name}::text) || ':' || t.{name}::text || chr(10), '')")
            })
            .collect();
        format!("sha256(convert_to({}, 'UTF8'))", parts.join(" || "))
    }

    fn key(&self) -> String {
        let parts: Vec<String> = self.key.iter().map(|column| format!("t.{}", quoted(column))).collect();
        format!("concat_ws('/', {})", parts.join(", "))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How values are written out while digests are made; the same as in the triggers.
const WRITTEN: &str =
    "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
    set local extra_float_digits = 1; set local bytea_output = 'hex'";

/// Rows of a table that are not what their newest digests say: key and what is wrong, and how many rows there are.
///
/// # Errors
/// When the database cannot be read.
pub async fn row_faults(conn: &mut PgConnection, table: &LawTable) -> Result<(i64, Vec<(String, RowFault)>)> {
    sqlx::raw_sql(WRITTEN).execute(&mut *conn).await?;
    // Names come from the catalogue, quoted; the table's name as a value is bound.
    let sql = format!(
        "with newest as (
             select distinct on (row_key) row_key, digest from row_digest where table_name = $1
             order by row_key, row_digest_id desc
         ), live as materialized (select {} as row_key, {} as digest from {} t)
         select coalesce(n.row_key, l.row_key), n.digest is not null, l.digest is not null
         from newest n full join live l on l.row_key = n.row_key
         where n.digest is distinct from l.digest order by 1",
        table.key(),
        table.digest(),
        quoted(&table.name),
    );
    let found: Vec<(String, bool, bool)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(&table.name)
        .fetch_all(&mut *conn)
        .await?;
    let count = format!("select count(*) from {}", quoted(&table.name));
    let rows = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(conn).await?;
    let faults = found
        .into_iter()
        .map(|(key, was_written, is_there)| {
            let fault = match (was_written, is_there) {
                (true, true) => RowFault::Changed,
                (true, false) => RowFault::Gone,
                (false, _) => RowFault::Unknown,
            };
            (key, fault)
        })
        .collect();
    Ok((rows, faults))
}

/// Events that do not agree with the digests of the rows they speak for, and events that digests name and that are not
/// there.
///
/// # Errors
/// When the database cannot be read.
pub async fn digest_faults(conn: &mut PgConnection) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "select coalesce(e.audit_event_id, r.audit_event_id)
         from (select audit_event_id, sha256(string_agg(digest, ''::bytea order by row_digest_id)) as digest
               from row_digest group by audit_event_id) r
         full join audit_event e on e.audit_event_id = r.audit_event_id
         where r.digest is distinct from e.rows_digest or e.audit_event_id is null order by 1",
    )
    .fetch_all(conn)
    .await?)
}

/// What people call the record that a row of law belongs to.
///
/// # Errors
/// When the database cannot be read.
pub async fn called(conn: &mut PgConnection, row_key: &str) -> Result<Option<String>> {
    let called: Option<Option<String>> =
        sqlx::query_scalar("select label from record where record_id::text = split_part($1, '/', 1)")
            .bind(row_key)
            .fetch_optional(conn)
            .await?;
    Ok(called.flatten())
}
