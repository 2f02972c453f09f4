//! Islands and sandbars, attributed by an instrument alone.

use super::{Field, Group, Label, NAMES, Presence, REMARKS, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "islands",
    kind: "island",
    group: Group::Line,
    title: Label::new("Islands", "岛屿和沙洲"),
    description: Label::new(
        "Islands and sandbars with the party to which each is attributed; never changed by a survey",
        "岛屿和沙洲及其归属；不因测量而改变",
    ),
    shape: Shape::Polygon,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::reference("owner", "parties", "owner_party_id", "Attributed to", "归属方").required(),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::code("kind", &codes::ISLAND_KIND, "Kind", "种类"),
            Field::text("water_zh", "Water body (Chinese)", "水体名称（中文）").at(Stored::Member("water", "zh")),
            Field::text("water_en", "Water body (English)", "水体名称（英文）").at(Stored::Member("water", "en")),
            Field::number("stated_area_m2", "m2", "Stated area", "所载面积").between(0.0, 10_000_000_000_000.0),
            Field::text("map_sheet", "Map sheet", "图幅"),
        ],
        &REMARKS,
    ],
};
