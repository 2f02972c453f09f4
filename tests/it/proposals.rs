//! Two persons: what binds two states is proposed by one and approved by another, and nobody gets past that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use merestone::domain::problem::Code;
use merestone::domain::proposal::wants_two_persons;
use merestone::domain::rights::{Rights, Role};
use merestone::domain::schema::{self, Schema};
use merestone::domain::value::{Draft, Value as Said};
use merestone::geom::shape::Geometry;
use merestone::service::account::{self, NewGrant};
use merestone::service::caller::{Caller, Via};
use merestone::service::edit::{self, Act, Done, Edit, Mode};
use merestone::service::features::Coordinates;
use merestone::service::proposal::{self, Preview};
use merestone::service::{Clock, Context, Error, import};
use merestone::store::Behalf;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::support::{app_with_borders, client, folder, second};

fn points() -> &'static Schema {
    schema::of("boundary_points").unwrap()
}

fn draft(values: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in values {
        draft.set(points().field(name).unwrap().name, Said::Text((*value).to_owned()));
    }
    draft
}

/// A new point, to be in force.
fn point(number: &str) -> Act {
    let mut draft = draft(&[
        ("boundary", "astrand-veyra"),
        ("number", number),
        ("standing", "in_force"),
        ("instrument", "protocol-1998"),
        ("reason", "annex 2"),
    ]);
    draft.set("sigma_m", Said::Number(0.02));
    draft.geometry = Some(Some(Geometry::Point([-168.05, 42.61])));
    Act::Create(Edit {
        coordinates: Coordinates::System(merestone::crs::Crs::lookup("EPSG:4490").unwrap()),
        ..Edit::new(draft)
    })
}

async fn proposed(cx: &Context, act: Act) -> i64 {
    match edit::carry_out(cx, points(), act).await.unwrap() {
        Done::Proposed(number) => number,
        Done::Written(written) => panic!("{written:?} was written by one person"),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result.unwrap_err() {
        Error::Refused(problem) => problem.code,
        Error::Fault(fault) => panic!("{fault}"),
    }
}

#[tokio::test]
async fn the_database_knows_the_same_kinds() {
    let app = app_with_borders().await;
    for schema in schema::ALL {
        let says: bool = sqlx::query_scalar("select wants_two_persons($1)")
            .bind(schema.kind)
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
        assert_eq!(says, wants_two_persons(schema), "{}", schema.kind);
    }
}

#[tokio::test]
async fn what_binds_is_written_when_a_second_person_has_approved_it() {
    let app = app_with_borders().await;
    let author = second::person(&app.cx, "author", &[Role::SurveyLead, Role::Approver]).await;
    let approver = second::person(&app.cx, "approver", &[Role::Approver]).await;
    let before = app.count("select count(*) from boundary_point").await;
    let number = proposed(&author, point("Z1")).await;
    assert_eq!(app.count("select count(*) from boundary_point").await, before);
    assert_eq!(proposal::waiting(&approver).await.unwrap(), 1);
    assert_eq!(proposal::waiting(&author).await.unwrap(), 0);
    let open = proposal::one(&approver, number).await.unwrap();
    assert_eq!(open.label.as_deref(), Some("Z1"));
    let Preview::New(shown) = proposal::preview(&approver, &open).await.unwrap() else {
        panic!("no preview");
    };
    assert!(shown.geometry.is_some());
    assert_eq!(app.count("select count(*) from boundary_point").await, before);
    // Not by who made it, though they hold the role, nor by who does not hold it, nor by nobody in particular.
    assert_eq!(code(proposal::approve(&author, number, None).await), Code::SamePerson);
    let lead = second::person(&app.cx, "lead", &[Role::SurveyLead]).await;
    assert_eq!(code(proposal::approve(&lead, number, None).await), Code::Forbidden);
    assert_eq!(code(proposal::approve(&app.cx, number, None).await), Code::SamePerson);
    let done = proposal::approve(&approver, number, Some("as the protocol has it"))
        .await
        .unwrap();
    assert_eq!(done.decided_by.as_deref(), Some("approver"));
    assert_eq!(app.count("select count(*) from boundary_point").await, before + 1);
    let row: (String, String, String) = sqlx::query_as(
        "select p.author, a.approver, p.standing from boundary_point p
         join approved a on a.record_id = p.boundary_point_id and a.version = p.version where p.number = 'Z1'",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert_eq!(row, ("author".into(), "approver".into(), "in_force".into()));
    // A checkpoint beside the database vouches for it already.
    let newest = std::fs::read_dir(app.data_dir.join("log/checkpoints")).unwrap();
    let newest = newest
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .max()
        .unwrap();
    let vouched: i64 = newest.trim_end_matches(".checkpoint").parse().unwrap();
    let place = app
        .count("select leaf from audit_event where action = 'approve' and leaf is not null")
        .await;
    assert!(vouched > place, "{newest} {place}");
    // Once only.
    assert_eq!(code(proposal::approve(&approver, number, None).await), Code::Decided);
    assert_eq!(code(proposal::withdraw(&author, number, None).await), Code::Decided);
    // The log says who did what.
    let said: Vec<(String, String)> = sqlx::query_as(
        "select actor, action from audit_event where action in ('propose', 'approve', 'create')
           and actor in ('author', 'approver') order by audit_event_id",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap();
    let said: Vec<(&str, &str)> = said.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
    assert_eq!(
        said,
        [("author", "propose"), ("author", "create"), ("approver", "approve")]
    );
}

fn change(feature_id: i64, version: i32, values: &[(&str, &str)]) -> Act {
    Act::Change {
        feature_id,
        expected: Some(version),
        edit: Edit::new(draft(values)),
        mode: Mode::Patch,
    }
}

#[tokio::test]
async fn a_change_is_shown_as_it_would_be_and_stands_on_the_version_it_was_made_for() {
    let app = app_with_borders().await;
    let author = second::person(&app.cx, "author", &[Role::SurveyLead]).await;
    let approver = second::person(&app.cx, "approver", &[Role::Approver]).await;
    let written = second::carry_out(&app.cx, points(), point("Z2")).await.unwrap();
    let papers = |note| [("instrument", "protocol-1998"), ("reason", note), ("description", note)];
    let field = points().field("description").is_some();
    let papers = |note| {
        if field {
            papers(note).to_vec()
        } else {
            papers(note)[..2].to_vec()
        }
    };
    let mut act = change(written.feature_id, 1, &papers("moved"));
    if let Act::Change { edit, .. } = &mut act {
        edit.draft.geometry = Some(Some(Geometry::Point([-168.05, 42.6101])));
        edit.coordinates = Coordinates::System(merestone::crs::Crs::lookup("EPSG:4490").unwrap());
    }
    let one = proposed(&author, act).await;
    let other = proposed(&author, change(written.feature_id, 1, &papers("other"))).await;
    let open = proposal::one(&approver, one).await.unwrap();
    let Preview::Change(found) = proposal::preview(&approver, &open).await.unwrap() else {
        panic!("no preview");
    };
    let merestone::service::difference::Ground::Compared(apart) = &found.ground else {
        panic!("{:?}", found.ground);
    };
    let merestone::service::difference::Measured::Points(moved) = &apart.measured else {
        panic!("{apart:?}");
    };
    assert!((moved.distance - 11.1).abs() < 0.2, "{moved:?}");
    proposal::approve(&approver, one, None).await.unwrap();
    // The other was made for the version before: it can be read and rejected, not approved.
    assert_eq!(code(proposal::approve(&approver, other, None).await), Code::Stale);
    let open = proposal::one(&approver, other).await.unwrap();
    assert!(matches!(
        proposal::preview(&approver, &open).await.unwrap(),
        Preview::Refused(_)
    ));
    assert_eq!(code(proposal::reject(&author, other, "mine").await), Code::Forbidden);
    proposal::reject(&approver, other, "another was first").await.unwrap();
    // An end wants two persons as well; the author may think again.
    let bye = Act::Retire {
        feature_id: written.feature_id,
        expected: None,
        draft: draft(&[("instrument", "protocol-1998"), ("reason", "gone")]),
    };
    assert_eq!(
        code(edit::carry_out(&author, points(), bye.clone()).await),
        Code::VersionRequired
    );
    let version = app
        .count("select max(version)::bigint from boundary_point where number = 'Z2'")
        .await;
    let Act::Retire { feature_id, draft, .. } = bye else {
        unreachable!()
    };
    let bye = Act::Retire {
        feature_id,
        expected: i32::try_from(version).ok(),
        draft,
    };
    let number = proposed(&author, bye.clone()).await;
    let open = proposal::one(&approver, number).await.unwrap();
    assert!(matches!(
        proposal::preview(&approver, &open).await.unwrap(),
        Preview::End(_)
    ));
    assert_eq!(code(proposal::withdraw(&approver, number, None).await), Code::Forbidden);
    proposal::withdraw(&author, number, None).await.unwrap();
    assert_eq!(code(proposal::approve(&approver, number, None).await), Code::Decided);
    let number = proposed(&author, bye).await;
    proposal::approve(&approver, number, None).await.unwrap();
    assert_eq!(
        app.count(
            "select count(*) from boundary_point where number = 'Z2' and upper_inf(in_force) and upper_inf(known)"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn a_file_that_binds_is_kept_and_taken_over_by_the_approval() {
    let app = app_with_borders().await;
    let author = second::person(&app.cx, "author", &[Role::SurveyLead]).await;
    let approver = second::person(&app.cx, "approver", &[Role::Approver]).await;
    let folder = folder();
    let path = folder.path().join("points.csv");
    std::fs::write(
        &path,
        "number,lon,lat,sigma_m\nF1,-168.05,42.61,0.02\nF2,-168.06,42.62,0.02\n",
    )
    .unwrap();
    let request = import::Request {
        boundary: Some("astrand-veyra"),
        crs: Some("EPSG:4490"),
        instrument: Some("protocol-1998"),
        reason: Some("annex 2"),
        ..import::Request::new(&path, "boundary_points")
    };
    let there = "select count(*) from boundary_point where number in ('F1', 'F2')";
    let outcome = import::file(&author, &request).await.unwrap();
    let number = outcome.proposal.unwrap();
    assert_eq!((outcome.created(), app.count(there).await), (2, 0));
    // The file is not needed any more, and what it would do has to be what it was.
    std::fs::remove_file(&path).unwrap();
    let again = proposal::approve(&approver, number, None).await.unwrap();
    assert_eq!(again.outcome, Some(json!({ "created": 2, "changed": 0 })));
    assert_eq!(app.count(there).await, 2);
    assert_eq!(
        app.count("select count(*) from approved a join boundary_point p on p.boundary_point_id = a.record_id where number like 'F_'")
            .await,
        2
    );
    std::fs::write(
        &path,
        "number,lon,lat,sigma_m\nF3,-168.05,42.61,0.02\nF4,-168.06,42.62,0.02\n",
    )
    .unwrap();
    let number = import::file(&author, &request).await.unwrap().proposal.unwrap();
    second::carry_out(&app.cx, points(), point("F3")).await.unwrap();
    assert_eq!(code(proposal::approve(&approver, number, None).await), Code::Stale);
}

#[tokio::test]
async fn who_signs_has_just_proved_who_they_are_and_still_holds_the_role() {
    let app = app_with_borders().await;
    let approver = second::person(&app.cx, "approver", &[Role::Approver]).await;
    let number = proposed(&app.cx, point("Z3")).await;
    let late = Context {
        clock: Clock::fixed(app.cx.clock.now() + jiff::SignedDuration::from_secs(301)),
        ..approver.clone()
    };
    assert_eq!(code(proposal::approve(&late, number, None).await), Code::ProofNeeded);
    // A token proves nothing.
    let token = approver.on_behalf_of(Caller {
        via: Via::Token {
            id: uuid::Uuid::nil(),
            scope: merestone::domain::rights::TokenScope::Write,
            inspection: None,
        },
        ..Caller::clone(&approver.caller)
    });
    assert_eq!(code(proposal::approve(&token, number, None).await), Code::ProofNeeded);
    // The role was taken away after this request had come in: the caller it knows still holds it.
    let seen = account::one(&app.cx, "approver").await.unwrap();
    account::revoke(&app.cx, "approver", seen.grants[0].id, "moved on")
        .await
        .unwrap();
    assert_eq!(code(proposal::approve(&approver, number, None).await), Code::Forbidden);
    let new = NewGrant {
        role: Role::Approver,
        place: None,
        until: None,
    };
    account::grant(&app.cx, "approver", &new, "back").await.unwrap();
    account::lock(&app.cx, "approver", true, "lost").await.unwrap();
    assert_eq!(code(proposal::approve(&approver, number, None).await), Code::Forbidden);
    assert_eq!(
        app.count("select count(*) from boundary_point where number = 'Z3'")
            .await,
        0
    );
}

/// Statements that would put something in force, or end it, behind the service's back.
#[tokio::test]
async fn the_database_refuses_what_one_person_does_alone() {
    let app = app_with_borders().await;
    let written = second::carry_out(&app.cx, points(), point("Z4")).await.unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("select record_id from record where feature_id = $1")
        .bind(written.feature_id)
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    let all = Rights::all();
    let service = app.cx.db.on_behalf_of(&Behalf {
        scope: all.scope().into(),
        account: None,
        actor: "local".into(),
    });
    let audit = "insert into audit_event (at, actor, action, kind, subject) values (now(), 'x', 'x', 'x', 'x')";
    let end = "update boundary_point set known = tstzrange(lower(known), now()) where boundary_point_id = $1";
    let begin = "insert into boundary_point select (jsonb_populate_record(p, jsonb_build_object('version', 7,
                     'in_force', '[2001-01-01,2002-01-01)'))).* from boundary_point p where boundary_point_id = $1";
    for statement in [end, begin] {
        let mut tx = service.begin().await.unwrap();
        sqlx::query(statement).bind(id).execute(&mut *tx).await.unwrap();
        sqlx::query(audit).execute(&mut *tx).await.unwrap();
        let refused = tx.commit().await.unwrap_err();
        let refused = refused.as_database_error().unwrap();
        assert_eq!(refused.constraint(), Some("two_persons"), "{refused}");
    }
    // Nor may a proposal be made whose approval is already written, or be approved by its author or unproved.
    let number = proposed(&app.cx, point("Z5")).await;
    let author = second::person(&app.cx, "author", &[Role::SurveyLead, Role::Approver]).await;
    let own = proposed(&author, point("Z6")).await;
    let account = author.caller.account.unwrap();
    for (number, set, constraint) in [
        (
            own,
            "decided_by_id = author_id, proved_at = now()",
            "proposal_two_persons_check",
        ),
        (
            number,
            "decided_by_id = null, proved_at = now()",
            "proposal_two_persons_check",
        ),
        (
            number,
            "decided_by_id = $2, proved_at = now() - interval '301 s'",
            "proposal_proved_check",
        ),
        (number, "decided_by_id = $2, proved_at = null", "proposal_proved_check"),
    ] {
        let mut conn = service.acquire().await.unwrap();
        let sql = format!(
            "update proposal set state = 'approved', decided_by = 'x', decided_at = now(), {set}
             where number = $1 and ($2::uuid is not null)"
        );
        let refused = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(number)
            .bind(account)
            .execute(&mut *conn)
            .await
            .unwrap_err();
        let refused = refused.as_database_error().unwrap();
        assert_eq!(refused.constraint(), Some(constraint), "{refused}");
    }
    // What was proposed stays, also for the owner of the table.
    let mut owner = app.db.pool.acquire().await.unwrap();
    for statement in [
        "update proposal set deed = '{}' where state = 'open'",
        "update proposal set author = 'somebody'",
        "update proposal set words = 'x' where state = 'approved'",
        "update proposal set state = 'open', decided_by = null, decided_at = null, decided_in = null where state = 'approved'",
        "delete from proposal",
        "update approved set approver = 'somebody'",
        "delete from approved",
    ] {
        let mut tx = owner.begin().await.unwrap();
        let refused = sqlx::query(statement).execute(&mut *tx).await;
        assert!(refused.is_err(), "{statement}");
        tx.rollback().await.unwrap();
    }
    // Whoever does not hold the role is refused by the database alone.
    let lead = second::person(&app.cx, "lead", &[Role::SurveyLead]).await;
    let mut conn = lead.db.acquire().await.unwrap();
    let decided = sqlx::query(
        "update proposal set state = 'approved', decided_by = 'lead', decided_by_id = $1, decided_at = now(), proved_at = now()
         where number = $2",
    )
    .bind(lead.caller.account)
    .bind(number)
    .execute(&mut *conn)
    .await
    .unwrap();
    assert_eq!(decided.rows_affected(), 0);
}

/// Who is in a race, and what they try.
const RIVALS: usize = 64;
const PROPOSALS: u32 = 157;

/// 157 proposals, each with 64 who try at once to approve it: their author, those without the role, those whose role or
/// session ends in the middle, those who reject, and those who may.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_approvals_at_once_none_is_wrong() {
    let app = app_with_borders().await;
    let author = second::person(&app.cx, "author", &[Role::SurveyLead, Role::Approver]).await;
    let lead = second::person(&app.cx, "lead", &[Role::SurveyLead]).await;
    let mut right = Vec::new();
    for n in 0..4 {
        right.push(second::person(&app.cx, &format!("right-{n}"), &[Role::Approver]).await);
    }
    let leaving = second::person(&app.cx, "leaving", &[Role::Approver]).await;
    let tries = Arc::new(AtomicU32::new(0));
    for n in 0..PROPOSALS {
        let number = proposed(&author, point(&format!("R{n}"))).await;
        // In every tenth race the role of one of them is taken away meanwhile.
        let revoked = (n % 10 == 0).then(|| {
            let cx = app.cx.clone();
            tokio::spawn(async move {
                let seen = account::one(&cx, "leaving").await.unwrap();
                if let Some(grant) = seen.grants.first() {
                    account::revoke(&cx, "leaving", grant.id, "moved on").await.unwrap();
                }
                let new = NewGrant {
                    role: Role::Approver,
                    place: None,
                    until: None,
                };
                account::grant(&cx, "leaving", &new, "back").await.unwrap();
            })
        });
        let rivals: Vec<_> = (0..RIVALS)
            .map(|k| {
                let who = match k % 8 {
                    0 | 1 => author.clone(),
                    2 => lead.clone(),
                    3 => leaving.clone(),
                    other => right[other % 4].clone(),
                };
                let tries = Arc::clone(&tries);
                tokio::spawn(async move {
                    tries.fetch_add(1, Ordering::Relaxed);
                    let tried = if k == 63 {
                        proposal::reject(&who, number, "late").await
                    } else {
                        proposal::approve(&who, number, None).await
                    };
                    match tried {
                        Ok(done) => Some(done.decided_by.unwrap()),
                        Err(Error::Refused(problem)) => {
                            let fair = [Code::Decided, Code::SamePerson, Code::Forbidden, Code::Unavailable];
                            assert!(fair.contains(&problem.code), "{problem}");
                            None
                        }
                        Err(fault) => panic!("{fault}"),
                    }
                })
            })
            .collect();
        let mut won = Vec::new();
        for rival in rivals {
            won.extend(rival.await.unwrap());
        }
        if let Some(revoked) = revoked {
            revoked.await.unwrap();
        }
        assert_eq!(won.len(), 1, "{won:?} all decided on {number}");
        assert!(won[0] != "author" && won[0] != "lead", "{won:?}");
    }
    let wrong = "select count(*) from proposal where state = 'approved' and author = decided_by";
    assert_eq!(app.count(wrong).await, 0);
    let twice = "select count(*) from (select number from boundary_point where number ~ '^R[0-9]' group by 1 having count(*) > 1) d";
    assert_eq!(app.count(twice).await, 0);
    let (made, approved) = (
        app.count("select count(*) from boundary_point where number ~ '^R[0-9]'")
            .await,
        app.count("select count(*) from proposal where state = 'approved'")
            .await,
    );
    assert_eq!(made, approved);
    println!("{} tried, {approved} approved", tries.load(Ordering::Relaxed));
    assert!(tries.load(Ordering::Relaxed) >= 10_000);
}

#[tokio::test]
async fn proposals_are_read_and_decided_over_the_interface() {
    let app = app_with_borders().await;
    let number = proposed(&app.cx, point("Z7")).await;
    let (_, session) = second::signed_in(&app.cx, "approver", &[Role::Approver]).await;
    let approver = client(&session);
    let decide = async |what: &str, body: Value| {
        let url = app.url(&format!("/proposals/{number}/{what}"));
        approver.post(url).json(&body).send().await.unwrap()
    };
    let path = format!("/proposals/{number}");
    let listed = app.json("/proposals").await;
    assert_eq!(listed["proposals"][0]["number"], number);
    let told = app.json(&path).await;
    assert_eq!((&told["do"], &told["label"]), (&json!("create"), &json!("Z7")));
    assert_eq!(told["may_decide"], false);
    for (path, status) in [
        ("/proposals/999999", 404),
        ("/proposals/x", 404),
        ("/proposals?state=old", 400),
        ("/proposals?limit=0", 400),
        ("/proposals?other=1", 400),
    ] {
        assert_eq!(app.get(path).await.status(), status, "{path}");
    }
    for lang in ["en", "zh"] {
        for path in [
            format!("/proposals?f=html&lang={lang}"),
            format!("{path}?f=html&lang={lang}"),
        ] {
            let page = app.get(&path).await;
            assert_eq!(page.status(), 200, "{path}");
            assert!(page.text().await.unwrap().contains("Z7"), "{path}");
        }
    }
    // A token does not approve; a rejection says why.
    let by_token = app
        .client
        .post(app.url(&format!("{path}/approve")))
        .json(&json!({}))
        .send();
    assert_eq!(by_token.await.unwrap().status(), 403);
    let mute = decide("reject", json!({})).await;
    assert_eq!(mute.status(), 422);
    let done = decide("approve", json!({ "words": "good" })).await;
    assert_eq!(done.status(), 200);
    let done: Value = done.json().await.unwrap();
    assert_eq!((&done["state"], &done["words"]), (&json!("approved"), &json!("good")));
    let again = decide("approve", json!({})).await;
    assert_eq!(again.status(), 409);
    assert_eq!(app.json("/proposals").await["proposals"], json!([]));
    assert_eq!(
        app.json("/proposals?state=approved").await["proposals"][0]["number"],
        number
    );
    let id = done["outcome"]["feature_id"].as_i64().unwrap();
    let versions = app
        .json(&format!("/collections/boundary_points/items/{id}/versions"))
        .await;
    assert_eq!(versions["versions"][0]["approver"], "approver", "{versions}");
}
