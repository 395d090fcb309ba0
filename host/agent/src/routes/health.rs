//! Whether a candidate is well: a circuit breaker per candidate, and how long its answers take.
//!
//! A candidate that fails [`FAILURES_TO_REST`] times in a row is not asked for a while; then one question tries it. A
//! success makes it well, a failure makes it rest twice as long. Only failures that speak about the candidate count: a
//! malformed question says nothing about its health. Time is milliseconds of any clock that only goes forward.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::models::{FailureKind, ModelFailure};

/// Failures in a row after which a candidate rests: one bad answer is an accident, five are a state.
pub const FAILURES_TO_REST: u32 = 5;

/// First rest, in milliseconds.
pub const FIRST_REST_MS: u64 = 15_000;

/// Longest rest, in milliseconds: outages of an hour are found to be over within five minutes.
pub const LONGEST_REST_MS: u64 = 300_000;

/// The weight of the newest answer in the usual latency, as one part in so many.
const NEWEST_PART: u64 = 4;

/// The health of all candidates of a host.
#[derive(Debug, Default)]
pub struct Health {
    candidates: Mutex<HashMap<String, Breaker>>,
}

/// One candidate's breaker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    rests: u32,
    rests_until: u64,
    latency_ms: Option<u64>,
}

/// What is known of a candidate now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It may be asked.
    Well,
    /// It rests for so many milliseconds more; or somebody is just trying it, and gets so many.
    Resting {
        /// Milliseconds.
        for_ms: u64,
    },
}

impl Health {
    /// Whether it may be asked.
    pub fn condition(&self, candidate: &str, now: u64) -> Condition {
        self.lock()
            .get(candidate)
            .map_or(Condition::Well, |breaker| breaker.condition(now))
    }

    /// How long its answers usually take, in milliseconds, once there was one.
    pub fn latency_ms(&self, candidate: &str) -> Option<u64> {
        self.lock()
            .get(candidate)
            .and_then(|breaker| breaker.latency_ms)
    }

    /// It is about to be asked: of a candidate that has rested, others keep away until this question is answered.
    pub fn asked(&self, candidate: &str, now: u64) {
        if let Some(breaker) = self.lock().get_mut(candidate) {
            breaker.asked(now);
        }
    }

    /// It answered.
    pub fn answered(&self, candidate: &str, latency_ms: u64) {
        self.lock()
            .entry(candidate.to_owned())
            .or_default()
            .answered(latency_ms);
    }

    /// It failed.
    pub fn failed(&self, candidate: &str, failure: &ModelFailure, now: u64) {
        self.lock()
            .entry(candidate.to_owned())
            .or_default()
            .failed(failure, now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Breaker>> {
        self.candidates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breaker {
    fn condition(&self, now: u64) -> Condition {
        match self.rests_until.checked_sub(now) {
            Some(for_ms) if for_ms > 0 => Condition::Resting { for_ms },
            _ => Condition::Well,
        }
    }

    fn asked(&mut self, now: u64) {
        if self.rests > 0 {
            // A question that never comes back must not keep the candidate away for ever.
            self.rests_until = now.saturating_add(FIRST_REST_MS);
        }
    }

    fn answered(&mut self, latency_ms: u64) {
        let usual = self.latency_ms.map_or(latency_ms, |usual| {
            (usual
                .saturating_mul(NEWEST_PART - 1)
                .saturating_add(latency_ms))
                / NEWEST_PART
        });
        *self = Breaker {
            latency_ms: Some(usual),
            ..Breaker::default()
        };
    }

    fn failed(&mut self, failure: &ModelFailure, now: u64) {
        if !counts(failure.kind) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_TO_REST || self.rests > 0 {
            let rest = FIRST_REST_MS
                .saturating_mul(1 << self.rests.min(16))
                .min(LONGEST_REST_MS);
            self.rests = self.rests.saturating_add(1);
            self.rests_until = self.rests_until.max(now.saturating_add(rest));
        }
        // A provider that says how long is taken at its word, by everybody who would ask it.
        if let Some(wait) = failure.retry_after_ms {
            self.rests_until = self.rests_until.max(now.saturating_add(wait));
        }
    }
}

/// Whether a failure says something about the candidate.
const fn counts(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::RateLimited
            | FailureKind::Overloaded
            | FailureKind::Unreachable
            | FailureKind::Timeout
            | FailureKind::BrokenOff
            | FailureKind::Malformed
            | FailureKind::TooLarge
            | FailureKind::Auth
            | FailureKind::Exhausted
            | FailureKind::NoSuchModel
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> ModelFailure {
        ModelFailure::new(kind, "It failed.")
    }

    fn sick(health: &Health, now: u64) {
        for _ in 0..FAILURES_TO_REST {
            health.failed("a", &failure(FailureKind::Overloaded), now);
        }
    }

    #[test]
    fn a_few_failures_are_forgiven_and_more_are_not() {
        let health = Health::default();
        for _ in 1..FAILURES_TO_REST {
            health.failed("a", &failure(FailureKind::Overloaded), 0);
        }
        assert_eq!(health.condition("a", 0), Condition::Well);
        health.failed("a", &failure(FailureKind::Timeout), 0);
        assert_eq!(
            health.condition("a", 0),
            Condition::Resting {
                for_ms: FIRST_REST_MS
            }
        );
        assert_eq!(health.condition("b", 0), Condition::Well);
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        let health = Health::default();
        for _ in 0..10 {
            health.failed("a", &failure(FailureKind::Overloaded), 0);
            health.answered("a", 10);
        }
        assert_eq!(health.condition("a", 0), Condition::Well);
    }

    #[test]
    fn after_its_rest_one_question_tries_it() {
        let health = Health::default();
        sick(&health, 0);
        assert_eq!(health.condition("a", FIRST_REST_MS), Condition::Well);
        health.asked("a", FIRST_REST_MS);
        assert!(matches!(
            health.condition("a", FIRST_REST_MS),
            Condition::Resting { .. }
        ));
        health.failed("a", &failure(FailureKind::Overloaded), FIRST_REST_MS);
        let twice = Condition::Resting {
            for_ms: 2 * FIRST_REST_MS,
        };
        assert_eq!(health.condition("a", FIRST_REST_MS), twice);
        health.answered("a", 10);
        assert_eq!(health.condition("a", FIRST_REST_MS), Condition::Well);
    }

    #[test]
    fn a_trial_that_never_ends_does_not_keep_it_away() {
        let health = Health::default();
        sick(&health, 0);
        health.asked("a", FIRST_REST_MS);
        assert_eq!(health.condition("a", 2 * FIRST_REST_MS), Condition::Well);
    }

    #[test]
    fn no_rest_is_longer_than_the_longest() {
        let health = Health::default();
        for _ in 0..100 {
            health.failed("a", &failure(FailureKind::Overloaded), 0);
        }
        assert_eq!(
            health.condition("a", 0),
            Condition::Resting {
                for_ms: LONGEST_REST_MS
            }
        );
    }

    #[test]
    fn a_wait_that_was_told_is_kept_at_once() {
        let health = Health::default();
        let told = ModelFailure {
            retry_after_ms: Some(7_000),
            ..failure(FailureKind::RateLimited)
        };
        health.failed("a", &told, 100);
        assert_eq!(
            health.condition("a", 100),
            Condition::Resting { for_ms: 7_000 }
        );
        assert_eq!(health.condition("a", 7_100), Condition::Well);
    }

    #[test]
    fn the_questions_own_faults_do_not_count() {
        let health = Health::default();
        for kind in [
            FailureKind::InvalidRequest,
            FailureKind::ContextTooLong,
            FailureKind::ContentFilter,
        ] {
            (0..9).for_each(|_| health.failed("a", &failure(kind), 0));
        }
        assert_eq!(health.condition("a", 0), Condition::Well);
    }

    #[test]
    fn the_usual_latency_follows_slowly() {
        let health = Health::default();
        assert_eq!(health.latency_ms("a"), None);
        health.answered("a", 1_000);
        health.answered("a", 2_000);
        assert_eq!(health.latency_ms("a"), Some(1_250));
    }
}
