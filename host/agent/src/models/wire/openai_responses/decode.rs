//! An answer as Responses has it.
//!
//! Pieces are told to listeners as they come; the answer itself is put together from whole items, as
//! `response.output_item.done` or the last event has them. A call's arguments may come only there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{
    Broken, MAX_PARTS,
    assemble::{Assembly, weight},
    decoder,
    json::{count, index, items, text, words},
    limits::MAX_CONTENT_BYTES,
    refused::said,
};
use crate::models::{FailureKind, ModelEvent, StopReason, Usage};

/// Reads one answer.
pub struct Reader {
    assembly: Assembly,
    /// Items that are whole, by their place.
    whole: BTreeSet<usize>,
    /// Tool calls that began, by their place.
    calls: BTreeSet<usize>,
    /// Places whose words were told piece by piece: an item may also come whole at once.
    told: BTreeSet<usize>,
    told_bytes: usize,
    refused: bool,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(assembly: Assembly) -> Self {
        Reader {
            assembly,
            whole: BTreeSet::new(),
            calls: BTreeSet::new(),
            told: BTreeSet::new(),
            told_bytes: 0,
            refused: false,
        }
    }

    /// A piece: told, and said again when its item is whole.
    fn weigh(&mut self, bytes: usize) -> Result<(), Broken> {
        self.told_bytes = self.told_bytes.saturating_add(bytes);
        if self.told_bytes > MAX_CONTENT_BYTES {
            return Err(Broken::TooLarge("the content"));
        }
        Ok(())
    }

    fn tell(&mut self, place: usize, words: &str, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.weigh(words.len())?;
        if !words.is_empty() {
            self.told.insert(place);
            out.push(ModelEvent::Text {
                text: words.to_owned(),
            });
        }
        Ok(())
    }

    /// The answer, from the last event's response and the items that came before.
    fn complete(&mut self, response: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.assembly
            .answered_by(words(response, "id"), words(response, "model"));
        for (place, item) in items(response, "output").enumerate().take(MAX_PARTS) {
            self.item(place, item, out)?;
        }
        let stop = self.stop(response);
        let by_itself = matches!(stop, StopReason::End | StopReason::ToolUse);
        if by_itself && !self.calls.is_subset(&self.whole) {
            return Err(Broken::Malformed("a tool call without its end".to_owned()));
        }
        let usage = response.get("usage").cloned().and_then(usage);
        out.push(self.assembly.complete(stop, usage));
        Ok(())
    }

    fn begin_call(
        &mut self,
        place: usize,
        item: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if self.calls.insert(place) {
            let (id, name) = (
                text(item, "call_id").unwrap_or_default(),
                text(item, "name").unwrap_or_default(),
            );
            out.push(self.assembly.call(3 * place, id, name)?);
        }
        Ok(())
    }

    /// A whole item.
    fn item(
        &mut self,
        place: usize,
        item: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if !self.whole.insert(place) {
            return Ok(());
        }
        match text(item, "type") {
            Some("message") => self.message(place, item, out),
            Some("function_call") => {
                self.begin_call(place, item, out)?;
                self.assembly
                    .all_arguments(3 * place, item.get("arguments").unwrap_or(&Value::Null))
            }
            // Thoughts, and items that are not known here: kept as they are and sent back in their place.
            _ => {
                let kept = item.clone();
                let summary = items(item, "summary").filter_map(|part| text(part, "text"));
                let summary = summary.collect::<Vec<_>>().join("\n\n");
                self.assembly
                    .thought(3 * place, &summary, weight(item), |data| *data = kept)?;
                Ok(())
            }
        }
    }

    fn message(
        &mut self,
        place: usize,
        item: &Value,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if let Some(phase) = words(item, "phase") {
            let next = json!({ "next": { "phase": phase } });
            self.assembly
                .thought(3 * place, "", weight(&next), |data| *data = next)?;
        }
        let mut events = Vec::new();
        for part in items(item, "content") {
            match text(part, "type") {
                Some("refusal") => {
                    self.refused = true;
                    let refusal = text(part, "refusal").unwrap_or_default();
                    events.extend(self.assembly.refusal(3 * place + 2, refusal)?);
                }
                _ => {
                    let words = text(part, "text").unwrap_or_default();
                    events.extend(self.assembly.text(3 * place + 1, words)?);
                }
            }
        }
        if !self.told.contains(&place) {
            out.extend(events);
        }
        Ok(())
    }

    fn stop(&self, response: &Value) -> StopReason {
        let reason = response
            .get("incomplete_details")
            .and_then(|details| words(details, "reason"));
        match (text(response, "status"), reason) {
            (Some("incomplete"), Some("max_output_tokens")) => StopReason::MaxTokens,
            (Some("incomplete"), Some("content_filter")) => StopReason::ContentFilter,
            (Some("incomplete"), reason) => {
                StopReason::Other(reason.unwrap_or("incomplete").to_owned())
            }
            _ if self.refused => StopReason::Refusal,
            _ if self.assembly.has_calls() => StopReason::ToolUse,
            _ => StopReason::End,
        }
    }
}

impl decoder::Reader for Reader {
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let place = index(event, "output_index").unwrap_or(0);
        if place > MAX_PARTS {
            return Err(Broken::TooLarge("the number of parts"));
        }
        let delta = || text(event, "delta").unwrap_or_default();
        let item = event.get("item").unwrap_or(&Value::Null);
        let response = event.get("response").unwrap_or(&Value::Null);
        match text(event, "type") {
            Some("response.output_text.delta" | "response.refusal.delta") => {
                self.tell(place, delta(), out)
            }
            Some("response.reasoning_summary_text.delta" | "response.reasoning_text.delta") => {
                self.weigh(delta().len())?;
                out.push(ModelEvent::Reasoning {
                    text: delta().to_owned(),
                });
                Ok(())
            }
            Some("response.function_call_arguments.delta") => self.weigh(delta().len()),
            Some("response.output_item.added") if text(item, "type") == Some("function_call") => {
                self.begin_call(place, item, out)
            }
            Some("response.output_item.done") => self.item(place, item, out),
            Some("response.completed" | "response.incomplete") => self.complete(response, out),
            Some("response.failed") => Err(failed(response)),
            Some("error") => Err(Broken::Said(said(event, None, None))),
            None if event.get("error").is_some() => Err(Broken::Said(said(event, None, None))),
            _ => Ok(()),
        }
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        if text(answer, "status") == Some("failed")
            || answer.get("error").is_some_and(|error| !error.is_null())
        {
            return Err(failed(answer));
        }
        if !answer.get("output").is_some_and(Value::is_array) {
            return Err(Broken::Malformed("no output".to_owned()));
        }
        self.complete(answer, out)
    }

    /// A stream that ends without its last event is not whole.
    fn end(&mut self, _: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        Err(Broken::TooShort)
    }

    /// What was told in pieces is said again in whole items.
    fn content_bytes(&self) -> usize {
        self.assembly.bytes().max(self.told_bytes)
    }
}

fn failed(response: &Value) -> Broken {
    let mut failure = said(response, None, None);
    if failure.message.is_empty() {
        "The provider says that it failed.".clone_into(&mut failure.message);
        failure.kind = FailureKind::Overloaded;
    }
    Broken::Said(failure)
}

fn usage(raw: Value) -> Option<Usage> {
    let input = count(&raw, "/input_tokens")?;
    Some(Usage {
        input,
        cached_read: count(&raw, "/input_tokens_details/cached_tokens")
            .unwrap_or(0)
            .min(input),
        cache_write: count(&raw, "/input_tokens_details/cache_write_tokens").unwrap_or(0),
        output: count(&raw, "/output_tokens").unwrap_or(0),
        reasoning: count(&raw, "/output_tokens_details/reasoning_tokens").unwrap_or(0),
        estimated: false,
        raw,
    })
}
