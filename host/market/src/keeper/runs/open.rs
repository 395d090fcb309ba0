//! Runs that were let in, until their tokens are over.

use std::{
    collections::{HashMap, VecDeque},
    io,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use metier_core::Digest;

use super::{
    ExchangeRefused, RunBearer, TOKEN_LIFE,
    taken::{TakenLimits, TakenTokens},
};
use crate::{
    fixtures::Moment,
    keeper::sessions::{CHALLENGE_LIFE, LoginLimits, Most, Room, Source, random},
};

/// What tokens of runs begin with: scanners find one that got lost.
const PREFIX: &str = "metier_run_";

/// Which ID tokens were taken.
const TAKEN: &str = "id-tokens";

/// Tokens of runs, and what they were given for.
#[derive(Debug)]
pub struct Runs {
    pub(super) taken: TakenTokens,
    open: Mutex<Open>,
    refused: Mutex<Room<u64, ()>>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Open {
    /// As many as ID tokens were taken, at most: each of them is remembered for longer.
    tokens: HashMap<Digest, (RunBearer, Moment)>,
    /// The same in the order in which they came: all live equally long.
    order: VecDeque<(Moment, Digest)>,
}

impl Runs {
    /// Reads which ID tokens were taken.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, taken: TakenLimits, logins: &LoginLimits) -> io::Result<Runs> {
        let room = Room::new(logins.exchanges, logins.exchanges_each, Most::Refuses);
        Ok(Runs {
            taken: TakenTokens::open(&folder.join(TAKEN), taken)?,
            open: Mutex::default(),
            refused: Mutex::new(room),
            next: AtomicU64::new(0),
        })
    }

    /// Counts one who shows an ID token, as if it were refused; told so, where it is not. Nothing where as many of this address were.
    pub(super) fn counts(&self, from: Source, now: Moment) -> Option<u64> {
        let number = self.next.fetch_add(1, Relaxed);
        let times = (now, now.plus(CHALLENGE_LIFE));
        let is_counted = self.refused().insert(number, (), from, times);
        is_counted.then_some(number)
    }

    /// It was not refused.
    pub(super) fn is_well(&self, number: u64, now: Moment) {
        self.refused().remove(&number, now);
    }

    pub(super) fn let_in(
        &self,
        bearer: RunBearer,
        now: Moment,
    ) -> Result<(String, Moment), ExchangeRefused> {
        let token = format!("{PREFIX}{}", random()?);
        let digest = Digest::of(token.as_bytes());
        let expires = now.plus(TOKEN_LIFE);
        self.with(|open| {
            open.end(now);
            open.tokens.insert(digest, (bearer, expires));
            open.order.push_back((expires, digest));
        });
        Ok((token, expires))
    }

    /// Whose it is. Of other kinds of tokens nothing is looked up: they are most.
    pub(super) fn of(&self, token: &str, now: Moment) -> Option<RunBearer> {
        if !token.starts_with(PREFIX) {
            return None;
        }
        let digest = Digest::of(token.as_bytes());
        self.with(|open| {
            let (bearer, expires) = open.tokens.get(&digest)?;
            (*expires > now).then(|| bearer.clone())
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, Room<u64, ()>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Forgets those that are over.
    fn end(&mut self, now: Moment) {
        while let Some((expires, digest)) = self.order.front().copied()
            && expires <= now
        {
            self.order.pop_front();
            self.tokens.remove(&digest);
        }
    }
}
