//! What was said, as the conventions write it: `[{"role": …, "parts": [{"type": "text", "content": …}]}]`.

use serde_json::{Value, json};

use super::MAX_CONTENT;
use crate::models::{Message, Part, Role, StopReason};

/// The beginning of a text, as much as a span may have.
pub fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_CONTENT)]
}

/// Messages as JSON text, the last ones where all of them are too many.
pub fn messages(messages: &[Message]) -> String {
    let mut kept = Vec::new();
    let mut room = MAX_CONTENT;
    for message in messages.iter().rev() {
        let value = json!({"role": role(message.role), "parts": parts(message)});
        let size = value.to_string().len();
        if size > room && !kept.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        kept.push(value);
    }
    kept.reverse();
    Value::Array(kept).to_string()
}

/// Why a model stopped, as a list of the conventions' words.
pub fn reason(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::End => "stop",
        StopReason::ToolUse => "tool_call",
        StopReason::MaxTokens => "length",
        StopReason::Refusal => "refusal",
        StopReason::ContentFilter => "content_filter",
        StopReason::Other(_) => "other",
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

fn parts(message: &Message) -> Vec<Value> {
    let parts = message.parts.iter().map(|part| match part {
        Part::Text { text } | Part::Refusal { text } => {
            json!({"type": "text", "content": cut(text)})
        }
        Part::ToolCall(call) => {
            let arguments = call.arguments.to_text();
            json!({"type": "tool_call", "id": call.id, "name": call.name, "arguments": cut(&arguments)})
        }
        Part::ToolResult(result) => {
            let text = serde_json::to_string(&result.content).unwrap_or_default();
            json!({"type": "tool_call_response", "id": result.id, "result": cut(&text)})
        }
        Part::Reasoning(thought) => {
            let summary = thought.summary.as_deref().unwrap_or_default();
            json!({"type": "reasoning", "content": cut(summary)})
        }
        Part::Image(media) | Part::Document(media) => {
            json!({"type": "file", "mime_type": media.media_type})
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_CONTENT, cut, messages};
    use crate::models::{Message, Role};

    #[test]
    fn no_text_is_longer_than_a_span_may_have() {
        let long = "ä".repeat(MAX_CONTENT);
        assert!(cut(&long).len() <= MAX_CONTENT);
        let said: Vec<Message> = (0..100)
            .map(|_| Message::text(Role::User, long.clone()))
            .collect();
        assert!(messages(&said).len() <= 2 * MAX_CONTENT);
    }

    #[test]
    fn the_last_words_are_kept() {
        let said = [
            Message::text(Role::User, "x".repeat(MAX_CONTENT)),
            Message::text(Role::Assistant, "y"),
        ];
        let text = messages(&said);
        assert!(text.contains("\"y\"") && !text.contains("xx"), "{text}");
    }
}
