//! Nothing acknowledged is lost or doubled: requests that are sent again, lines that are cut, clients that hang up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use merestone::domain::rights::{Role, TokenScope};
use merestone::service::account::token::NewToken;
use merestone::service::account::{self, NewAccount, NewGrant, sign_in};
use merestone::service::{Clock, Context};
use merestone::service::{answers, check};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::proxy::{Cut, Proxy};
use crate::support::{App, app, app_with, app_with_borders, client, sample};

const PARTIES: &str = "/collections/parties/items";
const GEOJSON: &str = "application/geo+json";
const MERGE: &str = "application/merge-patch+json";
const PASSWORD: &str = "stone river lantern seven";

/// All that a client sees of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    status: StatusCode,
    /// But for what is said of the sending itself.
    headers: BTreeMap<String, String>,
    replayed: bool,
    body: Vec<u8>,
}

impl Seen {
    fn slug(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let slug = body["type"].as_str().unwrap_or_default();
        slug.trim_start_matches("/problems/").to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn same_as(&self, other: &Self) -> bool {
        (self.status, &self.headers, &self.body) == (other.status, &other.headers, &other.body)
    }
}

async fn sent(request: reqwest::RequestBuilder) -> reqwest::Result<Seen> {
    let response = request.send().await?;
    let status = response.status();
    let mut headers: BTreeMap<String, String> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.remove("date");
    let replayed = headers.remove("idempotent-replayed").is_some_and(|said| said == "true");
    Ok(Seen {
        status,
        headers,
        replayed,
        body: response.bytes().await?.to_vec(),
    })
}

fn request(
    client: &Client,
    method: Method,
    url: String,
    key: &str,
    media: &str,
    body: &Value,
) -> reqwest::RequestBuilder {
    client
        .request(method, url)
        .header("content-type", media)
        .header("idempotency-key", key)
        .body(body.to_string())
}

/// A code as parties have: capital letters, of a series.
fn code(series: &str, number: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    format!("{series}{}{}", letter(number / 26), letter(number))
}

fn party(code: &str) -> Value {
    json!({ "type": "Feature", "geometry": null, "properties": { "code": code, "name_en": code, "name_zh": code } })
}

async fn post(app: &App, key: &str, body: &Value) -> Seen {
    sent(request(&app.client, Method::POST, app.url(PARTIES), key, GEOJSON, body))
        .await
        .unwrap()
}

/// How often a party was registered, and its versions.
async fn effects(app: &App, code: &str) -> (i64, i64) {
    sqlx::query_as("select count(distinct party_id), count(*) from party where code = $1 and upper_inf(known)")
        .bind(code)
        .fetch_one(&app.db.pool)
        .await
        .unwrap()
}

async fn another(app: &App, name: &str) -> Client {
    let new = NewAccount {
        name,
        full_name: name,
        grants: vec![NewGrant {
            role: Role::SurveyLead,
            place: None,
            until: None,
        }],
        reason: "test",
    };
    account::add(&app.cx, &new).await.unwrap();
    let new = NewToken {
        name: "tests",
        scope: TokenScope::Write,
        inspection: None,
        days: 1,
    };
    client(&account::token::issue_by_name(&app.cx, name, &new).await.unwrap().0)
}

#[tokio::test]
async fn the_same_request_is_answered_again_to_the_byte() {
    let app = app().await;
    let made = post(&app, "k-1", &party("PA")).await;
    assert_eq!(made.status, 201, "{}", made.slug());
    assert!(!made.replayed && made.header("location").contains(PARTIES));
    for key in ["k-1", "\"k-1\"", " k-1 "] {
        let again = post(&app, key, &party("PA")).await;
        assert!(again.replayed && again.same_as(&made), "{again:?}\n{made:?}");
    }
    assert_eq!(effects(&app, "PA").await, (1, 1));

    // With the record in the answer, as it was then, though it has changed since.
    let url = made.header("location").to_owned();
    let change = json!({ "properties": { "name_en": "Second" } });
    let patch = |key: &'static str, change: &Value| {
        request(&app.client, Method::PATCH, url.clone(), key, MERGE, change).header("prefer", "return=representation")
    };
    let changed = sent(patch("k-2", &change)).await.unwrap();
    assert_eq!(changed.status, 200);
    let later = json!({ "properties": { "name_en": "Third" } });
    assert_eq!(sent(patch("k-3", &later)).await.unwrap().status, 200);
    for _ in 0..3 {
        let again = sent(patch("k-2", &change)).await.unwrap();
        assert!(again.replayed && again.same_as(&changed), "{again:?}\n{changed:?}");
    }
    let now: Value = app.json(&url).await;
    assert_eq!(now["properties"]["name_en"], "Third");
    assert_eq!(now["properties"]["version"], 3);

    // A condition that held when it was asked is not asked once more.
    let tag = sent(app.client.get(&url)).await.unwrap().header("etag").to_owned();
    let put = || request(&app.client, Method::PUT, url.clone(), "k-4", GEOJSON, &party("PA")).header("if-match", &tag);
    let replaced = sent(put()).await.unwrap();
    assert_eq!(replaced.status, 204, "{}", replaced.slug());
    assert!(sent(put()).await.unwrap().same_as(&replaced));

    let delete = || {
        request(
            &app.client,
            Method::DELETE,
            format!("{url}?reason=x"),
            "k-5",
            GEOJSON,
            &json!(""),
        )
    };
    let retired = sent(delete()).await.unwrap();
    assert_eq!(retired.status, 204, "{}", retired.slug());
    assert!(sent(delete()).await.unwrap().same_as(&retired));
    assert_eq!(app.count("select count(*) from answer").await, 5);
}

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_person() {
    let app = app().await;
    let made = post(&app, "k", &party("PB")).await;
    assert_eq!(made.status, 201);
    let other = post(&app, "k", &party("PC")).await;
    assert_eq!((other.status.as_u16(), other.slug().as_str()), (422, "key-reused"));
    for (url, media) in [
        (app.url("/collections/boundary_points/items"), GEOJSON),
        (app.url(&format!("{PARTIES}?lang=zh")), GEOJSON),
        (app.url(PARTIES), "application/json"),
    ] {
        let seen = sent(request(&app.client, Method::POST, url, "k", media, &party("PB")))
            .await
            .unwrap();
        assert_eq!((seen.status.as_u16(), seen.slug().as_str()), (422, "key-reused"));
    }
    assert_eq!(effects(&app, "PC").await, (0, 0));

    // Another person's same key is another key, and says nothing of the first.
    let colleague = another(&app, "colleague").await;
    let theirs = sent(request(
        &colleague,
        Method::POST,
        app.url(PARTIES),
        "k",
        GEOJSON,
        &party("PD"),
    ))
    .await
    .unwrap();
    assert!(theirs.status == 201 && !theirs.replayed, "{theirs:?}");
    assert_ne!(theirs.header("location"), made.header("location"));

    for key in ["", "\"\"", "\"open", "a, b", "\"a\";p=1", &"x".repeat(256)] {
        let seen = post(&app, key, &party("PE")).await;
        assert_eq!(
            (seen.status.as_u16(), seen.slug().as_str()),
            (400, "key-invalid"),
            "{key}"
        );
    }
    let twice = request(&app.client, Method::POST, app.url(PARTIES), "a", GEOJSON, &party("PE"));
    let seen = sent(twice.header("idempotency-key", "b")).await.unwrap();
    assert_eq!(seen.slug(), "key-invalid");

    // A refusal is judged anew: what stood in the way may be gone. Who knows nothing of keys is served without.
    let taken = post(&app, "again", &party("PB")).await;
    assert_eq!((taken.status.as_u16(), taken.slug().as_str()), (409, "number-taken"));
    let gone = format!("{}?reason=x", made.header("location"));
    let retire = app.client.delete(gone).send().await.unwrap();
    assert_eq!(retire.status(), 204);
    assert_eq!(post(&app, "again", &party("PB")).await.status, 201);
}

#[tokio::test]
async fn sixteen_at_once_have_one_effect() {
    let app = app().await;
    for round in 0..8 {
        let (key, body) = (format!("round-{round}"), party(&code("RO", round)));
        let all = (0..16).map(|_| post(&app, &key, &body));
        let seen = futures_util::future::join_all(all).await;
        let done: Vec<&Seen> = seen.iter().filter(|seen| seen.status == 201).collect();
        let waiting = seen.iter().filter(|seen| seen.slug() == "key-in-flight").count();
        assert_eq!(
            done.len() + waiting,
            16,
            "{:?}",
            seen.iter().map(Seen::slug).collect::<Vec<_>>()
        );
        assert!(
            !done.is_empty() && done.iter().all(|seen| seen.same_as(done[0])),
            "{done:?}"
        );
        assert_eq!(done.iter().filter(|seen| !seen.replayed).count(), 1);
        assert_eq!(effects(&app, &code("RO", round)).await, (1, 1));
    }
}

#[tokio::test]
async fn what_was_done_before_a_service_was_killed_is_answered_all_the_same() {
    let app = app().await;
    let made = post(&app, "k-1", &party("PF")).await;
    let url = made.header("location").to_owned();
    let change = json!({ "properties": { "name_en": "Second" } });
    let patch = || request(&app.client, Method::PATCH, url.clone(), "k-2", MERGE, &change);
    let changed = sent(patch()).await.unwrap();
    let delete = || request(&app.client, Method::DELETE, url.clone(), "k-3", MERGE, &json!(""));
    let retired = sent(delete()).await.unwrap();
    // Killed between the commit of the change and the note of its answer.
    let lost = sqlx::query("update answer set status = null, headers = null, body = null")
        .execute(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(lost.rows_affected(), 3);
    for round in 0..2 {
        for (again, first) in [
            (post(&app, "k-1", &party("PF")).await, &made),
            (sent(patch()).await.unwrap(), &changed),
            (sent(delete()).await.unwrap(), &retired),
        ] {
            assert!(again.replayed && again.same_as(first), "{round}: {again:?}\n{first:?}");
        }
    }
    assert_eq!(effects(&app, "PF").await.0, 1);
    assert_eq!(
        app.count("select count(*) from answer where status is not null").await,
        3
    );
}

#[tokio::test]
async fn what_was_done_is_forgotten_after_two_days() {
    let app = app().await;
    assert_eq!(post(&app, "k-1", &party("PG")).await.status, 201);
    let later = |hours| Context {
        clock: Clock::fixed(app.cx.clock.now() + jiff::SignedDuration::from_hours(hours)),
        ..app.cx.clone()
    };
    assert_eq!(answers::sweep(&later(47)).await.unwrap(), 0);
    assert!(post(&app, "k-1", &party("PG")).await.replayed);
    assert_eq!(answers::sweep(&later(49)).await.unwrap(), 1);
    let anew = post(&app, "k-1", &party("PG")).await;
    assert_eq!((anew.status.as_u16(), anew.slug().as_str()), (409, "number-taken"));
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let app = app().await;
    let new = NewAccount {
        name: "wang",
        full_name: "Wang",
        grants: vec![NewGrant {
            role: Role::SurveyLead,
            place: None,
            until: None,
        }],
        reason: "test",
    };
    let code = account::add(&app.cx, &new).await.unwrap();
    sign_in::enrol(&app.cx, &code, PASSWORD.to_owned(), None).await.unwrap();
    let body = json!({ "name": "wang", "password": PASSWORD });
    let anyone = Client::new();
    let begun = anyone.post(app.url("/session")).json(&body).send().await.unwrap();
    let session: Value = begun.json().await.unwrap();
    let wang = client(session["session"].as_str().unwrap());
    let wanted = json!({ "name": "field", "scope": "upload" });
    let issue = || {
        request(
            &wang,
            Method::POST,
            app.url("/tokens"),
            "k",
            "application/json",
            &wanted,
        )
    };
    let made = sent(issue()).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.slug());
    let token = serde_json::from_slice::<Value>(&made.body).unwrap()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = sent(issue()).await.unwrap();
    assert_eq!((again.status.as_u16(), again.slug().as_str()), (409, "answer-not-kept"));
    assert_eq!(app.count("select count(*) from token where name = 'field'").await, 1);
    let kept: Vec<(String, Option<Vec<u8>>)> = sqlx::query_as("select outcome, body from answer")
        .fetch_all(&app.db.pool)
        .await
        .unwrap();
    assert!(
        kept.iter()
            .all(|(outcome, body)| !outcome.contains(&token) && body.is_none()),
        "{kept:?}"
    );
}

#[tokio::test]
async fn a_file_is_taken_over_once_and_told_again() {
    let app = app_with_borders().await;
    let file = "number,lon,lat\nK91,-168.01,42.5\nK92,-168.02,42.5\n";
    let import_as = |key: &'static str, file: &'static str, more: &str| {
        let path = "/collections/boundary_points/import?boundary=astrand-veyra&crs=EPSG:4490&filename=points.csv";
        app.client
            .post(app.url(&format!("{path}{more}")))
            .header("content-type", "text/csv")
            .header("idempotency-key", key)
            .body(file)
    };
    let import = |key, file| import_as(key, file, "");
    let taken = sent(import("k", file)).await.unwrap();
    assert_eq!(taken.status, 200, "{}", String::from_utf8_lossy(&taken.body));
    let told: Value = serde_json::from_slice(&taken.body).unwrap();
    assert_eq!(told["created"], 2, "{told}");
    // Somebody has changed a record since, which the same file would put back.
    let (id,): (i64,) = sqlx::query_as("select feature_id from boundary_point where number = 'K91'")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    let change = json!({ "properties": { "sigma_m": 0.5 } });
    let url = app.url(&format!("/collections/boundary_points/items/{id}"));
    assert_eq!(
        sent(request(&app.client, Method::PATCH, url.clone(), "p", MERGE, &change))
            .await
            .unwrap()
            .status,
        204
    );
    for _ in 0..3 {
        let again = sent(import("k", file)).await.unwrap();
        assert!(again.replayed && again.same_as(&taken), "{again:?}\n{taken:?}");
    }
    assert_eq!(app.json(&url).await["properties"]["version"], 2);
    let other = sent(import("k", "number,lon,lat\nK93,-168.01,42.5\n")).await.unwrap();
    assert_eq!((other.status.as_u16(), other.slug().as_str()), (422, "key-reused"));
    // A trial has no effect and is not remembered.
    let dry = |key| import_as(key, file, "&dry-run=true");
    assert!(!sent(dry("d")).await.unwrap().replayed);
    assert!(!sent(dry("d")).await.unwrap().replayed);
}

/// Sends a request until it is answered; the answer, and how often it was sent.
async fn until_answered(make: impl Fn(usize) -> reqwest::RequestBuilder) -> (Seen, usize) {
    for attempt in 0..200 {
        match sent(make(attempt)).await {
            Ok(seen) if seen.slug() == "key-in-flight" || seen.status == 503 => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(seen) => return (seen, attempt + 1),
            Err(_) => {}
        }
    }
    panic!("200 attempts were not answered");
}

#[tokio::test]
async fn two_hundred_cut_lines_have_two_hundred_effects() {
    const ALL: usize = 200;
    let app = app().await;
    let one = post(&app, "one", &party("COUNTED")).await;
    let counted = one.header("location").to_owned();
    // Before the head is whole, within the body, before the answer, within its first line, its head, at its end.
    let proxy = Proxy::before(&app.base, |number| match number % 8 {
        0 => Cut::There(40),
        1 => Cut::There(330 + number % 60),
        2 => Cut::Back(0),
        3 => Cut::Back(1),
        4 => Cut::Back(13),
        5 => Cut::Back(60 + number % 100),
        6 => Cut::Back(250),
        _ => Cut::Back(usize::MAX - 1),
    })
    .await;
    let unpooled = |token: &str| {
        Client::builder()
            .default_headers(crate::support::bearer(token))
            .pool_max_idle_per_host(0)
            .build()
            .unwrap()
    };
    let client = unpooled(&app.token);
    let (base, through) = (&app.base, &proxy.base);
    let begun = Instant::now();
    let work = (0..8).map(|worker| {
        let (client, app, counted) = (&client, &app, &counted);
        async move {
            for number in (worker..ALL).step_by(8) {
                let key = format!("cut-{number}");
                let (seen, _) = until_answered(|attempt| {
                    // Cut at first, whole at last.
                    let base = if attempt < 2 { through } else { base };
                    if number % 2 == 0 {
                        let body = party(&code("CUT", number));
                        request(client, Method::POST, format!("{base}{PARTIES}"), &key, GEOJSON, &body)
                    } else {
                        // Without a condition, each time it is done makes a version.
                        let change = json!({ "properties": { "name_en": format!("n{number}") } });
                        let url = counted.replace(&app.base, base);
                        request(client, Method::PATCH, url, &key, MERGE, &change)
                    }
                })
                .await;
                let expected = if number % 2 == 0 { 201 } else { 204 };
                assert_eq!(
                    seen.status,
                    expected,
                    "{number}: {}",
                    String::from_utf8_lossy(&seen.body)
                );
            }
        }
    });
    futures_util::future::join_all(work).await;
    let cuts = proxy.cuts();
    eprintln!("{ALL} changes over {cuts} cut lines in {:?}", begun.elapsed());
    assert!(cuts >= ALL, "only {cuts} lines were cut");
    assert_eq!(
        app.count("select count(distinct party_id) from party where code like 'CUT%'")
            .await,
        100
    );
    assert_eq!(app.json(&counted).await["properties"]["version"], 101);
    assert_eq!(app.count("select count(*) from answer").await, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_hung_up_clients_loses_and_doubles_nothing() {
    const ALL: usize = 200;
    let app = app_with(&[("MERESTONE_DATABASE_CONNECTIONS", "4")]).await;
    // From a moment before the request is out to a moment before the answer is there.
    let hasty: Vec<Client> = (0..16)
        .map(|worker| {
            Client::builder()
                .default_headers(crate::support::bearer(&app.token))
                .timeout(Duration::from_millis(1 + 4 * worker))
                .build()
                .unwrap()
        })
        .collect();
    let make = |client: &Client, number: usize| {
        let body = party(&code("STORM", number));
        let key = format!("storm-{number}");
        request(client, Method::POST, app.url(PARTIES), &key, GEOJSON, &body)
    };
    let storm = (0..16).map(|worker| {
        let (hasty, make) = (&hasty, &make);
        async move {
            let mut heard = 0;
            for number in (worker..ALL).step_by(16) {
                let mut answered = false;
                for _ in 0..3 {
                    answered |= sent(make(&hasty[worker], number))
                        .await
                        .is_ok_and(|seen| seen.status == 201);
                }
                heard += usize::from(answered);
            }
            heard
        }
    });
    let heard: usize = futures_util::future::join_all(storm).await.into_iter().sum();
    let unheard = app.count("select count(*) from answer").await - i64::try_from(heard).unwrap();
    for number in 0..ALL {
        let (seen, _) = until_answered(|_| make(&app.client, number)).await;
        assert_eq!(seen.status, 201, "{number}: {}", String::from_utf8_lossy(&seen.body));
    }
    eprintln!(
        "{heard} of {} hasty requests were heard; {unheard} were done unheard",
        3 * ALL
    );
    assert_eq!(
        app.count("select count(distinct party_id) from party where code like 'STORM%'")
            .await,
        i64::try_from(ALL).unwrap()
    );
    assert_eq!(
        app.count("select count(*) from party where code like 'STORM%'").await,
        i64::try_from(ALL).unwrap()
    );
    // Each has its event, and nothing was left open.
    assert_eq!(
        app.count("select count(*) from audit_event where action = 'create' and kind = 'party'")
            .await,
        i64::try_from(ALL).unwrap()
    );
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    assert_eq!(app.count(open).await, 0);
}

#[tokio::test]
async fn a_change_goes_on_when_its_sender_has_gone() {
    let app = app().await;
    // The table is held, so that the change is under way while its sender leaves.
    let mut tx = app.db.pool.begin().await.unwrap();
    sqlx::query("lock table party in share mode")
        .execute(&mut *tx)
        .await
        .unwrap();
    let body = party("GONE").to_string();
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = format!(
        "POST {PARTIES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {GEOJSON}\r\nContent-Length: {}\r\n\r\n{body}",
        app.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || app.count(waits).await > 0).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(app.cx.writing.len(), 1);
    tx.commit().await.unwrap();
    until(async || app.cx.writing.is_empty()).await;
    assert_eq!(effects(&app, "GONE").await, (1, 1));
}

#[tokio::test]
async fn a_body_that_ends_midway_leaves_nothing() {
    let app = app().await;
    for (path, media) in [
        (PARTIES, GEOJSON),
        ("/uploads?filename=a.gpx", "application/gpx+xml"),
        ("/collections/parties/import?filename=a.csv", "text/csv"),
    ] {
        for key in ["", "Idempotency-Key: half\r\n"] {
            let mut stream = TcpStream::connect(app.base.trim_start_matches("http://"))
                .await
                .unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{key}Content-Type: {media}\r\nContent-Length: 400000\r\n\r\n",
                app.token,
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b'{'; 200_000]).await.unwrap();
            drop(stream);
        }
    }
    until(async || app.cx.writing.is_empty()).await;
    let left = "select (select count(*) from upload) + (select count(*) from party) + (select count(*) from answer)";
    assert_eq!(app.count(left).await, 0);
    let incoming = app.data_dir.join("originals/incoming");
    until(async || std::fs::read_dir(&incoming).unwrap().count() == 0).await;
}

#[tokio::test]
async fn who_signs_in_is_not_behind_slow_work() {
    let app = app_with(&[("MERESTONE_DATABASE_CONNECTIONS", "2")]).await;
    let scratch = app.data_dir.join("samples");
    merestone::service::demo::load(&app.cx, &scratch).await.unwrap();
    let new = NewAccount {
        name: "wang",
        full_name: "Wang",
        grants: vec![NewGrant {
            role: Role::SurveyLead,
            place: None,
            until: None,
        }],
        reason: "test",
    };
    let code = account::add(&app.cx, &new).await.unwrap();
    sign_in::enrol(&app.cx, &code, PASSWORD.to_owned(), None).await.unwrap();
    until(async || {
        app.count("select count(*) from job where state in ('queued', 'running')")
            .await
            == 0
    })
    .await;
    // Whoever looks at segments waits.
    let mut tx = app.db.pool.begin().await.unwrap();
    sqlx::query("lock table segment in access exclusive mode")
        .execute(&mut *tx)
        .await
        .unwrap();
    let (boundary,): (uuid::Uuid,) = sqlx::query_as("select boundary_id from boundary where upper_inf(known) limit 1")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    let jobs: Vec<_> = (0..5)
        .map(|_| {
            let (cx, job) = (app.cx.clone(), app.cx.ids.next());
            tokio::spawn(async move { check::run::check_boundary(&cx, boundary, job).await })
        })
        .collect();
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || app.count(waits).await > 0).await;
    let body = json!({ "name": "wang", "password": PASSWORD });
    for _ in 0..3 {
        let begun = Instant::now();
        let response = Client::new()
            .post(app.url("/session"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let took = begun.elapsed();
        eprintln!("signed in within {took:?}");
        assert_eq!(response.status(), 201);
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    tx.commit().await.unwrap();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
}

async fn until(mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited too long");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_upload_is_known_by_its_bytes() {
    let app = app().await;
    let bytes = sample("astrand-veyra/tracks/2026-08-07-team-b.gpx");
    let send = |key: &'static str| {
        let url = app.url("/uploads?filename=b.gpx");
        sent(app.client.post(url).header("idempotency-key", key).body(bytes.clone()))
    };
    let first = send("u-1").await.unwrap();
    assert_eq!(first.status, 201);
    for key in ["u-1", "u-2"] {
        let again = send(key).await.unwrap();
        assert_eq!(
            (again.status.as_u16(), again.header("location")),
            (200, first.header("location"))
        );
    }
    assert_eq!(app.count("select count(*) from upload").await, 1);
}
