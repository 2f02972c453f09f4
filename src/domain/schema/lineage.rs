//! The fields that every version of every record has.

use super::{Field, Stored, codes};

/// Version, times, standing, class, instrument, author and reason.
pub const FIELDS: [Field; 10] = [
    Field::integer("version", "Version", "版本").read_only(),
    Field::code("standing", &codes::STANDING, "Standing", "效力").or("imported"),
    Field::code("class", &codes::CLASSIFICATION, "Classification", "密级").or("restricted"),
    Field::time("valid_from", "In force from", "生效时间").at(Stored::Derived),
    Field::time("valid_to", "In force until", "失效时间")
        .at(Stored::Derived)
        .read_only(),
    Field::time("known_from", "Recorded", "记录时间")
        .at(Stored::Derived)
        .read_only(),
    Field::time("known_to", "Superseded", "被取代时间")
        .at(Stored::Derived)
        .read_only(),
    Field::reference("instrument", "instruments", "instrument_id", "Instrument", "法律文件"),
    Field::text("author", "Author", "记录人").read_only(),
    Field::text("reason", "Reason", "理由"),
];
