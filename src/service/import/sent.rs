//! A file that somebody sends to be taken over: its bytes are made safe first, as they came.

use std::path::Path;

use futures_util::Stream;

use super::{Mapping, Request, Taking};
use crate::domain::text::hex;
use crate::service::upload::{clean, write_down};
use crate::service::{Context, Result};
use crate::store::original::Incoming;
use crate::unit::Epoch;

/// What a sender wants of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    pub collection: String,
    pub boundary: Option<String>,
    pub crs: Option<String>,
    pub layer: Option<String>,
    pub encoding: Option<String>,
    pub mapping: Mapping,
    pub reason: Option<String>,
    pub instrument: Option<String>,
    pub dry_run: bool,
    pub partial: bool,
    pub epoch: Option<Epoch>,
}

impl Asked {
    /// The same of a file at a path, to be taken.
    pub(super) fn request<'a>(&'a self, path: &'a Path) -> Request<'a> {
        Request {
            boundary: self.boundary.as_deref(),
            crs: self.crs.as_deref(),
            layer: self.layer.as_deref(),
            encoding: self.encoding.as_deref(),
            mapping: self.mapping.clone(),
            reason: self.reason.as_deref(),
            instrument: self.instrument.as_deref(),
            partial: self.partial,
            epoch: self.epoch,
            ..Request::new(path, &self.collection)
        }
    }
}

/// A file that has come in and is not yet kept.
pub struct Sent {
    name: String,
    incoming: Incoming,
}

/// What became of a file that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub taking: Taking,
    pub sha256: String,
    pub bytes: u64,
}

/// Writes a file down as it comes; dropped, nothing of it is left.
///
/// # Errors
/// When the transfer breaks, the file is larger than the limit, or there is no room.
pub async fn receive<E: std::fmt::Display>(
    cx: &Context,
    name: &str,
    body: impl Stream<Item = std::result::Result<bytes::Bytes, E>> + Unpin,
) -> Result<Sent> {
    Ok(Sent {
        name: clean(name),
        incoming: write_down(cx, name, body).await?,
    })
}

/// Keeps the bytes under their digest and takes the file over. Of a dry run nothing is kept.
///
/// # Errors
/// As [`super::file`].
pub async fn take(cx: &Context, asked: &Asked, sent: Sent) -> Result<Received> {
    let Sent { name, mut incoming } = sent;
    // A file that is only looked at is there as long as the transfer is.
    let (kept, _looked_at) = if asked.dry_run {
        (incoming.look().await?, Some(incoming))
    } else {
        (incoming.keep().await?, None)
    };
    let sha256 = hex(&kept.sha256);
    let request = Request {
        dry_run: asked.dry_run,
        name: Some(&name),
        sha256: Some(&sha256),
        ..asked.request(&kept.path)
    };
    // The file is a part of what is asked under the key of its sender, and so is what its form says.
    let cx = cx.asked_also(&[sha256.as_bytes(), format!("{asked:?}").as_bytes()]);
    let taking = super::file_once(&cx, &request).await?;
    Ok(Received {
        taking,
        sha256,
        bytes: kept.bytes,
    })
}
