//! What is decided and not yet durable, as one batch for the store.

use metier_core::Effect;
use metier_store::{
    Store,
    types::{
        AccountName, Batch, BudgetMove, Key, LedgerLine, NanoDollars, Next, OpId, RunId, SignalKey,
    },
};
use serde_json::json;

use super::{journal, runs::RunError, runs::account_of};
use crate::{
    definition::Name,
    journal::{Act, Entry, Event, Intent, Outcome, Seq, Settlement, Slot},
    naming::sales_account,
    state::State,
};

/// Events in one batch; the store takes a few more.
const FULL: usize = 200;

/// The account all runs of a tenant share; its cap, where there is one, is the operator's.
const SHARED: &str = "tenant";

/// What is decided and not yet durable.
pub(super) struct Pages {
    run: RunId,
    /// Each with the signal it accounts for.
    entries: Vec<(Entry, Option<SignalKey>)>,
    budget: Vec<BudgetMove>,
    ledger: Vec<LedgerLine>,
    audit: Vec<Vec<u8>>,
}

impl Pages {
    pub(super) const fn of(run: RunId) -> Pages {
        Pages {
            run,
            entries: Vec::new(),
            budget: Vec::new(),
            ledger: Vec::new(),
            audit: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= FULL || self.budget.len() >= FULL
    }

    pub(super) fn reserves(&self) -> bool {
        let reserve = |it: &BudgetMove| matches!(it, BudgetMove::Reserve { .. });
        self.budget.iter().any(reserve)
    }

    /// Adds the event that follows `state`, with the money it moves, what the audit keeps of it and the signal it accounts for.
    pub(super) fn add(
        &mut self,
        state: &State,
        entry: &Entry,
        signal: Option<SignalKey>,
    ) -> Result<(), RunError> {
        let seq = Seq(state.head.0 + 1);
        match &entry.event {
            Event::Intended(intent) => self.reserve(seq, intent)?,
            Event::Settled(settlement) => self.settle(state, settlement)?,
            _ => {}
        }
        self.audit.extend(audited(state, seq, entry));
        self.entries.push((entry.clone(), signal));
        Ok(())
    }

    fn reserve(&mut self, seq: Seq, intent: &Intent) -> Result<(), RunError> {
        let amount = nanos(intent.worst.nano_dollars);
        if amount.0 == 0 {
            return Ok(());
        }
        for account in self.accounts()? {
            let key = key_of(seq)?;
            self.budget.push(BudgetMove::Reserve {
                account,
                key,
                amount,
            });
        }
        Ok(())
    }

    /// The truth takes the place of the worst case. A model that used more than its worst case is booked as that: the
    /// budget was promised, and the provider's own words stay in the event.
    fn settle(&mut self, state: &State, settlement: &Settlement) -> Result<(), RunError> {
        let Some(pending) = state.pending.get(&settlement.effect) else {
            return Ok(());
        };
        if !settlement.price.is_zero() {
            self.ledger.push(LedgerLine {
                account: sold_by(state, &pending.intent)?,
                amount: nanos(settlement.price.0),
                memo: format!("{}/{}", self.run, settlement.effect),
            });
        }
        let worst = pending.intent.worst.nano_dollars;
        if worst == 0 {
            return Ok(());
        }
        let actual = nanos(settlement.cost.nano_dollars.min(worst));
        for account in self.accounts()? {
            self.budget.push(BudgetMove::Settle {
                account,
                key: key_of(settlement.effect)?,
                actual,
            });
        }
        if actual.0 > 0 {
            self.ledger.push(LedgerLine {
                account: booked_on(state, &pending.intent, &settlement.outcome)?,
                amount: actual,
                memo: format!("{}/{}", self.run, settlement.effect),
            });
        }
        Ok(())
    }

    fn accounts(&self) -> Result<[AccountName; 2], RunError> {
        let shared = SHARED.parse().map_err(RunError::id)?;
        Ok([account_of(&self.run)?, shared])
    }

    /// As the store wants it; long texts are stored on the way.
    pub(super) async fn batch(
        &self,
        store: &dyn Store,
        op: OpId,
        next: Next,
    ) -> Result<Batch, RunError> {
        let mut events = Vec::with_capacity(self.entries.len());
        for (entry, _) in &self.entries {
            events.push(journal::prepare(store, entry).await?);
        }
        Ok(Batch {
            op,
            events,
            ledger: self.ledger.clone(),
            budget: self.budget.clone(),
            audit: self.audit.clone(),
            consume: self
                .entries
                .iter()
                .filter_map(|(_, key)| key.clone())
                .collect(),
            next,
        })
    }

    /// The entries; everything else is gone.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        let run = self.run;
        let entries = std::mem::replace(self, Pages::of(run)).entries;
        entries.into_iter().map(|(entry, _)| entry).collect()
    }

    /// The entries before the first that costs money, each with the signal it accounts for.
    pub(super) fn take_before_intents(&mut self) -> Vec<(Entry, Option<SignalKey>)> {
        let run = self.run;
        let pages = std::mem::replace(self, Pages::of(run));
        let costs = |entry: &Entry| matches!(&entry.event, Event::Intended(intent) if intent.worst.nano_dollars > 0);
        let entries = pages.entries.into_iter();
        entries.take_while(|(entry, _)| !costs(entry)).collect()
    }
}

fn key_of(effect: Seq) -> Result<Key, RunError> {
    effect.to_string().parse().map_err(RunError::id)
}

fn nanos(amount: u64) -> NanoDollars {
    NanoDollars(i64::try_from(amount).unwrap_or(i64::MAX))
}

/// Where a cost is booked: the candidate that answered, and below it the skill that asked, where it was not the agent itself. Of a
/// question whose asker is gone nobody knows which candidate that was.
fn booked_on(state: &State, intent: &Intent, outcome: &Outcome) -> Result<AccountName, RunError> {
    let candidate = match outcome {
        Outcome::Answer(answer) => Some(answer.candidate.as_str()),
        Outcome::NoAnswer(failure) => failure.candidate.as_deref(),
        Outcome::Output { .. } | Outcome::Fault { .. } => None,
    };
    let account = match &intent.act {
        Act::Model { .. } => {
            let candidate = candidate.unwrap_or("unknown");
            match asker(state, intent.slot) {
                Some(skill) => format!("model/{candidate}/skill/{}", skill.as_str()),
                None => format!("model/{candidate}"),
            }
        }
        Act::Tool { tool, .. } => match state.started.tools.get(tool) {
            Some(pinned) => format!("tool/skill/{}", pinned.skill.as_str()),
            None => "tool".to_owned(),
        },
        Act::Builtin { .. } => "tool".to_owned(),
    };
    account.parse().map_err(RunError::id)
}

/// Where the price of a call is booked: the skill, by the name its publisher gave it.
fn sold_by(state: &State, intent: &Intent) -> Result<AccountName, RunError> {
    let name = match &intent.act {
        Act::Tool { tool, .. } => state.started.tools.get(tool).and_then(|pinned| {
            let skill = state.started.skills.get(&pinned.skill)?;
            skill.name.as_ref()
        }),
        Act::Model { .. } | Act::Builtin { .. } => None,
    };
    sales_account(name).parse().map_err(RunError::id)
}

/// The skill within whose call something was asked.
fn asker(state: &State, slot: Slot) -> Option<&Name> {
    let Slot::Within { of, .. } = slot else {
        return None;
    };
    match &state.pending.get(&of)?.intent.act {
        Act::Tool { tool, .. } => Some(&state.started.tools.get(tool)?.skill),
        Act::Model { .. } | Act::Builtin { .. } => None,
    }
}

/// What the audit trail keeps: calls of tools with their effect, what skills asked of others and in
/// which call, and who decided what. No arguments, no answers.
fn audited(state: &State, seq: Seq, entry: &Entry) -> Option<Vec<u8>> {
    let line = match &entry.event {
        Event::Intended(Intent {
            slot,
            act: Act::Tool { tool, .. },
            ..
        }) => {
            let pinned = state.started.tools.get(tool);
            let effect = pinned.map_or(Effect::default(), |pinned| pinned.effect);
            let mut line = json!({"seq": seq, "at": entry.at, "tool": tool, "effect": effect});
            if let Slot::Within { of, .. } = slot {
                line["within"] = json!(of);
            }
            line
        }
        Event::Intended(Intent {
            slot: Slot::Within { of, .. },
            act: Act::Model { route, .. },
            ..
        }) => json!({"seq": seq, "at": entry.at, "model": route, "within": of}),
        Event::Decided {
            question,
            verdict,
            by,
        } => {
            json!({"seq": seq, "at": entry.at, "question": question, "verdict": verdict, "by": by})
        }
        Event::CancelAsked { by, why } => {
            json!({"seq": seq, "at": entry.at, "cancelled-by": by, "why": why})
        }
        _ => return None,
    };
    Some(line.to_string().into_bytes())
}
