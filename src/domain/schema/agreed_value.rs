//! Agreed values: kept beside the observations, never in their place.

use super::{Field, Group, Label, Presence, REMARKS, Schema, Shape, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "agreed_values",
    kind: "agreed_value",
    group: Group::Marks,
    title: Label::new("Agreed values", "商定值"),
    description: Label::new(
        "The position of a marker that both sides agreed, how, and what remained between their observations",
        "双方商定的界标位置、商定方法及双方观测之差",
    ),
    shape: Shape::Point,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::reference("marker", "markers", "marker_id", "Marker", "界标"),
            Field::reference(
                "marker_element",
                "marker_elements",
                "marker_element_id",
                "Element",
                "标体",
            ),
            Field::reference(
                "boundary_point",
                "boundary_points",
                "boundary_point_id",
                "Boundary point",
                "界点",
            ),
            Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查"),
            Field::reference(
                "observation_a",
                "observations",
                "observation_a_id",
                "Observation of side A",
                "甲方观测",
            ),
            Field::reference(
                "observation_b",
                "observations",
                "observation_b_id",
                "Observation of side B",
                "乙方观测",
            ),
            Field::code("method", &codes::AGREED_METHOD, "How agreed", "商定方法").required(),
            Field::number("difference_m", "m", "Difference of the observations", "双方观测之差")
                .between(0.0, 1_000_000.0),
            Field::number("difference_azimuth_deg", "deg", "Azimuth from A to B", "甲至乙方位角").between(0.0, 360.0),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差")
                .required()
                .between(0.0, 10_000.0),
            Field::number("height_m", "m", "Height", "高程").between(-500.0, 9_000.0),
            Field::text("height_datum", "Vertical datum", "高程基准"),
            Field::date("agreed_on", "Agreed on", "商定日期"),
            Field::document("representatives", "Representatives", "双方代表"),
        ],
        &REMARKS,
    ],
};
