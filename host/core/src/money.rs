//! Money: whole nano-dollars.

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

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

/// Decimals of a dollar that are counted.
const DECIMALS: usize = 9;

/// The text is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no amount of money; write dollars with at most {DECIMALS} decimals, such as \"0.50 USD\""
)]
pub struct InvalidMoney(String);

/// `0.50 USD`: as people write it in files. No sign, no exponent, no other currency.
impl FromStr for NanoDollars {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_suffix("USD")
            .and_then(|amount| nanos(amount.trim_end()))
            .map(NanoDollars)
            .ok_or_else(|| InvalidMoney(crate::ids::shown(text)))
    }
}

fn nanos(amount: &str) -> Option<u64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
        return None;
    }
    format!("{whole}{fraction:0<DECIMALS$}").parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::NanoDollars;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, nanos) in [
            ("0.50 USD", 500_000_000),
            ("2USD", 2_000_000_000),
            ("0.000000001 USD", 1),
            ("18446744073.709551615 USD", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(NanoDollars(nanos)), "{text}");
        }
        for text in [
            "0.50",
            "0.50 EUR",
            "-1 USD",
            "1e3 USD",
            "+1 USD",
            ".5 USD",
            "1. USD",
            "1,5 USD",
            " 1 USD",
            "0.0000000001 USD",
            "18446744073.709551616 USD",
            "USD",
            "",
        ] {
            assert!(text.parse::<NanoDollars>().is_err(), "{text}");
        }
        let error = "5 EUR".parse::<NanoDollars>().unwrap_err().to_string();
        assert!(error.contains("`5 EUR` is no amount of money"), "{error}");
    }

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
