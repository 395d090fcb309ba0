//! How many calls run at once.
//!
//! A call that a skill makes from within its own has permits of its own, by how deep it is: the one that asked keeps its
//! place until it is answered, and would otherwise be waiting for itself. Whatever is deeper than [`LEVELS`] shares the last.

use std::time::Duration;

use metier_core::{Code, Fault};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Levels with permits of their own, as deep as runs let skills call each other unless they say otherwise.
const LEVELS: u32 = 4;

/// Most calls from within others at once, on each level.
const MAX_INNER: u32 = 16;

/// Permits of one host.
pub struct Permits {
    /// For calls that no skill asked for, and then for each level below.
    levels: Vec<Semaphore>,
    patience: Duration,
}

impl Permits {
    /// `calls` at once that no skill asked for; each may wait `patience` for its turn.
    pub fn new(calls: u32, patience: Duration) -> Permits {
        let inner = std::iter::repeat_n(inner(calls), LEVELS as usize);
        let levels = std::iter::once(calls).chain(inner);
        Permits {
            levels: levels
                .map(|permits| Semaphore::new(permits as usize))
                .collect(),
            patience,
        }
    }

    /// Instances that live at once when all permits are given.
    pub const fn instances(calls: u32) -> u32 {
        calls.saturating_add(LEVELS * inner(calls))
    }

    /// A permit for a call this deep, within the patience of the host and of the caller.
    ///
    /// # Errors
    /// `busy`.
    pub async fn get(
        &self,
        depth: u16,
        caller: Option<Duration>,
    ) -> Result<SemaphorePermit<'_>, Fault> {
        let busy = || {
            Fault::new(Code::Busy, "The host is running as many calls as it may.")
                .with_retry_after(self.patience)
        };
        let level = self.levels.get(usize::from(depth));
        let permits = level.or(self.levels.last()).ok_or_else(busy)?;
        if let Ok(permit) = permits.try_acquire() {
            return Ok(permit);
        }
        let patience = caller.map_or(self.patience, |caller| caller.min(self.patience));
        match tokio::time::timeout(patience, permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy()),
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

    use super::{LEVELS, Permits};

    #[tokio::test(start_paused = true)]
    async fn calls_from_within_do_not_wait_for_those_that_made_them() {
        let permits = Permits::new(1, Duration::from_secs(5));
        let mut held = Vec::new();
        for depth in 0..=LEVELS as u16 {
            held.push(permits.get(depth, None).await.unwrap());
        }
        assert_eq!(Permits::instances(1) as usize, held.len());
        for depth in [0, 1, LEVELS as u16, u16::MAX] {
            let busy = permits.get(depth, None).await.unwrap_err();
            assert_eq!(busy.code, Code::Busy, "{depth}");
        }
    }
}
