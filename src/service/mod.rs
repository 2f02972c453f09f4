//! One function per use of the system: rights, transaction, write, audit event.
//!
//! Every function takes a [`Context`] first and answers with domain values or an [`Error`]. Knows neither HTTP nor the
//! command line.

pub mod account;
pub mod answers;
pub mod audit;
pub mod backup;
pub mod caller;
pub mod changes;
pub mod check;
pub mod constraints;
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
mod memory;
pub mod proposal;
pub mod public;
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
pub use memory::{Memories, Memory};

use crate::domain::problem::{Code, Problem};
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

impl Error {
    /// Whether it may go well a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Refused(problem) if matches!(problem.code, Code::Unavailable | Code::StorageFull))
    }
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<crate::store::Error> for Error {
    /// A broken constraint is the caller's mistake where [`constraints`] knows it; what passes is said to pass; the rest is
    /// a fault.
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
        if error.is_denied() {
            return caller::not_allowed().into();
        }
        if error.is_passing() {
            return Problem::new(
                Code::Unavailable,
                Message::new(
                    "The database could not take this now: it is busy, or starting.",
                    "数据库暂时无法处理：正忙或正在启动。",
                ),
                Message::new(
                    "Send it again in a few seconds, with the same Idempotency-Key; it is then done once.",
                    "请几秒后以同一 Idempotency-Key 重新提交，以确保只执行一次。",
                ),
            )
            .into();
        }
        match error.constraint().and_then(constraints::problem) {
            Some(problem) => problem.into(),
            None => Self::Fault(Box::new(error)),
        }
    }
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
