//! Uploads and their receipts.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Result, broken};
use crate::domain::lineage::Class;

/// An upload as stored: JSON members are those of the receipt.
#[derive(Debug, Clone)]
pub struct StoredUpload {
    pub upload_id: Uuid,
    pub number: i64,
    pub sha256: [u8; 32],
    pub file_name: String,
    pub bytes: i64,
    pub received_at: Timestamp,
    pub inspection_id: Option<Uuid>,
    pub class: Class,
    pub job_id: Option<Uuid>,
    pub state: String,
    pub format: Option<String>,
    pub summary: Value,
    pub warnings: Value,
    pub warnings_total: i64,
    pub problem: Option<Value>,
    pub results: Value,
}

#[derive(sqlx::FromRow)]
struct UploadRow {
    upload_id: Uuid,
    number: i64,
    sha256: Vec<u8>,
    file_name: String,
    bytes: i64,
    received_at: jiff_sqlx::Timestamp,
    inspection_id: Option<Uuid>,
    class: String,
    job_id: Option<Uuid>,
    state: String,
    format: Option<String>,
    summary: Value,
    warnings: Value,
    warnings_total: i64,
    problem: Option<Value>,
    results: Value,
}

impl TryFrom<UploadRow> for StoredUpload {
    type Error = super::Error;

    fn try_from(row: UploadRow) -> Result<Self> {
        let sha256 = row
            .sha256
            .try_into()
            .map_err(|_| broken("upload", row.upload_id, "sha256")("not 32 bytes".into()))?;
        Ok(Self {
            upload_id: row.upload_id,
            number: row.number,
            sha256,
            file_name: row.file_name,
            bytes: row.bytes,
            received_at: row.received_at.to_jiff(),
            inspection_id: row.inspection_id,
            class: Class::from_word(&row.class).unwrap_or_default(),
            job_id: row.job_id,
            state: row.state,
            format: row.format,
            summary: row.summary,
            warnings: row.warnings,
            warnings_total: row.warnings_total,
            problem: row.problem,
            results: row.results,
        })
    }
}

/// What is known of a file before it is read.
pub struct NewUpload<'a> {
    pub id: Uuid,
    pub sha256: [u8; 32],
    pub file_name: &'a str,
    pub bytes: u64,
    pub received_at: Timestamp,
    pub uploader: &'a str,
    pub inspection: Option<Uuid>,
    pub class: Class,
}

/// Notes a file; false when these bytes are already known.
///
/// # Errors
/// When the database refuses it.
pub async fn insert(conn: &mut PgConnection, new: &NewUpload<'_>) -> Result<bool> {
    let done = sqlx::query(
        "insert into upload (upload_id, sha256, file_name, bytes, received_at, uploader, inspection_id, class, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'reading')
         on conflict on constraint upload_sha256_key do nothing",
    )
    .bind(new.id)
    .bind(new.sha256.as_slice())
    .bind(new.file_name)
    .bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
    .bind(jiff_sqlx::Timestamp::from(new.received_at))
    .bind(new.uploader)
    .bind(new.inspection)
    .bind(new.class.word())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Begins to read a refused file again; false when someone else does.
///
/// # Errors
/// When the database refuses it.
pub async fn reopen(conn: &mut PgConnection, id: Uuid) -> Result<bool> {
    let done =
        sqlx::query("update upload set state = 'reading', problem = null where upload_id = $1 and state = 'refused'")
            .bind(id)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// What reading a file gave.
pub struct Reading<'a> {
    pub format: &'a str,
    pub summary: Value,
    pub warnings: Value,
    pub warnings_total: u64,
    pub job: Uuid,
}

/// # Errors
/// When the database refuses it.
pub async fn set_read(conn: &mut PgConnection, id: Uuid, reading: Reading<'_>) -> Result<()> {
    sqlx::query(
        "update upload set state = 'checking', format = $2, summary = $3, warnings = $4, warnings_total = $5, job_id = $6
         where upload_id = $1",
    )
    .bind(id)
    .bind(reading.format)
    .bind(reading.summary)
    .bind(reading.warnings)
    .bind(i64::try_from(reading.warnings_total).unwrap_or(i64::MAX))
    .bind(reading.job)
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// When the database refuses it.
pub async fn set_refused(conn: &mut PgConnection, id: Uuid, problem: Value) -> Result<()> {
    sqlx::query("update upload set state = 'refused', problem = $2 where upload_id = $1")
        .bind(id)
        .bind(problem)
        .execute(conn)
        .await?;
    Ok(())
}

/// # Errors
/// When the database refuses it.
pub async fn add_warnings(conn: &mut PgConnection, id: Uuid, warnings: Value, n: i64) -> Result<()> {
    sqlx::query(
        "update upload set warnings = warnings || $2, warnings_total = warnings_total + $3 where upload_id = $1",
    )
    .bind(id)
    .bind(warnings)
    .bind(n)
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// When the database refuses it.
pub async fn set_results(conn: &mut PgConnection, id: Uuid, results: Value, inspection: Option<Uuid>) -> Result<()> {
    sqlx::query(
        "update upload set state = 'done', results = $2, inspection_id = coalesce(inspection_id, $3) where upload_id = $1",
    )
    .bind(id)
    .bind(results)
    .bind(inspection)
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// When the database refuses it.
pub async fn set_failed(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query("update upload set state = 'failed' where upload_id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

const COLUMNS: &str = "
    select upload_id, number, sha256, file_name, bytes, received_at, inspection_id, class, job_id, state, format, summary,
           warnings, warnings_total, problem, results
    from upload
    where ($1::uuid is null or upload_id = $1) and ($2::bytea is null or sha256 = $2)
      and ($3::text is null or state = $3) and ($4::uuid is null or inspection_id = $4)
    order by received_at desc, number desc
    limit $5";

async fn select(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    sha256: Option<&[u8; 32]>,
    state: Option<&str>,
    inspection: Option<Uuid>,
    limit: i64,
) -> Result<Vec<StoredUpload>> {
    let rows: Vec<UploadRow> = sqlx::query_as(COLUMNS)
        .bind(id)
        .bind(sha256.map(<[u8; 32]>::as_slice))
        .bind(state)
        .bind(inspection)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// # Errors
/// When the database cannot be read or a row is broken.
pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredUpload>> {
    Ok(select(conn, Some(id), None, None, None, 1).await?.pop())
}

/// # Errors
/// As [`by_id`].
pub async fn by_sha256(conn: &mut PgConnection, sha256: &[u8; 32]) -> Result<Option<StoredUpload>> {
    Ok(select(conn, None, Some(sha256), None, None, 1).await?.pop())
}

/// Newest first.
///
/// # Errors
/// As [`by_id`].
pub async fn newest(conn: &mut PgConnection, limit: i64) -> Result<Vec<StoredUpload>> {
    select(conn, None, None, None, None, limit).await
}

/// Files whose reading was interrupted.
///
/// # Errors
/// As [`by_id`].
pub async fn interrupted(conn: &mut PgConnection) -> Result<Vec<StoredUpload>> {
    select(conn, None, None, Some("reading"), None, 10_000).await
}

/// What belongs to an inspection, newest first; the checked ones only.
///
/// # Errors
/// As [`by_id`].
pub async fn of_inspection(conn: &mut PgConnection, inspection: Uuid) -> Result<Vec<StoredUpload>> {
    select(conn, None, None, None, Some(inspection), 10_000).await
}
