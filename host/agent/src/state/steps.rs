//! How far a chain is: one step at a time, and in it one piece of work, or one for each item of a list.

use std::collections::BTreeMap;

use metier_core::{Artifact, Digest, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Impossible, impossible};
use crate::{
    definition::{Chain, Name},
    journal::{Act, Millis, Outcome, Seq, StepPassed, Verdict},
};

/// How far a chain is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// The steps' names, in order.
    pub names: Vec<Name>,
    /// The step that is being done; as many as there are when all are done.
    pub current: u16,
    /// Whether its items are a list's, or the step itself.
    pub is_list: bool,
    /// The work of the current step; empty until it is opened.
    pub items: Option<Vec<Item>>,
    /// What the steps before put out: `{"output": …, "artifacts": […]}`.
    pub done: BTreeMap<Name, Value>,
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The item of the list; null where there is none.
    pub value: Value,
    /// How often it was tried.
    pub attempts: u16,
    /// What somebody consented to: the hash of the question.
    pub approved: Option<Digest>,
    /// How far it is.
    pub state: ItemState,
}

/// How far a piece of work is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// It can be done now.
    Ready,
    /// Somebody has to decide.
    Asked,
    /// It is under way.
    Running,
    /// Nothing happens until then.
    Waiting(Millis),
    /// It failed, at this time.
    Failed(Box<Fault>, Millis),
    /// Somebody said no.
    Denied(String),
    /// It is done.
    Done(Value, Vec<Artifact>),
}

impl Steps {
    pub(super) fn new(chain: &Chain) -> Steps {
        Steps {
            names: chain.steps.iter().map(|step| step.name.clone()).collect(),
            ..Steps::default()
        }
    }

    pub(super) fn opened(
        &mut self,
        seq: Seq,
        step: u16,
        items: Option<Vec<Value>>,
    ) -> Result<(), Impossible> {
        if step != self.current || self.items.is_some() {
            return Err(impossible(seq, "it is not that step's turn"));
        }
        self.is_list = items.is_some();
        let values = items.unwrap_or_else(|| vec![Value::Null]);
        self.items = Some(values.into_iter().map(Item::new).collect());
        self.advance();
        Ok(())
    }

    pub(super) fn passed(&mut self, seq: Seq, passed: StepPassed) -> Result<(), Impossible> {
        match passed.item {
            Some(item) => {
                let item = self.item(seq, passed.step, item)?;
                item.state = ItemState::Done(passed.output, Vec::new());
                self.advance();
                Ok(())
            }
            None if passed.step == self.current && self.items.is_none() => {
                self.put_out(json!({ "output": null, "artifacts": [] }));
                Ok(())
            }
            None => Err(impossible(seq, "it is not that step's turn")),
        }
    }

    pub(super) fn begin(&mut self, seq: Seq, step: u16, item: u32) -> Result<(), Impossible> {
        let item = self.item(seq, step, item)?;
        item.attempts = item.attempts.saturating_add(1);
        item.state = ItemState::Running;
        Ok(())
    }

    /// Work that was under way elsewhere is to be done anew.
    pub(super) fn again(&mut self, seq: Seq, step: u16, item: u32) -> Result<(), Impossible> {
        let item = self.item(seq, step, item)?;
        item.attempts = item.attempts.saturating_sub(1);
        item.state = ItemState::Ready;
        Ok(())
    }

    pub(super) fn ask(&mut self, seq: Seq, step: u16, item: u32) -> Result<(), Impossible> {
        self.item(seq, step, item)?.state = ItemState::Asked;
        Ok(())
    }

    pub(super) fn wait(
        &mut self,
        seq: Seq,
        step: u16,
        item: u32,
        until: Millis,
    ) -> Result<(), Impossible> {
        self.item(seq, step, item)?.state = ItemState::Waiting(until);
        Ok(())
    }

    pub(super) fn decided(
        &mut self,
        seq: Seq,
        step: u16,
        item: u32,
        hash: Digest,
        verdict: Verdict,
    ) -> Result<(), Impossible> {
        let item = self.item(seq, step, item)?;
        item.state = match verdict {
            Verdict::Approved | Verdict::Done { .. } => {
                item.approved = Some(hash);
                ItemState::Ready
            }
            Verdict::Denied { why } => ItemState::Denied(why),
            Verdict::TimedOut => ItemState::Denied("nobody decided in time".to_owned()),
        };
        Ok(())
    }

    pub(super) fn result(
        &mut self,
        seq: Seq,
        step: u16,
        item: u32,
        state: ItemState,
    ) -> Result<(), Impossible> {
        self.item(seq, step, item)?.state = state;
        self.advance();
        Ok(())
    }

    /// Goes to the next step once every item is done.
    fn advance(&mut self) {
        let Some(items) = &self.items else { return };
        let done = |item: &Item| matches!(item.state, ItemState::Done(..));
        if !items.iter().all(done) {
            return;
        }
        let (mut outputs, mut files) = (Vec::new(), Vec::new());
        for item in self.items.take().into_iter().flatten() {
            if let ItemState::Done(output, artifacts) = item.state {
                outputs.push(output);
                files.extend(artifacts);
            }
        }
        let output = match self.is_list {
            true => Value::Array(outputs),
            false => outputs.pop().unwrap_or_default(),
        };
        self.put_out(json!({ "output": output, "artifacts": files }));
    }

    fn put_out(&mut self, output: Value) {
        if let Some(name) = self.names.get(usize::from(self.current)) {
            self.done.insert(name.clone(), output);
        }
        self.current = self.current.saturating_add(1);
        self.items = None;
    }

    fn item(&mut self, seq: Seq, step: u16, item: u32) -> Result<&mut Item, Impossible> {
        let items = self.items.as_mut().filter(|_| step == self.current);
        items
            .and_then(|items| items.get_mut(item as usize))
            .ok_or_else(|| impossible(seq, "it is not that step's turn"))
    }
}

impl Item {
    fn new(value: Value) -> Item {
        Item {
            value,
            attempts: 0,
            approved: None,
            state: ItemState::Ready,
        }
    }
}

/// What the end of an effect makes of the piece of work it was for.
pub(super) fn outcome(act: &Act, outcome: Outcome, now: Millis) -> ItemState {
    match outcome {
        Outcome::Output { value, artifacts } => {
            let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
            ItemState::Done(value, artifacts)
        }
        Outcome::Answer(answer) => {
            let words = answer.message.words();
            let is_structured =
                matches!(act, Act::Model { words: Some(words), .. } if words.structured);
            let value = match is_structured {
                true => serde_json::from_str(&words).unwrap_or(Value::String(words)),
                false => Value::String(words),
            };
            ItemState::Done(value, Vec::new())
        }
        Outcome::Fault { fault } => ItemState::Failed(fault, now),
        Outcome::NoAnswer(failure) => ItemState::Failed(Box::new(failure.fault()), now),
    }
}
