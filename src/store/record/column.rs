//! Where each field of each kind stands in the database: the closed list from which SQL takes its names.
//!
//! The alias of a record's own table is `t` everywhere. `$1`, `$2` and `$3` are the moment: in force at or from, in
//! force until, known at; see [`in_time`].

use crate::domain::moment::{InForce, Moment};
use crate::domain::schema::{self, ANY, Field, Schema, Stored, Type, Writes};

/// The versions of `alias` that a moment asks for.
pub(super) fn in_time(alias: &str, moment: &Moment) -> String {
    let known = match moment.known {
        None => format!("upper_inf({alias}.known)"),
        Some(_) => format!("{alias}.known @> $3"),
    };
    match moment.in_force {
        InForce::At(_) => format!("{known} and {alias}.in_force @> $1"),
        InForce::Within { .. } => format!("{known} and {alias}.in_force && tstzrange($1, $2, '[]')"),
    }
}

/// The condition that a row of `schema` is the one version that a moment asks for.
pub(super) fn one_version(schema: &Schema, moment: &Moment) -> String {
    if schema.writes == Writes::None {
        return match schema.kind {
            "finding" => "c.check_run_id in (select distinct on (boundary_id) check_run_id from check_run
                          order by boundary_id, created_at desc, check_run_id desc)"
                .to_owned(),
            _ => "true".to_owned(),
        };
    }
    let this = in_time("t", moment);
    if matches!(moment.in_force, InForce::At(_)) {
        return this;
    }
    let kind = schema.kind;
    format!(
        "{this} and not exists (select from {kind} later where later.{kind}_id = t.{kind}_id and {}
         and lower(later.in_force) > lower(t.in_force))",
        in_time("later", moment)
    )
}

/// The tables a kind is read from.
pub(super) fn tables(schema: &Schema, moment: &Moment) -> String {
    match schema.kind {
        // The position of a marker is that of its first element; at an instant there is one, and the index on its
        // position serves.
        "marker" if matches!(moment.in_force, InForce::At(_)) => format!(
            "marker t left join marker_element e on e.marker_id = t.marker_id and e.ordinal <= 1 and {}",
            in_time("e", moment)
        ),
        "marker" => format!(
            "marker t left join lateral (select * from marker_element e where e.marker_id = t.marker_id and {}
             order by e.ordinal, lower(e.in_force) desc limit 1) e on true",
            in_time("e", moment)
        ),
        "finding" => "finding t join check_run c on c.check_run_id = t.check_run_id".to_owned(),
        "track" => "track t join upload u on u.upload_id = t.upload_id".to_owned(),
        kind => format!("{kind} t"),
    }
}

/// The column of identities.
pub(super) fn identity(schema: &Schema) -> String {
    format!("t.{}_id", schema.kind)
}

/// The identity of the boundary a row belongs to, null where its kind has none.
pub(super) fn boundary(schema: &Schema) -> &'static str {
    match schema.kind {
        "finding" => "c.boundary_id",
        "track" => "(u.results -> 0 ->> 'boundary')::uuid",
        "feature_link" => "(select r.boundary_id from record r where r.record_id = t.from_id)",
        _ if schema.of_boundary => "t.boundary_id",
        "boundary" => "t.boundary_id",
        _ => "null::uuid",
    }
}

/// Whether the table of a kind has a column of versions' own.
pub(super) fn has(schema: &Schema, column: &str) -> bool {
    let is_it = |field: &Field| matches!(field.stored, Stored::Column(at) if at == column);
    schema.writes == Writes::Versions && schema.fields().any(is_it)
}

/// The column by which other kinds are where a record of this kind is.
pub(super) fn followed(kind: &str) -> Option<&'static str> {
    match kind {
        "marker" => Some("marker_id"),
        "boundary_point" => Some("boundary_point_id"),
        _ => None,
    }
}

/// Where a row is, as grants name places; as `places_of` of the database has it.
pub(super) fn places(schema: &Schema) -> String {
    let kind = schema.kind;
    if kind == "feature_link" {
        return "(select r.places from record r where r.record_id = t.from_id)".to_owned();
    }
    let section_at = |kind: &str| {
        format!("(select p.section_id from {kind} p where p.{kind}_id = t.{kind}_id order by p.version desc limit 1)")
    };
    let section = if kind == "section" || has(schema, "section_id") {
        "t.section_id".to_owned()
    } else if kind != "marker" && has(schema, "marker_id") {
        section_at("marker")
    } else if kind != "boundary_point" && has(schema, "boundary_point_id") {
        section_at("boundary_point")
    } else {
        "null".to_owned()
    };
    let project = if kind == "project" || has(schema, "project_id") {
        "t.project_id"
    } else {
        "null"
    };
    format!("places_of({}, {section}, {project})", boundary(schema))
}

/// The position for maps, EPSG:4326.
pub(super) fn display(schema: &Schema, moment: &Moment) -> String {
    geometry(schema, moment, "display")
}

/// The position in the frame of the boundary, where the kind has one.
pub(super) fn legal(schema: &Schema, moment: &Moment) -> String {
    match schema.kind {
        // Facts of the field and of checks are kept in the display layer only.
        "track" | "finding" | "photo" => "null::geometry".to_owned(),
        _ => geometry(schema, moment, "legal"),
    }
}

fn geometry(schema: &Schema, moment: &Moment, column: &str) -> String {
    use crate::domain::schema::Shape;
    match schema.kind {
        "marker" => format!("e.{column}"),
        "track" => "t.overview".to_owned(),
        "photo" => "t.position".to_owned(),
        "section" => format!(
            "(select st_collect(g.{column} order by g.ordinal) from segment g where g.section_id = t.section_id and {})",
            in_time("g", moment)
        ),
        _ if schema.shape == Shape::None => "null::geometry".to_owned(),
        _ => format!("t.{column}"),
    }
}

/// The condition that a row's display position meets a box, with the envelope as `{box}`: first by the index, then
/// exactly, since the box around a line may meet what the line does not.
pub(super) fn meets(schema: &Schema, moment: &Moment, envelope: &str) -> String {
    use crate::domain::schema::Shape;
    match (schema.kind, schema.shape) {
        ("section", _) => format!(
            "exists (select from segment g where g.section_id = t.section_id and {} and g.display && {envelope}
             and st_intersects(g.display, {envelope}))",
            in_time("g", moment)
        ),
        (_, Shape::None) => "false".to_owned(),
        _ => {
            let display = display(schema, moment);
            format!("{display} && {envelope} and st_intersects({display}, {envelope})")
        }
    }
}

/// A field as an expression to compare and sort by: text, number, time, list.
pub(super) fn expression(schema: &Schema, field: &Field, moment: &Moment) -> String {
    match (field.kind, raw(schema, field, moment)) {
        (Type::Reference(_), _) if schema.kind == "finding" && field.name == "check_run" => "c.number".to_owned(),
        (Type::Reference(ANY), column) => format!(
            "(select {} || '/' || r.label from record r where r.record_id = {column})",
            collections_of("r.kind")
        ),
        (Type::Reference(_), column) => format!("(select r.label from record r where r.record_id = {column})"),
        (Type::Integer, column) => format!("{column}::bigint"),
        (Type::Number, column) => format!("{column}::float8"),
        (Type::Document, column) => format!("{column}::text"),
        (_, column) => column,
    }
}

/// A field as it is fetched: references as identities, documents as text.
pub(super) fn raw(schema: &Schema, field: &Field, moment: &Moment) -> String {
    match field.stored {
        Stored::Column(_) if field.name == "boundary" && schema.of_boundary => boundary(schema).to_owned(),
        Stored::Column(column) => format!("t.{column}"),
        Stored::Member(column, member) => format!("(t.{column} ->> '{member}')"),
        Stored::Derived => derived(schema, field, moment),
    }
}

/// The collection of a kind, as an expression.
fn collections_of(kind: &str) -> String {
    let cases: String = schema::ALL
        .iter()
        .map(|schema| format!(" when '{}' then '{}'", schema.kind, schema.collection))
        .collect();
    format!("(case {kind}{cases} end)")
}

fn derived(schema: &Schema, field: &Field, moment: &Moment) -> String {
    match (schema.kind, field.name) {
        (_, "valid_from") => "lower(t.in_force)".to_owned(),
        (_, "valid_to") => "upper(t.in_force)".to_owned(),
        (_, "known_from") => "lower(t.known)".to_owned(),
        (_, "known_to") => "upper(t.known)".to_owned(),
        ("marker", "printed_lat" | "printed_lon") => format!("(e.received ->> '{}')", field.name),
        ("marker", name) => format!("e.{name}"),
        ("section", "length_m") => format!(
            "(select sum(g.length_m) from segment g where g.section_id = t.section_id and {})",
            in_time("g", moment)
        ),
        ("feature_link" | "finding" | "track", "number") => "t.feature_id::text".to_owned(),
        ("track", "receipt") => "('U-' || lpad(u.number::text, 6, '0'))".to_owned(),
        ("track", "inspection") => "u.inspection_id".to_owned(),
        ("track", "file_name") => "u.file_name".to_owned(),
        ("photo", "sha256") => "encode(t.sha256, 'hex')".to_owned(),
        // A field without a place is a mistake of its schema, which tests/it/kinds.rs would show.
        _ => "null::text".to_owned(),
    }
}

/// What a field sorts by: numbers of records by their key, so that 7/1 stands between 7 and 8.
pub(super) fn sort_key(schema: &Schema, field: &Field, moment: &Moment) -> String {
    const NUMBERED: [&str; 6] = ["boundary_point", "marker", "island", "route", "project", "port"];
    if field.name == "number" && NUMBERED.contains(&schema.kind) {
        return "t.number_key".to_owned();
    }
    expression(schema, field, moment)
}
