//! Zones: areas in which something is closed, kept clear or needs a permit.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "zones",
    kind: "zone",
    group: Group::Line,
    title: Label::new("Zones", "区域"),
    description: Label::new(
        "Areas along the line with rules of their own: closed and administration zones, vista, enclosed sites",
        "沿国界线设有专门规则的区域：边境禁区、边境管理区、通视道、封闭施工区等",
    ),
    shape: Shape::Polygon,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::code("kind", &codes::ZONE_KIND, "Kind", "种类").required(),
            Field::reference("party", "parties", "party_id", "Party", "当事方"),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::reference("project", "projects", "project_id", "Project", "涉界项目"),
            Field::date("starts_on", "Starts on", "开始日期"),
            Field::date("ends_on", "Ends on", "结束日期"),
            Field::text("rules_zh", "Rules in words (Chinese)", "管理规定（中文）").at(Stored::Member("rules", "zh")),
            Field::text("rules_en", "Rules in words (English)", "管理规定（英文）").at(Stored::Member("rules", "en")),
            Field::text("citation", "Citation", "出处"),
        ],
    ],
};
