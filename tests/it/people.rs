//! People: how they come in, what keeps others out, and what the answers give away.

use jiff::{SignedDuration, Timestamp};
use merestone::domain::rights::{Role, TokenScope};
use merestone::service::account::token::NewToken;
use merestone::service::account::{self, NewAccount, NewGrant, proof, sign_in};
use merestone::service::{Clock, Context};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{App, app, app_with_borders, client, second};

const PASSWORD: &str = "stone river lantern seven";

async fn person(cx: &Context, name: &str, roles: &[Role]) -> String {
    let grant = |role: &Role| NewGrant {
        role: *role,
        place: None,
        until: None,
    };
    let new = NewAccount {
        name,
        full_name: name,
        grants: roles.iter().map(grant).collect(),
        reason: "test",
    };
    account::add(cx, &new).await.unwrap()
}

/// Uses a link and keeps the authenticator's secret.
async fn enrolled(app: &App, name: &str, roles: &[Role]) -> Option<Vec<u8>> {
    let code = person(&app.cx, name, roles).await;
    let known = sign_in::enrolling(&app.cx, &code).await.unwrap();
    let now = app.cx.clock.now().as_second().unsigned_abs();
    let typed = known.totp.as_ref().map(|secret| proof::totp_code(secret, now).unwrap());
    let totp = known.totp.as_deref().zip(typed.as_deref());
    sign_in::enrol(&app.cx, &code, PASSWORD.to_owned(), totp).await.unwrap();
    known.totp
}

async fn sign(app: &App, body: Value) -> Response {
    reqwest::Client::new()
        .post(app.url("/session"))
        .json(&body)
        .send()
        .await
        .unwrap()
}

async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/")
            .to_owned(),
    )
}

#[tokio::test]
async fn who_has_not_signed_in_sees_nothing_of_the_register() {
    let app = app_with_borders().await;
    let nobody = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for path in [
        "/boundaries",
        "/collections",
        "/collections/markers/items",
        "/collections/markers/items/1",
        "/collections/nothing/items",
        "/search?q=17",
        "/tiles/WebMercatorQuad/0/0/0",
        "/uploads",
        "/metrics",
        "/accounts",
        "/tokens",
    ] {
        let answer = nobody.get(app.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(
            answer.headers()["www-authenticate"],
            r#"Bearer realm="merestone""#,
            "{path}"
        );
        // A person is led to the page for it, and back.
        let page = nobody
            .get(app.url(path))
            .header("accept", "text/html")
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), 303, "{path}");
        let there = page.headers()["location"].to_str().unwrap();
        assert!(there.starts_with("/session?next=/"), "{there}");
    }
    for path in [
        "/",
        "/livez",
        "/readyz",
        "/api",
        "/conformance",
        "/session",
        "/glossary",
    ] {
        assert_eq!(nobody.get(app.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
    let upload = nobody
        .post(app.url("/uploads?filename=a.gpx"))
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(upload.status(), 401);
}

#[tokio::test]
async fn a_person_comes_in_by_link_and_password() {
    let app = app().await;
    let code = person(&app.cx, "wang.wei", &[Role::Surveyor]).await;
    // Before the link was used there is no password to be right.
    let early = sign(&app, json!({ "name": "wang.wei", "password": PASSWORD })).await;
    assert_eq!(problem(early).await, (401, "sign-in-failed".to_owned()));
    let page = reqwest::get(app.url(&format!("/enrol/{code}"))).await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert!(page.text().await.unwrap().contains("wang.wei"));
    let post = |password: &str, again: &str| {
        let body = json!({ "password": password, "again": again });
        reqwest::Client::new()
            .post(app.url(&format!("/enrol/{code}")))
            .json(&body)
            .send()
    };
    assert_eq!(problem(post("short", "short").await.unwrap()).await.0, 422);
    assert_eq!(problem(post(PASSWORD, "another one").await.unwrap()).await.0, 422);
    assert_eq!(post(PASSWORD, PASSWORD).await.unwrap().status(), 200);
    // Once.
    assert_eq!(
        problem(post(PASSWORD, PASSWORD).await.unwrap()).await,
        (410, "link-used".to_owned())
    );
    let begun = std::time::Instant::now();
    let answer = sign(&app, json!({ "name": "Wang.Wei", "password": PASSWORD })).await;
    eprintln!("signing in took {:?}", begun.elapsed());
    assert_eq!(answer.status(), 201);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for word in ["__Host-mst=mst_s_", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let session: Value = answer.json().await.unwrap();
    let me = client(session["session"].as_str().unwrap());
    let told: Value = me
        .get(app.url("/session?f=json"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&told["name"], &told["may"]["upload"]),
        (&json!("wang.wei"), &json!(["field"]))
    );
    assert!(told["may"]["administer"].is_null());
    // By cookie as a browser does: reading is free, writing wants our own page.
    let crumb = cookie.split(';').next().unwrap();
    let browser = |method: Method, path: &str| {
        reqwest::Client::new()
            .request(method, app.url(path))
            .header("cookie", crumb)
    };
    assert_eq!(browser(Method::GET, "/collections").send().await.unwrap().status(), 200);
    for (header, value, expect) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("x-nothing", "", 403),
        ("sec-fetch-site", "same-origin", 204),
    ] {
        let ended = browser(Method::DELETE, "/session")
            .header(header, value)
            .send()
            .await
            .unwrap();
        assert_eq!(ended.status(), expect, "{header} {value}");
    }
    assert_eq!(
        problem(me.get(app.url("/collections")).send().await.unwrap()).await.1,
        "credential-invalid"
    );
}

#[tokio::test]
async fn guessing_is_slow_and_learns_nothing() {
    let app = app().await;
    enrolled(&app, "known.person", &[Role::Surveyor]).await;
    let mut bodies = Vec::new();
    let mut times = Vec::new();
    for name in ["known.person", "nobody.here"] {
        let begun = std::time::Instant::now();
        for n in 0..5 {
            let answer = sign(&app, json!({ "name": name, "password": format!("wrong guess {n}") })).await;
            assert_eq!(answer.status(), 401, "{name} {n}");
            let mut body: Value = answer.json().await.unwrap();
            body["instance"] = Value::Null;
            bodies.push(body.to_string());
        }
        times.push(begun.elapsed().as_secs_f64());
        // Then even the right one waits.
        let answer = sign(&app, json!({ "name": name, "password": PASSWORD })).await;
        assert_eq!(problem(answer).await, (429, "too-many-attempts".to_owned()), "{name}");
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    eprintln!("five guesses took {times:?} s for a known and an unknown name");
    // A name that was locked, and one without rights, are answered alike as well.
    let failed: i64 = app
        .count("select count(*) from audit_event where action = 'sign_in_failed'")
        .await;
    assert_eq!(failed, 10);
    for hostile in ["", "x\0y", "a' or 1=1 --", &"n".repeat(100_000), "名字"] {
        let answer = sign(&app, json!({ "name": hostile, "password": "x" })).await;
        assert!(
            [401, 429].contains(&answer.status().as_u16()),
            "{} {}",
            hostile.len(),
            answer.status()
        );
    }
}

#[tokio::test]
async fn roles_that_sign_want_a_second_proof_and_a_code_holds_once() {
    let app = app().await;
    let secret = enrolled(&app, "chief", &[Role::Admin]).await.unwrap();
    let now = app.cx.clock.now().as_second().unsigned_abs();
    let without = sign(&app, json!({ "name": "chief", "password": PASSWORD })).await;
    assert_eq!(problem(without).await, (401, "sign-in-failed".to_owned()));
    // The code of enrolling was taken; the next one is good, once.
    let next = proof::totp_code(&secret, now + 30).unwrap();
    let body = json!({ "name": "chief", "password": PASSWORD, "code": next });
    let session: Value = sign(&app, body.clone()).await.json().await.unwrap();
    assert_eq!(sign(&app, body).await.status(), 401);
    let chief = client(session["session"].as_str().unwrap());
    let accounts: Value = chief
        .get(app.url("/accounts"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 2);
    assert!(!accounts.to_string().contains("argon2"));
    // Administrators do not write the register, nor give themselves anything.
    let write = chief
        .post(app.url("/collections/parties/items"))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(problem(write).await, (403, "forbidden".to_owned()));
    let grants = |name: &str, role: &str| {
        let body = json!({ "role": role, "reason": "test" });
        chief
            .post(app.url(&format!("/accounts/{name}/grants")))
            .json(&body)
            .send()
    };
    assert_eq!(grants("chief", "approver").await.unwrap().status(), 403);
    assert_eq!(grants("tester", "surveyor").await.unwrap().status(), 201);
    assert_eq!(
        grants("tester", "admin").await.unwrap().status(),
        409,
        "an auditor does not administer"
    );
    assert_eq!(grants("tester", "king").await.unwrap().status(), 422);
    assert_eq!(grants("nobody", "surveyor").await.unwrap().status(), 404);
    let lock = |name: &str| {
        let body = json!({ "reason": "test" });
        chief
            .post(app.url(&format!("/accounts/{name}/lock")))
            .json(&body)
            .send()
    };
    assert_eq!(lock("chief").await.unwrap().status(), 403);
    // A locked account's token is good no more at once.
    assert_eq!(app.get("/collections").await.status(), 200);
    assert_eq!(lock("tester").await.unwrap().status(), 204);
    assert_eq!(app.get("/collections").await.status(), 401);
}

#[tokio::test]
async fn a_token_does_what_it_is_for_until_it_ends() {
    let app = app_with_borders().await;
    let issue = async |scope, days| {
        let new = NewToken {
            name: "device",
            scope,
            inspection: None,
            days,
        };
        account::token::issue_by_name(&app.cx, "tester", &new).await.unwrap()
    };
    let (reader, token) = issue(TokenScope::Read, 2).await;
    let (device, _) = issue(TokenScope::Upload, 2).await;
    let (reading, sending) = (client(&reader), client(&device));
    let upload = |who: &reqwest::Client| who.post(app.url("/uploads?filename=a.gpx")).body("<gpx/>").send();
    assert_eq!(
        reading
            .get(app.url("/collections/markers/items"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(upload(&reading).await.unwrap().status(), 403);
    assert_eq!(upload(&sending).await.unwrap().status(), 422);
    assert_eq!(
        sending
            .get(app.url("/collections/markers/items"))
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    // Who may only read is told so before trying.
    for (who, expect) in [
        (&reading, "GET, HEAD, OPTIONS"),
        (&app.client, "GET, HEAD, POST, OPTIONS"),
    ] {
        let told = who
            .request(Method::OPTIONS, app.url("/collections/markers/items"))
            .send()
            .await
            .unwrap();
        let allowed: std::collections::BTreeSet<&str> = told.headers()["allow"].to_str().unwrap().split(", ").collect();
        assert_eq!(allowed, expect.split(", ").collect(), "{told:?}");
    }
    // As the password of Basic, whatever the name.
    let basic = reqwest::Client::new()
        .get(app.url("/collections"))
        .basic_auth("anyone", Some(&reader));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    // A token makes no token.
    let more = json!({ "name": "more", "scope": "read" });
    assert_eq!(
        app.client
            .post(app.url("/tokens"))
            .json(&more)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    // Forged, cut, of another kind, not readable.
    for forged in [
        "",
        "x",
        "mst_t_",
        &reader[..reader.len() - 1],
        &format!("{reader}a"),
        &reader.to_uppercase(),
    ] {
        let answer = reqwest::Client::new()
            .get(app.url("/collections"))
            .header("authorization", format!("Bearer {forged}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{forged}");
    }
    // Time goes on: before its end, after it, and ten years either way.
    for (hours, expect) in [
        (47, true),
        (49, false),
        (-1, false),
        (24 * 3652, false),
        (-24 * 3652, false),
    ] {
        let at = app.cx.clock.now() + SignedDuration::from_hours(hours);
        let cx = Context {
            clock: Clock::fixed(at),
            ..app.cx.clone()
        };
        assert_eq!(cx.recognise(&reader).await.is_ok(), expect, "{hours}");
    }
    account::token::revoke_of(&app.cx, "tester", token.id).await.unwrap();
    let answer = reading.get(app.url("/collections")).send().await.unwrap();
    assert_eq!(
        answer.headers()["www-authenticate"],
        r#"Bearer realm="merestone", error="invalid_token""#
    );
    assert_eq!(problem(answer).await, (401, "credential-invalid".to_owned()));
}

#[tokio::test]
async fn a_role_ends_by_itself_and_by_decree() {
    let app = app().await;
    let now = app.cx.clock.now();
    person(&app.cx, "temp", &[]).await;
    let until = now + SignedDuration::from_hours(1);
    let new = NewGrant {
        role: Role::Surveyor,
        place: None,
        until: Some(until),
    };
    let grant = account::grant(&app.cx, "temp", &new, "season").await.unwrap();
    let token = NewToken {
        name: "t",
        scope: TokenScope::Write,
        inspection: None,
        days: 2,
    };
    let (secret, _) = account::token::issue_by_name(&app.cx, "temp", &token).await.unwrap();
    let may = async |at: Timestamp| {
        let cx = Context {
            clock: Clock::fixed(at),
            ..app.cx.clone()
        };
        let caller = cx.recognise(&secret).await.unwrap();
        caller.rights.may_at_all(merestone::domain::rights::Verb::Upload)
    };
    let now = app.cx.clock.now();
    assert!(may(now).await);
    assert!(!may(until + SignedDuration::from_secs(1)).await);
    account::revoke(&app.cx, "temp", grant, "left").await.unwrap();
    assert!(!may(now).await);
    // Roles of others are bound to a place, and places are known.
    for (role, place) in [
        (Role::Delegate, None),
        (Role::Surveyor, Some("nowhere")),
        (Role::Surveyor, Some("a/b/c/d")),
    ] {
        let new = NewGrant {
            role,
            place,
            until: None,
        };
        assert!(
            account::grant(&app.cx, "temp", &new, "test").await.is_err(),
            "{role:?} {place:?}"
        );
    }
}

#[tokio::test]
async fn the_first_administrator_comes_by_a_link_that_is_good_once() {
    let app = app().await;
    let first = account::first_link(&app.cx).await.unwrap().unwrap();
    // Until it was used each start makes another, and the one before is good no more.
    let second = account::first_link(&app.cx).await.unwrap().unwrap();
    assert!(sign_in::enrolling(&app.cx, &first).await.is_err());
    let known = sign_in::enrolling(&app.cx, &second).await.unwrap();
    let secret = known.totp.unwrap();
    let now = app.cx.clock.now().as_second().unsigned_abs();
    let code = proof::totp_code(&secret, now).unwrap();
    sign_in::enrol(&app.cx, &second, PASSWORD.to_owned(), Some((&secret, &code)))
        .await
        .unwrap();
    assert!(account::has_administrator(&app.cx).await.unwrap());
    assert_eq!(account::first_link(&app.cx).await.unwrap(), None);
    let told: Vec<String> =
        sqlx::query_scalar("select action from audit_event where kind = 'account' and subject = 'admin' order by 1")
            .fetch_all(&app.db.pool)
            .await
            .unwrap();
    assert_eq!(told, ["add", "enrol", "reset"]);
}

/// Every route of the program has a line that says who is let in.
#[tokio::test]
async fn what_is_not_in_the_table_of_rules_is_not_there() {
    let app = app().await;
    let api = app.json("/api").await;
    let shape = |path: &str| {
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let rules: std::collections::BTreeSet<(String, String)> = merestone::http::rules::RULES
        .iter()
        .map(|(path, method, _)| (shape(path), method.as_str().to_lowercase()))
        .collect();
    let mut seen = 0;
    for (path, operations) in api["paths"].as_object().unwrap() {
        for method in operations
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
        {
            // Each collection has an operation of its own in the document, and one line in the table.
            let general: Vec<&str> = path.split('/').collect();
            let path = match general.as_slice() {
                ["", "collections", name, rest @ ..] if !name.starts_with('{') => {
                    let rest = rest.iter().map(|part| format!("/{part}")).collect::<String>();
                    format!("/collections/{{c}}{rest}")
                }
                ["", "inspections", id, "documents", _] => format!("/inspections/{id}/documents/{{kind}}"),
                _ => path.clone(),
            };
            let line = (shape(&path), method.clone());
            assert!(rules.contains(&line), "{line:?} has no rule");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// Who, what, when, why, before and after; and only for who may.
#[tokio::test]
async fn the_log_is_read_by_auditors_and_says_so() {
    let app = app_with_borders().await;
    let log = app.json("/audit?limit=500").await;
    let events = log["events"].as_array().unwrap();
    let imported = events
        .iter()
        .find(|event| event["action"] == "import" && event["rows_total"].as_i64() > Some(100))
        .unwrap();
    assert_eq!(imported["rows"].as_array().unwrap().len(), 20);
    let row = &imported["rows"][0];
    let there = app.client.get(row["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(there.status(), 200, "{row}");
    // A page after a page shows each event once.
    let mut seen = Vec::new();
    let mut next = Some("/audit?limit=7&kind=account".to_owned());
    while let Some(path) = next {
        let page = app.json(&path).await;
        seen.extend(
            page["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["number"].as_i64().unwrap()),
        );
        next = page["links"][0]["href"].as_str().map(str::to_owned);
    }
    let all = app
        .count("select count(*) from audit_event where kind = 'account'")
        .await;
    assert_eq!(i64::try_from(seen.len()).unwrap(), all);
    assert!(seen.is_sorted_by(|a, b| a > b));
    let page = app.get("/audit?f=html&lang=zh").await.text().await.unwrap();
    assert!(page.contains("操作日志") && page.contains("tester"), "{page}");
    assert!(
        app.count("select count(*) from audit_event where action = 'read' and actor = 'tester'")
            .await
            >= 3
    );
    for wrong in ["limit=0", "before=x", "datetime=never", "colour=red"] {
        assert_eq!(app.get(&format!("/audit?{wrong}")).await.status(), 400, "{wrong}");
    }
    person(&app.cx, "plain", &[Role::Surveyor]).await;
    let new = NewToken {
        name: "t",
        scope: TokenScope::Write,
        inspection: None,
        days: 1,
    };
    let (secret, _) = account::token::issue_by_name(&app.cx, "plain", &new).await.unwrap();
    let refused = client(&secret).get(app.url("/audit")).send().await.unwrap();
    assert_eq!(problem(refused).await, (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn an_administrator_does_it_all_on_pages() {
    let app = app_with_borders().await;
    let (_, session) = second::signed_in(&app.cx, "chief", &[Role::Admin]).await;
    let chief = client(&session);
    let page = async |path: &str| {
        let answer = chief.get(app.url(&format!("{path}?f=html"))).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let form = async |path: &str, fields: &[(&str, &str)]| {
        let body = reqwest::Url::parse_with_params("http://form", fields).unwrap();
        let ask = chief
            .post(app.url(path))
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.query().unwrap_or_default().to_owned());
        let answer = ask.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert!(page("/accounts").await.contains("chief"));
    assert!(page("/session").await.contains("/accounts"));
    let new = [
        ("name", "lee"),
        ("full_name", "Lee & Sons"),
        ("role", "surveyor"),
        ("place", "astrand-veyra/S1"),
        ("reason", "spring season"),
    ];
    let (status, made) = form("/accounts", &new).await;
    assert!(
        status == 200 && made.contains("/enrol/") && made.contains("Lee &amp; Sons"),
        "{made}"
    );
    let (status, again) = form("/accounts", &new).await;
    assert!(status == 409 && again.contains("role=\"alert\""), "{again}");
    let one = page("/accounts/lee").await;
    assert!(
        one.contains("astrand-veyra/S1") && one.contains("spring season"),
        "{one}"
    );
    // A day means until its end; what is wrong is told on the page, and nothing is then done.
    let grant = |place, until| {
        [
            ("role", "reviewer"),
            ("place", place),
            ("until", until),
            ("reason", "helps out"),
        ]
    };
    let (status, told) = form("/accounts/lee/grants", &grant("nowhere", "")).await;
    assert!(status == 422 && told.contains("nowhere"), "{told}");
    let (status, told) = form("/accounts/lee/grants", &grant("", "soon")).await;
    assert!(status == 422 && told.contains("2026-12-31"), "{told}");
    let (status, told) = form("/accounts/lee/grants", &grant("", "2099-12-31")).await;
    assert!(status == 200 && told.contains("until 2100-01-01 00:00"), "{told}");
    let seen = account::one(&app.cx, "lee").await.unwrap();
    assert_eq!(seen.grants.len(), 2);
    let path = format!("/accounts/lee/grants/{}/revoke", seen.grants[1].id);
    let (status, told) = form(&path, &[("reason", "")]).await;
    assert!(status == 422 && told.contains("role=\"alert\""), "{told}");
    assert_eq!(form(&path, &[("reason", "season over")]).await.0, 200);
    assert_eq!(account::one(&app.cx, "lee").await.unwrap().grants.len(), 1);
    let (status, told) = form("/accounts/lee/reset", &[]).await;
    assert!(status == 200 && told.contains("/enrol/"), "{told}");
    let (status, told) = form("/accounts/lee/lock", &[("reason", "lost")]).await;
    assert!(status == 200 && told.contains("/accounts/lee/unlock"), "{told}");
    assert_eq!(form("/accounts/lee/unlock", &[("reason", "found")]).await.0, 200);
    // Not for themselves, and not for others than administrators.
    let (status, told) = form("/accounts/chief/grants", &grant("", "")).await;
    assert!(status == 403 && told.contains("role=\"alert\""), "{told}");
    assert_eq!(app.get("/accounts?f=html").await.status(), 403);
    assert_eq!(
        chief
            .get(app.url("/accounts/nobody?f=html"))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    let zh = chief
        .get(app.url("/accounts?f=html&lang=zh"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(zh.contains("账号"), "{zh}");
}
