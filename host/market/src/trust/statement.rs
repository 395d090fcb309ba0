//! In-toto v1 statements about one digest.

use std::collections::BTreeMap;

use metier_core::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::role::Role;

/// The `_type` of every statement.
const TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement as it was signed, not yet compared with what is wanted.
#[derive(Deserialize)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    #[serde(default)]
    pub predicate: Value,
}

/// What `cosign` adds to a subject, its annotations, is not looked at.
#[derive(Deserialize, Serialize)]
struct Subject {
    #[serde(default)]
    name: String,
    digest: BTreeMap<String, String>,
}

impl Statement {
    /// Reads one; nothing when it is none.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let statement: Statement = serde_json::from_slice(payload).ok()?;
        (statement.kind == TYPE).then_some(statement)
    }

    /// The one thing it is about: its SHA-256, and what it is called if it has a name. Nothing when there are more, or other digests.
    pub fn subject(&self) -> Option<(Digest, Option<&str>)> {
        let [subject] = self.subject.as_slice() else {
            return None;
        };
        let digest = format!("sha256:{}", subject.digest.get("sha256")?);
        let name = Some(subject.name.as_str()).filter(|name| !name.is_empty());
        Some((digest.parse().ok()?, name))
    }
}

/// The canonical text of a statement of this role.
pub(super) fn write<R: Role>(
    subject: &Digest,
    name: &str,
    predicate: &R::Predicate,
) -> Option<String> {
    Some(canonical::text(&json!({
        "_type": TYPE,
        "subject": [{"name": name, "digest": {"sha256": subject.to_hex()}}],
        "predicateType": R::PREDICATE,
        "predicate": serde_json::to_value(predicate).ok()?,
    })))
}
