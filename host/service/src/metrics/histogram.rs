//! How many of what size.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Of requests and calls, in nanoseconds: those that OpenTelemetry advises for servers, and three below, since a call may take 50 µs.
const SHORT: [u64; 17] = [
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];

/// Of questions to models, in nanoseconds, as the conventions advise.
const LONG: [u64; 14] = [
    10_000_000,
    20_000_000,
    40_000_000,
    80_000_000,
    160_000_000,
    320_000_000,
    640_000_000,
    1_280_000_000,
    2_560_000_000,
    5_120_000_000,
    10_240_000_000,
    20_480_000_000,
    40_960_000_000,
    81_920_000_000,
];

/// Of tokens, as the conventions advise.
const TOKENS: [u64; 14] = [
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];

/// Nanoseconds in a second.
const NANOS: f64 = 1e9;

/// Numbers by size. What is recorded is whole: nanoseconds or tokens.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// What one is of what is told.
    scale: f64,
    /// How many up to each bound and above the one before, and above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A histogram at one moment.
pub struct Snapshot {
    /// Of everything.
    pub sum: f64,
    /// How many.
    pub count: u64,
    /// How many up to each bound and above the one before; the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
}

impl Histogram {
    pub fn seconds() -> Self {
        Histogram::new(&SHORT, NANOS)
    }

    pub fn long_seconds() -> Self {
        Histogram::new(&LONG, NANOS)
    }

    pub fn tokens() -> Self {
        Histogram::new(&TOKENS, 1.0)
    }

    fn new(bounds: &'static [u64], scale: f64) -> Self {
        Histogram {
            bounds,
            scale,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    pub fn record(&self, took: Duration) {
        self.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub fn add(&self, size: u64) {
        let place = self.bounds.partition_point(|bound| *bound < size);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Relaxed);
        }
        self.sum.fetch_add(size, Relaxed);
    }

    pub fn snapshot(&self) -> Snapshot {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.scale);
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        Snapshot {
            sum: self.sum.load(Relaxed) as f64 / self.scale,
            // Of the same counts: a sum of buckets that is not the count is refused by some readers.
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}
