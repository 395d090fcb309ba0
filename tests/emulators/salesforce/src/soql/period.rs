//! Date literals: `TODAY`, `LAST_N_DAYS:30`, `THIS_QUARTER` … as half-open ranges of days.
//!
//! Weeks start on Sunday and fiscal periods are not kept: the US locale and a calendar fiscal year.

use crate::calendar::{civil_from_days, days_from_civil, month_start, quarter_start, week_start};

/// The largest `n` in `LAST_N_…:n`; keeps the arithmetic inside the calendar.
const MAX_N: f64 = 9_999.0;

/// A date literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    unit: Unit,
    /// The first unit, relative to the one today is in.
    first: i64,
    /// One past the last.
    past: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn find(name: &str) -> Option<Self> {
        Some(match name.strip_suffix('S').unwrap_or(name) {
            "DAY" => Self::Day,
            "WEEK" => Self::Week,
            "MONTH" => Self::Month,
            "QUARTER" => Self::Quarter,
            "YEAR" => Self::Year,
            _ => return None,
        })
    }

    /// The first day of the unit `offset` units after the one `today` is in.
    fn start(self, today: i64, offset: i64) -> i64 {
        match self {
            Self::Day => today + offset,
            Self::Week => week_start(today, offset),
            Self::Month => month_start(today, offset),
            Self::Quarter => quarter_start(today, offset),
            Self::Year => {
                let (year, _, _) = civil_from_days(today);
                days_from_civil(year + offset, 1, 1)
            }
        }
    }
}

impl Period {
    /// A literal without a number, in any case.
    #[must_use]
    pub fn plain(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let (unit, first, past) = match name.as_str() {
            "TODAY" => (Unit::Day, 0, 1),
            "YESTERDAY" => (Unit::Day, -1, 0),
            "TOMORROW" => (Unit::Day, 1, 2),
            "LAST_90_DAYS" => (Unit::Day, -90, 1),
            "NEXT_90_DAYS" => (Unit::Day, 1, 91),
            name => {
                let (which, unit) = name.split_once('_')?;
                // `THIS_DAYS` is no literal; nor is `THIS_DAY`.
                let unit =
                    Unit::find(unit).filter(|found| *found != Unit::Day && !unit.ends_with('S'))?;
                match which {
                    "LAST" => (unit, -1, 0),
                    "THIS" => (unit, 0, 1),
                    "NEXT" => (unit, 1, 2),
                    _ => return None,
                }
            }
        };
        Some(Self { unit, first, past })
    }

    /// A literal with a number: `LAST_N_DAYS:n`, `NEXT_N_MONTHS:n`, `N_WEEKS_AGO:n`.
    #[must_use]
    pub fn counted(name: &str, n: f64) -> Option<Self> {
        let n = whole(n)?;
        let name = name.to_ascii_uppercase();
        let plural = |unit: &str| unit.ends_with('S').then(|| Unit::find(unit))?;
        if let Some(unit) = name.strip_prefix("LAST_N_").and_then(plural) {
            // The last n days include today; the last n weeks end with the last one.
            let past = i64::from(unit == Unit::Day);
            return Some(Self {
                unit,
                first: -n,
                past,
            });
        }
        if let Some(unit) = name.strip_prefix("NEXT_N_").and_then(plural) {
            return Some(Self {
                unit,
                first: 1,
                past: n + 1,
            });
        }
        let unit = plural(name.strip_prefix("N_")?.strip_suffix("_AGO")?)?;
        Some(Self {
            unit,
            first: -n,
            past: 1 - n,
        })
    }

    /// The days it covers, the second exclusive, when today is `today`.
    #[must_use]
    pub fn days(self, today: i64) -> (i64, i64) {
        (
            self.unit.start(today, self.first),
            self.unit.start(today, self.past),
        )
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and small"
)]
fn whole(n: f64) -> Option<i64> {
    (n.fract() == 0.0 && (0.0..=MAX_N).contains(&n)).then_some(n as i64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::calendar::{format_date, parse_date};

    #[test]
    fn literals_cover_the_days_the_documentation_says() {
        let today = parse_date("2026-11-20").unwrap();
        let cases = [
            (Period::plain("today"), "2026-11-20", "2026-11-21"),
            (Period::plain("YESTERDAY"), "2026-11-19", "2026-11-20"),
            (Period::plain("THIS_WEEK"), "2026-11-15", "2026-11-22"),
            (Period::plain("LAST_MONTH"), "2026-10-01", "2026-11-01"),
            (Period::plain("THIS_QUARTER"), "2026-10-01", "2027-01-01"),
            (Period::plain("NEXT_YEAR"), "2027-01-01", "2028-01-01"),
            (Period::plain("LAST_90_DAYS"), "2026-08-22", "2026-11-21"),
            (
                Period::counted("LAST_N_DAYS", 30.0),
                "2026-10-21",
                "2026-11-21",
            ),
            (
                Period::counted("NEXT_N_DAYS", 7.0),
                "2026-11-21",
                "2026-11-28",
            ),
            (
                Period::counted("LAST_N_QUARTERS", 2.0),
                "2026-04-01",
                "2026-10-01",
            ),
            (
                Period::counted("N_DAYS_AGO", 3.0),
                "2026-11-17",
                "2026-11-18",
            ),
        ];
        for (period, first, past) in cases {
            let (start, end) = period.unwrap().days(today);
            assert_eq!(
                (format_date(start).as_str(), format_date(end).as_str()),
                (first, past)
            );
        }
        for name in ["THIS_DAY", "THIS_WEEKS", "SOON", "LAST_N_DAYS"] {
            assert_eq!(Period::plain(name), None, "{name}");
        }
        assert_eq!(Period::counted("LAST_N_DAYS", 1.5), None);
        assert_eq!(Period::counted("LAST_N_DAY", 1.0), None);
    }
}
