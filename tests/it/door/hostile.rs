//! Heads that no honest client sends: refused or closed upon, never a panic, and the next peer is answered.

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;

use super::house::{House, house, ms, wide};

async fn open() -> House {
    let mut limits = wide();
    limits.head = ms(300);
    limits.silent = ms(300);
    limits.idle = ms(300);
    limits.body_silence = ms(300);
    let app = Router::new().route("/", get(|| async { "hello" }).post(|body: Bytes| async move { body }));
    house(app, limits).await
}

/// Sends a request that must not be answered well, then an honest one.
async fn refused(request: &[u8], statuses: &[&str]) {
    let house = open().await;
    let said = house.say(request).await;
    let fine = said.is_empty()
        || statuses
            .iter()
            .any(|status| said.starts_with(&format!("HTTP/1.1 {status} ")));
    let shown = String::from_utf8_lossy(&request[..request.len().min(80)]).into_owned();
    assert!(fine, "{shown:?} got {said:?}");
    assert_eq!(
        said.matches("HTTP/1.1 ").count(),
        usize::from(!said.is_empty()),
        "{said:?}"
    );
    assert!(!said.contains("smuggled"), "{said:?}");
    assert!(house.get("/").await.ends_with("hello"));
    assert!(!house.task.is_finished());
}

fn request(header: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: x\r\n", header.as_ref(), b"\r\n\r\n"].concat()
}

#[tokio::test]
async fn names_of_odd_bytes() {
    for byte in (0..=255u8).filter(|byte| !byte.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~:\r\n".contains(byte)) {
        let header = [b"X", [byte].as_slice(), b"Y: 1"].concat();
        let house = open().await;
        let said = house.say(&request(header)).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{byte}: {said:?}");
    }
}

#[tokio::test]
async fn values_of_odd_bytes() {
    for value in [&b"a\0b"[..], b"a\x01b", b"a\x7fb", b"a\rb", b"a\r\0\nb"] {
        refused(&request([b"X-A: ", value].concat()), &["400"]).await;
    }
}

#[tokio::test]
async fn lines_that_are_cut_in_other_ways() {
    for header in ["X-A : 1", " X-A: 1", "X-A: 1\r\n folded", ": none", "no colon"] {
        refused(&request(header), &["400"]).await;
    }
    refused(b"GET / HTTP/1.1\r\rHost: x\r\r\r\r", &["400"]).await;
    refused(b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", &["400"]).await;
    refused(b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", &["400"]).await;
    refused(b"\0\0\0\0", &["400"]).await;
    refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &["400"]).await;
}

#[tokio::test]
async fn too_much_of_a_head() {
    refused(&request(format!("X-A: {}", "a".repeat(100_000))), &["431"]).await;
    refused(&request(format!("{}: 1", "a".repeat(100_000))), &["400", "431"]).await;
    let many: String = (0..1000).map(|n| format!("X-{n}: 1\r\n")).collect();
    refused(&request(many.trim_end()), &["431"]).await;
    let wide: String = (0..50).map(|n| format!("X-{n}: {}\r\n", "a".repeat(1000))).collect();
    refused(&request(wide.trim_end()), &["431"]).await;
    refused(&request(format!("X-A: {}", "a".repeat(2_000_000))), &["431"]).await;
    refused(
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000)).as_bytes(),
        &["414"],
    )
    .await;
}

#[tokio::test]
async fn smuggling() {
    const INNER: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\n{lengths}\r\n\r\n0\r\n\r\n{INNER}");
        let house = open().await;
        let said = house.say(request.as_bytes()).await;
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{lengths:?}: {said:?}");
        assert!(!said.contains("smuggled"), "{lengths:?}: {said:?}");
        // Of two lengths hyper believes the chunks and closes (RFC 9112, 6.3): what comes behind is never a request.
        let both = lengths.contains("Length: 5\r\nTransfer-Encoding: chunked")
            || lengths.ends_with("chunked\r\nContent-Length: 5");
        let one = both && said.starts_with("HTTP/1.1 200 ") && said.contains("\r\nConnection: close\r\n");
        let refused = said.is_empty() || said.starts_with("HTTP/1.1 400 ");
        assert!(one || refused, "{lengths:?}: {said:?}");
    }
}

#[tokio::test]
async fn chunks_that_are_none() {
    for chunks in [
        "zz\r\n",
        "-1\r\n",
        "fffffffffffffffff\r\n",
        "5\r\nabc",
        "1\r\naX",
        "\r\n",
        "1;\n\r\na\r\n0\r\n\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        refused(request.as_bytes(), &["400", "408"]).await;
    }
}
