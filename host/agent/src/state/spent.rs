//! What a run has used up and set aside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::journal::{Act, Cost, Intent, Slot, Worst};

/// What a run has used up and set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// 10⁻⁹ US dollars that are gone.
    pub nano_dollars: u64,
    /// Tokens that are gone.
    pub tokens: u64,
    /// What effects under way cost at the worst.
    pub reserved: Worst,
    /// Turns of an agent, pieces of work of a chain.
    pub steps: u32,
    /// Calls, by tool.
    pub calls: BTreeMap<String, u32>,
    /// Whether a provider did not say what it used, so that a part of this is an estimate.
    pub estimated: bool,
}

impl Spent {
    pub(super) fn intend(&mut self, intent: &Intent) {
        self.reserved.nano_dollars = self
            .reserved
            .nano_dollars
            .saturating_add(intent.worst.nano_dollars);
        self.reserved.tokens = self.reserved.tokens.saturating_add(intent.worst.tokens);
        if matches!(intent.slot, Slot::Turn | Slot::Step { .. }) {
            self.steps = self.steps.saturating_add(1);
        }
        if let Act::Tool { tool, .. } | Act::Builtin { tool, .. } = &intent.act {
            *self.calls.entry(tool.clone()).or_default() += 1;
        }
    }

    pub(super) fn settle(&mut self, worst: Worst, cost: Cost) {
        self.reserved.nano_dollars = self
            .reserved
            .nano_dollars
            .saturating_sub(worst.nano_dollars);
        self.reserved.tokens = self.reserved.tokens.saturating_sub(worst.tokens);
        self.nano_dollars = self.nano_dollars.saturating_add(cost.nano_dollars);
        self.tokens = self.tokens.saturating_add(cost.tokens);
        self.estimated |= cost.estimated;
    }

    /// Nano-dollars that are gone or set aside.
    pub fn committed_nano_dollars(&self) -> u64 {
        self.nano_dollars.saturating_add(self.reserved.nano_dollars)
    }

    /// Tokens that are gone or set aside.
    pub fn committed_tokens(&self) -> u64 {
        self.tokens.saturating_add(self.reserved.tokens)
    }
}
