//! Handover acts, by the annex forms of the agreement.

use super::{Field, Group, Label, Presence, REMARKS, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "handover_acts",
    kind: "handover_act",
    group: Group::Affairs,
    title: Label::new("Handover acts", "移交记录"),
    description: Label::new(
        "Acts by which persons, animals, property or remains were handed over",
        "移交人员、牲畜、财物、尸体等的记录",
    ),
    shape: Shape::Point,
    geometry: Presence::Optional,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[
            Field::text("number", "Number", "编号").required(),
            Field::code("kind", &codes::HANDOVER_KIND, "What was handed over", "移交对象").required(),
            Field::reference("sender", "parties", "sender_party_id", "From", "移交方").required(),
            Field::reference("recipient", "parties", "recipient_party_id", "To", "接收方").required(),
            Field::time("handed_over_at", "Handed over at", "移交时间").required(),
            Field::text("place_zh", "Place (Chinese)", "地点（中文）").at(Stored::Member("place", "zh")),
            Field::text("place_en", "Place (English)", "地点（英文）").at(Stored::Member("place", "en")),
            Field::reference("port", "ports", "port_id", "Port", "口岸"),
            Field::reference("marker", "markers", "marker_id", "Marker", "界标"),
            Field::reference("incident", "incidents", "incident_id", "Incident", "边境事件"),
            Field::document("items", "What, by item", "移交清单"),
            Field::document("signatures", "Signatures", "签字"),
            Field::text("form", "Annex form", "附件格式"),
            Field::texts("languages", "Languages", "语文"),
        ],
        &REMARKS,
        &[Field::document("documents", "Files", "文件")],
    ],
};
