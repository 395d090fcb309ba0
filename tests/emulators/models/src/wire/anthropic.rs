//! Anthropic Messages.

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{ARGUMENTS, Refused, WORDS, Why, Wire, cut, event, items, object, text, words};
use crate::answer::{Said, Stop};
use crate::question::{Question, Tool, Turn};

pub(crate) struct Anthropic;

/// The versions of the API there are.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

impl Wire for Anthropic {
    fn lacks(&self, headers: &HeaderMap) -> Option<String> {
        match headers.get("anthropic-version") {
            None => Some("anthropic-version: header is required".to_owned()),
            Some(version) if VERSIONS.iter().any(|known| version == known) => None,
            Some(_) => Some("anthropic-version: not a valid version".to_owned()),
        }
    }

    fn question(&self, body: &Value) -> Result<Question, String> {
        let max_tokens = body["max_tokens"].as_u64();
        let max_tokens = Some(max_tokens.ok_or("max_tokens: Field required")?);
        let mut turns = Vec::new();
        for message in items(body, "messages") {
            turns_of(message, &mut turns)?;
        }
        if turns.is_empty() {
            return Err("messages: at least one message is required".to_owned());
        }
        let tools = items(body, "tools").map(|tool| Tool {
            name: text(tool, "name"),
            schema: tool["input_schema"].clone(),
        });
        Ok(Question {
            model: text(body, "model"),
            system: words(&body["system"]),
            turns,
            tools: tools.collect(),
            schema: body.pointer("/output_config/format/schema").cloned(),
            max_tokens,
            stream: body["stream"] == true,
            usage: true,
        })
    }

    fn whole(&self, said: &Said) -> Value {
        let mut content = Vec::new();
        if !said.text.is_empty() {
            content.push(json!({ "type": "text", "text": said.text }));
        }
        content.extend(said.calls.iter().map(|(id, call)| {
            json!({ "type": "tool_use", "id": id, "name": call.name, "input": object(&call.arguments) })
        }));
        let usage = usage(said, said.output);
        message(said, &json!(content), stop(said), usage)
    }

    fn pieces(&self, said: &Said) -> Vec<Bytes> {
        let begun = message(said, &json!([]), Value::Null, usage(said, 1));
        let mut pieces = vec![typed("message_start", json!({ "message": begun }))];
        let mut blocks = Vec::new();
        if !said.text.is_empty() {
            let deltas =
                cut(&said.text, WORDS).map(|piece| json!({ "type": "text_delta", "text": piece }));
            blocks.push((
                json!({ "type": "text", "text": "" }),
                deltas.collect::<Vec<_>>(),
            ));
        }
        for (id, call) in &said.calls {
            let pieces = cut(&call.arguments, ARGUMENTS);
            let deltas =
                pieces.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }));
            let block = json!({ "type": "tool_use", "id": id, "name": call.name, "input": {} });
            blocks.push((block, deltas.collect()));
        }
        for (index, (block, deltas)) in blocks.into_iter().enumerate() {
            pieces.push(typed(
                "content_block_start",
                json!({ "index": index, "content_block": block }),
            ));
            pieces.extend(deltas.into_iter().map(|delta| {
                typed(
                    "content_block_delta",
                    json!({ "index": index, "delta": delta }),
                )
            }));
            pieces.push(typed("content_block_stop", json!({ "index": index })));
        }
        let delta = json!({ "stop_reason": stop(said), "stop_sequence": null });
        let usage = json!({ "output_tokens": said.output });
        pieces.push(typed(
            "message_delta",
            json!({ "delta": delta, "usage": usage }),
        ));
        pieces.push(typed("message_stop", json!({})));
        pieces
    }

    fn before_words(&self) -> usize {
        2
    }

    fn refusal(&self, refused: &Refused) -> Value {
        let kind = match refused.why {
            Why::Unauthorized => "authentication_error",
            Why::Invalid => "invalid_request_error",
            Why::RateLimited => "rate_limit_error",
            Why::Overloaded => "overloaded_error",
        };
        let error = json!({ "type": kind, "message": refused.message });
        json!({ "type": "error", "error": error, "request_id": "req_emulated" })
    }

    fn refusal_piece(&self, refused: &Refused) -> Bytes {
        event(Some("error"), &self.refusal(refused))
    }

    fn nonsense(&self) -> Bytes {
        Bytes::from_static(
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\n\n",
        )
    }

    fn status(&self, why: Why) -> u16 {
        match why {
            Why::Unauthorized => 401,
            Why::Invalid => 400,
            Why::RateLimited => 429,
            Why::Overloaded => 529,
        }
    }
}

/// An event, whose data names its type as well.
fn typed(name: &str, mut data: Value) -> Bytes {
    if let Some(data) = data.as_object_mut() {
        data.insert("type".to_owned(), json!(name));
    }
    event(Some(name), &data)
}

fn message(said: &Said, content: &Value, stop: Value, usage: Value) -> Value {
    json!({
        "id": format!("msg_{}", said.id), "type": "message", "role": "assistant", "model": said.model,
        "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage,
    })
}

fn stop(said: &Said) -> Value {
    json!(match said.stop {
        Stop::End => "end_turn",
        Stop::Tools => "tool_use",
        Stop::MaxTokens => "max_tokens",
    })
}

fn usage(said: &Said, output: u64) -> Value {
    json!({
        "input_tokens": said.input, "output_tokens": output,
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "service_tier": "standard",
    })
}

fn turns_of(message: &Value, turns: &mut Vec<Turn>) -> Result<(), String> {
    let said = |text: String| match message["role"].as_str() {
        Some("user") => Ok(Turn::User(text)),
        Some("assistant") => Ok(Turn::Model(text)),
        _ => Err("messages: Unexpected role".to_owned()),
    };
    let Value::Array(blocks) = &message["content"] else {
        turns.push(said(words(&message["content"]))?);
        return Ok(());
    };
    for block in blocks {
        turns.push(match block["type"].as_str() {
            Some("tool_use") => Turn::Called {
                id: text(block, "id"),
                name: text(block, "name"),
            },
            Some("tool_result") => result(block, turns)?,
            _ => said(text(block, "text"))?,
        });
    }
    Ok(())
}

/// A result belongs to a call, as Anthropic insists.
fn result(block: &Value, turns: &[Turn]) -> Result<Turn, String> {
    let wanted = text(block, "tool_use_id");
    let is_called = turns
        .iter()
        .any(|turn| matches!(turn, Turn::Called { id, .. } if *id == wanted));
    if !is_called {
        return Err(format!(
            "messages: unexpected `tool_use_id` found in `tool_result` blocks: {wanted}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
        ));
    }
    let parts = match &block["content"] {
        Value::String(text) => vec![text.clone()],
        _ => items(block, "content")
            .map(|part| text(part, "text"))
            .collect(),
    };
    Ok(Turn::Result {
        id: wanted,
        parts,
        is_error: block["is_error"] == true,
    })
}
