//! When something is tried again: pure.
//!
//! Ten attempts in about a day and a half: at once, then after 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 5.7 h, 12 h and 12 h, each up to a
//! quarter sooner or later by chance, so that an endpoint that was away does not get everything at the same moment. An endpoint that
//! says when it wants to be asked again is asked no sooner, within a day.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header::RETRY_AFTER};

/// Attempts, after which something is given up.
pub const MAX_ATTEMPTS: u32 = 10;

/// The wait after the first attempt, in milliseconds.
const FIRST: u64 = 5_000;

/// Each wait is so many times the one before.
const FACTOR: u64 = 4;

/// The longest wait, in milliseconds.
const LONGEST: u64 = 12 * 60 * 60 * 1000;

/// Most that an endpoint can ask for.
const MAX_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// Milliseconds until the attempt after `attempts` of them; nothing when it is given up. `chance` is anything.
pub fn wait(attempts: u32, asked: Option<Duration>, chance: u16) -> Option<u64> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let power = FACTOR.saturating_pow(attempts.saturating_sub(1));
    let plain = FIRST.saturating_mul(power).min(LONGEST);
    // Three to five quarters.
    let wait = plain - plain / 4 + plain / 2 * u64::from(chance) / u64::from(u16::MAX);
    let asked = asked.map_or(0, |asked| asked.min(MAX_ASKED).as_millis());
    Some(wait.max(u64::try_from(asked).unwrap_or(0)))
}

/// How long an answer asks to be left alone, at `now`.
pub fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .ok(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::{Duration, UNIX_EPOCH};

    use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};

    use super::{LONGEST, MAX_ATTEMPTS, asked, wait};

    #[test]
    fn waits_grow_to_half_a_day_and_then_it_is_given_up() {
        let middle = |attempts| wait(attempts, None, u16::MAX / 2);
        let waits: Vec<u64> = (1..MAX_ATTEMPTS)
            .map(|n| middle(n).unwrap() / 1000)
            .collect();
        assert_eq!(waits, [4, 19, 79, 319, 1279, 5119, 20479, 43199, 43199]);
        assert_eq!(middle(MAX_ATTEMPTS), None);
        assert_eq!(wait(u32::MAX, None, 0), None);
    }

    #[test]
    fn chance_moves_a_wait_by_a_quarter() {
        assert_eq!(wait(1, None, 0), Some(3_750));
        assert_eq!(wait(1, None, u16::MAX), Some(6_250));
        assert_eq!(wait(9, None, u16::MAX), Some(LONGEST / 4 * 5));
    }

    #[test]
    fn who_asks_for_more_time_has_it_within_a_day() {
        let after = |seconds| wait(1, Some(Duration::from_secs(seconds)), 0);
        assert_eq!(after(1), Some(3_750));
        assert_eq!(after(120), Some(120_000));
        assert_eq!(after(u64::MAX), Some(24 * 60 * 60 * 1000));
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            asked(&headers, now)
        };
        assert_eq!(of("120"), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        assert_eq!(of(date), Some(Duration::from_secs(60)));
        // Past, and nonsense.
        assert_eq!(of("Sun, 06 Nov 1994 08:40:37 GMT"), None);
        assert_eq!(
            (of("soon"), of("-1"), asked(&HeaderMap::new(), now)),
            (None, None, None)
        );
    }
}
