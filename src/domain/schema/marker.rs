//! Markers: one number, one to three elements. The position of a marker is that of its first element.

use super::{Field, Group, Label, NAMES, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "markers",
    kind: "marker",
    group: Group::Marks,
    title: Label::new("Markers", "界标"),
    description: Label::new(
        "Boundary markers; the position is that of the first element",
        "界标；位置为其第一个标体的位置",
    ),
    shape: Shape::Point,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::texts("former_numbers", "Former numbers", "曾用编号"),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::integer("sequence", "Order along the line", "沿线序号"),
        ],
        &NAMES,
        &[
            Field::code("constellation", &codes::CONSTELLATION, "Constellation", "设置方式").or("single"),
            Field::code("kind", &codes::MARKER_KIND, "Kind", "种类").or("main"),
            Field::code("condition", &codes::MARKER_CONDITION, "Condition", "状态").or("not_inspected"),
            Field::text("damage", "Damage", "损坏情况"),
            Field::reference("keeper", "parties", "keeper_party_id", "Kept by", "维护方"),
            Field::reference("erected_by", "parties", "erected_by_party_id", "Erected by", "树立方"),
            Field::date("erected_on", "Erected on", "树立日期"),
            Field::text("map_sheet", "Map sheet", "图幅"),
        ],
        // Said of the position, and so kept with the first element.
        &[
            Field::text("printed_lat", "Latitude as printed", "纬度（原文）").at(Stored::Derived),
            Field::text("printed_lon", "Longitude as printed", "经度（原文）").at(Stored::Derived),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差")
                .at(Stored::Derived)
                .between(0.0, 10_000.0),
            Field::number("height_m", "m", "Height", "高程").at(Stored::Derived),
        ],
    ],
};
