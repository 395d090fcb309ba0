//! Which uses of keys are written down: the first in a while, and refusals up to so many a second.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::audit::{What, pace::Pace};

/// A key that was not used for so long logs in again.
const A_WHILE: u64 = 60 * 60 * 1000;

/// Keys whose last use is remembered. When there are more, those are forgotten that were not used for longest, and log in again.
const REMEMBERED: usize = 10_000;

/// Refusals that are written down in a second: enough to see what goes on, too few to fill a disk.
pub const REFUSED_NOTED: u32 = 10;

/// When keys were used.
pub struct Logins {
    used: Mutex<HashMap<Box<str>, u64>>,
    refused: Pace,
}

impl Default for Logins {
    fn default() -> Self {
        Logins {
            used: Mutex::default(),
            refused: Pace::of(REFUSED_NOTED),
        }
    }
}

impl Logins {
    /// A key opened. Something to write down when it had not for a while.
    pub fn opened<'a>(&self, key: &'a str, now: u64) -> Option<What<'a>> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match used.get_mut(key) {
            Some(last) => Some(std::mem::replace(last, now)),
            None => {
                make_room(&mut used);
                used.insert(key.into(), now)
            }
        };
        let is_news = before.is_none_or(|before| now.saturating_sub(before) >= A_WHILE);
        is_news.then_some(What::Login {
            opened: true,
            key: Some(key),
            left_out: 0,
        })
    }

    /// A key did not open. Something to write down when there was not too much of it already.
    pub fn refused<'a>(&self, key: Option<&'a str>, now: u64) -> Option<What<'a>> {
        let left_out = self.refused.take(now)?;
        Some(What::Login {
            opened: false,
            // What does not look like an id may be a part of a secret.
            key: key.filter(|key| is_id(key)),
            left_out,
        })
    }
}

fn make_room(used: &mut HashMap<Box<str>, u64>) {
    if used.len() < REMEMBERED {
        return;
    }
    let mut times: Vec<u64> = used.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    used.retain(|_, last| *last > median);
}

/// Sixteen hexadecimal digits, as all ids of keys are.
fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{A_WHILE, Logins, REFUSED_NOTED, REMEMBERED};
    use crate::audit::What;

    #[test]
    fn a_key_logs_in_once_in_a_while() {
        let logins = Logins::default();
        let news = |now| logins.opened("0123456789abcdef", now).is_some();
        assert!(news(0));
        assert!(!news(1) && !news(A_WHILE));
        assert!(news(2 * A_WHILE));
    }

    #[test]
    fn the_memory_of_logins_is_bounded() {
        let logins = Logins::default();
        for (now, key) in (0..3 * REMEMBERED).enumerate() {
            logins.opened(&key.to_string(), now as u64);
        }
        let used = logins.used.lock().map(|used| used.len());
        assert!(used.is_ok_and(|used| used <= REMEMBERED));
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_never_repeats_what_may_be_secret() {
        let logins = Logins::default();
        let noted = (0..1000).filter_map(|_| logins.refused(Some("hunter2"), 5));
        let noted: Vec<_> = noted.collect();
        assert_eq!(noted.len(), REFUSED_NOTED as usize);
        assert!(
            noted
                .iter()
                .all(|what| matches!(what, What::Login { key: None, .. }))
        );
        let later = logins.refused(Some("0123456789abcdef"), 1000);
        let expected = 1000 - u64::from(REFUSED_NOTED);
        assert!(matches!(
            later,
            Some(What::Login { key: Some("0123456789abcdef"), left_out, .. }) if left_out == expected
        ));
    }
}
