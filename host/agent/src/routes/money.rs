//! Money: whole nano-dollars.

use std::{fmt, iter::Sum, ops::Add};

use serde::{Deserialize, Serialize};

/// An amount in nano-dollars, 10⁻⁹ USD. Adding saturates: 18 billion dollars are no amount anybody owes for a run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoDollars(pub u64);

/// Nano-dollars in a dollar.
pub const NANOS_PER_DOLLAR: u64 = 1_000_000_000;

impl Add for NanoDollars {
    type Output = NanoDollars;

    fn add(self, other: NanoDollars) -> NanoDollars {
        NanoDollars(self.0.saturating_add(other.0))
    }
}

impl Sum for NanoDollars {
    fn sum<I: Iterator<Item = NanoDollars>>(amounts: I) -> NanoDollars {
        amounts.fold(NanoDollars(0), Add::add)
    }
}

impl NanoDollars {
    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The amount that many times.
    #[must_use]
    pub const fn times(self, count: u64) -> NanoDollars {
        NanoDollars(self.0.saturating_mul(count))
    }
}

/// `$0.0123`: all digits that are not zero, at least two after the point.
impl fmt::Display for NanoDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, nanos) = (self.0 / NANOS_PER_DOLLAR, self.0 % NANOS_PER_DOLLAR);
        let digits = format!("{nanos:09}");
        let kept = digits.trim_end_matches('0').len().max(2);
        f.pad(&format!("${dollars}.{}", &digits[..kept]))
    }
}

#[cfg(test)]
mod tests {
    use super::NanoDollars;

    #[test]
    fn amounts_in_words() {
        for (nanos, words) in [
            (0, "$0.00"),
            (1, "$0.000000001"),
            (12_300_000, "$0.0123"),
            (1_500_000_000, "$1.50"),
            (27_000_000_000, "$27.00"),
        ] {
            assert_eq!(NanoDollars(nanos).to_string(), words);
        }
    }

    #[test]
    fn adding_never_wraps() {
        assert_eq!(
            NanoDollars(u64::MAX) + NanoDollars(1),
            NanoDollars(u64::MAX)
        );
        assert_eq!(NanoDollars(u64::MAX).times(2), NanoDollars(u64::MAX));
    }
}
