//! `merestone serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{FINE, Failure, Outcome, settings};
use crate::config::{Config, Flags};
use crate::service::startup::{self, Running};
use crate::service::{audit, backup};
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
    let listener = listen(config.bind.value).await?;
    let running = startup::open(&config).await?;
    serve(listener, running, async |_| Ok(())).await
}

/// Takes the address first, so that a second service on it is told before it starts a database.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|fault| {
        Failure::fault(
            format!("{address} cannot be listened on: {fault}; choose another with --bind"),
            format!("无法在 {address} 上监听：{fault}；请用 --bind 另选地址"),
        )
    })
}

/// Answers until SIGTERM or Ctrl-C; then lets running requests and jobs end, and stops the database.
pub(super) async fn serve(
    listener: TcpListener,
    running: Running,
    first: impl AsyncFnOnce(&Running) -> Result<(), Failure>,
) -> Outcome {
    let address = listener.local_addr().map_err(broken)?;
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
        let files = running.cx.worker.clone();
        tokio::spawn(async move {
            match files.try_once().await {
                Ok(fence) => tracing::info!(gdal = fence.gdal, whole = fence.is_whole(), "the file worker is ready"),
                Err(problem) => tracing::warn!(%problem, "feature files of some kinds cannot be read"),
            }
        });
        // For whoever waits: a person, a script, a test.
        println!("Merestone is serving at http://{address}");
        let app = http::router(running.cx.clone());
        let mut ended = stopped.clone();
        let shutdown = async move {
            let _ = ended.wait_for(|stop| *stop).await;
        };
        tokio::spawn(ending(stop.clone()));
        http::serve(listener, app, shutdown).await.map_err(broken)
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
