//! The hash chain of a journal.
//!
//! The genesis of a run is `SHA-256("metier journal 1" ‖ run id ‖ tenant)`, so that no journal passes for another's. Event `n` has
//! `SHA-256(hash of n - 1 ‖ n ‖ length of kind ‖ kind ‖ body)`; numbers are 8 bytes, run ids 16, big-endian.

use metier_core::ids::TenantId;
use sha2::{Digest, Sha256};

use crate::{
    error::StoreError,
    types::{Event, Head, Kind, NewEvent, RunId, Seq},
};

/// Where a journal without events stands.
pub fn genesis(run: RunId, tenant: &TenantId) -> Head {
    let mut hash = Sha256::new();
    hash.update(b"metier journal 1");
    hash.update(run.number().to_be_bytes());
    hash.update(tenant.as_str());
    Head {
        seq: Seq(0),
        hash: hash.finalize().into(),
    }
}

/// Where a journal stands one event later.
pub fn link(head: &Head, kind: &Kind, body: &[u8]) -> Head {
    let seq = Seq(head.seq.0 + 1);
    let kind = kind.as_str().as_bytes();
    let mut hash = Sha256::new();
    hash.update(head.hash);
    hash.update(seq.0.to_be_bytes());
    hash.update((kind.len() as u64).to_be_bytes());
    hash.update(kind);
    hash.update(body);
    Head {
        seq,
        hash: hash.finalize().into(),
    }
}

/// Where a journal stands after each of the events.
pub fn extend(head: &Head, events: &[NewEvent]) -> Vec<Head> {
    let mut head = *head;
    let links = events.iter().map(|event| {
        head = link(&head, &event.kind, &event.body);
        head
    });
    links.collect()
}

/// Checks that `events` follow on `head`, without a gap, and where they end when `end` is known.
pub fn verify(
    run: RunId,
    head: Head,
    events: &[Event],
    end: Option<Head>,
) -> Result<(), StoreError> {
    let mut head = head;
    for event in events {
        let next = link(&head, &event.kind, &event.body);
        if next.seq != event.seq || next.hash != event.hash {
            return Err(StoreError::Corrupt { run, seq: next.seq });
        }
        head = next;
    }
    match end {
        Some(end) if end.seq > head.seq => Err(StoreError::Corrupt {
            run,
            seq: Seq(head.seq.0 + 1),
        }),
        Some(end) if end != head => Err(StoreError::Corrupt { run, seq: head.seq }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn no_part_of_an_event_can_move_into_another() {
        let start = genesis(RunId::new(1), &TenantId::local());
        let hash = |kind: &str, body: &[u8]| link(&start, &kind.parse().unwrap(), body).hash;
        assert_ne!(hash("ab", b"c"), hash("a", b"bc"));
        assert_ne!(hash("a", b"b"), hash("a", b"c"));
        assert_ne!(start.hash, genesis(RunId::new(2), &TenantId::local()).hash);
        assert_ne!(
            start.hash,
            genesis(RunId::new(1), &"other".parse().unwrap()).hash
        );
    }

    /// Journals written today must be readable for ever.
    #[test]
    fn the_chain_is_as_documented() {
        let head = genesis(RunId::new(1), &TenantId::local());
        let expected =
            Sha256::digest([&b"metier journal 1"[..], &1u128.to_be_bytes(), b"local"].concat());
        assert_eq!(head.hash[..], expected[..]);
        let event = [
            &head.hash[..],
            &1u64.to_be_bytes(),
            &7u64.to_be_bytes(),
            b"started",
            b"{}",
        ]
        .concat();
        let next = link(&head, &"started".parse().unwrap(), b"{}");
        assert_eq!(
            (next.seq, &next.hash[..]),
            (Seq(1), &Sha256::digest(event)[..])
        );
    }
}
