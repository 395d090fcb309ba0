//! One bucket's directory: entries, and the lock file that holds the totals.
//!
//! Reading needs no lock, because an entry is replaced by a rename. Changing takes the lock file's lock, which other
//! processes respect and which the system gives back when its holder dies. The totals in it are emptied before a change
//! and written after: whoever finds none counts again.

use std::fs::TryLockError;
use std::io::{Read as _, Seek as _, Write as _};
use std::time::{Duration, Instant};

use cap_std::fs::Dir;
use metier_core::ids::Digest;

use super::totals::{self, Totals};
use super::{Key, KvError, KvLimits, MAX_KEY_BYTES, entry};
use crate::disk;

const LOCK: &str = "lock";
/// An entry on its way. Only the holder of the lock has one, so a left one is garbage and gets overwritten.
const NEW: &str = "new";
/// Between two tries for the lock: about the time a change takes.
const LOCK_PAUSE: Duration = Duration::from_millis(1);
/// Longest line of totals, in bytes: two numbers of 20 digits.
const TOTALS_BYTES: u64 = 64;

/// The value under `key`.
pub(super) fn read(dir: &Dir, key: &Key, limits: &KvLimits) -> Result<Option<Vec<u8>>, KvError> {
    let Some(file) = disk::open(dir, &name(key))? else {
        return Ok(None);
    };
    let most = entry::OVERHEAD + MAX_KEY_BYTES + limits.value_bytes;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() <= most {
        true => entry::decode(key, bytes).map(Some),
        false => Err(KvError::ValueTooLarge(limits.value_bytes)),
    }
}

pub(super) fn exists(dir: &Dir, key: &Key) -> Result<bool, KvError> {
    Ok(dir.try_exists(name(key))?)
}

/// The hashes of all keys, sorted.
pub(super) fn hashes(dir: &Dir) -> Result<Vec<Digest>, KvError> {
    let mut hashes = Vec::new();
    for file in dir.entries()? {
        hashes.extend(file?.file_name().to_str().and_then(hash_of));
    }
    hashes.sort_unstable();
    Ok(hashes)
}

/// The key with this hash, unless it went away meanwhile.
pub(super) fn read_key(dir: &Dir, hash: &Digest) -> Result<Option<String>, KvError> {
    let Some(mut file) = disk::open(dir, &hash.to_hex())? else {
        return Ok(None);
    };
    let key = entry::read_key(&mut file)?;
    match Digest::of(key.as_bytes()) == *hash {
        true => Ok(Some(key)),
        false => Err(KvError::Damaged),
    }
}

fn name(key: &Key) -> String {
    key.hash().to_hex()
}

fn hash_of(name: &str) -> Option<Digest> {
    format!("sha256:{name}").parse().ok()
}

/// A bucket nobody else changes meanwhile.
pub(super) struct Shelf<'a> {
    dir: &'a Dir,
    limits: &'a KvLimits,
    lock: std::fs::File,
    totals: Totals,
}

impl<'a> Shelf<'a> {
    /// Wait for the lock, but only so long: a stopped process may hold it for ever, and threads are few.
    ///
    /// `recount` distrusts the totals: after a power cut they may be older than the entries.
    pub fn lock(
        dir: &'a Dir,
        limits: &'a KvLimits,
        patience: Duration,
        recount: bool,
    ) -> Result<Shelf<'a>, KvError> {
        let lock = disk::open_or_create(dir, LOCK)?.into_std();
        let since = Instant::now();
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::WouldBlock if since.elapsed() < patience => {
                    std::thread::sleep(LOCK_PAUSE)
                }
                TryLockError::WouldBlock => return Err(KvError::Busy),
                TryLockError::Error(error) => return Err(error.into()),
            }
        }
        let mut shelf = Shelf {
            dir,
            limits,
            lock,
            totals: Totals::default(),
        };
        let known = if recount { None } else { shelf.load_totals()? };
        shelf.totals = known.map_or_else(|| count(dir), Ok)?;
        Ok(shelf)
    }

    /// Put a value, over the old one if there is one.
    pub fn put(&mut self, key: &Key, value: &[u8]) -> Result<(), KvError> {
        totals::check_value(value, self.limits)?;
        let next = self.totals.replacing(
            size_on_disk(self.dir, &name(key))?,
            Some(totals::size(key, value)),
        );
        self.totals.may_become(next, self.limits)?;
        self.change(next, |dir| {
            let mut file = disk::open_or_create(dir, NEW)?;
            file.set_len(0)?;
            file.write_all(&entry::encode(key, value))?;
            file.sync_data()?;
            dir.rename(NEW, dir, name(key))
        })
    }

    /// Remove the key, if it is there.
    pub fn remove(&mut self, key: &Key) -> Result<(), KvError> {
        let name = name(key);
        let Some(size) = size_on_disk(self.dir, &name)? else {
            return Ok(());
        };
        self.change(self.totals.replacing(Some(size), None), |dir| {
            dir.remove_file(name)
        })
    }

    /// Without totals from the first step to the last: a kill or an error in between only costs a count.
    fn change(
        &mut self,
        next: Totals,
        act: impl FnOnce(&Dir) -> std::io::Result<()>,
    ) -> Result<(), KvError> {
        self.lock.set_len(0)?;
        if let Err(error) = act(self.dir).and_then(|()| disk::sync(self.dir)) {
            // Half an entry must not keep the room it took from a full disk.
            let _ = self.dir.remove_file(NEW);
            return Err(error.into());
        }
        self.totals = next;
        self.lock.rewind()?;
        Ok(self
            .lock
            .write_all(format!("{} {}\n", next.keys, next.bytes).as_bytes())?)
    }

    fn load_totals(&mut self) -> Result<Option<Totals>, KvError> {
        let mut line = Vec::new();
        (&self.lock).take(TOTALS_BYTES).read_to_end(&mut line)?;
        Ok(parse(&line))
    }
}

fn parse(line: &[u8]) -> Option<Totals> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (keys, bytes) = line.split_once(' ')?;
    Some(Totals {
        keys: keys.parse().ok()?,
        bytes: bytes.parse().ok()?,
    })
}

fn count(dir: &Dir) -> Result<Totals, KvError> {
    hashes(dir)?
        .iter()
        .try_fold(Totals::default(), |totals, hash| {
            Ok(totals.replacing(None, size_on_disk(dir, &hash.to_hex())?))
        })
}

/// What an entry counts as, told from the length of its file, so that a damaged one counts too.
fn size_on_disk(dir: &Dir, name: &str) -> Result<Option<u64>, KvError> {
    let found = disk::missing(dir.symlink_metadata(name))?;
    Ok(found.map(|file| file.len().saturating_sub(entry::OVERHEAD as u64)))
}
