//! Clocks and randomness.

use std::time::{Duration, Instant, SystemTime};

use guest_kit::wasi::random::random;

use crate::Capabilities;
use crate::bindings::exports::metier_test::capabilities::system::{Guest, Moment};

impl Guest for Capabilities {
    fn now() -> Moment {
        let first = Instant::now();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Moment {
            unix_seconds: since.map_or(0, |since| since.as_secs()),
            monotonic: Instant::now() >= first,
        }
    }

    fn sleep(milliseconds: u32) {
        std::thread::sleep(Duration::from_millis(u64::from(milliseconds)));
    }

    fn random() -> u64 {
        random::get_random_u64()
    }
}
