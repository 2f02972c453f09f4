//! Map sheets: the album's sheets; the geometry is the neat line.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "map_sheets",
    kind: "map_sheet",
    group: Group::Line,
    title: Label::new("Map sheets", "图幅"),
    description: Label::new(
        "Sheets of the boundary map album with scale, edition and extent",
        "边界地图集的图幅及其比例尺、版次和范围",
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
            Field::text("series", "Series", "图集"),
            Field::integer("scale", "Scale denominator", "比例尺分母")
                .required()
                .between(1.0, 100_000_000.0),
            Field::text("edition", "Edition", "版次"),
            Field::text("crs", "Coordinate reference system", "坐标参考系"),
            Field::text("height_datum", "Vertical datum", "高程基准"),
            Field::reference("publisher", "parties", "publisher_party_id", "Published by", "出版方"),
            Field::date("published_on", "Published on", "出版日期"),
            Field::texts("sections", "Sections", "国界段"),
            Field::texts("adjoining", "Adjoining sheets", "相邻图幅"),
            Field::texts("languages", "Languages", "语文"),
        ],
    ],
};
