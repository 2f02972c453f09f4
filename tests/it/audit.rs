//! The log of deeds: whatever is changed behind its back is found and named.

use merestone::service::audit::{self, Verified};
use merestone::store::audit::{RowFault, law_tables, row_faults};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::program::{merestone, said};
use crate::support::{App, app_with_borders, folder, sample_path};

async fn verified(app: &App, outside: &[(String, String)]) -> Verified {
    audit::verify(&app.cx, outside).await.unwrap()
}

/// The one fault that there is, in English.
async fn fault(app: &App, outside: &[(String, String)]) -> String {
    let verified = verified(app, outside).await;
    let faults: Vec<&str> = verified.faults.iter().map(|fault| fault.en.as_str()).collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_owned()
}

/// As one who owns the tables and stops their triggers.
async fn behind_its_back(conn: &mut PgConnection, table: &str, sql: &str) {
    for sql in [
        format!("alter table {table} disable trigger user"),
        sql.to_owned(),
        format!("alter table {table} enable trigger user"),
    ] {
        conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_done_is_sealed_and_as_it_was_written() {
    let app = app_with_borders().await;
    let before = verified(&app, &[]).await;
    assert!(
        before.events == 0 && before.unsealed > 20 && before.seals == 0,
        "{before:?}"
    );
    assert!(before.faults.is_empty(), "{before:?}");
    let first = audit::newest(&app.cx).await.unwrap().unwrap();
    let sealed = verified(&app, &[("first".to_owned(), first.clone())]).await;
    assert_eq!((sealed.events, sealed.unsealed), (before.unsealed, 0));
    assert!(sealed.faults.is_empty() && sealed.rows > 400, "{sealed:?}");
    assert_eq!(sealed.checkpoints, [sealed.events]);
    // Nothing new, no new seal; a change, another.
    assert!(!audit::seal(&app.cx).await.unwrap());
    app.walked("2026-08-06-team-a.gpx").await;
    assert!(audit::seal(&app.cx).await.unwrap());
    let later = verified(&app, &[("first".to_owned(), first.clone())]).await;
    assert!(later.events > sealed.events && later.faults.is_empty(), "{later:?}");
    assert_eq!(later.checkpoints, [sealed.events]);
    // The text is that of a C2SP checkpoint: name, size, root.
    let lines: Vec<&str> = first.lines().collect();
    assert!(lines[0].starts_with("merestone/"), "{first}");
    assert_eq!(lines[1], sealed.events.to_string());
    assert!(lines[3].is_empty() && lines[4].starts_with("— merestone/"), "{first}");
    // That of another register is refused.
    let other = app_with_borders().await;
    let foreign = audit::newest(&other.cx).await.unwrap().unwrap();
    let refused = audit::verify(&app.cx, &[("other".to_owned(), foreign)]).await;
    assert!(refused.unwrap_err().to_string().contains("no checkpoint of this log"));
}

#[tokio::test]
async fn rows_of_law_are_not_written_without_an_event() {
    let app = app_with_borders().await;
    let mut conn = app.db.pool.acquire().await.unwrap();
    let mut tx = conn.begin().await.unwrap();
    sqlx::query("update port set known = tstzrange(lower(known), now()) where upper_inf(known)")
        .execute(&mut *tx)
        .await
        .unwrap();
    let refused = tx.commit().await.unwrap_err().to_string();
    assert!(refused.contains("row_digest_audit_event_id_fkey"), "{refused}");
    // And what the log has is not changed or cut off by who follows the rules of the database.
    for sql in [
        "update audit_event set actor = 'x'",
        "update audit_event set leaf = 7, leaf_hash = '\\x00', actor = 'x'",
        "delete from audit_event",
        "truncate audit_event cascade",
        "update row_digest set row_key = 'x'",
        "delete from row_digest",
        "truncate row_digest",
        "truncate marker",
        "delete from audit_seal",
        "truncate audit_seal",
    ] {
        audit::newest(&app.cx).await.unwrap();
        assert!(app.db.pool.execute(sql).await.is_err(), "{sql}");
    }
    assert!(verified(&app, &[]).await.faults.is_empty());
}

/// Another value of a column, whatever its type is.
fn other(kind: &str, column: &str) -> String {
    let empty = match kind {
        "uuid" => "'00000000-0000-7000-8000-000000000000'::uuid",
        "jsonb" => "'{\"a\": 1}'::jsonb",
        "tstzrange" => "'[2001-01-01,2002-01-01)'::tstzrange",
        "timestamp with time zone" => "'2001-01-01'::timestamptz",
        "date" => "'2001-01-01'::date",
        "boolean" => "true",
        "bytea" => "'\\x00'::bytea",
        _ if kind.starts_with("geometry") => "'SRID=4326;POINT(1 2)'::geometry",
        "bytea[]" => "array['\\x00'::bytea]",
        _ if kind.ends_with("[]") => "array['x']",
        "integer" | "bigint" | "smallint" | "double precision" | "real" | "numeric" => "7",
        _ => "'x'",
    };
    let changed = match kind {
        // The smallest change there is.
        "double precision" => format!("{column} + greatest(abs({column}), 1e-300) * 2.3e-16"),
        "integer" | "bigint" | "smallint" => format!("{column} + 1"),
        "boolean" => format!("not {column}"),
        "text" => format!("{column} || ' '"),
        "timestamp with time zone" => format!("{column} + interval '1 microsecond'"),
        "tstzrange" => format!("tstzrange(lower({column}) + interval '1 microsecond', upper({column}))"),
        "date" => format!("{column} + 1"),
        "jsonb" => format!("jsonb_build_array({column})"),
        _ if kind.starts_with("geometry") => format!("st_translate({column}, 1e-13, 0)"),
        _ if kind.ends_with("[]") => format!("{column} || {empty}"),
        _ => empty.to_owned(),
    };
    format!("case when {column} is null then {empty} else {changed} end")
}

#[tokio::test]
async fn a_change_of_any_column_of_any_row_of_law_is_found_and_named() {
    let app = app_with_borders().await;
    let mut conn = app.db.pool.acquire().await.unwrap();
    let (mut tried, mut empty, mut missed) = (0, Vec::new(), Vec::new());
    let tables = law_tables(&mut conn).await.unwrap();
    assert!(tables.len() >= 37, "{}", tables.len());
    for table in &tables {
        let name = table.name();
        let columns: Vec<(String, String)> = sqlx::query_as(
            "select quote_ident(attname), format_type(atttypid, atttypmod) from pg_attribute
             where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
        )
        .bind(name)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let (rows, faults) = row_faults(&mut conn, table).await.unwrap();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        if rows == 0 {
            empty.push(name.to_owned());
            continue;
        }
        // Who owns the table takes every rule away first; all of it is taken back.
        let mut tx = conn.begin().await.unwrap();
        let rules: Vec<String> = sqlx::query_scalar(
            "select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) from pg_constraint
             where conrelid = $1::regclass and contype in ('c', 'f', 'x')",
        )
        .bind(name)
        .fetch_all(&mut *tx)
        .await
        .unwrap();
        for rule in rules {
            sqlx::raw_sql(AssertSqlSafe(rule)).execute(&mut *tx).await.unwrap();
        }
        let free = format!("alter table {name} disable trigger user");
        sqlx::raw_sql(AssertSqlSafe(free)).execute(&mut *tx).await.unwrap();
        for (column, kind) in columns {
            let mut point = tx.begin().await.unwrap();
            let sql = format!(
                "update {name} set {column} = {} where ctid = (select ctid from {name} order by ctid offset {rows} / 2 limit 1)",
                other(&kind, &column)
            );
            let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *point).await;
            assert_eq!(done.unwrap_or_else(|fault| panic!("{sql}: {fault}")).rows_affected(), 1);
            let (_, faults) = row_faults(&mut point, table).await.unwrap();
            tried += 1;
            let is_found = match &faults[..] {
                [(_, RowFault::Changed)] => true,
                // A changed key is a row that is gone and one that nobody wrote.
                [(_, a), (_, b)] => a != b,
                _ => false,
            };
            if !is_found {
                missed.push(format!("{name}.{column}: {faults:?}"));
            }
            point.rollback().await.unwrap();
        }
        tx.rollback().await.unwrap();
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(
        tried > 500 && empty.len() < 4,
        "{tried} columns; without rows: {empty:?}"
    );
}

#[tokio::test]
async fn a_changed_a_missing_and_a_foreign_row_are_told_by_name() {
    let app = app_with_borders().await;
    let mut conn = app.db.pool.acquire().await.unwrap();
    behind_its_back(
        &mut conn,
        "marker_element",
        "update marker_element set legal = st_translate(legal, 0.00002, 0), display = st_translate(display, 0.00002, 0)
         where label = '17' or label = '17(1)'",
    )
    .await;
    let said = fault(&app, &[]).await;
    assert!(
        said.starts_with("marker_element 17") && said.ends_with("is not what was written"),
        "{said}"
    );
    behind_its_back(
        &mut conn,
        "marker_element",
        "update marker_element set legal = st_translate(legal, -0.00002, 0), display = st_translate(display, -0.00002, 0)
         where label = '17' or label = '17(1)'",
    )
    .await;
    behind_its_back(
        &mut conn,
        "boundary_party",
        "delete from boundary_party where ctid = (select min(ctid) from boundary_party)",
    )
    .await;
    let verified = verified(&app, &[]).await;
    assert!(
        verified
            .faults
            .iter()
            .any(|fault| fault.en.contains("boundary_party") && fault.en.contains("is gone")),
        "{verified:?}"
    );
}

#[tokio::test]
async fn whoever_changes_the_log_itself_is_found() {
    let app = app_with_borders().await;
    let early = audit::newest(&app.cx).await.unwrap().unwrap();
    app.walked("2026-08-06-team-a.gpx").await;
    let late = audit::newest(&app.cx).await.unwrap().unwrap();
    let mut conn = app.db.pool.acquire().await.unwrap();
    let outside = [("early".to_owned(), early), ("late".to_owned(), late)];
    let number: i64 = sqlx::query_scalar("select audit_event_id from audit_event where leaf = 3")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    // Each column of an event.
    for (column, other) in [
        ("at", "at + interval '1 microsecond'"),
        ("actor", "'nobody'"),
        ("action", "action || ' '"),
        ("kind", "kind || ' '"),
        ("subject", "subject || ' '"),
        ("reason", "'because'"),
        ("detail", "detail || '{\"x\": 1}'"),
    ] {
        let keep = format!("create temporary table was as select {column} as was from audit_event where leaf = 3");
        conn.execute(sqlx::raw_sql(AssertSqlSafe(keep))).await.unwrap();
        behind_its_back(
            &mut conn,
            "audit_event",
            &format!("update audit_event set {column} = {other} where leaf = 3"),
        )
        .await;
        let verified = verified(&app, &[]).await;
        let named = format!("event {number} is not what was sealed");
        assert!(
            verified.faults.iter().any(|fault| fault.en == named),
            "{column}: {verified:?}"
        );
        // Also where its leaf is made to fit: then by the tree.
        behind_its_back(
            &mut conn,
            "audit_event",
            &format!("update audit_event set {column} = (select was from was) where leaf = 3"),
        )
        .await;
        conn.execute("drop table was").await.unwrap();
    }
    assert!(self::verified(&app, &outside).await.faults.is_empty());

    // A leaf that no longer fits its event.
    behind_its_back(
        &mut conn,
        "audit_event",
        "update audit_event set leaf_hash = sha256('x') where leaf = 3",
    )
    .await;
    assert_eq!(fault(&app, &[]).await, format!("event {number} is not what was sealed"));

    // The end is cut off, seals and all: the database alone does not know, who kept a checkpoint does.
    let second = app_with_borders().await;
    audit::newest(&second.cx).await.unwrap();
    let before: i64 = second.count("select max(size) from audit_seal").await;
    second.walked("2026-08-06-team-a.gpx").await;
    let late = audit::newest(&second.cx).await.unwrap().unwrap();
    let mut conn = second.db.pool.acquire().await.unwrap();
    behind_its_back(
        &mut conn,
        "audit_seal",
        &format!("delete from audit_seal where size > {before}"),
    )
    .await;
    behind_its_back(
        &mut conn,
        "audit_event",
        &format!("delete from audit_event where leaf >= {before}"),
    )
    .await;
    assert!(verified(&second, &[]).await.faults.is_empty());
    let said = fault(&second, &[("kept".to_owned(), late)]).await;
    assert!(said.starts_with("kept is over") && said.contains("cut off"), "{said}");
}

#[tokio::test]
async fn an_event_cut_out_and_a_tree_made_anew_are_found() {
    let app = app_with_borders().await;
    app.walked("2026-08-06-team-a.gpx").await;
    app.walked("2026-08-07-team-b.gpx").await;
    let kept = audit::newest(&app.cx).await.unwrap().unwrap();
    let mut conn = app.db.pool.acquire().await.unwrap();
    // An event without rows, for which nothing else speaks.
    let cut: i64 = sqlx::query_scalar(
        "select leaf from audit_event where rows_digest is null and leaf < (select max(leaf) from audit_event)
         order by leaf limit 1",
    )
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    behind_its_back(
        &mut conn,
        "audit_event",
        &format!("delete from audit_event where leaf = {cut}"),
    )
    .await;
    let said = fault(&app, &[]).await;
    assert!(said.contains("are gone"), "{said}");
    // The rest moved together and sealed again with the register's own key: only who has a checkpoint knows.
    behind_its_back(&mut conn, "audit_seal", "delete from audit_seal").await;
    behind_its_back(
        &mut conn,
        "audit_event",
        "update audit_event set leaf = null, leaf_hash = null",
    )
    .await;
    audit::newest(&app.cx).await.unwrap();
    assert!(verified(&app, &[]).await.faults.is_empty());
    let late = "insert into audit_event (at, actor, action, kind, subject) values (now(), 'a', 'b', 'c', 'd')";
    conn.execute(late).await.unwrap();
    audit::newest(&app.cx).await.unwrap();
    let verified = verified(&app, &[("kept".to_owned(), kept)]).await;
    assert!(
        verified
            .faults
            .iter()
            .any(|fault| fault.en.contains("history was written anew")),
        "{verified:?}"
    );
}

#[tokio::test]
async fn the_command_verifies_and_gives_checkpoints() {
    let folder = folder();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let nothing = said(merestone(folder.path()).args(["audit", "checkpoint", "--data-dir", data]));
    assert_eq!(nothing.code, 0, "{nothing:?}");
    let border = sample_path("astrand-veyra/border.toml");
    let taken = said(
        merestone(folder.path())
            .args(["import", "--as", "boundary", "--data-dir", data])
            .arg(&border),
    );
    assert_eq!(taken.code, 0, "{taken:?}");
    let given = said(merestone(folder.path()).args(["audit", "checkpoint", "--data-dir", data]));
    assert!(given.code == 0 && given.out.starts_with("merestone/"), "{given:?}");
    let kept = folder.path().join("kept.checkpoint");
    std::fs::write(&kept, &given.out).unwrap();
    let fine = said(
        merestone(folder.path())
            .args(["audit", "verify", "--data-dir", data, "--checkpoint"])
            .arg(&kept),
    );
    assert!(fine.code == 0 && fine.out.contains("all as it was written"), "{fine:?}");
    std::fs::write(&kept, given.out.replace("merestone/", "merestune/")).unwrap();
    let refused = said(
        merestone(folder.path())
            .args(["audit", "verify", "--data-dir", data, "--checkpoint"])
            .arg(&kept),
    );
    assert!(
        refused.code == 1 && refused.err.contains("no checkpoint of this log"),
        "{refused:?}"
    );
}
