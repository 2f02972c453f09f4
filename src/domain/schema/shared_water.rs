//! Shared waters: where the boundary is a water surface and not a line.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "shared_waters",
    kind: "shared_water",
    group: Group::Line,
    title: Label::new("Shared waters", "共同国界水域"),
    description: Label::new(
        "Water surfaces that both sides share; nobody draws a middle line in them",
        "双方共有的水域；其中不划中间线",
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
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::code("kind", &codes::WATER_KIND, "Kind", "种类").or("river"),
            Field::number("stage_m", "m", "Water stage", "水位"),
            Field::text("stage_datum", "Datum of the stage", "水位基准"),
            Field::date("surveyed_on", "Surveyed on", "测量日期"),
            Field::number("stated_area_m2", "m2", "Stated area", "所载面积").between(0.0, 10_000_000_000_000.0),
            Field::text("use_zh", "Rules of use (Chinese)", "使用规则（中文）").at(Stored::Member("usage", "zh")),
            Field::text("use_en", "Rules of use (English)", "使用规则（英文）").at(Stored::Member("usage", "en")),
            Field::text("citation", "Citation", "出处"),
        ],
    ],
};
