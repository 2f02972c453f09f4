//! Work programmes. The geometry is the footprint as programmed.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "work_programmes",
    kind: "work_programme",
    group: Group::Works,
    title: Label::new("Work programmes", "施工方案"),
    description: Label::new(
        "Programmes of works: method, period, crews, equipment and crossings, to be held against the authorisation",
        "施工方案：方法、期限、人员、设备和过境需求，与授权对照审核",
    ),
    shape: Shape::Any,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").required(),
        Field::reference("project", "projects", "project_id", "Project", "涉界项目").required(),
        Field::integer("revision", "Revision", "修订号")
            .between(1.0, 100_000.0)
            .or("1"),
        Field::code("state", &codes::PROGRAMME_STATE, "State", "阶段").or("draft"),
        Field::reference(
            "authorisation",
            "authorisations",
            "authorisation_id",
            "Authorisation",
            "授权决定",
        ),
        Field::reference("contract", "contracts", "contract_id", "Contract", "合同"),
        Field::date("submitted_on", "Submitted on", "提交日期"),
        Field::date("approved_on", "Approved on", "批准日期"),
        Field::text("approved_by_zh", "Approved by (Chinese)", "批准机关（中文）")
            .at(Stored::Member("approved_by", "zh")),
        Field::text("approved_by_en", "Approved by (English)", "批准机关（英文）")
            .at(Stored::Member("approved_by", "en")),
        Field::date("starts_on", "Starts on", "开始日期"),
        Field::date("ends_on", "Ends on", "结束日期"),
        Field::text("method_zh", "Method (Chinese)", "施工方法（中文）").at(Stored::Member("method", "zh")),
        Field::text("method_en", "Method (English)", "施工方法（英文）").at(Stored::Member("method", "en")),
        Field::number("volume_m3", "m3", "Volume moved", "工程量（方）").between(0.0, 1_000_000_000_000.0),
        Field::document("crews", "Crews", "人员"),
        Field::document("equipment", "Equipment", "设备"),
        Field::document("crossings", "Crossings of the line", "过境安排"),
        Field::text(
            "restoration_zh",
            "Restoration of the site (Chinese)",
            "场地恢复（中文）",
        )
        .at(Stored::Member("restoration", "zh")),
        Field::text(
            "restoration_en",
            "Restoration of the site (English)",
            "场地恢复（英文）",
        )
        .at(Stored::Member("restoration", "en")),
        Field::document("documents", "Files", "文件"),
    ]],
};
