//! When a key was good.

use super::role::{Role, VerifyingKey};
use crate::fixtures::Moment;

/// A key and the times that bound what it signed. Each bound says from when on a signature is none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord<R> {
    /// The key.
    pub key: VerifyingKey<R>,
    /// From when on it signs.
    pub from: Moment,
    /// From when on it signs no more, as was said when it was added; never when absent.
    pub until: Option<Moment>,
    /// From when on it signs no more, as was said later.
    pub ended: Option<Moment>,
    /// From when on somebody else may have had it: what it signed from then on is void.
    pub compromised: Option<Moment>,
}

/// Why a key's signature of some time does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Signed before the key was good.
    #[error("the key is good from {0} on, and that is later")]
    NotYet(Moment),
    /// Signed after its time.
    #[error("the key was good until {0}")]
    Expired(Moment),
    /// Signed after its owner ended it.
    #[error("the key was ended at {0}")]
    Ended(Moment),
    /// Signed when somebody else may have had it.
    #[error("the key may have been in other hands from {0} on")]
    Compromised(Moment),
}

impl<R: Role> KeyRecord<R> {
    /// A key that is good from then on, for ever.
    pub fn new(key: VerifyingKey<R>, from: Moment) -> Self {
        KeyRecord {
            key,
            from,
            until: None,
            ended: None,
            compromised: None,
        }
    }

    /// Whether what it signed at this time counts.
    ///
    /// # Errors
    /// When it does not, and why: the gravest reason first.
    pub fn usable_at(&self, at: Moment) -> Result<(), Unusable> {
        let reached = |bound: Option<Moment>| bound.filter(|bound| *bound <= at);
        if let Some(since) = reached(self.compromised) {
            return Err(Unusable::Compromised(since));
        }
        if let Some(end) = reached(self.ended) {
            return Err(Unusable::Ended(end));
        }
        if let Some(end) = reached(self.until) {
            return Err(Unusable::Expired(end));
        }
        match at < self.from {
            true => Err(Unusable::NotYet(self.from)),
            false => Ok(()),
        }
    }

    /// From when on it signs no more, by what was said before that; never when absent. What turned out afterwards to be void is not in it.
    pub fn end(&self) -> Option<Moment> {
        [self.until, self.ended].into_iter().flatten().min()
    }
}
