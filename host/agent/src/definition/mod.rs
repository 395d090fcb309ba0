//! What somebody wrote: an agent or a chain, in a file.
//!
//! An **agent** is instructions, a model and tools: the model decides what happens next. A **chain** is a fixed sequence of
//! steps. Both say which skills they use and under which grant, what they may spend, and what needs somebody's consent;
//! that half is [`Terms`] and is the same for both. A definition is checked against the tools it names before a run
//! starts, and pinned in the run's first event: editing the file changes later runs only.

mod agent;
mod chain;
mod terms;

mod parse;
#[cfg(test)]
mod tests;

use metier_core::toml_text::TextError;
use serde::{Deserialize, Serialize};

pub use agent::Agent;
pub use chain::{Ask, Chain, Map, Retry, Step, Work};
pub use terms::{
    Approvals, Budget, Consent, ConsentThen, Limits, MemoryUse, Name, OnTimeout, SkillUse, Taint,
    Terms, ToolChoice,
};

/// An agent or a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Definition {
    /// The model decides.
    Agent(Agent),
    /// The file decides.
    Chain(Chain),
}

impl Definition {
    /// Reads the text of an agent or chain file; `read` reads a file named in it, by its path beside the definition.
    pub fn parse(
        text: &str,
        read: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, TextError> {
        parse::definition(text, read)
    }

    /// The half that both have.
    pub fn terms(&self) -> &Terms {
        match self {
            Definition::Agent(agent) => &agent.terms,
            Definition::Chain(chain) => &chain.terms,
        }
    }
}
