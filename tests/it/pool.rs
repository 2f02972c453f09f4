//! Connections to the database: kept as long as they are clean, never handed out inside a transaction of another.

use merestone::store::Db;
use sqlx::Executor as _;

use crate::support::db;

async fn backend(db: &Db) -> i32 {
    let mut conn = db.acquire().await.unwrap();
    let (pid,): (i32,) = sqlx::query_as("select pg_backend_pid()")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    pid
}

#[tokio::test]
async fn a_clean_connection_is_used_again() {
    let test = db().await;
    let pool = Db::connect(test.options.clone(), 1).await.unwrap();
    let first = backend(&pool).await;
    for _ in 0..5 {
        assert_eq!(backend(&pool).await, first);
    }
    let mut tx = pool.begin().await.unwrap();
    tx.execute("select 1").await.unwrap();
    merestone::store::commit(tx).await.unwrap();
    assert_eq!(backend(&pool).await, first);
    pool.close().await;
}

#[tokio::test]
async fn a_transaction_that_was_left_open_ends_with_its_connection() {
    let test = db().await;
    let pool = Db::connect(test.options.clone(), 1).await.unwrap();
    let first = backend(&pool).await;
    {
        let mut conn = pool.acquire().await.unwrap();
        // As a cancelled `begin` leaves it: sqlx knows nothing of the transaction.
        conn.execute("begin").await.unwrap();
        conn.execute("insert into coming_into_force (at, collection) values (now(), 'left behind')")
            .await
            .unwrap();
    }
    assert_ne!(backend(&pool).await, first);
    let mut conn = pool.acquire().await.unwrap();
    let (there,): (bool,) = sqlx::query_as("select exists (select from coming_into_force)")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert!(!there);
    drop(conn);
    pool.close().await;
}
