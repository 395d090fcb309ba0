//! OpenAI Responses.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::openai_chat::{CREATED, ERROR, error};
use super::{ARGUMENTS, Refused, WORDS, Wire, cut, event, items, text, words};
use crate::answer::{Call, Said, Stop};
use crate::question::{Question, Tool, Turn};

pub(crate) struct OpenaiResponses;

impl Wire for OpenaiResponses {
    fn question(&self, body: &Value) -> Result<Question, String> {
        let mut question = Question {
            model: text(body, "model"),
            system: text(body, "instructions"),
            schema: body.pointer("/text/format/schema").cloned(),
            max_tokens: body["max_output_tokens"].as_u64(),
            stream: body["stream"] == true,
            ..Question::default()
        };
        match &body["input"] {
            Value::String(said) => question.turns.push(Turn::User(said.clone())),
            _ => items(body, "input").try_for_each(|item| add(item, &mut question))?,
        }
        if question.turns.is_empty() {
            return Err("Missing required parameter: 'input'.".to_owned());
        }
        let tools = items(body, "tools");
        question.tools = tools
            .map(|tool| Tool {
                name: text(tool, "name"),
                schema: tool["parameters"].clone(),
            })
            .collect();
        Ok(question)
    }

    fn whole(&self, said: &Said) -> Value {
        let mut output = Vec::new();
        if has_message(said) {
            output.push(message(said, "completed", &said.text));
        }
        output.extend(
            said.calls
                .iter()
                .map(|(id, call)| function_call(id, call, "completed", &call.arguments)),
        );
        response(said, status(said), &output)
    }

    fn pieces(&self, said: &Said) -> Vec<Bytes> {
        let mut stream = Stream::default();
        stream.push(
            "response.created",
            json!({ "response": response(said, "in_progress", &[]) }),
        );
        stream.push(
            "response.in_progress",
            json!({ "response": response(said, "in_progress", &[]) }),
        );
        if has_message(said) {
            words_of(said, &mut stream);
        }
        let first = usize::from(has_message(said));
        for (at, (id, call)) in said.calls.iter().enumerate() {
            call_of(first + at, id, call, &mut stream);
        }
        let last = match said.stop {
            Stop::MaxTokens => "response.incomplete",
            Stop::End | Stop::Tools => "response.completed",
        };
        stream.push(last, json!({ "response": self.whole(said) }));
        stream.pieces
    }

    fn before_words(&self) -> usize {
        4
    }

    fn refusal(&self, refused: &Refused) -> Value {
        error(refused)
    }

    fn refusal_piece(&self, refused: &Refused) -> Bytes {
        let Value::Object(mut said) = error(refused)["error"].take() else {
            return Bytes::new();
        };
        said.insert("type".to_owned(), json!("error"));
        said.insert("sequence_number".to_owned(), json!(self.before_words() + 1));
        event(Some("error"), &Value::Object(said))
    }

    fn nonsense(&self) -> Bytes {
        Bytes::from_static(b"event: response.output_text.delta\ndata: {\"type\":\n\n")
    }
}

/// Events with their numbers.
#[derive(Default)]
struct Stream {
    pieces: Vec<Bytes>,
}

impl Stream {
    fn push(&mut self, kind: &str, mut data: Value) {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.pieces.len());
        self.pieces.push(event(Some(kind), &data));
    }
}

/// An answer without anything in it has an empty message.
fn has_message(said: &Said) -> bool {
    !said.text.is_empty() || said.calls.is_empty()
}

fn words_of(said: &Said, stream: &mut Stream) {
    let id = format!("msg_{}", said.id);
    let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] });
    let at = |mut data: Value| {
        data["item_id"] = json!(id);
        data["output_index"] = json!(0);
        data["content_index"] = json!(0);
        data
    };
    let mut begun = message(said, "in_progress", "");
    begun["content"] = json!([]);
    stream.push(
        "response.output_item.added",
        json!({ "output_index": 0, "item": begun }),
    );
    stream.push(
        "response.content_part.added",
        at(json!({ "part": part("") })),
    );
    for piece in cut(&said.text, WORDS) {
        stream.push(
            "response.output_text.delta",
            at(json!({ "delta": piece, "logprobs": [] })),
        );
    }
    stream.push(
        "response.output_text.done",
        at(json!({ "text": said.text, "logprobs": [] })),
    );
    stream.push(
        "response.content_part.done",
        at(json!({ "part": part(&said.text) })),
    );
    let done = message(said, "completed", &said.text);
    stream.push(
        "response.output_item.done",
        json!({ "output_index": 0, "item": done }),
    );
}

fn call_of(index: usize, id: &str, call: &Call, stream: &mut Stream) {
    let item = format!("fc_{id}");
    let begun = function_call(id, call, "in_progress", "");
    stream.push(
        "response.output_item.added",
        json!({ "output_index": index, "item": begun }),
    );
    for piece in cut(&call.arguments, ARGUMENTS) {
        let data = json!({ "item_id": item, "output_index": index, "delta": piece });
        stream.push("response.function_call_arguments.delta", data);
    }
    let data = json!({ "item_id": item, "output_index": index, "name": call.name, "arguments": call.arguments });
    stream.push("response.function_call_arguments.done", data);
    let done = function_call(id, call, "completed", &call.arguments);
    stream.push(
        "response.output_item.done",
        json!({ "output_index": index, "item": done }),
    );
}

fn status(said: &Said) -> &'static str {
    match said.stop {
        Stop::MaxTokens => "incomplete",
        Stop::End | Stop::Tools => "completed",
    }
}

fn response(said: &Said, status: &str, output: &[Value]) -> Value {
    let is_over = status != "in_progress";
    let usage = json!({
        "input_tokens": said.input, "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
        "output_tokens": said.output, "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": said.input + said.output,
    });
    let cut_off = (status == "incomplete").then(|| json!({ "reason": "max_output_tokens" }));
    json!({
        "id": format!("resp_{}", said.id), "object": "response", "created_at": CREATED, "status": status,
        "error": null, "incomplete_details": cut_off, "instructions": null, "metadata": {}, "model": said.model,
        "output": output, "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto", "tools": [],
        "top_p": 1.0, "usage": is_over.then_some(usage),
    })
}

fn message(said: &Said, status: &str, text: &str) -> Value {
    json!({
        "type": "message", "id": format!("msg_{}", said.id), "status": status, "role": "assistant",
        "content": [{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }],
    })
}

fn function_call(id: &str, call: &Call, status: &str, arguments: &str) -> Value {
    json!({
        "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": call.name,
        "arguments": arguments, "status": status,
    })
}

fn add(item: &Value, question: &mut Question) -> Result<(), String> {
    let said = || words(&item["content"]);
    match (item["type"].as_str(), item["role"].as_str()) {
        (Some("function_call"), _) => {
            question.turns.push(Turn::Called {
                id: text(item, "call_id"),
                name: text(item, "name"),
            });
        }
        (Some("function_call_output"), _) => {
            let id = text(item, "call_id");
            if !question.was_called(&id) {
                return Err(format!(
                    "No tool call found for function call output with call_id {id}."
                ));
            }
            let output = words(&item["output"]);
            let is_error = output.starts_with(ERROR);
            question.turns.push(Turn::Result {
                id,
                parts: vec![output],
                is_error,
            });
        }
        (_, Some("system" | "developer")) => question.system.push_str(&said()),
        (_, Some("user")) => question.turns.push(Turn::User(said())),
        (_, Some("assistant")) => question.turns.push(Turn::Model(said())),
        // Thoughts and what else a model gets back.
        (Some(_), None) => {}
        _ => return Err("Invalid value: 'input'.".to_owned()),
    }
    Ok(())
}
