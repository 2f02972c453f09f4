//! Contracts for works.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "contracts",
    kind: "contract",
    group: Group::Works,
    title: Label::new("Contracts", "合同"),
    description: Label::new("Contracts for the works of a project", "项目工程合同"),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        ],
        &NAMES,
        &[
            Field::code("state", &codes::CONTRACT_STATE, "State", "阶段").or("draft"),
            Field::text("contractor_zh", "Contractor (Chinese)", "承包单位（中文）")
                .at(Stored::Member("contractor", "zh")),
            Field::text("contractor_en", "Contractor (English)", "承包单位（英文）")
                .at(Stored::Member("contractor", "en")),
            Field::text("supervisor_zh", "Supervisor (Chinese)", "监理单位（中文）")
                .at(Stored::Member("supervisor", "zh")),
            Field::text("supervisor_en", "Supervisor (English)", "监理单位（英文）")
                .at(Stored::Member("supervisor", "en")),
            Field::number("amount", "1", "Amount", "金额")
                .unit_beside()
                .between(0.0, 1_000_000_000_000_000.0),
            Field::text("currency", "Currency (ISO 4217)", "币种（ISO 4217）"),
            Field::date("signed_on", "Signed on", "签订日期"),
            Field::date("starts_on", "Starts on", "开始日期"),
            Field::date("ends_on", "Ends on", "结束日期"),
            Field::date("defects_until", "Defects liability until", "缺陷责任期止"),
            Field::text("scope_zh", "Scope (Chinese)", "范围（中文）").at(Stored::Member("scope", "zh")),
            Field::text("scope_en", "Scope (English)", "范围（英文）").at(Stored::Member("scope", "en")),
            Field::document("documents", "Files", "文件"),
        ],
    ],
};
