//! What the store keeps about markets.

use metier_core::{Digest, Manifest, SkillName};
use metier_market::{
    revoked::{Capability, Installed, Seen},
    trust::KeyHint,
};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::records::Record;

/// Why a component may be loaded. Its key is the component's digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Vouched {
    /// Why.
    pub why: Why,
    /// What lists are asked about it; nothing of a file that says not who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

/// Who says that a component is what it is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Why {
    /// A market.
    Market {
        /// Its log.
        origin: String,
        /// The receipt, a blob of the store.
        receipt: Digest,
        /// The number of the leaf.
        leaf: u64,
        /// Who signed it.
        key: KeyHint,
    },
    /// Nobody: whoever installed it said that nobody has to.
    Nobody,
}

impl Why {
    /// The market's log, or `nobody`.
    pub fn who(&self) -> &str {
        match self {
            Why::Market { origin, .. } => origin,
            Why::Nobody => "nobody",
        }
    }
}

/// What a revocation can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// Its name.
    pub name: SkillName,
    /// Its version.
    pub version: Version,
    /// What its manifest asks for.
    pub capabilities: Vec<Capability>,
}

impl Facts {
    /// What a component says of itself.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let info = manifest.skill.as_ref()?;
        Some(Facts {
            name: info.name.clone(),
            version: info.version.clone(),
            capabilities: Capability::asked(&manifest.capabilities),
        })
    }

    /// As lists take them.
    pub fn installed(&self, digest: Digest) -> Installed {
        Installed {
            name: self.name.clone(),
            version: self.version.clone(),
            digest,
            capabilities: self.capabilities.clone(),
        }
    }
}

impl Record for Vouched {
    const KIND: &'static str = "vouched";
}

/// Which key a namespace's signatures went back to when it was first met. Its key is `ORIGIN/NAMESPACE`, escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Known {
    /// That key.
    pub first_key: KeyHint,
}

impl Record for Known {
    const KIND: &'static str = "publisher";
}

/// The newest revocation list of a market. Its key is the SHA-256 of its log's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeptList {
    /// The market's log.
    pub origin: String,
    /// The file, a blob of the store.
    pub file: Digest,
    /// What was seen, so that no older one is taken.
    pub seen: Seen,
}

impl Record for KeptList {
    const KIND: &'static str = "revocations";
}
