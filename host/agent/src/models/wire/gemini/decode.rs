//! An answer as `generateContent` has it. Every event of a stream is a whole answer with the next parts.

use serde_json::{Value, json};

use super::super::{
    Broken,
    assemble::{Assembly, weight},
    decoder,
    json::{count, index, items, text, words},
    refused::said,
};
use crate::models::{FailureKind, ModelEvent, ModelFailure, StopReason, Usage};

/// Reads one answer.
pub struct Reader {
    assembly: Assembly,
    usage: Option<Value>,
    stop: Option<String>,
    /// The number of the block that more words may go into; parts are not numbered.
    key: usize,
    /// What the last part was: words go on where words were.
    last: Last,
}

#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Words,
    Thought,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(assembly: Assembly) -> Self {
        Reader {
            assembly,
            usage: None,
            stop: None,
            key: 0,
            last: Last::Nothing,
        }
    }

    fn take(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        if answer.get("error").is_some() {
            return Err(Broken::Said(said(answer, None, None)));
        }
        self.assembly
            .answered_by(words(answer, "responseId"), words(answer, "modelVersion"));
        if let Some(usage) = answer.get("usageMetadata") {
            self.usage = Some(usage.clone());
        }
        if let Some(reason) = answer
            .get("promptFeedback")
            .and_then(|feedback| words(feedback, "blockReason"))
        {
            return Err(Broken::Said(blocked(reason)));
        }
        let first = |candidate: &&Value| index(candidate, "index").unwrap_or(0) == 0;
        let Some(candidate) = items(answer, "candidates").find(first) else {
            return Ok(());
        };
        if let Some(content) = candidate.get("content") {
            items(content, "parts").try_for_each(|part| self.part(part, out))?;
        }
        if let Some(reason) = words(candidate, "finishReason") {
            self.stop = Some(reason.to_owned());
        }
        Ok(())
    }

    fn part(&mut self, part: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let is_thought = part.get("thought").and_then(Value::as_bool) == Some(true);
        if let (true, Some(words)) = (is_thought, text(part, "text")) {
            return self.thought(part, words, out);
        }
        let signature = words(part, "thoughtSignature");
        if let Some(signature) = signature {
            let next = json!({ "next": { "thoughtSignature": signature } });
            self.begin(Last::Nothing);
            self.assembly
                .thought(self.key, "", weight(&next), |data| *data = next)?;
        }
        if let Some(call) = part.get("functionCall") {
            self.begin(Last::Nothing);
            let (id, name) = (
                text(call, "id").unwrap_or_default(),
                text(call, "name").unwrap_or_default(),
            );
            out.push(self.assembly.call(self.key, id, name)?);
            self.assembly
                .all_arguments(self.key, call.get("args").unwrap_or(&Value::Null))?;
        } else if let Some(words) = text(part, "text") {
            self.words(words, signature, out)?;
        } else if part.as_object().is_some_and(|part| !part.is_empty()) {
            // Code that was run and the like: kept as it is and sent back in its place.
            self.begin(Last::Nothing);
            let kept = part.clone();
            self.assembly
                .thought(self.key, "", weight(part), |data| *data = kept)?;
        }
        Ok(())
    }

    /// Words with a signature stay a part of their own; one without words is sent back as it came.
    fn words(
        &mut self,
        words: &str,
        signature: Option<&str>,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        match signature {
            Some(signature) if words.is_empty() => {
                let whole = json!({ "text": "", "thoughtSignature": signature });
                self.assembly
                    .thought(self.key, "", 0, |data| *data = whole)?;
            }
            Some(_) => {
                self.begin(Last::Nothing);
                out.extend(self.assembly.text(self.key, words)?);
            }
            None => {
                if self.last != Last::Words {
                    self.begin(Last::Words);
                }
                out.extend(self.assembly.text(self.key, words)?);
            }
        }
        Ok(())
    }

    fn thought(
        &mut self,
        part: &Value,
        words: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Broken> {
        if self.last != Last::Thought {
            self.begin(Last::Thought);
        }
        let signature = text(part, "thoughtSignature").map(str::to_owned);
        let change = |data: &mut Value| {
            let so_far = text(data, "text").unwrap_or_default();
            let mut whole = json!({ "text": format!("{so_far}{words}"), "thought": true });
            let signature = signature.or_else(|| text(data, "thoughtSignature").map(str::to_owned));
            super::super::json::put(&mut whole, "thoughtSignature", signature);
            *data = whole;
        };
        out.extend(
            self.assembly
                .thought(self.key, words, weight(part), change)?,
        );
        Ok(())
    }

    fn begin(&mut self, last: Last) {
        self.key += 1;
        self.last = last;
    }

    fn complete(&mut self, out: &mut Vec<ModelEvent>) {
        let stop = match self.stop.take().as_deref() {
            Some("STOP") | None if self.assembly.has_calls() => StopReason::ToolUse,
            Some("STOP") | None => StopReason::End,
            Some("MAX_TOKENS") => StopReason::MaxTokens,
            Some(
                "SAFETY"
                | "RECITATION"
                | "BLOCKLIST"
                | "PROHIBITED_CONTENT"
                | "SPII"
                | "IMAGE_SAFETY"
                | "IMAGE_PROHIBITED_CONTENT"
                | "IMAGE_RECITATION",
            ) => StopReason::ContentFilter,
            Some(other) => StopReason::Other(other.to_owned()),
        };
        let usage = self.usage.take().and_then(usage);
        out.push(self.assembly.complete(stop, usage));
    }
}

impl decoder::Reader for Reader {
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.take(event, out)
    }

    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        // Without `alt=sse`, a stream is one list of answers.
        match answer.as_array() {
            Some(answers) => answers
                .iter()
                .try_for_each(|answer| self.take(answer, out))?,
            None => self.take(answer, out)?,
        }
        if self.stop.is_none() {
            return Err(Broken::Malformed(
                "no candidate that is finished".to_owned(),
            ));
        }
        self.end(out)
    }

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

fn blocked(reason: &str) -> ModelFailure {
    let message = format!("the provider refuses the question: {reason}");
    ModelFailure::new(
        FailureKind::ContentFilter,
        super::super::broken::sentence(&message),
    )
}

/// The prompt includes what was cached; candidates leave thoughts out.
fn usage(raw: Value) -> Option<Usage> {
    let count = |key: &str| count(&raw, key).unwrap_or(0);
    let has_any = raw.get("promptTokenCount").is_some();
    let (input, thoughts) = (count("/promptTokenCount"), count("/thoughtsTokenCount"));
    let usage = Usage {
        input: input.saturating_add(count("/toolUsePromptTokenCount")),
        cached_read: count("/cachedContentTokenCount").min(input),
        cache_write: 0,
        output: count("/candidatesTokenCount").saturating_add(thoughts),
        reasoning: thoughts,
        estimated: false,
        raw: Value::Null,
    };
    has_any.then_some(Usage { raw, ..usage })
}
