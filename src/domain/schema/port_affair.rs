//! Port affairs.

use super::{DESCRIPTION, Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "affairs",
    kind: "port_affair",
    group: Group::Affairs,
    title: Label::new("Port affairs", "口岸事务"),
    description: Label::new(
        "Openings, closures, changes of hours, temporary openings, works and other affairs of ports",
        "口岸的开放、关闭、时间调整、临时开放、设施工程等事务",
    ),
    shape: Shape::Point,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::code("kind", &codes::AFFAIR_KIND, "Kind", "种类").required(),
            Field::code("state", &codes::AFFAIR_STATE, "State", "阶段").or("proposed"),
            Field::reference("port", "ports", "port_id", "Port", "口岸"),
            Field::reference("project", "projects", "project_id", "Project", "涉界项目"),
            Field::reference("incident", "incidents", "incident_id", "Incident", "边境事件"),
            Field::time("starts_at", "From", "起始时间"),
            Field::time("ends_at", "Until", "截止时间"),
            Field::code(
                "closure_reason",
                &codes::CLOSURE_REASON,
                "Reason of closure",
                "关闭原因",
            ),
            Field::text("cause_zh", "Reason in words (Chinese)", "原因说明（中文）").at(Stored::Member("cause", "zh")),
            Field::text("cause_en", "Reason in words (English)", "原因说明（英文）").at(Stored::Member("cause", "en")),
            Field::text("traffic", "Traffic", "通行类别"),
            Field::text("approved_by_zh", "Approved by (Chinese)", "批准机关（中文）")
                .at(Stored::Member("approved_by", "zh")),
            Field::text("approved_by_en", "Approved by (English)", "批准机关（英文）")
                .at(Stored::Member("approved_by", "en")),
            Field::text("approval_number", "Number of the approval", "批准文号"),
            Field::date("approved_on", "Approved on", "批准日期"),
            Field::date("notified_on", "Other side told on", "通报对方日期"),
            Field::document("calendar", "Weekly opening", "每周开放时间"),
            Field::document("exceptions", "Exceptions of the opening", "开放例外"),
            Field::document("statistics", "Figures", "统计数据"),
        ],
        &DESCRIPTION,
        &[Field::document("documents", "Files", "文件")],
    ],
};
