//! PostGIS: rows to domain records and back, one file per record.
//!
//! Functions are plain and take a connection, so that the service decides what is one transaction. Knows no HTTP and
//! does not ask who is asking. Geometry crosses in [`codec`] only; versions are written in [`version`] only.

pub mod account;
pub mod answer;
pub mod audit;
pub mod backup;
pub mod boundary;
pub mod changes;
pub mod check_run;
pub mod cluster;
pub mod codec;
pub mod feature;
pub mod field;
pub mod job;
pub mod link;
pub mod marker;
pub mod original;
pub mod place;
pub mod pool;
pub mod proposal;
pub mod public;
pub mod record;
pub mod tile;
pub mod track;
pub mod upload;
pub mod version;

pub use pool::{Behalf, Conn, Db, PoolConn, Tx, WORKING_ROLE, attempt, commit, judge_by, keep, undo};

/// What can go wrong between Rust and the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row that breaks a rule of its record: a fault, never the caller's.
    #[error("row {id} of {table}: column {column} is not what the register promises: {reason}")]
    Row {
        table: &'static str,
        id: String,
        column: &'static str,
        reason: String,
    },
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The name of the constraint that a statement broke, where it was one.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }

    /// Whether the rules of a table's rows refused what whoever asks wrote. That the service itself lacks a right to a
    /// table has the same code (42501), but is a fault.
    pub fn is_denied(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        error.code().is_some_and(|code| code == "42501") && error.message().contains("row-level security")
    }

    /// Whether it may go well a little later: no connection was free or could be made, the server was ending or starting,
    /// or others were in the way.
    pub fn is_passing(&self) -> bool {
        const CODES: [&str; 8] = ["40001", "40P01", "53300", "55P03", "57014", "57P01", "57P02", "57P03"];
        match self {
            Self::Database(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| CODES.contains(&&*code) || code.starts_with("08")),
            Self::Database(error) => matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)),
            _ => false,
        }
    }

    /// Whether the disk was full: of the database (53100) or of the file store.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| code == "53100"),
            Self::Io(error) => error.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}

/// Reads a word of a closed list from a column.
pub(crate) fn word<T>(
    table: &'static str,
    id: impl ToString,
    column: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    read(text).ok_or_else(|| Error::Row {
        table,
        id: id.to_string(),
        column,
        reason: format!("unknown word {text}"),
    })
}

/// A fault in a column, from whatever made the value unreadable.
pub(crate) fn broken(
    table: &'static str,
    id: impl ToString,
    column: &'static str,
) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> Error {
    let id = id.to_string();
    move |reason| Error::Row {
        table,
        id: id.clone(),
        column,
        reason: reason.to_string(),
    }
}
