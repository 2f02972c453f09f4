//! The log of deeds: sealed each second into a tree whose root is signed, and verified against everything it vouches for.

mod key;
pub mod read;
pub mod shown;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, watch};

pub use verify::{Keys, Verified, verify};

use super::caller::Caller;
use super::{Context, Error, Result};
use crate::domain::merkle::{Edge, Hash};
use crate::format::checkpoint::{self, Checkpoint, Signer};
use crate::store;
use crate::store::audit::Seal;

/// Time between two seals, where something was done in between.
const EACH: Duration = Duration::from_secs(1);

/// Events that one seal takes, at most; what is more waits for the next.
const AT_ONCE: i64 = 10_000;

/// Time between two checkpoints that are kept beside the database.
const KEPT_EACH: Duration = Duration::from_secs(3600);

/// What signs the log of this register. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    folder: PathBuf,
    signer: Arc<OnceCell<Signer>>,
}

impl Log {
    /// The log whose key and checkpoints are under a data folder; the key is made when it is first needed.
    pub fn under(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("log"),
            signer: Arc::default(),
        }
    }

    /// What signs, and so who this log is.
    pub(super) async fn signer(&self, conn: &mut store::Conn) -> Result<&Signer> {
        self.signer
            .get_or_try_init(async || {
                let origin = store::audit::origin(conn).await?;
                let folder = self.folder.clone();
                let secret = tokio::task::spawn_blocking(move || key::secret(&folder)).await??;
                let signer = Signer::new(&origin, &secret).map_err(|fault| Error::Fault(Box::new(fault)))?;
                let (path, text) = (self.folder.join(key::PUBLIC), format!("{}\n", signer.verifier()));
                tokio::task::spawn_blocking(move || key::keep(&path, text.as_bytes())).await??;
                Ok(signer)
            })
            .await
    }

    /// The folder with the keys and the checkpoints.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the public half of a key that signs no more; it holds for logs of up to `size` events.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) async fn retire(&self, key: &str, size: u64) -> Result<()> {
        let path = self.folder.join(key::RETIRED).join(format!("{size:020}.vkey"));
        let text = format!("{key}\n");
        Ok(tokio::task::spawn_blocking(move || key::keep(&path, text.as_bytes())).await??)
    }

    fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }
}

/// Seals what was done since the last seal, if nobody else is about to; whether there was anything.
///
/// # Errors
/// When the database breaks, or the key cannot be read.
pub async fn seal(cx: &Context) -> Result<bool> {
    let mut tx = cx.db.begin().await?;
    let events = store::audit::unsealed(&mut tx, AT_ONCE).await?;
    if events.is_empty() || !store::audit::may_seal(&mut tx).await? {
        return Ok(false);
    }
    // Another service may have sealed these before the right was ours.
    let events = store::audit::unsealed(&mut tx, AT_ONCE).await?;
    if events.is_empty() {
        return Ok(false);
    }
    let mut edge = store::audit::last_seal(&mut tx)
        .await?
        .map_or_else(Edge::default, |seal| seal.edge);
    let first = edge.size();
    let leaves: Vec<(i64, Hash)> = events
        .iter()
        .map(|event| (event.audit_event_id, event.hash()))
        .collect();
    for (_, leaf) in &leaves {
        edge.push(*leaf);
    }
    let signer = cx.log.signer(&mut tx).await?;
    let signed = Checkpoint {
        origin: signer.verifier().name().to_owned(),
        size: edge.size(),
        root: edge.root(),
        extensions: Vec::new(),
    };
    let note = checkpoint::write(&signed, signer).map_err(|fault| Error::Fault(Box::new(fault)))?;
    let seal = Seal { edge, checkpoint: note };
    store::audit::seal(&mut tx, first, &leaves, &seal, cx.clock.now()).await?;
    cx.commit(tx).await?;
    Ok(true)
}

/// The newest signed checkpoint, over everything that was done until now; none in a register in which nothing was done.
///
/// # Errors
/// As [`seal`].
pub async fn newest(cx: &Context) -> Result<Option<String>> {
    while seal(cx).await? {}
    let mut conn = cx.db.acquire().await?;
    Ok(store::audit::last_seal(&mut conn).await?.map(|seal| seal.checkpoint))
}

/// Keeps the newest checkpoint beside the database, where whoever rolls the database back does not reach it.
///
/// # Errors
/// As [`newest`], and when the file cannot be written.
pub async fn keep(cx: &Context) -> Result<Option<PathBuf>> {
    let Some(note) = newest(cx).await? else {
        return Ok(None);
    };
    let size: u64 = note
        .lines()
        .nth(1)
        .and_then(|size| size.parse().ok())
        .unwrap_or_default();
    let path = cx.log.checkpoints().join(format!("{size:020}.checkpoint"));
    let kept = path.clone();
    tokio::task::spawn_blocking(move || key::keep(&kept, note.as_bytes())).await??;
    Ok(Some(path))
}

/// Keeps a checkpoint over what was just published. The deed stands also where that fails: it is told, and the hourly
/// checkpoint comes anyway.
pub async fn vouch(cx: &Context) {
    /// How often it is looked whether another has sealed what is to be vouched for, and the time between.
    const LOOKS: usize = 20;
    const APART: Duration = Duration::from_millis(50);
    let service = cx.on_behalf_of(Caller::machine());
    let kept = async {
        for _ in 0..LOOKS {
            while seal(&service).await? {}
            let mut conn = service.db.acquire().await?;
            if store::audit::unsealed(&mut conn, 1).await?.is_empty() {
                break;
            }
            drop(conn);
            tokio::time::sleep(APART).await;
        }
        keep(&service).await
    };
    if let Err(error) = kept.await {
        tracing::error!(%error, "a checkpoint over what was published cannot be kept");
    }
}

/// The checkpoints that are kept beside the database, each with the name of its file.
///
/// # Errors
/// When they cannot be read.
pub fn kept(cx: &Context) -> Result<Vec<(String, String)>> {
    let files = match std::fs::read_dir(cx.log.checkpoints()) {
        Ok(files) => files,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(fault.into()),
    };
    let mut paths: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "checkpoint"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| Ok((path.display().to_string(), std::fs::read_to_string(&path)?)))
        .collect()
}

/// Seals each second until told to stop, then once more; keeps a checkpoint each hour.
pub async fn keep_sealing(cx: Context, mut stop: watch::Receiver<bool>) {
    let mut kept: Option<tokio::time::Instant> = None;
    loop {
        let is_over = *stop.borrow();
        if let Err(error) = seal(&cx).await {
            tracing::error!(%error, "the log cannot be sealed");
        }
        if kept.is_none_or(|kept| kept.elapsed() >= KEPT_EACH) || is_over {
            kept = Some(tokio::time::Instant::now());
            if let Err(error) = keep(&cx).await {
                tracing::error!(%error, "a checkpoint of the log cannot be kept");
            }
        }
        if is_over {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(EACH) => {}
            _ = stop.changed() => {}
        }
    }
}
