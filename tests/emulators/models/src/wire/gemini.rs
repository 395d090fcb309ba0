//! Gemini's `generateContent` and `streamGenerateContent`. Every event of a stream is a whole answer with the next parts.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{Refused, WORDS, Why, Wire, cut, event, items, object, text, words};
use crate::answer::{Said, Stop};
use crate::question::{Question, Tool, Turn};

pub(crate) struct Gemini;

impl Wire for Gemini {
    fn question(&self, body: &Value) -> Result<Question, String> {
        let mut question = Question {
            system: words(&body["systemInstruction"]["parts"]),
            ..Question::default()
        };
        for content in items(body, "contents") {
            for part in items(content, "parts") {
                add(content["role"].as_str(), part, &mut question)?;
            }
        }
        if question.turns.is_empty() {
            return Err(
                "* GenerateContentRequest.contents: contents is not specified\n".to_owned(),
            );
        }
        let config = &body["generationConfig"];
        let shape = ["responseJsonSchema", "responseSchema"]
            .into_iter()
            .find_map(|name| config.get(name));
        question.schema = shape.cloned();
        question.max_tokens = config["maxOutputTokens"].as_u64();
        let declared = items(body, "tools").flat_map(|tool| items(tool, "functionDeclarations"));
        let schema = |tool: &Value| {
            ["parametersJsonSchema", "parameters"]
                .into_iter()
                .find_map(|name| tool.get(name).cloned())
        };
        question.tools = declared
            .map(|tool| Tool {
                name: text(tool, "name"),
                schema: schema(tool).unwrap_or_default(),
            })
            .collect();
        Ok(question)
    }

    fn whole(&self, said: &Said) -> Value {
        let mut parts = Vec::new();
        if !said.text.is_empty() {
            parts.push(json!({ "text": said.text }));
        }
        parts.extend(calls(said));
        answer(said, &parts, true)
    }

    fn pieces(&self, said: &Said) -> Vec<Bytes> {
        let mut all: Vec<Value> = cut(&said.text, WORDS)
            .map(|piece| json!({ "text": piece }))
            .collect();
        all.extend(calls(said));
        let last = all.len().saturating_sub(1);
        let mut pieces: Vec<Bytes> = all
            .iter()
            .enumerate()
            .map(|(at, part)| event(None, &answer(said, std::slice::from_ref(part), at == last)))
            .collect();
        if pieces.is_empty() {
            pieces.push(event(None, &answer(said, &[], true)));
        }
        pieces
    }

    fn before_words(&self) -> usize {
        0
    }

    fn refusal(&self, refused: &Refused) -> Value {
        let name = match refused.why {
            Why::Unauthorized | Why::Invalid => "INVALID_ARGUMENT",
            Why::RateLimited => "RESOURCE_EXHAUSTED",
            Why::Overloaded => "UNAVAILABLE",
        };
        let mut details = Vec::new();
        if refused.why == Why::Unauthorized {
            details.push(json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
            }));
        }
        details.extend(refused.wait.map(|seconds| {
            json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s") })
        }));
        json!({ "error": {
            "code": self.status(refused.why), "message": refused.message, "status": name, "details": details,
        } })
    }

    fn refusal_piece(&self, refused: &Refused) -> Bytes {
        event(None, &self.refusal(refused))
    }

    fn nonsense(&self) -> Bytes {
        Bytes::from_static(b"data: {\"candidates\": [\n\n")
    }

    /// It is in the body.
    fn has_retry_after(&self) -> bool {
        false
    }

    /// A wrong key is a wrong argument.
    fn status(&self, why: Why) -> u16 {
        match why {
            Why::Unauthorized | Why::Invalid => 400,
            Why::RateLimited => 429,
            Why::Overloaded => 503,
        }
    }
}

fn calls(said: &Said) -> impl Iterator<Item = Value> {
    said.calls.iter().map(|(id, call)| {
        json!({ "functionCall": { "id": id, "name": call.name, "args": object(&call.arguments) } })
    })
}

fn answer(said: &Said, parts: &[Value], is_last: bool) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
    let mut usage = json!({ "promptTokenCount": said.input, "totalTokenCount": said.input });
    if is_last {
        candidate["finishReason"] = json!(match said.stop {
            Stop::End | Stop::Tools => "STOP",
            Stop::MaxTokens => "MAX_TOKENS",
        });
        usage["candidatesTokenCount"] = json!(said.output);
        usage["totalTokenCount"] = json!(said.input + said.output);
    }
    json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": said.model, "responseId": said.id })
}

fn add(role: Option<&str>, part: &Value, question: &mut Question) -> Result<(), String> {
    if let Some(call) = part.get("functionCall") {
        let name = text(call, "name");
        let count = question
            .turns
            .iter()
            .filter(|turn| matches!(turn, Turn::Called { name: known, .. } if *known == name));
        let id = id_of(call, count.count());
        question.turns.push(Turn::Called { id, name });
    } else if let Some(response) = part.get("functionResponse") {
        let name = text(response, "name");
        let id = id_of(response, question.results(&name).count());
        if !question.was_called(&id) {
            return Err("Please ensure that function response turn comes immediately after a function call turn.".to_owned());
        }
        question.turns.push(result(id, &response["response"]));
    } else {
        let said = text(part, "text");
        question.turns.push(match role {
            Some("user") | None => Turn::User(said),
            Some("model") => Turn::Model(said),
            Some(_) => return Err("Please use a valid role: user, model.".to_owned()),
        });
    }
    Ok(())
}

/// A call need not have an id: then it is the next of its tool.
fn id_of(part: &Value, count: usize) -> String {
    match part["id"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{}#{count}", text(part, "name")),
    }
}

fn result(id: String, response: &Value) -> Turn {
    let is_error = response.get("error").is_some();
    let said = response
        .get("output")
        .or_else(|| response.get("error"))
        .unwrap_or(response);
    let part = match said {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Turn::Result {
        id,
        parts: vec![part],
        is_error,
    }
}
