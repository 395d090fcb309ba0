//! What is wanted: a skill, and which versions of it will do.

use std::{fmt, str::FromStr};

use metier_core::{SkillName, ids::InvalidSkillName, ids::shown};
use semver::{Op, VersionReq};

/// Longest requirement, in bytes: a name and some bounds.
const MAX_BYTES: usize = 512;

/// `com.acme/salesforce`, any version; or `com.acme/salesforce@^1.2`, as cargo writes versions: `1.2` is `^1.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The skill.
    pub name: SkillName,
    /// Its versions. Pre-releases only where they are named.
    pub versions: VersionReq,
}

/// The text is no requirement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequirement {
    /// Longer than any real one.
    #[error("a requirement has at most {MAX_BYTES} bytes")]
    TooLong,
    /// The name is none.
    #[error(transparent)]
    Name(#[from] InvalidSkillName),
    /// The versions are none.
    #[error("`{text}` names no versions: {why}; write `1.2`, `^1.2`, `=1.2.3` or `>=1, <3`")]
    Versions {
        /// As written.
        text: String,
        /// What is wrong.
        why: String,
    },
}

impl Requirement {
    /// Whether it names one version and no other: `=1.2.3`.
    pub fn is_exact(&self) -> bool {
        match self.versions.comparators.as_slice() {
            [only] => only.op == Op::Exact && only.minor.is_some() && only.patch.is_some(),
            _ => false,
        }
    }
}

impl FromStr for Requirement {
    type Err = InvalidRequirement;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_BYTES {
            return Err(InvalidRequirement::TooLong);
        }
        let (name, versions) = text.split_once('@').unwrap_or((text, "*"));
        let versions =
            versions
                .parse()
                .map_err(|why: semver::Error| InvalidRequirement::Versions {
                    text: shown(versions),
                    why: why.to_string(),
                })?;
        Ok(Requirement {
            name: name.parse()?,
            versions,
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.versions == VersionReq::STAR {
            true => write!(f, "{}", self.name),
            false => write!(f, "{}@{}", self.name, self.versions),
        }
    }
}
