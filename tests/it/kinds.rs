//! The kinds of record as the program describes them and as the database keeps them are the same.

use std::collections::{BTreeMap, BTreeSet};

use merestone::domain::schema::{ALL, Field, Presence, Schema, Shape, Stored, Type, Writes, lineage};
use merestone::service::import::{self, Request, What};

use crate::support::db::db_before;
use crate::support::{app_with_borders, db, sample_path};

/// A column as the database describes it.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    data_type: String,
    not_null: bool,
    /// Words of the closed list to which a constraint holds it.
    words: Option<BTreeSet<String>>,
}

type Columns = BTreeMap<String, Column>;

/// Columns that every version has, and those that the store itself fills.
fn is_kept_by_the_store(schema: &Schema, column: &str) -> bool {
    const OF_VERSIONS: [&str; 9] = [
        "feature_id",
        "version",
        "in_force",
        "known",
        "standing",
        "class",
        "instrument_id",
        "author",
        "reason",
    ];
    // The order of numbers, the code of a frame in the database, the hashes of the files of an instrument.
    let filled = ["number_key", "srid", "file_sha256", "legal", "display"];
    OF_VERSIONS.contains(&column) || filled.contains(&column) || column == format!("{}_id", schema.kind)
}

const fn data_types(kind: Type) -> &'static [&'static str] {
    match kind {
        Type::Text | Type::Code(_) => &["text"],
        Type::Integer => &["smallint", "integer", "bigint"],
        Type::Number => &["double precision"],
        Type::Flag => &["boolean"],
        Type::Date => &["date"],
        Type::Time => &["timestamp with time zone"],
        Type::Reference(_) => &["uuid"],
        Type::Texts => &["ARRAY"],
        Type::Document => &["jsonb"],
    }
}

/// Fields whose words the database does not hold to their list: imports keep the word of the file there, and ties of
/// further kinds may be made by later versions.
const OPEN: &[(&str, &str)] = &[
    ("project", "kind"),
    ("marker_element", "material"),
    ("feature_link", "relation"),
];

/// Columns that a trigger fills where nothing was given.
const FILLED: &[(&str, &str)] = &[("segment", "number")];

/// What the table of a kind lacks of what its schema says.
fn faults(schema: &Schema, columns: &Columns, shapes: &BTreeMap<String, (String, i32)>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for field in schema.fields() {
        let Some(name) = (match field.stored {
            Stored::Column(name) | Stored::Member(name, _) => Some(name),
            Stored::Derived => None,
        }) else {
            continue;
        };
        known.insert(name);
        // Those of every version are the store's own to fill.
        if lineage::FIELDS.iter().any(|of_all| of_all.name == field.name) {
            continue;
        }
        let Some(column) = columns.get(name) else {
            faults.push(format!("{}: no column {name} for {}", schema.kind, field.name));
            continue;
        };
        faults.extend(
            column_faults(schema, field, column)
                .into_iter()
                .map(|fault| format!("{}.{name}: {fault}", schema.kind)),
        );
    }
    for (name, column) in columns {
        if !known.contains(name.as_str()) && !is_kept_by_the_store(schema, name) {
            faults.push(format!("{}.{name} is no field: {column:?}", schema.kind));
        }
    }
    faults.extend(shape_faults(schema, columns, shapes));
    faults
}

fn column_faults(schema: &Schema, field: &Field, column: &Column) -> Vec<String> {
    let mut faults = Vec::new();
    if let Stored::Member(..) = field.stored {
        // The members are put together by the store, so that the document itself is never missing.
        if column.data_type != "jsonb" || field.kind != Type::Text || field.presence == Presence::Required {
            faults.push(format!("is no document of texts: {column:?}"));
        }
        return faults;
    }
    if !data_types(field.kind).contains(&column.data_type.as_str()) {
        faults.push(format!("is {}, but holds {:?}", column.data_type, field.kind));
    }
    let required = field.presence == Presence::Required;
    if required && !column.not_null {
        faults.push("is required, but may be null".to_owned());
    }
    let by_register = !field.is_writable() || FILLED.contains(&(schema.kind, field.name));
    if column.not_null && !required && field.default.is_none() && !by_register {
        faults.push("may not be null, but is neither required nor has a default".to_owned());
    }
    if let Type::Code(list) = field.kind {
        let list: BTreeSet<String> = list.words().map(str::to_owned).collect();
        let open = OPEN.contains(&(schema.kind, field.name));
        match &column.words {
            None if open => {}
            None => faults.push("is not held to its list".to_owned()),
            Some(words) if open => faults.push(format!("is held to {words:?}")),
            Some(words) if *words != list => faults.push(format!("{words:?} are not {list:?}")),
            Some(_) => {}
        }
    }
    faults
}

fn shape_faults(schema: &Schema, columns: &Columns, shapes: &BTreeMap<String, (String, i32)>) -> Vec<String> {
    let wanted = match schema.shape {
        Shape::None => None,
        Shape::Point => Some("POINT"),
        Shape::Line => Some("LINESTRING"),
        Shape::Lines => Some("MULTILINESTRING"),
        Shape::Polygon => Some("POLYGON"),
        Shape::Any => Some("GEOMETRY"),
    };
    // What follows from other records has no column; the position of a marker is kept with its first element.
    let wanted = wanted.filter(|_| schema.geometry != Presence::ReadOnly && schema.kind != "marker");
    let Some(wanted) = wanted else {
        return shapes
            .keys()
            .map(|column| format!("{} should have no {column}", schema.kind))
            .collect();
    };
    let mut faults = Vec::new();
    for (column, srid) in [("legal", 0), ("display", 4326)] {
        if shapes.get(column) != Some(&(wanted.to_owned(), srid)) {
            faults.push(format!("{}.{column} is {:?}", schema.kind, shapes.get(column)));
        }
        let not_null = columns.get(column).is_some_and(|column| column.not_null);
        if not_null != (schema.geometry == Presence::Required) {
            faults.push(format!("{}.{column} is null or not against its schema", schema.kind));
        }
    }
    faults
}

async fn columns(pool: &sqlx::PgPool, table: &str) -> Columns {
    let rows: Vec<(String, String, bool)> = sqlx::query_as(
        "select column_name::text, data_type::text, is_nullable = 'NO'
         from information_schema.columns where table_schema = 'public' and table_name = $1",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap();
    let checks: Vec<(String, String)> = sqlx::query_as(
        "select a.attname::text, pg_get_constraintdef(c.oid)
         from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
         where c.contype = 'c' and cardinality(c.conkey) = 1 and c.conrelid = $1::regclass",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(name, data_type, not_null)| {
            let words = checks
                .iter()
                .find(|(column, definition)| *column == name && definition.contains("= ANY"))
                .map(|(_, definition)| definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect());
            let column = Column {
                data_type,
                not_null,
                words,
            };
            (name, column)
        })
        .collect()
}

async fn shapes(pool: &sqlx::PgPool, table: &str) -> BTreeMap<String, (String, i32)> {
    let rows: Vec<(String, String, i32)> = sqlx::query_as(
        "select f_geometry_column::text, type::text, srid from geometry_columns
         where f_table_schema = 'public' and f_table_name = $1",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(column, shape, srid)| (column, (shape, srid)))
        .collect()
}

#[tokio::test]
async fn each_kind_has_the_table_that_its_schema_describes() {
    let db = db().await;
    let mut complaints = Vec::new();
    for schema in ALL.iter().filter(|schema| schema.writes == Writes::Versions) {
        let columns = columns(&db.pool, schema.kind).await;
        assert!(columns.len() > 10, "there is no table {}", schema.kind);
        complaints.extend(faults(schema, &columns, &shapes(&db.pool, schema.kind).await));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[tokio::test]
async fn every_table_of_versions_is_a_kind() {
    let db = db().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where t.tgname = c.relname || '_kept' and exists (
             select from pg_attribute a where a.attrelid = c.oid and a.attname = 'in_force')
         order by 1",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    let mut kinds: Vec<&str> = ALL
        .iter()
        .filter(|schema| schema.writes == Writes::Versions)
        .map(|schema| schema.kind)
        .collect();
    kinds.sort_unstable();
    assert_eq!(tables, kinds);
}

/// The cache key of a collection must move with its table.
#[tokio::test]
async fn every_collection_has_its_own_trigger() {
    let db = db().await;
    for schema in ALL {
        let moved: Vec<Vec<u8>> = sqlx::query_scalar(
            "select tgargs from pg_trigger t join pg_proc p on p.oid = t.tgfoid
             where p.proname = 'bump_collection' and t.tgrelid = $1::regclass",
        )
        .bind(schema.kind)
        .fetch_all(&db.pool)
        .await
        .unwrap();
        let wanted = format!("{}\0", schema.collection).into_bytes();
        assert!(
            moved.contains(&wanted),
            "{} does not move {}",
            schema.kind,
            schema.collection
        );
    }
}

#[tokio::test]
async fn facts_of_the_service_have_their_columns_too() {
    let db = db().await;
    for schema in ALL.iter().filter(|schema| schema.writes == Writes::None) {
        let columns = columns(&db.pool, schema.kind).await;
        assert!(columns.contains_key("feature_id"), "{}", schema.kind);
        for field in schema.fields() {
            if let Stored::Column(name) = field.stored {
                let column = columns.get(name).unwrap_or_else(|| panic!("{}.{name}", schema.kind));
                assert!(
                    data_types(field.kind).contains(&column.data_type.as_str()),
                    "{}.{name} {column:?}",
                    schema.kind
                );
            }
        }
    }
}

/// Rows of the release before had no number; they get the one that new rows get.
#[tokio::test]
async fn segments_of_older_releases_are_numbered() {
    const TWO: &str = "
        with made as (
            insert into record (record_id, kind)
            values (gen_random_uuid(), 'boundary'), (gen_random_uuid(), 'section'), (gen_random_uuid(), 'segment')
            returning record_id, kind, feature_id
        ), ids as (
            select (select record_id from made where kind = 'boundary') as boundary,
                   (select record_id from made where kind = 'section') as section,
                   (select feature_id from made where kind = 'section') as section_feature,
                   (select record_id from made where kind = 'segment') as segment,
                   (select feature_id from made where kind = 'segment') as segment_feature
        ), of_section as (
            insert into section (section_id, feature_id, in_force, known, standing, author, reason, boundary_id, key,
                ordinal, names, character, legal_status, technical_status)
            select section, section_feature, '[2026-01-01,)', '[2026-01-01,)', 'imported', 'a', 'r', boundary, $1, 1, '{}',
                'land', 'agreed', 'edge_matched' from ids
        )
        insert into segment (segment_id, feature_id, in_force, known, standing, author, reason, boundary_id, section_id,
            ordinal, line_type, movability, length_m, legal, display)
        select segment, segment_feature, '[2026-01-01,)', '[2026-01-01,)', 'imported', 'a', 'r', boundary, section, $2,
            'geodesic', 'fixed', 1, 'linestring(0 0, 1 1)', 'srid=4326;linestring(0 0, 1 1)' from ids";
    let db = db_before(20_261_125_100_000).await;
    sqlx::query(TWO).bind("S1").bind(3).execute(&db.pool).await.unwrap();
    db.migrate().await;
    sqlx::query("update segment set number = 'other'")
        .execute(&db.pool)
        .await
        .unwrap_err();
    let numbers: Vec<String> = sqlx::query_scalar("select number from segment order by number")
        .fetch_all(&db.pool)
        .await
        .unwrap();
    assert_eq!(numbers, ["S1/3"]);
    // Whoever writes as that release did goes on working; its section came in the same statement, so its feature stands in.
    let mut tx = db.pool.begin().await.unwrap();
    sqlx::query(TWO).bind("S2").bind(4).execute(&mut *tx).await.unwrap();
    sqlx::query(
        "insert into audit_event (at, actor, action, kind, subject) values (now(), 'a', 'import', 'segments', 'S2')",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let numbers: Vec<String> = sqlx::query_scalar("select number from segment where ordinal = 4")
        .fetch_all(&db.pool)
        .await
        .unwrap();
    assert!(numbers.len() == 1 && numbers[0].ends_with("/4"), "{numbers:?}");
}

/// What the invented border says of every kind is in the register, and saying it again changes nothing.
#[tokio::test]
async fn every_record_of_the_sample_is_taken_and_found_again() {
    let app = app_with_borders().await;
    let mut taken = BTreeSet::new();
    for schema in ALL.iter().filter(|schema| schema.writes == Writes::Versions) {
        let path = sample_path(&format!("astrand-veyra/{}.geojson", schema.collection));
        if !path.exists() {
            continue;
        }
        let request = Request {
            boundary: Some("astrand-veyra"),
            dry_run: true,
            ..Request::new(&path, schema.collection)
        };
        let outcome = import::file(&app.cx, &request).await.unwrap();
        let refused = outcome.refused();
        assert!(refused.is_empty(), "{}: {refused:?}", schema.collection);
        let text = std::fs::read_to_string(&path).unwrap();
        let n_features = text.matches("\"type\":\"Feature\"").count();
        assert!(outcome.rows.len() >= n_features.min(60), "{}", schema.collection);
        // Founding a border reads ports and projects by their oldest fields only; the file itself brings the others.
        let founded = ["ports", "projects"].contains(&schema.collection);
        let expected = |what: &What| *what == What::Unchanged || (founded && matches!(what, What::Changed(_)));
        let changed: Vec<_> = outcome.rows.iter().filter(|row| !expected(&row.what)).collect();
        assert!(changed.is_empty(), "{}: {changed:?}", schema.collection);
        taken.insert(schema.collection);
    }
    assert_eq!(taken.len(), 28, "{taken:?}");
}

#[test]
fn a_table_that_differs_is_seen() {
    let schema = ALL.iter().find(|schema| schema.kind == "zone").unwrap();
    let seen = faults(schema, &Columns::new(), &BTreeMap::new());
    assert!(seen.iter().any(|fault| fault.contains("no column number")), "{seen:?}");
    assert!(
        seen.iter().any(|fault| fault.contains("zone.legal is None")),
        "{seen:?}"
    );
    let field = schema.field("kind").unwrap();
    let column = |data_type: &str, not_null, words: &[&str]| Column {
        data_type: data_type.to_owned(),
        not_null,
        words: Some(words.iter().map(|word| (*word).to_owned()).collect()),
    };
    let list: Vec<&str> = merestone::domain::schema::codes::ZONE_KIND.words().collect();
    assert_eq!(column_faults(schema, field, &column("text", true, &list)), [""; 0]);
    assert_eq!(
        column_faults(schema, field, &column("jsonb", false, &["vista"])).len(),
        3
    );
}
