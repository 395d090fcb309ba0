//! OpenAI Chat Completions, and Azure's.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{ARGUMENTS, Refused, WORDS, Why, Wire, cut, event, items, text, words};
use crate::answer::{Said, Stop};
use crate::question::{Question, Tool, Turn};

/// When every answer was made.
pub(super) const CREATED: u64 = 1_790_000_000;

/// How the text of a result begins that is an error: this format has no field for it.
pub(super) const ERROR: &str = "Error";

pub(crate) struct OpenaiChat;

impl Wire for OpenaiChat {
    fn question(&self, body: &Value) -> Result<Question, String> {
        let mut question = Question {
            model: text(body, "model"),
            schema: body.pointer("/response_format/json_schema/schema").cloned(),
            max_tokens: body["max_completion_tokens"]
                .as_u64()
                .or_else(|| body["max_tokens"].as_u64()),
            stream: body["stream"] == true,
            usage: body.pointer("/stream_options/include_usage") == Some(&json!(true)),
            ..Question::default()
        };
        for message in items(body, "messages") {
            add(message, &mut question)?;
        }
        if question.turns.is_empty() {
            return Err("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.".to_owned());
        }
        question.tools = items(body, "tools")
            .map(|tool| Tool {
                name: text(&tool["function"], "name"),
                schema: tool["function"]["parameters"].clone(),
            })
            .collect();
        Ok(question)
    }

    fn whole(&self, said: &Said) -> Value {
        let calls: Vec<Value> = (0..said.calls.len())
            .map(|at| whole_call(said, at))
            .collect();
        let mut message = json!({ "role": "assistant", "content": content(said), "refusal": null });
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": stop(said) });
        json!({
            "id": format!("chatcmpl-{}", said.id), "object": "chat.completion", "created": CREATED,
            "model": said.model, "choices": [choice], "usage": usage(said),
        })
    }

    fn pieces(&self, said: &Said) -> Vec<Bytes> {
        let chunk = |choices: Value| {
            json!({
                "id": format!("chatcmpl-{}", said.id), "object": "chat.completion.chunk", "created": CREATED,
                "model": said.model, "choices": choices,
            })
        };
        let choice = |delta: Value, stop: Value| {
            chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": stop }]))
        };
        let mut chunks = vec![choice(
            json!({ "role": "assistant", "content": "" }),
            Value::Null,
        )];
        chunks.extend(
            cut(&said.text, WORDS).map(|piece| choice(json!({ "content": piece }), Value::Null)),
        );
        for (at, (id, call)) in said.calls.iter().enumerate() {
            let begun = json!({ "index": at, "id": id, "type": "function", "function": { "name": call.name, "arguments": "" } });
            chunks.push(choice(json!({ "tool_calls": [begun] }), Value::Null));
            let more = |piece| json!({ "tool_calls": [{ "index": at, "function": { "arguments": piece } }] });
            chunks.extend(
                cut(&call.arguments, ARGUMENTS).map(|piece| choice(more(piece), Value::Null)),
            );
        }
        chunks.push(choice(json!({}), stop(said)));
        if said.usage {
            let mut last = chunk(json!([]));
            last["usage"] = usage(said);
            chunks.push(last);
        }
        let mut pieces: Vec<Bytes> = chunks.iter().map(|chunk| event(None, chunk)).collect();
        pieces.push(Bytes::from_static(b"data: [DONE]\n\n"));
        pieces
    }

    fn before_words(&self) -> usize {
        1
    }

    fn refusal(&self, refused: &Refused) -> Value {
        error(refused)
    }

    fn refusal_piece(&self, refused: &Refused) -> Bytes {
        event(None, &error(refused))
    }

    fn nonsense(&self) -> Bytes {
        Bytes::from_static(b"data: {\"object\":\"chat.completion.chunk\",\"choices\":[\n\n")
    }
}

/// OpenAI's errors, in both of its formats.
pub(super) fn error(refused: &Refused) -> Value {
    let (kind, code) = match refused.why {
        Why::Unauthorized => ("invalid_request_error", json!("invalid_api_key")),
        Why::Invalid => ("invalid_request_error", Value::Null),
        Why::RateLimited => ("requests", json!("rate_limit_exceeded")),
        Why::Overloaded => ("server_error", json!("server_error")),
    };
    json!({ "error": { "message": refused.message, "type": kind, "param": null, "code": code } })
}

fn content(said: &Said) -> Value {
    match said.text.is_empty() && !said.calls.is_empty() {
        true => Value::Null,
        false => json!(said.text),
    }
}

fn whole_call(said: &Said, at: usize) -> Value {
    let (id, call) = &said.calls[at];
    json!({ "id": id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn stop(said: &Said) -> Value {
    json!(match said.stop {
        Stop::End => "stop",
        Stop::Tools => "tool_calls",
        Stop::MaxTokens => "length",
    })
}

fn usage(said: &Said) -> Value {
    json!({
        "prompt_tokens": said.input, "completion_tokens": said.output, "total_tokens": said.input + said.output,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 },
    })
}

fn add(message: &Value, question: &mut Question) -> Result<(), String> {
    let said = words(&message["content"]);
    match message["role"].as_str() {
        Some("system" | "developer") => question.system.push_str(&said),
        Some("user") => question.turns.push(Turn::User(said)),
        Some("assistant") => {
            question.turns.push(Turn::Model(said));
            let calls = items(message, "tool_calls");
            question.turns.extend(calls.map(|call| Turn::Called {
                id: text(call, "id"),
                name: text(&call["function"], "name"),
            }));
        }
        Some("tool") => {
            let id = text(message, "tool_call_id");
            if !question.was_called(&id) {
                return Err("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.".to_owned());
            }
            let is_error = said.starts_with(ERROR);
            question.turns.push(Turn::Result {
                id,
                parts: vec![said],
                is_error,
            });
        }
        _ => return Err("Invalid value for 'messages': unknown role.".to_owned()),
    }
    Ok(())
}
