//! Boundaries: the root of a register. The numeric code of the frame follows from `crs`.

use super::{Field, Group, Label, NAMES, Presence, Schema, Shape, Stored, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "boundaries",
    kind: "boundary",
    group: Group::Line,
    title: Label::new("Boundaries", "国界"),
    description: Label::new(
        "Boundaries between two parties, each with the frame in which its positions are law",
        "双方之间的国界及其法定坐标框架",
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
            Field::flag("invented", "Invented", "虚构").or("false"),
            Field::text("notice_zh", "Notice (Chinese)", "说明（中文）").at(Stored::Member("notice", "zh")),
            Field::text("notice_en", "Notice (English)", "说明（英文）").at(Stored::Member("notice", "en")),
            Field::text("notice_ru", "Notice (Russian)", "说明（俄文）").at(Stored::Member("notice", "ru")),
            Field::text("notice_ko", "Notice (Korean)", "说明（朝鲜文）").at(Stored::Member("notice", "ko")),
            Field::text("crs", "Coordinate reference system", "坐标参考系").required(),
            Field::number("epoch_year", "a", "Epoch", "历元").between(1_800.0, 2_200.0),
            Field::text("plate", "Tectonic plate", "板块"),
            Field::reference("left", "parties", "left_party_id", "Party on the left", "左侧当事方"),
            Field::reference("right", "parties", "right_party_id", "Party on the right", "右侧当事方"),
        ],
    ],
};
