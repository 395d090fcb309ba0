//! Entries to the store and back, with their blobs.

use std::collections::BTreeMap;

use metier_core::Digest;
use metier_store::{
    Store, StoreError,
    types::{Event as Stored, NewEvent, RunId, Seq as StoreSeq},
};

use super::runs::RunError;
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

/// All entries of a run from `from` on.
pub(super) async fn read(
    store: &dyn Store,
    run: &RunId,
    from: Seq,
) -> Result<Vec<(Stored, Entry)>, RunError> {
    let mut entries = Vec::new();
    let mut from = from;
    loop {
        let page = store.read(run, StoreSeq(from.0), PAGE).await?;
        let is_last = page.len() < PAGE;
        for stored in page {
            let entry = restore(store, &stored).await?;
            from = Seq(stored.seq.0 + 1);
            entries.push((stored, entry));
        }
        if is_last {
            return Ok(entries);
        }
    }
}

/// Where a run stands, from its journal alone.
pub(super) async fn state(store: &dyn Store, run: &RunId) -> Result<State, RunError> {
    let mut entries = read(store, run, Seq(1)).await?.into_iter();
    let Some((_, first)) = entries.next() else {
        return Err(StoreError::NotFound {
            what: format!("run {run}"),
        }
        .into());
    };
    let mut state = State::begin(first)?;
    for (_, entry) in entries {
        state.apply(entry)?;
    }
    Ok(state)
}
