//! Border projects. The geometry is the footprint.

use super::{DESCRIPTION, Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "projects",
    kind: "project",
    group: Group::Works,
    title: Label::new("Projects", "涉界项目"),
    description: Label::new(
        "Border projects with their footprint and the state of their procedure",
        "涉界项目及其范围和办理阶段",
    ),
    shape: Shape::Any,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::code("kind", &codes::PROJECT_KIND, "Kind", "种类").required(),
            Field::code("state", &codes::PROJECT_STATE, "State", "阶段").or("draft"),
            Field::reference("party", "parties", "party_id", "Party", "当事方"),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::text("applicant_zh", "Applicant (Chinese)", "申请单位（中文）")
                .at(Stored::Member("applicant", "zh")),
            Field::text("applicant_en", "Applicant (English)", "申请单位（英文）")
                .at(Stored::Member("applicant", "en")),
        ],
        &DESCRIPTION,
        &[
            Field::text("purpose_zh", "Purpose (Chinese)", "目的（中文）").at(Stored::Member("purpose", "zh")),
            Field::text("purpose_en", "Purpose (English)", "目的（英文）").at(Stored::Member("purpose", "en")),
            Field::date("planned_from", "Planned from", "计划开始日期"),
            Field::date("planned_to", "Planned until", "计划结束日期"),
            Field::flag("permanent", "Permanent works", "永久性工程"),
            Field::flag("crosses", "Crosses the line", "跨越国界线"),
            Field::document("documents", "Files", "文件"),
        ],
    ],
};
