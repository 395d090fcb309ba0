//! What a model thought, on its way to the client and back: sealed, so that only its own tenant brings it back, and as it was.
//!
//! A thought is of use only to the provider that wrote it, which wants it in its place. All thoughts of an answer travel as one text, each
//! with the place it had; wherever a client puts the text within the same turn, they go back there.

use metier_agent::models::{Message, Part, Reasoning};
use metier_core::{Fault, TenantId};
use metier_service::seal::Seal;

use super::failure::Failure;

/// What the seal is for.
const PURPOSE: &str = "thoughts";

/// The thoughts of an answer, sealed; none where there are none.
///
/// # Errors
/// Never in practice.
pub fn sealed(seal: &Seal, tenant: &TenantId, message: &Message) -> Result<Option<String>, Fault> {
    let placed = message.parts.iter().enumerate();
    let thoughts: Vec<(usize, &Reasoning)> = placed
        .filter_map(|(at, part)| match part {
            Part::Reasoning(thought) => Some((at, thought)),
            _ => None,
        })
        .collect();
    if thoughts.is_empty() {
        return Ok(None);
    }
    let bytes = serde_json::to_vec(&thoughts).unwrap_or_default();
    seal.close(tenant, PURPOSE, bytes).map(Some)
}

/// What it thought, in words fit for people.
pub fn summary(message: &Message) -> Option<String> {
    let words = message.parts.iter().filter_map(|part| match part {
        Part::Reasoning(thought) => thought.summary.as_deref(),
        _ => None,
    });
    let words = words.collect::<Vec<_>>().join("\n\n");
    Some(words).filter(|words| !words.is_empty())
}

/// Puts thoughts back in their places.
///
/// # Errors
/// When the text was not sealed here, or for somebody else.
pub fn put_back(
    seal: &Seal,
    tenant: &TenantId,
    text: &str,
    parts: &mut Vec<Part>,
    at: &str,
) -> Result<(), Failure> {
    let opened = seal.open_text(tenant, PURPOSE, text);
    let thoughts = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let thoughts: Vec<(usize, Reasoning)> = thoughts.ok_or_else(|| {
        let message = format!(
            "'{at}' does not open: send back what an answer of this host had, unchanged, or leave the item out."
        );
        Failure::invalid(at, message).coded("invalid_encrypted_content")
    })?;
    for (place, thought) in thoughts {
        let place = place.min(parts.len());
        parts.insert(place, Part::Reasoning(thought));
    }
    Ok(())
}
