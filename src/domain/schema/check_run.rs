//! Runs of the checks.

use super::{Field, Group, Label, Presence, Schema, Shape, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "check_runs",
    kind: "check_run",
    group: Group::Verdicts,
    title: Label::new("Check runs", "检核批次"),
    description: Label::new(
        "Runs of the checks, each with its inputs, tolerances and software, so that it can be repeated",
        "检核批次及其输入、容差和软件版本，可复算",
    ),
    shape: Shape::None,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::None,
    fields: &[&[
        Field::text("number", "Number", "编号").read_only(),
        Field::reference("inspection", "inspections", "inspection_id", "Inspection", "检查").read_only(),
        Field::time("created_at", "Run at", "运行时间").read_only(),
        Field::text("software", "Software", "软件").read_only(),
        Field::text("frame", "Frame", "坐标框架").read_only(),
        Field::text("way", "Way from WGS 84", "自 WGS 84 的转换").read_only(),
        Field::document("tolerances", "Tolerances", "容差").read_only(),
        Field::document("inputs", "Inputs", "输入").read_only(),
        Field::document("summary", "Summary", "摘要").read_only(),
        Field::document("coverage", "Coverage", "覆盖情况").read_only(),
    ]],
};
