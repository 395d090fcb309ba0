//! An answer as Chat Completions has it.

use std::sync::Arc;

use axum::Json;
use metier_agent::models::{Message, Part, StopReason, ToolCall, Usage};
use metier_core::TenantId;
use metier_store::types::RunId;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    openai::{asked::Asked, call::Posted, said::End, thoughts},
};

/// What all pieces of an answer have in common.
pub struct Head {
    app: Arc<App>,
    tenant: TenantId,
    /// The answer's id.
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// Who was asked.
    pub model: String,
}

/// What was used, in OpenAI's words.
#[derive(Serialize)]
pub struct Used {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: Input,
    completion_tokens_details: Output,
}

#[derive(Serialize)]
struct Input {
    cached_tokens: u64,
    audio_tokens: u64,
}

#[derive(Serialize)]
struct Output {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

impl From<&Usage> for Used {
    fn from(usage: &Usage) -> Self {
        Used {
            prompt_tokens: usage.input,
            completion_tokens: usage.output,
            total_tokens: usage.input.saturating_add(usage.output),
            prompt_tokens_details: Input {
                cached_tokens: usage.cached_read,
                audio_tokens: 0,
            },
            completion_tokens_details: Output {
                reasoning_tokens: usage.reasoning,
                audio_tokens: 0,
                accepted_prediction_tokens: 0,
                rejected_prediction_tokens: 0,
            },
        }
    }
}

impl Head {
    /// Of the answer to this question.
    pub fn new(app: &Arc<App>, posted: &Posted, asked: &Asked) -> Self {
        Head {
            app: app.clone(),
            tenant: posted.caller.tenant.clone(),
            id: format!("chatcmpl-{}", posted.id.as_str()),
            created: metier_service::directory::now() / 1_000,
            model: asked.model.clone(),
        }
    }

    /// An answer in one piece.
    pub fn whole(&self, end: &End) -> Json<Value> {
        let message = &end.message;
        let mut said = json!({
            "role": "assistant",
            "content": words(message),
            "refusal": refusal(message),
            "annotations": [],
        });
        let calls: Vec<Value> = message.tool_calls().map(call).collect();
        if !calls.is_empty() {
            said["tool_calls"] = json!(calls);
        }
        if let Some(details) = self.thoughts(message) {
            said["reasoning_details"] = details;
        }
        let mut whole = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0, "message": said, "logprobs": null, "finish_reason": finish(&end.stop),
            }],
            "usage": Used::from(&end.usage),
            "service_tier": "default",
            "system_fingerprint": null,
        });
        if let Some(run) = end.run {
            whole["metadata"] = named(run);
        }
        Json(whole)
    }

    /// What the model needs back, sealed.
    pub fn thoughts(&self, message: &Message) -> Option<Value> {
        let sealed = thoughts::sealed(self.app.service.seal(), &self.tenant, message);
        let sealed = sealed.inspect_err(|error| tracing::error!(%error, "thoughts are lost"));
        let data = sealed.ok().flatten()?;
        let detail =
            json!({ "index": 0, "type": "reasoning.encrypted", "format": "metier", "data": data });
        Some(json!([detail]))
    }
}

/// What the client can know the run by.
pub fn named(run: RunId) -> Value {
    json!({ "run": run.to_string() })
}

/// Null where there are none and something else is there.
fn words(message: &Message) -> Option<String> {
    let words = message.words();
    let has_more = message
        .parts
        .iter()
        .any(|part| matches!(part, Part::ToolCall(_) | Part::Refusal { .. }));
    (!words.is_empty() || !has_more).then_some(words)
}

fn refusal(message: &Message) -> Option<String> {
    let words = message.parts.iter().filter_map(|part| match part {
        Part::Refusal { text } => Some(text.as_str()),
        _ => None,
    });
    let words: String = words.collect();
    Some(words).filter(|words| !words.is_empty())
}

fn call(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": call.arguments.to_text() },
    })
}

/// Why it stopped, in OpenAI's words.
pub fn finish(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::End | StopReason::Refusal | StopReason::Other(_) => "stop",
        StopReason::ToolUse => "tool_calls",
        StopReason::MaxTokens => "length",
        StopReason::ContentFilter => "content_filter",
    }
}
