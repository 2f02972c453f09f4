//! Findings. Measured value, uncertainty and tolerance are in the unit of the field `unit`.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "findings",
    kind: "finding",
    group: Group::Verdicts,
    title: Label::new("Findings", "检核结果"),
    description: Label::new(
        "Answers of checks: verdict, measured value, uncertainty and tolerance, with true geometry",
        "检核结论：判定、量测值、不确定度和容差，及其真实几何",
    ),
    shape: Shape::Any,
    geometry: Presence::ReadOnly,
    of_boundary: false,
    natural: "number",
    writes: Writes::None,
    fields: &[&[
        Field::text("number", "Number", "编号").derived(),
        Field::reference("check_run", "check_runs", "check_run_id", "Check run", "检核批次").read_only(),
        Field::text("check", "Check", "检核项")
            .at(Stored::Column("check_code"))
            .read_only(),
        Field::code("verdict", &codes::VERDICT, "Verdict", "判定").read_only(),
        Field::texts("subjects", "Subjects", "对象").read_only(),
        Field::number("measured", "1", "Measured", "量测值")
            .unit_beside()
            .read_only(),
        Field::text("unit", "Unit", "单位").read_only(),
        Field::number("uncertainty_95", "1", "Uncertainty (95 %)", "不确定度（95 %）")
            .unit_beside()
            .read_only(),
        Field::number("tolerance", "1", "Tolerance", "容差")
            .unit_beside()
            .read_only(),
        Field::text("tolerance_source", "Source of the tolerance", "容差来源").read_only(),
        Field::text("message_en", "Message (English)", "说明（英文）").read_only(),
        Field::text("message_zh", "Message (Chinese)", "说明（中文）").read_only(),
        Field::document("details", "Details", "详情").read_only(),
        Field::code("state", &codes::FINDING_STATE, "State", "处理阶段").read_only(),
    ]],
};
