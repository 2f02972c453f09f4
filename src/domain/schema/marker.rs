//! Markers: one number, one to three elements. The position of a marker is that of its first element.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes, codes};

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
    geometry: Presence::Optional,
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
            Field::date("erected", "Erected on", "树立日期").at(Stored::Column("erected_on")),
            Field::text("map_sheet", "Map sheet", "图幅"),
            Field::text("site_zh", "Site (Chinese)", "位置说明（中文）").at(Stored::Member("site", "zh")),
            Field::text("site_en", "Site (English)", "位置说明（英文）").at(Stored::Member("site", "en")),
            Field::text("access_zh", "Access (Chinese)", "到达路线（中文）").at(Stored::Member("access", "zh")),
            Field::text("access_en", "Access (English)", "到达路线（英文）").at(Stored::Member("access", "en")),
            Field::reference(
                "previous",
                "markers",
                "previous_marker_id",
                "Previous marker",
                "前一界标",
            ),
            Field::number(
                "previous_azimuth_deg",
                "deg",
                "Azimuth to the previous marker",
                "至前一界标方位角",
            )
            .between(0.0, 360.0),
            Field::number(
                "previous_distance_m",
                "m",
                "Distance to the previous marker",
                "至前一界标距离",
            )
            .between(0.0, 1_000_000.0),
            Field::reference("next", "markers", "next_marker_id", "Next marker", "后一界标"),
            Field::number(
                "next_azimuth_deg",
                "deg",
                "Azimuth to the next marker",
                "至后一界标方位角",
            )
            .between(0.0, 360.0),
            Field::number("next_distance_m", "m", "Distance to the next marker", "至后一界标距离")
                .between(0.0, 1_000_000.0),
            Field::code(
                "azimuth_kind",
                &codes::AZIMUTH_KIND,
                "North of the azimuths",
                "方位角起算北",
            ),
            Field::code("distance_kind", &codes::DISTANCE_KIND, "Kind of distance", "距离类型"),
            Field::text("action", "What is to be done", "待办事项"),
            Field::date("action_due", "To be done by", "办理期限"),
            Field::date("action_done", "Done on", "完成日期"),
            Field::document("attestation", "Attestation", "签证"),
            Field::document("documents", "Sketches, photographs and files", "略图、照片和文件"),
        ],
        // Said of the position, and so kept with the first element.
        &[
            Field::text("printed_lat", "Latitude as printed", "纬度（原文）").at(Stored::Derived),
            Field::text("printed_lon", "Longitude as printed", "经度（原文）").at(Stored::Derived),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差")
                .at(Stored::Derived)
                .between(0.0, 10_000.0),
            Field::number("height_m", "m", "Height", "高程")
                .at(Stored::Derived)
                .between(-500.0, 9_000.0),
        ],
    ],
};
