//! Puts an answer together from its pieces, whatever the provider calls them, and within limits.

use serde_json::{Map, Value};

use super::{
    Broken,
    limits::{MAX_CONTENT_BYTES, MAX_NAME_BYTES, MAX_PARTS, MAX_TOOL_CALLS},
};
use crate::models::{
    Arguments, Completion, Message, ModelEvent, ModelRequest, Origin, Part, Reasoning, Role,
    StopReason, ToolCall, Usage,
};

/// An answer in the making. Blocks have the number their provider gives them and the order in which they began.
#[derive(Debug)]
pub struct Assembly {
    origin: Origin,
    blocks: Vec<(usize, Block)>,
    bytes: usize,
    calls: usize,
    /// Ids of earlier calls of the conversation: an id names one call.
    taken: Vec<String>,
    /// What the question weighs, for an estimate.
    input_bytes: usize,
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// The model, in the provider's words.
    pub model: Option<String>,
}

/// A block in the making.
#[derive(Debug)]
enum Block {
    Text(String),
    Refusal(String),
    Thought {
        data: Value,
        summary: String,
    },
    Call {
        id: String,
        name: String,
        text: String,
        /// Arguments that came as an object.
        given: Option<Map<String, Value>>,
    },
}

impl Assembly {
    /// Nothing yet of an answer to this question, whose body has so many bytes.
    pub fn new(origin: Origin, request: &ModelRequest, input_bytes: usize) -> Self {
        let calls = request.messages.iter().flat_map(Message::tool_calls);
        Assembly {
            origin,
            blocks: Vec::new(),
            bytes: 0,
            calls: 0,
            taken: calls.map(|call| call.id.clone()).collect(),
            input_bytes,
            id: None,
            model: None,
        }
    }

    /// Notes who answers, where it is said.
    pub fn answered_by(&mut self, id: Option<&str>, model: Option<&str>) {
        let short = |text: &str| Some(text.to_owned()).filter(|text| text.len() <= MAX_NAME_BYTES);
        self.id = self.id.take().or_else(|| id.and_then(short));
        self.model = self.model.take().or_else(|| model.and_then(short));
    }

    /// More words.
    pub fn text(&mut self, key: usize, words: &str) -> Result<Option<ModelEvent>, Broken> {
        self.weigh(words.len())?;
        if words.is_empty() {
            return Ok(None);
        }
        match self.block(
            key,
            |block| matches!(block, Block::Text(_)),
            || Block::Text(String::new()),
        )? {
            Block::Text(text) => text.push_str(words),
            _ => return Err(mixed()),
        }
        Ok(Some(ModelEvent::Text {
            text: words.to_owned(),
        }))
    }

    /// More of a refusal; listeners hear it as words.
    pub fn refusal(&mut self, key: usize, words: &str) -> Result<Option<ModelEvent>, Broken> {
        self.weigh(words.len())?;
        if words.is_empty() {
            return Ok(None);
        }
        match self.block(
            key,
            |block| matches!(block, Block::Refusal(_)),
            || Block::Refusal(String::new()),
        )? {
            Block::Refusal(text) => text.push_str(words),
            _ => return Err(mixed()),
        }
        Ok(Some(ModelEvent::Text {
            text: words.to_owned(),
        }))
    }

    /// A thought: changes its data, and adds words fit for people. The data begins as null.
    pub fn thought(
        &mut self,
        key: usize,
        words: &str,
        weight: usize,
        change: impl FnOnce(&mut Value),
    ) -> Result<Option<ModelEvent>, Broken> {
        self.weigh(words.len() + weight)?;
        match self.block(
            key,
            |block| matches!(block, Block::Thought { .. }),
            || Block::Thought {
                data: Value::Null,
                summary: String::new(),
            },
        )? {
            Block::Thought { data, summary } => {
                change(data);
                summary.push_str(words);
            }
            _ => return Err(mixed()),
        }
        let heard = !words.is_empty();
        Ok(heard.then(|| ModelEvent::Reasoning {
            text: words.to_owned(),
        }))
    }

    /// A tool call begins.
    pub fn call(&mut self, key: usize, id: &str, name: &str) -> Result<ModelEvent, Broken> {
        if self.calls == MAX_TOOL_CALLS {
            return Err(Broken::TooLarge("the number of tool calls"));
        }
        self.weigh(id.len() + name.len())?;
        let id = self.own_id(id);
        let name = cut(name).to_owned();
        let index = self.calls;
        self.calls += 1;
        self.taken.push(id.clone());
        let block = Block::Call {
            id: id.clone(),
            name: name.clone(),
            text: String::new(),
            given: None,
        };
        self.begin(key, block)?;
        Ok(ModelEvent::ToolCallBegun { index, id, name })
    }

    /// More of a call's arguments, as text.
    pub fn arguments(&mut self, key: usize, more: &str) -> Result<(), Broken> {
        self.weigh(more.len())?;
        match self.find(key) {
            Some(Block::Call { text, .. }) => {
                text.push_str(more);
                Ok(())
            }
            _ => Err(Broken::Malformed(
                "arguments without a tool call".to_owned(),
            )),
        }
    }

    /// A call's arguments, whole: as an object, or as text.
    pub fn all_arguments(&mut self, key: usize, whole: &Value) -> Result<(), Broken> {
        self.weigh(weight(whole))?;
        match (self.find(key), whole) {
            (Some(Block::Call { text, .. }), Value::String(whole)) => whole.clone_into(text),
            (Some(Block::Call { given, .. }), Value::Object(object)) => {
                *given = Some(object.clone())
            }
            (Some(Block::Call { .. }), Value::Null) => {}
            (Some(Block::Call { text, .. }), other) => *text = other.to_string(),
            _ => {
                return Err(Broken::Malformed(
                    "arguments without a tool call".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Whether a block of this number has begun.
    pub fn has(&self, key: usize) -> bool {
        self.blocks.iter().any(|(at, _)| *at == key)
    }

    /// Whether a tool call has begun.
    pub fn has_calls(&self) -> bool {
        self.calls > 0
    }

    /// Bytes of content so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The whole answer. Where it did not end by itself, a tool call at its end counts as cut off: providers close the call
    /// all the same, and what is left of its arguments may parse.
    pub fn complete(&mut self, stop: StopReason, usage: Option<Usage>) -> ModelEvent {
        let usage = usage.unwrap_or_else(|| self.estimate());
        let by_itself = matches!(stop, StopReason::End | StopReason::ToolUse);
        let origin = self.origin.clone();
        let blocks = std::mem::take(&mut self.blocks);
        let mut parts: Vec<Part> = blocks
            .into_iter()
            .map(|(_, block)| block.part(&origin))
            .collect();
        if let (false, Some(Part::ToolCall(call))) = (by_itself, parts.last_mut()) {
            call.cut_off = true;
        }
        ModelEvent::Done(Box::new(Completion {
            message: Message {
                role: Role::Assistant,
                parts,
            },
            stop,
            usage,
            model: self.model.take(),
            id: self.id.take(),
        }))
    }

    /// Four bytes to a token, which is what English and code come to.
    fn estimate(&self) -> Usage {
        let tokens = |bytes: usize| bytes.div_ceil(4) as u64;
        Usage {
            input: tokens(self.input_bytes),
            output: tokens(self.bytes),
            estimated: true,
            ..Usage::default()
        }
    }

    /// The provider's id, or one of our own where it gives none, an endless one, or one that is taken.
    fn own_id(&self, id: &str) -> String {
        let usable = !id.is_empty() && id.len() <= MAX_NAME_BYTES;
        if usable && !self.taken.iter().any(|taken| taken == id) {
            return id.to_owned();
        }
        // Calls only ever get more, so the count is free; a provider that guesses it is passed over.
        let mut number = self.taken.len();
        loop {
            let own = format!("{OWN_ID}{number}");
            if !self.taken.contains(&own) {
                return own;
            }
            number += 1;
        }
    }

    fn weigh(&mut self, bytes: usize) -> Result<(), Broken> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_CONTENT_BYTES {
            return Err(Broken::TooLarge("the content"));
        }
        Ok(())
    }

    /// The block of this number, begun if there is none or if the last one of it is of another kind.
    fn block(
        &mut self,
        key: usize,
        is_kind: impl Fn(&Block) -> bool,
        new: impl FnOnce() -> Block,
    ) -> Result<&mut Block, Broken> {
        let found = self
            .blocks
            .iter()
            .rposition(|(at, block)| *at == key && is_kind(block));
        let at = match found {
            Some(at) => at,
            None => {
                self.begin(key, new())?;
                self.blocks.len() - 1
            }
        };
        self.blocks
            .get_mut(at)
            .map(|(_, block)| block)
            .ok_or_else(mixed)
    }

    fn begin(&mut self, key: usize, block: Block) -> Result<(), Broken> {
        if self.blocks.len() == MAX_PARTS {
            return Err(Broken::TooLarge("the number of parts"));
        }
        self.blocks.push((key, block));
        Ok(())
    }

    fn find(&mut self, key: usize) -> Option<&mut Block> {
        let mut blocks = self.blocks.iter_mut().rev();
        blocks.find(|(at, _)| *at == key).map(|(_, block)| block)
    }
}

/// How ids begin that we made up.
pub const OWN_ID: &str = "metier-call-";

impl Block {
    fn part(self, origin: &Origin) -> Part {
        match self {
            Block::Text(text) => Part::Text { text },
            Block::Refusal(text) => Part::Refusal { text },
            Block::Thought { data, summary } => Part::Reasoning(Reasoning {
                origin: origin.clone(),
                data,
                summary: Some(summary).filter(|summary| !summary.is_empty()),
            }),
            Block::Call {
                id,
                name,
                text,
                given,
            } => Part::ToolCall(ToolCall {
                id,
                name,
                arguments: match given.filter(|_| text.is_empty()) {
                    Some(object) => Arguments::Parsed(object),
                    None => Arguments::from_text(&text),
                },
                cut_off: false,
            }),
        }
    }
}

/// What a value weighs, without writing it out.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(map) => {
            map.iter()
                .map(|(key, value)| key.len() + 3 + weight(value))
                .sum::<usize>()
                + 2
        }
        _ => 8,
    }
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

fn mixed() -> Broken {
    Broken::Malformed("a block changes its kind".to_owned())
}
