//! Real time and real chance.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use metier_agent::models::Pace;

/// Tokio's clock, and the chance the standard library seeds its maps with.
#[derive(Debug)]
pub struct LivePace(Instant);

impl Default for LivePace {
    fn default() -> Self {
        LivePace(Instant::now())
    }
}

impl Pace for LivePace {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }

    fn jitter(&self) -> f64 {
        // 32 bits are chance enough to spread those who failed together.
        (RandomState::new().hash_one(0) >> 32) as f64 / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_part_of_one_and_differs() {
        let pace = LivePace::default();
        let drawn: Vec<f64> = (0..20).map(|_| pace.jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..=1.0).contains(jitter)));
        assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
