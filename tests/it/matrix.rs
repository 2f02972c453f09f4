//! Who sees and writes what: every role at every place, every kind of record, every class. The table of rights says what
//! must be; the database alone, and the service as a whole, are asked what is.

use std::collections::{BTreeMap, BTreeSet};

use merestone::domain::lineage::Class;
use merestone::domain::rights::{Grant, NOWHERE, Place, Realm, Rights, Role, TokenScope, Verb, places, whole};
use merestone::domain::schema::{self, Schema, Writes};
use merestone::http::rules::{RULES, Rule};
use merestone::service::account::token::NewToken;
use merestone::service::account::{self, NewAccount, NewGrant};
use merestone::service::caller::UNJUDGED;
use merestone::store::{Behalf, Db};
use reqwest::Method;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::{App, app_with_borders, client};

/// A record in force: where it is, and of what class.
#[derive(Debug, Clone)]
struct Row {
    feature_id: i64,
    class: Class,
    places: Vec<Uuid>,
    /// What a link ties.
    ends: Option<[Uuid; 2]>,
}

/// Somebody with one role at one place.
struct Somebody {
    name: String,
    rights: Rights,
}

fn versioned() -> impl Iterator<Item = &'static Schema> {
    schema::ALL
        .iter()
        .copied()
        .filter(|schema| schema.writes == Writes::Versions)
}

/// Gives the records of each kind all classes by turns, behind the service's back.
async fn spread(app: &App, turn: i64) {
    for schema in versioned() {
        let kind = schema.kind;
        let class = format!("(array['public', 'bilateral', 'internal', 'restricted'])[1 + (feature_id + {turn}) % 4]");
        for sql in [
            format!("alter table {kind} disable trigger user"),
            format!("update {kind} set class = {class}"),
            format!("alter table {kind} enable trigger user"),
            format!("update record set class = {class} where kind = '{kind}'"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&app.db.pool).await.unwrap();
        }
    }
}

/// Feature id, class, places, and the two ends of a link.
type Placed = (i64, String, Vec<Uuid>, Option<Vec<Uuid>>);

async fn rows(app: &App, schema: &Schema) -> Vec<Row> {
    let kind = schema.kind;
    let ends = if kind == "feature_link" {
        "array[t.from_id, t.to_id]"
    } else {
        "null::uuid[]"
    };
    let sql = format!(
        "select t.feature_id, t.class, r.places, {ends} from {kind} t join record r using (feature_id)
         where upper_inf(t.known) and t.in_force @> now()"
    );
    let rows: Vec<Placed> = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_all(&app.db.pool)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(feature_id, class, places, ends)| Row {
            feature_id,
            class: Class::from_word(&class).unwrap(),
            places,
            ends: ends.map(|ends| [ends[0], ends[1]]),
        })
        .collect()
}

async fn record(app: &App, kind: &str, label: &str) -> Uuid {
    sqlx::query_scalar("select record_id from record where kind = $1 and label = $2 order by feature_id limit 1")
        .bind(kind)
        .bind(label)
        .fetch_one(&app.db.pool)
        .await
        .unwrap_or_else(|fault| panic!("{kind} {label}: {fault}"))
}

/// The places that grants name, as people write them and as they are meant.
async fn grounds(app: &App) -> Vec<(Option<&'static str>, Place)> {
    let boundary = record(app, "boundary", "astrand-veyra").await;
    let section = record(app, "section", "S1").await;
    let (number,): (String,) =
        sqlx::query_as("select label from record where kind = 'project' and boundary_id = $1 order by label limit 1")
            .bind(boundary)
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
    let project = record(app, "project", &number).await;
    let said: &'static str = Box::leak(format!("astrand-veyra/projects/{number}").into_boxed_str());
    vec![
        (None, Place::Everywhere),
        (Some("astrand-veyra"), Place::Boundary(boundary)),
        (Some("astrand-veyra/S1"), Place::Section { section, boundary }),
        (Some(said), Place::Project { project, boundary }),
    ]
}

/// Every role at every place, each with an account of its own.
async fn everybody(app: &App) -> Vec<(Somebody, reqwest::Client)> {
    let mut all = Vec::new();
    for (i, (said, place)) in grounds(app).await.into_iter().enumerate() {
        for role in Role::ALL {
            if role.needs_place() && place == Place::Everywhere {
                continue;
            }
            let name = format!("{}-{i}", role.word().replace('_', "-"));
            let grant = NewGrant {
                role: *role,
                place: said,
                until: None,
            };
            let new = NewAccount {
                name: &name,
                full_name: &name,
                grants: vec![grant],
                reason: "test",
            };
            account::add(&app.cx, &new).await.unwrap();
            // A role that signs sleeps until there is an authenticator.
            sqlx::query("update account set totp_secret = '\\x00' where name = $1")
                .bind(&name)
                .execute(&app.db.pool)
                .await
                .unwrap();
            let scope = TokenScope::Write;
            let token = NewToken {
                name: "matrix",
                scope,
                inspection: None,
                days: 1,
            };
            let (token, _) = account::token::issue_by_name(&app.cx, &name, &token).await.unwrap();
            let rights = Rights::of(vec![Grant { role: *role, place }]).within(scope);
            all.push((Somebody { name, rights }, client(&token)));
        }
    }
    all
}

impl Somebody {
    fn db(&self, app: &App) -> Db {
        app.cx.db.on_behalf_of(&Behalf {
            scope: self.rights.scope().into(),
            account: None,
            actor: self.name.as_str().into(),
        })
    }

    /// What they must see of each kind, by the table of rights alone.
    fn sees(&self, all: &BTreeMap<&'static str, Vec<Row>>, known: &Known) -> BTreeMap<&'static str, BTreeSet<i64>> {
        let end = |id: &Uuid| {
            known
                .get(id)
                .is_some_and(|(realm, class, places)| self.rights.may_with(Verb::Read, *realm, *class, places))
        };
        all.iter()
            .map(|(kind, rows)| {
                let realm = Realm::of(kind);
                let seen = rows
                    .iter()
                    .filter(|row| self.rights.may_with(Verb::Read, realm, row.class, &row.places))
                    .filter(|row| row.ends.is_none_or(|ends| ends.iter().all(end)))
                    .map(|row| row.feature_id)
                    .collect();
                (*kind, seen)
            })
            .collect()
    }
}

type Known = BTreeMap<Uuid, (Realm, Class, Vec<Uuid>)>;

/// All that there is, in full view: what is in force by kinds, and every record.
async fn register(app: &App) -> (BTreeMap<&'static str, Vec<Row>>, Known) {
    let mut by_kind = BTreeMap::new();
    for schema in versioned() {
        by_kind.insert(schema.kind, rows(app, schema).await);
    }
    let all: Vec<(Uuid, String, String, Vec<Uuid>)> =
        sqlx::query_as("select record_id, kind, class, places from record where class is not null")
            .fetch_all(&app.db.pool)
            .await
            .unwrap();
    let known = all
        .into_iter()
        .map(|(id, kind, class, places)| (id, (Realm::of(&kind), Class::from_word(&class).unwrap(), places)))
        .collect();
    (by_kind, known)
}

/// A body without what tells two answers about different numbers apart.
async fn answer(client: &reqwest::Client, url: String, number: &str) -> (u16, Vec<String>, String) {
    let response = client.get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let mut headers: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
    headers.sort();
    let body = response.text().await.unwrap();
    let Ok(Value::Object(mut told)) = serde_json::from_str::<Value>(&body) else {
        return (status, headers, body);
    };
    // The number of the request.
    told.remove("instance");
    let told = Value::Object(told).to_string();
    let words: Vec<&str> = told
        .split_inclusive(|c: char| !c.is_ascii_digit())
        .flat_map(|word| match word.trim_end_matches(|c: char| !c.is_ascii_digit()) {
            own if own == number => ["N", &word[own.len()..]],
            _ => [word, ""],
        })
        .collect();
    (status, headers, words.concat())
}

#[tokio::test]
async fn everybody_sees_what_the_table_of_rights_says_and_nothing_else() {
    let app = app_with_borders().await;
    let people = everybody(&app).await;
    let (mut shown, mut hidden) = (0, 0);
    let mut all = BTreeMap::new();
    let mut known = Known::new();
    for turn in 0..4 {
        spread(&app, turn).await;
        (all, known) = register(&app).await;
        let filled = all.values().filter(|rows| !rows.is_empty()).count();
        assert!(filled >= 28, "the samples have records of {filled} kinds only");
        for (somebody, _) in &people {
            let must = somebody.sees(&all, &known);
            let mut conn = somebody.db(&app).acquire().await.unwrap();
            for schema in versioned() {
                let kind = schema.kind;
                let sql = format!("select feature_id from {kind} where upper_inf(known) and in_force @> now()");
                let seen: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_all(&mut *conn)
                    .await
                    .unwrap();
                let seen: BTreeSet<i64> = seen.into_iter().collect();
                assert_eq!(seen, must[kind], "the database shows {} these of {kind}", somebody.name);
                shown += seen.len();
                hidden += all[kind].len() - seen.len();
            }
        }
    }
    for (somebody, client) in &people {
        let must = somebody.sees(&all, &known);
        for schema in versioned() {
            let (kind, collection) = (schema.kind, schema.collection);
            let path = format!("/collections/{collection}/items?limit=10000");
            let response = client.get(app.url(&path)).send().await.unwrap();
            if !somebody.rights.may_at_all(Verb::Read) && !UNJUDGED {
                assert_eq!(response.status(), 403, "{}", somebody.name);
                continue;
            }
            let body: Value = response.json().await.unwrap();
            let seen: BTreeSet<i64> = body["features"]
                .as_array()
                .unwrap_or_else(|| panic!("{body}"))
                .iter()
                .map(|feature| feature["id"].as_i64().unwrap())
                .collect();
            assert_eq!(
                seen, must[kind],
                "the service shows {} these of {collection}",
                somebody.name
            );
            assert_eq!(
                body["numberMatched"],
                must[kind].len(),
                "{} {collection}",
                somebody.name
            );
            let Some(secret) = all[kind].iter().find(|row| !must[kind].contains(&row.feature_id)) else {
                continue;
            };
            // Hidden and absent are one.
            let (secret, absent) = (secret.feature_id.to_string(), "987654321");
            for rest in ["", "/versions", "/card", "/versions/1/difference/2"] {
                let url = |id: &str| app.url(&format!("/collections/{collection}/items/{id}{rest}"));
                let there = answer(client, url(&secret), &secret).await;
                assert_eq!(
                    there,
                    answer(client, url(absent), absent).await,
                    "{} {collection}{rest}",
                    somebody.name
                );
                assert!(there.0 == 404 || there.0 == 406, "{there:?}");
            }
        }
    }
    println!("{} people, {shown} shown, {hidden} hidden", people.len());
    assert!(shown > 1_000 && hidden > 1_000);
}

#[tokio::test]
async fn the_database_takes_writes_only_of_whom_the_table_of_rights_names() {
    let app = app_with_borders().await;
    let boundary = record(&app, "boundary", "astrand-veyra").await;
    let [one, other] = [record(&app, "section", "S1").await, record(&app, "section", "S2").await];
    let foreign = record(&app, "boundary", "ibc-j").await;
    let grounds = [
        vec![NOWHERE],
        vec![boundary, whole(boundary)],
        vec![boundary, one],
        vec![boundary, other],
        vec![foreign, whole(foreign)],
    ];
    let kinds = ["rule", "segment", "marker", "route", "finding", "project", "port"];
    let (mut taken, mut refused) = (0, 0);
    for (somebody, _) in everybody(&app).await {
        let db = somebody.db(&app);
        for kind in kinds {
            let realm = Realm::of(kind);
            for class in Class::ALL {
                for places in &grounds {
                    let verbs = match realm {
                        Realm::Verdicts => &[Verb::Record, Verb::Check][..],
                        _ => &[Verb::Record],
                    };
                    let may = verbs
                        .iter()
                        .any(|verb| somebody.rights.may_with(*verb, realm, class, places));
                    let mut tx = db.begin().await.unwrap();
                    let id = app.cx.ids.next();
                    let made = async {
                        sqlx::query("insert into record (record_id, kind) values ($1, $2)")
                            .bind(id)
                            .bind(kind)
                            .execute(&mut *tx)
                            .await?;
                        sqlx::query("update record set class = $2, places = $3 where record_id = $1")
                            .bind(id)
                            .bind(class.word())
                            .bind(places)
                            .execute(&mut *tx)
                            .await
                    };
                    let made = made.await.map_or_else(
                        |fault| {
                            let code = fault
                                .as_database_error()
                                .and_then(|fault| fault.code().map(String::from));
                            assert_eq!(code.as_deref(), Some("42501"), "{fault}");
                            false
                        },
                        |done| done.rows_affected() == 1,
                    );
                    assert_eq!(made, may, "{} writes {kind} {class:?} at {places:?}", somebody.name);
                    *if made { &mut taken } else { &mut refused } += 1;
                }
            }
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} {refused}");
}

#[tokio::test]
async fn what_nobody_brings_a_scope_for_is_not_there() {
    let app = app_with_borders().await;
    let nobody = app.cx.db.on_behalf_of(&Behalf {
        scope: ";".into(),
        account: None,
        actor: "public".into(),
    });
    let mut conn = nobody.acquire().await.unwrap();
    // Every table that has rules is empty; those without hold nothing of anybody.
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "select c.relname::text, c.relrowsecurity and c.relforcerowsecurity from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
           and has_table_privilege(c.oid, 'select')",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let open = [
        "audit_log",
        "coming_into_force",
        "collection_version",
        "job",
        "spatial_ref_sys",
        "_sqlx_migrations",
    ];
    for (table, guarded) in tables {
        assert_eq!(guarded, !open.contains(&table.as_str()), "{table}");
        if guarded {
            let sql = format!("select count(*) from {table}");
            let seen: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_one(&mut *conn)
                .await
                .unwrap();
            assert_eq!(seen, 0, "{table}");
        }
    }
    // The role owns nothing, and cannot become who does.
    let owned: i64 = sqlx::query_scalar("select count(*) from pg_class where pg_get_userbyid(relowner) = current_user")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(owned, 0);
    for forbidden in [
        "delete from marker",
        "update marker set number = 'x'",
        "truncate marker",
        "delete from audit_event",
        "update audit_event set actor = 'x'",
        "insert into row_digest (table_name, row_key, digest, audit_event_id) values ('x', 'x', '', 1)",
        "alter table marker disable row level security",
        "create table mine ()",
        "drop policy marker_read on marker",
    ] {
        let fault = sqlx::raw_sql(forbidden).execute(&mut *conn).await.unwrap_err();
        let code = fault
            .as_database_error()
            .and_then(|fault| fault.code().map(String::from));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {fault}");
    }
}

/// Where a record is, is told alike by the service, which judges before it writes, and by the database.
#[tokio::test]
async fn places_are_told_alike_on_both_sides() {
    let app = app_with_borders().await;
    let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
    for boundary in [None, Some(a)] {
        for section in [None, Some(b)] {
            for project in [None, Some(c)] {
                let told: Vec<Uuid> = sqlx::query_scalar("select places_of($1, $2, $3)")
                    .bind(boundary)
                    .bind(section)
                    .bind(project)
                    .fetch_one(&app.db.pool)
                    .await
                    .unwrap();
                assert_eq!(told, places(boundary, section, project));
            }
        }
    }
    for schema in schema::ALL {
        let realm: String = sqlx::query_scalar("select realm_of($1)")
            .bind(schema.kind)
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
        assert_eq!(realm, Realm::of(schema.kind).word(), "{}", schema.kind);
    }
    // What the migration finds for rows that were there before is what writing them gave.
    for schema in versioned().filter(|schema| schema.kind != "feature_link") {
        let kind = schema.kind;
        let section: String = sqlx::query_scalar("select section_of($1::regclass, 't')")
            .bind(kind)
            .fetch_one(&app.db.pool)
            .await
            .unwrap_or_else(|_| "null::uuid".to_owned());
        let has: Vec<String> =
            sqlx::query_scalar("select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0")
                .bind(kind)
                .fetch_all(&app.db.pool)
                .await
                .unwrap();
        let or_null = |column: &str| {
            if has.iter().any(|name| name == column) {
                format!("t.{column}")
            } else {
                "null::uuid".to_owned()
            }
        };
        let sql = format!(
            "select count(*) from (select distinct on (t.{kind}_id) t.{kind}_id as id, t.class,
                 places_of({}, {section}, {}) as places from {kind} t order by t.{kind}_id, t.version desc) x
             join record r on r.record_id = x.id
             where (r.class, r.places) is distinct from (x.class, x.places)",
            or_null("boundary_id"),
            or_null("project_id")
        );
        let wrong: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
        assert_eq!(wrong, 0, "{kind}");
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_its_rule_names() {
    let app = app_with_borders().await;
    for (somebody, client) in everybody(&app).await {
        for (route, method, rule) in RULES {
            if UNJUDGED {
                continue;
            }
            let admitted = match rule {
                Rule::May(verb) => somebody.rights.may_at_all(*verb),
                Rule::Either(one, other) => somebody.rights.may_at_all(*one) || somebody.rights.may_at_all(*other),
                // What is everybody's own is looked at elsewhere.
                Rule::Open | Rule::Known => continue,
            };
            if admitted && *method != Method::GET {
                continue;
            }
            let path: Vec<&str> = route
                .split('/')
                .map(|part| match part {
                    "{collectionId}" => "markers",
                    "{set}" => "WebMercatorQuad",
                    part if part.starts_with('{') => "0",
                    part => part,
                })
                .collect();
            let status = client
                .request(method.clone(), app.url(&path.join("/")))
                .send()
                .await
                .unwrap()
                .status();
            if admitted {
                assert_ne!(status, 401, "{} {method} {route}", somebody.name);
                assert!(!status.is_server_error(), "{} {method} {route}", somebody.name);
            } else {
                assert_eq!(status, 403, "{} {method} {route}", somebody.name);
            }
        }
    }
}

#[tokio::test]
async fn nobody_changes_what_they_may_not() {
    let app = app_with_borders().await;
    let people = everybody(&app).await;
    spread(&app, 1).await;
    let (all, _) = register(&app).await;
    let versions = async || {
        let mut n = 0;
        for schema in versioned() {
            let sql = format!("select count(*) from {}", schema.kind);
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_one(&app.db.pool)
                .await
                .unwrap();
            n += rows;
        }
        n
    };
    let before = versions().await;
    let mut tried = 0;
    for (somebody, client) in &people {
        for schema in versioned() {
            let realm = Realm::of(schema.kind);
            let may = |row: &&Row| somebody.rights.may_with(Verb::Record, realm, row.class, &row.places);
            let Some(row) = all[schema.kind].iter().find(|row| !may(row)) else {
                continue;
            };
            let url = app.url(&format!("/collections/{}/items/{}", schema.collection, row.feature_id));
            let body = serde_json::json!({ "type": "Feature", "properties": { "reason": "not mine" } });
            for method in [Method::PATCH, Method::DELETE] {
                let response = client
                    .request(method.clone(), &url)
                    .header("if-match", "*")
                    .header("content-type", "application/merge-patch+json")
                    .body(body.to_string())
                    .send()
                    .await
                    .unwrap();
                let status = response.status();
                assert!(
                    status.is_client_error() || (UNJUDGED && !status.is_success()),
                    "{} {method} {url}: {status}",
                    somebody.name
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    assert_eq!(versions().await, before);
}
