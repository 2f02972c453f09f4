//! What the database refuses by name is the caller's to put right, and is told as such.
//!
//! `tests/it/constraints.rs` walks through everything that has a name there, and wants each told here or its reason why
//! no caller comes upon it.

use super::answers;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{self, Schema, Stored};
use crate::domain::text::Message;

/// The refusal for a constraint that a caller can break; none for those that only a fault of ours does.
pub fn problem(constraint: &str) -> Option<Problem> {
    match constraint {
        // Noted by who was faster, though nothing was claimed.
        "answer_pkey" => Some(answers::in_flight()),
        "account_name_key" => Some(taken(
            "#/name",
            "There is an account of this name already.",
            "此用户名已存在。",
        )),
        "boundary_key_key" => Some(Problem::new(
            Code::Conflict,
            Message::new(
                "A boundary with this key is in the register already.",
                "登记簿中已有此代码的国界。",
            ),
            Message::new(
                "Use another key, or change the boundary that is there.",
                "请改用其他代码，或修改已有的国界。",
            ),
        )),
        // Raised where something in force would be touched by a way that proposes nothing.
        "two_persons" => Some(Problem::new(
            Code::SamePerson,
            Message::new(
                "This would change what is in force, which wants a second person.",
                "此操作会更改已生效的内容，须经第二人批准。",
            ),
            Message::new(
                "Change the records themselves, one by one or by a file; that is proposed.",
                "请逐条或通过文件更改记录本身，将作为提案提出。",
            ),
        )),
        "token_inspection_id_fkey" | "upload_inspection_id_fkey" => Some(Problem::new(
            Code::NotFound,
            Message::new("There is no such inspection.", "没有此检查。"),
            Message::new("Look it up in the list.", "请在列表中查找。"),
        )),
        _ => of_kind(constraint),
    }
}

/// The rules that every kind of record has alike.
fn of_kind(constraint: &str) -> Option<Problem> {
    if let Some(name) = constraint.strip_suffix("_check") {
        return Some(refused_value(name));
    }
    if let Some(kind) = constraint.strip_suffix("_one_in_force_excl") {
        let schema = schema::ALL.iter().find(|schema| schema.kind == kind)?;
        return Some(two_versions(schema));
    }
    // Somebody else took the number between the look and the writing.
    let schema = schema::ALL
        .iter()
        .find(|schema| constraint == format!("{}_{}_key", schema.kind, schema.natural))?;
    Some(taken(
        &format!("#/properties/{}", schema.natural),
        format!(
            "There is a record of this {} in {} already.",
            schema.natural, schema.collection
        ),
        format!("{}中已有相同的 {}。", schema.title.zh, schema.natural),
    ))
}

fn taken(at: &str, en: impl Into<String>, zh: impl Into<String>) -> Problem {
    let detail = Message::new(en, zh);
    Problem::new(
        Code::NumberTaken,
        detail.clone(),
        Message::new(
            "Give another, or change the one that is there.",
            "请改用其他编号，或修改已有的。",
        ),
    )
    .with_mistakes(vec![Mistake {
        at: at.to_owned(),
        detail,
    }])
}

fn two_versions(schema: &Schema) -> Problem {
    Problem::new(
        Code::Conflict,
        Message::new(
            format!(
                "A record of {} would have two versions in force at once.",
                schema.collection
            ),
            format!("{}的同一记录在同一时间将有两个生效版本。", schema.title.zh),
        ),
        Message::new(
            "Read its versions, and say since when the new one is in force (valid_from).",
            "请查看其各版本，并说明新版本何时生效（valid_from）。",
        ),
    )
}

/// A rule for values that only the database has. Its name is that of the kind and of the column.
fn refused_value(name: &str) -> Problem {
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
