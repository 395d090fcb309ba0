//! An answer as Messages has it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::{
    Broken, MAX_PARTS,
    assemble::{Assembly, weight},
    decoder,
    json::{count, index, items, text, words},
    refused::said,
};
use crate::models::{ModelEvent, StopReason, Usage};

/// Reads one answer.
pub struct Reader {
    assembly: Assembly,
    usage: Map<String, Value>,
    stop: Option<String>,
    /// Blocks that have begun; a block of words is none of the assembly's before its first word.
    begun: BTreeSet<usize>,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(assembly: Assembly) -> Self {
        Reader {
            assembly,
            usage: Map::new(),
            stop: None,
            begun: BTreeSet::new(),
        }
    }

    fn begin(
        &mut self,
        key: usize,
        block: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        self.begun.insert(key);
        if self.begun.len() > MAX_PARTS {
            return Err(Broken::TooLarge("the number of parts"));
        }
        match text(block, "type") {
            Some("text") => out.extend(
                self.assembly
                    .text(key, text(block, "text").unwrap_or_default())?,
            ),
            Some("tool_use") => {
                let (id, name) = (
                    text(block, "id").unwrap_or_default(),
                    text(block, "name").unwrap_or_default(),
                );
                out.push(self.assembly.call(key, id, name)?);
                if let Some(input) = block.get("input") {
                    self.assembly.all_arguments(key, input)?;
                }
            }
            // Thoughts, and blocks that are not known here: kept as they are and sent back in their place.
            Some(_) => {
                let words = text(block, "thinking").unwrap_or_default();
                out.extend(
                    self.assembly
                        .thought(key, words, weight(block), |data| *data = block.clone())?,
                );
            }
            None => return Err(Broken::Malformed("a block without a type".to_owned())),
        }
        Ok(())
    }

    fn delta(
        &mut self,
        key: usize,
        delta: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if !self.begun.contains(&key) {
            return Err(Broken::Malformed(
                "a piece of a block that has not begun".to_owned(),
            ));
        }
        let piece = |field: &str| text(delta, field).unwrap_or_default();
        match text(delta, "type") {
            Some("text_delta") => out.extend(self.assembly.text(key, piece("text"))?),
            Some("input_json_delta") => self.assembly.arguments(key, piece("partial_json"))?,
            Some("thinking_delta") => {
                let more = piece("thinking");
                out.extend(
                    self.assembly
                        .thought(key, more, more.len(), |data| append(data, "thinking", more))?,
                );
            }
            Some("signature_delta") => {
                let more = piece("signature");
                self.assembly
                    .thought(key, "", more.len(), |data| append(data, "signature", more))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Snapshots: what a later one says counts.
    fn note_usage(&mut self, usage: Option<&Value>) {
        let said = usage.and_then(Value::as_object).into_iter().flatten();
        for (key, value) in said.filter(|(_, value)| !value.is_null()) {
            self.usage.insert(key.clone(), value.clone());
        }
    }

    fn complete(&mut self, out: &mut Vec<ModelEvent>) {
        let stop = match self.stop.take().as_deref() {
            Some("end_turn" | "stop_sequence") | None => StopReason::End,
            Some("tool_use") => StopReason::ToolUse,
            Some("max_tokens" | "model_context_window_exceeded") => StopReason::MaxTokens,
            Some("refusal") => StopReason::Refusal,
            Some(other) => StopReason::Other(other.to_owned()),
        };
        let usage = usage(std::mem::take(&mut self.usage));
        out.push(self.assembly.complete(stop, usage));
    }
}

impl decoder::Reader for Reader {
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let key = index(event, "index").unwrap_or(0);
        let at = |field: &str| event.get(field).unwrap_or(&Value::Null);
        match text(event, "type") {
            Some("message_start") => {
                let message = at("message");
                self.assembly
                    .answered_by(words(message, "id"), words(message, "model"));
                self.note_usage(message.get("usage"));
                Ok(())
            }
            Some("content_block_start") => self.begin(key, at("content_block"), out),
            Some("content_block_delta") => self.delta(key, at("delta"), out),
            Some("message_delta") => {
                self.note_usage(event.get("usage"));
                self.stop = words(at("delta"), "stop_reason").map(str::to_owned);
                Ok(())
            }
            Some("message_stop") => {
                self.complete(out);
                Ok(())
            }
            Some("error") => Err(Broken::Said(said(event, None, None))),
            _ => Ok(()),
        }
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        if answer.get("error").is_some() {
            return Err(Broken::Said(said(answer, None, None)));
        }
        if !answer.get("content").is_some_and(Value::is_array) {
            return Err(Broken::Malformed("no content".to_owned()));
        }
        self.assembly
            .answered_by(words(answer, "id"), words(answer, "model"));
        for (key, block) in items(answer, "content").enumerate() {
            self.begin(key, block, out)?;
        }
        self.note_usage(answer.get("usage"));
        self.stop = words(answer, "stop_reason").map(str::to_owned);
        self.complete(out);
        Ok(())
    }

    /// `message_stop` is the end; a stream that ends without it is not whole.
    fn end(&mut self, _: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        Err(Broken::TooShort)
    }

    fn content_bytes(&self) -> usize {
        self.assembly.bytes()
    }
}

fn append(data: &mut Value, field: &str, more: &str) {
    match data.get_mut(field) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            if let Some(object) = data.as_object_mut() {
                object.insert(field.to_owned(), json!(more));
            }
        }
    }
}

/// None where the provider said nothing.
fn usage(raw: Map<String, Value>) -> Option<Usage> {
    let raw = Value::Object(raw);
    let plain = count(&raw, "/input_tokens")?;
    let cached_read = count(&raw, "/cache_read_input_tokens").unwrap_or(0);
    let cache_write = count(&raw, "/cache_creation_input_tokens").unwrap_or(0);
    Some(Usage {
        input: plain
            .saturating_add(cached_read)
            .saturating_add(cache_write),
        cached_read,
        cache_write,
        output: count(&raw, "/output_tokens").unwrap_or(0),
        reasoning: count(&raw, "/output_tokens_details/thinking_tokens").unwrap_or(0),
        estimated: false,
        raw,
    })
}
