//! What is noted at most so often, so that a flood of it fills no disk.

use std::sync::{Mutex, PoisonError};

/// Notes so many a second, and counts the rest.
#[derive(Debug)]
pub struct Pace {
    per_second: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    second: u64,
    noted: u32,
    left_out: u64,
}

impl Pace {
    /// At most `per_second`.
    pub fn of(per_second: u32) -> Self {
        Pace {
            per_second,
            state: Mutex::default(),
        }
    }

    /// Whether one more may be noted at `now`, in milliseconds. If so, how many were left out since the last.
    pub fn take(&self, now: u64) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.second != now / 1000 {
            (state.second, state.noted) = (now / 1000, 0);
        }
        if state.noted >= self.per_second {
            state.left_out += 1;
            return None;
        }
        state.noted += 1;
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn what_is_left_out_is_counted() {
        let pace = Pace::of(2);
        let taken: Vec<_> = [0, 1, 2, 999, 1000, 1001]
            .map(|now| pace.take(now))
            .into_iter()
            .collect();
        assert_eq!(taken, [Some(0), Some(0), None, None, Some(2), Some(0)]);
    }
}
