//! A span of time: `250ms`, `5s`, `2m`.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The units, largest first, in nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A span of time, at most about 584 years.
///
/// Written as a whole number and a unit: `ns`, `us`, `ms`, `s`, `m` or `h`. Shown in the largest unit that loses nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

/// A day in nanoseconds: read, and written as hours.
const DAY: u64 = 24 * 3_600_000_000_000;

impl Span {
    /// This many milliseconds.
    pub const fn millis(count: u64) -> Self {
        Span(Duration::from_millis(count))
    }

    /// This many seconds.
    pub const fn seconds(count: u64) -> Self {
        Span(Duration::from_secs(count))
    }

    /// The standard library's form.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Span(duration)
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let exact =
            |(_, size): &&(&str, u64)| nanos != 0 && nanos.is_multiple_of(u128::from(*size));
        let (unit, size) = UNITS
            .iter()
            .find(exact)
            .copied()
            .unwrap_or(("s", 1_000_000_000));
        f.pad(&format!("{}{unit}", nanos / u128::from(size)))
    }
}

/// The text is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no span of time; write a whole number and a unit, such as `250ms`, `5s` or `2m`")]
pub struct InvalidSpan(String);

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| InvalidSpan(crate::ids::shown(text)))
    }
}

fn parse(text: &str) -> Option<Span> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim_start_matches(' ');
    let size = match unit {
        "d" => DAY,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    number
        .checked_mul(size)
        .map(|nanos| Span(Duration::from_nanos(nanos)))
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
