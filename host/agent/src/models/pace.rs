//! Time and chance, as whoever runs the host has them.

use std::time::Duration;

use futures::future::BoxFuture;

/// Time and chance; a test holds both.
pub trait Pace: Send + Sync {
    /// Milliseconds of a clock that only goes forward.
    fn now_ms(&self) -> u64;

    /// Waits.
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()>;

    /// A number from 0 to 1, another one each time.
    fn jitter(&self) -> f64;
}
