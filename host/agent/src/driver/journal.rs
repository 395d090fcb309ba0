//! Entries to the store and back, with their blobs.

use std::collections::BTreeMap;

use metier_core::Digest;
use metier_store::{
    Store, StoreError,
    types::{Event as Stored, Head, NewEvent, RunId, Seq as StoreSeq},
};

use super::{
    runs::RunError,
    snapshot::{self, Snapshot},
};
use crate::{
    journal::{Draft, Entry, Seq, encode},
    state::State,
};

/// Events read at once.
const PAGE: usize = 256;

/// An entry for the store; its long texts are stored first.
pub(super) async fn prepare(store: &dyn Store, entry: &Entry) -> Result<NewEvent, RunError> {
    let encoded = encode(entry)?;
    for (digest, bytes) in &encoded.blobs {
        store.put_blob(digest, bytes).await?;
    }
    Ok(NewEvent {
        kind: encoded.kind.parse().map_err(RunError::id)?,
        body: encoded.body,
    })
}

/// An entry from the store, with its long texts.
pub(super) async fn restore(store: &dyn Store, stored: &Stored) -> Result<Entry, RunError> {
    let draft = Draft::parse(&stored.body)?;
    let mut texts: BTreeMap<Digest, Vec<u8>> = BTreeMap::new();
    for digest in draft.wanted() {
        if let Some(bytes) = store.get_blob(&digest).await? {
            texts.insert(digest, bytes);
        }
    }
    Ok(draft.finish(&texts)?)
}

/// Reads a run's entries from `from` on, one after the other.
pub(super) async fn read_each(
    store: &dyn Store,
    run: &RunId,
    from: Seq,
    mut each: impl FnMut(&Stored, Entry) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut from = StoreSeq(from.0);
    loop {
        let page = store.read(run, from, PAGE).await?;
        for stored in &page {
            let entry = restore(store, stored).await?;
            each(stored, entry)?;
            from = StoreSeq(stored.seq.0 + 1);
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

/// All entries of a run from `from` on.
pub(super) async fn read(
    store: &dyn Store,
    run: &RunId,
    from: Seq,
) -> Result<Vec<(Seq, Entry)>, RunError> {
    let mut entries = Vec::new();
    let keep = |stored: &Stored, entry| {
        entries.push((Seq(stored.seq.0), entry));
        Ok(())
    };
    read_each(store, run, from, keep).await?;
    Ok(entries)
}

/// The first events of a run as they were written, up to `at`, for another run to begin with. They have to make sense.
pub(super) async fn copy(
    store: &dyn Store,
    run: &RunId,
    at: Seq,
) -> Result<Vec<NewEvent>, RunError> {
    let mut events = Vec::new();
    let mut fold = None;
    let keep = |stored: &Stored, entry| {
        if stored.seq.0 <= at.0 {
            step(&mut fold, entry)?;
            events.push(NewEvent {
                kind: stored.kind.clone(),
                body: stored.body.clone(),
            });
        }
        Ok(())
    };
    read_each(store, run, Seq(1), keep).await?;
    Ok(events)
}

/// Where entries lead.
pub(super) fn fold(entries: &[Entry]) -> Result<Option<State>, RunError> {
    let mut fold = None;
    for entry in entries {
        step(&mut fold, entry.clone())?;
    }
    Ok(fold)
}

/// Where a run stands: from its last snapshot and what came after, or from its journal alone.
pub(super) async fn state(store: &dyn Store, run: &RunId) -> Result<Standing, RunError> {
    if let Some(Snapshot { head, state }) = snapshot::read(store, run).await
        && let Some(state) = follow(store, run, &head, state).await?
    {
        let snapshot = head.seq.0;
        return Ok(Standing { state, snapshot });
    }
    let mut fold = None;
    read_each(store, run, Seq(1), |_, entry| step(&mut fold, entry)).await?;
    let state = fold.ok_or_else(|| StoreError::NotFound {
        what: format!("run {run}"),
    })?;
    Ok(Standing { state, snapshot: 0 })
}

/// Where a run stands, and the event its snapshot stands at.
pub(super) struct Standing {
    pub(super) state: State,
    pub(super) snapshot: u64,
}

/// Goes on from a snapshot; nothing when it is of another history.
async fn follow(
    store: &dyn Store,
    run: &RunId,
    head: &Head,
    state: State,
) -> Result<Option<State>, RunError> {
    let is_there = store.read(run, head.seq, 1).await?;
    if !is_there.iter().any(|event| event.hash == head.hash) {
        return Ok(None);
    }
    let mut fold = Some(state);
    let next = Seq(head.seq.0 + 1);
    read_each(store, run, next, |_, entry| step(&mut fold, entry)).await?;
    Ok(fold)
}

/// One event further.
fn step(fold: &mut Option<State>, entry: Entry) -> Result<(), RunError> {
    match fold {
        Some(state) => state.apply(entry)?,
        None => *fold = Some(State::begin(entry)?),
    }
    Ok(())
}
