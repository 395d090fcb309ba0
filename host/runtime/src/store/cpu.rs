//! How long a call has been on a core.
//!
//! A call's future is only polled while it runs, so the time inside `poll` is the CPU time the call
//! took from others, host functions included, without a system call per measurement. Waiting for an upstream
//! costs nothing. The epoch callback reads the same clock to enforce the limit.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// CPU time of one call, shared by the future that runs it and the callback that limits it.
#[derive(Debug)]
pub struct CpuClock {
    origin: Instant,
    /// Nanoseconds of finished polls.
    spent: AtomicU64,
    /// Nanoseconds after `origin` at which the current poll began.
    began: AtomicU64,
}

impl CpuClock {
    /// A clock at zero.
    pub fn new() -> CpuClock {
        CpuClock {
            origin: Instant::now(),
            spent: AtomicU64::new(0),
            began: AtomicU64::new(0),
        }
    }

    /// When the call began.
    pub fn origin(&self) -> Instant {
        self.origin
    }

    /// Time of all finished polls.
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// Time of all polls, the current one included. Only meaningful from within a poll.
    pub fn spent_so_far(&self) -> Duration {
        let running = self
            .now()
            .saturating_sub(self.began.load(Ordering::Relaxed));
        self.spent() + Duration::from_nanos(running)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Default for CpuClock {
    fn default() -> Self {
        Self::new()
    }
}

/// A future whose polls are charged to a [`CpuClock`].
pub struct Metered<F> {
    clock: Arc<CpuClock>,
    inner: F,
}

impl<F> Metered<F> {
    /// Charge `inner` to `clock`.
    pub fn new(clock: Arc<CpuClock>, inner: F) -> Metered<F> {
        Metered { clock, inner }
    }
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = self.clock.now();
        self.clock.began.store(began, Ordering::Relaxed);
        let polled = Pin::new(&mut self.inner).poll(context);
        let spent = self.clock.now().saturating_sub(began);
        self.clock.spent.fetch_add(spent, Ordering::Relaxed);
        polled
    }
}
