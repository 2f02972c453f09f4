//! Routes: what is planned to be walked.

use super::{Field, Group, Label, NAMES, Presence, REMARKS, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "routes",
    kind: "route",
    group: Group::Field,
    title: Label::new("Routes", "检查路线"),
    description: Label::new("Planned ways of an inspection", "计划的检查路线"),
    shape: Shape::Line,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查"),
            Field::texts("sections", "Sections", "国界段"),
            Field::code("travel", &codes::TRAVEL, "Way of travel", "行进方式"),
        ],
        &REMARKS,
    ],
};
