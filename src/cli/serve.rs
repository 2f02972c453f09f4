//! `merestone serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{FINE, Failure, Outcome, settings};
use crate::config::{Config, Flags};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::http::server::{Door, Limits};
use crate::service::startup::{self, Running};
use crate::service::{account, audit, backup};
use crate::{http, job};

#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    /// Address to listen on [env: MERESTONE_BIND] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<String>,
    #[command(flatten)]
    place: super::Place,
}

impl ServeArgs {
    pub fn settings(&self) -> Result<Config, Failure> {
        settings(Flags {
            bind: self.bind.clone(),
            data_dir: self.place.data_dir.clone(),
            ..Flags::default()
        })
    }
}

pub async fn run(args: ServeArgs) -> Outcome {
    let config = args.settings()?;
    let (listener, door) = listen(&config).await?;
    let running = startup::open(&config).await?;
    serve(listener, door, running, async |_| Ok(())).await
}

/// Takes the address first, so that a second service on it is told before it starts a database. Beyond this machine
/// nothing goes unencrypted.
pub(super) async fn listen(config: &Config) -> Result<(TcpListener, Door), Failure> {
    let tls = match (&config.tls_chain.value, &config.tls_key.value) {
        (Some(chain), Some(key)) => Some(http::tls::read(chain, key).map_err(|fault| {
            Failure::fault(
                format!("connections cannot be encrypted: {fault}"),
                format!("无法加密连接：{fault}"),
            )
        })?),
        (None, None) => None,
        _ => {
            return Err(Failure::fault(
                "tls_chain and tls_key go together; one of them is not set",
                "tls_chain 和 tls_key 必须同时设置",
            ));
        }
    };
    let address = config.bind.value;
    if tls.is_none() && !address.ip().is_loopback() {
        return Err(Problem::new(
            Code::ParameterInvalid,
            Message::new(
                format!("{address} can be reached from other machines, and nothing would be encrypted."),
                format!("{address} 可从其他机器访问，而连接未加密。"),
            ),
            Message::new(
                "Set tls_chain and tls_key, or listen on 127.0.0.1 behind a server that encrypts (public_url).",
                "请设置 tls_chain 和 tls_key，或仅在 127.0.0.1 上监听并置于加密的前端服务器之后（public_url）。",
            ),
        )
        .into());
    }
    let listener = bind(address).await?;
    let limits = Limits::default();
    Ok((listener, Door { limits, tls }))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|fault| {
        Failure::fault(
            format!("{address} cannot be listened on: {fault}; choose another with --bind"),
            format!("无法在 {address} 上监听：{fault}；请用 --bind 另选地址"),
        )
    })
}

/// Answers until SIGTERM or Ctrl-C; then lets running requests and jobs end, and stops the database.
pub(super) async fn serve(
    mut listener: TcpListener,
    door: Door,
    running: Running,
    first: impl AsyncFnOnce(&Running) -> Result<(), Failure>,
) -> Outcome {
    let mut address = listener.local_addr().map_err(broken)?;
    let scheme = if door.tls.is_some() { "https" } else { "http" };
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(job::run(running.cx.clone(), stopped.clone()));
    let sealing = tokio::spawn(audit::keep_sealing(running.cx.clone(), stopped.clone()));
    let keeping = running.backups.clone();
    let keeping = keeping.map(|backups| tokio::spawn(backup::keep(running.cx.clone(), backups, stopped.clone())));
    let outcome = async {
        let resumed = running.resume().await?;
        if resumed > 0 {
            tracing::info!(resumed, "read files whose reading was interrupted");
        }
        first(&running).await?;
        if let Some(code) = account::first_link(&running.cx).await? {
            if !address.ip().is_loopback() {
                // Whoever comes first becomes the administrator: that must be somebody at this machine.
                listener = bind(SocketAddr::from(([127, 0, 0, 1], address.port()))).await?;
                address = listener.local_addr().map_err(broken)?;
                println!("Until there is an administrator, nothing listens beyond this machine. Start again then.");
            }
            let link = super::user::link(&format!("{scheme}://{address}"), &code);
            println!("There is no administrator yet. Who opens this link once, within a day, becomes one: {link}");
        }
        let files = running.cx.worker.clone();
        tokio::spawn(async move {
            match files.try_once().await {
                Ok(fence) => tracing::info!(gdal = fence.gdal, whole = fence.is_whole(), "the file worker is ready"),
                Err(problem) => tracing::warn!(%problem, "feature files of some kinds cannot be read"),
            }
        });
        // For whoever waits: a person, a script, a test.
        println!("Merestone is serving at {scheme}://{address}");
        let app = http::router(running.cx.clone());
        let app = if door.tls.is_some() {
            http::only_encrypted(app)
        } else {
            app
        };
        let mut ended = stopped.clone();
        let shutdown = async move {
            let _ = ended.wait_for(|stop| *stop).await;
        };
        tokio::spawn(ending(stop.clone()));
        http::serve(listener, app, door, shutdown).await.map_err(broken)
    }
    .await;
    let _ = stop.send(true);
    let _ = worker.await;
    let _ = sealing.await;
    if let Some(keeping) = keeping {
        let _ = keeping.await;
    }
    running.stop().await;
    outcome.map(|()| FINE)
}

fn broken(fault: std::io::Error) -> Failure {
    Failure::fault(format!("the network broke: {fault}"), format!("网络出现故障：{fault}"))
}

async fn ending(stop: watch::Sender<bool>) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    let _ = stop.send(true);
}

/// The folder of samples that are being loaded.
pub(super) fn scratch(config: &Config) -> PathBuf {
    config.data_dir.value.join("samples")
}
