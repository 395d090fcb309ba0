//! How often an account does in a day what anybody can do for nothing: revoke, yank, change keys and whom it trusts, claim.
//!
//! What was done is counted in the log itself, so that a restart forgets none of it; what is under way counts too. Each account has a day of
//! its own: whoever uses theirs up takes nothing from anybody else.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::ActError;
use crate::{
    fixtures::Moment,
    keeper::{Market, ledger::moment},
    review::Full,
    revoked::Target,
    state::{Account, Change, Leaf},
};

/// A day, for whoever counts.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What an account does at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActLimits {
    /// Revocations in a day.
    pub revocations: u32,
    /// Revocations that stand at a time: the list has room for those of many. One of a whole namespace says more than a thousand of files.
    pub standing_revocations: u32,
    /// Yanks in a day, and yanks taken back.
    pub yanks: u32,
    /// Keys added or ended, and members and rules changed, in a day.
    pub keys: u32,
    /// Trusted publishers added or ended in a day.
    pub publishers: u32,
    /// Namespaces claimed in a day.
    pub claims: u32,
}

impl Default for ActLimits {
    fn default() -> Self {
        ActLimits {
            revocations: 200,
            standing_revocations: 2_000,
            yanks: 1_000,
            keys: 100,
            publishers: 100,
            claims: 100,
        }
    }
}

/// A kind of act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::keeper) enum Act {
    /// `revoke`.
    Revoke,
    /// `yank` and `unyank`.
    Yank,
    /// `key` and `key-end`, `member` and `rule`.
    Key,
    /// `publisher` and `publisher-end`.
    Publisher,
    /// `namespace`.
    Claim,
}

impl Act {
    /// Which kind a change is of, if it is counted.
    fn of(change: &Change) -> Option<Act> {
        match change {
            Change::Revoke(_) => Some(Act::Revoke),
            Change::Yank(_) | Change::Unyank(_) => Some(Act::Yank),
            Change::Key(_) | Change::KeyEnd(_) | Change::Member(_) | Change::Rule(_) => {
                Some(Act::Key)
            }
            Change::Publisher(_) | Change::PublisherEnd(_) => Some(Act::Publisher),
            Change::Namespace(_) => Some(Act::Claim),
            _ => None,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Act::Revoke => "the revocations",
            Act::Yank => "the yanks",
            Act::Key => "the changes of keys and members",
            Act::Publisher => "the changes of trusted publishers",
            Act::Claim => "the claims",
        }
    }
}

impl ActLimits {
    fn of(&self, act: Act) -> u32 {
        match act {
            Act::Revoke => self.revocations,
            Act::Yank => self.yanks,
            Act::Key => self.keys,
            Act::Publisher => self.publishers,
            Act::Claim => self.claims,
        }
    }
}

/// What the log tells of what accounts did of late.
#[derive(Debug, Default)]
pub(in crate::keeper) struct Done {
    days: HashMap<(Account, Act), VecDeque<Moment>>,
    /// The last leaf's time, up to which what is a day old was forgotten.
    swept: Moment,
    /// Whose each revocation is that stands.
    revoked: HashMap<Target, Account>,
    standing: HashMap<Account, u32>,
}

impl Done {
    /// Counts a leaf.
    pub fn note(&mut self, leaf: &Leaf) {
        if let Some(act) = Act::of(&leaf.change) {
            let day = self.days.entry((leaf.by.clone(), act)).or_default();
            day.push_back(leaf.at);
        }
        match &leaf.change {
            Change::Revoke(revoke) => {
                self.revoked.insert(revoke.target.clone(), leaf.by.clone());
                *self.standing.entry(leaf.by.clone()).or_default() += 1;
            }
            Change::Unrevoke(unrevoke) => self.unrevoked(&unrevoke.target),
            _ => {}
        }
        self.forget(leaf.at);
    }

    fn unrevoked(&mut self, target: &Target) {
        let Some(by) = self.revoked.remove(target) else {
            return;
        };
        if let Some(standing) = self.standing.get_mut(&by) {
            *standing = standing.saturating_sub(1);
        }
    }

    /// Forgets what is a day old, once in an hour: a log of years is not kept twice.
    fn forget(&mut self, now: Moment) {
        let hour = Duration::from_secs(3_600);
        if now.since(self.swept).is_none_or(|since| since < hour) {
            return;
        }
        self.swept = now;
        self.days.retain(|_, day| {
            while day.front().is_some_and(|at| !is_today(*at, now)) {
                day.pop_front();
            }
            !day.is_empty()
        });
    }

    /// How many of them an account did in the last day, and when the first was.
    fn of_the_day(&self, by: &Account, act: Act, now: Moment) -> (u32, Moment) {
        let day = self.days.get(&(by.clone(), act));
        let mut today = day
            .into_iter()
            .flatten()
            .copied()
            .filter(|at| is_today(*at, now));
        match today.next() {
            Some(first) => (count(1 + today.count()), first),
            None => (0, now),
        }
    }

    fn standing(&self, by: &Account) -> u32 {
        self.standing.get(by).copied().unwrap_or_default()
    }
}

/// One of the future is today's: a clock was set back.
fn is_today(at: Moment, now: Moment) -> bool {
    now.since(at).is_none_or(|age| age < DAY)
}

type UnderWay = Arc<Mutex<BTreeMap<(Account, Act), u32>>>;

/// What is under way: it is not in the log yet.
#[derive(Debug, Default)]
pub(in crate::keeper) struct Acts(UnderWay);

/// Counts as done while it lives.
pub(super) struct Acting {
    under_way: UnderWay,
    which: (Account, Act),
}

impl Drop for Acting {
    fn drop(&mut self) {
        let mut under_way = lock(&self.under_way);
        match under_way.get_mut(&self.which) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(under_way.remove(&self.which)),
        }
    }
}

fn lock(
    under_way: &Mutex<BTreeMap<(Account, Act), u32>>,
) -> std::sync::MutexGuard<'_, BTreeMap<(Account, Act), u32>> {
    under_way.lock().unwrap_or_else(|error| error.into_inner())
}

impl Market {
    /// Takes one act more of an account on, if its day is not full. What comes back is held until the log has it.
    pub(super) fn acting(&self, by: &Account, act: Act) -> Result<Acting, ActError> {
        let which = (by.clone(), act);
        let now = moment(&*self.clock);
        let mut under_way = lock(&self.acts.0);
        // Looked up while nobody begins another one. What has just come into the log counts twice for a moment, and never not at all.
        let ((done, first), standing) = self.ledger.look(|view| {
            let done = &view.done;
            (done.of_the_day(by, act, now), done.standing(by))
        });
        let begun = under_way.get(&which).copied().unwrap_or_default();
        let most = self.act_limits.of(act);
        if done.saturating_add(begun) >= most {
            let until = super::seconds(first).saturating_add(DAY.as_secs());
            let (what, new) = (act.what(), false);
            return Err(Full {
                what,
                most,
                new,
                until,
                wait: until.saturating_sub(super::seconds(now)),
            }
            .into());
        }
        let standing = standing.saturating_add(begun);
        if act == Act::Revoke && standing >= self.act_limits.standing_revocations {
            return Err(ActError::Conflict(format!(
                "{standing} of your revocations stand, and no more are taken: revoke a range of versions, or the whole namespace"
            )));
        }
        *under_way.entry(which.clone()).or_default() += 1;
        Ok(Acting {
            under_way: self.acts.0.clone(),
            which,
        })
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
