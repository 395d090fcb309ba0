//! A route's answer as it comes.
//!
//! The stream owns the question: it is asked while the stream is read, by whoever reads it, and given up when the stream is dropped. Nothing is
//! spawned and nothing waits in a channel.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::http::StatusCode;
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream};
use metier_agent::models::{Answer, Deaf, Delta, Message, ModelFailure, Part, Sink};
use metier_service::questions::Asking;

use super::{
    failure::Failure,
    said::{End, Said, Saying},
};

/// Asks, and gives the whole answer. Who waits for it does not notice one that broke off and was asked for again.
pub fn whole(asking: Asking) -> Saying {
    let answering = async move {
        match asking.answer(&Deaf).await {
            Ok(answer) => Said::End(Box::new(End::from(answer))),
            Err(failure) => Said::Failed(Failure::from(failure)),
        }
    };
    stream::once(answering).boxed()
}

/// Asks, and gives what is said as it comes.
pub fn saying(asking: Asking) -> Saying {
    let heard = Arc::new(Heard::default());
    let sink = heard.clone();
    let answering = async move { asking.answer(&*sink).await }.boxed();
    Live {
        heard,
        answering: Some(answering),
    }
    .boxed()
}

struct Live {
    heard: Arc<Heard>,
    /// Until it is over.
    answering: Option<BoxFuture<'static, Result<Answer, ModelFailure>>>,
}

/// What was heard and not passed on yet. Only ever locked for a moment, by the task that polls.
#[derive(Default)]
struct Heard(Mutex<Pieces>);

#[derive(Default)]
struct Pieces {
    waiting: VecDeque<Said>,
    /// Bytes of words that were told.
    words: usize,
    /// Whether the client has heard anything of the answer.
    is_told: bool,
    /// Why what was told is void.
    broken: Option<String>,
}

impl Heard {
    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Heard {
    fn delta(&self, delta: Delta) {
        let mut pieces = self.pieces();
        let said = match delta {
            Delta::Begun { .. } => return,
            Delta::Text { text } => {
                pieces.words += text.len();
                Said::Words(text)
            }
            Delta::Reasoning { text } => Said::Thought(text),
            Delta::ToolCallBegun { id, name, .. } => Said::Call { id, name },
            Delta::Retrying { why, .. } => {
                if pieces.is_told {
                    pieces.broken = Some(why);
                }
                return;
            }
        };
        if !pieces.is_told {
            pieces.is_told = true;
            pieces.waiting.push_back(Said::Begun);
        }
        pieces.waiting.push_back(said);
    }
}

impl Pieces {
    /// The rest of the words, and the end.
    fn ended(&mut self, answered: Result<Answer, ModelFailure>) {
        match answered {
            Ok(answer) => {
                let words = words_of(&answer.message);
                if let Some(rest) = words.get(self.words..).filter(|rest| !rest.is_empty()) {
                    self.waiting.push_back(Said::Words(rest.to_owned()));
                }
                let end = Box::new(End::from(answer));
                self.waiting.push_back(Said::End(end));
            }
            Err(failure) => {
                let failure = Failure::from(failure);
                self.waiting.push_back(Said::Failed(failure));
            }
        }
    }
}

/// All its words; a refusal is told as words.
fn words_of(message: &Message) -> String {
    let words = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } | Part::Refusal { text } => Some(text.as_str()),
        _ => None,
    });
    words.collect()
}

impl Stream for Live {
    type Item = Said;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Said>> {
        loop {
            let next = self.heard.pieces().waiting.pop_front();
            if next.is_some() {
                return Poll::Ready(next);
            }
            let Some(answering) = &mut self.answering else {
                return Poll::Ready(None);
            };
            let answered = answering.poll_unpin(context);
            let mut pieces = self.heard.pieces();
            if let Some(why) = pieces.broken.take() {
                pieces.waiting.push_back(Said::Failed(broken(why)));
                drop(pieces);
                self.answering = None;
                continue;
            }
            match answered {
                Poll::Ready(answered) => {
                    pieces.ended(answered);
                    drop(pieces);
                    self.answering = None;
                }
                Poll::Pending if pieces.waiting.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

/// An answer that broke off after its first words. Another one would begin anew.
fn broken(why: String) -> Failure {
    Failure::request(StatusCode::BAD_GATEWAY, why).coded("upstream-invalid-answer")
}
