//! Encryption, and files it cannot be had from.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::routing::get;
use merestone::http::server::Door;
use merestone::http::tls::{Error, read};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use super::house::{House, ms, open, rest, wide};

struct Files {
    _folder: tempfile::TempDir,
    chain: PathBuf,
    key: PathBuf,
    root: CertificateDer<'static>,
}

fn put(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    put(&chain, &made.cert.pem(), 0o644);
    put(&key, &made.signing_key.serialize_pem(), 0o600);
    Files {
        _folder: folder,
        chain,
        key,
        root: made.cert.der().clone(),
    }
}

async fn encrypted(files: &Files) -> House {
    let mut limits = wide();
    limits.handshake = ms(300);
    limits.silent = ms(300);
    limits.untaken = ms(300);
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/big", get(|| async { vec![0; 64 << 20] }));
    let tls = Some(read(&files.chain, &files.key).unwrap());
    open(app, Door { limits, tls }).await
}

fn client(files: &Files, versions: &[&'static rustls::SupportedProtocolVersion], alpn: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(files.root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

#[tokio::test]
async fn both_versions_are_spoken() {
    let files = files();
    let house = encrypted(&files).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let connector = client(&files, &[version], &[b"h2", b"http/1.1"]);
        let mut stream = connector.connect(name(), house.connect().await).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        assert!(rest(&mut stream).await.ends_with("hello"));
    }
}

#[tokio::test]
async fn nothing_but_http_1_is_agreed_upon() {
    let files = files();
    let house = encrypted(&files).await;
    let connector = client(&files, &[&rustls::version::TLS13], &[b"h2"]);
    assert!(connector.connect(name(), house.connect().await).await.is_err());
}

#[tokio::test]
async fn a_plain_client_is_closed() {
    let files = files();
    let house = encrypted(&files).await;
    let begun = Instant::now();
    let said = house.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!said.contains("HTTP"), "{said:?}");
    assert!(begun.elapsed() < ms(2000));
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_closed() {
    let files = files();
    let house = encrypted(&files).await;
    let begun = Instant::now();
    assert_eq!(house.say(b"").await, "");
    assert!(begun.elapsed() >= ms(290));
    // The start of a record, and no more.
    assert_eq!(house.say(&[0x16, 3, 1, 2, 0]).await, "");
}

#[tokio::test]
async fn a_silent_encrypted_connection_is_closed() {
    let files = files();
    let house = encrypted(&files).await;
    let connector = client(&files, &[&rustls::version::TLS13], &[b"http/1.1"]);
    let mut stream = connector.connect(name(), house.connect().await).await.unwrap();
    let begun = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(begun.elapsed() >= ms(250) && begun.elapsed() < ms(2000));
}

#[tokio::test]
async fn an_encrypted_answer_that_is_not_taken_is_given_up() {
    let files = files();
    let house = encrypted(&files).await;
    let connector = client(&files, &[&rustls::version::TLS13], &[b"http/1.1"]);
    let mut stream = connector.connect(name(), house.connect().await).await.unwrap();
    stream
        .write_all(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    // Nothing is read until the house has nobody inside: then its stop ends at once, long before the drain would.
    tokio::time::sleep(ms(100)).await;
    house.stop.send(()).unwrap();
    let begun = Instant::now();
    house.task.await.unwrap().unwrap();
    assert!(begun.elapsed() < ms(5000), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn tls_1_1_is_refused() {
    // A greeting of TLS 1.1: version, chance, no session, one cipher of its time, no compression; curves, signatures.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0, 0, 16]);
    hello.extend([0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 4, 0, 2, 4, 3]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    let files = files();
    let house = encrypted(&files).await;
    let mut stream = house.connect().await;
    stream.write_all(&record).await.unwrap();
    let mut said = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut said)
        .await
        .unwrap();
    // A fatal alert, 70: protocol_version.
    assert_eq!((said[0], &said[5..7]), (0x15, &[2, 70][..]), "{said:?}");
}

#[test]
fn files_that_will_not_do_are_told_apart() {
    let (ours, theirs) = (files(), files());
    let text = std::fs::read_to_string(&ours.key).unwrap();
    let certificate = std::fs::read_to_string(&ours.chain).unwrap();
    let fault = |chain: &Path, key: &Path| read(chain, key).err().unwrap();
    let gone = ours.chain.with_file_name("gone.pem");

    assert!(matches!(fault(&gone, &ours.key), Error::Missing(file) if file == gone));
    assert!(matches!(fault(&ours.chain, &gone), Error::Missing(file) if file == gone));
    assert!(matches!(fault(&ours.key, &ours.key), Error::NoCertificate(file) if file == ours.key));
    assert!(matches!(
        fault(&ours.chain, &theirs.key),
        Error::Strangers { chain, key } if chain == ours.chain && key == theirs.key
    ));
    assert!(matches!(
        fault(ours.chain.parent().unwrap(), &ours.key),
        Error::Unreadable { .. } | Error::Malformed { .. }
    ));

    let other = ours.chain.with_file_name("other.pem");
    put(&other, &certificate, 0o600);
    assert!(matches!(fault(&ours.chain, &other), Error::NoKey(file) if file == other));
    put(
        &other,
        "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
        0o600,
    );
    assert!(matches!(fault(&other, &ours.key), Error::Malformed { .. }));
    put(
        &other,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        0o600,
    );
    assert!(matches!(fault(&other, &ours.key), Error::Unusable { .. }));

    for (mode, fine) in [
        (0o600, true),
        (0o400, true),
        (0o640, true),
        (0o644, false),
        (0o660, false),
    ] {
        put(&other, &text, mode);
        assert_eq!(read(&ours.chain, &other).is_ok(), fine, "{mode:o}");
    }
    put(&other, &text, 0o604);
    let said = fault(&ours.chain, &other).to_string();
    assert!(said.contains("other.pem") && said.contains("0604"), "{said}");
}
