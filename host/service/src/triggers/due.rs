//! Which ticks of a schedule start something now: pure.
//!
//! A tick is on time within a minute. What is older was missed, because no host ran or none could reach the store, and is handled as the
//! trigger says.

use serde::{Deserialize, Serialize};

use super::schedule::Schedule;

/// How late a tick may be and still count as on time, in milliseconds.
pub const ON_TIME: u64 = 60_000;

/// Most missed ticks that are made up for.
pub const MAX_MISSED: u32 = 100;

/// What becomes of ticks that were missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// Nothing.
    Skip,
    /// The last of them starts something, once.
    #[default]
    Last,
    /// All of them do, the newest so many.
    All,
}

/// What is to be done about ticks that have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// These start something, the oldest first.
    pub start: Vec<u64>,
    /// So many do not: at least so many, as it is not counted beyond [`MAX_MISSED`].
    pub missed: u32,
    /// The last that has come. What comes after is for another time.
    pub through: u64,
}

/// The ticks behind `after` that have come by `now`; nothing when none has.
pub fn due(schedule: &Schedule, missed: Missed, limit: u32, after: u64, now: u64) -> Option<Due> {
    let back = std::iter::successors(schedule.last(now), |tick| {
        tick.checked_sub(1).and_then(|before| schedule.last(before))
    });
    let most = (MAX_MISSED + 1) as usize;
    let come: Vec<u64> = back.take_while(|tick| *tick > after).take(most).collect();
    let through = *come.first()?;
    let wanted = match missed {
        Missed::Skip if now - through > ON_TIME => 0,
        Missed::Skip | Missed::Last => 1,
        Missed::All => limit.clamp(1, MAX_MISSED) as usize,
    };
    let mut start: Vec<u64> = come.iter().take(wanted).copied().collect();
    start.reverse();
    let missed = u32::try_from(come.len() - start.len()).unwrap_or(u32::MAX);
    Some(Due {
        start,
        missed,
        through,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Due, Missed, ON_TIME, due};
    use crate::triggers::schedule::Schedule;

    const HOUR: u64 = 60 * 60 * 1000;

    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: u64 = 1_767_225_600_000;

    fn hourly(missed: Missed, limit: u32, after: u64, now: u64) -> Option<Due> {
        let schedule = Schedule::read("@hourly", "UTC", NEW_YEAR).unwrap();
        due(&schedule, missed, limit, NEW_YEAR + after, NEW_YEAR + now)
    }

    fn hours(due: Option<Due>) -> (Vec<u64>, u32, u64) {
        let Due {
            start,
            missed,
            through,
        } = due.unwrap();
        let hour = |tick: u64| (tick - NEW_YEAR) / HOUR;
        (start.into_iter().map(hour).collect(), missed, hour(through))
    }

    #[test]
    fn a_tick_on_time_starts_something_whatever_is_said_of_missed_ones() {
        for missed in [Missed::Skip, Missed::Last, Missed::All] {
            assert_eq!(hourly(missed, 5, 0, HOUR - 1), None);
            assert_eq!(hours(hourly(missed, 5, 0, HOUR)), (vec![1], 0, 1));
            assert_eq!(hours(hourly(missed, 5, 0, HOUR + ON_TIME)), (vec![1], 0, 1));
            assert_eq!(hourly(missed, 5, HOUR, HOUR + 1), None, "not twice");
        }
    }

    #[test]
    fn missed_ticks_are_handled_as_it_is_said() {
        let late = 4 * HOUR + ON_TIME + 1;
        assert_eq!(hours(hourly(Missed::Skip, 5, 0, late)), (vec![], 4, 4));
        assert_eq!(hours(hourly(Missed::Last, 5, 0, late)), (vec![4], 3, 4));
        let all = hours(hourly(Missed::All, 5, 0, late));
        assert_eq!(all, (vec![1, 2, 3, 4], 0, 4));
        // The one on time is none of those missed.
        assert_eq!(hours(hourly(Missed::Skip, 5, 0, 4 * HOUR)), (vec![4], 3, 4));
        assert_eq!(
            hours(hourly(Missed::All, 3, 0, late)),
            (vec![2, 3, 4], 1, 4)
        );
    }

    #[test]
    fn a_year_of_missed_ticks_is_not_walked_through() {
        let year = 365 * 24 * HOUR;
        let (start, missed, through) = hours(hourly(Missed::All, u32::MAX, 0, year));
        assert_eq!((start.len(), missed, through), (100, 1, 365 * 24));
        let (start, missed, _) = hours(hourly(Missed::Last, 5, 0, year));
        assert_eq!((start.len(), missed), (1, 100));
    }
}
