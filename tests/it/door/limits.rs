//! What a peer may hold, and for how long.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use futures_util::stream;
use merestone::http::server::{Addresses, Limits, Silence};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::house::{BOUND, House, house, ms, rest, until, wide};

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { ([(header::ETAG, "\"1\"")], "hello") }))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route(
            "/who",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route(
            "/events",
            get(|| async {
                Body::from_stream(stream::unfold(0, |n| async move {
                    if n > 0 {
                        sleep(ms(600)).await;
                    }
                    (n < 2).then(|| (Ok::<_, std::io::Error>(format!("event {n}\n")), n + 1))
                }))
            }),
        )
        .route(
            "/slow",
            get(|| async {
                sleep(ms(300)).await;
                "at last"
            }),
        )
}

/// Expects a close about then; the machine may be busy, so it may be later, never sooner.
fn about(begun: Instant, expected: Duration) {
    let took = begun.elapsed();
    assert!(
        took + ms(20) >= expected && took < expected + ms(2000),
        "{took:?}, not {expected:?}"
    );
}

async fn with(change: impl FnOnce(&mut Limits)) -> House {
    let mut limits = wide();
    change(&mut limits);
    house(app(), limits).await
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let house = with(|limits| limits.silent = ms(200)).await;
    let begun = Instant::now();
    assert_eq!(rest(&mut house.connect().await).await, "");
    about(begun, ms(200));
}

#[tokio::test]
async fn half_a_head_is_closed() {
    let house = with(|limits| limits.head = ms(200)).await;
    let begun = Instant::now();
    assert_eq!(house.say(b"GET / HTTP/1.1\r\nHo").await, "");
    about(begun, ms(200));
}

#[tokio::test]
async fn a_head_that_trickles_is_closed() {
    let house = with(|limits| limits.head = ms(300)).await;
    let mut stream = house.connect().await;
    let begun = Instant::now();
    // Each byte comes in time; together they do not.
    for byte in b"GET / HTTP/1.1\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaa" {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(ms(30)).await;
    }
    about(begun, ms(300));
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn between_requests_there_is_more_time_than_in_a_head() {
    let house = with(|limits| {
        limits.silent = ms(100);
        limits.head = ms(100);
        limits.idle = ms(500);
    })
    .await;
    let mut stream = house.connect().await;
    for pause in [0, 250] {
        sleep(ms(pause)).await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        until(&mut stream, "hello").await;
    }
    let begun = Instant::now();
    stream.write_all(b"GET /").await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
    about(begun, ms(100));

    let mut stream = house.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until(&mut stream, "hello").await;
    let begun = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    about(begun, ms(500));
}

#[tokio::test]
async fn a_stalled_body_is_answered_408() {
    let house = with(|limits| limits.body_silence = ms(200)).await;
    let begun = Instant::now();
    let said = house
        .say(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    about(begun, ms(200));
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(said.contains("Connection: close"), "{said}");
    assert!(said.contains("application/problem+json"), "{said}");
}

#[tokio::test]
async fn a_body_that_is_not_read_is_not_waited_for() {
    let house = with(|limits| limits.body_silence = ms(200)).await;
    let said = house
        .say(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    assert!(said.ends_with("at last"), "{said}");
}

#[tokio::test]
async fn a_layer_further_in_may_say_it_in_its_own_words() {
    async fn render(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
        let silence = request.extensions().get::<Silence>().cloned().unwrap();
        let response = next.run(request).await;
        if silence.happened() {
            return axum::response::IntoResponse::into_response((StatusCode::REQUEST_TIMEOUT, "too slow for us"));
        }
        response
    }
    let mut limits = wide();
    limits.body_silence = ms(100);
    let house = house(app().layer(axum::middleware::from_fn(render)), limits).await;
    let said = house
        .say(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        .await;
    assert!(
        said.starts_with("HTTP/1.1 408 ") && said.ends_with("too slow for us"),
        "{said}"
    );
    assert!(said.contains("Connection: close"), "{said}");
}

/// Sends a body in parts at a pace; gives the answer, and how many parts were sent when it came.
async fn paced(house: &House, part: &[u8], pace: Duration, parts: usize) -> (String, usize) {
    let stream = house.connect().await;
    let (mut read, mut write) = stream.into_split();
    let length = part.len() * parts;
    let head = format!("POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    write.write_all(head.as_bytes()).await.unwrap();
    let mut answer = std::pin::pin!(rest(&mut read));
    for sent in 0..parts {
        tokio::select! {
            said = &mut answer => return (said, sent),
            () = sleep(pace) => {}
        }
        if write.write_all(part).await.is_err() {
            return (answer.await, sent);
        }
    }
    (answer.await, parts)
}

#[tokio::test]
async fn a_body_that_trickles_is_ended() {
    let house = with(|limits| {
        limits.body_silence = ms(300);
        limits.body_span = ms(400);
        limits.body_rate = 1000;
    })
    .await;
    let begun = Instant::now();
    let (said, sent) = paced(&house, b"x", ms(20), 1000).await;
    about(begun, ms(400));
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(sent < 200, "{sent}");
}

#[tokio::test]
async fn a_body_that_is_slow_and_steady_goes_on() {
    let house = with(|limits| {
        limits.body_silence = ms(300);
        limits.body_span = ms(300);
        limits.body_rate = 1000;
    })
    .await;
    let (said, _) = paced(&house, &[b'x'; 200], ms(20), 60).await;
    assert!(said.starts_with("HTTP/1.1 200 ") && said.ends_with("12000"), "{said}");
}

#[tokio::test]
async fn a_good_start_does_not_pay_for_a_trickle() {
    let house = with(|limits| {
        limits.body_silence = ms(300);
        limits.body_span = ms(300);
        limits.body_rate = 1000;
    })
    .await;
    let mut stream = house.connect().await;
    stream
        .write_all(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
        .await
        .unwrap();
    stream.write_all(&[b'x'; 100_000]).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            sleep(ms(20)).await;
        }
    });
    let begun = Instant::now();
    let said = rest(&mut read).await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    // One span for what came at first, one in which too little came.
    about(begun, ms(600));
    trickle.abort();
}

/// Tells when it is dropped.
struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// An endless answer that tells when it is given up.
fn endless() -> (Router, mpsc::UnboundedReceiver<()>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let app = Router::new().route(
        "/",
        get(|| async move {
            let given = Dropped(sender);
            Body::from_stream(stream::repeat_with(move || {
                let _held = &given;
                Ok::<_, std::io::Error>(Bytes::from_static(&[0; 65536]))
            }))
        }),
    );
    (app, receiver)
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up() {
    let (app, mut dropped) = endless();
    let mut limits = wide();
    limits.untaken = ms(200);
    let house = house(app, limits).await;
    let mut stream = house.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    timeout(BOUND, dropped.recv()).await.expect("it is held for ever");
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_goes_on() {
    let (app, mut dropped) = endless();
    let mut limits = wide();
    limits.untaken = ms(400);
    let house = house(app, limits).await;
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    socket.connect(&house.address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut stream = tokio::net::TcpStream::from_std(socket.into()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut part = vec![0; 16 * 1024];
    // 800 KiB/s: with the kernel's own buffer of megabytes this would look like nothing for seconds.
    let begun = Instant::now();
    while begun.elapsed() < ms(1000) {
        stream.read_exact(&mut part).await.unwrap();
        sleep(ms(20)).await;
        assert!(dropped.try_recv().is_err(), "given up after {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_answer_may_be_silent() {
    let house = with(|limits| {
        limits.untaken = ms(100);
        limits.silent = ms(100);
        limits.head = ms(100);
        limits.idle = ms(100);
        limits.body_silence = ms(100);
    })
    .await;
    let said = house.get("/events").await;
    assert!(said.contains("event 0") && said.contains("event 1"), "{said}");
}

#[tokio::test]
async fn more_connections_than_places_are_turned_away_at_once() {
    let house = with(|limits| limits.connections = 2).await;
    let mut inside = [house.connect().await, house.connect().await];
    for stream in &mut inside {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        until(stream, "hello").await;
    }
    let begun = Instant::now();
    let said = rest(&mut house.connect().await).await;
    assert!(
        said.starts_with("HTTP/1.1 503 ") && said.contains("Retry-After"),
        "{said}"
    );
    assert!(begun.elapsed() < ms(1000));
    // Who is inside is answered still, and a place that is left can be taken.
    let [mut first, second] = inside;
    first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until(&mut first, "hello").await;
    drop(second);
    let again = async {
        while !house.get("/").await.ends_with("hello") {
            sleep(ms(10)).await;
        }
    };
    timeout(BOUND, again).await.expect("the place is not given back");
}

#[test]
fn an_address_has_its_share() {
    let addresses = Addresses::new(2);
    let enter = |address: &str| addresses.enter(address.parse().unwrap());
    let held = [enter("192.0.2.1"), enter("::ffff:192.0.2.1")];
    assert!(held.iter().all(Option::is_some));
    assert!(enter("192.0.2.1").is_none(), "one address, two spellings");
    assert!(enter("192.0.2.2").is_some());
    drop(held);
    assert!(addresses.is_empty(), "what is left is forgotten");

    let held = [enter("2001:db8::1"), enter("2001:db8::2")];
    assert!(enter("2001:db8::3").is_none(), "a house has a whole /64");
    assert!(enter("2001:db8:0:1::1").is_some());
    drop(held);

    let held: Vec<_> = (0..100).flat_map(|_| [enter("127.0.0.1"), enter("::1")]).collect();
    assert!(held.iter().all(Option::is_some), "loopback is not counted");
    assert!(Addresses::new(0).enter([192, 0, 2, 1].into()).is_none());
}

#[tokio::test]
async fn a_handler_is_told_who_asks() {
    let house = with(|_| {}).await;
    let mut stream = house.connect().await;
    let peer = stream.local_addr().unwrap();
    stream
        .write_all(b"GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut stream).await.ends_with(&peer.to_string()));
}

#[tokio::test]
async fn names_are_spelled_as_old_clients_want_them() {
    let said = with(|_| {}).await.get("/").await;
    assert!(
        said.contains("\r\nETag: \"1\"\r\n") && said.contains("\r\nContent-Type: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_stop_answers_what_runs_and_no_more() {
    let house = with(|_| {}).await;
    let address = house.address;
    let mut running = house.connect().await;
    running
        .write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut idle = house.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until(&mut idle, "hello").await;
    sleep(ms(50)).await;
    house.stop.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut running).await.ends_with("at last"));
    timeout(BOUND, house.task).await.unwrap().unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let (sender, mut let_go) = mpsc::unbounded_channel();
    let app = Router::new().route(
        "/",
        get(|| async {
            let asked = Dropped(sender);
            Body::from_stream(stream::once(async move {
                let _asked = asked;
                std::future::pending::<Result<&str, std::io::Error>>().await
            }))
        }),
    );
    let mut limits = wide();
    limits.drain = ms(200);
    let house = house(app, limits).await;
    let mut stream = house.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until(&mut stream, "\r\n\r\n").await;
    let begun = Instant::now();
    house.stop.send(()).unwrap();
    timeout(BOUND, house.task).await.unwrap().unwrap().unwrap();
    about(begun, ms(200));
    rest(&mut stream).await;
    timeout(BOUND, let_go.recv()).await.expect("the request is not let go");
}
