//! Everything that has a name in the database and can refuse a change is told to the caller, or cannot be come upon.

use merestone::domain::problem::Code;
use merestone::domain::schema;
use merestone::service::constraints::problem;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{app, db};

/// Names, or their ends, that no caller comes upon; and why.
const UNREACHED: &[(&str, &str)] = &[
    (
        "_pkey",
        "identities are made by the service, versions are counted under the record's lock, other keys are upserted",
    ),
    ("_feature_id_key", "numbers come from a sequence"),
    ("record_record_id_feature_id_key", "numbers come from a sequence"),
    (
        "_fkey",
        "what is referred to is looked up in the same transaction and never deleted",
    ),
    ("enrolment_code_key", "256 random bits"),
    ("session_secret_key", "256 random bits"),
    ("token_secret_key", "256 random bits"),
    ("upload_number_key", "numbers come from a sequence"),
    ("check_run_number_key", "numbers come from a sequence"),
    ("upload_sha256_key", "an insert of known bytes does nothing"),
    ("proposal_number_key", "numbers come from a sequence"),
    ("photo_sha256_key", "photographs are not taken in by any interface yet"),
    (
        "finding_check_run_id_ordinal_key",
        "counted while a run is filed, in its transaction",
    ),
    (
        "track_upload_id_ordinal_key",
        "counted while an upload is read, under its row",
    ),
    (
        "waypoint_upload_id_ordinal_key",
        "counted while an upload is read, under its row",
    ),
    (
        "audit_event_leaf_key",
        "places are given under the lock of the one service that seals",
    ),
    ("row_digest_", "written by triggers, one a row and event"),
];

#[tokio::test]
async fn every_constraint_is_told_or_cannot_be_come_upon() {
    let db = db().await;
    // Constraints but for those that say that a column is not null, and unique indexes, which are none.
    let names: Vec<(String, String)> = sqlx::query_as(
        "select conname::text, conrelid::regclass::text from pg_constraint \
         where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'p', 'f', 'x') and conrelid <> 0 \
           and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = conrelid and deptype = 'e') \
         union \
         select c.relname::text, i.indrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indexrelid \
         where i.indisunique and c.relnamespace = 'public'::regnamespace \
           and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = i.indrelid and deptype = 'e')",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    assert!(names.len() > 250, "{}", names.len());
    let untold: Vec<String> = names
        .iter()
        .filter(|(name, table)| *table != "_sqlx_migrations" && problem(name).is_none())
        .filter(|(name, _)| {
            !UNREACHED
                .iter()
                .any(|(end, _)| name.ends_with(end) || name.starts_with(end))
        })
        .map(|(name, table)| format!("{name} of {table}"))
        .collect();
    assert!(untold.is_empty(), "nobody is told of\n{}\n", untold.join("\n"));
    let idle: Vec<&str> = UNREACHED
        .iter()
        .map(|(end, _)| *end)
        .filter(|end| {
            !names
                .iter()
                .any(|(name, _)| name.ends_with(end) || name.starts_with(end))
        })
        .collect();
    assert!(idle.is_empty(), "there is nothing named {idle:?}");
}

#[test]
fn what_is_told_is_told_with_its_place() {
    for schema in schema::ALL {
        let told = problem(&format!("{}_{}_key", schema.kind, schema.natural)).unwrap();
        assert!(matches!(told.code, Code::NumberTaken | Code::Conflict), "{told}");
        let told = problem(&format!("{}_one_in_force_excl", schema.kind)).unwrap();
        assert_eq!(told.code, Code::Conflict);
    }
    assert_eq!(
        problem("marker_number_check").unwrap().mistakes[0].at,
        "#/properties/number"
    );
    assert!(problem("session_pkey").is_none() && problem("nobody_one_in_force_excl").is_none());
}

#[tokio::test]
async fn of_two_at_once_one_has_the_number() {
    let app = app().await;
    for round in 0..6 {
        let code = format!("RACE{}", char::from(b'A' + round));
        let body = json!({ "type": "Feature", "geometry": null,
            "properties": { "code": code, "name_en": "x", "name_zh": "x" } });
        let all = (0..8).map(|_| {
            let url = app.url("/collections/parties/items");
            let request = app.client.post(url).header("content-type", "application/geo+json");
            request.body(body.to_string()).send()
        });
        let answers = futures_util::future::join_all(all).await;
        let statuses: Vec<StatusCode> = answers.into_iter().map(|answer| answer.unwrap().status()).collect();
        let made = statuses.iter().filter(|status| **status == StatusCode::CREATED).count();
        let refused = statuses
            .iter()
            .filter(|status| **status == StatusCode::CONFLICT)
            .count();
        assert_eq!((made, refused), (1, 7), "{statuses:?}");
    }
}
