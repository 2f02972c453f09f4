//! Regime profiles: the parameters by which boundary agreements differ. One without a section holds for the whole boundary.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "regime_profiles",
    kind: "regime_profile",
    group: Group::Law,
    title: Label::new("Regime profiles", "管理制度"),
    description: Label::new(
        "What the agreements of one section ask of markers, inspections, vista, notices and upkeep",
        "各国界段的协定对界标、检查、通视道、通报和维护的要求",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "key",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("key", "Key", "代码").required()],
        &NAMES,
        &[
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::texts("marker_kinds", "Kinds of markers", "界标种类"),
            Field::text("numbering_zh", "Numbering (Chinese)", "编号规则（中文）")
                .at(Stored::Member("numbering", "zh")),
            Field::text("numbering_en", "Numbering (English)", "编号规则（英文）")
                .at(Stored::Member("numbering", "en")),
            Field::number("joint_cycle_a", "a", "Joint inspection every", "联合检查周期").between(0.0, 100.0),
            Field::number("control_cycle_a", "a", "Control inspection every", "控制检查周期").between(0.0, 100.0),
            Field::number("vista_m", "m", "Vista on each side", "通视道单侧宽度").between(0.0, 1_000.0),
            Field::integer("notice_days", "Days of notice before works", "施工前通报天数").between(0.0, 1_000.0),
            Field::integer("reply_days", "Days to reply", "答复期限天数").between(0.0, 1_000.0),
            Field::flag("witness", "Other side present at restoration", "恢复界标时对方在场"),
            Field::code("upkeep_rule", &codes::UPKEEP_RULE, "Upkeep", "维护分工"),
            Field::text("upkeep_zh", "Upkeep in words (Chinese)", "维护分工说明（中文）")
                .at(Stored::Member("upkeep", "zh")),
            Field::text("upkeep_en", "Upkeep in words (English)", "维护分工说明（英文）")
                .at(Stored::Member("upkeep", "en")),
            Field::code("river_rule", &codes::RIVER_RULE, "Rule for rivers", "河流规则"),
            Field::text("river_zh", "Rule for rivers in words (Chinese)", "河流规则说明（中文）")
                .at(Stored::Member("river", "zh")),
            Field::text("river_en", "Rule for rivers in words (English)", "河流规则说明（英文）")
                .at(Stored::Member("river", "en")),
            Field::number("tolerance_m", "m", "Tolerance of a marker", "界标容许偏差").between(0.0, 1_000.0),
            Field::number("spacing_m", "m", "Greatest spacing of markers", "界标最大间距").between(0.0, 1_000_000.0),
            Field::texts("languages", "Languages of documents", "文件语文"),
            Field::text("citation", "Citation", "出处"),
        ],
    ],
};
