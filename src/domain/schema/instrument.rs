//! Instruments: treaties, protocols, acts and permits. What an instrument itself rests on is `supersedes`.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "instruments",
    kind: "instrument",
    group: Group::Law,
    title: Label::new("Instruments", "条约文书"),
    description: Label::new(
        "The papers from which lines, markers and rules take their force",
        "国界线、界标和规则的法律依据文书",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: false,
    natural: "key",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("key", "Key", "代码").required(),
            Field::code("kind", &codes::INSTRUMENT_KIND, "Kind", "种类").required(),
            Field::text("number", "Number", "编号"),
        ],
        &NAMES,
        &[
            Field::texts("parties", "Parties", "当事方"),
            Field::texts("languages", "Languages", "文本语文"),
            Field::text("place_zh", "Signed at (Chinese)", "签署地点（中文）").at(Stored::Member("place", "zh")),
            Field::text("place_en", "Signed at (English)", "签署地点（英文）").at(Stored::Member("place", "en")),
            Field::date("signed_on", "Signed on", "签署日期"),
            Field::date("approved_on", "Approved on", "批准日期"),
            Field::date("in_force_on", "In force on", "生效日期"),
            Field::date("ends_on", "Ends on", "终止日期"),
            Field::reference("supersedes", "instruments", "supersedes_id", "Supersedes", "取代文书"),
            Field::text("citation", "Citation", "引用格式"),
            Field::text(
                "precedence_zh",
                "Which evidence prevails (Chinese)",
                "证据效力次序（中文）",
            )
            .at(Stored::Member("precedence", "zh")),
            Field::text(
                "precedence_en",
                "Which evidence prevails (English)",
                "证据效力次序（英文）",
            )
            .at(Stored::Member("precedence", "en")),
            Field::document("documents", "Files", "文件"),
        ],
    ],
};
