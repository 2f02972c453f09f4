//! Transformations: the parameters of an agency. PROJ has none between most systems of the region.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "transformations",
    kind: "transformation",
    group: Group::Law,
    title: Label::new("Transformations", "坐标转换"),
    description: Label::new(
        "Transformation parameters of an agency with their common points, residuals and accuracy",
        "机构提供的坐标转换参数及其公共点、残差和精度",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: false,
    natural: "key",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("key", "Key", "代码").required()],
        &NAMES,
        &[
            Field::code("method", &codes::TRANSFORMATION_METHOD, "Method", "方法").required(),
            Field::text("from_crs", "From", "源坐标系").required(),
            Field::number("from_epoch", "a", "Epoch of the source", "源历元").between(1_800.0, 2_200.0),
            Field::text("to_crs", "To", "目标坐标系").required(),
            Field::number("to_epoch", "a", "Epoch of the target", "目标历元").between(1_800.0, 2_200.0),
            Field::document("parameters", "Parameters", "参数").required(),
            Field::document("common_points", "Common points", "公共点"),
            Field::document("residuals", "Residuals", "残差"),
            Field::number("rms_m", "m", "Root mean square of the residuals", "残差中误差").between(0.0, 1_000_000.0),
            Field::number("accuracy_m", "m", "Accuracy", "精度").between(0.0, 1_000_000.0),
            Field::number("west_deg", "deg", "West edge of its area", "适用范围西界").between(-180.0, 180.0),
            Field::number("south_deg", "deg", "South edge of its area", "适用范围南界").between(-90.0, 90.0),
            Field::number("east_deg", "deg", "East edge of its area", "适用范围东界").between(-180.0, 180.0),
            Field::number("north_deg", "deg", "North edge of its area", "适用范围北界").between(-90.0, 90.0),
            Field::text("agency_zh", "Agency (Chinese)", "提供机构（中文）").at(Stored::Member("agency", "zh")),
            Field::text("agency_en", "Agency (English)", "提供机构（英文）").at(Stored::Member("agency", "en")),
            Field::text("citation", "Citation", "出处"),
        ],
    ],
};
