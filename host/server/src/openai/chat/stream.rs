//! An answer as Chat Completions streams it.

use metier_agent::models::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::write::{Head, Used, finish, named};
use crate::openai::{
    said::{End, Said},
    sse::{Writer, event},
};

/// Writes chunks.
pub struct Chunks {
    head: Head,
    /// Whether the last chunk says what was used.
    usage: bool,
    has_role: bool,
    /// Calls that began.
    calls: usize,
}

#[derive(Serialize)]
struct Chunk<'a, D> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    service_tier: &'static str,
    system_fingerprint: Option<()>,
    choices: &'a [Choice<D>],
    /// Null in all chunks but the last, absent where nobody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Used>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Value>,
}

#[derive(Serialize)]
struct Choice<D> {
    index: u32,
    delta: D,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Words<'a> {
    content: &'a str,
}

impl Chunks {
    /// Nothing written yet.
    pub fn new(head: Head, usage: bool) -> Self {
        Chunks {
            head,
            usage,
            has_role: false,
            calls: 0,
        }
    }

    fn chunk<D: Serialize>(&self, out: &mut Vec<u8>, choices: &[Choice<D>], last: Last) {
        let Last { usage, metadata } = last;
        let chunk = Chunk {
            id: &self.head.id,
            object: "chat.completion.chunk",
            created: self.head.created,
            model: &self.head.model,
            service_tier: "default",
            system_fingerprint: None,
            choices,
            usage: self.usage.then_some(usage),
            metadata,
        };
        event(out, None, &chunk);
    }

    fn delta(&self, out: &mut Vec<u8>, delta: impl Serialize) {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason: None,
        };
        self.chunk(out, &[choice], Last::default());
    }

    /// Who speaks comes first; words follow, or calls alone.
    fn role(&mut self, out: &mut Vec<u8>, content: Option<&str>) {
        if !self.has_role {
            self.has_role = true;
            let delta = json!({ "role": "assistant", "content": content, "refusal": null });
            self.delta(out, delta);
        }
    }

    fn call(&mut self, out: &mut Vec<u8>, id: &str, name: &str) {
        self.role(out, None);
        let call = json!({
            "index": self.calls, "id": id, "type": "function",
            "function": { "name": name, "arguments": "" },
        });
        self.calls += 1;
        self.delta(out, json!({ "tool_calls": [call] }));
    }

    fn arguments(&mut self, out: &mut Vec<u8>, message: &Message) {
        for (index, call) in message.tool_calls().enumerate() {
            if index >= self.calls {
                self.call(out, &call.id, &call.name);
            }
            let arguments = json!({ "arguments": call.arguments.to_text() });
            let piece = json!({ "index": index, "function": arguments });
            self.delta(out, json!({ "tool_calls": [piece] }));
        }
    }

    fn end(&mut self, out: &mut Vec<u8>, end: &End) {
        self.arguments(out, &end.message);
        self.role(out, Some(""));
        if let Some(details) = self.head.thoughts(&end.message) {
            self.delta(out, json!({ "reasoning_details": details }));
        }
        let choice = Choice {
            index: 0,
            delta: json!({}),
            logprobs: None,
            finish_reason: Some(finish(&end.stop)),
        };
        let metadata = end.run.map(named);
        let last = Last {
            usage: None,
            metadata,
        };
        self.chunk(out, &[choice], last);
        if self.usage {
            let last = Last {
                usage: Some(Used::from(&end.usage)),
                metadata: None,
            };
            self.chunk::<Value>(out, &[], last);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// What only the last chunks have.
#[derive(Default)]
struct Last {
    usage: Option<Used>,
    metadata: Option<Value>,
}

impl Writer for Chunks {
    fn write(&mut self, said: Said, out: &mut Vec<u8>) {
        match said {
            // There is no word for thoughts in this format.
            Said::Begun | Said::Thought(_) => {}
            Said::Words(words) => {
                self.role(out, Some(""));
                self.delta(out, Words { content: &words });
            }
            Said::Call { id, name } => self.call(out, &id, &name),
            Said::End(end) => self.end(out, &end),
            Said::Failed(failure) => {
                event(out, Some("error"), &json!({ "error": failure.said() }));
            }
        }
    }
}
