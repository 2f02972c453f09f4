//! Parties: who holds one side of a boundary.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "parties",
    kind: "party",
    group: Group::Law,
    title: Label::new("Parties", "当事方"),
    description: Label::new(
        "States, or whoever else holds one side of a boundary",
        "国家或持有国界一侧的其他方",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: false,
    natural: "code",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("code", "Code", "代码").required()],
        &NAMES,
        &[
            Field::text("official_name_zh", "Official name (Chinese)", "全称（中文）")
                .at(Stored::Member("official_names", "zh")),
            Field::text("official_name_en", "Official name (English)", "全称（英文）")
                .at(Stored::Member("official_names", "en")),
            Field::text("official_name_ru", "Official name (Russian)", "全称（俄文）")
                .at(Stored::Member("official_names", "ru")),
            Field::text("official_name_ko", "Official name (Korean)", "全称（朝鲜文）")
                .at(Stored::Member("official_names", "ko")),
            Field::code("kind", &codes::PARTY_KIND, "Kind", "种类"),
            Field::text("authority_zh", "Competent authority (Chinese)", "主管机关（中文）")
                .at(Stored::Member("authority", "zh")),
            Field::text("authority_en", "Competent authority (English)", "主管机关（英文）")
                .at(Stored::Member("authority", "en")),
            Field::texts("languages", "Languages", "语文"),
        ],
    ],
};
