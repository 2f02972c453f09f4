//! Authorisations: the decision on a project. The geometry is the footprint as authorised.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "authorisations",
    kind: "authorisation",
    group: Group::Works,
    title: Label::new("Authorisations", "授权决定"),
    description: Label::new(
        "Decisions on projects: what was authorised, within which footprint, period and conditions",
        "对项目的决定：授权内容、范围、期限和条件",
    ),
    shape: Shape::Any,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::code("decision", &codes::DECISION, "Decision", "决定").required(),
        Field::text("authority_zh", "Authority (Chinese)", "决定机关（中文）").at(Stored::Member("authority", "zh")),
        Field::text("authority_en", "Authority (English)", "决定机关（英文）").at(Stored::Member("authority", "en")),
        Field::date("decided_on", "Decided on", "决定日期").required(),
        Field::date("starts_on", "Valid from", "有效期起"),
        Field::date("ends_on", "Valid until", "有效期止"),
        Field::text("scope_zh", "Scope (Chinese)", "范围（中文）").at(Stored::Member("scope", "zh")),
        Field::text("scope_en", "Scope (English)", "范围（英文）").at(Stored::Member("scope", "en")),
        Field::text("conditions_zh", "Conditions (Chinese)", "条件（中文）").at(Stored::Member("conditions", "zh")),
        Field::text("conditions_en", "Conditions (English)", "条件（英文）").at(Stored::Member("conditions", "en")),
        Field::reference(
            "supersedes",
            "authorisations",
            "supersedes_id",
            "Supersedes",
            "取代决定",
        ),
        Field::text("citation", "Legal basis", "法律依据"),
        Field::document("documents", "Files", "文件"),
    ]],
};
