//! An answer as Responses streams it.

use metier_agent::models::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    items::{Items, Place, places, summary_part, text_part},
    write::{Head, State, error, outcome, used},
};
use crate::openai::{
    failure::Failure,
    said::{End, Said},
    sse::{Writer, event},
};

/// Writes events with their numbers. Items stand in the order in which they began.
pub struct Events {
    head: Head,
    number: u64,
    begun: Vec<Place>,
    calls: usize,
    words: String,
    thoughts: String,
}

#[derive(Serialize)]
struct Event<'a, B> {
    #[serde(rename = "type")]
    kind: &'a str,
    sequence_number: u64,
    #[serde(flatten)]
    body: B,
}

#[derive(Serialize)]
struct Words<'a> {
    item_id: &'a str,
    output_index: usize,
    content_index: u32,
    delta: &'a str,
    logprobs: [(); 0],
}

impl Events {
    /// Nothing written yet.
    pub fn new(head: Head) -> Self {
        Events {
            head,
            number: 0,
            begun: Vec::new(),
            calls: 0,
            words: String::new(),
            thoughts: String::new(),
        }
    }

    fn emit(&mut self, out: &mut Vec<u8>, kind: &str, body: impl Serialize) {
        let event_body = Event {
            kind,
            sequence_number: self.number,
            body,
        };
        event(out, Some(kind), &event_body);
        self.number += 1;
    }

    /// The whole answer as far as it is.
    fn tell(&mut self, out: &mut Vec<u8>, kind: &str, state: State) {
        #[derive(Serialize)]
        struct Told<'a> {
            response: super::write::Body<'a>,
        }
        let told = Event {
            kind,
            sequence_number: self.number,
            body: Told {
                response: self.head.body(state),
            },
        };
        event(out, Some(kind), &told);
        self.number += 1;
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.number > 0 {
            return;
        }
        for kind in ["response.created", "response.in_progress"] {
            let state = State {
                status: "in_progress",
                ..State::default()
            };
            self.tell(out, kind, state);
        }
    }

    fn name(&self, place: Place) -> String {
        self.items("in_progress").name(place)
    }

    fn items<'a>(&'a self, status: &'a str) -> Items<'a> {
        Items {
            id: &self.head.id,
            status,
        }
    }

    /// Where an item stands; it begins there with `item` when it has not begun.
    fn at(
        &mut self,
        out: &mut Vec<u8>,
        place: Place,
        item: impl FnOnce(&Items<'_>) -> Value,
    ) -> usize {
        let found = self.begun.iter().position(|begun| *begun == place);
        if let Some(at) = found {
            return at;
        }
        let at = self.begun.len();
        self.begun.push(place);
        let item = item(&self.items("in_progress"));
        let body = json!({ "output_index": at, "item": item });
        self.emit(out, "response.output_item.added", body);
        at
    }

    fn words(&mut self, out: &mut Vec<u8>, words: &str) {
        let is_new = !self.begun.contains(&Place::Words);
        let at = self.at(out, Place::Words, |items| items.words(Vec::new()));
        let id = self.name(Place::Words);
        if is_new {
            let body = json!({
                "item_id": id, "output_index": at, "content_index": 0, "part": text_part(""),
            });
            self.emit(out, "response.content_part.added", body);
        }
        if words.is_empty() {
            return;
        }
        self.words.push_str(words);
        let delta = Words {
            item_id: &id,
            output_index: at,
            content_index: 0,
            delta: words,
            logprobs: [],
        };
        self.emit(out, "response.output_text.delta", delta);
    }

    fn thought(&mut self, out: &mut Vec<u8>, words: &str) {
        let at = self.at(out, Place::Thoughts, |items| items.thoughts(None, None));
        let id = self.name(Place::Thoughts);
        if self.thoughts.is_empty() {
            let body = json!({
                "item_id": id, "output_index": at, "summary_index": 0, "part": summary_part(""),
            });
            self.emit(out, "response.reasoning_summary_part.added", body);
        }
        self.thoughts.push_str(words);
        let body = json!({
            "item_id": id, "output_index": at, "summary_index": 0, "delta": words,
        });
        self.emit(out, "response.reasoning_summary_text.delta", body);
    }

    fn call(&mut self, out: &mut Vec<u8>, id: &str, name: &str) {
        let index = self.calls;
        self.calls += 1;
        self.at(out, Place::Call(index), |items| {
            items.called(index, id, name, "", "in_progress")
        });
    }

    /// Whatever did not begin before its end does now.
    fn begin_rest(&mut self, out: &mut Vec<u8>, message: &Message) {
        for place in places(message) {
            match place {
                Place::Thoughts => {
                    self.at(out, place, |items| items.thoughts(None, None));
                }
                Place::Words => self.words(out, ""),
                Place::Call(index) => {
                    let call = message.tool_calls().nth(index);
                    if let Some(call) = call.filter(|_| index >= self.calls) {
                        self.call(out, &call.id, &call.name);
                    }
                }
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>, end: &End) {
        self.begin_rest(out, &end.message);
        let (status, reason) = outcome(&end.stop);
        let sealed = self.head.sealed(&end.message);
        let begun = self.begun.clone();
        let mut output = Vec::with_capacity(begun.len());
        for (at, place) in begun.into_iter().enumerate() {
            let item = match place {
                Place::Thoughts => self.end_thoughts(out, at, sealed.as_deref()),
                Place::Words => self.end_words(out, at, status),
                Place::Call(index) => match self.end_call(out, at, index, &end.message) {
                    Some(item) => item,
                    None => continue,
                },
            };
            let body = json!({ "output_index": at, "item": item });
            self.emit(out, "response.output_item.done", body);
            output.push(item);
        }
        if let Some(run) = end.run {
            self.head.of_run(run);
        }
        let state = State {
            status,
            reason,
            error: None,
            output,
            usage: Some(used(&end.usage)),
        };
        let kind = match status {
            "incomplete" => "response.incomplete",
            _ => "response.completed",
        };
        self.tell(out, kind, state);
    }

    fn end_thoughts(&mut self, out: &mut Vec<u8>, at: usize, sealed: Option<&str>) -> Value {
        let summary = Some(std::mem::take(&mut self.thoughts)).filter(|text| !text.is_empty());
        if let Some(text) = &summary {
            let id = self.name(Place::Thoughts);
            let body = json!({
                "item_id": id, "output_index": at, "summary_index": 0, "text": text,
            });
            self.emit(out, "response.reasoning_summary_text.done", body);
            let body = json!({
                "item_id": id, "output_index": at, "summary_index": 0, "part": summary_part(text),
            });
            self.emit(out, "response.reasoning_summary_part.done", body);
        }
        self.items("completed").thoughts(summary, sealed)
    }

    fn end_words(&mut self, out: &mut Vec<u8>, at: usize, status: &str) -> Value {
        let (id, words) = (self.name(Place::Words), std::mem::take(&mut self.words));
        let body = json!({
            "item_id": id, "output_index": at, "content_index": 0, "text": words, "logprobs": [],
        });
        self.emit(out, "response.output_text.done", body);
        let part = text_part(&words);
        let body = json!({
            "item_id": id, "output_index": at, "content_index": 0, "part": part,
        });
        self.emit(out, "response.content_part.done", body);
        self.items(status).words(vec![part])
    }

    fn end_call(
        &mut self,
        out: &mut Vec<u8>,
        at: usize,
        index: usize,
        message: &Message,
    ) -> Option<Value> {
        let call = message.tool_calls().nth(index)?;
        let (id, arguments) = (self.name(Place::Call(index)), call.arguments.to_text());
        let body = json!({ "item_id": id, "output_index": at, "delta": arguments });
        self.emit(out, "response.function_call_arguments.delta", body);
        let body = json!({
            "item_id": id, "output_index": at, "name": call.name, "arguments": arguments,
        });
        self.emit(out, "response.function_call_arguments.done", body);
        Some(self.items("completed").call(index, call))
    }

    fn fail(&mut self, out: &mut Vec<u8>, failure: &Failure) {
        let state = State {
            status: "failed",
            error: Some(error(failure)),
            ..State::default()
        };
        self.tell(out, "response.failed", state);
    }
}

impl Writer for Events {
    fn write(&mut self, said: Said, out: &mut Vec<u8>) {
        self.begin(out);
        match said {
            Said::Begun => {}
            Said::Words(words) => self.words(out, &words),
            Said::Thought(words) if words.is_empty() => {}
            Said::Thought(words) => self.thought(out, &words),
            Said::Call { id, name } => self.call(out, &id, &name),
            Said::End(end) => self.end(out, &end),
            Said::Failed(failure) => self.fail(out, &failure),
        }
    }
}
