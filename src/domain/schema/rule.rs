//! Distance rules: data with a citation, never constants of the program.

use super::{DESCRIPTION, Field, Group, Label, Presence, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "rules",
    kind: "rule",
    group: Group::Law,
    title: Label::new("Distance rules", "距离规则"),
    description: Label::new(
        "What works within a distance of the line, a marker or a bank need, by which article",
        "距国界线、界标或河岸一定距离内的活动所需手续及其出处",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::reference("party", "parties", "party_id", "Party whose rule it is", "规则所属方"),
            Field::code("side", &codes::RULE_SIDE, "Side of the line", "适用哪一侧").or("both"),
            Field::code("activity", &codes::ACTIVITY, "Activity", "活动").required(),
            Field::number("min_m", "m", "From", "起始距离")
                .between(0.0, 1_000_000.0)
                .or("0"),
            Field::number("max_m", "m", "Up to", "截止距离").between(0.0, 1_000_000.0),
            Field::code("measured_from", &codes::MEASURED_FROM, "Measured from", "量算基准").or("line"),
            Field::code("effect", &codes::RULE_EFFECT, "What it asks", "要求").required(),
            Field::integer("notice_days", "Days of notice", "提前通报天数").between(0.0, 1_000.0),
        ],
        &DESCRIPTION,
        &[
            Field::text("citation", "Citation", "出处").required(),
            Field::code(
                "confidence",
                &codes::CONFIDENCE,
                "How sure the source is",
                "来源可靠程度",
            )
            .or("to_verify"),
        ],
    ],
};
