//! What everybody may see: generalised, in a table of its own, and nothing near the exact register.

use merestone::domain::schema::{self, Schema};
use merestone::domain::value::{Draft, Value as Said};
use merestone::service::Context;
use merestone::service::edit::{Act, Edit, Mode};
use serde_json::Value;

use crate::support::app::app_with;
use crate::support::{App, app_with_borders, second};

fn draft(schema: &'static Schema, values: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in values {
        draft.set(schema.field(name).unwrap().name, Said::Text((*value).to_owned()));
    }
    draft
}

const PAPERS: [(&str, &str); 3] = [
    ("standing", "in_force"),
    ("instrument", "protocol-1998"),
    ("reason", "the secret reason"),
];

async fn patched(cx: &Context, schema: &'static Schema, id: i64, values: &[(&str, &str)]) {
    let version: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select max(version)::bigint from {} where feature_id = $1",
        schema.kind
    )))
    .bind(id)
    .fetch_one(&mut *cx.db.acquire().await.unwrap())
    .await
    .unwrap();
    let act = Act::Change {
        feature_id: id,
        expected: i32::try_from(version).ok(),
        edit: Edit::new(draft(schema, values)),
        mode: Mode::Patch,
    };
    second::carry_out(cx, schema, act).await.unwrap();
}

async fn ids(app: &App, kind: &str) -> Vec<i64> {
    let sql = format!("select feature_id from {kind} where upper_inf(known) order by 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(&app.db.pool)
        .await
        .unwrap()
}

async fn seen(app: &App) -> Value {
    let response = reqwest::get(app.url("/public?f=geojson")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "public, max-age=60");
    response.json().await.unwrap()
}

fn numbers(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Number(n) => out.push(n.as_f64().unwrap()),
        Value::Array(all) => all.iter().for_each(|one| numbers(one, out)),
        _ => {}
    }
}

#[tokio::test]
async fn it_is_not_there_until_the_operator_opens_it() {
    let app = app_with_borders().await;
    assert_eq!(reqwest::get(app.url("/public")).await.unwrap().status(), 404);
    assert_eq!(app.get("/public").await.status(), 404);
}

#[tokio::test]
async fn everybody_sees_what_is_public_and_in_force_and_never_where_exactly() {
    let app = app_with(&[("MERESTONE_PUBLIC_PAGE", "true")]).await;
    merestone::service::demo::load(&app.cx, &app.data_dir.join("samples"))
        .await
        .unwrap();
    let (segments, ports) = (schema::of("segments").unwrap(), schema::of("ports").unwrap());
    let (segment, port) = (ids(&app, "segment").await[0], ids(&app, "port").await[0]);
    assert_eq!(seen(&app).await["features"], serde_json::json!([]));
    // Public, and binding nobody; then in force, and not public.
    patched(&app.cx, ports, port, &[("class", "public")]).await;
    let papers = |class| [PAPERS.to_vec(), vec![("class", class)]].concat();
    patched(&app.cx, segments, segment, &papers("bilateral")).await;
    assert_eq!(seen(&app).await["features"], serde_json::json!([]));
    patched(&app.cx, ports, port, &papers("public")).await;
    patched(&app.cx, segments, segment, &papers("public")).await;
    let shown = seen(&app).await;
    let features = shown["features"].as_array().unwrap();
    assert_eq!(features.len(), 2, "{shown}");
    // Nothing but the grid, and none of the exact vertices.
    let mut all = Vec::new();
    features
        .iter()
        .for_each(|one| numbers(&one["geometry"]["coordinates"], &mut all));
    assert!(all.len() >= 6, "{shown}");
    for n in &all {
        assert!((n * 100.0 - (n * 100.0).round()).abs() < 1e-6, "{n}");
    }
    let exact: bool = sqlx::query_scalar(
        "select exists (select from public_feature p join segment s using (feature_id)
         where st_npoints(p.shape) >= st_npoints(s.display) or st_hausdorffdistance(p.shape, s.display) > 0.03)",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert!(!exact);
    // What is invented says so.
    for one in features {
        assert!(
            one["properties"]["notice"]["en"].as_str().unwrap().contains("nvented"),
            "{one}"
        );
    }
    // Nor who, why and how well.
    let text = shown.to_string();
    for secret in [
        "the secret reason",
        "local",
        "approver",
        "sigma",
        "received",
        "reason",
        "author",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for lang in ["en", "zh"] {
        let page = reqwest::get(app.url(&format!("/public?f=html&lang={lang}")))
            .await
            .unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains("<svg") && !page.contains("the secret reason"), "{page}");
    }
    // In a box, page by page, and not otherwise.
    let count = async |query: &str| {
        let told: Value = reqwest::get(app.url(&format!("/public?f=geojson&{query}")))
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        told["features"].as_array().unwrap().len()
    };
    assert_eq!(count("bbox=0,0,1,1").await, 0);
    assert_eq!(count("bbox=-180,-90,180,90").await, 2);
    assert_eq!(count("limit=1").await, 1);
    let first = segment.min(port);
    assert_eq!(count(&format!("after={first}")).await, 1);
    for wrong in [
        "bbox=1,2,3",
        "bbox=1,1,0,0",
        "bbox=a,b,c,d",
        "limit=0",
        "after=-1",
        "other=1",
    ] {
        let status = reqwest::get(app.url(&format!("/public?{wrong}")))
            .await
            .unwrap()
            .status();
        assert_eq!(status, 400, "{wrong}");
    }
    // The rest of the register is as shut as it was.
    for path in ["/boundaries", "/collections/ports/items", "/search?q=1"] {
        assert_eq!(reqwest::get(app.url(path)).await.unwrap().status(), 401, "{path}");
    }
    // What is public no more, or ends, is gone from it at once.
    patched(&app.cx, segments, segment, &papers("internal")).await;
    assert_eq!(seen(&app).await["features"].as_array().unwrap().len(), 1);
    patched(
        &app.cx,
        ports,
        port,
        &[("standing", "imported"), ("reason", "not yet agreed")],
    )
    .await;
    assert_eq!(seen(&app).await["features"], serde_json::json!([]));
}
