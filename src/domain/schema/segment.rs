//! Segments: pieces of line of one type, with the fields of the narrative protocol. One that is given no number is called
//! by its section and its order there: `S1/3`.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes, codes};
use crate::domain::value::{Draft, Value};

/// Gives a segment without a number the one by which it is called: its section and its order there, `S1/3`.
pub fn call(draft: &mut Draft) {
    if draft.text("number").is_some_and(|number| !number.is_empty()) {
        return;
    }
    if let (Some(section), Some(Value::Integer(ordinal))) = (draft.text("section"), draft.get("ordinal")) {
        let number = format!("{section}/{ordinal}");
        draft.set("number", Value::Text(number));
    }
}

pub static SCHEMA: Schema = Schema {
    collection: "segments",
    kind: "segment",
    group: Group::Line,
    title: Label::new("Segments", "界线段"),
    description: Label::new(
        "Pieces of line from one boundary point to another, each of one line type, with the words of its narrative",
        "自一界点至另一界点、单一线型的界线段及其叙述文字",
    ),
    shape: Shape::Line,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[&[
        Field::text("number", "Number", "编号"),
        Field::reference("section", "sections", "section_id", "Section", "国界段").required(),
        Field::integer("ordinal", "Order in the section", "段内序号")
            .required()
            .between(1.0, 100_000.0),
        Field::code("line_type", &codes::LINE_TYPE, "Line type", "线型").or("geodesic"),
        Field::text("grid_crs", "Grid of a grid line", "平面直线所在坐标系"),
        Field::text("ellipsoid", "Ellipsoid", "参考椭球"),
        Field::code("movability", &codes::MOVABILITY, "Whether nature may move it", "可变性").or("fixed"),
        Field::reference("from_point", "boundary_points", "from_point_id", "From point", "起点"),
        Field::reference("to_point", "boundary_points", "to_point_id", "To point", "终点"),
        Field::reference("from_marker", "markers", "from_marker_id", "From marker", "起始界标"),
        Field::reference("to_marker", "markers", "to_marker_id", "To marker", "终止界标"),
        Field::text("direction_zh", "Direction in words (Chinese)", "走向（中文）")
            .at(Stored::Member("direction", "zh")),
        Field::text("direction_en", "Direction in words (English)", "走向（英文）")
            .at(Stored::Member("direction", "en")),
        Field::text("stated_length", "Length as stated", "文书所载长度"),
        Field::number("stated_length_m", "m", "Stated length", "所载长度").between(0.0, 100_000_000.0),
        Field::number(
            "stated_rounding_m",
            "m",
            "Rounding of the stated length",
            "所载长度取整单位",
        )
        .between(0.0, 1_000_000.0),
        Field::number("length_m", "m", "Length on the ellipsoid", "椭球面长度").read_only(),
        Field::text("water_zh", "Water body (Chinese)", "水体名称（中文）").at(Stored::Member("water", "zh")),
        Field::text("water_en", "Water body (English)", "水体名称（英文）").at(Stored::Member("water", "en")),
        Field::text("water_ru", "Water body (Russian)", "水体名称（俄文）").at(Stored::Member("water", "ru")),
        Field::text("water_ko", "Water body (Korean)", "水体名称（朝鲜文）").at(Stored::Member("water", "ko")),
        Field::text("precision_zh", "Words of precision (Chinese)", "精度用语（中文）")
            .at(Stored::Member("precision_words", "zh")),
        Field::text("precision_en", "Words of precision (English)", "精度用语（英文）")
            .at(Stored::Member("precision_words", "en")),
        Field::document("witness_heights", "Witness heights", "见证高地"),
        Field::text("description_zh", "Description (Chinese)", "叙述（中文）").or(""),
        Field::text("description_en", "Description (English)", "叙述（英文）").or(""),
        Field::text("description_ru", "Description (Russian)", "叙述（俄文）"),
        Field::text("description_ko", "Description (Korean)", "叙述（朝鲜文）"),
        Field::text("original_zh", "Original text (Chinese)", "原文（中文）").at(Stored::Member("originals", "zh")),
        Field::text("original_en", "Original text (English)", "原文（英文）").at(Stored::Member("originals", "en")),
        Field::text("original_ru", "Original text (Russian)", "原文（俄文）").at(Stored::Member("originals", "ru")),
        Field::text("original_ko", "Original text (Korean)", "原文（朝鲜文）").at(Stored::Member("originals", "ko")),
    ]],
};
