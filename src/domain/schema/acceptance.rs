//! Acceptances. The geometry is the works as built.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "acceptances",
    kind: "acceptance",
    group: Group::Works,
    title: Label::new("Acceptances", "验收"),
    description: Label::new(
        "Acceptance of works, alone or with the other side, with defects and the surveyed result",
        "工程验收（单方或联合）及缺陷和竣工测量",
    ),
    shape: Shape::Any,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::code("kind", &codes::ACCEPTANCE_KIND, "Kind", "种类").or("unilateral"),
        Field::code("result", &codes::ACCEPTANCE_RESULT, "Result", "结果").required(),
        Field::date("accepted_on", "Accepted on", "验收日期").required(),
        Field::text("place_zh", "Place (Chinese)", "地点（中文）").at(Stored::Member("place", "zh")),
        Field::text("place_en", "Place (English)", "地点（英文）").at(Stored::Member("place", "en")),
        Field::document("participants", "Participants", "参加人员"),
        Field::document("defects", "Defects", "缺陷"),
        Field::date("defects_until", "Defects liability until", "缺陷责任期止"),
        Field::flag("site_restored", "Site restored", "场地已恢复"),
        Field::flag("markers_checked", "Markers checked", "界标已核查"),
        Field::text("act_number", "Number of the act", "记录编号"),
        Field::document("documents", "Files", "文件"),
    ]],
};
