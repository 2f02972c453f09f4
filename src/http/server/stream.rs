//! A connection's stream, watched from both sides: for heads that do not come and for answers that are not taken.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the stream tells the timer: whether a byte came since the timer was set.
pub(super) type Heard = Arc<AtomicBool>;

/// The timer of one connection's heads.
///
/// hyper has one time for the wait between requests and for the reading of a head, and it starts when the connection is
/// ready for a head. All it does with its timer is that, so this one ignores the time it is given: it waits for the
/// first byte (long between requests, shortly on a new connection), then for the rest of the head.
pub(super) struct HeadTimer {
    silent: Duration,
    head: Duration,
    idle: Duration,
    heard: Heard,
    used: AtomicBool,
}

impl HeadTimer {
    pub(super) fn new(silent: Duration, head: Duration, idle: Duration) -> Self {
        Self {
            silent,
            head,
            idle,
            heard: Heard::default(),
            used: AtomicBool::new(false),
        }
    }

    pub(super) fn heard(&self) -> Heard {
        self.heard.clone()
    }

    fn set(&self) -> Pin<Box<dyn Sleep>> {
        let first = !self.used.swap(true, Ordering::Relaxed);
        // Where the start of a head came with the end of what was before, only its next bytes count as the first: such
        // a head has the time between requests, and no more.
        self.heard.store(false, Ordering::Relaxed);
        Box::pin(HeadSleep {
            heard: self.heard.clone(),
            head: self.head,
            begun: false,
            sleep: Box::pin(tokio::time::sleep(if first { self.silent } else { self.idle })),
        })
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.set()
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.set()
    }
}

/// The wait for one head.
struct HeadSleep {
    heard: Heard,
    head: Duration,
    begun: bool,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    // hyper polls this after each read, so the first byte is noticed when it comes.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.begun && self.heard.load(Ordering::Relaxed) {
            self.begun = true;
            let end = tokio::time::Instant::now() + self.head;
            self.sleep.as_mut().reset(end);
        }
        self.sleep.as_mut().poll(cx)
    }
}

/// A stream that notes what is heard, and that breaks where the peer takes nothing for too long.
///
/// Only a write that waits is timed, so that an answer may be silent for as long as it likes.
pub(super) struct Watched<S> {
    stream: S,
    heard: Heard,
    untaken: Duration,
    /// Made when first needed: most answers go out at once.
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    waiting: bool,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, heard: Heard, untaken: Duration) -> Self {
        Self {
            stream,
            heard,
            untaken,
            sleep: None,
            waiting: false,
        }
    }

    /// Passes on how writing went, unless it has been waiting for too long.
    fn watch<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = false;
            return written;
        }
        let untaken = self.untaken;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(untaken)));
        if !self.waiting {
            self.waiting = true;
            sleep.as_mut().reset(tokio::time::Instant::now() + untaken);
        }
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the peer takes nothing of its answer",
            ))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // With TLS, what was written may still wait here.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(ended, cx)
    }
}
