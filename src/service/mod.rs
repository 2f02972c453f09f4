//! One function per use of the system: rights, transaction, write, audit event.
//!
//! Every function takes a [`Context`] first and answers with domain values or an [`Error`]. Knows neither HTTP nor the
//! command line.

pub mod account;
pub mod audit;
pub mod backup;
pub mod caller;
pub mod changes;
pub mod check;
mod context;
pub mod demo;
pub mod difference;
pub mod edit;
pub mod export;
pub mod extents;
pub mod features;
pub mod files;
pub mod glossary;
pub mod history;
pub mod import;
pub mod inspect;
pub mod job;
pub mod register;
pub mod report;
pub mod search;
pub mod startup;
pub mod systems;
pub mod tile;
pub mod transformations;
pub mod upload;
pub mod view;
mod window;
pub mod wire;
pub mod worker;

pub use context::{Clock, Context, Ids, Outside};

use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{self, Stored};
use crate::domain::text::Message;

/// Why a use was refused, or broke.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's to put right.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// Ours: logged at the edge with the request's number; the caller learns the number only.
    #[error(transparent)]
    Fault(#[from] Box<dyn std::error::Error + Send + Sync>),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<crate::store::Error> for Error {
    /// A broken constraint of the register is the caller's mistake and has a name; the rest is a fault.
    fn from(error: crate::store::Error) -> Self {
        if error.is_full() {
            return Problem::new(
                Code::StorageFull,
                Message::new("There is no room left to store this.", "存储空间不足，无法保存。"),
                Message::new(
                    "Free some space and send it again; nothing was half stored.",
                    "请释放空间后重新提交；没有保存任何不完整的内容。",
                ),
            )
            .into();
        }
        match error.constraint() {
            Some("boundary_key_key") => Problem::new(
                Code::Conflict,
                Message::new(
                    "A boundary with this key is in the register already.",
                    "登记簿中已有此代码的国界。",
                ),
                Message::new(
                    "Use another key, or change the boundary that is there.",
                    "请改用其他代码，或修改已有的国界。",
                ),
            )
            .into(),
            Some(name) if name.ends_with("_check") => refused_value(name).into(),
            _ => Self::Fault(Box::new(error)),
        }
    }
}

/// A rule that only the database has. Its name is that of the kind, of the column, and `check`.
fn refused_value(constraint: &str) -> Problem {
    let name = constraint.trim_end_matches("_check");
    let field = schema::ALL.iter().find_map(|schema| {
        let column = name.strip_prefix(schema.kind)?.strip_prefix('_')?;
        let stored = |field: &&schema::Field| match field.stored {
            Stored::Column(at) | Stored::Member(at, _) => at == column,
            Stored::Derived => false,
        };
        schema.fields().find(stored).map(|field| field.name)
    });
    let member = field.unwrap_or(name);
    let detail = Message::new(
        format!("The register has a rule for {member} that this value breaks."),
        format!("{member} 的值不符合登记簿的规则。"),
    );
    Problem::new(
        Code::ValueInvalid,
        detail.clone(),
        Message::new(
            "Look at its format in the schema of the collection, and correct it.",
            "请查看该数据集的字段定义并更正。",
        ),
    )
    .with_mistakes(vec![Mistake {
        at: format!("#/properties/{member}"),
        detail,
    }])
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        crate::store::Error::from(error).into()
    }
}

impl From<crate::store::cluster::ClusterError> for Error {
    fn from(error: crate::store::cluster::ClusterError) -> Self {
        Problem::from(error).into()
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// The refusal for something that is not there, or not to be seen.
pub fn not_found(kind: &Message, id: impl std::fmt::Display) -> Error {
    Problem::new(
        Code::NotFound,
        Message::new(
            format!("There is no {} {id}.", kind.en),
            format!("没有{}{id}。", kind.zh),
        ),
        Message::new("Look it up in the list.", "请在列表中查找。"),
    )
    .into()
}
