//! Audits, at the three points where works are held against what was authorised.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "audits",
    kind: "audit",
    group: Group::Works,
    title: Label::new("Audits", "审核"),
    description: Label::new(
        "Audits of works before, during and after: as programmed, as built, as paid, as restored",
        "施工前、中、后的审核：方案、竣工、财务和恢复",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::code("stage", &codes::AUDIT_STAGE, "Stage", "审核环节").required(),
        Field::date("audited_on", "Audited on", "审核日期").required(),
        Field::text("auditor_zh", "Auditor (Chinese)", "审核单位（中文）").at(Stored::Member("auditor", "zh")),
        Field::text("auditor_en", "Auditor (English)", "审核单位（英文）").at(Stored::Member("auditor", "en")),
        Field::code("result", &codes::AUDIT_RESULT, "Result", "结论").required(),
        Field::reference(
            "work_programme",
            "work_programmes",
            "work_programme_id",
            "Work programme",
            "施工方案",
        ),
        Field::reference("acceptance", "acceptances", "acceptance_id", "Acceptance", "验收"),
        Field::number("outside_m2", "m2", "Area outside the footprint", "超出范围面积")
            .between(0.0, 1_000_000_000_000.0),
        Field::number("deviation_m", "m", "Greatest distance outside", "最大超出距离").between(0.0, 1_000_000.0),
        Field::number("volume_overrun_percent", "%", "Overrun of volume", "工程量超出比例")
            .between(-100.0, 1_000_000.0),
        Field::integer("period_overrun_days", "Overrun of period", "超期天数").between(-100_000.0, 100_000.0),
        Field::text("findings_zh", "Findings (Chinese)", "审核情况（中文）").at(Stored::Member("findings", "zh")),
        Field::text("findings_en", "Findings (English)", "审核情况（英文）").at(Stored::Member("findings", "en")),
        Field::text("recommendations_zh", "Recommendations (Chinese)", "建议（中文）")
            .at(Stored::Member("recommendations", "zh")),
        Field::text("recommendations_en", "Recommendations (English)", "建议（英文）")
            .at(Stored::Member("recommendations", "en")),
        Field::date("due_on", "Due", "整改期限"),
        Field::date("settled_on", "Settled on", "整改完成日期"),
        Field::document("documents", "Files", "文件"),
    ]],
};
