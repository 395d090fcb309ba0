//! Sequence numbers, epochs, revisions, times and money.

use std::{fmt, time::Duration};

macro_rules! counters {
    ($( $(#[$doc:meta])* $name:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl $name {
            pub(crate) fn from_row(number: i64) -> Self {
                $name(number.cast_unsigned())
            }

            pub(crate) fn to_row(self) -> i64 {
                self.0.cast_signed()
            }
        }
    )* };
}

counters! {
    /// Place of an event in its journal, beginning with 1.
    Seq;

    /// How often a run was claimed. Whoever holds an older one than the run has cannot write.
    Epoch;

    /// Place of a catalog change in the order of all of them. Order of revisions is order of commits.
    Rev;
}

/// A moment on the store's own clock: microseconds since 1970-01-01 UTC. Hosts' clocks are never compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// This much later.
    pub fn after(self, wait: Duration) -> Self {
        Time(self.0.saturating_add(micros(wait)))
    }

    /// This much earlier.
    pub fn before(self, age: Duration) -> Self {
        Time(self.0.saturating_sub(micros(age)))
    }
}

/// A duration as the store counts it; what is too long for it is for ever.
pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Money, as an integer: a billionth of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoDollars(pub i64);

/// `$1.25`, `$0.000000001`: exact, at least two decimals.
impl fmt::Display for NanoDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (dollars, nanos) = (
            self.0.unsigned_abs() / 1_000_000_000,
            self.0.unsigned_abs() % 1_000_000_000,
        );
        let decimals = format!("{nanos:09}");
        let (cents, rest) = decimals.split_at(2);
        f.pad(&format!(
            "{sign}${dollars}.{cents}{}",
            rest.trim_end_matches('0')
        ))
    }
}
