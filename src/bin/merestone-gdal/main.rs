//! `merestone-gdal`: reads one feature file and answers in frames. Started by `merestone`, of no use by itself.
//!
//! The only program of the two that loads GDAL. It is started in a folder of its own that holds the file and nothing else,
//! with no environment; it gives up every right it does not need ([`fence`]) before it looks at a byte of the file
//! ([`read`]), and its answers are taken by the service as coming from a stranger.

mod fence;
mod read;
#[allow(dead_code, reason = "each program uses its own half")]
#[path = "../../format/gdal/wire.rs"]
mod wire;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use wire::{Broken, Frame, Request, Why};

/// Bytes gathered before they are sent.
const CHUNK: usize = 64 << 10;

fn main() -> ExitCode {
    let mut out = BufWriter::with_capacity(CHUNK, io::stdout().lock());
    match answer(&mut out).and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked has gone; there is nobody left to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer(out: &mut impl Write) -> Result<(), Broken> {
    let request = Request::receive(&mut io::stdin().lock())?;
    let fence = match fence::close() {
        Ok(fence) => fence,
        Err(reason) => return Frame::Failed(Why::Internal, reason.as_bytes()).send(out),
    };
    let whole = fence.is_whole();
    Frame::Fence(fence).send(out)?;
    if !whole && !request.unfenced {
        return Frame::Failed(Why::Unfenced, b"").send(out);
    }
    match read::read(&request, out) {
        Ok(()) => Frame::End.send(out),
        Err(read::Stop::Broken(broken @ Broken::TooLong(_))) => {
            Frame::Failed(Why::TooLarge, broken.to_string().as_bytes()).send(out)
        }
        Err(read::Stop::Broken(broken)) => Err(broken),
        Err(read::Stop::Failed(why, text)) => Frame::Failed(why, &text).send(out),
    }
}
