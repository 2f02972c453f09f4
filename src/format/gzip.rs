//! Unpacking gzip, within limits.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::limits::Limits;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;

/// Reads the content of a gzip file (all of its members) and stops with `FileTooLarge` where it grows past the limits.
pub struct Unpacked<R> {
    decoder: MultiGzDecoder<Counted<R>>,
    unpacked: u64,
    limits: Limits,
}

struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.bytes = self.bytes.saturating_add(n as u64);
        Ok(n)
    }
}

impl<R: Read> Unpacked<R> {
    /// Begins to unpack `inner`, which starts with the gzip header.
    pub fn new(inner: R, limits: Limits) -> Self {
        Self {
            decoder: MultiGzDecoder::new(Counted { inner, bytes: 0 }),
            unpacked: 0,
            limits,
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.decoder.read(into)?;
        self.unpacked = self.unpacked.saturating_add(n as u64);
        let ratio = self.unpacked / self.decoder.get_ref().bytes.max(1);
        let bomb = self.unpacked > self.limits.unpack_ratio_after && ratio > self.limits.unpack_ratio;
        if bomb || self.unpacked > self.limits.unpacked_bytes {
            return Err(io::Error::other(too_large(&self.limits, bomb)));
        }
        Ok(n)
    }
}

fn too_large(limits: &Limits, bomb: bool) -> Problem {
    let detail = if bomb {
        Message::new(
            format!(
                "The packed file grows more than {} times when it is unpacked.",
                limits.unpack_ratio
            ),
            format!("压缩文件解压后超过原大小的 {} 倍。", limits.unpack_ratio),
        )
    } else {
        let mib = limits.unpacked_bytes >> 20;
        Message::new(
            format!("The packed file is larger than {mib} MiB when it is unpacked."),
            format!("压缩文件解压后超过 {mib} MiB。"),
        )
    };
    Problem::new(
        Code::FileTooLarge,
        detail,
        Message::new(
            "Send the track unpacked, in smaller files.",
            "请解压后将航迹分成较小的文件上传。",
        ),
    )
}
