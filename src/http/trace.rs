//! One span for each request, and the number by which it is found again: in the log, in the problem that it was answered
//! with, and, where a collector is set, beside the spans of other programs.
//!
//! The number is the trace id of W3C Trace Context: the caller's where it sent `traceparent`, else one of our own.

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Instrument;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::service::Context;

/// The number of a request: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trace(TraceId);

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

/// Begins the span of a request, and ends it with the status.
pub(super) async fn follow(State(cx): State<Context>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{} {}", request.method(), route.unwrap_or_default()),
        otel.kind = "server",
        http.request.method = %request.method(),
        http.route = route,
        http.response.status_code = Empty,
        trace = Empty,
    );
    let caller = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let of_caller = caller.span().span_context().trace_id();
    // Without a collector there is nobody to tell of the parent.
    let _ = span.set_parent(caller);
    let of_span = span.context().span().span_context().trace_id();
    let number = [of_span, of_caller]
        .into_iter()
        .find(|id| *id != TraceId::INVALID)
        .unwrap_or_else(|| TraceId::from_bytes(cx.ids.next().into_bytes()));
    span.record("trace", tracing::field::display(number));
    request.extensions_mut().insert(Trace(number));
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}
