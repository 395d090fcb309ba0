//! The signed revocation list, made anew whenever something is revoked and long before it expires.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::ActError;
use crate::{
    fixtures::Moment,
    keeper::{Market, keys::MarketKeys, keys::replace, ledger::moment},
    revoked::{Accepted, Entry, List, ListError, Seen, sign},
};

/// How long a list can be relied on.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// After this it is made anew: clients have the rest of a day to come.
const REISSUE: Duration = Duration::from_secs(6 * 3_600);

const FILE: &str = "revocations.json";

/// The newest list, on the disk before it is told.
#[derive(Debug)]
pub struct ListFile {
    folder: PathBuf,
    keys: Arc<MarketKeys>,
    current: Mutex<Option<Current>>,
}

#[derive(Clone, Debug)]
struct Current {
    list: List,
    text: Arc<str>,
}

impl ListFile {
    /// Reads the list that was told last. One that cannot be read is made anew, with a higher version by the clock.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, keys: Arc<MarketKeys>) -> io::Result<ListFile> {
        let text = match std::fs::read_to_string(folder.join(FILE)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let current = text.and_then(|text| {
            let late = "9999-12-31T00:00:00Z".parse().ok()?;
            let key = keys.revocation.verifying();
            let accepted = Seen::default().accept(text.as_bytes(), &key, late).ok()?;
            let (Accepted::Fresh(list) | Accepted::Expired(list)) = accepted;
            let text = text.into();
            Some(Current { list, text })
        });
        Ok(ListFile {
            folder: folder.to_owned(),
            keys,
            current: Mutex::new(current),
        })
    }

    /// The list with these entries: the one there is while it says them and is young. They are looked up when nobody else makes a list, so
    /// that none of fewer entries comes behind one of more.
    fn with(
        &self,
        entries: impl FnOnce() -> Vec<Entry>,
        now: Moment,
    ) -> Result<Arc<str>, ActError> {
        let mut current = self
            .current
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        let entries = entries();
        if let Some(there) = &*current {
            let is_young = now
                .since(there.list.issued())
                .is_none_or(|age| age < REISSUE);
            if is_young && there.list.entries() == entries {
                return Ok(there.text.clone());
            }
        }
        let next = self.next(current.as_ref(), &entries, now)?;
        replace(&self.folder, FILE, next.text.as_bytes())?;
        let text = next.text.clone();
        *current = Some(next);
        Ok(text)
    }

    fn next(
        &self,
        before: Option<&Current>,
        entries: &[Entry],
        now: Moment,
    ) -> Result<Current, ActError> {
        let before = before.map(|current| &current.list);
        let issued = before.map_or(now, |list| list.issued().max(now));
        // Seconds since 2026, or one more than before: higher than every list before, even when the file of the last one was lost.
        let seconds = now.since(Moment::default()).unwrap_or_default().as_secs();
        let version = before.map_or(1, |list| list.version() + 1).max(seconds);
        let list = List::new(version, issued, issued.plus(LIFE), entries.to_vec());
        let list = list.map_err(|error: ListError| ActError::Conflict(error.to_string()))?;
        let text = sign(&list, &self.keys.revocation)?.into();
        Ok(Current { list, text })
    }
}

impl Market {
    /// The signed list of what must not run.
    ///
    /// # Errors
    /// The disk's.
    pub async fn list_now(&self) -> Result<Arc<str>, ActError> {
        let (list, ledger, now) = (self.list.clone(), self.ledger.clone(), moment(&*self.clock));
        let entries = move || ledger.look(|view| view.state.revoked().to_vec());
        let told = tokio::task::spawn_blocking(move || list.with(entries, now)).await;
        told.map_err(io::Error::other)?
    }
}
