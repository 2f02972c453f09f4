//! Meetings of both sides, with the bilingual record.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "meetings",
    kind: "meeting",
    group: Group::Affairs,
    title: Label::new("Meetings", "会谈会晤"),
    description: Label::new(
        "Meetings of boundary representatives, commissions and port authorities, with delegations, agenda and minutes",
        "边界代表、委员会及口岸主管部门的会谈会晤，及代表团、议程和纪要",
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
            Field::code("kind", &codes::MEETING_KIND, "Kind", "种类").required(),
            Field::text("level", "Level", "级别"),
            Field::time("starts_at", "From", "起始时间"),
            Field::time("ends_at", "Until", "截止时间"),
            Field::text("place_zh", "Place (Chinese)", "地点（中文）").at(Stored::Member("place", "zh")),
            Field::text("place_en", "Place (English)", "地点（英文）").at(Stored::Member("place", "en")),
            Field::reference("host", "parties", "host_party_id", "Host", "东道方"),
            Field::document("delegations", "Delegations", "代表团"),
            Field::document("agenda", "Agenda", "议程"),
            Field::texts("languages", "Languages", "语文"),
            Field::text("minutes_zh", "Minutes (Chinese)", "纪要（中文）").at(Stored::Member("minutes", "zh")),
            Field::text("minutes_en", "Minutes (English)", "纪要（英文）").at(Stored::Member("minutes", "en")),
            Field::document("signatures", "Signatures", "签字"),
            Field::date("signed_on", "Signed on", "签署日期"),
            Field::reference("incident", "incidents", "incident_id", "Incident", "边境事件"),
            Field::reference("affair", "affairs", "port_affair_id", "Port affair", "口岸事务"),
            Field::reference("project", "projects", "project_id", "Project", "涉界项目"),
            Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查"),
            Field::reference("port", "ports", "port_id", "Port", "口岸"),
            Field::document("documents", "Files", "文件"),
        ],
    ],
};
