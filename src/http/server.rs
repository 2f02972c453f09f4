//! Connections: accepted, answered, and let go when the service ends.
//!
//! Header names go out in Title-Case: some desktop clients look for the very letters of `Location`. Names that no such
//! rule gives, such as `ETag`, are spelled as their standards do, see [`spelled`].

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::Extensions;
use axum::response::Response;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// A connection that has not sent the head of a request by then is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers on a listener until told to stop; requests that are running then are answered.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut builder = Builder::new();
    builder
        .title_case_headers(true)
        .timer(TokioTimer::new())
        // No `pipeline_flush`: with it, what cannot be read as a request is closed upon without its 400 or 414.
        .header_read_timeout(HEAD_TIMEOUT);
    let running = GracefulShutdown::new();
    let names = spelled().await;
    let app = app.layer(axum::middleware::map_response(move |mut response: Response| {
        let names = names.clone();
        async move {
            response.extensions_mut().extend(names);
            response
        }
    }));
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            accepted = accept(&listener) => accepted?,
            () = &mut stop => break,
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = running.watch(connection);
        tokio::spawn(async move {
            if let Err(fault) = connection.await {
                tracing::debug!(%fault, "a connection ended early");
            }
        });
    }
    drop(listener);
    running.shutdown().await;
    Ok(())
}

/// The next connection. One that broke before it was taken is passed over; without free file handles it waits.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers go out at once.
                if let Err(fault) = stream.set_nodelay(true) {
                    tracing::debug!(%fault, "a connection cannot be told to send at once");
                }
                return Ok(stream);
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
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
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
