//! Ports of entry. A calendar has weekly rules for each kind of traffic and dated exceptions; open is what is open on both sides.

use super::{Field, Group, Label, NAMES, PRINTED, Presence, Schema, Shape, Stored, Writes, codes};

pub static SCHEMA: Schema = Schema {
    collection: "ports",
    kind: "port",
    group: Group::Affairs,
    title: Label::new("Ports", "口岸"),
    description: Label::new(
        "Ports of entry with counterpart, class, status and the opening calendars of both sides",
        "口岸及其对应口岸、类别、状态和双方开放日历",
    ),
    shape: Shape::Point,
    geometry: Presence::Required,
    of_boundary: true,
    natural: "number",
    writes: Writes::Versions,
    fields: &[
        &[Field::text("number", "Number", "编号").required()],
        &NAMES,
        &[
            Field::reference("party", "parties", "party_id", "Party", "当事方").required(),
            Field::code("kind", &codes::PORT_KIND, "Way of traffic", "口岸类型"),
            Field::code("port_class", &codes::PORT_CLASS, "Class", "类别").required(),
            Field::code("status", &codes::PORT_STATUS, "Status", "状态").required(),
            Field::text("status_reason", "Reason of the status", "状态原因"),
            Field::code(
                "closure_reason",
                &codes::CLOSURE_REASON,
                "Reason of closure",
                "关闭原因",
            ),
            Field::text("traffic", "Traffic", "通行类别"),
            Field::reference("section", "sections", "section_id", "Section", "国界段"),
            Field::text("counterpart_zh", "Counterpart (Chinese)", "对应口岸（中文）")
                .at(Stored::Member("counterpart", "zh")),
            Field::text("counterpart_en", "Counterpart (English)", "对应口岸（英文）")
                .at(Stored::Member("counterpart", "en")),
            Field::text("counterpart_ru", "Counterpart (Russian)", "对应口岸（俄文）")
                .at(Stored::Member("counterpart", "ru")),
            Field::text("counterpart_ko", "Counterpart (Korean)", "对应口岸（朝鲜文）")
                .at(Stored::Member("counterpart", "ko")),
            Field::reference(
                "counterpart_port",
                "ports",
                "counterpart_port_id",
                "Counterpart in the register",
                "登记簿中的对应口岸",
            ),
            Field::text("opening_zh", "Opening (Chinese)", "开放时间（中文）"),
            Field::text("opening_en", "Opening (English)", "开放时间（英文）"),
            Field::document("calendar", "Weekly opening", "每周开放时间"),
            Field::document("exceptions", "Exceptions of the opening", "开放例外"),
            Field::document(
                "counterpart_calendar",
                "Weekly opening of the counterpart",
                "对应口岸每周开放时间",
            ),
            Field::document(
                "counterpart_exceptions",
                "Exceptions of the counterpart",
                "对应口岸开放例外",
            ),
            Field::text("calendar_source", "Source of the calendar", "开放时间依据"),
            Field::text("time_zone", "Time zone", "时区"),
            Field::integer("vehicles_per_day", "Vehicles a day", "日通过车辆能力").between(0.0, 10_000_000.0),
            Field::integer("persons_per_day", "Persons a day", "日通过人员能力").between(0.0, 100_000_000.0),
            Field::integer("lanes", "Lanes", "车道数").between(0.0, 10_000.0),
            Field::texts("agencies", "Inspection agencies", "查验机构"),
            Field::date("approved_on", "Approved on", "批准日期"),
            Field::date("opened_on", "Opened on", "开放日期"),
        ],
        &PRINTED,
        &[
            Field::code(
                "position_quality",
                &codes::POSITION_QUALITY,
                "Quality of the position",
                "位置质量",
            ),
            Field::number("sigma_m", "m", "Standard deviation per axis", "各轴标准差")
                .between(0.0, 100_000.0)
                .or("10"),
        ],
    ],
};
