//! A package with what each of its skills says of itself.

use std::collections::BTreeMap;

use metier_agent::definition::Name;

use super::{Package, Pin};
use crate::consent::Contents;

/// An agent and its skills, each the very one that is pinned.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// The agent.
    pub package: Package,
    /// What its skills say, by alias; never joined.
    pub(super) skills: BTreeMap<Name, Contents>,
}

/// A skill that is not the one that was pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the skill `{alias}` of {agent} is not {} {} with the digest {}", .pin.name, .pin.version, .pin.digest)]
pub struct OtherPin {
    /// Its alias.
    pub alias: String,
    /// Whose.
    pub agent: String,
    /// What is pinned.
    pub pin: Pin,
}

impl Bundle {
    /// Puts them together.
    ///
    /// # Errors
    /// When a skill is missing, or not the one that is pinned.
    pub fn new(package: Package, skills: BTreeMap<Name, Contents>) -> Result<Self, Box<OtherPin>> {
        for (alias, pin) in package.pins() {
            let is_pinned = |skill: &Contents| {
                (skill.name(), skill.version(), skill.component())
                    == (&pin.name, &pin.version, &pin.digest)
            };
            if !skills.get(alias).is_some_and(is_pinned) {
                return Err(Box::new(OtherPin {
                    alias: alias.as_str().to_owned(),
                    agent: package.name().to_string(),
                    pin: pin.clone(),
                }));
            }
        }
        Ok(Bundle { package, skills })
    }

    /// Its skills, by alias.
    pub fn skills(&self) -> &BTreeMap<Name, Contents> {
        &self.skills
    }
}
