//! What the program says of itself while it runs: lines on the terminal, or JSON for a collector of logs; spans for a
//! collector of traces where the environment names one.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The name of the service in traces, where `OTEL_SERVICE_NAME` gives no other.
const SERVICE: &str = "merestone";

/// Hands on what is still held when the program ends.
pub struct Log(Option<SdkTracerProvider>);

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(Err(fault)) = self.0.take().map(|provider| provider.shutdown()) {
            eprintln!("merestone: the last traces were not taken: {fault}");
        }
    }
}

/// Begins to log: `MERESTONE_LOG` says what, `MERESTONE_LOG_FORMAT=json` puts it on the standard output as JSON,
/// `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector of traces.
pub fn start() -> Log {
    let filter = EnvFilter::try_from_env("MERESTONE_LOG").unwrap_or_else(|_| EnvFilter::new("merestone=info,warn"));
    let lines = if std::env::var("MERESTONE_LOG_FORMAT").is_ok_and(|format| format == "json") {
        let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
        json.with_current_span(true)
            .with_span_list(false)
            .with_target(false)
            .boxed()
    } else {
        let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        text.with_target(false).boxed()
    };
    let (provider, fault) = match provider() {
        Ok(provider) => (provider, None),
        Err(fault) => (None, Some(fault)),
    };
    let spans = provider
        .as_ref()
        .map(|provider| -> tracing_opentelemetry::OpenTelemetryLayer<_, SdkTracer> {
            tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE))
        });
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .init();
    if let Some(fault) = fault {
        tracing::warn!(%fault, "no traces are sent: the collector's address cannot be used");
    }
    Log(provider)
}

/// What sends spans, where the environment names a collector. Its other variables (`OTEL_SERVICE_NAME`,
/// `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` and so on) are read by the library.
fn provider() -> Result<Option<SdkTracerProvider>, opentelemetry_otlp::ExporterBuildError> {
    let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
    if !is_set("OTEL_EXPORTER_OTLP_ENDPOINT") && !is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_http().build()?;
    let builder = SdkTracerProvider::builder().with_batch_exporter(exporter);
    Ok(Some(if is_set("OTEL_SERVICE_NAME") {
        builder.build()
    } else {
        let named = opentelemetry_sdk::Resource::builder().with_service_name(SERVICE);
        builder.with_resource(named.build()).build()
    }))
}
