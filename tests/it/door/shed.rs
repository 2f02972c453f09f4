//! Who is answered when all cannot be.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use merestone::http::shed::{Gate, Room, Rooms, Work, shed, work};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::house::{BOUND, House, house, ms, rest, until, wide};

fn full(work: Work) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::SERVICE_UNAVAILABLE, kind, format!("no room for {work:?}")).into_response()
}

/// A service whose exports send one part, then wait for leave to send the rest.
async fn open(heavy: Room, wait: std::time::Duration) -> (House, Arc<Semaphore>) {
    let rooms = Rooms {
        heavy,
        wait,
        ..Rooms::for_cores(2)
    };
    let leave = Arc::new(Semaphore::new(0));
    let given = leave.clone();
    let app = Router::new()
        .route("/", get(|| async { "quick" }))
        .route("/livez", get(|| async { "ok" }))
        .route(
            "/collections/{id}/export",
            get(move || async move {
                let parts = stream::unfold((0, given), |(n, given)| async move {
                    if n == 1 {
                        given.acquire().await.unwrap().forget();
                    }
                    (n < 2).then(|| (Ok::<_, std::io::Error>(format!("part {n} ")), (n + 1, given)))
                });
                Body::from_stream(parts)
            }),
        )
        .layer(from_fn_with_state(Gate::new(&rooms, full), shed));
    (house(app, wide()).await, leave)
}

const fn room(places: usize, waiting: usize) -> Room {
    Room {
        places,
        waiting,
        per_address: 1000,
    }
}

async fn export(house: &House) -> TcpStream {
    let mut stream = house.connect().await;
    stream
        .write_all(b"GET /collections/a/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    stream
}

#[tokio::test]
async fn what_is_over_is_sent_away_at_once_and_the_rest_goes_on() {
    let (house, leave) = open(room(1, 0), BOUND).await;
    let mut first = export(&house).await;
    until(&mut first, "part 0").await;
    // Its head is out, its work is not done: the place is held.
    let begun = Instant::now();
    let said = house.get("/collections/a/export").await;
    assert!(begun.elapsed() < ms(1000));
    assert!(
        said.starts_with("HTTP/1.1 503 ") && said.contains("Retry-After: 10"),
        "{said}"
    );
    assert!(
        said.contains("application/problem+json") && said.ends_with("no room for Heavy"),
        "{said}"
    );
    for _ in 0..20 {
        assert!(house.get("/").await.ends_with("quick"));
        assert!(house.get("/livez").await.ends_with("ok"));
    }
    leave.add_permits(1);
    assert!(rest(&mut first).await.contains("part 1"));
    let mut second = export(&house).await;
    until(&mut second, "part 0").await;
}

#[tokio::test]
async fn who_hangs_up_leaves_the_place() {
    let (house, _leave) = open(room(1, 0), BOUND).await;
    let mut first = export(&house).await;
    until(&mut first, "part 0").await;
    drop(first);
    let again = async {
        loop {
            let mut next = export(&house).await;
            if until(&mut next, "\r\n\r\n").await.starts_with("HTTP/1.1 200 ") {
                return;
            }
            sleep(ms(10)).await;
        }
    };
    timeout(BOUND, again).await.expect("the place is lost");
}

#[tokio::test]
async fn who_waits_gets_the_place_or_is_told_in_time() {
    let (house, leave) = open(room(1, 1), ms(300)).await;
    let mut first = export(&house).await;
    until(&mut first, "part 0").await;
    let begun = Instant::now();
    let mut second = export(&house).await;
    assert!(until(&mut second, "\r\n\r\n").await.starts_with("HTTP/1.1 503 "));
    assert!(begun.elapsed() >= ms(290), "{:?}", begun.elapsed());

    let mut third = export(&house).await;
    sleep(ms(50)).await;
    let said = house.get("/collections/a/export").await;
    assert!(said.starts_with("HTTP/1.1 503 "), "the queue is full: {said}");
    leave.add_permits(2);
    assert!(rest(&mut first).await.contains("part 1"));
    assert!(rest(&mut third).await.contains("part 1"));
}

#[test]
fn requests_have_their_class() {
    let check = |route, method, expected| assert_eq!(work(route, &method), expected, "{method} {route}");
    check("/", Method::GET, Work::Quick);
    check("/collections/{collectionId}/items", Method::GET, Work::Quick);
    check("/collections/{collectionId}/items", Method::POST, Work::Write);
    check(
        "/collections/{collectionId}/items/{featureId}",
        Method::DELETE,
        Work::Write,
    );
    check("/collections/{collectionId}/export", Method::GET, Work::Heavy);
    check("/inspections/{id}/documents/{kind}", Method::GET, Work::Heavy);
    check("/search", Method::GET, Work::Quick);
    check("/tiles/{set}/{zoom}/{row}/{column}", Method::GET, Work::Map);
    check("/tiles.json", Method::GET, Work::Quick);
    check("/session", Method::POST, Work::SignIn);
    check("/enrol/{code}", Method::POST, Work::SignIn);
    check("/session", Method::DELETE, Work::Write);
    check("/uploads", Method::POST, Work::Write);
    check("", Method::GET, Work::Quick);
}
