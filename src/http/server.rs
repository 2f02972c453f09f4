//! Connections: accepted, answered, and let go when the service ends.
//!
//! Header names go out in Title-Case: some desktop clients look for the very letters of `Location`.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// A connection that has not sent the head of a request by then is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a request's head, at most.
const HEAD_LIMIT: usize = 64 << 10;

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
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .pipeline_flush(true);
    let running = GracefulShutdown::new();
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
