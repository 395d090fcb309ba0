//! The items of an answer.

use metier_agent::models::{Message, Part, ToolCall};
use serde_json::{Value, json};

use crate::openai::thoughts;

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All thoughts together.
    Thoughts,
    /// All words together.
    Words,
    /// One tool call, by its place among them.
    Call(usize),
}

/// What is there of a message, in its order.
pub fn places(message: &Message) -> Vec<Place> {
    let mut places = Vec::new();
    let mut calls = 0;
    for part in &message.parts {
        let place = match part {
            Part::Reasoning(_) => Place::Thoughts,
            Part::ToolCall(_) => {
                calls += 1;
                Place::Call(calls - 1)
            }
            _ => Place::Words,
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        places.push(Place::Words);
    }
    places
}

/// Names the items of one answer.
pub struct Items<'a> {
    /// The request's id.
    pub id: &'a str,
    /// What the answer came to: `completed` or `incomplete`.
    pub status: &'a str,
}

impl Items<'_> {
    /// What an item is called.
    pub fn name(&self, place: Place) -> String {
        match place {
            Place::Thoughts => format!("rs_{}", self.id),
            Place::Words => format!("msg_{}", self.id),
            Place::Call(index) => format!("fc_{}_{index}", self.id),
        }
    }

    /// All items, whole.
    pub fn whole(&self, message: &Message, places: &[Place], sealed: Option<String>) -> Vec<Value> {
        let calls: Vec<&ToolCall> = message.tool_calls().collect();
        let items = places.iter().filter_map(|place| match place {
            Place::Thoughts => Some(self.thoughts(thoughts::summary(message), sealed.as_deref())),
            Place::Words => Some(self.words(content(message))),
            Place::Call(index) => Some(self.call(*index, calls.get(*index)?)),
        });
        items.collect()
    }

    /// A message with these parts.
    pub fn words(&self, content: Vec<Value>) -> Value {
        json!({
            "id": self.name(Place::Words), "type": "message", "status": self.status,
            "role": "assistant", "content": content,
        })
    }

    /// What was thought.
    pub fn thoughts(&self, summary: Option<String>, sealed: Option<&str>) -> Value {
        let summary = summary.iter().map(|text| summary_part(text));
        json!({
            "id": self.name(Place::Thoughts), "type": "reasoning",
            "summary": summary.collect::<Vec<_>>(), "encrypted_content": sealed,
        })
    }

    /// A call with its arguments.
    pub fn call(&self, index: usize, call: &ToolCall) -> Value {
        let status = match call.cut_off {
            true => "incomplete",
            false => "completed",
        };
        self.called(
            index,
            &call.id,
            &call.name,
            &call.arguments.to_text(),
            status,
        )
    }

    /// The same, as far as it is known.
    pub fn called(
        &self,
        index: usize,
        id: &str,
        name: &str,
        arguments: &str,
        status: &str,
    ) -> Value {
        json!({
            "id": self.name(Place::Call(index)), "type": "function_call", "status": status,
            "call_id": id, "name": name, "arguments": arguments,
        })
    }
}

/// Words in a message.
pub fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

/// Words about thoughts.
pub fn summary_part(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

/// Words and refusals.
fn content(message: &Message) -> Vec<Value> {
    let words = message.words();
    let refusals = message.parts.iter().filter_map(|part| match part {
        Part::Refusal { text } => Some(json!({ "type": "refusal", "refusal": text })),
        _ => None,
    });
    let refusals: Vec<Value> = refusals.collect();
    let has_words = !words.is_empty() || refusals.is_empty();
    let words = has_words.then(|| text_part(&words));
    words.into_iter().chain(refusals).collect()
}
