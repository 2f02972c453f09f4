//! What changes something runs in a task of its own, so that a client that hangs up cannot stop it half way.
//!
//! The task has all that is further in: its place among others (`shed`), the reading of the body, which ends in an error
//! where the client is gone, the handler, and the note of the answer. The service ends when the tasks have.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, Span};

use super::answers::is_unsafe;
use super::problem::Refusal;
use crate::service::{Context, Error};

pub(super) async fn run(State(cx): State<Context>, request: Request, next: Next) -> Response {
    if !is_unsafe(request.method()) {
        return next.run(request).await;
    }
    let task = cx.writing.spawn(next.run(request).instrument(Span::current()));
    match task.await {
        Ok(response) => response,
        // Told like any other panic, where they are told.
        Err(fault) if fault.is_panic() => std::panic::resume_unwind(fault.into_panic()),
        Err(fault) => Refusal::from(Error::from(fault)).into_response(),
    }
}
