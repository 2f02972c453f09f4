//! A line that is cut: everything goes through it until so many bytes have passed one way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where a line is cut, counted in bytes that came through.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// On the way to the service.
    There(usize),
    /// On the way back; with none the service has answered and nobody hears it.
    Back(usize),
}

/// Carries connections to a service and cuts each one.
pub struct Proxy {
    pub base: String,
    cuts: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// In front of `base`; `cut` says where the line with a number, from 0 on, is cut.
    pub async fn before(base: &str, cut: impl Fn(usize) -> Cut + Send + 'static) -> Self {
        let there: SocketAddr = base.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = cuts.clone();
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Ok((client, _)) = listener.accept().await {
                let (cut, counted) = (cut(number), counted.clone());
                number += 1;
                tokio::spawn(async move {
                    let Ok(service) = TcpStream::connect(there).await else {
                        return;
                    };
                    if carry(client, service, cut).await {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { base, cuts, task }
    }

    /// How many lines were cut where they should be; others ended before.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, service: TcpStream, cut: Cut) -> bool {
    let (there, back) = match cut {
        Cut::There(n) => (n, usize::MAX),
        Cut::Back(n) => (usize::MAX, n),
    };
    let (client_out, client_in) = client.into_split();
    let (service_out, service_in) = service.into_split();
    // Whoever is first ends both ways.
    tokio::select! {
        cut = pipe(client_out, service_in, there) => cut,
        cut = pipe(service_out, client_in, back) => cut,
    }
}

/// Carries bytes until so many have come through; whether it came so far.
async fn pipe(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut left: usize) -> bool {
    let mut piece = [0; 4096];
    loop {
        let Ok(n) = from.read(&mut piece).await else {
            return false;
        };
        if n == 0 {
            // Half closed is not closed: the other way goes on.
            return std::future::pending().await;
        }
        let passed = n.min(left);
        if to.write_all(&piece[..passed]).await.is_err() {
            return false;
        }
        left -= passed;
        if passed < n || left == 0 {
            return true;
        }
    }
}
