//! What is said in answer, whoever answers: the models behind a route, or a run.

use futures::stream::BoxStream;
use metier_agent::models::{Answer, Message, StopReason, Usage};
use metier_store::types::RunId;

use super::failure::Failure;

/// An answer as it comes. The last piece is its end, or why there is none.
pub type Saying = BoxStream<'static, Said>;

/// A piece of an answer.
#[derive(Debug)]
pub enum Said {
    /// Somebody begins.
    Begun,
    /// More words.
    Words(String),
    /// More of what it thinks, in words fit for people.
    Thought(String),
    /// It begins to ask for a tool; the arguments come with the end.
    Call {
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// It is done. All its words were said before.
    End(Box<End>),
    /// It ends here, without an answer.
    Failed(Failure),
}

/// The whole of an answer.
#[derive(Debug)]
pub struct End {
    /// What was said.
    pub message: Message,
    /// Why it stopped.
    pub stop: StopReason,
    /// What it used.
    pub usage: Usage,
    /// The run it is the answer of.
    pub run: Option<RunId>,
}

impl From<Answer> for End {
    fn from(answer: Answer) -> Self {
        End {
            message: answer.message,
            stop: answer.stop,
            usage: answer.usage,
            run: None,
        }
    }
}
