//! The body of a request, which must keep coming.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::Limits;

/// Whether the body of a request was given up because it did not come; an extension of every request.
///
/// A layer that makes the bodies of refusals keeps a clone, and answers 408 where it [`happened`](Self::happened);
/// without such a layer, the door answers a plain one.
#[derive(Debug, Clone, Default)]
pub struct Silence(Arc<AtomicBool>);

impl Silence {
    /// Whether it was given up.
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why the body of a request ended before its end.
#[derive(Debug, thiserror::Error)]
enum TooSlow {
    #[error("nothing came of the request's body for {} ms", .0.as_millis())]
    Silent(Duration),
    #[error("the request's body came slower than {0} bytes per second")]
    Trickle(u64),
}

/// A body that ends in an error where it is silent or trickles.
///
/// Only time in which the handler waits for the body counts: a handler that is busy with what it has is not the peer's
/// fault. The rate is that of spans of waiting, one after another, so that an upload over a slow but steady line goes
/// on for as long as it takes.
pub(super) struct Patient {
    body: Incoming,
    silence: Silence,
    longest: Duration,
    span: Duration,
    /// Bytes that each span must bring.
    due: u128,
    rate: u64,
    /// Made when first needed: most bodies are there at once.
    sleep: Option<Pin<Box<Sleep>>>,
    wait: Option<Wait>,
    /// What is left of the present span, and what it brought so far.
    left: Duration,
    came: u128,
}

/// A wait for the next bytes.
#[derive(Clone, Copy)]
struct Wait {
    /// When it has been silent for too long.
    silent: Instant,
    /// When the present span ends.
    span: Instant,
}

impl Patient {
    pub(super) fn new(body: Incoming, limits: &Limits, silence: Silence) -> Self {
        Self {
            body,
            silence,
            longest: limits.body_silence,
            span: limits.body_span,
            due: u128::from(limits.body_rate) * limits.body_span.as_millis() / 1000,
            rate: limits.body_rate,
            sleep: None,
            wait: None,
            left: limits.body_span,
            came: 0,
        }
    }

    fn arrived(&mut self, bytes: usize) {
        if let Some(wait) = self.wait.take() {
            self.left = wait.span.saturating_duration_since(Instant::now());
        }
        self.came += bytes as u128;
    }

    /// Waits on; ready with the reason where the wait is over.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<TooSlow> {
        let mut wait = self.wait.unwrap_or_else(|| {
            let now = Instant::now();
            Wait {
                silent: now + self.longest,
                span: now + self.left,
            }
        });
        loop {
            self.wait = Some(wait);
            let end = wait.silent.min(wait.span);
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
            if sleep.deadline() != end {
                sleep.as_mut().reset(end);
            }
            ready!(sleep.as_mut().poll(cx));
            if end == wait.silent {
                return Poll::Ready(TooSlow::Silent(self.longest));
            }
            if self.came < self.due {
                return Poll::Ready(TooSlow::Trickle(self.rate));
            }
            self.came = 0;
            wait.span = Instant::now() + self.span;
        }
    }
}

impl Body for Patient {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // Asked once more after its end, it stays ended.
        if self.silence.happened() {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                self.arrived(data.map_or(0, Bytes::len));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let reason = ready!(self.wait(cx));
                tracing::debug!(%reason, "a request was given up");
                self.silence.0.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(reason.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
