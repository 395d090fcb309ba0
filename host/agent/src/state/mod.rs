//! What the events so far amount to.
//!
//! [`State::begin`] and [`State::apply`] are the fold over a journal: pure, total over journals that [`crate::decide`] wrote, and an
//! error ([`Impossible`]) for every other. They decide nothing. `decide` looks at a state and says what has to be written
//! next; together they are the reducer, `(state, event) → (state, commands)`.

mod conversation;
mod inner;
mod spent;
mod steps;

use std::{collections::BTreeMap, sync::Arc};

use metier_core::{Code, Fault, PrincipalId};
use serde::{Deserialize, Serialize};

pub use conversation::{CallState, Conversation, OpenCall};
pub use inner::{Asked, Inner, digest};
pub use spent::Spent;
pub use steps::{Item, ItemState, Steps};

use crate::{
    definition::Definition,
    journal::{
        Act, Ending, Entry, Event, Intent, Millis, Outcome, Question, QuestionKind, Seq, Slot,
        Started, Verdict,
    },
};

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Everything it depends on.
    pub started: Arc<Started>,
    /// When it began.
    pub began: Millis,
    /// When the last event was written.
    pub now: Millis,
    /// The last event.
    pub head: Seq,
    /// Effects that were begun and have not ended.
    pub pending: BTreeMap<Seq, Pending>,
    /// What those of them that are calls have asked of models and other skills.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inner: Asked,
    /// Questions nobody has decided.
    pub questions: BTreeMap<Seq, Question>,
    /// What it has used up.
    pub spent: Spent,
    /// Since when its conversation holds text from outside.
    pub tainted: Option<Seq>,
    /// Who wants it to end, and why.
    pub cancel: Option<(PrincipalId, String)>,
    /// How far it has come.
    pub progress: Progress,
    /// How it ended.
    pub ended: Option<Ending>,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// An agent's conversation.
    Agent(Conversation),
    /// A chain's steps.
    Chain(Steps),
}

/// An effect that was begun and has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// What was intended.
    pub intent: Intent,
    /// When.
    pub since: Millis,
    /// The host that began it is gone and it may not simply be done again: somebody has to decide.
    pub lost: bool,
}

/// An event that cannot follow the events before it: the journal was damaged, or written by something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} cannot follow the events before it: {why}")]
pub struct Impossible {
    /// Which event.
    pub seq: u64,
    /// Why.
    pub why: String,
}

impl State {
    /// The state after a run's first event.
    ///
    /// # Errors
    /// [`Impossible`] when it is not [`Event::Started`].
    pub fn begin(entry: Entry) -> Result<State, Impossible> {
        let Event::Started(started) = entry.event else {
            return Err(impossible(Seq(1), "a run begins with `started`"));
        };
        let started = Arc::new(*started);
        let tainted = started.tainted.then_some(Seq(1));
        let progress = match &started.definition {
            Definition::Agent(_) => Progress::Agent(Conversation::opened(&started.opening)),
            Definition::Chain(chain) => Progress::Chain(Steps::new(chain)),
        };
        Ok(State {
            started,
            began: entry.at,
            now: entry.at,
            head: Seq(1),
            pending: BTreeMap::new(),
            inner: BTreeMap::new(),
            questions: BTreeMap::new(),
            spent: Spent::default(),
            tainted,
            cancel: None,
            progress,
            ended: None,
        })
    }

    /// Goes one event further.
    ///
    /// # Errors
    /// [`Impossible`]; the state is of no use afterwards.
    pub fn apply(&mut self, entry: Entry) -> Result<(), Impossible> {
        let seq = Seq(self.head.0 + 1);
        if self.ended.is_some() && !matches!(entry.event, Event::Forked { .. }) {
            return Err(impossible(seq, "the run has ended"));
        }
        self.head = seq;
        self.now = self.now.max(entry.at);
        match entry.event {
            Event::Started(_) => Err(impossible(seq, "a run begins once")),
            Event::Intended(intent) => self.intended(seq, intent),
            Event::Settled(settled) => {
                let pending = self.settle(settled.effect)?;
                self.spent.settle(pending.intent.worst, settled.cost);
                self.deliver(settled.effect, &pending.intent, settled.outcome)
            }
            Event::Answered(reply) => self.conversation(seq)?.answered(seq, reply),
            Event::Told { text } => self.conversation(seq)?.told(seq, text),
            Event::Asked(question) => self.asked(seq, question),
            Event::Decided {
                question, verdict, ..
            } => self.decided(question, verdict),
            Event::Opened { step, items } => self.steps(seq)?.opened(seq, step, items),
            Event::Passed(passed) => self.steps(seq)?.passed(seq, passed),
            Event::Waiting { slot, until } => self.waiting(seq, slot, until),
            Event::Resumed { .. } => {
                self.lose();
                Ok(())
            }
            Event::Forked { .. } => {
                self.ended = None;
                self.cancel = None;
                self.lose();
                self.forget_pending()
            }
            Event::Ignored { .. } => Ok(()),
            Event::CancelAsked { by, why } => {
                self.cancel = Some((by, why));
                Ok(())
            }
            Event::Ended(ending) => {
                self.ended = Some(ending);
                Ok(())
            }
        }
    }

    /// The conversation of an agent.
    ///
    /// # Errors
    /// [`Impossible`] in a chain.
    fn conversation(&mut self, seq: Seq) -> Result<&mut Conversation, Impossible> {
        match &mut self.progress {
            Progress::Agent(conversation) => Ok(conversation),
            Progress::Chain(_) => Err(impossible(seq, "a chain has no conversation")),
        }
    }

    fn steps(&mut self, seq: Seq) -> Result<&mut Steps, Impossible> {
        match &mut self.progress {
            Progress::Chain(steps) => Ok(steps),
            Progress::Agent(_) => Err(impossible(seq, "an agent has no steps")),
        }
    }

    fn intended(&mut self, seq: Seq, intent: Intent) -> Result<(), Impossible> {
        self.spent.intend(&intent);
        match intent.slot {
            Slot::Turn | Slot::Summary => {}
            Slot::Call { index } => self.conversation(seq)?.begin(seq, index)?,
            Slot::Step { step, item } => self.steps(seq)?.begin(seq, step, item)?,
            Slot::Within { of, .. } => self.ask_within(seq, of, &intent.act)?,
        }
        let since = self.now;
        let pending = Pending {
            intent,
            since,
            lost: false,
        };
        self.pending.insert(seq, pending);
        Ok(())
    }

    fn settle(&mut self, effect: Seq) -> Result<Pending, Impossible> {
        let head = self.head;
        self.questions.retain(|_, question| {
            !matches!(question.what, QuestionKind::Uncertain { effect: asked, .. } if asked == effect)
        });
        self.pending
            .remove(&effect)
            .ok_or_else(|| impossible(head, "it settles an effect that is not under way"))
    }

    /// Brings the result of an effect to where it belongs.
    fn deliver(
        &mut self,
        effect: Seq,
        intent: &Intent,
        outcome: Outcome,
    ) -> Result<(), Impossible> {
        let seq = self.head;
        let inner = self.inner.remove(&effect).unwrap_or_default();
        let outside =
            self.is_from_outside(&intent.act, &outcome) || inner.iter().any(|inner| inner.outside);
        if outside && matches!(outcome, Outcome::Output { .. } | Outcome::Fault { .. }) {
            self.tainted.get_or_insert(seq);
        }
        match (intent.slot, &intent.act) {
            (Slot::Within { of, .. }, _) => {
                self.answer_within(effect, of, outcome, outside);
                Ok(())
            }
            (Slot::Turn, _) => self.conversation(seq)?.turn(seq, outcome),
            (Slot::Summary, _) => self.conversation(seq)?.summary(seq, outcome),
            (Slot::Call { index }, act) => self
                .conversation(seq)?
                .result(seq, index, outcome, outside, act),
            (Slot::Step { step, item }, act) => {
                let now = self.now;
                let output = steps::outcome(act, outcome, now);
                self.steps(seq)?.result(seq, step, item, output)
            }
        }
    }

    fn is_from_outside(&self, act: &Act, outcome: &Outcome) -> bool {
        match act {
            Act::Tool { tool, .. } => self
                .started
                .tools
                .get(tool)
                .is_some_and(|pinned| pinned.outside),
            // A note of a run that had read text from outside is such text.
            Act::Builtin { .. } => inner::has_outside_note(outcome),
            Act::Model { .. } => false,
        }
    }

    fn asked(&mut self, seq: Seq, question: Question) -> Result<(), Impossible> {
        match (&question.what, question.slot) {
            (QuestionKind::Uncertain { .. }, _) => {}
            (_, Slot::Call { index }) => self.conversation(seq)?.ask(seq, index)?,
            (_, Slot::Step { step, item }) => self.steps(seq)?.ask(seq, step, item)?,
            (_, Slot::Turn | Slot::Summary | Slot::Within { .. }) => {
                return Err(impossible(seq, "nobody is asked about it"));
            }
        }
        self.questions.insert(seq, question);
        Ok(())
    }

    fn decided(&mut self, question: Seq, verdict: Verdict) -> Result<(), Impossible> {
        let seq = self.head;
        let question = self
            .questions
            .remove(&question)
            .ok_or_else(|| impossible(seq, "it decides a question that is not open"))?;
        match (&question.what, question.slot) {
            (QuestionKind::Uncertain { effect, .. }, _) => self.certain(*effect, verdict),
            (_, Slot::Call { index }) => self.conversation(seq)?.decided(seq, index, verdict),
            (_, Slot::Step { step, item }) => {
                let hash = question.hash;
                self.steps(seq)?.decided(seq, step, item, hash, verdict)
            }
            (_, Slot::Turn | Slot::Summary | Slot::Within { .. }) => {
                Err(impossible(seq, "nobody asked about it"))
            }
        }
    }

    /// Somebody said what became of a call whose host died.
    fn certain(&mut self, effect: Seq, verdict: Verdict) -> Result<(), Impossible> {
        let outcome = match verdict {
            Verdict::Approved => {
                let pending = self.pending.get_mut(&effect);
                pending.into_iter().for_each(|pending| pending.lost = false);
                return Ok(());
            }
            Verdict::Done { value } => Outcome::Output {
                value,
                artifacts: Vec::new(),
            },
            Verdict::Denied { why } => uncertain(&why),
            Verdict::TimedOut => uncertain("nobody said what became of it in time"),
        };
        let pending = self.settle(effect)?;
        self.spent
            .settle(pending.intent.worst, crate::journal::Cost::default());
        self.deliver(effect, &pending.intent, outcome)
    }

    fn waiting(&mut self, seq: Seq, slot: Slot, until: Millis) -> Result<(), Impossible> {
        match slot {
            Slot::Step { step, item } => self.steps(seq)?.wait(seq, step, item, until),
            Slot::Turn | Slot::Summary => {
                self.conversation(seq)?.wait = Some(until);
                Ok(())
            }
            Slot::Call { .. } | Slot::Within { .. } => Err(impossible(seq, "a call does not wait")),
        }
    }

    /// What a fork's original had under way and may be done twice is decided anew, under the fork's own keys.
    fn forget_pending(&mut self) -> Result<(), Impossible> {
        let seq = self.head;
        let (lost, again): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(_, pending)| pending.lost);
        self.pending = lost;
        for pending in again.into_values() {
            let nothing = crate::journal::Cost::default();
            self.spent.settle(pending.intent.worst, nothing);
            match pending.intent.slot {
                Slot::Turn | Slot::Summary | Slot::Within { .. } => {}
                Slot::Call { index } => self.conversation(seq)?.again(seq, index)?,
                Slot::Step { step, item } => self.steps(seq)?.again(seq, step, item)?,
            }
        }
        self.inner.retain(|of, _| self.pending.contains_key(of));
        for asked in self.inner.values_mut() {
            asked.retain(|inner| inner.outcome.is_some() || self.pending.contains_key(&inner.seq));
        }
        Ok(())
    }

    /// The host is another one now. What may be done twice will be; the rest needs a decision.
    fn lose(&mut self) {
        let started = self.started.clone();
        // What waits for somebody's decision about another effect was not begun since its own was made.
        let effects = self.pending.keys().copied();
        let begun: Vec<Seq> = effects.filter(|effect| self.may_go_on(*effect)).collect();
        for effect in begun {
            let Some(pending) = self.pending.get_mut(&effect) else {
                continue;
            };
            pending.lost |= match &pending.intent.act {
                Act::Tool { tool, .. } => started
                    .tools
                    .get(tool)
                    .is_none_or(|pinned| !pinned.effect.may_repeat()),
                Act::Model { .. } | Act::Builtin { .. } => false,
            };
        }
    }
}

fn uncertain(why: &str) -> Outcome {
    let fault = Fault::new(
        Code::EffectUncertain,
        format!(
            "The host stopped while this call was under way, and it counts as not done: {why}."
        ),
    );
    Outcome::Fault {
        fault: Box::new(fault),
    }
}

fn impossible(seq: Seq, why: &str) -> Impossible {
    Impossible {
        seq: seq.0,
        why: why.to_owned(),
    }
}
