//! Incidents: facts of both sides stand beside each other. Offices report, not persons.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "incidents",
    kind: "incident",
    group: Group::Affairs,
    title: Label::new("Incidents", "边境事件"),
    description: Label::new(
        "Incidents at the line or a port, with the facts as each side states them, reports upward and the outcome",
        "国界线或口岸的边境事件，及双方陈述、上报和处理结果",
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
            Field::code("kind", &codes::INCIDENT_KIND, "Type", "类型").required(),
            Field::code("severity", &codes::SEVERITY, "Severity", "严重程度").or("minor"),
            Field::code("state", &codes::INCIDENT_STATE, "State", "阶段").or("reported"),
            Field::time("detected_at", "Detected at", "发现时间"),
            Field::time("reported_at", "Reported at", "报告时间"),
            Field::text("reported_by", "Reported by (office)", "报告单位"),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差").between(0.0, 1_000_000.0),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::reference("marker", "markers", "marker_id", "Marker", "界标"),
            Field::reference("port", "ports", "port_id", "Port", "口岸"),
            Field::reference("project", "projects", "project_id", "Project", "涉界项目"),
            Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查"),
            Field::text("facts_zh", "Facts as we saw them (Chinese)", "我方陈述（中文）")
                .at(Stored::Member("facts", "zh")),
            Field::text("facts_en", "Facts as we saw them (English)", "我方陈述（英文）")
                .at(Stored::Member("facts", "en")),
            Field::text(
                "facts_theirs_zh",
                "Facts as the other side states them (Chinese)",
                "对方陈述（中文）",
            )
            .at(Stored::Member("facts_theirs", "zh")),
            Field::text(
                "facts_theirs_en",
                "Facts as the other side states them (English)",
                "对方陈述（英文）",
            )
            .at(Stored::Member("facts_theirs", "en")),
            Field::text("measures_zh", "Measures taken (Chinese)", "处置措施（中文）")
                .at(Stored::Member("measures", "zh")),
            Field::text("measures_en", "Measures taken (English)", "处置措施（英文）")
                .at(Stored::Member("measures", "en")),
            Field::document("escalation", "Reports upward", "上报记录"),
            Field::date("reply_due", "Reply due", "答复期限"),
            Field::document("investigation", "Joint investigation", "联合调查"),
            Field::text("outcome_zh", "Outcome (Chinese)", "处理结果（中文）").at(Stored::Member("outcome", "zh")),
            Field::text("outcome_en", "Outcome (English)", "处理结果（英文）").at(Stored::Member("outcome", "en")),
            Field::text("lessons_zh", "Lessons (Chinese)", "经验教训（中文）").at(Stored::Member("lessons", "zh")),
            Field::text("lessons_en", "Lessons (English)", "经验教训（英文）").at(Stored::Member("lessons", "en")),
            Field::date("closed_on", "Closed on", "结案日期"),
            Field::date("keep_until", "Keep until", "保存期限"),
            Field::document("documents", "Files", "文件"),
        ],
    ],
};
