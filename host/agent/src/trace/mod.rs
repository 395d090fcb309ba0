//! The spans of calls, questions and runs, all in one place, named as OpenTelemetry's conventions for generative AI have it.
//!
//! They are [`tracing`]'s. Nothing here knows who collects them: where nobody does, one costs a comparison. Names and counts are always in
//! them. What was said, called and answered is in them only after [`record_content`], because it is somebody's data; it is cut to
//! [`MAX_CONTENT`].
//!
//! | span | target | kind |
//! |---|---|---|
//! | `invoke_agent NAME`, for a chain `invoke_workflow NAME` | [`WORK`] | internal |
//! | `execute_tool ALIAS.TOOL` | [`WORK`] | internal |
//! | `chat MODEL`, one for each candidate that is asked | [`WORK`] | client |
//!
//! A run is durable and may go on in another process: what its first span belongs to is kept with it, as [`Traces`] says it.

mod content;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use metier_core::Code;
use tracing::{Span, field::Empty};

use crate::{
    models::{Answer, ModelFailure, ModelRequest},
    routes::{Candidate, Format},
};

/// The target of the spans of requests.
pub const REQUEST: &str = "metier::request";

/// The target of all other spans.
pub const WORK: &str = "metier::work";

/// Most of one text in a span, in bytes: collectors commonly refuse spans beyond some hundred kilobytes.
pub const MAX_CONTENT: usize = 16 << 10;

/// The label of a run that says which trace it belongs to.
pub(crate) const TRACEPARENT: &str = "traceparent";

static CONTENT: AtomicBool = AtomicBool::new(false);

/// What traces are, which only whoever collects them knows.
pub trait Traces: Send + Sync {
    /// Where the current span is, as W3C trace context says it: `00-…-…-01`. Nothing where nobody collects.
    fn here(&self) -> Option<String>;

    /// Makes a span that has no child yet the child of one elsewhere. A text that is no trace context changes nothing.
    fn join(&self, span: &Span, traceparent: &str);
}

/// Nobody collects.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTraces;

impl Traces for NoTraces {
    fn here(&self) -> Option<String> {
        None
    }

    fn join(&self, _: &Span, _: &str) {}
}

/// Whether prompts, arguments and answers are put into spans from now on, in the whole process.
pub fn record_content(whether: bool) {
    CONTENT.store(whether, Relaxed);
}

fn records_content() -> bool {
    CONTENT.load(Relaxed)
}

/// One host's work on a run, from its claim until it rests.
pub(crate) fn run(kind: &str, name: &str, version: &str, run: &dyn std::fmt::Display) -> Span {
    let operation = match kind {
        "chain" => "invoke_workflow",
        _ => "invoke_agent",
    };
    tracing::info_span!(
        target: WORK,
        "run",
        otel.name = format_args!("{operation} {name}"),
        gen_ai.operation.name = operation,
        gen_ai.agent.name = name,
        gen_ai.agent.version = version,
        metier.run.id = %run,
        metier.run.state = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// A call of a tool, `alias.tool`.
pub fn tool(name: &str) -> Span {
    tracing::info_span!(
        target: WORK,
        "tool",
        otel.name = format_args!("execute_tool {name}"),
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        gen_ai.tool.type = "extension",
        gen_ai.tool.call.id = Empty,
        gen_ai.tool.call.arguments = Empty,
        gen_ai.tool.call.result = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// The id and the arguments of a call.
pub fn called(span: &Span, id: &str, arguments: &str) {
    if span.is_disabled() {
        return;
    }
    span.record("gen_ai.tool.call.id", id);
    if records_content() {
        span.record("gen_ai.tool.call.arguments", content::cut(arguments));
    }
}

/// What came of a call.
pub fn returned(span: &Span, result: Result<&str, Code>) {
    match result {
        Err(code) => failed(span, code),
        Ok(text) if !span.is_disabled() && records_content() => {
            span.record("gen_ai.tool.call.result", content::cut(text));
        }
        Ok(_) => {}
    }
}

/// Why a span did not come to what it was for.
pub fn failed(span: &Span, code: Code) {
    if !span.is_disabled() {
        span.record("error.type", code.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// One question to one candidate.
pub(crate) fn chat(route: &str, candidate: &Candidate, request: &ModelRequest) -> Span {
    let model = candidate.model.as_str();
    let span = tracing::info_span!(
        target: WORK,
        "chat",
        otel.name = format_args!("chat {model}"),
        otel.kind = "client",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(candidate.format),
        gen_ai.request.model = model,
        gen_ai.request.max_tokens = request.max_tokens.map(i64::from),
        gen_ai.request.temperature = request.temperature,
        gen_ai.response.model = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
        metier.route = route,
        metier.candidate = candidate.name.as_str(),
        metier.cost.nano_dollars = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    );
    if !span.is_disabled() && records_content() {
        span.record(
            "gen_ai.input.messages",
            content::messages(&request.messages),
        );
    }
    span
}

/// What a candidate answered.
pub(crate) fn answered(span: &Span, answer: &Answer) {
    if span.is_disabled() {
        return;
    }
    let usage = &answer.usage;
    if let Some(model) = &answer.model {
        span.record("gen_ai.response.model", model.as_str());
    }
    span.record(
        "gen_ai.response.finish_reasons",
        content::reason(&answer.stop),
    );
    span.record("gen_ai.usage.input_tokens", count(usage.input));
    span.record("gen_ai.usage.output_tokens", count(usage.output));
    if usage.cached_read > 0 {
        span.record(
            "gen_ai.usage.cache_read.input_tokens",
            count(usage.cached_read),
        );
    }
    if usage.cache_write > 0 {
        span.record(
            "gen_ai.usage.cache_creation.input_tokens",
            count(usage.cache_write),
        );
    }
    span.record("metier.cost.nano_dollars", count(answer.cost.0));
    if records_content() {
        let said = std::slice::from_ref(&answer.message);
        span.record("gen_ai.output.messages", content::messages(said));
    }
}

/// Why a candidate did not answer.
pub(crate) fn unanswered(span: &Span, failure: &ModelFailure) {
    failed(span, failure.kind.code());
}

/// Of an unsigned number the bridge to OpenTelemetry makes text.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A provider, as the conventions call it.
pub const fn provider(format: Format) -> &'static str {
    match format {
        Format::OpenaiChat | Format::OpenaiResponses => "openai",
        Format::Anthropic => "anthropic",
        Format::Bedrock => "aws.bedrock",
        Format::AzureOpenai => "azure.ai.openai",
        Format::Gemini => "gcp.gemini",
    }
}
