use std::collections::BTreeSet;

use super::*;

fn own(schema: &Schema) -> impl Iterator<Item = &'static Field> + '_ {
    schema.fields.iter().flat_map(|group| group.iter())
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn kinds_and_collections_have_one_name_each() {
    let collections: BTreeSet<_> = ALL.iter().map(|schema| schema.collection).collect();
    let kinds: BTreeSet<_> = ALL.iter().map(|schema| schema.kind).collect();
    assert_eq!((collections.len(), kinds.len()), (ALL.len(), ALL.len()));
    for schema in ALL {
        assert!(
            is_snake_case(schema.collection) && is_snake_case(schema.kind),
            "{}",
            schema.kind
        );
        assert_eq!(of(schema.collection).map(|s| s.kind), Some(schema.kind));
        assert_eq!(of_kind(schema.kind).map(|s| s.collection), Some(schema.collection));
    }
    assert!(of("marker").is_none() && of_kind("markers").is_none());
}

#[test]
fn kinds_stand_in_the_order_of_their_groups() {
    let places: Vec<_> = ALL
        .iter()
        .map(|schema| Group::ALL.iter().position(|group| *group == schema.group))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let used: BTreeSet<_> = places.into_iter().collect();
    assert_eq!(used.len(), Group::ALL.len());
}

#[test]
fn fields_are_named_once_and_in_snake_case() {
    for schema in ALL {
        let names: Vec<_> = schema.fields().map(|field| field.name).collect();
        let once: BTreeSet<_> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "{}: {names:?}", schema.kind);
        for name in names {
            assert!(is_snake_case(name), "{}.{name}", schema.kind);
            assert!(schema.field(name).is_some());
        }
    }
    assert!(!is_snake_case("Name") && !is_snake_case("a__b") && !is_snake_case("a_"));
}

#[test]
fn no_two_fields_share_a_place_in_the_store() {
    for schema in ALL {
        let mut columns = BTreeSet::new();
        let (mut members, mut documents) = (BTreeSet::new(), BTreeSet::new());
        for field in schema.fields() {
            match field.stored {
                Stored::Column(column) => assert!(columns.insert(column), "{}.{column}", schema.kind),
                Stored::Member(column, member) => {
                    assert!(members.insert((column, member)), "{}.{column}.{member}", schema.kind);
                    documents.insert(column);
                }
                Stored::Derived => {}
            }
        }
        assert!(columns.is_disjoint(&documents), "{}", schema.kind);
    }
}

#[test]
fn every_kind_and_field_is_explained_in_both_languages() {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for schema in ALL {
        for label in [schema.title, schema.description] {
            assert!(
                !label.en.is_empty() && is_chinese(label.zh),
                "{}: {label:?}",
                schema.kind
            );
        }
        assert!(schema.description.en.len() > schema.title.en.len(), "{}", schema.kind);
        for field in schema.fields() {
            // Abbreviations are the same in every language.
            let known = is_chinese(field.title.zh) || field.title.en == field.title.zh;
            assert!(!field.title.en.is_empty() && known, "{}.{}", schema.kind, field.name);
        }
    }
}

#[test]
fn references_lead_to_kinds_that_are_there() {
    for schema in ALL {
        for field in schema.fields() {
            if let Type::Reference(collection) = field.kind {
                let there = collection == ANY || of(collection).is_some();
                assert!(there, "{}.{} leads to {collection}", schema.kind, field.name);
            }
        }
    }
}

#[test]
fn each_kind_is_called_by_a_field_of_its_own() {
    for schema in ALL {
        let natural = own(schema).find(|field| field.name == schema.natural);
        let field = natural.unwrap_or_else(|| panic!("{} has no {}", schema.kind, schema.natural));
        assert_eq!(field.kind, Type::Text, "{}", schema.kind);
        let given = matches!(field.presence, Presence::Required);
        // A segment without a number is called by its section and order.
        let by_register = !field.is_writable() || schema.kind == "segment";
        assert!(given || by_register, "{}.{}", schema.kind, field.name);
    }
}

#[test]
fn code_lists_are_those_of_the_reference_and_defaults_are_in_them() {
    for schema in ALL {
        for field in schema.fields() {
            if let Type::Code(list) = field.kind {
                assert_eq!(codes::list(list.key), Some(list), "{}.{}", schema.kind, field.name);
                assert!(
                    field.default.is_none_or(|word| list.has(word)),
                    "{}.{}",
                    schema.kind,
                    field.name
                );
            }
        }
    }
}

#[test]
fn defaults_are_of_the_type_of_their_field() {
    for schema in ALL {
        for field in schema.fields().filter(|field| field.default.is_some()) {
            let word = field.default.unwrap_or_default();
            let number = || word.parse::<f64>().ok();
            let fits = match field.kind {
                Type::Text | Type::Code(_) => true,
                Type::Integer => word.parse::<i64>().is_ok(),
                Type::Number => number().is_some(),
                Type::Flag => word.parse::<bool>().is_ok(),
                Type::Document => matches!(word, "[]" | "{}"),
                Type::Date | Type::Time | Type::Reference(_) | Type::Texts => false,
            };
            let inside = field
                .range
                .is_none_or(|(least, greatest)| number().is_some_and(|n| (least..=greatest).contains(&n)));
            assert!(fits && inside, "{}.{} = {word:?}", schema.kind, field.name);
            assert_ne!(field.presence, Presence::Required, "{}.{}", schema.kind, field.name);
        }
    }
}

#[test]
fn numbers_have_units_and_ranges_are_in_order() {
    for schema in ALL {
        for field in schema.fields() {
            let named = format!("{}.{}", schema.kind, field.name);
            let is_number = matches!(field.kind, Type::Number | Type::Integer);
            assert!(field.range.is_none() || is_number, "{named}");
            assert!(field.range.is_none_or(|(least, greatest)| least < greatest), "{named}");
            if field.kind == Type::Number && field.unit.is_none() {
                let beside = ["unit", "currency"].iter().any(|other| schema.field(other).is_some());
                assert!(beside, "{named} has no unit");
            }
            let suffix = [
                ("_m", "m"),
                ("_deg", "deg"),
                ("_m2", "m2"),
                ("_m3", "m3"),
                ("_km", "km"),
                ("_a", "a"),
            ];
            for (ending, unit) in suffix {
                if field.kind == Type::Number && field.name.ends_with(ending) {
                    assert_eq!(field.unit, Some(unit), "{named}");
                }
            }
        }
    }
}

#[test]
fn what_must_have_a_geometry_has_a_shape() {
    for schema in ALL {
        let is_placed = schema.shape != Shape::None;
        assert!(is_placed || schema.geometry == Presence::Optional, "{}", schema.kind);
        if schema.writes == Writes::None {
            let read_only = schema.fields().all(|field| !field.is_writable());
            assert!(read_only || schema.of_boundary, "{}", schema.kind);
            assert!(own(schema).all(|field| !field.is_writable()), "{}", schema.kind);
        }
    }
}

#[test]
fn whatever_may_be_built_may_be_ruled() {
    for word in codes::PROJECT_KIND.words() {
        assert_eq!(codes::ACTIVITY.label(word), codes::PROJECT_KIND.label(word), "{word}");
    }
}

#[test]
fn an_instrument_does_not_cite_itself() {
    assert!(instrument::SCHEMA.field("instrument").is_none());
    assert!(instrument::SCHEMA.field("supersedes").is_some());
    assert!(marker::SCHEMA.field("instrument").is_some());
}

/// The names that files of a register use are those of its fields.
#[test]
fn columns_of_registers_are_known_fields() {
    let names = |schema: &Schema, names: &[&str]| {
        for name in names {
            assert!(schema.field(name).is_some(), "{}.{name}", schema.kind);
        }
    };
    names(
        &segment::SCHEMA,
        &[
            "section",
            "ordinal",
            "line_type",
            "movability",
            "instrument",
            "description_zh",
            "description_en",
        ],
    );
    names(
        &marker_element::SCHEMA,
        &[
            "element",
            "side",
            "material",
            "height_m",
            "sigma_m",
            "printed_lat",
            "printed_lon",
            "azimuth_deg",
            "distance_m",
        ],
    );
    names(
        &marker::SCHEMA,
        &[
            "number",
            "section",
            "constellation",
            "kind",
            "keeper",
            "erected_by",
            "sequence",
            "condition",
            "erected",
        ],
    );
    names(
        &island::SCHEMA,
        &["number", "name_zh", "owner", "section", "water_zh", "water_en"],
    );
    names(
        &port::SCHEMA,
        &[
            "number",
            "party",
            "kind",
            "status",
            "counterpart_zh",
            "traffic",
            "opening_en",
            "port_class",
        ],
    );
    names(&project::SCHEMA, &["number", "kind", "state", "party", "section"]);
    names(&route::SCHEMA, &["number", "inspection", "sections", "travel"]);
}
