#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use metier_core::{Code, Effect, Fault, NanoDollars, PrincipalId};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MAX_FAILURES, Next, Wish, decide, grant};
use crate::{
    definition::{Ask, Budget, Definition, Map, Name, Retry, Step, Work},
    journal::{
        Act, Cost, Ending, Entry, Event, Millis, Outcome, QuestionKind, Seq, Settlement, Slot,
        Verdict,
    },
    models::{Answer, FailureKind, ModelFailure, Part, Role, StopReason},
    state::State,
    testing::{agent, answer, calls, chain, entry, says, started, terms},
};

mod agent_turns;
mod chain_steps;
mod histories;

/// A run in a test: its state, its journal, and the time.
struct Run {
    state: State,
    journal: Vec<Entry>,
    now: u64,
}

impl Run {
    fn of(definition: Definition) -> Run {
        let first = entry(0, Event::Started(Box::new(started(definition))));
        Run {
            state: State::begin(first.clone()).unwrap(),
            journal: vec![first],
            now: 0,
        }
    }

    fn write(&mut self, event: Event) {
        let entry = entry(self.now, event);
        self.state.apply(entry.clone()).unwrap();
        self.journal.push(entry);
    }

    /// Decides until nothing is left to write, and gives back the effects that should be under way.
    fn settle_down(&mut self) -> Vec<Seq> {
        for _ in 0..10_000 {
            match decide(&self.state, Millis(self.now)) {
                Next::Write(event) => self.write(*event),
                Next::Act { perform, .. } => return perform,
                Next::Over => return Vec::new(),
            }
        }
        panic!("the run never comes to rest");
    }

    fn end(&mut self, effect: Seq, outcome: Outcome) {
        let cost = match &outcome {
            Outcome::Answer(answer) => Cost {
                nano_dollars: answer.cost.0,
                tokens: answer.usage.input + answer.usage.output,
                estimated: false,
            },
            _ => Cost::default(),
        };
        self.write(Event::Settled(Settlement {
            effect,
            outcome,
            cost,
            price: NanoDollars::default(),
            took_ms: 1,
        }));
    }

    /// The model answers, and whatever follows from it is decided.
    fn model(&mut self, answer: Answer) -> Vec<Seq> {
        let [turn] = self.settle_down()[..] else {
            panic!("it is not the model's turn: {:?}", self.state.progress)
        };
        self.end(turn, Outcome::Answer(Box::new(answer)));
        self.settle_down()
    }

    fn tool(&mut self, effect: Seq, value: Value) {
        self.end(
            effect,
            Outcome::Output {
                value: value.to_string(),
                artifacts: Vec::new(),
            },
        );
    }

    fn decide_question(&mut self, verdict: Verdict) {
        let question = *self.state.questions.keys().next().unwrap();
        self.write(Event::Decided {
            question,
            verdict,
            by: Some(PrincipalId::local()),
        });
    }

    fn ending(&self) -> &Ending {
        self.state.ended.as_ref().unwrap()
    }

    fn code(&self) -> Code {
        match self.ending() {
            Ending::Failed { fault } => fault.code,
            other => panic!("it did not fail: {other:?}"),
        }
    }

    /// What the model was told last about its calls.
    fn last_result(&self) -> String {
        let crate::state::Progress::Agent(conversation) = &self.state.progress else {
            panic!("no agent")
        };
        let last = conversation
            .messages
            .iter()
            .rfind(|message| message.role == Role::Tool);
        serde_json::to_string(last.unwrap()).unwrap()
    }
}
