//! Time that only passes while a guest sleeps, and random numbers that are always the same.
//!
//! The wall clock stands at the moment the call began. The monotonic clock begins at zero; each reading is a microsecond after
//! the one before, so that a loop that waits for it ends. When a guest has slept, both have moved on by as long as it wanted
//! to sleep (see [`super::clock`]).
//!
//! Random numbers, secure ones included, come from SHA-256 of a counter: stable over versions and machines, and unlike each
//! other. They are no secret, which is the point; nothing that is held ever reaches a service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// How much later each reading of the monotonic clock is, in nanoseconds.
const STEP: u64 = 1_000;

/// Random bytes before they begin again, in SHA-256 blocks of 32 bytes: more than a call of any skill we know draws.
const BLOCKS: u32 = 2_048;

/// The time of one call.
#[derive(Clone, Debug)]
pub struct HeldTime {
    start: Duration,
    clocks: Arc<Clocks>,
}

#[derive(Debug, Default)]
struct Clocks {
    /// Nanoseconds slept.
    slept: AtomicU64,
    readings: AtomicU64,
}

impl HeldTime {
    /// Beginning at `start`; before 1970 is 1970.
    pub fn new(start: SystemTime) -> HeldTime {
        HeldTime {
            start: start.duration_since(UNIX_EPOCH).unwrap_or_default(),
            clocks: Arc::default(),
        }
    }

    /// The monotonic clock, without its moving on.
    pub(super) fn now(&self) -> u64 {
        let readings = self.clocks.readings.load(Ordering::Relaxed);
        let slept = self.clocks.slept.load(Ordering::Relaxed);
        slept.saturating_add(readings.saturating_mul(STEP))
    }

    /// Somebody slept until then.
    pub(super) fn passed(&self, until: u64) {
        let behind = until.saturating_sub(self.now());
        self.clocks.slept.fetch_add(behind, Ordering::Relaxed);
    }

    /// A reading of the monotonic clock.
    pub(super) fn read(&self) -> u64 {
        self.clocks.readings.fetch_add(1, Ordering::Relaxed);
        self.now()
    }

    /// Give a guest this time, and chance to match.
    pub(super) fn set(&self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(self.clone())
            .monotonic_clock(self.clone())
            .secure_random(chance("secure"))
            .insecure_random(chance("insecure"))
            .insecure_random_seed(0x6d65_7469_6572_2d73_6b69_6c6c_2d68_656c);
    }
}

impl HostWallClock for HeldTime {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(STEP)
    }

    fn now(&self) -> Duration {
        self.start + Duration::from_nanos(self.clocks.slept.load(Ordering::Relaxed))
    }
}

impl HostMonotonicClock for HeldTime {
    fn resolution(&self) -> u64 {
        STEP
    }

    fn now(&self) -> u64 {
        self.read()
    }
}

fn chance(kind: &str) -> Deterministic {
    let block = |number: u32| Sha256::digest(format!("metier held randomness {kind} {number}"));
    Deterministic::new((0..BLOCKS).flat_map(block).collect())
}
