//! Asks a route: candidates in order, again after an overload, the next after a failure.
//!
//! What an answer can cost is bounded before it is asked for: of answers that may cost something, [`Retry::broken_answers`]
//! are asked for again, whoever is asked. Refusals cost nothing and are bounded by [`Retry::attempts`].
//!
//! [`Retry::broken_answers`]: crate::routes::Retry::broken_answers
//! [`Retry::attempts`]: crate::routes::Retry::attempts

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use tracing::Instrument;

use super::{
    Answer, Delta, FailureKind, Model, ModelFailure, Pace, Question, Sink, Transport,
    exchange::{Exchange, Exchanged, Failed},
};
use crate::{
    routes::{
        Candidate, Circumstances, FRAME_TOKENS, Health, LeftOut, NanoDollars, Route, Selection,
        select,
    },
    trace,
};

/// Candidates side by side, at most: `models try` is for a handful.
pub const MAX_SIDE_BY_SIDE: usize = 16;

/// The providers behind routes.
#[derive(Clone)]
pub struct Routed {
    transport: Arc<dyn Transport>,
    pace: Arc<dyn Pace>,
    health: Arc<Health>,
}

/// Attempts so far.
#[derive(Default)]
struct Tally {
    began: u64,
    requests: u32,
    broken: u32,
    spent: NanoDollars,
}

/// What to do after a failure.
enum Then {
    Again,
    Next,
    GiveUp,
}

impl Model for Routed {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let selection = self.selection(question);
            self.ask_in_order(question, &selection, sink).await
        })
    }
}

impl Routed {
    /// Over this transport. `health` is the host's: all its runs share what they learn.
    pub fn new(transport: Arc<dyn Transport>, pace: Arc<dyn Pace>, health: Arc<Health>) -> Self {
        Routed {
            transport,
            pace,
            health,
        }
    }

    /// Who would be asked now, and why the others would not.
    pub fn selection<'q>(&self, question: &'q Question) -> Selection<'q> {
        let now = self.pace.now_ms();
        let given = Circumstances {
            request: &question.request,
            needs: &question.needs,
            prices: &question.prices,
            condition: &|name| self.health.condition(name, now),
            latency_ms: &|name| self.health.latency_ms(name),
        };
        select(&question.route, &given)
    }

    /// Asks every candidate of the route once, all at the same time, whatever its health: for comparing them.
    pub async fn try_side_by_side(
        &self,
        question: &Question,
        sink: &(dyn Sink + '_),
    ) -> Vec<(String, Result<Answer, ModelFailure>)> {
        let candidates = question.route.candidates.iter().take(MAX_SIDE_BY_SIDE);
        let asked = candidates.map(|candidate| async move {
            let mut tally = Tally {
                began: self.pace.now_ms(),
                ..Tally::default()
            };
            let answer = self.once(question, candidate, sink, &mut tally).await;
            (
                candidate.name.clone(),
                answer.map_err(|failed| failed.failure),
            )
        });
        join_all(asked).await
    }

    async fn ask_in_order(
        &self,
        question: &Question,
        selection: &Selection<'_>,
        sink: &dyn Sink,
    ) -> Result<Answer, ModelFailure> {
        let mut tally = Tally {
            began: self.pace.now_ms(),
            ..Tally::default()
        };
        let mut last = None;
        for candidate in &selection.usable {
            for failed in 1.. {
                let failure = match self.once(question, candidate, sink, &mut tally).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => failure,
                };
                let then = self
                    .after(question, candidate, failed, &failure, &mut tally, sink)
                    .await;
                last = Some(failure.failure);
                match then {
                    Then::Again => {}
                    Then::Next => break,
                    Then::GiveUp => return Err(spent(last, selection, question, &tally)),
                }
            }
        }
        Err(spent(last, selection, question, &tally))
    }

    /// Waits, where the same candidate is asked again.
    async fn after(
        &self,
        question: &Question,
        candidate: &Candidate,
        failed: u32,
        failure: &Failed,
        tally: &mut Tally,
        sink: &dyn Sink,
    ) -> Then {
        let retry = &question.route.retry;
        if failure.may_cost {
            let most = candidate.worst_case(&question.request, &question.prices);
            tally.spent = tally.spent + most.unwrap_or_default();
            tally.broken += 1;
        }
        if tally.broken > retry.broken_answers || !failure.failure.kind.try_next() {
            return Then::GiveUp;
        }
        let wait = retry.wait(failed, &failure.failure, self.pace.jitter());
        sink.delta(Delta::Retrying {
            candidate: candidate.name.clone(),
            why: failure.failure.message.clone(),
            wait_ms: wait.map_or(0, |wait| wait.as_millis() as u64),
        });
        match wait {
            Some(wait) => {
                self.pace.sleep(wait).await;
                Then::Again
            }
            None => Then::Next,
        }
    }

    /// One request, and what it says about the candidate's health.
    async fn once(
        &self,
        question: &Question,
        candidate: &Candidate,
        sink: &dyn Sink,
        tally: &mut Tally,
    ) -> Result<Answer, Failed> {
        let began = self.pace.now_ms();
        let before = began.saturating_sub(tally.began);
        self.health.asked(&candidate.name, began);
        sink.delta(Delta::Begun {
            candidate: candidate.name.clone(),
        });
        tally.requests += 1;
        let exchange = Exchange {
            candidate,
            request: &question.request,
            transport: &*self.transport,
            pace: &*self.pace,
            sink,
        };
        let span = trace::chat(&question.route.name, candidate, &question.request);
        let exchanged = exchange.run().instrument(span.clone()).await;
        let now = self.pace.now_ms();
        match exchanged {
            Ok(exchanged) => {
                self.health
                    .answered(&candidate.name, now.saturating_sub(began));
                let mut answer = answer(question, candidate, exchanged, tally);
                answer.first_token_ms = answer.first_token_ms.saturating_add(before);
                answer.latency_ms = now.saturating_sub(tally.began);
                trace::answered(&span, &answer);
                Ok(answer)
            }
            Err(failed) => {
                self.health.failed(&candidate.name, &failed.failure, now);
                trace::unanswered(&span, &failed.failure);
                Err(failed)
            }
        }
    }
}

fn answer(
    question: &Question,
    candidate: &Candidate,
    exchanged: Exchanged,
    tally: &Tally,
) -> Answer {
    let Exchanged {
        completion,
        first_token_ms,
        content_bytes,
    } = exchanged;
    let price = question.prices.of(candidate);
    let cost = price.map(|price| match completion.usage.estimated {
        false => price.cost(&completion.usage),
        // Nobody counted: the bytes are the most that it can have been.
        true => price.worst_case(
            candidate.most_input(&question.request),
            candidate
                .most_output(&question.request)
                .min(content_bytes as u64 + FRAME_TOKENS),
        ),
    });
    Answer {
        message: completion.message,
        stop: completion.stop,
        usage: completion.usage,
        candidate: candidate.name.clone(),
        model: completion.model,
        cost: tally.spent + cost.unwrap_or_default(),
        latency_ms: 0,
        first_token_ms,
        attempts: tally.requests,
    }
}

/// The last failure with what all attempts may have cost; or why nobody could be asked.
fn spent(
    last: Option<ModelFailure>,
    selection: &Selection<'_>,
    question: &Question,
    tally: &Tally,
) -> ModelFailure {
    let failure = last.unwrap_or_else(|| nobody(&question.route, selection));
    ModelFailure {
        spent: tally.spent,
        attempts: tally.requests,
        ..failure
    }
}

/// Why nobody could be asked, candidate by candidate; with the time until the first has rested.
fn nobody(route: &Route, selection: &Selection<'_>) -> ModelFailure {
    let reasons = selection
        .left_out
        .iter()
        .map(|(name, why)| format!("{name}: {why}"));
    let reasons: Vec<_> = reasons.collect();
    let rests = selection.left_out.iter().filter_map(|(_, why)| match why {
        LeftOut::Rests(ms) => Some(*ms),
        _ => None,
    });
    let words = format!(
        "No candidate of the route `{}` can be asked: {}.",
        route.name,
        reasons.join("; ")
    );
    ModelFailure {
        retry_after_ms: rests.min(),
        ..ModelFailure::new(FailureKind::NoCandidate, words)
    }
}

#[cfg(test)]
mod tests;
