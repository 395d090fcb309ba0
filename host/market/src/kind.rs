//! What a market publishes: skills, and agents that use them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a name stands for. A name is of one kind for ever.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A component.
    #[default]
    Skill,
    /// An agent or a chain, with its skills pinned ([`crate::agent`]).
    Agent,
}

impl Kind {
    /// As leaves, index and search have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Skill => "skill",
            Kind::Agent => "agent",
        }
    }

    /// Whether it is a skill: what is left out where nothing is written.
    pub const fn is_skill(&self) -> bool {
        matches!(self, Kind::Skill)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
