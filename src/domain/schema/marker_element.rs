//! Marker elements: body and position of the registration form, one sheet a marker.

use super::{Field, Group, Label, PRINTED, PRINTED_PLANE, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "marker_elements",
    kind: "marker_element",
    group: Group::Marks,
    title: Label::new("Marker elements", "界标组成部分"),
    description: Label::new(
        "Posts, pillars and plates of markers, each with its own position, tie to the line and body",
        "界标的标桩、标柱或标牌，各有位置、与界线的关系和形制",
    ),
    shape: Shape::Point,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number with element", "编号（含标体）")
                .at(Stored::Column("label"))
                .required(),
            Field::reference("marker", "markers", "marker_id", "Marker", "界标").required(),
            Field::integer("element", "Element", "标体序号")
                .at(Stored::Column("ordinal"))
                .between(0.0, 3.0)
                .or("0"),
            Field::code("kind", &codes::ELEMENT_KIND, "Kind", "种类"),
            Field::reference(
                "party",
                "parties",
                "party_id",
                "Party on whose land it stands",
                "所在方",
            ),
            Field::code(
                "relation",
                &codes::ELEMENT_RELATION,
                "Relation to the line",
                "与界线的关系",
            )
            .or("not_stated"),
            Field::code("side", &codes::LINE_SIDE, "Side of the line", "位于哪一侧"),
            Field::number(
                "azimuth_deg",
                "deg",
                "Azimuth to its point on the line",
                "至界线点方位角",
            )
            .at(Stored::Column("tie_azimuth_deg"))
            .between(0.0, 360.0),
            Field::number("distance_m", "m", "Distance to its point on the line", "至界线点距离")
                .at(Stored::Column("tie_distance_m"))
                .between(0.0, 1_000_000.0),
            Field::code(
                "azimuth_kind",
                &codes::AZIMUTH_KIND,
                "North of the azimuth",
                "方位角起算北",
            ),
            Field::code("distance_kind", &codes::DISTANCE_KIND, "Kind of distance", "距离类型"),
            Field::number("spacing_m", "m", "Distance to the element opposite", "与对侧标体距离")
                .between(0.0, 1_000_000.0),
            Field::document("ties", "Ties to reference objects", "与参照物的联测"),
            Field::code("material", &codes::MATERIAL, "Material", "材质"),
            Field::text("shape", "Shape and dimensions", "形状和尺寸"),
            Field::number("height_above_ground_m", "m", "Height above ground", "地上高度").between(0.0, 100.0),
            Field::number("depth_below_ground_m", "m", "Depth below ground", "地下深度").between(0.0, 100.0),
            Field::text("foundation", "Foundation", "基础"),
            Field::text("centre_mark", "Underground centre mark", "地下标志"),
            Field::text("colour", "Colour", "颜色"),
            Field::document("inscriptions", "Inscriptions", "标面文字").or("[]"),
            Field::text("reference_point", "Measured point", "测量点"),
        ],
        &PRINTED,
        &PRINTED_PLANE,
        &[
            Field::text("crs", "System as measured", "测量坐标系"),
            Field::number("epoch", "a", "Epoch as measured", "测量历元").between(1_800.0, 2_200.0),
            Field::code("method", &codes::SURVEY_METHOD, "How measured", "测量方法"),
            Field::integer("sessions", "Sessions", "观测时段数").between(0.0, 10_000.0),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差")
                .required()
                .between(0.0, 10_000.0),
            Field::code(
                "sigma_source",
                &codes::SIGMA_SOURCE,
                "Where the standard deviation is from",
                "标准差来源",
            )
            .or("stated"),
            Field::number("height_m", "m", "Height", "高程").between(-500.0, 9_000.0),
            Field::text("height_datum", "Vertical datum", "高程基准"),
            Field::number("sigma_height_m", "m", "Standard deviation of the height", "高程标准差")
                .between(0.0, 10_000.0),
        ],
    ],
};
