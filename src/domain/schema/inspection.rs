//! Inspections, joint or by one side.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "inspections",
    kind: "inspection",
    group: Group::Field,
    title: Label::new("Inspections", "检查"),
    description: Label::new(
        "Inspections of a boundary, joint or by one side, with teams and programme",
        "国界的联合检查或单方检查，及其检查组和方案",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::code("kind", &codes::INSPECTION_KIND, "Kind", "种类").required(),
            Field::code("state", &codes::INSPECTION_STATE, "State", "阶段").or("planned"),
            Field::date("starts_on", "Starts on", "开始日期"),
            Field::date("ends_on", "Ends on", "结束日期"),
            Field::texts("sections", "Sections", "国界段"),
            Field::document("teams", "Teams", "检查组").or("[]"),
            Field::document("programme", "Programme", "检查方案"),
            Field::document("commission", "Commission", "委员会"),
            Field::text("remarks_zh", "Remarks (Chinese)", "备注（中文）").or(""),
            Field::text("remarks_en", "Remarks (English)", "备注（英文）").or(""),
        ],
    ],
};
