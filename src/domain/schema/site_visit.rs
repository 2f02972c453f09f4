//! Site visits. The geometry is what was surveyed, where it was.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "site_visits",
    kind: "site_visit",
    group: Group::Works,
    title: Label::new("Site visits", "现场检查"),
    description: Label::new(
        "Dated visits to the site of a project, with what was seen and asked for",
        "对项目现场的检查及所见和要求",
    ),
    shape: Shape::Any,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::code("kind", &codes::SITE_VISIT_KIND, "Kind", "种类").or("supervision"),
        Field::date("visited_on", "Visited on", "检查日期").required(),
        Field::reference("party", "parties", "party_id", "Party", "检查方"),
        Field::document("participants", "Participants", "参加人员"),
        Field::text("findings_zh", "What was seen (Chinese)", "检查情况（中文）").at(Stored::Member("findings", "zh")),
        Field::text("findings_en", "What was seen (English)", "检查情况（英文）").at(Stored::Member("findings", "en")),
        Field::text("measures_zh", "What is asked for (Chinese)", "整改要求（中文）")
            .at(Stored::Member("measures", "zh")),
        Field::text("measures_en", "What is asked for (English)", "整改要求（英文）")
            .at(Stored::Member("measures", "en")),
        Field::date("measures_due", "Due", "整改期限"),
        Field::date("measures_done_on", "Done on", "整改完成日期"),
        Field::texts("tracks", "Tracks", "轨迹"),
        Field::document("documents", "Files", "文件"),
    ]],
};
