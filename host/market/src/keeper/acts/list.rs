//! The signed revocation list, made anew whenever something is revoked and long before it expires.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use metier_core::Digest;

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
    told: Told,
    /// The leaf since which its entries are these; nothing where it was read from the disk and nobody has compared it yet.
    since: Option<u64>,
}

/// The file of a list, as it is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its text.
    pub text: Arc<str>,
    /// The digest of that: whoever has it already is told so.
    pub digest: Digest,
}

impl From<String> for Told {
    fn from(text: String) -> Self {
        Told {
            digest: Digest::of(text.as_bytes()),
            text: text.into(),
        }
    }
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
            Some(Current {
                list,
                told: text.into(),
                since: None,
            })
        });
        Ok(ListFile {
            folder: folder.to_owned(),
            keys,
            current: Mutex::new(current),
        })
    }

    /// The list as of a leaf: the one there is while nothing changed and it is young. Which leaf that is, is looked up when nobody else makes
    /// a list, so that none of fewer entries comes behind one of more; the entries only where they may be others.
    fn with(
        &self,
        changed: impl FnOnce() -> u64,
        entries: impl FnOnce() -> (u64, Vec<Entry>),
        now: Moment,
    ) -> Result<Told, ActError> {
        let mut current = self
            .current
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        let is_young = |list: &List| now.since(list.issued()).is_none_or(|age| age < REISSUE);
        if let Some(there) = current.as_ref().filter(|there| is_young(&there.list))
            && there.since == Some(changed())
        {
            return Ok(there.told.clone());
        }
        let (since, entries) = entries();
        if let Some(there) = current.as_mut().filter(|there| is_young(&there.list))
            && there.list.entries() == entries
        {
            there.since = Some(since);
            return Ok(there.told.clone());
        }
        let next = self.next(current.as_ref(), entries, since, now)?;
        replace(&self.folder, FILE, next.told.text.as_bytes())?;
        let told = next.told.clone();
        *current = Some(next);
        Ok(told)
    }

    fn next(
        &self,
        before: Option<&Current>,
        entries: Vec<Entry>,
        since: u64,
        now: Moment,
    ) -> Result<Current, ActError> {
        let before = before.map(|current| &current.list);
        let issued = before.map_or(now, |list| list.issued().max(now));
        // Seconds since 2026, or one more than before: higher than every list before, even when the file of the last one was lost.
        let seconds = now.since(Moment::default()).unwrap_or_default().as_secs();
        let version = before.map_or(1, |list| list.version() + 1).max(seconds);
        let list = List::new(version, issued, issued.plus(LIFE), entries);
        let list = list.map_err(|error: ListError| ActError::Conflict(error.to_string()))?;
        let told = sign(&list, &self.keys.revocation)?.into();
        Ok(Current {
            list,
            told,
            since: Some(since),
        })
    }
}

impl Market {
    /// The signed list of what must not run.
    ///
    /// # Errors
    /// The disk's.
    pub async fn list_now(&self) -> Result<Told, ActError> {
        let (list, ledger, now) = (self.list.clone(), self.ledger.clone(), moment(&*self.clock));
        let changed = {
            let ledger = ledger.clone();
            move || ledger.look(|view| view.state.list_changed())
        };
        let entries = move || ledger.look(|view| (view.state.list_changed(), view.state.listed()));
        let told = tokio::task::spawn_blocking(move || list.with(changed, entries, now)).await;
        told.map_err(io::Error::other)?
    }
}
