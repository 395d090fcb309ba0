//! Traces as they cross borders: between a run and what began it, and to hosts that are to know.

use std::{collections::HashMap, sync::Arc};

use http::HeaderValue;
use metier_agent::trace::Traces;
use metier_core::http::{Host, HostPattern};
use metier_runtime::egress::Traceparent;
use opentelemetry::{Context, propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::errors::{Failure, sentence};

const TRACEPARENT: &str = "traceparent";

/// Traces that are sent to a collector.
pub struct Collected;

impl Traces for Collected {
    fn here(&self) -> Option<String> {
        here()
    }

    fn join(&self, span: &Span, traceparent: &str) {
        let carried = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
        let there = TraceContextPropagator::new().extract_with_context(&Context::new(), &carried);
        if there.span().span_context().is_valid() {
            // It fails only for a span that has begun, or that nobody wants.
            let _ = span.set_parent(there);
        }
    }
}

/// Tells hosts that fit one of these patterns; nobody where there are none.
pub fn told_to(patterns: &[String]) -> Result<Option<Traceparent>, Failure> {
    let parsed = patterns.iter().map(|text| {
        text.parse::<HostPattern>().map_err(|error| {
            let message = format!("`propagate-to` of `[telemetry]`: {error}");
            let hint = "Write names of hosts: \"api.acme.example\", or \"**.acme.example\".";
            Failure::usage(sentence(&message), hint)
        })
    });
    let patterns = parsed.collect::<Result<Vec<HostPattern>, Failure>>()?;
    if patterns.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(move |host: &Host| {
        let is_told = patterns.iter().any(|pattern| pattern.matches(host));
        let here = here().filter(|_| is_told)?;
        HeaderValue::from_str(&here).ok()
    })))
}

fn here() -> Option<String> {
    let within = Span::current().context();
    if !within.span().span_context().is_valid() {
        return None;
    }
    let mut carried = HashMap::new();
    TraceContextPropagator::new().inject_context(&within, &mut carried);
    carried.remove(TRACEPARENT)
}
