//! Numbers about the service for whoever watches it: `/metrics` in the text form of OpenMetrics 1.0.
//!
//! Names and labels are those of OpenTelemetry's conventions for HTTP servers. A route is named by its template, never by
//! the address that was asked for, so that nothing of the register is told and the list stays short.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::http::problem::Answer;
use crate::service::{Context, Error, backup};

/// Upper ends of the spans of time that are told apart, in seconds (OpenTelemetry's advice for HTTP servers).
const SPANS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The text form of OpenMetrics.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Stands for the route of an address that is none.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    http_request_method: &'static str,
    http_route: String,
    http_response_status_code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kept {
    kind: &'static str,
}

/// What is counted.
#[derive(Clone)]
pub(super) struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    duration: Family<Served, Histogram, fn() -> Histogram>,
    active: Gauge<i64, AtomicI64>,
    connections: Family<Connections, Gauge>,
    memory: Gauge,
    /// By what it is the age of: `backup`, `drill`.
    ages: Family<Kept, Gauge>,
    archive_failures: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        let duration: Family<Served, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SPANS));
        let (active, connections, memory) = (Gauge::default(), Family::default(), Gauge::default());
        let (ages, archive_failures) = (Family::<Kept, Gauge>::default(), Gauge::default());
        registry.register_with_unit(
            "merestone_backup_age",
            "Time since the newest backup, and since the newest restore for trial",
            Unit::Seconds,
            ages.clone(),
        );
        registry.register(
            "merestone_archive_failing",
            "1 where the newest piece of the write-ahead log could not be archived",
            archive_failures.clone(),
        );
        registry.register_with_unit(
            "http_server_request_duration",
            "Time from the head of a request to the head of its answer",
            Unit::Seconds,
            duration.clone(),
        );
        registry.register("http_server_active_requests", "Requests being answered", active.clone());
        registry.register(
            "db_client_connection_count",
            "Connections to the database",
            connections.clone(),
        );
        registry.register_with_unit(
            "process_resident_memory",
            "Memory of the program, without its database",
            Unit::Bytes,
            memory.clone(),
        );
        registry.register(
            "merestone",
            "The program",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        Self(Arc::new(Counted {
            registry,
            duration,
            active,
            connections,
            memory,
            ages,
            archive_failures,
        }))
    }
}

/// Counts down also where a request is given up half way.
struct Active(Gauge<i64, AtomicI64>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Methods have a closed list; whatever else a caller may make up counts as one.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "_OTHER",
    }
}

/// Notes how long each request took.
pub(super) async fn note(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let http_request_method = known(request.method());
    let route = request.extensions().get::<MatchedPath>();
    let http_route = route.map_or_else(|| NO_ROUTE.to_owned(), |route| route.as_str().to_owned());
    metrics.0.active.inc();
    let active = Active(metrics.0.active.clone());
    let response = next.run(request).await;
    drop(active);
    let served = Served {
        http_request_method,
        http_route,
        http_response_status_code: response.status().as_u16(),
    };
    let took = begun.elapsed().as_secs_f64();
    metrics.0.duration.get_or_create(&served).observe(took);
    response
}

/// `/metrics`.
pub(super) async fn give(cx: Context, metrics: Metrics) -> Answer {
    let (open, idle) = cx.db.connections();
    let (open, idle) = (i64::from(open), i64::try_from(idle).unwrap_or(i64::MAX));
    for (state, count) in [("idle", idle), ("used", open.saturating_sub(idle))] {
        metrics.0.connections.get_or_create(&Connections { state }).set(count);
    }
    metrics.0.memory.set(resident().unwrap_or_default());
    if let Ok(health) = backup::health(&cx).await {
        let now = cx.clock.now();
        for (kind, age) in [("backup", health.backup_age_s(now)), ("drill", health.drill_age_s(now))] {
            if let Some(age) = age {
                metrics.0.ages.get_or_create(&Kept { kind }).set(age);
            }
        }
        metrics.0.archive_failures.set(i64::from(health.archive_fails));
    }
    let mut said = String::new();
    text::encode(&mut said, &metrics.0.registry).map_err(|fault| Error::Fault(Box::new(fault)))?;
    let headers = [(header::CONTENT_TYPE, OPENMETRICS), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, said).into_response())
}

/// Bytes of this program in memory, as the kernel counts them.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
