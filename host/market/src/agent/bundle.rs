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
    /// Those of which nobody can show any more what they are, and why not.
    pub(super) unshown: BTreeMap<Name, String>,
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
        Bundle::remembered(package, skills, BTreeMap::new())
    }

    /// Puts together what was consented to earlier. Skills that nobody can show any more are left out, each with why: what takes their place
    /// is as new ([`super::compare`]).
    ///
    /// # Errors
    /// As [`Bundle::new`].
    pub fn remembered(
        package: Package,
        skills: BTreeMap<Name, Contents>,
        unshown: BTreeMap<Name, String>,
    ) -> Result<Self, Box<OtherPin>> {
        for (alias, pin) in package.pins() {
            let is_pinned = |skill: &Contents| {
                (skill.name(), skill.version(), skill.component())
                    == (&pin.name, &pin.version, &pin.digest)
            };
            if !unshown.contains_key(alias) && !skills.get(alias).is_some_and(is_pinned) {
                return Err(Box::new(OtherPin {
                    alias: alias.as_str().to_owned(),
                    agent: package.name().to_string(),
                    pin: pin.clone(),
                }));
            }
        }
        Ok(Bundle {
            package,
            skills,
            unshown,
        })
    }

    /// Its skills, by alias.
    pub fn skills(&self) -> &BTreeMap<Name, Contents> {
        &self.skills
    }

    /// Why nobody can show them any more, by alias.
    pub fn unshown(&self) -> &BTreeMap<Name, String> {
        &self.unshown
    }
}
