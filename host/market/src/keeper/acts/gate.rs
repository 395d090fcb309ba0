//! How much is looked at, at once and in a day.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use metier_core::SkillName;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::{
    fixtures::Moment,
    keeper::ledger::View,
    review::{Full, Standing, quota},
    state::Account,
};

/// Files that are looked at at once: each is unpacked in memory, and its calls run.
const AT_ONCE: usize = 4;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Refused files that are remembered of one account; a day's quota is below.
const MAX_REFUSED: usize = 256;

/// Room for reviews, and who used how much of it.
#[derive(Debug)]
pub(in crate::keeper) struct Gate {
    pub(super) room: Semaphore,
    /// Held while a name that is new is looked at once more and taken.
    pub(super) naming: AsyncMutex<()>,
    uses: Arc<Mutex<Uses>>,
}

#[derive(Debug, Default)]
struct Uses {
    refused: HashMap<Account, VecDeque<Moment>>,
    doing: HashMap<Account, Vec<SkillName>>,
}

/// Counts as published while it lives.
pub(super) struct Doing {
    uses: Arc<Mutex<Uses>>,
    by: Account,
    name: SkillName,
}

impl Default for Gate {
    fn default() -> Self {
        Gate {
            room: Semaphore::new(AT_ONCE),
            naming: AsyncMutex::default(),
            uses: Arc::default(),
        }
    }
}

impl Gate {
    /// Takes one file more of an account on, if its day is not full.
    pub(super) fn enter(
        &self,
        by: &Account,
        name: &SkillName,
        view: &View,
        now: Moment,
    ) -> Result<Doing, Full> {
        let mut uses = lock(&self.uses);
        let mut standing = standing(by, view, now);
        let is_new = |name: &SkillName| view.state.versions(name).next().is_none();
        if let Some(doing) = uses.doing.get(by) {
            standing.versions_of_the_day += count(doing.len());
            let mut others: Vec<_> = doing.iter().filter(|other| *other != name).collect();
            others.retain(|other| is_new(other));
            others.sort();
            others.dedup();
            standing.names_of_the_day += count(others.len());
        }
        if let Some(refused) = uses.refused.get_mut(by) {
            refused.retain(|at| now.since(*at).is_none_or(|age| age < DAY));
            standing.refused_of_the_day = count(refused.len());
            let oldest = refused.front().map(|at| seconds(*at));
            standing.oldest_of_the_day = standing.oldest_of_the_day.min(oldest.unwrap_or(u64::MAX));
        }
        quota(&standing, is_new(name), seconds(now))?;
        uses.doing.entry(by.clone()).or_default().push(name.clone());
        Ok(Doing {
            uses: self.uses.clone(),
            by: by.clone(),
            name: name.clone(),
        })
    }

    /// Remembers that a file was refused.
    pub(super) fn refused(&self, by: &Account, now: Moment) {
        let mut uses = lock(&self.uses);
        let refused = uses.refused.entry(by.clone()).or_default();
        refused.push_back(now);
        while refused.len() > MAX_REFUSED {
            refused.pop_front();
        }
        // Who was not refused today is forgotten.
        uses.refused.retain(|_, refused| {
            let last = refused.back();
            last.is_some_and(|at| now.since(*at).is_none_or(|age| age < DAY))
        });
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        let mut uses = lock(&self.uses);
        if let Some(doing) = uses.doing.get_mut(&self.by) {
            if let Some(place) = doing.iter().position(|name| *name == self.name) {
                doing.swap_remove(place);
            }
            if doing.is_empty() {
                uses.doing.remove(&self.by);
            }
        }
    }
}

fn lock(uses: &Mutex<Uses>) -> std::sync::MutexGuard<'_, Uses> {
    uses.lock().unwrap_or_else(|error| error.into_inner())
}

/// What an account did, as the log tells it.
fn standing(by: &Account, view: &View, now: Moment) -> Standing {
    let state = &view.state;
    let mut standing = Standing {
        since: None,
        names_of_the_day: 0,
        versions_of_the_day: 0,
        refused_of_the_day: 0,
        oldest_of_the_day: seconds(now),
    };
    let is_today = |at: Moment| now.since(at).is_none_or(|age| age < DAY);
    let theirs = view.namespaces_of(by);
    for name in theirs.flat_map(|namespace| state.skills_of(namespace)) {
        let times: Vec<Moment> = state.versions(name).map(|published| published.at).collect();
        let Some(first) = times.iter().min().copied() else {
            continue;
        };
        let since = standing.since.unwrap_or(u64::MAX).min(seconds(first));
        standing.since = Some(since);
        standing.names_of_the_day += u32::from(is_today(first));
        for at in times.into_iter().filter(|at| is_today(*at)) {
            standing.versions_of_the_day += 1;
            standing.oldest_of_the_day = standing.oldest_of_the_day.min(seconds(at));
        }
    }
    standing
}

/// Seconds since 1970.
pub(in crate::keeper) fn seconds(at: Moment) -> u64 {
    let since = at.system().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
