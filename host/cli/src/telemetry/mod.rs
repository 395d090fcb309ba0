//! What a service tells about itself while it serves: lines on standard error, traces and lines to a collector, and what its process takes.
//!
//! This is the only module that names OpenTelemetry; everything else has spans and events of [`tracing`].
//!
//! - Lines are written for people or, with `--log-format json`, one JSON object each. `METIER_LOG` says which, as `warn,metier_service=debug`; else they
//!   are warnings and errors, and with `--verbose` everything from `info` up but what libraries say.
//! - Traces and lines go to a collector over OTLP, HTTP with protobuf, where one is named. Queues are bounded and emptied by a thread of their own: a
//!   collector that is slow, or gone, costs what is dropped and nothing else. At the end they have [`FLUSH`] to be sent.

mod json;
mod otlp;
mod process;
mod request_ids;
mod traces;

use std::{sync::Arc, time::Duration};

use metier_agent::trace::{REQUEST, Traces, record_content};
use metier_runtime::egress::Traceparent;
use serde::{Deserialize, Serialize};
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    commands::App,
    environment,
    errors::{Failure, sentence},
    printer::{Printer, Volume},
};
use otlp::Otlp;
use request_ids::RequestIds;

pub use process::process;

/// How long what was not sent has at the end, at most.
pub const FLUSH: Duration = Duration::from_secs(5);

/// What libraries say at `info` is about each request. At `warn` rmcp tells every mistake of a client, in the client's words.
const QUIET: [(&str, &str); 5] = [
    ("rmcp", "error"),
    ("hyper", "warn"),
    ("h2", "warn"),
    ("rustls", "warn"),
    ("opentelemetry", "warn"),
];

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Pretty,
    /// One JSON object a line
    Json,
}

/// `[telemetry]` of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Where the collector is, before `/v1/traces`; nowhere when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What this service is called in what is sent.
    pub service_name: String,
    /// Whether prompts, arguments and answers are in it.
    pub record_content: bool,
    /// Whether the lines of the log are sent as well.
    pub logs: bool,
    /// The part of traces that is kept, of those that begin here; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
    /// Hosts that are told which trace a skill's request belongs to.
    pub propagate_to: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            endpoint: None,
            service_name: "metier".to_owned(),
            record_content: false,
            logs: true,
            sample: None,
            propagate_to: Vec::new(),
        }
    }
}

/// What tells, as long as the service serves.
pub struct Telemetry {
    otlp: Option<Otlp>,
    traceparent: Option<Traceparent>,
}

impl Telemetry {
    /// Begins to tell. Called once in a process, within a runtime of tokio's.
    ///
    /// # Errors
    /// [`Failure`] for what the environment or the configuration says wrongly.
    pub fn begin(app: &App, config: &Config, format: LogFormat) -> Result<Telemetry, Failure> {
        let otlp = Otlp::open(app, config)?;
        let traceparent = traces::told_to(&config.propagate_to)?;
        record_content(config.record_content);
        let lines = lines(&app.printer, format).with_filter(filter(app, format)?);
        let subscriber = Registry::default()
            .with((format == LogFormat::Json).then_some(RequestIds.with_filter(requests())))
            .with(lines)
            .with(otlp.as_ref().map(Otlp::spans))
            .with(otlp.as_ref().and_then(Otlp::logs));
        subscriber
            .try_init()
            .map_err(|error| Failure::usage(sentence(&error.to_string()), ""))?;
        Ok(Telemetry { otlp, traceparent })
    }

    /// What traces are here.
    pub fn traces(&self) -> Arc<dyn Traces> {
        match &self.otlp {
            Some(_) => Arc::new(traces::Collected),
            None => Arc::new(metier_agent::trace::NoTraces),
        }
    }

    /// What other hosts are told of them.
    pub fn traceparent(&self) -> Option<Traceparent> {
        self.otlp.as_ref().and(self.traceparent.clone())
    }

    /// Sends what was not sent yet, as far as it can be in `grace`, at most [`FLUSH`].
    pub async fn end(self, grace: Duration) {
        let grace = grace.min(FLUSH);
        if let Some(otlp) = self.otlp {
            let ended = tokio::task::spawn_blocking(move || otlp.end(grace));
            // What is left then is lost.
            let _ = tokio::time::timeout(grace, ended).await;
        }
    }
}

/// The spans of requests: lines tell their ids.
fn requests() -> Targets {
    Targets::new().with_target(REQUEST, Level::INFO)
}

fn lines<S>(printer: &Printer, format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => layer.with_ansi(false).event_format(json::Lines).boxed(),
        LogFormat::Pretty => layer.with_ansi(printer.terminal.stderr.colour).boxed(),
    }
}

/// Which lines are written.
fn filter(app: &App, format: LogFormat) -> Result<EnvFilter, Failure> {
    let named = app.environment.text(environment::LOG);
    let level = match app.printer.volume {
        Volume::Quiet => "off",
        Volume::Normal => "warn",
        Volume::Verbose => "info",
    };
    let mut text = named.unwrap_or_else(|| level.to_owned());
    for (library, least) in QUIET {
        if level != "off" && !text.contains(library) {
            text.push_str(&format!(",{library}={least}"));
        }
    }
    if format == LogFormat::Json && level != "off" {
        text.push_str(&format!(",{REQUEST}=info"));
    }
    EnvFilter::try_new(&text).map_err(|error| {
        let message = format!("METIER_LOG: {error}");
        Failure::usage(
            sentence(&message),
            "For instance: METIER_LOG=warn,metier_service=debug",
        )
    })
}
