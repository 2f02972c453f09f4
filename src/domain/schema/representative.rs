//! Representatives: who may speak for a side, by which credential.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "representatives",
    kind: "representative",
    group: Group::Affairs,
    title: Label::new("Representatives", "边界代表"),
    description: Label::new(
        "Boundary representatives, deputies, interpreters and liaison officers with their credentials",
        "边界代表、副代表、翻译和联络官及其证书",
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
            Field::reference("party", "parties", "party_id", "Party", "当事方").required(),
            Field::code("role", &codes::REPRESENTATIVE_ROLE, "Role", "职务").required(),
            Field::text("office_zh", "Office (Chinese)", "单位（中文）").at(Stored::Member("office", "zh")),
            Field::text("office_en", "Office (English)", "单位（英文）").at(Stored::Member("office", "en")),
            Field::texts("sections", "Sections", "国界段"),
            Field::text("credential", "Credential", "证书编号"),
            Field::date("issued_on", "Issued on", "签发日期"),
            Field::date("starts_on", "Valid from", "有效期起"),
            Field::date("ends_on", "Valid until", "有效期止"),
            Field::text("contact", "Contact", "联系方式"),
        ],
    ],
};
