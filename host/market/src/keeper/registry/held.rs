//! Whose files are here, what is being worked with, and how much of the disk is whose.
//!
//! Who pushes a file holds it: with its bytes in their share, and for a while also when nothing names it. A file of two publishers counts
//! for both, so that neither learns of the other's. A publication under way pins what it reads. The collector asks here before it removes
//! anything, under the same lock that everybody who begins to use a file takes; who comes while a file is being removed waits until it is gone.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use metier_core::Digest;
use metier_store::{names::Names, types::Time};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{RegistryError, Result};
use crate::keeper::accounts::PublisherId;

/// Where those are noted that nobody pushed: signatures and reviews whose leaf never came.
const NOBODY: &str = "nobody";

/// Files and whose they are.
#[derive(Debug)]
pub struct Held {
    /// Bytes of one publisher; as many as there is room for where nothing is said.
    each: Option<u64>,
    kept: Names,
    now: Mutex<Now>,
    /// Told when a file is gone.
    gone: Notify,
}

#[derive(Debug, Default)]
struct Now {
    shares: HashMap<PublisherId, Share>,
    /// When each file that nobody pushed was seen to be named by nothing.
    nobodys: HashMap<Digest, Time>,
    pins: HashMap<Digest, usize>,
    /// While a collection is under way, what was pinned since it began.
    lingering: Option<HashSet<Digest>>,
    /// Files that are being removed, which may take a while where they are kept elsewhere.
    going: HashSet<Digest>,
}

#[derive(Debug, Default)]
struct Share {
    /// Bytes of files, and of what is on its way.
    bytes: u64,
    files: HashMap<Digest, Claim>,
}

/// That somebody holds a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claim {
    /// Who; nobody where the market noted it.
    by: Option<String>,
    size: u64,
    /// When it was pushed last: microseconds since 1970.
    at: i64,
}

/// Bytes set aside for an upload; free again when it goes without having become a file.
#[derive(Debug)]
pub struct Reserved {
    held: Arc<Held>,
    by: PublisherId,
    bytes: u64,
}

/// What becomes of a file that nothing names.
#[derive(Debug)]
pub enum Taken {
    /// Somebody may still name it.
    Stays,
    /// Nobody holds it: from now on it is waited.
    Noted,
    /// It is to be removed now.
    Goes(Going),
}

/// A file that is being removed: whoever wants to hold it waits until this goes, and begins anew.
#[derive(Debug)]
pub struct Going {
    held: Arc<Held>,
    digest: Digest,
}

impl Drop for Going {
    fn drop(&mut self) {
        self.held.now().going.remove(&self.digest);
        self.held.gone.notify_waiters();
    }
}

/// Keeps a file, and what it leads to, while it lives.
#[derive(Debug)]
pub struct Pin {
    held: Arc<Held>,
    digest: Digest,
}

impl Held {
    /// Reads who holds what, for whoever may wait for the disk. What `is_there` does not know is held no more.
    pub fn open(
        kept: Names,
        each: Option<u64>,
        is_there: impl Fn(&Digest) -> bool,
    ) -> Result<Held> {
        let mut now = Now::default();
        kept.walk_now(&[], &|_| true, &mut |name, bytes| {
            // What a power cut left half is as if it were not there: nobody holds it then.
            let digest = name
                .last()
                .and_then(|hex| format!("sha256:{hex}").parse().ok());
            let claim: Option<Claim> = serde_json::from_slice(&bytes).ok();
            if let (Some(digest), Some(claim)) = (digest, claim)
                && is_there(&digest)
            {
                now.read(digest, claim);
            }
        })?;
        Ok(Held {
            each,
            kept,
            now: Mutex::new(now),
            gone: Notify::new(),
        })
    }

    /// Begins to count an upload.
    pub fn reserve(self: &Arc<Self>, by: &PublisherId) -> Reserved {
        Reserved {
            held: self.clone(),
            by: by.clone(),
            bytes: 0,
        }
    }

    /// Whether they pushed it.
    pub fn is_of(&self, by: &PublisherId, digest: &Digest) -> bool {
        let now = self.now();
        let share = now.shares.get(by);
        share.is_some_and(|share| share.files.contains_key(digest))
    }

    /// Notes that they push a file, from now on. It counts once, however often it is pushed. Whether it is new.
    pub async fn claim(
        &self,
        by: &PublisherId,
        digest: &Digest,
        size: u64,
        at: Time,
        reserved: Option<Reserved>,
    ) -> Result<bool> {
        let claim = Claim {
            by: Some(by.to_string()),
            size,
            at: at.0,
        };
        let mut aside = reserved;
        let is_new = loop {
            self.settled(digest).await;
            if let Some(is_new) = self.hold(by, digest, &claim, &mut aside)? {
                break is_new;
            }
        };
        let noted = self.note(by.as_str(), digest, &claim).await;
        if noted.is_err() && is_new {
            self.release(by, digest);
        }
        noted.map(|()| is_new)
    }

    /// Nothing where the file is being removed; else whether it is new.
    fn hold(
        &self,
        by: &PublisherId,
        digest: &Digest,
        claim: &Claim,
        aside: &mut Option<Reserved>,
    ) -> Result<Option<bool>> {
        let mut now = self.now();
        if now.going.contains(digest) {
            return Ok(None);
        }
        let share = now.shares.entry(by.clone()).or_default();
        // What was set aside for it on its way is what it takes now.
        let aside = aside.take().map_or(0, Reserved::spend);
        share.bytes = share.bytes.saturating_sub(aside);
        let is_new = !share.files.contains_key(digest);
        if is_new {
            fits(share, claim.size, by, self.each)?;
            share.bytes += claim.size;
        }
        share.files.insert(*digest, claim.clone());
        Ok(Some(is_new))
    }

    /// Waits while the file is being removed: it is there then, or it is not.
    pub async fn settled(&self, digest: &Digest) {
        loop {
            let mut gone = pin!(self.gone.notified());
            // From here on nothing is missed.
            gone.as_mut().enable();
            if !self.now().going.contains(digest) {
                return;
            }
            gone.await;
        }
    }

    /// Takes back what was noted a moment ago of a file that did not come to be.
    pub async fn unclaim(&self, by: &PublisherId, digest: &Digest) {
        self.release(by, digest);
        // A note of what is not there is left out at the next start.
        let _ = self
            .kept
            .remove(&[&owner(by.as_str()), &digest.to_hex()])
            .await;
    }

    /// Notes that the market itself is about to use a file.
    pub fn touch(&self, digest: &Digest, at: Time) {
        self.now().nobodys.insert(*digest, at);
    }

    /// Keeps a file until the pin goes.
    pub fn pin(self: &Arc<Self>, digest: &Digest) -> Pin {
        let mut now = self.now();
        *now.pins.entry(*digest).or_default() += 1;
        if let Some(lingering) = &mut now.lingering {
            lingering.insert(*digest);
        }
        Pin {
            held: self.clone(),
            digest: *digest,
        }
    }

    /// Begins a collection: what is pinned from now on, or is already, stays until it ends.
    pub fn begin(&self) {
        let mut now = self.now();
        now.lingering = Some(now.pins.keys().copied().collect());
    }

    /// Ends a collection.
    pub fn end(&self) {
        self.now().lingering = None;
    }

    /// Says whether a file that nothing names goes: not where somebody held it after `oldest`, or works with it or one of those that lead to
    /// it. What nobody ever held is noted at `at`, and goes when that was long ago.
    pub fn take(
        self: &Arc<Self>,
        digest: &Digest,
        parents: &[Digest],
        (at, oldest): (Time, Time),
    ) -> Taken {
        let mut now = self.now();
        let lingering = now.lingering.as_ref();
        let is_used = |digest| lingering.is_some_and(|digests| digests.contains(digest));
        if is_used(digest) || parents.iter().any(is_used) {
            return Taken::Stays;
        }
        match now.last(digest) {
            Some(last) if last > oldest => Taken::Stays,
            Some(_) => {
                now.going.insert(*digest);
                Taken::Goes(Going {
                    held: self.clone(),
                    digest: *digest,
                })
            }
            None => {
                now.nobodys.insert(*digest, at);
                Taken::Noted
            }
        }
    }

    /// Says that a file is on its way out, or its names are. Nobody who could want it may be between: the caller keeps them off.
    pub fn going(self: &Arc<Self>, digest: &Digest) -> Going {
        self.now().going.insert(*digest);
        Going {
            held: self.clone(),
            digest: *digest,
        }
    }

    /// Writes down that nobody holds a file since then.
    pub async fn note_nobodys(&self, digest: &Digest, at: Time) -> Result<()> {
        let claim = Claim {
            by: None,
            size: 0,
            at: at.0,
        };
        self.note(NOBODY, digest, &claim).await
    }

    /// Forgets that it was noted as nobody's: it is named.
    pub async fn is_named(&self, digest: &Digest) -> Result<()> {
        let was_noted = self.now().nobodys.remove(digest).is_some();
        if was_noted {
            self.kept
                .remove(&[&owner(NOBODY), &digest.to_hex()])
                .await?;
        }
        Ok(())
    }

    /// Forgets whose a file was that is gone. Whoever holds it anew waits until its [`Going`] goes too.
    pub async fn forget(&self, digest: &Digest) -> Result<()> {
        let noted = self.now().forget(digest);
        for owner in noted {
            self.kept.remove(&[&owner, &digest.to_hex()]).await?;
        }
        Ok(())
    }

    async fn note(&self, by: &str, digest: &Digest, claim: &Claim) -> Result<()> {
        let bytes = serde_json::to_vec(claim).map_err(std::io::Error::from)?;
        let name = [owner(by), digest.to_hex()];
        Ok(self.kept.set(&[&name[0], &name[1]], bytes).await?)
    }

    fn release(&self, by: &PublisherId, digest: &Digest) {
        if let Some(share) = self.now().shares.get_mut(by) {
            share.forget(digest);
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn read(&mut self, digest: Digest, claim: Claim) {
        let by = claim.by.as_deref().map(str::parse::<PublisherId>);
        match by {
            None => drop(self.nobodys.insert(digest, Time(claim.at))),
            Some(Err(_)) => {}
            Some(Ok(by)) => {
                let share = self.shares.entry(by).or_default();
                share.bytes += claim.size;
                share.files.insert(digest, claim);
            }
        }
    }

    /// Forgets a file; where it was noted.
    fn forget(&mut self, digest: &Digest) -> Vec<String> {
        let mut noted = vec![owner(NOBODY)];
        self.nobodys.remove(digest);
        for (by, share) in &mut self.shares {
            if share.forget(digest) {
                noted.push(owner(by.as_str()));
            }
        }
        self.shares
            .retain(|_, share| !share.files.is_empty() || share.bytes > 0);
        noted
    }

    /// When it was held last.
    fn last(&self, digest: &Digest) -> Option<Time> {
        let claims = self.shares.values();
        let claims = claims.filter_map(|share| share.files.get(digest));
        let nobodys = self.nobodys.get(digest).copied();
        claims.map(|claim| Time(claim.at)).chain(nobodys).max()
    }
}

impl Share {
    fn forget(&mut self, digest: &Digest) -> bool {
        let gone = self.files.remove(digest);
        self.bytes = self
            .bytes
            .saturating_sub(gone.as_ref().map_or(0, |claim| claim.size));
        gone.is_some()
    }
}

impl Reserved {
    /// Sets bytes aside, before they are written.
    pub fn grow(&mut self, bytes: u64) -> Result<()> {
        let mut now = self.held.now();
        let share = now.shares.entry(self.by.clone()).or_default();
        fits(share, bytes, &self.by, self.held.each)?;
        share.bytes += bytes;
        self.bytes += bytes;
        Ok(())
    }

    /// Nothing is given back by it any more.
    fn spend(mut self) -> u64 {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        if let Some(share) = self.held.now().shares.get_mut(&self.by) {
            share.bytes = share.bytes.saturating_sub(self.bytes);
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut now = self.held.now();
        let left = now.pins.get_mut(&self.digest).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            now.pins.remove(&self.digest);
        }
    }
}

fn fits(share: &Share, more: u64, by: &PublisherId, each: Option<u64>) -> Result<()> {
    match each.filter(|max| share.bytes.saturating_add(more) > *max) {
        None => Ok(()),
        Some(max) => Err(RegistryError::ShareFull {
            by: by.clone(),
            used: share.bytes,
            max,
        }),
    }
}

/// The folder of an owner: their names have characters that those of files have not.
fn owner(name: &str) -> String {
    Digest::of(name.as_bytes()).to_hex()
}
