//! What a run does next: the deciding half of the reducer.
//!
//! [`decide`] looks at a state and the time and gives back one thing: an event to write, or what to do until something
//! happens. It is pure and is asked again after every event, so a run that was interrupted anywhere goes on from its
//! journal alone. What it decides by evaluating an expression (consent, a step's arguments) goes into the event it
//! writes; reading a journal again evaluates nothing.

mod agent;
mod budget;
mod chain;
mod consent;
mod eval;
mod inner;
mod question;
#[cfg(test)]
mod tests;

pub use agent::MAX_FAILURES;
pub use inner::{Granted, Wish, grant};
pub use question::{hash_of_call, hash_of_step};

use metier_core::{Code, Fault};

use crate::{
    definition::{OnTimeout, Terms},
    journal::{Act, Ending, Event, Millis, Question, QuestionKind, Seq, Verdict},
    state::{Progress, State},
};

/// What a run does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This is written; then decide again.
    Write(Box<Event>),
    /// Nothing is written until something happens.
    Act {
        /// Effects that should be under way.
        perform: Vec<Seq>,
        /// Decide again at this time at the latest.
        until: Option<Millis>,
    },
    /// The run has ended.
    Over,
}

/// What a run does next.
pub fn decide(state: &State, now: Millis) -> Next {
    if state.ended.is_some() {
        return Next::Over;
    }
    let event = cancelled(state)
        .or_else(|| out_of_time(state, now))
        .or_else(|| expired(state, now))
        .or_else(|| inner::orphaned(state, now))
        .or_else(|| uncertain(state, now))
        .or_else(|| unless_under_way(state, progress(state, now)));
    match event {
        Some(event) => Next::Write(Box::new(event)),
        None => Next::Act {
            perform: perform(state),
            until: until(state, now),
        },
    }
}

fn progress(state: &State, now: Millis) -> Option<Event> {
    match &state.progress {
        Progress::Agent(conversation) => agent::next(state, conversation, now),
        Progress::Chain(steps) => chain::next(state, steps, now),
    }
}

/// A run that fails by itself lets what is under way come to its end first: what it costs and does is then known.
fn unless_under_way(state: &State, event: Option<Event>) -> Option<Event> {
    let is_failure = matches!(event, Some(Event::Ended(Ending::Failed { .. })));
    event.filter(|_| !is_failure || state.pending.is_empty())
}

fn cancelled(state: &State) -> Option<Event> {
    let (by, why) = state.cancel.clone()?;
    Some(Event::Ended(Ending::Cancelled { by, why }))
}

/// The run has taken as long as it may.
fn out_of_time(state: &State, now: Millis) -> Option<Event> {
    let wall = terms(state).budget.wall?;
    (now.since(state.began) >= wall).then(|| {
        failed(
            Code::RunBudgetExceeded,
            format!("The run has taken the {} its budget allows.", spoken(wall)),
        )
    })
}

fn expired(state: &State, now: Millis) -> Option<Event> {
    let (seq, _) = state
        .questions
        .iter()
        .find(|(_, question)| now >= question.expires)?;
    Some(match terms(state).approvals.on_timeout {
        OnTimeout::Deny => Event::Decided {
            question: *seq,
            verdict: Verdict::TimedOut,
            by: None,
        },
        OnTimeout::Fail => failed(
            Code::ApprovalTimedOut,
            "Nobody decided a question of this run in time.".to_owned(),
        ),
    })
}

/// A call whose host died, and that may not simply be made again, becomes a question.
fn uncertain(state: &State, now: Millis) -> Option<Event> {
    let is_asked = |effect: &Seq| {
        state.questions.values().any(
            |question| matches!(&question.what, QuestionKind::Uncertain { effect: asked, .. } if asked == effect),
        )
    };
    let (effect, pending) = state
        .pending
        .iter()
        .find(|(effect, pending)| pending.lost && !is_asked(effect))?;
    let Act::Tool { tool, arguments } = &pending.intent.act else {
        return None;
    };
    Some(Event::Asked(Question {
        slot: pending.intent.slot,
        what: QuestionKind::Uncertain {
            effect: *effect,
            tool: tool.clone(),
            arguments: arguments.clone(),
        },
        hash: hash_of_call(&state.started, tool, arguments),
        expires: now.after(terms(state).approvals.timeout),
    }))
}

fn perform(state: &State) -> Vec<Seq> {
    let effects = state.pending.keys().copied();
    effects.filter(|effect| state.may_go_on(*effect)).collect()
}

/// The next time at which something is due although nothing happens.
fn until(state: &State, now: Millis) -> Option<Millis> {
    let questions = state.questions.values().map(|question| question.expires);
    let wall = terms(state).budget.wall.map(|wall| state.began.after(wall));
    let waits = match &state.progress {
        Progress::Agent(conversation) => conversation.wait.into_iter().collect(),
        Progress::Chain(steps) => chain::waits(steps),
    };
    questions
        .chain(wall)
        .chain(waits)
        .filter(|due| *due > now)
        .min()
}

fn terms(state: &State) -> &Terms {
    state.started.definition.terms()
}

fn failed(code: Code, message: String) -> Event {
    failed_with(Fault::new(code, message))
}

fn failed_with(fault: Fault) -> Event {
    Event::Ended(Ending::Failed {
        fault: Box::new(fault),
    })
}

/// `90s` and the like, for a sentence.
fn spoken(span: std::time::Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        seconds if seconds % 60 != 0 || seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
