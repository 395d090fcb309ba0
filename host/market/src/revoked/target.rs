//! What can be revoked.

use std::{fmt, str::FromStr};

use metier_core::{Digest, SkillName, ids::shown, manifest::Capabilities};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::range::Range;
use crate::state::Namespace;

/// One file, some versions of a skill, everything of a publisher, or everything that asks for a capability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what", deny_unknown_fields)]
pub enum Target {
    /// The component with this digest.
    Digest {
        /// Its SHA-256.
        digest: Digest,
    },
    /// These versions of this skill.
    Versions {
        /// The skill.
        name: SkillName,
        /// Which.
        versions: Range,
    },
    /// Every skill of this namespace. Those of a namespace below it have an owner of their own, and are not hit.
    Publisher {
        /// The namespace.
        namespace: Namespace,
    },
    /// Every skill whose manifest asks for this.
    Capability {
        /// What it asks for.
        capability: Capability,
    },
}

impl Target {
    /// Whether it is about this version of this skill, as far as its name and digest tell.
    pub fn names(&self, name: &SkillName, version: &Version, digest: &Digest) -> bool {
        match self {
            Target::Digest { digest: revoked } => revoked == digest,
            Target::Versions {
                name: revoked,
                versions,
            } => revoked == name && versions.covers(version),
            Target::Publisher { namespace } => namespace.as_str() == name.namespace(),
            Target::Capability { .. } => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Digest { digest } => write!(f, "the file {digest}"),
            Target::Versions { name, versions } => write!(f, "{name} {versions}"),
            Target::Publisher { namespace } => write!(f, "everything of {namespace}"),
            Target::Capability { capability } => write!(f, "everything that asks for {capability}"),
        }
    }
}

/// A kind of reach, as manifests write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Files it makes.
    Artifacts,
    /// Tools of other skills.
    Calls,
    /// Settings.
    Config,
    /// Files of the operator.
    Files,
    /// Requests.
    Http,
    /// Key-value buckets.
    Kv,
    /// Log lines.
    Log,
    /// Questions to models.
    Model,
}

impl Capability {
    /// Every one.
    pub const ALL: [Capability; 8] = [
        Capability::Artifacts,
        Capability::Calls,
        Capability::Config,
        Capability::Files,
        Capability::Http,
        Capability::Kv,
        Capability::Log,
        Capability::Model,
    ];

    /// Those that a manifest asks for.
    pub fn asked(asks: &Capabilities) -> Vec<Capability> {
        let is_asked = |kind: &Capability| match kind {
            Capability::Artifacts => asks.artifacts.is_some(),
            Capability::Calls => asks.calls.is_some(),
            Capability::Config => asks.config.is_some(),
            Capability::Files => !asks.files.is_empty(),
            Capability::Http => !asks.http.is_empty(),
            Capability::Kv => asks.kv.is_some(),
            Capability::Log => asks.log.is_some(),
            Capability::Model => asks.model.is_some(),
        };
        Capability::ALL.into_iter().filter(is_asked).collect()
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Capability::Artifacts => "artifacts",
            Capability::Calls => "calls",
            Capability::Config => "config",
            Capability::Files => "files",
            Capability::Http => "http",
            Capability::Kv => "kv",
            Capability::Log => "log",
            Capability::Model => "model",
        }
    }
}

/// The text is no capability.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no capability that is known here")]
pub struct UnknownCapability(String);

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Capability::ALL.into_iter();
        all.find(|known| known.as_str() == text)
            .ok_or_else(|| UnknownCapability(shown(text)))
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
