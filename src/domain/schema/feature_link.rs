//! Ties between records of any kind.

use super::{ANY, Field, Group, Label, Presence, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "feature_links",
    kind: "feature_link",
    group: Group::Links,
    title: Label::new("Links", "关联"),
    description: Label::new(
        "Ties of projects, affairs, findings, notices and documents to map features",
        "项目、事务、检核结果、通报和文件与地图要素的关联",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: false,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号").derived(),
        Field::reference("from", ANY, "from_id", "From", "自").required(),
        Field::reference("to", ANY, "to_id", "To", "至").required(),
        Field::code("relation", &codes::RELATION, "Relation", "关系").required(),
        Field::code("made_by", &codes::MADE_BY, "Made by", "建立方式").or("person"),
        Field::text("note", "Note", "说明"),
    ]],
};
