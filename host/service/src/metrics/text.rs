//! Everything that was counted, as Prometheus reads it.

use std::{fmt, sync::Arc, sync::atomic::Ordering::Relaxed};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use super::{
    Metrics, Settings,
    family::{Count, Family},
    histogram::Histogram,
};
use crate::audit::Health;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text, version 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// What a scraper takes, by its `Accept`.
    pub fn wanted(accept: Option<&str>) -> Format {
        match accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
            true => Format::OpenMetrics,
            false => Format::Text,
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Text => prometheus_text::CONTENT_TYPE,
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What is so now. Nobody counts it: it is looked up where it is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Runs this host works on.
    pub runs: usize,
    /// Who follows runs.
    pub followers: usize,
    /// How the audit trail is.
    pub audit: Health,
}

/// What the process takes of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Process {
    /// Time on processors, in seconds.
    pub cpu_seconds: f64,
    /// Memory that is really there, in bytes.
    pub resident_bytes: u64,
    /// Address space, in bytes.
    pub virtual_bytes: u64,
    /// Open files and connections.
    pub open_fds: u64,
    /// How many it may have.
    pub max_fds: u64,
    /// Threads.
    pub threads: u64,
    /// When it began, in seconds since 1970.
    pub started_seconds: f64,
}

impl Metrics {
    /// Everything, in a format.
    pub fn text(self: &Arc<Self>, format: Format, standing: Standing) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Told {
            metrics: self.clone(),
            standing,
        }));
        let mut text = String::new();
        let written = match format {
            Format::Text => prometheus_text::encode(&mut text, &registry),
            Format::OpenMetrics => text::encode(&mut text, &registry),
        };
        if written.is_err() {
            tracing::error!("numbers cannot be written");
        }
        text
    }
}

struct Told {
    metrics: Arc<Metrics>,
    standing: Standing,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

impl Collector for Told {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        self.requests(encoder)?;
        self.calls(encoder)?;
        self.models(encoder)?;
        self.runs(encoder)?;
        self.audit(encoder)?;
        self.process(encoder)
    }
}

impl Told {
    fn requests(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &*self.metrics;
        histograms(
            encoder,
            "http_server_request_duration",
            "Time from the head of a request to the end of its answer, streams included",
            Some(&Unit::Seconds),
            &metrics.requests,
        )?;
        gauge(
            encoder,
            "http_server_active_requests",
            "Requests under way",
            None,
            metrics.under_way.load(Relaxed) as f64,
        )?;
        gauge(
            encoder,
            "metier_connections",
            "Open connections",
            None,
            metrics.connections.load(Relaxed) as f64,
        )?;
        gauge(
            encoder,
            "metier_run_followers",
            "Clients that follow a run",
            None,
            self.standing.followers as f64,
        )?;
        counts(
            encoder,
            "metier_limits_refused",
            "Requests refused by a rate or a concurrency limit",
            &metrics.refused,
        )
    }

    fn calls(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        histograms(
            encoder,
            "metier_tool_call_duration",
            "Time a tool call took, by what came of it",
            Some(&Unit::Seconds),
            &self.metrics.calls,
        )
    }

    fn models(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &*self.metrics;
        histograms(
            encoder,
            "gen_ai_client_operation_duration",
            "Time a question to a model took, attempts included",
            Some(&Unit::Seconds),
            &metrics.questions,
        )?;
        histograms(
            encoder,
            "gen_ai_client_token_usage",
            "Tokens of a question and of its answer",
            None,
            &metrics.tokens,
        )?;
        let dollars = Unit::Other("dollars".to_owned());
        let name = "metier_model_cost";
        let help = "What models cost, in US dollars";
        let mut all = encoder.encode_descriptor(name, help, Some(&dollars), MetricType::Counter)?;
        for (labels, count) in metrics.cost.each() {
            let value = count.get() as f64 / 1e9;
            let mut one = all.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, f64, f64>(&value, None)?;
        }
        Ok(())
    }

    fn runs(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &*self.metrics;
        gauge(
            encoder,
            "metier_runs_active",
            "Runs this host works on",
            None,
            self.standing.runs as f64,
        )?;
        counts(
            encoder,
            "metier_runs_started",
            "Runs begun here",
            &metrics.runs_started,
        )?;
        counts(
            encoder,
            "metier_runs_ended",
            "Runs ended here, by how",
            &metrics.runs_ended,
        )
    }

    fn audit(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Health {
            undurable,
            failures,
            is_failing,
        } = self.standing.audit;
        gauge(
            encoder,
            "metier_audit_undurable_records",
            "Audit records the system has and the disk may not have yet",
            None,
            undurable as f64,
        )?;
        counter(
            encoder,
            "metier_audit_failures",
            "Audit records that could not be written or made durable at first",
            None,
            failures as f64,
        )?;
        gauge(
            encoder,
            "metier_audit_failing",
            "1 while the audit trail cannot be written",
            None,
            f64::from(u8::from(is_failing)),
        )
    }

    fn process(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Settings {
            version, process, ..
        } = self.metrics.settings;
        let labels = [("version", version)];
        let help = "The program";
        let mut build = encoder.encode_descriptor("metier_build", help, None, MetricType::Info)?;
        build.encode_info(&labels)?;
        let Some(process) = process.and_then(|process| process()) else {
            return Ok(());
        };
        counter(
            encoder,
            "process_cpu",
            "Time on processors",
            Some(&Unit::Seconds),
            process.cpu_seconds,
        )?;
        let (bytes, seconds) = (Some(&Unit::Bytes), Some(&Unit::Seconds));
        for (name, help, unit, value) in [
            (
                "process_resident_memory",
                "Memory that is really there",
                bytes,
                process.resident_bytes as f64,
            ),
            (
                "process_virtual_memory",
                "Address space",
                bytes,
                process.virtual_bytes as f64,
            ),
            (
                "process_open_fds",
                "Open files and connections",
                None,
                process.open_fds as f64,
            ),
            (
                "process_max_fds",
                "How many files and connections may be open",
                None,
                process.max_fds as f64,
            ),
            ("process_threads", "Threads", None, process.threads as f64),
            (
                "process_start_time",
                "When the process began, since 1970",
                seconds,
                process.started_seconds,
            ),
        ] {
            gauge(encoder, name, help, unit, value)?;
        }
        Ok(())
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: f64,
) -> fmt::Result {
    let mut gauge = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    gauge.encode_gauge(&value)
}

fn counter(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: f64,
) -> fmt::Result {
    let mut counter = encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
    counter.encode_counter::<NoLabelSet, f64, f64>(&value, None)
}

fn counts(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    family: &Family<Count>,
) -> fmt::Result {
    let mut all = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, count) in family.each() {
        let mut one = all.encode_family(&labels)?;
        one.encode_counter::<NoLabelSet, u64, f64>(&count.get(), None)?;
    }
    Ok(())
}

fn histograms(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    family: &Family<Histogram>,
) -> fmt::Result {
    let mut all: MetricEncoder<'_> =
        encoder.encode_descriptor(name, help, unit, MetricType::Histogram)?;
    for (labels, histogram) in family.each() {
        let told = histogram.snapshot();
        let mut one = all.encode_family(&labels)?;
        one.encode_histogram::<NoLabelSet>(told.sum, told.count, &told.buckets, None)?;
    }
    Ok(())
}
