//! What a decision is bound to.

use metier_core::{Digest, canonical};
use serde_json::{Value, json};

use crate::journal::Started;

/// SHA-256 over the tool, the bytes of its skill and the exact arguments: who approves this approves nothing else.
pub fn hash_of_call(started: &Started, tool: &str, arguments: &Value) -> Digest {
    let pinned = started.tools.get(tool);
    let skill = pinned.and_then(|pinned| started.skills.get(&pinned.skill));
    let digest = skill.map(|skill| skill.digest.to_string());
    of(&json!(["call", tool, digest, arguments]))
}

/// SHA-256 over the question and what is shown with it.
pub fn hash_of_step(text: &str, show: Option<&Value>) -> Digest {
    of(&json!(["step", text, show]))
}

fn of(value: &Value) -> Digest {
    Digest::of(canonical::text(value).as_bytes())
}
