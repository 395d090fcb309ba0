//! `tools/call`.

use std::{pin::pin, sync::Arc, time::Duration};

use metier_agent::trace::WORK;
use metier_core::Artifact;
use metier_runtime::{
    audit::{NoObserver, Observer},
    outcome::Outcome,
};
use metier_service::{CallRequest, policy::Surface};
use rmcp::{
    ErrorData, Peer, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        ProgressNotificationParam, ProgressToken, RequestMetaObject, Resource,
    },
    service::RequestContext,
};
use serde_json::Value;
use tokio::sync::watch;
use tracing::{Instrument, Span};

use super::{IDEMPOTENCY_KEY, agents, errors, handler::Asked, resources};

/// Least time between two progress notifications of a call: a skill may report more often than anybody reads.
const PACE: Duration = Duration::from_millis(100);

pub async fn call(
    asked: &Asked,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let span = within(asked, &context);
    if let Some(found) = agents::find(asked, &request.name).map_err(errors::protocol)? {
        let called = agents::call(asked, found, request, context);
        return called.instrument(span).await;
    }
    let (observer, mut reporter) = observed(&context);
    let call = CallRequest {
        id: asked.id.clone(),
        tool: request.name.into_owned(),
        arguments: Value::Object(request.arguments.unwrap_or_default()).to_string(),
        deadline: None,
        idempotency_key: idempotency_key(&context.meta),
        surface: Surface::Mcp,
        observer,
    };
    let made = pin!(asked.service.call(&asked.caller, call).instrument(span));
    let outcome = tokio::select! {
        biased;
        // Dropping the call ends it, and whatever it has under way.
        () = context.ct.cancelled() => return Err(ErrorData::internal_error("The call was cancelled.", None)),
        outcome = made => outcome,
        () = report(reporter.as_mut()) => return Err(ErrorData::internal_error("Nobody listens.", None)),
    };
    if let Some(mut reporter) = reporter {
        reporter.last_word().await;
    }
    answer(outcome).map(CallToolResponse::Complete)
}

/// The span of the request, or one below the trace that the message names: its client's.
fn within(asked: &Asked, context: &RequestContext<RoleServer>) -> Span {
    let named = context.meta.get_traceparent();
    let Some(traceparent) = named.filter(|named| !named.is_empty()) else {
        return asked.span.clone();
    };
    let span = tracing::info_span!(
        target: WORK,
        parent: &asked.span,
        "mcp",
        otel.name = "tools/call",
        otel.kind = "server",
        mcp.method.name = "tools/call",
    );
    if !span.is_disabled() {
        asked.service.runs().traces().join(&span, traceparent);
    }
    span
}

/// What a caller calls this call and its repetitions.
pub fn idempotency_key(meta: &RequestMetaObject) -> Option<String> {
    let key = meta.get(IDEMPOTENCY_KEY)?.as_str()?;
    Some(key.to_owned())
}

fn answer(outcome: Outcome) -> Result<CallToolResult, ErrorData> {
    let text = match outcome.result {
        Ok(text) => text,
        Err(fault) => return errors::called(fault),
    };
    let links = outcome.artifacts.into_iter().map(link);
    let mut result = valued(text);
    result.content.extend(links);
    Ok(result)
}

/// JSON as a model reads it, and as a program does where it is an object.
pub fn valued(text: String) -> CallToolResult {
    match text.as_bytes().first() {
        Some(b'{') => {
            let structured = serde_json::from_str(&text).ok();
            let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
            result.structured_content = structured;
            result
        }
        Some(b'"') => {
            let words = serde_json::from_str(&text).unwrap_or(text);
            CallToolResult::success(vec![ContentBlock::text(words)])
        }
        _ => CallToolResult::success(vec![ContentBlock::text(text)]),
    }
}

/// A file a tool handed back, to be read where somebody wants it.
pub fn link(file: Artifact) -> ContentBlock {
    let uri = resources::artifact_uri(&file.digest);
    let resource = Resource::new(uri, file.name).with_size(file.size);
    ContentBlock::ResourceLink(resource.with_mime_type(file.media_type))
}

/// How far a call is, as its skill says.
struct Step {
    message: String,
    fraction: Option<f64>,
}

struct Told(watch::Sender<Option<Step>>);

impl Observer for Told {
    fn progress(&self, message: &str, fraction: Option<f64>) {
        let message = message.to_owned();
        self.0.send_replace(Some(Step { message, fraction }));
    }
}

fn observed(context: &RequestContext<RoleServer>) -> (Arc<dyn Observer>, Option<Reporter>) {
    let Some(token) = context.meta.get_progress_token() else {
        return (Arc::new(NoObserver), None);
    };
    let (told, steps) = watch::channel(None);
    let reporter = Reporter {
        steps,
        peer: context.peer.clone(),
        token,
        reached: 0.0,
    };
    (Arc::new(Told(told)), Some(reporter))
}

/// Tells a client how far its call is.
struct Reporter {
    steps: watch::Receiver<Option<Step>>,
    peer: Peer<RoleServer>,
    token: ProgressToken,
    reached: f64,
}

/// Tells as long as there is something to tell, and never ends.
async fn report(reporter: Option<&mut Reporter>) {
    if let Some(reporter) = reporter {
        while reporter.steps.changed().await.is_ok() {
            reporter.tell().await;
            tokio::time::sleep(PACE).await;
        }
    }
    std::future::pending().await
}

impl Reporter {
    /// What was said since, so that a short call's is not lost.
    async fn last_word(&mut self) {
        if self.steps.borrow().has_changed() {
            self.tell().await;
        }
    }

    async fn tell(&mut self) {
        let Some(told) = self.next() else { return };
        // A client that is gone is noticed where the call is.
        drop(self.peer.notify_progress(told).await);
    }

    /// The newest, and what came before it only grows.
    fn next(&mut self) -> Option<ProgressNotificationParam> {
        let step = self.steps.borrow_and_update();
        let step = step.as_ref()?;
        let is_further = step.fraction.filter(|fraction| *fraction > self.reached);
        self.reached = is_further.unwrap_or_else(|| self.reached.next_up());
        let mut told = ProgressNotificationParam::new(self.token.clone(), self.reached);
        told.total = step.fraction.map(|_| 1.0);
        told.message = Some(step.message.clone()).filter(|message| !message.is_empty());
        Some(told)
    }
}
