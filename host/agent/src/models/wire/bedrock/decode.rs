//! An answer as Converse has it. An event of the stream is an object with one key, its type.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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
    usage: Option<Value>,
    stop: Option<String>,
    begun: BTreeSet<usize>,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(assembly: Assembly) -> Self {
        Reader {
            assembly,
            usage: None,
            stop: None,
            begun: BTreeSet::new(),
        }
    }

    /// Blocks of words begin without being told; calls are told.
    fn delta(
        &mut self,
        key: usize,
        delta: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        self.begun.insert(key);
        if self.begun.len() > MAX_PARTS {
            return Err(Broken::TooLarge("the number of parts"));
        }
        if let Some(words) = text(delta, "text") {
            out.extend(self.assembly.text(key, words)?);
        }
        if let Some(input) = delta.get("toolUse").and_then(|call| text(call, "input")) {
            self.assembly.arguments(key, input)?;
        }
        if let Some(thought) = delta.get("reasoningContent") {
            self.thought(key, thought, out)?;
        }
        Ok(())
    }

    /// Pieces are put together into the block that goes back: `reasoningText` or `redactedContent`.
    fn thought(
        &mut self,
        key: usize,
        thought: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if let Some(more) = text(thought, "text") {
            out.extend(
                self.assembly
                    .thought(key, more, more.len(), |data| append(data, "text", more))?,
            );
        }
        if let Some(more) = text(thought, "signature") {
            self.assembly
                .thought(key, "", more.len(), |data| append(data, "signature", more))?;
        }
        if let Some(more) = text(thought, "redactedContent") {
            self.assembly.thought(key, "", more.len(), |data| {
                match data.get_mut("redactedContent") {
                    Some(Value::String(text)) => text.push_str(more),
                    _ => *data = json!({ "redactedContent": more }),
                }
            })?;
        }
        Ok(())
    }

    fn call(&mut self, key: usize, call: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let (id, name) = (
            text(call, "toolUseId").unwrap_or_default(),
            text(call, "name").unwrap_or_default(),
        );
        out.push(self.assembly.call(key, id, name)?);
        call.get("input")
            .map_or(Ok(()), |input| self.assembly.all_arguments(key, input))
    }

    /// A block of an answer that was not streamed.
    fn block(
        &mut self,
        key: usize,
        block: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if let Some(words) = text(block, "text") {
            out.extend(self.assembly.text(key, words)?);
        }
        if let Some(call) = block.get("toolUse") {
            self.call(key, call, out)?;
        }
        if let Some(thought) = block.get("reasoningContent") {
            let words = thought
                .pointer("/reasoningText/text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let kept = thought.clone();
            out.extend(
                self.assembly
                    .thought(key, words, weight(thought), |data| *data = kept)?,
            );
        }
        Ok(())
    }

    fn complete(&mut self, out: &mut Vec<ModelEvent>) {
        let stop = match self.stop.take().as_deref() {
            Some("end_turn" | "stop_sequence") | None => StopReason::End,
            Some("tool_use") => StopReason::ToolUse,
            Some("max_tokens" | "model_context_window_exceeded") => StopReason::MaxTokens,
            Some("guardrail_intervened" | "content_filtered") => StopReason::ContentFilter,
            Some(other) => StopReason::Other(other.to_owned()),
        };
        let usage = self.usage.take().and_then(usage);
        out.push(self.assembly.complete(stop, usage));
    }
}

impl decoder::Reader for Reader {
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let Some((kind, event)) = event.as_object().and_then(|event| event.iter().next()) else {
            return Ok(());
        };
        let key = index(event, "contentBlockIndex").unwrap_or(0);
        match kind.as_str() {
            "contentBlockStart" => match event.pointer("/start/toolUse") {
                Some(call) => self.call(key, call, out),
                None => Ok(()),
            },
            "contentBlockDelta" => self.delta(key, event.get("delta").unwrap_or(&Value::Null), out),
            "messageStop" => {
                self.stop = Some(words(event, "stopReason").unwrap_or("end_turn").to_owned());
                Ok(())
            }
            "metadata" => {
                self.usage = event.get("usage").cloned();
                // Usage comes last; before the reason to stop it would be nobody's.
                if self.stop.is_some() {
                    self.complete(out);
                }
                Ok(())
            }
            name if name.ends_with("Exception") || name == "error" => {
                Err(Broken::Said(said(event, Some(name), None)))
            }
            _ => Ok(()),
        }
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let message = answer.pointer("/output/message");
        let Some(message) =
            message.filter(|message| message.get("content").is_some_and(Value::is_array))
        else {
            return Err(Broken::Malformed("no message".to_owned()));
        };
        for (key, block) in items(message, "content").enumerate() {
            self.block(key, block, out)?;
        }
        self.usage = answer.get("usage").cloned();
        self.stop = words(answer, "stopReason").map(str::to_owned);
        self.complete(out);
        Ok(())
    }

    /// Whole without its usage, where the reason to stop was told.
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
    if data.get("reasoningText").is_none() {
        *data = json!({ "reasoningText": {} });
    }
    let Some(Value::Object(thought)) = data.get_mut("reasoningText") else {
        return;
    };
    match thought.get_mut(field) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            thought.insert(field.to_owned(), json!(more));
        }
    }
}

fn usage(raw: Value) -> Option<Usage> {
    let plain = count(&raw, "/inputTokens")?;
    let cached_read = count(&raw, "/cacheReadInputTokens").unwrap_or(0);
    let cache_write = count(&raw, "/cacheWriteInputTokens").unwrap_or(0);
    Some(Usage {
        input: plain
            .saturating_add(cached_read)
            .saturating_add(cache_write),
        cached_read,
        cache_write,
        output: count(&raw, "/outputTokens").unwrap_or(0),
        reasoning: 0,
        estimated: false,
        raw,
    })
}
