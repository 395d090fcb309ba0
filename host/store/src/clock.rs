//! The store's own clock.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::types::{Time, micros};

/// Where the SQLite engine reads the time. PostgreSQL has its own clock.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now. Should not go backwards.
    fn now(&self) -> Time;
}

/// The machine's clock, which never goes backwards within this process.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = micros(since);
        Time(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

/// A clock that stands still until it is moved: for tests and simulations.
#[derive(Debug)]
pub struct HeldClock(AtomicI64);

impl HeldClock {
    /// A clock that stands at this time.
    pub fn at(time: Time) -> Self {
        HeldClock(AtomicI64::new(time.0))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(micros(by), Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}
