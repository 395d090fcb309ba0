//! What calls asked of models and other skills while they were under way.

use std::collections::BTreeMap;

use metier_core::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Impossible, Pending, State, impossible};
use crate::journal::{Act, Outcome, Seq, Slot};
use crate::naming::builtin::OUTSIDE;

/// One thing a call asked for. It is kept until the call has ended: a call that is made again is answered from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inner {
    /// The effect.
    pub seq: Seq,
    /// What was asked for, as [`digest`] has it.
    pub wish: Digest,
    /// What came of it; nothing while it is under way.
    pub outcome: Option<Outcome>,
    /// Whether text from outside came with it.
    pub outside: bool,
}

/// What calls under way have asked for, by the call.
pub type Asked = BTreeMap<Seq, Vec<Inner>>;

/// SHA-256 over what is asked for: the same question, or the same call with the same arguments.
pub fn digest(act: &Act) -> Digest {
    let text = match act {
        Act::Model { route, words, .. } => json!(["model", route, words]),
        Act::Tool { tool, arguments } | Act::Builtin { tool, arguments } => {
            json!(["tool", tool, arguments])
        }
    };
    Digest::of(canonical::text(&text).as_bytes())
}

impl State {
    /// Effects under way that the run itself began, rather than a skill.
    pub fn under_way(&self) -> usize {
        let own = |pending: &&Pending| !matches!(pending.intent.slot, Slot::Within { .. });
        self.pending.values().filter(own).count()
    }

    /// The effect that asked for this one.
    pub fn asker(&self, effect: Seq) -> Option<Seq> {
        match self.pending.get(&effect)?.intent.slot {
            Slot::Within { of, .. } => Some(of),
            _ => None,
        }
    }

    /// How many calls an effect is below the one the run made.
    pub fn depth(&self, effect: Seq) -> usize {
        std::iter::successors(self.asker(effect), |asker| self.asker(*asker)).count()
    }

    /// Whether an effect should be under way. One that somebody has to decide about is not, nor what asked for it, nor what
    /// it asked for.
    pub fn may_go_on(&self, effect: Seq) -> bool {
        let asked = self.asker(effect);
        asked.is_none_or(|asker| self.may_go_on(asker)) && !self.waits(effect)
    }

    fn waits(&self, effect: Seq) -> bool {
        let own = self.pending.get(&effect);
        let inner = self.inner.get(&effect).into_iter().flatten();
        own.is_none_or(|pending| pending.lost)
            || inner
                .filter(|inner| inner.outcome.is_none())
                .any(|inner| self.waits(inner.seq))
    }

    pub(super) fn ask_within(&mut self, seq: Seq, of: Seq, act: &Act) -> Result<(), Impossible> {
        if !self.pending.contains_key(&of) {
            return Err(impossible(seq, "the call that asks is not under way"));
        }
        self.inner.entry(of).or_default().push(Inner {
            seq,
            wish: digest(act),
            outcome: None,
            outside: false,
        });
        Ok(())
    }

    /// Keeps what came of a wish; nothing is left to keep it for once the call that asked has ended.
    pub(super) fn answer_within(&mut self, effect: Seq, of: Seq, outcome: Outcome, outside: bool) {
        let inner = self.inner.get_mut(&of);
        let asked = inner.and_then(|all| all.iter_mut().find(|inner| inner.seq == effect));
        if let Some(asked) = asked {
            asked.outcome = Some(outcome);
            asked.outside = outside;
        }
    }
}

/// Whether a search for notes found one that was kept by a run that had read text from outside.
pub(super) fn has_outside_note(outcome: &Outcome) -> bool {
    let Outcome::Output { value, .. } = outcome else {
        return false;
    };
    let found: Vec<Value> = serde_json::from_str(value).unwrap_or_default();
    found.iter().any(|note| note[OUTSIDE] == Value::Bool(true))
}
