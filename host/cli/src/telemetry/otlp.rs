//! Traces and lines to a collector: OpenTelemetry's own exporter, over the HTTP client that is here already.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use metier_agent::trace::{REQUEST, WORK};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_http::{HttpClient, HttpError, hyper::HyperClient};
use opentelemetry_otlp::{LogExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    registry::LookupSpan,
};

use super::Config;
use crate::{
    commands::App,
    environment,
    errors::{Failure, sentence},
};

/// How long one batch may take: what waits behind it is dropped when there is too much of it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent to the collector.
pub struct Otlp {
    spans: SdkTracerProvider,
    logs: Option<SdkLoggerProvider>,
}

impl Otlp {
    /// As the environment and then the configuration say; nothing where no collector is named.
    pub fn open(app: &App, config: &Config) -> Result<Option<Otlp>, Failure> {
        let named = |variable| app.environment.text(variable);
        let is_off = named(environment::OTEL_DISABLED).is_some_and(|is| is == "true");
        let endpoint = named(environment::OTEL_ENDPOINT).or_else(|| config.endpoint.clone());
        let Some(endpoint) = endpoint.filter(|_| !is_off) else {
            return Ok(None);
        };
        let endpoint = endpoint.trim_end_matches('/');
        let service = named(environment::OTEL_SERVICE).unwrap_or(config.service_name.clone());
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(version)
            .build();
        let client = Arc::new(OnRuntime::new()?);
        let spans = spans(endpoint, &client, config.sample, resource.clone())?;
        let logs = config.logs.then(|| logs(endpoint, &client, resource));
        Ok(Some(Otlp {
            spans,
            logs: logs.transpose()?,
        }))
    }

    /// What makes spans of ours spans of OpenTelemetry's. Nobody else's, and no events: those are lines.
    pub fn spans<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = Targets::new()
            .with_target(REQUEST, Level::INFO)
            .with_target(WORK, Level::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(self.spans.tracer("metier"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            // Only lines need to find the span they were written in.
            .with_context_activation(self.logs.is_some())
            .with_filter(ours)
    }

    /// What sends lines, where they are to be sent: from `info` up, and nothing of what sends them.
    pub fn logs<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Who was answered what is in the spans already.
        let ours = Targets::new()
            .with_target("metier", Level::INFO)
            .with_target("metier::access", LevelFilter::OFF);
        let bridge = OpenTelemetryTracingBridge::new(self.logs.as_ref()?);
        Some(bridge.with_filter(ours))
    }

    /// Sends what waits, and stops. What cannot be sent in `grace` is lost.
    pub fn end(self, grace: Duration) {
        // Each has its failures in the log; the process ends in any case.
        let _ = self.spans.shutdown_with_timeout(grace);
        if let Some(logs) = self.logs {
            let _ = logs.shutdown_with_timeout(grace);
        }
    }
}

fn spans(
    endpoint: &str,
    client: &Arc<OnRuntime>,
    sample: Option<f64>,
    resource: Resource,
) -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_shared_http_client(client.clone())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(TIMEOUT)
        .build();
    let exporter = exporter.map_err(|error| unusable(&error))?;
    let builder = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource);
    // Without it, OTEL_TRACES_SAMPLER says.
    let builder = match sample {
        None => builder,
        Some(part) => {
            let of_new = Sampler::TraceIdRatioBased(part.clamp(0.0, 1.0));
            builder.with_sampler(Sampler::ParentBased(Box::new(of_new)))
        }
    };
    Ok(builder.build())
}

fn logs(
    endpoint: &str,
    client: &Arc<OnRuntime>,
    resource: Resource,
) -> Result<SdkLoggerProvider, Failure> {
    let exporter = LogExporter::builder()
        .with_http()
        .with_shared_http_client(client.clone())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/logs"))
        .with_timeout(TIMEOUT)
        .build();
    let exporter = exporter.map_err(|error| unusable(&error))?;
    Ok(SdkLoggerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}

fn unusable(error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(
        sentence(&format!("The collector cannot be used: {error}")),
        "Name it as `http://127.0.0.1:4318`, in OTEL_EXPORTER_OTLP_ENDPOINT or in `[telemetry]`.",
    )
}

/// The client, on the service's runtime: exporters have threads of their own, which have none.
#[derive(Debug)]
struct OnRuntime {
    client: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: Handle,
}

impl OnRuntime {
    fn new() -> Result<Self, Failure> {
        let roots = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| unusable(&error))?;
        let https = roots.https_or_http().enable_http1().build();
        Ok(OnRuntime {
            client: HyperClient::new(https, TIMEOUT, None),
            runtime: Handle::current(),
        })
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self
            .runtime
            .spawn(async move { client.send_bytes(request).await });
        sent.await?
    }
}
