//! Bytes of an answer in, events out.

use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::{
    anthropic,
    assemble::Assembly,
    bedrock,
    broken::Broken,
    frames::{Frame, Frames},
    gemini,
    limits::{MAX_ERROR_BYTES, MAX_WIRE_BYTES},
    openai_chat, openai_responses,
    refused::refused,
    sse::Sse,
};
use crate::{
    models::{ModelEvent, ModelFailure, ModelRequest},
    routes::{Candidate, Format},
};

/// What a format does with its answers.
pub(super) trait Reader: Send {
    /// One event of a stream; events that mean nothing here are passed over.
    fn event(&mut self, event: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken>;

    /// An answer that was not streamed.
    fn whole(&mut self, answer: &Value, out: &mut Vec<ModelEvent>) -> Result<(), Broken>;

    /// The stream is over: gives out the answer if it is whole, and only once.
    fn end(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), Broken>;

    /// Bytes of content so far.
    fn content_bytes(&self) -> usize;
}

/// Decodes one answer. Push its bytes in pieces of any size, then finish.
pub struct Decoder {
    framing: Framing,
    reader: Box<dyn Reader>,
    status: u16,
    headers: HeaderMap,
    wire_bytes: usize,
    done: bool,
}

enum Framing {
    Sse(Sse),
    Frames(Frames),
    Whole(Vec<u8>),
    /// An answer with an error status: its first bytes.
    Refused(Vec<u8>),
}

impl Decoder {
    /// For an answer with this head to this request, whose body had so many bytes.
    pub fn new(
        candidate: &Candidate,
        request: &ModelRequest,
        request_bytes: usize,
        status: u16,
        headers: &HeaderMap,
    ) -> Self {
        let assembly = Assembly::new(candidate.origin(), request, request_bytes);
        let reader: Box<dyn Reader> = match candidate.format {
            Format::Anthropic => Box::new(anthropic::Reader::new(assembly)),
            Format::OpenaiChat | Format::AzureOpenai => {
                Box::new(openai_chat::Reader::new(assembly))
            }
            Format::OpenaiResponses => Box::new(openai_responses::Reader::new(assembly)),
            Format::Bedrock => Box::new(bedrock::Reader::new(assembly)),
            Format::Gemini => Box::new(gemini::Reader::new(assembly)),
        };
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let framing = match kind.map(|kind| kind.split(';').next().unwrap_or(kind).trim()) {
            _ if !(200..300).contains(&status) => Framing::Refused(Vec::new()),
            Some("text/event-stream") => Framing::Sse(Sse::default()),
            Some("application/vnd.amazon.eventstream") => Framing::Frames(Frames::default()),
            _ => Framing::Whole(Vec::new()),
        };
        Decoder {
            framing,
            reader,
            status,
            headers: headers.clone(),
            wire_bytes: 0,
            done: false,
        }
    }

    /// Takes bytes and adds the events they complete; those before a failure are added as well.
    ///
    /// # Errors
    /// [`ModelFailure`]; nothing more can be decoded then.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), ModelFailure> {
        if self.done {
            return Ok(());
        }
        Ok(self.take(bytes, out)?)
    }

    /// Adds the events that only the end of the body completes.
    ///
    /// # Errors
    /// [`ModelFailure`] when the answer is an error or not whole.
    pub fn finish(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), ModelFailure> {
        if self.done {
            return Ok(());
        }
        self.end(out)
    }

    /// The answer is whole; what still comes is of no interest.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Bytes of an error or of an answer that was not streamed that are held.
    #[cfg(test)]
    pub(super) fn kept_bytes(&self) -> usize {
        match &self.framing {
            Framing::Refused(kept) | Framing::Whole(kept) => kept.len(),
            Framing::Sse(_) | Framing::Frames(_) => 0,
        }
    }

    /// Bytes of content so far, for the price of an answer that broke off.
    pub fn content_bytes(&self) -> usize {
        self.reader.content_bytes()
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        self.wire_bytes = self.wire_bytes.saturating_add(bytes.len());
        if self.wire_bytes > MAX_WIRE_BYTES {
            return Err(Broken::TooLarge("the whole"));
        }
        match &mut self.framing {
            Framing::Refused(kept) => {
                let room = MAX_ERROR_BYTES.saturating_sub(kept.len());
                kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
                Ok(())
            }
            Framing::Whole(kept) => {
                kept.extend_from_slice(bytes);
                Ok(())
            }
            Framing::Sse(sse) => {
                let mut events = Vec::new();
                let pushed = sse.push(bytes, &mut events);
                events
                    .iter()
                    .try_for_each(|event| self.sse_event(&event.data, out))?;
                pushed
            }
            Framing::Frames(frames) => {
                let mut whole = Vec::new();
                let pushed = frames.push(bytes, &mut whole);
                whole.iter().try_for_each(|frame| self.frame(frame, out))?;
                pushed
            }
        }
    }

    fn sse_event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        match data.trim() {
            _ if self.done => Ok(()),
            "" => Ok(()),
            "[DONE]" => {
                self.done = true;
                self.reader.end(out)
            }
            data => {
                self.reader.event(&parse(data.as_bytes())?, out)?;
                self.done = matches!(out.last(), Some(ModelEvent::Done(_)));
                Ok(())
            }
        }
    }

    /// An event without the line feeds at its end. Where its JSON has no end either, the answer broke off.
    fn last_event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        let cut = serde_json::from_str::<Value>(data).is_err_and(|error| error.is_eof());
        if cut && !data.trim().is_empty() {
            return Err(Broken::TooShort);
        }
        self.sse_event(data, out)
    }

    /// As an object with one key, which is how Amazon's own libraries show it.
    fn frame(&mut self, frame: &Frame, out: &mut Vec<ModelEvent>) -> Result<(), Broken> {
        if self.done {
            return Ok(());
        }
        let event = match frame.message_type.as_str() {
            "error" => json!({ "error": { "code": frame.kind, "message": frame.error } }),
            _ => json!({ &*frame.kind: parse(&frame.payload)? }),
        };
        self.reader.event(&event, out)?;
        self.done = matches!(out.last(), Some(ModelEvent::Done(_)));
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), ModelFailure> {
        match &mut self.framing {
            Framing::Refused(kept) => return Err(refused(self.status, &self.headers, kept)),
            Framing::Whole(kept) if kept.is_empty() => return Err(Broken::TooShort.into()),
            Framing::Whole(kept) => self.reader.whole(&parse(kept)?, out)?,
            Framing::Sse(sse) => {
                if let Some(event) = sse.finish()? {
                    self.last_event(&event.data, out)?;
                }
                if !self.done {
                    self.reader.end(out)?;
                }
            }
            Framing::Frames(frames) if frames.is_empty() => self.reader.end(out)?,
            Framing::Frames(_) => return Err(Broken::TooShort.into()),
        }
        self.done = true;
        Ok(())
    }
}

/// JSON, or a failure that shows nothing of it: it may hold what a tool said.
fn parse(bytes: &[u8]) -> Result<Value, Broken> {
    serde_json::from_slice(bytes).map_err(|error| match std::str::from_utf8(bytes) {
        Err(_) => Broken::NotUtf8,
        Ok(_) if error.is_eof() => Broken::Malformed("JSON that ends too early".to_owned()),
        Ok(_) => Broken::Malformed(format!("no JSON at column {}", error.column())),
    })
}
