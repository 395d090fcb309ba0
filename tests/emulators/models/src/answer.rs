//! What a model answers, the same for every provider.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::question::Question;

/// Bytes that make a token.
const TOKEN_BYTES: usize = 4;

/// Digits of an id that is made of a question.
const ID_DIGITS: usize = 24;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// Words, before any calls.
    pub text: String,
    /// The tools it wants called.
    pub calls: Vec<Call>,
}

/// A tool it wants called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// The arguments as it writes them: a text that should be JSON.
    pub arguments: String,
}

impl Answer {
    /// Words alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            calls: Vec::new(),
        }
    }

    /// Words, and one call.
    #[must_use]
    pub fn call(text: impl Into<String>, name: &str, arguments: &Value) -> Self {
        let call = Call {
            name: name.to_owned(),
            arguments: arguments.to_string(),
        };
        Self {
            text: text.into(),
            calls: vec![call],
        }
    }

    fn bytes(&self) -> usize {
        let calls = self.calls.iter();
        self.text.len()
            + calls
                .map(|call| call.name.len() + call.arguments.len())
                .sum::<usize>()
    }
}

/// Why it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Tools,
    MaxTokens,
}

/// An answer with all that providers say beside it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Digits that no other question of the conversation has.
    pub id: String,
    pub model: String,
    pub text: String,
    pub calls: Vec<(String, Call)>,
    pub stop: Stop,
    pub input: u64,
    pub output: u64,
    /// Whether a stream is to end with what was used.
    pub usage: bool,
}

impl Said {
    /// The answer to a question, within what it allows unless `whole`. Depends on nothing else.
    pub(crate) fn new(question: &Question, mut answer: Answer, whole: bool) -> Self {
        let room = question.max_tokens.filter(|_| !whole);
        let mut stop = match answer.calls.is_empty() {
            true => Stop::End,
            false => Stop::Tools,
        };
        if let Some(room) = room
            && tokens(answer.bytes()) > room
        {
            let bytes = usize::try_from(room)
                .unwrap_or(usize::MAX)
                .saturating_mul(TOKEN_BYTES);
            answer.text.truncate(answer.text.floor_char_boundary(bytes));
            answer.calls.clear();
            stop = Stop::MaxTokens;
        }
        let (input, output) = (tokens(question.bytes()), tokens(answer.bytes()));
        let before = question.calls();
        let calls = answer.calls.into_iter().enumerate();
        Self {
            id: digits(question),
            model: question.model.clone(),
            text: answer.text,
            calls: calls
                .map(|(at, call)| (format!("call_{:04}", before + at), call))
                .collect(),
            stop,
            input,
            output,
            usage: question.usage,
        }
    }
}

/// At least one: nobody is asked nothing.
fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(TOKEN_BYTES).max(1) as u64
}

fn digits(question: &Question) -> String {
    let said = serde_json::to_vec(question).unwrap_or_default();
    let digest = Sha256::digest(said);
    let mut digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(ID_DIGITS);
    digits
}
