//! Tracks: what teams brought home, never changed. Number, receipt, file and inspection are those of the upload.

use super::{Field, Group, Label, Presence, Schema, Shape, Stored, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "tracks",
    kind: "track",
    group: Group::Field,
    title: Label::new("Tracks", "轨迹"),
    description: Label::new(
        "Walked tracks as received, in WGS 84; thinned for small scales",
        "收到的行走轨迹（WGS 84）；小比例尺下已抽稀",
    ),
    shape: Shape::Lines,
    geometry: Presence::ReadOnly,
    of_boundary: false,
    natural: "number",
    writes: Writes::None,
    fields: &[&[
        Field::text("number", "Number", "编号").derived(),
        Field::text("name", "Name", "名称").read_only(),
        Field::text("receipt", "Receipt", "回执号").derived(),
        Field::text("file_name", "File", "文件名").derived(),
        Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查").derived(),
        Field::integer("fixes", "Fixes", "定位点数")
            .at(Stored::Column("n_fixes"))
            .read_only(),
        Field::integer("segments", "Segments", "分段数")
            .at(Stored::Column("n_segments"))
            .read_only(),
        Field::time("first_time", "First fix", "首点时间").read_only(),
        Field::time("last_time", "Last fix", "末点时间").read_only(),
        Field::number("length_m", "m", "Length on WGS 84", "长度（WGS 84）").read_only(),
    ]],
};
