//! Amazon Bedrock Converse and ConverseStream.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::frames::frame;
use super::{ARGUMENTS, Refused, WORDS, Why, Wire, bytes, cut, items, object, text, words};
use crate::answer::{Said, Stop};
use crate::question::{Question, Tool, Turn};

pub(crate) struct Bedrock;

impl Wire for Bedrock {
    fn question(&self, body: &Value) -> Result<Question, String> {
        let mut question = Question {
            system: words(&body["system"]),
            ..Question::default()
        };
        for message in items(body, "messages") {
            for block in items(message, "content") {
                add(message["role"].as_str(), block, &mut question)?;
            }
        }
        if question.turns.is_empty() {
            return Err(
                "The messages field is empty. Add at least one message and try again.".to_owned(),
            );
        }
        let shape = body
            .pointer("/outputConfig/textFormat/structure/jsonSchema/schema")
            .and_then(Value::as_str);
        question.schema = shape.and_then(|shape| serde_json::from_str(shape).ok());
        question.max_tokens = body
            .pointer("/inferenceConfig/maxTokens")
            .and_then(Value::as_u64);
        let tools = items(&body["toolConfig"], "tools").map(|tool| &tool["toolSpec"]);
        question.tools = tools
            .map(|tool| Tool {
                name: text(tool, "name"),
                schema: tool["inputSchema"]["json"].clone(),
            })
            .collect();
        Ok(question)
    }

    fn whole(&self, said: &Said) -> Value {
        let mut content = Vec::new();
        if !said.text.is_empty() {
            content.push(json!({ "text": said.text }));
        }
        content.extend(said.calls.iter().map(|(id, call)| {
            json!({ "toolUse": { "toolUseId": id, "name": call.name, "input": object(&call.arguments) } })
        }));
        let message = json!({ "role": "assistant", "content": content });
        json!({ "output": { "message": message }, "stopReason": stop(said), "usage": usage(said), "metrics": { "latencyMs": 1 } })
    }

    fn pieces(&self, said: &Said) -> Vec<Bytes> {
        let mut pieces = vec![sent("messageStart", &json!({ "role": "assistant" }))];
        let mut index = 0;
        let delta = |index: usize, delta: Value| {
            sent(
                "contentBlockDelta",
                &json!({ "contentBlockIndex": index, "delta": delta }),
            )
        };
        if !said.text.is_empty() {
            pieces.extend(cut(&said.text, WORDS).map(|piece| delta(0, json!({ "text": piece }))));
            pieces.push(sent("contentBlockStop", &json!({ "contentBlockIndex": 0 })));
            index += 1;
        }
        for (id, call) in &said.calls {
            let begun = json!({ "toolUse": { "toolUseId": id, "name": call.name } });
            pieces.push(sent(
                "contentBlockStart",
                &json!({ "contentBlockIndex": index, "start": begun }),
            ));
            let more = cut(&call.arguments, ARGUMENTS);
            pieces.extend(more.map(|piece| delta(index, json!({ "toolUse": { "input": piece } }))));
            pieces.push(sent(
                "contentBlockStop",
                &json!({ "contentBlockIndex": index }),
            ));
            index += 1;
        }
        pieces.push(sent("messageStop", &json!({ "stopReason": stop(said) })));
        pieces.push(sent(
            "metadata",
            &json!({ "usage": usage(said), "metrics": { "latencyMs": 1 } }),
        ));
        pieces
    }

    fn before_words(&self) -> usize {
        1
    }

    fn refusal(&self, refused: &Refused) -> Value {
        json!({ "message": refused.message })
    }

    fn refusal_piece(&self, refused: &Refused) -> Bytes {
        let kind = match refused.why {
            Why::Overloaded => "serviceUnavailableException",
            Why::RateLimited => "throttlingException",
            Why::Unauthorized | Why::Invalid => "validationException",
        };
        let headers = [
            (":message-type", "exception"),
            (":exception-type", kind),
            (":content-type", "application/json"),
        ];
        frame(&headers, &bytes(&self.refusal(refused)))
    }

    fn nonsense(&self) -> Bytes {
        event("contentBlockDelta", b"{\"contentBlockIndex\":")
    }

    fn stream_type(&self) -> &'static str {
        "application/vnd.amazon.eventstream"
    }

    fn status(&self, why: Why) -> u16 {
        match why {
            Why::Unauthorized => 403,
            Why::Invalid => 400,
            Why::RateLimited => 429,
            Why::Overloaded => 503,
        }
    }

    fn refusal_header(&self, refused: &Refused) -> Option<(&'static str, &'static str)> {
        let kind = match refused.why {
            Why::Unauthorized => "UnrecognizedClientException",
            Why::Invalid => "ValidationException",
            Why::RateLimited => "ThrottlingException",
            Why::Overloaded => "ServiceUnavailableException",
        };
        Some(("x-amzn-errortype", kind))
    }
}

fn sent(kind: &str, data: &Value) -> Bytes {
    event(kind, &bytes(data))
}

fn event(kind: &str, payload: &[u8]) -> Bytes {
    frame(
        &[
            (":event-type", kind),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ],
        payload,
    )
}

fn stop(said: &Said) -> &'static str {
    match said.stop {
        Stop::End => "end_turn",
        Stop::Tools => "tool_use",
        Stop::MaxTokens => "max_tokens",
    }
}

fn usage(said: &Said) -> Value {
    json!({ "inputTokens": said.input, "outputTokens": said.output, "totalTokens": said.input + said.output })
}

fn add(role: Option<&str>, block: &Value, question: &mut Question) -> Result<(), String> {
    if let Some(call) = block.get("toolUse") {
        question.turns.push(Turn::Called {
            id: text(call, "toolUseId"),
            name: text(call, "name"),
        });
    } else if let Some(result) = block.get("toolResult") {
        let id = text(result, "toolUseId");
        if !question.was_called(&id) {
            return Err("The number of toolResult blocks exceeds the number of toolUse blocks of previous turn.".to_owned());
        }
        let part = |part: &Value| match part.get("json") {
            Some(value) => value.to_string(),
            None => text(part, "text"),
        };
        let parts = items(result, "content").map(part).collect();
        question.turns.push(Turn::Result {
            id,
            parts,
            is_error: result["status"] == "error",
        });
    } else {
        let said = text(block, "text");
        question.turns.push(match role {
            Some("user") => Turn::User(said),
            Some("assistant") => Turn::Model(said),
            _ => return Err("A conversation has the roles user and assistant.".to_owned()),
        });
    }
    Ok(())
}
