//! An answer as Chat Completions has it.

use serde_json::{Value, json};

use super::super::{
    Broken,
    assemble::{Assembly, weight},
    decoder,
    json::{count, index, items, text, words},
    refused::said,
};
use crate::models::{ModelEvent, StopReason, Usage};

/// Where thoughts stand in an answer's blocks, and its words, refusal and calls.
const THOUGHTS: usize = 0;
const WORDS: usize = 1;
const REFUSAL: usize = 2;
const CALLS: usize = 3;

/// Fields that carry thoughts: DeepSeek, vLLM and Kimi say `reasoning_content`, OpenRouter and newer servers `reasoning`.
const THOUGHT_FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// Fields that carry thoughts as lists of opaque items.
const THOUGHT_LISTS: [&str; 1] = ["reasoning_details"];

/// Reads one answer.
pub struct Reader {
    assembly: Assembly,
    usage: Option<Value>,
    stop: Option<String>,
    refused: bool,
    /// The call that pieces without a place belong to.
    last_call: usize,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(assembly: Assembly) -> Self {
        Reader {
            assembly,
            usage: None,
            stop: None,
            refused: false,
            last_call: 0,
        }
    }

    fn head(&mut self, value: &Value) -> Result<(), Broken> {
        if value.get("error").is_some_and(|error| !error.is_null())
            || text(value, "object") == Some("error")
        {
            return Err(Broken::Said(said(value, None, None)));
        }
        self.assembly
            .answered_by(words(value, "id"), words(value, "model"));
        if let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        Ok(())
    }

    /// A message or a piece of one.
    fn delta(&mut self, delta: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let thought = THOUGHT_FIELDS
            .iter()
            .find_map(|field| Some((*field, words(delta, field)?)));
        if let Some((field, more)) = thought {
            out.extend(
                self.assembly
                    .thought(THOUGHTS, more, more.len(), |data| append(data, field, more))?,
            );
        }
        for field in THOUGHT_LISTS {
            for item in items(delta, field) {
                self.assembly
                    .thought(THOUGHTS, "", weight(item), |data| push(data, field, item))?;
            }
        }
        match delta.get("content") {
            Some(Value::String(text)) => out.extend(self.assembly.text(WORDS, text)?),
            // Mistral's models that think answer in a list of parts.
            Some(Value::Array(parts)) => {
                for part in parts {
                    out.extend(
                        self.assembly
                            .text(WORDS, text(part, "text").unwrap_or_default())?,
                    );
                }
            }
            _ => {}
        }
        if let Some(refusal) = words(delta, "refusal") {
            self.refused = true;
            out.extend(self.assembly.refusal(REFUSAL, refusal)?);
        }
        for call in items(delta, "tool_calls") {
            self.call(call, out)?;
        }
        Ok(())
    }

    fn call(&mut self, call: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let key = self.place(call);
        self.last_call = key;
        let function = call.get("function").unwrap_or(&Value::Null);
        if !self.assembly.has(key) {
            let id = text(call, "id").unwrap_or_default();
            out.push(
                self.assembly
                    .call(key, id, text(function, "name").unwrap_or_default())?,
            );
        }
        match function.get("arguments") {
            Some(Value::String(more)) => self.assembly.arguments(key, more),
            Some(whole) => self.assembly.all_arguments(key, whole),
            None => Ok(()),
        }
    }

    /// Some servers leave the place out: then a call that brings a name is a new one.
    fn place(&self, call: &Value) -> usize {
        let names = call
            .get("function")
            .and_then(|function| words(function, "name"))
            .is_some();
        match index(call, "index") {
            Some(index) => CALLS.saturating_add(index),
            None if self.last_call == 0 => CALLS,
            None if names => self.last_call.saturating_add(1),
            None => self.last_call,
        }
    }

    fn complete(&mut self, out: &mut Vec<ModelEvent>) {
        let stop = match self.stop.take().as_deref() {
            Some("length") => StopReason::MaxTokens,
            Some("content_filter") => StopReason::ContentFilter,
            _ if self.refused => StopReason::Refusal,
            // Several servers say `stop` whatever it was.
            Some("stop" | "tool_calls" | "function_call") | None if self.assembly.has_calls() => {
                StopReason::ToolUse
            }
            Some("stop" | "tool_calls" | "function_call" | "eos" | "end_turn") | None => {
                StopReason::End
            }
            Some(other) => StopReason::Other(other.to_owned()),
        };
        let usage = self.usage.take().and_then(usage);
        out.push(self.assembly.complete(stop, usage));
    }
}

impl decoder::Reader for Reader {
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.head(event)?;
        let Some(choice) =
            items(event, "choices").find(|choice| index(choice, "index").unwrap_or(0) == 0)
        else {
            return Ok(());
        };
        if let Some(delta) = choice.get("delta") {
            self.delta(delta, out)?;
        }
        if let Some(reason) = words(choice, "finish_reason") {
            self.stop = Some(reason.to_owned());
        }
        Ok(())
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.head(answer)?;
        let choice = items(answer, "choices").next();
        let message = choice.and_then(|choice| choice.get("message"));
        let (Some(choice), Some(message)) = (choice, message) else {
            return Err(Broken::Malformed("no message".to_owned()));
        };
        self.delta(message, out)?;
        self.stop = words(choice, "finish_reason").map(str::to_owned);
        self.complete(out);
        Ok(())
    }

    /// Usage comes after the reason to stop, so only the end of the stream is the end.
    fn end(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        if self.stop.is_none() {
            return Err(Broken::TooShort);
        }
        self.complete(out);
        Ok(())
    }

    fn content_bytes(&self) -> usize {
        self.assembly.bytes()
    }
}

fn append(data: &mut Value, field: &str, more: &str) {
    match data.get_mut(field) {
        Some(Value::String(text)) => text.push_str(more),
        _ => set(data, field, json!(more)),
    }
}

/// OpenRouter streams an item in pieces of one `index`; they are joined, so that the item goes back as one.
fn push(data: &mut Value, field: &str, item: &Value) {
    if data.get(field).is_none() {
        set(data, field, json!([]));
    }
    let Some(Value::Array(list)) = data.get_mut(field) else {
        return;
    };
    let place = item.get("index");
    let same = list.iter_mut().find(|kept| {
        place.is_some() && kept.get("index") == place && kept.get("type") == item.get("type")
    });
    match (same, item) {
        (Some(Value::Object(kept)), Value::Object(item)) => {
            for (key, value) in item {
                match (kept.get_mut(key), value) {
                    (Some(Value::String(text)), Value::String(more))
                        if matches!(&**key, "text" | "summary" | "data") =>
                    {
                        text.push_str(more);
                    }
                    _ => {
                        kept.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        _ => list.push(item.clone()),
    }
}

fn set(data: &mut Value, field: &str, value: Value) {
    if !data.is_object() {
        *data = json!({});
    }
    if let Some(object) = data.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

/// Input includes what was cached; output includes reasoning, except where the total says that it does not (xAI).
fn usage(raw: Value) -> Option<Usage> {
    let input = count(&raw, "/prompt_tokens")?;
    let output = count(&raw, "/completion_tokens").unwrap_or(0);
    let cached = count(&raw, "/prompt_tokens_details/cached_tokens")
        .or_else(|| count(&raw, "/prompt_cache_hit_tokens"));
    let reasoning = count(&raw, "/completion_tokens_details/reasoning_tokens").unwrap_or(0);
    let apart = count(&raw, "/total_tokens")
        == Some(input.saturating_add(output).saturating_add(reasoning));
    Some(Usage {
        input,
        cached_read: cached.unwrap_or(0).min(input),
        cache_write: count(&raw, "/prompt_tokens_details/cache_write_tokens").unwrap_or(0),
        output: if apart {
            output.saturating_add(reasoning)
        } else {
            output
        },
        reasoning,
        estimated: false,
        raw,
    })
}
