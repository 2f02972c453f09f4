//! Photographs with the marker each shows.

use super::{Field, Group, Label, Presence, Schema, Shape, Writes};

pub static SCHEMA: Schema = Schema {
    collection: "photos",
    kind: "photo",
    group: Group::Field,
    title: Label::new("Photographs", "照片"),
    description: Label::new("Photographs, each tied to the marker it shows", "照片及其所示界标"),
    shape: Shape::Point,
    geometry: Presence::ReadOnly,
    of_boundary: false,
    natural: "file_name",
    writes: Writes::None,
    fields: &[&[
        Field::text("file_name", "File", "文件名").read_only(),
        Field::text("sha256", "SHA-256", "SHA-256").derived(),
        Field::time("taken_at", "Taken at", "拍摄时间").read_only(),
        Field::number("bearing_deg", "deg", "Direction of view", "拍摄方向").read_only(),
        Field::reference("marker", "markers", "marker_id", "Marker", "界标").read_only(),
    ]],
};
