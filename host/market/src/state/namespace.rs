//! Namespaces: domain names, backwards.

use std::{fmt, str::FromStr};

use metier_core::{SkillName, ids::shown};
use serde::{Deserialize, Serialize};

/// `com.acme`: a domain somebody has proven, written backwards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

impl Namespace {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace a skill is in.
    pub fn of(name: &SkillName) -> Self {
        Namespace(name.namespace().to_owned())
    }

    /// Those it is below, the nearest first: of `com.acme.tools`, `com.acme`.
    pub fn above(&self) -> impl Iterator<Item = Namespace> {
        let dots = self.0.rmatch_indices('.');
        let above = dots.filter_map(|(dot, _)| self.0.get(..dot));
        above
            .filter(|text| text.contains('.'))
            .map(|text| Namespace(text.to_owned()))
    }

    /// The domain it stands for: `acme.com`.
    pub fn domain(&self) -> String {
        let mut labels: Vec<_> = self.0.split('.').collect();
        labels.reverse();
        labels.join(".")
    }
}

/// The text is no namespace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no namespace; write a domain you own backwards, such as `com.acme`")]
pub struct InvalidNamespace(String);

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What a name of a skill may have before its slash.
        let skill: Option<SkillName> = format!("{text}/x").parse().ok();
        let skill = skill.filter(|skill| skill.namespace() == text);
        skill
            .map(|skill| Namespace::of(&skill))
            .ok_or_else(|| InvalidNamespace(shown(text)))
    }
}

impl TryFrom<String> for Namespace {
    type Error = InvalidNamespace;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
