//! Connections: accepted, answered, and let go when the service ends or the peer keeps them for nothing.
//!
//! Header names go out in Title-Case: some desktop clients look for the very letters of `Location`. Names that no such
//! rule gives, such as `ETag`, are spelled as their standards do, see [`spelled`].
//!
//! What a peer may hold, and how long, stands in [`Limits`]: places in `places.rs`, heads and answers in `stream.rs`,
//! bodies in `body.rs`.

mod body;
mod places;
mod stream;

pub use body::Silence;
pub use places::{Addresses, Visit};

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use body::Patient;
use places::{Place, Places};
use stream::{HeadTimer, Watched};

/// Bytes of a connection's head that are kept at most: several times the longest address (65,534), so that one that is
/// too long is read to its end and told so by 414, not by 431.
const BUFFER: usize = 256 * 1024;

/// Bytes of a request's header fields, at most; the same room as the usual web servers give.
const HEADERS: usize = 32 * 1024;

/// Bytes that wait in the kernel unsent, at most. It bounds what a slow reader costs, and it makes "nothing was written"
/// true: with the kernel's own bound of some megabytes, a peer that takes 10 KiB/s would show no progress for minutes.
const UNSENT: u32 = 128 * 1024;

/// What is sent, if it goes out at once, to who finds the house full.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How much a peer may hold, and for how long.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address. Loopback is not counted: behind a proxy everybody comes from there.
    pub per_address: usize,
    /// For the handshake of TLS.
    pub handshake: Duration,
    /// From the opening of a connection to the first byte of a request.
    pub silent: Duration,
    /// From the first byte of a request's head to its end.
    pub head: Duration,
    /// From one answer to the first byte of the next request.
    pub idle: Duration,
    /// Without a byte of a body that is waited for.
    pub body_silence: Duration,
    /// The time over which the average rate of a body is taken.
    pub body_span: Duration,
    /// Bytes per second of a body, at least, on the average of each such span.
    pub body_rate: u64,
    /// Without a byte that the peer takes of an answer.
    pub untaken: Duration,
    /// For running requests, once the service is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_address: 256,
            handshake: Duration::from_secs(5),
            silent: Duration::from_secs(5),
            head: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            body_silence: Duration::from_secs(10),
            body_span: Duration::from_secs(30),
            body_rate: 1024,
            untaken: Duration::from_secs(60),
            drain: Duration::from_secs(30),
        }
    }
}

/// How the service is entered.
#[derive(Debug, Clone, Default)]
pub struct Door {
    pub limits: Limits,
    /// With it, every connection is encrypted; see [`crate::http::tls::read`].
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// What all connections share.
struct Shared {
    app: TowerToHyperService<Router>,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    names: Extensions,
}

/// Answers on a listener until told to stop; requests that are running then are answered, within [`Limits::drain`].
///
/// A request tells its handlers who asks, as `ConnectInfo<SocketAddr>`, and whether its body came, as [`Silence`].
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    door: Door,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let places = Places::new(door.limits.connections, door.limits.per_address);
    let drain = door.limits.drain;
    let shared = Arc::new(Shared {
        app: TowerToHyperService::new(app),
        limits: door.limits,
        tls: door.tls.map(TlsAcceptor::from),
        names: spelled().await,
    });
    let running = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted?,
            Some(ended) = tasks.join_next() => {
                if let Err(fault) = ended {
                    tracing::error!(%fault, "a connection broke");
                }
                continue;
            }
            () = &mut stop => break,
        };
        match places.take(peer.ip()) {
            Some(place) => {
                tasks.spawn(open(stream, peer, shared.clone(), running.watcher(), place));
            }
            None => turn_away(stream, peer, shared.tls.is_some()),
        }
    }
    drop(listener);
    // An answer without an end, such as a stream of events, would hold the service for ever.
    if timeout(drain, running.shutdown()).await.is_err() {
        tracing::warn!("connections were cut that did not end in time");
    }
    // Those that are left are cut here.
    drop(tasks);
    Ok(())
}

/// The next connection. One that broke before it was taken is passed over; without free file handles it waits.
async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers go out at once.
                if let Err(fault) = stream.set_nodelay(true) {
                    tracing::debug!(%fault, "a connection cannot be told to send at once");
                }
                if let Err(fault) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT) {
                    tracing::debug!(%fault, "a connection cannot be told how much to keep");
                }
                // One address has one spelling, whichever way it came in.
                return Ok((stream, SocketAddr::new(peer.ip().to_canonical(), peer.port())));
            }
            Err(fault) => match fault.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::Interrupted => {}
                io::ErrorKind::InvalidInput | io::ErrorKind::NotConnected => return Err(fault),
                _ => {
                    tracing::warn!(%fault, "no connection can be accepted for the moment");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
        }
    }
}

/// Closes a connection that there is no place for. It never waits: who does not take the word at once goes without.
fn turn_away(stream: TcpStream, peer: SocketAddr, encrypted: bool) {
    tracing::debug!(%peer, "a connection was turned away: too many are open");
    if encrypted {
        return;
    }
    // Written past tokio, which would first have to hear that the socket is ready.
    let said = stream
        .into_std()
        .and_then(|mut stream| io::Write::write(&mut stream, FULL));
    if let Err(fault) = said {
        tracing::debug!(%fault, "nor could it be told so");
    }
}

/// One connection, from its handshake to its end.
async fn open(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, running: Watcher, place: Place) {
    match &shared.tls {
        None => talk(stream, peer, &shared, running).await,
        Some(tls) => match timeout(shared.limits.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => talk(stream, peer, &shared, running).await,
            Ok(Err(fault)) => tracing::debug!(%fault, "a connection could not be encrypted"),
            Err(_) => tracing::debug!("a connection was not encrypted in time"),
        },
    }
    drop(place);
}

async fn talk<S>(stream: S, peer: SocketAddr, shared: &Arc<Shared>, running: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &shared.limits;
    let timer = HeadTimer::new(limits.silent, limits.head, limits.idle);
    let stream = Watched::new(stream, timer.heard(), limits.untaken);
    let service = {
        let shared = shared.clone();
        service_fn(move |request| answer(shared.clone(), peer, request))
    };
    let mut builder = Builder::new();
    builder
        .title_case_headers(true)
        .max_buf_size(BUFFER)
        // Says only that heads are timed: how long each has is the timer's to say.
        .header_read_timeout(limits.head)
        .timer(timer);
    // No `pipeline_flush`: with it, what cannot be read as a request is closed upon without its 400 or 414.
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(fault) = running.watch(connection).await {
        tracing::debug!(%fault, "a connection ended early");
    }
}

/// One request, with its body timed.
async fn answer(shared: Arc<Shared>, peer: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
    if size(request.headers()) > HEADERS {
        return Ok(close(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()));
    }
    let silence = Silence::default();
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(silence.clone());
    let has_body = !request.body().is_end_stream();
    let request = if has_body {
        request.map(|body| Body::new(Patient::new(body, &shared.limits, silence.clone())))
    } else {
        request.map(Body::new)
    };
    let mut response = shared.app.call(request).await?;
    if silence.happened() {
        // What was done all the same stays said; a 408 is the work of whoever asked `Silence` further in.
        let told = response.status().is_success() || response.status() == StatusCode::REQUEST_TIMEOUT;
        response = close(if told { response } else { late() });
    }
    response.extensions_mut().extend(shared.names.clone());
    Ok(response)
}

/// Bytes of header fields, as they came but for blanks.
fn size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

/// For a request whose body did not come, where no handler has said so itself.
fn late() -> Response {
    const BODY: &str = r#"{"type":"about:blank","title":"Request Timeout","status":408,"detail":"The body of the request did not come, or too slowly."}"#;
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::REQUEST_TIMEOUT, kind, BODY).into_response()
}

/// An answer after which nothing more can be read from the connection.
fn close(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The spelling of some names, as a request would bring it that asks for the same spelling in its answer.
///
/// hyper keeps how the names of a request were written where it is told to, and writes those of an answer alike that
/// carries the same note. The note can be made by reading a request only, so one is read from memory. Where that
/// should fail one day, names are in Title-Case.
async fn spelled() -> Extensions {
    const REQUEST: &[u8] =
        b"GET / HTTP/1.1\r\nHost: localhost\r\nETag: x\r\nWWW-Authenticate: x\r\nConnection: close\r\n\r\n";
    let (mut ours, theirs) = tokio::io::duplex(4096);
    let (sender, receiver) = std::sync::mpsc::channel();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let noted = sender.send(request.extensions().clone());
        async move {
            noted.map_err(io::Error::other)?;
            Ok::<_, io::Error>(hyper::Response::new(String::new()))
        }
    });
    let connection = Builder::new()
        .preserve_header_case(true)
        .serve_connection(TokioIo::new(theirs), service);
    let (written, answered) = tokio::join!(tokio::io::AsyncWriteExt::write_all(&mut ours, REQUEST), connection);
    if written.is_err() || answered.is_err() {
        return Extensions::new();
    }
    receiver.try_recv().unwrap_or_default()
}
