//! Boundary points: points of the line by the list of its instrument.

use super::{Field, Group, Label, PRINTED, PRINTED_PLANE, Presence, REMARKS, Schema, Shape, Writes, codes};

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
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
        ],
        &PRINTED,
        &PRINTED_PLANE,
        &[
            Field::text("crs", "System as measured", "测量坐标系"),
            Field::number("epoch", "a", "Epoch as measured", "测量历元").between(1_800.0, 2_200.0),
            Field::code("method", &codes::SURVEY_METHOD, "How measured", "测量方法"),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差").between(0.0, 10_000.0),
            Field::text("stated_error", "Error as stated", "所载误差"),
            Field::number("height_m", "m", "Height", "高程").between(-500.0, 9_000.0),
            Field::text("height_datum", "Vertical datum", "高程基准"),
            Field::flag("tri_junction", "Where three states meet", "三国国界交界点"),
        ],
        &REMARKS,
    ],
};
