//! Sections: parts of a boundary with one regime.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "sections",
    kind: "section",
    group: Group::Line,
    title: Label::new("Sections", "国界段"),
    description: Label::new(
        "Parts of a boundary with one regime; the line of each is that of its segments in order",
        "适用同一管理制度的国界段；其界线由所属线段依次组成",
    ),
    shape: Shape::Lines,
    geometry: Presence::ReadOnly,
    of_boundary: true,
    natural: "key",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("key", "Key", "代码").required(),
            Field::integer("ordinal", "Order along the boundary", "沿国界的序号")
                .required()
                .between(1.0, 100_000.0),
        ],
        &NAMES,
        &[
            Field::code("character", &codes::SECTION_CHARACTER, "Character", "性质").required(),
            Field::code("legal_status", &codes::LEGAL_STATUS, "Legal status", "法律地位").or("agreed"),
            Field::code(
                "technical_status",
                &codes::TECHNICAL_STATUS,
                "Technical status",
                "技术状态",
            )
            .or("edge_matched"),
            Field::number("length_m", "m", "Length on the ellipsoid", "椭球面长度").derived(),
        ],
    ],
};
