//! ID tokens that were taken: each is taken once, also by a market that was started anew.
//!
//! One is remembered for as long as it could come again, up to a day. So there is an end of them ([`TakenLimits`]): of a namespace, of one of its
//! trusted publishers, and of all; but a few of each namespace are taken also where all the others fill the market. Each is a small file of its
//! own, written where waiting for the disk is allowed, and while nobody waits who shows another token.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use metier_core::Digest;
use metier_store::names::Names;
use serde::{Deserialize, Serialize};

use super::ExchangeRefused;
use crate::state::Namespace;

/// How many ID tokens are remembered.
#[derive(Clone, Copy, Debug)]
pub struct TakenLimits {
    /// Of all namespaces.
    pub all: usize,
    /// Of one.
    pub namespace: usize,
    /// Of one trusted publisher: a job that asks for many leaves room for the namespace's others.
    pub publisher: usize,
    /// Of one namespace, also where all are taken: others cannot fill this room.
    pub reserved: usize,
}

impl Default for TakenLimits {
    fn default() -> Self {
        TakenLimits {
            all: 16_384,
            namespace: 256,
            publisher: 128,
            reserved: 16,
        }
    }
}

/// An ID token that was taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    /// For which namespace.
    pub namespace: Namespace,
    /// Which of those it trusts.
    pub publisher: Digest,
    /// Until when it could come again, in seconds since 1970.
    pub until: u64,
}

/// Those that were taken, in a folder.
#[derive(Debug)]
pub(super) struct TakenTokens {
    kept: Names,
    limits: TakenLimits,
    open: Mutex<Open>,
}

/// Digests of ID tokens in the order in which they are over.
type Ends = BTreeSet<(u64, Digest)>;

#[derive(Debug, Default)]
struct Open {
    /// By the digests of issuer and `jti`.
    there: HashMap<Digest, One>,
    all: Ends,
    namespaces: HashMap<Namespace, Ends>,
    publishers: HashMap<Digest, Ends>,
    /// Those that are over, and whose files are there.
    over: Vec<Digest>,
}

impl TakenTokens {
    /// Reads which were taken, for whoever may wait for the disk.
    ///
    /// # Errors
    /// The disk's, and a file that is none: the token it is about could come again.
    pub fn open(folder: &Path, limits: TakenLimits) -> io::Result<Self> {
        let kept = Names::open(folder)?;
        let (mut open, mut wrong) = (Open::default(), None);
        kept.walk_now(&[], &|_| true, &mut |name, bytes| {
            let digest = name.last().map(|hex| format!("sha256:{hex}").parse());
            match (digest, serde_json::from_slice(&bytes)) {
                (Some(Ok(digest)), Ok(one)) => open.insert(digest, one),
                (_, Err(error)) => wrong = Some(io::Error::from(error)),
                _ => {}
            }
        })?;
        match wrong {
            Some(error) => Err(error),
            None => Ok(TakenTokens {
                kept,
                limits,
                open: Mutex::new(open),
            }),
        }
    }

    /// Takes one, if it was not taken before. It is on the disk before anybody has anything of it.
    pub async fn take(&self, id: Digest, one: One, now: u64) -> Result<(), ExchangeRefused> {
        let bytes = serde_json::to_vec(&one).map_err(io::Error::from)?;
        self.with(|open| {
            open.end(now);
            if open.there.contains_key(&id) {
                return Err(ExchangeRefused::Taken);
            }
            open.has_room(&one, &self.limits, now)?;
            open.insert(id, one);
            Ok(())
        })?;
        // Who comes with the same meanwhile is refused already.
        let kept = self.kept.set(&[&id.to_hex()], bytes).await;
        kept.map_err(|error| {
            self.with(|open| open.remove(&id));
            error.into()
        })
    }

    /// Removes the files of those that are over.
    pub async fn sweep(&self, now: u64) -> io::Result<()> {
        let mut over = self.with(|open| {
            open.end(now);
            std::mem::take(&mut open.over)
        });
        while let Some(id) = over.last() {
            if let Err(error) = self.kept.remove(&[&id.to_hex()]).await {
                self.with(|open| open.over.append(&mut over));
                return Err(error);
            }
            over.pop();
        }
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Open {
    fn insert(&mut self, id: Digest, one: One) {
        let end = (one.until, id);
        self.all.insert(end);
        let namespace = self.namespaces.entry(one.namespace.clone()).or_default();
        namespace.insert(end);
        self.publishers
            .entry(one.publisher)
            .or_default()
            .insert(end);
        self.there.insert(id, one);
    }

    fn remove(&mut self, id: &Digest) {
        let Some(one) = self.there.remove(id) else {
            return;
        };
        let end = (one.until, *id);
        self.all.remove(&end);
        if let Some(ends) = self.namespaces.get_mut(&one.namespace) {
            ends.remove(&end);
        }
        if let Some(ends) = self.publishers.get_mut(&one.publisher) {
            ends.remove(&end);
        }
        self.namespaces.retain(|_, ends| !ends.is_empty());
        self.publishers.retain(|_, ends| !ends.is_empty());
    }

    /// Forgets those that are over.
    fn end(&mut self, now: u64) {
        while let Some((until, id)) = self.all.first().copied()
            && until <= now
        {
            self.remove(&id);
            self.over.push(id);
        }
    }

    fn has_room(&self, one: &One, limits: &TakenLimits, now: u64) -> Result<(), ExchangeRefused> {
        let (of_publisher, of_namespace) = (
            self.publishers.get(&one.publisher),
            self.namespaces.get(&one.namespace),
        );
        for (ends, most, whose) in [
            (of_publisher, limits.publisher, "this trusted publisher"),
            (of_namespace, limits.namespace, "this namespace"),
        ] {
            let first = ends.filter(|ends| ends.len() >= most).and_then(Ends::first);
            if let Some((until, _)) = first {
                let wait = Duration::from_secs(until.saturating_sub(now));
                return Err(ExchangeRefused::TooMany(whose, most, wait));
            }
        }
        let theirs = of_namespace.map_or(0, Ends::len);
        match self.all.len() >= limits.all && theirs >= limits.reserved {
            true => Err(ExchangeRefused::Busy),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{future::Future, pin::pin, task::Context};

    use futures::task::noop_waker;
    use metier_core::Digest;

    use super::{ExchangeRefused, One, TakenLimits, TakenTokens};

    const LIMITS: TakenLimits = TakenLimits {
        all: 4,
        namespace: 3,
        publisher: 2,
        reserved: 1,
    };

    fn one(namespace: &str, publisher: &str, until: u64) -> One {
        One {
            namespace: namespace.parse().unwrap(),
            publisher: Digest::of(publisher.as_bytes()),
            until,
        }
    }

    fn id(number: u32) -> Digest {
        Digest::of(&number.to_le_bytes())
    }

    #[tokio::test]
    async fn nobody_takes_the_room_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TakenTokens::open(folder.path(), LIMITS).unwrap();
        let take = |number, namespace, publisher| {
            taken.take(id(number), one(namespace, publisher, 100), 40)
        };
        take(1, "com.acme", "release").await.unwrap();
        take(2, "com.acme", "release").await.unwrap();
        let full = take(3, "com.acme", "release").await.unwrap_err();
        let wait = std::time::Duration::from_secs(60);
        assert!(
            matches!(full, ExchangeRefused::TooMany(_, 2, found) if found == wait),
            "{full}"
        );
        take(3, "com.acme", "nightly").await.unwrap();
        let full = take(4, "com.acme", "nightly").await.unwrap_err();
        assert!(matches!(full, ExchangeRefused::TooMany(_, 3, _)), "{full}");
        take(4, "com.other", "release of other").await.unwrap();
        // All are taken: each namespace has a little room all the same, and no more.
        let busy = take(5, "com.other", "release of other").await.unwrap_err();
        assert!(matches!(busy, ExchangeRefused::Busy), "{busy}");
        take(5, "com.third", "release of third").await.unwrap();
        let busy = take(6, "com.third", "release of third").await.unwrap_err();
        assert!(matches!(busy, ExchangeRefused::Busy), "{busy}");
        // What is over makes room.
        let later = taken.take(id(6), one("com.acme", "release", 200), 100);
        later.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_taken_is_known_until_it_is_over_and_its_file_goes_then() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TakenTokens::open(folder.path(), LIMITS).unwrap();
        taken
            .take(id(1), one("com.acme", "release", 100), 40)
            .await
            .unwrap();
        drop(taken);
        let taken = TakenTokens::open(folder.path(), LIMITS).unwrap();
        let again = taken.take(id(1), one("com.acme", "release", 100), 99).await;
        assert!(matches!(again, Err(ExchangeRefused::Taken)));
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let before = files();
        taken.sweep(99).await.unwrap();
        assert_eq!(files(), before);
        taken.sweep(100).await.unwrap();
        assert_eq!(files(), before - 1);
        std::fs::write(folder.path().join(id(2).to_hex()), "half").unwrap();
        TakenTokens::open(folder.path(), LIMITS).unwrap_err();
    }

    /// The disk is waited for elsewhere, and by whoever shows this token alone.
    #[tokio::test]
    async fn a_token_on_its_way_to_the_disk_is_taken_and_nobody_else_waits() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TakenTokens::open(folder.path(), LIMITS).unwrap();
        let mut writing = pin!(taken.take(id(1), one("com.acme", "release", 100), 40));
        let waker = noop_waker();
        let polled = writing.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        let again = taken.take(id(1), one("com.acme", "release", 100), 40).await;
        assert!(matches!(again, Err(ExchangeRefused::Taken)));
        let other = taken.take(id(2), one("com.acme", "release", 100), 40);
        other.await.unwrap();
        writing.await.unwrap();
    }

    /// A disk that keeps nothing leaves the token as it was.
    #[tokio::test]
    async fn what_cannot_be_written_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TakenTokens::open(folder.path(), LIMITS).unwrap();
        let place = folder.path().join(id(1).to_hex());
        std::fs::create_dir(&place).unwrap();
        let failed = taken.take(id(1), one("com.acme", "release", 100), 40).await;
        assert!(matches!(failed, Err(ExchangeRefused::Unavailable(_))));
        std::fs::remove_dir(&place).unwrap();
        let taken = taken.take(id(1), one("com.acme", "release", 100), 40);
        taken.await.unwrap();
    }
}
