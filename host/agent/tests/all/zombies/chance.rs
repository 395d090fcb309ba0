//! Numbers that a seed decides.

use std::{sync::Mutex, time::Duration};

/// `SplitMix64`: the same seed gives the same numbers on every machine.
pub struct Chance(Mutex<u64>);

impl Chance {
    pub fn of(seed: u64) -> Chance {
        Chance(Mutex::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to and without `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    /// Once in so many times.
    pub fn one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn millis(&self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }
}
