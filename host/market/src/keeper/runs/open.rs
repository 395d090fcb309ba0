//! Runs that were let in, and ID tokens that were taken.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use metier_core::Digest;
use serde::{Deserialize, Serialize};

use super::{ExchangeRefused, RunBearer, TOKEN_LIFE};
use crate::{
    fixtures::Moment,
    keeper::{acts::seconds, keys::replace, sessions::random},
    state::Account,
};

/// What tokens of runs begin with: scanners find one that got lost.
const PREFIX: &str = "metier_run_";

/// Which ID tokens were taken.
const TAKEN: &str = "id-tokens.json";

/// Most ID tokens that are remembered: as long as they would be good, and as long as what they were taken for is.
const MAX_TAKEN: usize = 16_384;

/// The same of one account: a job can ask for as many as it likes, and locks out nobody else.
pub const MAX_TAKEN_EACH: usize = 256;

/// Tokens of runs, and what they were given for.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// As many as ID tokens were taken, at most: each of them is remembered for longer.
    tokens: HashMap<Digest, (RunBearer, Moment)>,
    /// By the digests of issuer and `jti`.
    taken: BTreeMap<Digest, Taken>,
}

/// An ID token that was taken.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    /// For whose namespace.
    by: Account,
    /// Until when it could come again, in seconds since 1970.
    until: u64,
}

impl Runs {
    /// Reads which ID tokens were taken.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path) -> io::Result<Runs> {
        let taken = match std::fs::read(folder.join(TAKEN)) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Runs {
            folder: folder.to_owned(),
            open: Mutex::new(Open {
                taken,
                ..Open::default()
            }),
        })
    }

    /// Takes an ID token, if it was not taken before. It is on the disk before anybody has anything of it. Waits for the disk.
    pub(super) fn take(
        &self,
        id: Digest,
        by: &Account,
        until: u64,
        now: Moment,
    ) -> Result<(), ExchangeRefused> {
        let until = until.max(seconds(now.plus(TOKEN_LIFE)));
        self.with(|open| {
            open.taken.retain(|_, taken| taken.until > seconds(now));
            if open.taken.contains_key(&id) {
                return Err(ExchangeRefused::Taken);
            }
            open.has_room(by, seconds(now))?;
            let by = by.clone();
            open.taken.insert(id, Taken { by, until });
            let bytes = serde_json::to_vec(&open.taken).map_err(io::Error::from);
            let kept = bytes.and_then(|bytes| replace(&self.folder, TAKEN, &bytes));
            kept.map_err(|error| {
                open.taken.remove(&id);
                error.into()
            })
        })
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
            open.tokens.retain(|_, (_, expires)| *expires > now);
            open.tokens.insert(digest, (bearer, expires));
        });
        Ok((token, expires))
    }

    pub(super) fn of(&self, token: &str, now: Moment) -> Option<RunBearer> {
        let digest = Digest::of(token.as_bytes());
        self.with(|open| {
            let (bearer, expires) = open.tokens.get(&digest)?;
            (*expires > now).then(|| bearer.clone())
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(|error| error.into_inner()))
    }
}

impl Open {
    fn has_room(&self, by: &Account, now: u64) -> Result<(), ExchangeRefused> {
        let theirs = self.taken.values().filter(|taken| taken.by == *by);
        let theirs: Vec<u64> = theirs.map(|taken| taken.until).collect();
        if theirs.len() >= MAX_TAKEN_EACH {
            let first = theirs.into_iter().min().unwrap_or_default();
            let wait = Duration::from_secs(first.saturating_sub(now));
            return Err(ExchangeRefused::TooMany(wait));
        }
        match self.taken.len() >= MAX_TAKEN {
            true => Err(ExchangeRefused::Busy),
            false => Ok(()),
        }
    }
}
