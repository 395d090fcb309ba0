//! Who makes up the answers: a queue, and behind it a player.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::answer::Answer;
use crate::player;
use crate::question::Question;

/// Answers in the order they are given; once there are none left, those of the account review's player, who only looks at the
/// conversation.
#[derive(Debug, Default)]
pub struct Script {
    queue: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Question>>,
    first_words: Mutex<Vec<Instant>>,
}

/// Questions remembered: a test is over before there are more.
const MAX_ASKED: usize = 10_000;

impl Script {
    /// One more answer, behind the others.
    pub fn push(&self, answer: Answer) {
        self.queue().push_back(answer);
    }

    /// These answers and no others.
    pub fn replace(&self, answers: Vec<Answer>) {
        *self.queue() = answers.into();
    }

    /// The answers that nobody has had yet.
    #[must_use]
    pub fn left(&self) -> Vec<Answer> {
        self.queue().iter().cloned().collect()
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Question> {
        locked(&self.asked).clone()
    }

    /// When the first words of each streamed answer went out, in order.
    #[must_use]
    pub fn first_words(&self) -> Vec<Instant> {
        locked(&self.first_words).clone()
    }

    pub(crate) fn speaks(&self) {
        let mut first_words = locked(&self.first_words);
        if first_words.len() < MAX_ASKED {
            first_words.push(Instant::now());
        }
    }

    pub(crate) fn note(&self, question: &Question) {
        let mut asked = locked(&self.asked);
        if asked.len() < MAX_ASKED {
            asked.push(question.clone());
        }
    }

    pub(crate) fn answer(&self, question: &Question) -> Answer {
        let queued = self.queue().pop_front();
        queued.unwrap_or_else(|| player::answer(question))
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Answer>> {
        locked(&self.queue)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
