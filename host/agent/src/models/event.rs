//! What happens while a model answers.

use serde::{Deserialize, Serialize};

use super::Completion;

/// A step of an answer as it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ModelEvent {
    /// More words.
    Text {
        /// The words.
        text: String,
    },
    /// More of what it thinks, where that is fit for people.
    Reasoning {
        /// The words.
        text: String,
    },
    /// It begins to ask for a tool. The arguments come with the whole answer.
    ToolCallBegun {
        /// The call's place among the answer's calls, from 0.
        index: usize,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// The whole answer; always the last event.
    Done(Box<Completion>),
}

/// What a listener hears while a model is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "delta", rename_all = "kebab-case")]
pub enum Delta {
    /// A candidate begins to answer. Whatever an earlier one said is void.
    Begun {
        /// Which.
        candidate: String,
    },
    /// More words.
    Text {
        /// The words.
        text: String,
    },
    /// More of what it thinks.
    Reasoning {
        /// The words.
        text: String,
    },
    /// It begins to ask for a tool.
    ToolCallBegun {
        /// The call's place among the answer's calls, from 0.
        index: usize,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// A candidate failed; another one, or the same once more, is asked after a wait.
    Retrying {
        /// Which failed.
        candidate: String,
        /// Why, in one sentence.
        why: String,
        /// Milliseconds until the next attempt.
        wait_ms: u64,
    },
}

/// Hears an answer as it comes. Called from async code: take the delta and return.
pub trait Sink: Send + Sync {
    /// The next piece.
    fn delta(&self, delta: Delta);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Sink for Deaf {
    fn delta(&self, _: Delta) {}
}
