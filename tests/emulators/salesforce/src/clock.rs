//! What time the org thinks it is.
//!
//! Everything that depends on time (date literals, token expiry, `CreatedDate`) asks this clock,
//! so a test can hold it still or move it on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock in whole seconds since the Unix epoch, UTC.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `unix_seconds` until [`Clock::advance`]. Clones share it.
    #[must_use]
    pub fn held(unix_seconds: i64) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(unix_seconds))))
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> i64 {
        match &self.0 {
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
                }),
            Source::Held(at) => at.load(Ordering::SeqCst),
        }
    }

    /// Move a held clock on; the system clock is left alone.
    pub fn advance(&self, seconds: i64) {
        if let Source::Held(at) = &self.0 {
            at.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}
