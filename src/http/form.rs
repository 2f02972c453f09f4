//! Forms with files in them.

use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::Error;

/// The refusal of a form that cannot be read; `remedy` says how its files are sent.
pub(super) fn unreadable(fault: &str, remedy: Message) -> Error {
    let detail = Message::new(
        format!("The form cannot be read: {fault}."),
        format!("无法读取表单：{fault}。"),
    );
    Problem::new(Code::BodyInvalid, detail, remedy).into()
}
