//! A service behind the door, and peers that speak by the byte.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use merestone::http::server::{Door, Limits, serve};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing that a test waits for takes longer.
pub const BOUND: Duration = Duration::from_secs(10);

pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Limits that no test reaches but by its own setting.
pub fn wide() -> Limits {
    Limits {
        handshake: BOUND,
        silent: BOUND,
        head: BOUND,
        idle: BOUND,
        body_silence: BOUND,
        body_span: BOUND,
        untaken: BOUND,
        drain: BOUND,
        ..Limits::default()
    }
}

pub struct House {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub task: JoinHandle<std::io::Result<()>>,
}

pub async fn open(app: Router, door: Door) -> House {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, app, door, async {
        let _ = stopped.await;
    }));
    House { address, stop, task }
}

pub async fn house(app: Router, limits: Limits) -> House {
    open(app, Door { limits, tls: None }).await
}

impl House {
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads until it is closed.
    pub async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The house may close before it has heard all.
        let _ = stream.write_all(bytes).await;
        rest(&mut stream).await
    }

    pub async fn get(&self, path: &str) -> String {
        self.say(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .await
    }
}

/// What comes until the connection is closed, which must happen.
pub async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut said = Vec::new();
    let read = async {
        let mut part = [0; 4096];
        // A reset is a close as well.
        while let Ok(n @ 1..) = stream.read(&mut part).await {
            said.extend_from_slice(&part[..n]);
        }
    };
    timeout(BOUND, read).await.expect("the connection stays open");
    String::from_utf8_lossy(&said).into_owned()
}

/// What comes until it holds what is waited for.
pub async fn until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut said = String::new();
    let read = async {
        let mut part = [0; 4096];
        while !said.contains(end) {
            let n = stream.read(&mut part).await.unwrap();
            assert!(n > 0, "closed after {said:?}");
            said.push_str(&String::from_utf8_lossy(&part[..n]));
        }
    };
    timeout(BOUND, read).await.expect("it does not come");
    said
}
