//! Boundary points: points of the line by the list of its instrument.

use super::{Field, Group, Label, PRINTED, Schema, Shape, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "boundary_points",
    kind: "boundary_point",
    group: Group::Line,
    title: Label::new("Boundary points", "界点"),
    description: Label::new(
        "Points of the line by the list of its instrument, with their text exactly as signed",
        "法律文件所列的界点，保留签署文本原文",
    ),
    shape: Shape::Point,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
        ],
        &PRINTED,
        &[Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差").between(0.0, 10_000.0)],
    ],
};
