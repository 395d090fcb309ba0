//! An answer as Responses has it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use metier_agent::models::{Message, StopReason, Usage};
use metier_core::TenantId;
use metier_store::types::RunId;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    items::{Items, places},
    read::Echo,
};
use crate::{
    app::App,
    openai::{asked::Asked, call::Posted, failure::Failure, said::End, thoughts},
};

/// What all states of an answer have in common.
pub struct Head {
    app: Arc<App>,
    tenant: TenantId,
    /// The request's id.
    pub id: String,
    created: u64,
    model: String,
    metadata: BTreeMap<String, String>,
    echo: Echo,
}

/// How far an answer is.
#[derive(Default)]
pub struct State {
    /// `in_progress`, `completed`, `incomplete` or `failed`.
    pub status: &'static str,
    /// Why it is not whole.
    pub reason: Option<&'static str>,
    /// Why it failed.
    pub error: Option<Value>,
    /// Its items.
    pub output: Vec<Value>,
    /// What was used.
    pub usage: Option<Value>,
}

/// The answer as clients read it.
#[derive(Serialize)]
pub struct Body<'a> {
    id: String,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    background: bool,
    error: Option<Value>,
    incomplete_details: Option<Value>,
    instructions: Option<&'a str>,
    max_output_tokens: Option<u32>,
    model: &'a str,
    output: Vec<Value>,
    parallel_tool_calls: bool,
    previous_response_id: Option<()>,
    reasoning: Value,
    service_tier: &'static str,
    store: bool,
    temperature: f64,
    text: Text<'a>,
    tool_choice: Written<'a>,
    tools: Written<'a>,
    top_p: f64,
    truncation: &'static str,
    usage: Option<Value>,
    user: Option<()>,
    metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Text<'a> {
    format: Written<'a>,
}

/// As the client wrote it, or what holds otherwise.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Here(&'a RawValue),
    Usual(Value),
}

fn written<'a>(raw: Option<&'a RawValue>, usual: impl FnOnce() -> Value) -> Written<'a> {
    raw.map_or_else(|| Written::Usual(usual()), Written::Here)
}

impl Head {
    /// Of the answer to this question.
    pub fn new(app: &Arc<App>, posted: &Posted, asked: &Asked, echo: Echo) -> Self {
        Head {
            app: app.clone(),
            tenant: posted.caller.tenant.clone(),
            id: posted.id.as_str().to_owned(),
            created: metier_service::directory::now() / 1_000,
            model: asked.model.clone(),
            metadata: asked.metadata.clone(),
            echo,
        }
    }

    /// Names the run from now on.
    pub fn of_run(&mut self, run: RunId) {
        self.metadata.insert("run".to_owned(), run.to_string());
    }

    /// The answer in one piece.
    pub fn whole(mut self, end: &End) -> Response {
        if let Some(run) = end.run {
            self.of_run(run);
        }
        let (status, reason) = outcome(&end.stop);
        let items = Items {
            id: &self.id,
            status,
        };
        let sealed = self.sealed(&end.message);
        let output = items.whole(&end.message, &places(&end.message), sealed);
        let body = self.body(State {
            status,
            reason,
            error: None,
            output,
            usage: Some(used(&end.usage)),
        });
        let body = serde_json::to_vec(&body).unwrap_or_default();
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    }

    /// The answer as far as it is.
    pub fn body(&self, state: State) -> Body<'_> {
        let echo = &self.echo;
        Body {
            id: format!("resp_{}", self.id),
            object: "response",
            created_at: self.created,
            status: state.status,
            background: false,
            error: state.error,
            incomplete_details: state.reason.map(|reason| json!({ "reason": reason })),
            instructions: echo.instructions.as_deref(),
            max_output_tokens: echo.max_output_tokens,
            model: &self.model,
            output: state.output,
            parallel_tool_calls: echo.parallel,
            previous_response_id: None,
            reasoning: json!({ "effort": null, "summary": null }),
            service_tier: "default",
            store: false,
            temperature: echo.temperature.unwrap_or(1.0),
            text: Text {
                format: written(echo.format.as_deref(), || json!({ "type": "text" })),
            },
            tool_choice: written(echo.tool_choice.as_deref(), || json!("auto")),
            tools: written(echo.tools.as_deref(), || json!([])),
            top_p: 1.0,
            truncation: "disabled",
            usage: state.usage,
            user: None,
            metadata: &self.metadata,
        }
    }

    /// What the model needs back.
    pub fn sealed(&self, message: &Message) -> Option<String> {
        let sealed = thoughts::sealed(self.app.service.seal(), &self.tenant, message);
        let sealed = sealed.inspect_err(|error| tracing::error!(%error, "thoughts are lost"));
        sealed.ok().flatten()
    }
}

/// The status, and why it is not whole.
pub fn outcome(stop: &StopReason) -> (&'static str, Option<&'static str>) {
    match stop {
        StopReason::MaxTokens => ("incomplete", Some("max_output_tokens")),
        StopReason::ContentFilter => ("incomplete", Some("content_filter")),
        _ => ("completed", None),
    }
}

/// What was used, in OpenAI's words.
pub fn used(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": { "cached_tokens": usage.cached_read },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input.saturating_add(usage.output),
    })
}

/// Why it failed, in the three codes that clients know.
pub fn error(failure: &Failure) -> Value {
    let said = failure.said();
    let code = match (said.code.as_deref(), said.kind) {
        (Some("rate_limit_exceeded"), _) => "rate_limit_exceeded",
        (_, "invalid_request_error") => "invalid_prompt",
        _ => "server_error",
    };
    json!({ "code": code, "message": said.message })
}
