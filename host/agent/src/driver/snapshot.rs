//! Where a run stood a while ago, so that taking it up reads the end of its journal instead of all of it.
//!
//! A snapshot is a copy of what the fold gave, and never the truth: it names the event it stands behind by the hash of the whole
//! journal up to there, and one that is missing, unreadable, of another version or of another history is passed over. So it may be
//! dropped, lost or overwritten by an older one at any time, and nothing changes but the time it takes.
//!
//! It is an entry of the catalog: a first line that says what it is, then the state as JSON, whose long texts stand in the blobs that the
//! journal's events put there.

use std::collections::BTreeMap;

use metier_core::Digest;
use metier_store::{
    Store,
    limits::MAX_ENTRY_BYTES,
    types::{Expect, Head, Key, Kind, RunId, Seq as StoreSeq},
};
use serde::{Deserialize, Serialize};

use super::runs::RunError;
use crate::{journal::Packed, state::State};

/// Events between two snapshots: what taking up a run reads at most, beside the snapshot.
pub(super) const EVERY: u64 = 200;

/// What [`State`] means. It goes up with every change of what the fold makes of the same events, or of how a state is written.
const FOLD: u16 = 2;

#[derive(Serialize, Deserialize)]
struct Line {
    fold: u16,
    seq: u64,
    hash: Digest,
    /// Where the state is, when it is too large for the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blob: Option<Digest>,
}

/// A state, and where in its journal it stood.
pub(super) struct Snapshot {
    pub(super) head: Head,
    pub(super) state: State,
}

/// The snapshot of a run, if there is one that can be read. Whether it is of this history is the caller's to see.
pub(super) async fn read(store: &dyn Store, run: &RunId) -> Option<Snapshot> {
    let found = store.get(&kind().ok()?, &key(run).ok()?).await;
    let value = found.ok()??.value?;
    let cut = value.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = value.split_at(cut);
    let line: Line = serde_json::from_slice(line).ok()?;
    if line.fold != FOLD {
        return None;
    }
    let body = match line.blob {
        Some(digest) => store.get_blob(&digest).await.ok()??,
        None => rest.to_vec(),
    };
    let packed = Packed::read(&body).ok()?;
    let mut texts = BTreeMap::new();
    for digest in packed.wanted() {
        texts.insert(digest, store.get_blob(&digest).await.ok()??);
    }
    let state: State = packed.unpack(&texts).ok()?;
    let head = Head {
        seq: StoreSeq(line.seq),
        hash: *line.hash.as_bytes(),
    };
    (state.head.0 == line.seq).then_some(Snapshot { head, state })
}

/// Keeps where a run stands at `head`.
///
/// # Errors
/// The store's; the run does not depend on it.
pub(super) async fn keep(
    store: &dyn Store,
    run: &RunId,
    head: &Head,
    state: &State,
) -> Result<(), RunError> {
    let (body, texts) = Packed::write(state)?;
    for (digest, text) in &texts {
        store.put_blob(digest, text).await?;
    }
    let mut line = Line {
        fold: FOLD,
        seq: head.seq.0,
        hash: Digest::from_sha256(head.hash),
        blob: None,
    };
    // Room for the first line.
    let fits = body.len() + 512 <= MAX_ENTRY_BYTES;
    if !fits {
        let digest = Digest::of(&body);
        store.put_blob(&digest, &body).await?;
        line.blob = Some(digest);
    }
    let mut value = serde_json::to_vec(&line).map_err(|error| RunError::Name(error.to_string()))?;
    value.push(b'\n');
    if fits {
        value.extend(body);
    }
    store
        .put(&kind()?, &key(run)?, Expect::Any, Some(&value), None)
        .await?;
    Ok(())
}

/// Drops the snapshot of a run that has ended: nobody will take it up again.
///
/// # Errors
/// The store's.
pub(super) async fn forget(store: &dyn Store, run: &RunId) -> Result<(), RunError> {
    store
        .put(&kind()?, &key(run)?, Expect::Any, None, None)
        .await?;
    Ok(())
}

fn kind() -> Result<Kind, RunError> {
    "run-snapshot".parse().map_err(RunError::id)
}

fn key(run: &RunId) -> Result<Key, RunError> {
    run.to_string().parse().map_err(RunError::id)
}
