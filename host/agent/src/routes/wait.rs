//! How long to wait before asking again.

use std::time::Duration;

use super::Retry;
use crate::models::ModelFailure;

impl Retry {
    /// The wait before the next request to the same candidate after its `failed`-th failure, from 1; none when another
    /// one should be asked instead. `jitter`, from 0 to 1, spreads those who failed together.
    ///
    /// Half of the doubling wait is fixed and half is jitter. A wait that the provider told is kept, with jitter added and
    /// never taken away; one longer than `max-ms` sends the question elsewhere.
    pub fn wait(&self, failed: u32, failure: &ModelFailure, jitter: f64) -> Option<Duration> {
        if failed >= self.attempts || !failure.kind.retry_same() {
            return None;
        }
        let jitter = if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let doubled = self
            .base_ms
            .saturating_mul(1 << failed.saturating_sub(1).min(32));
        let backoff = doubled.min(self.max_ms);
        let half = backoff as f64 / 2.0;
        let ms = match failure.retry_after_ms {
            Some(told) if told > self.max_ms => return None,
            Some(told) => told as f64 + half * jitter,
            None => half + half * jitter,
        };
        Some(Duration::from_millis(ms as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::FailureKind;

    fn failure(kind: FailureKind, told: Option<u64>) -> ModelFailure {
        ModelFailure {
            retry_after_ms: told,
            ..ModelFailure::new(kind, "It failed.")
        }
    }

    #[test]
    fn waits_double_within_limits() {
        let retry = Retry {
            attempts: 10,
            broken_answers: 1,
            base_ms: 500,
            max_ms: 20_000,
        };
        for (failed, told, jitter, ms) in [
            (1, None, 0.0, Some(250)),
            (1, None, 1.0, Some(500)),
            (2, None, 0.5, Some(750)),
            (6, None, 1.0, Some(16_000)),
            (9, None, 1.0, Some(20_000)),
            (10, None, 0.0, None),
            (1, Some(7_000), 0.0, Some(7_000)),
            (1, Some(7_000), 1.0, Some(7_250)),
            (1, Some(20_001), 0.0, None),
            (1, None, f64::NAN, Some(500)),
            (1, None, -5.0, Some(250)),
        ] {
            let wait = retry.wait(failed, &failure(FailureKind::Overloaded, told), jitter);
            assert_eq!(
                wait,
                ms.map(Duration::from_millis),
                "{failed} {told:?} {jitter}"
            );
        }
    }

    #[test]
    fn what_stays_wrong_is_not_asked_again() {
        let retry = Retry::default();
        for kind in [
            FailureKind::InvalidRequest,
            FailureKind::Auth,
            FailureKind::ContextTooLong,
            FailureKind::Exhausted,
        ] {
            assert_eq!(retry.wait(1, &failure(kind, None), 0.0), None, "{kind}");
        }
    }
}
