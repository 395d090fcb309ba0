//! When the market looked for the proof of each namespace, and what it found.
//!
//! A domain can be away for a night, and a record can be lost for an hour where somebody moves it. So a namespace is frozen when its proof was
//! not there [`LOOKS`] times in a row, for [`LOST_AFTER`] at least; until then its owner is told. Nobody knows where nobody answers: that
//! is neither.

use std::{
    collections::HashMap,
    fmt, io,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use metier_core::ids::shown;
use metier_store::names::Names;
use serde::{Deserialize, Serialize};

use crate::{
    fixtures::Moment,
    state::{Namespace, Owned},
};

/// How often a proof that is there is looked for.
pub const EACH: Duration = Duration::from_secs(24 * 3_600);

/// The same where it was not there, or nobody could tell.
pub const SOONER: Duration = Duration::from_secs(8 * 3_600);

/// So many looks in a row have to miss it.
pub const LOOKS: u32 = 3;

/// And for so long.
pub const LOST_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Longest reason that is kept, in characters.
const MAX_WHY: usize = 300;

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The line is there.
    There,
    /// Whoever knows says that it is not.
    Missing,
    /// Nobody who knows has answered.
    Unknown,
}

/// The last look, and those it missed the proof in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// When.
    pub at: Moment,
    /// What it came to.
    pub found: Found,
    /// Why nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Looks in a row, but for those nobody knows of, in which it was not there.
    pub misses: u32,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since: Option<Moment>,
}

impl Look {
    /// What is known of a namespace nobody has looked for since it was proven.
    pub fn proven(at: Moment) -> Look {
        Look {
            at,
            found: Found::There,
            why: None,
            misses: 0,
            missing_since: None,
        }
    }

    /// The next.
    pub(super) fn next(&self, at: Moment, found: Result<bool, String>) -> Look {
        match found {
            Ok(true) => Look::proven(at),
            Ok(false) => Look {
                at,
                found: Found::Missing,
                why: None,
                misses: self.misses.saturating_add(1),
                missing_since: Some(self.missing_since.unwrap_or(at)),
            },
            Err(why) => Look {
                at,
                found: Found::Unknown,
                why: Some(shown(&why).chars().take(MAX_WHY).collect()),
                ..self.clone()
            },
        }
    }

    /// Whether it is time for another.
    pub(super) fn is_due(&self, is_frozen: bool, now: Moment) -> bool {
        let each = match self.found == Found::There && !is_frozen {
            true => EACH,
            false => SOONER,
        };
        now.since(self.at).is_some_and(|gone| gone >= each)
    }

    /// Whether the proof is lost.
    pub(super) fn is_lost(&self) -> bool {
        let gone = self.missing_since.and_then(|since| self.at.since(since));
        self.misses >= LOOKS && gone.is_some_and(|gone| gone >= LOST_AFTER)
    }

    /// From when on it can be lost, where it is not there.
    pub fn lost_from(&self) -> Option<Moment> {
        self.missing_since.map(|since| since.plus(LOST_AFTER))
    }
}

impl fmt::Display for Look {
    /// `it was not there on …, the first time on …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        match self.found {
            Found::There => write!(f, "it was there on {at}")?,
            Found::Missing => write!(f, "it was not there on {at}")?,
            Found::Unknown => write!(f, "nobody could tell on {at}")?,
        }
        match self.missing_since.filter(|since| *since != at) {
            Some(since) => write!(f, ", and was missed first on {since}"),
            None => Ok(()),
        }
    }
}

/// The last look for each namespace, in a folder.
#[derive(Debug)]
pub(super) struct Looks {
    kept: Names,
    there: Mutex<HashMap<Namespace, Look>>,
}

impl Looks {
    /// Reads what is known, for whoever may wait for the disk. A file that is none is looked for anew.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path) -> io::Result<Looks> {
        let kept = Names::open(folder)?;
        let mut there = HashMap::new();
        kept.walk_now(&[], &|_| true, &mut |name, bytes| {
            let namespace = name.last().and_then(|name| name.parse().ok());
            if let (Some(namespace), Ok(look)) = (namespace, serde_json::from_slice(&bytes)) {
                there.insert(namespace, look);
            }
        })?;
        Ok(Looks {
            kept,
            there: Mutex::new(there),
        })
    }

    /// The last look for a namespace's proof.
    pub fn last(&self, namespace: &Namespace, owned: &Owned) -> Look {
        let there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let last = there.get(namespace).cloned();
        last.unwrap_or_else(|| Look::proven(owned.proof.at))
    }

    /// Keeps one.
    ///
    /// # Errors
    /// The disk's. It is known all the same, until the process ends.
    pub async fn keep(&self, namespace: &Namespace, look: Look) -> io::Result<()> {
        let bytes = serde_json::to_vec(&look)?;
        self.there
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(namespace.clone(), look);
        self.kept.set(&[namespace.as_str()], bytes).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Found, Look};
    use crate::fixtures::Moment;

    fn hours(hours: u64) -> Moment {
        Moment::default().plus(Duration::from_secs(hours * 3_600))
    }

    #[test]
    fn a_proof_is_lost_after_three_looks_and_a_day() {
        let look = Look::proven(hours(0));
        assert!(!look.is_due(false, hours(23)) && look.is_due(false, hours(24)));
        assert!(look.is_due(true, hours(8)), "a frozen one is wanted back");
        // Three at once are a minute of a domain.
        let mut at_once = look.clone();
        for _ in 0..9 {
            at_once = at_once.next(hours(24), Ok(false));
        }
        assert!(!at_once.is_lost());
        // Two are not enough, however far apart.
        let first = look.next(hours(24), Ok(false));
        assert!(!first.is_due(false, hours(31)) && first.is_due(false, hours(32)));
        let second = first.next(hours(99), Ok(false));
        assert!(!second.is_lost());
        // What nobody knows counts for nothing, and takes nothing back.
        let unknown = second.next(hours(110), Err("nobody answers".to_owned()));
        assert_eq!((unknown.found, unknown.misses), (Found::Unknown, 2));
        assert!(!unknown.is_lost());
        let third = unknown.next(hours(120), Ok(false));
        assert!(third.is_lost());
        assert_eq!(third.missing_since, Some(hours(24)));
        assert_eq!(third.next(hours(130), Ok(true)), Look::proven(hours(130)));
    }
}
