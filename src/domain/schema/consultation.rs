//! Consultations: whom a project was put to, and what they said.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "consultations",
    kind: "consultation",
    group: Group::Works,
    title: Label::new("Consultations", "征求意见与协商"),
    description: Label::new(
        "Opinions of agencies and consultations with the neighbour about a project",
        "就项目征求部门意见及与邻方协商",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::code("kind", &codes::CONSULTATION_KIND, "Kind", "种类").required(),
        Field::text("authority_zh", "Authority asked (Chinese)", "征求单位（中文）")
            .at(Stored::Member("authority", "zh")),
        Field::text("authority_en", "Authority asked (English)", "征求单位（英文）")
            .at(Stored::Member("authority", "en")),
        Field::reference("party", "parties", "party_id", "Party of the authority", "单位所属方"),
        Field::date("asked_on", "Asked on", "发函日期"),
        Field::date("reply_due", "Reply due", "答复期限"),
        Field::date("replied_on", "Replied on", "答复日期"),
        Field::code("result", &codes::CONSULTATION_RESULT, "Result", "结果").or("pending"),
        Field::text("opinion_zh", "Opinion (Chinese)", "意见（中文）").at(Stored::Member("opinion", "zh")),
        Field::text("opinion_en", "Opinion (English)", "意见（英文）").at(Stored::Member("opinion", "en")),
        Field::text("conditions_zh", "Conditions (Chinese)", "条件（中文）").at(Stored::Member("conditions", "zh")),
        Field::text("conditions_en", "Conditions (English)", "条件（英文）").at(Stored::Member("conditions", "en")),
        Field::text("reference_out", "Number of the letter", "去函编号"),
        Field::text("reference_in", "Number of the reply", "复函编号"),
        Field::document("documents", "Files", "文件"),
    ]],
};
