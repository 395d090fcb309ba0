//! How many calls run at once.
//!
//! A call that a skill makes from within its own has permits of its own: the one that asked keeps its place until it is
//! answered, and would otherwise be waiting for itself.

use std::time::Duration;

use metier_core::{Code, Fault};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Most calls from within others at once.
const MAX_INNER: u32 = 64;

/// Permits of one host.
pub struct Permits {
    calls: Semaphore,
    inner: Semaphore,
    patience: Duration,
}

impl Permits {
    /// `calls` at once; each of them may wait `patience` for its turn.
    pub fn new(calls: u32, patience: Duration) -> Permits {
        Permits {
            calls: Semaphore::new(calls as usize),
            inner: Semaphore::new(inner(calls) as usize),
            patience,
        }
    }

    /// Instances that live at once when all permits are given.
    pub const fn instances(calls: u32) -> u32 {
        calls.saturating_add(inner(calls))
    }

    /// A permit, within the patience of the host and of the caller.
    ///
    /// # Errors
    /// `busy`.
    pub async fn get(
        &self,
        is_within: bool,
        caller: Option<Duration>,
    ) -> Result<SemaphorePermit<'_>, Fault> {
        let permits = if is_within { &self.inner } else { &self.calls };
        if let Ok(permit) = permits.try_acquire() {
            return Ok(permit);
        }
        let patience = caller.map_or(self.patience, |caller| caller.min(self.patience));
        match tokio::time::timeout(patience, permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(
                Fault::new(Code::Busy, "The host is running as many calls as it may.")
                    .with_retry_after(self.patience),
            ),
        }
    }
}

const fn inner(calls: u32) -> u32 {
    if calls < MAX_INNER { calls } else { MAX_INNER }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Duration;

    use metier_core::Code;

    use super::Permits;

    #[tokio::test(start_paused = true)]
    async fn calls_from_within_do_not_wait_for_those_that_made_them() {
        let permits = Permits::new(2, Duration::from_secs(5));
        let outer = [
            permits.get(false, None).await.unwrap(),
            permits.get(false, None).await.unwrap(),
        ];
        let busy = permits.get(false, None).await.unwrap_err();
        assert_eq!(busy.code, Code::Busy);
        let inner = [
            permits.get(true, None).await.unwrap(),
            permits.get(true, None).await.unwrap(),
        ];
        let busy = permits.get(true, None).await.unwrap_err();
        assert_eq!(busy.code, Code::Busy);
        assert_eq!(Permits::instances(2) as usize, outer.len() + inner.len());
    }
}
