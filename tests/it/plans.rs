//! How PostgreSQL goes about its judgement of rows: the index of the map is still used, whoever asks.

use sqlx::{AssertSqlSafe, Row};

use crate::support::app_with_borders;

/// A scope that is judged by place everywhere: one section of the sample border, every realm, two classes.
const IN_ONE_SECTION: &str = "
    select string_agg(';' || realm || '@' || class || '=' || s.section_id, '') || ';'
    from (select section_id from section limit 1) s,
         unnest(array['line', 'marks', 'field', 'verdicts', 'works', 'affairs', 'law']) realm,
         unnest(array['public', 'bilateral']) class";

/// Every index of positions on a table whose rows are judged: table, column, and the condition of the index.
const SPATIAL: &str = "
    select c.relname::text, a.attname::text, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true')
    from pg_index i
    join pg_class c on c.oid = i.indrelid and c.relrowsecurity
    join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0] and a.atttypid = 'geometry'::regtype
    where i.indnatts = 1 and has_table_privilege('merestone_app', c.oid, 'select')
    order by 1";

#[tokio::test]
async fn the_index_of_positions_is_used_below_the_judgement_of_rows() {
    let app = app_with_borders().await;
    let spatial: Vec<(String, String, String)> = sqlx::query_as(SPATIAL).fetch_all(&app.db.pool).await.unwrap();
    assert!(spatial.len() > 20, "only {} indexes of positions", spatial.len());
    for scope in ["select whole_scope()", IN_ONE_SECTION] {
        let scope: String = sqlx::query_scalar(scope).fetch_one(&app.db.pool).await.unwrap();
        for (table, column, condition) in &spatial {
            let mut tx = app.db.pool.begin().await.unwrap();
            // The tables of the sample are so small that reading them whole would be right.
            sqlx::raw_sql("set local role merestone_app; set local enable_seqscan = off")
                .execute(&mut *tx)
                .await
                .unwrap();
            sqlx::query("select set_config('merestone.scope', $1, true)")
                .bind(&scope)
                .execute(&mut *tx)
                .await
                .unwrap();
            let sql = format!(
                "explain select {column} from {table}
                 where {condition} and {column} && st_makeenvelope(-170, 40, -160, 50, 4326)"
            );
            let plan = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *tx).await.unwrap();
            // A column called as a word of SQL comes in quotes.
            let plan: Vec<String> = plan
                .iter()
                .map(|line| line.get::<String, _>(0).replace('"', ""))
                .collect();
            let used = plan
                .iter()
                .any(|line| line.contains("Index Cond:") && line.contains(&format!("{column} &&")));
            assert!(used, "{table} under {scope}:\n{}", plan.join("\n"));
        }
    }
}
