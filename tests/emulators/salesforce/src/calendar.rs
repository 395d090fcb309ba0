//! Days and instants in the proleptic Gregorian calendar, and the text Salesforce writes them in.
//!
//! A day is a count of days since 1970-01-01, an instant a count of seconds since its midnight
//! UTC. The conversions are Howard Hinnant's `days_from_civil` and `civil_from_days`.

/// Seconds in a day.
pub const DAY_SECONDS: i64 = 86_400;

/// Years a date may have; Salesforce's own range.
const YEARS: std::ops::RangeInclusive<i64> = 1700..=4000;

/// Days since 1970-01-01 of a year, month (1–12) and day of month.
#[must_use]
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month (1–12) and day of month of a count of days since 1970-01-01.
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The first day of the month `offset` months after the month of `day`.
#[must_use]
pub fn month_start(day: i64, offset: i64) -> i64 {
    let (year, month, _) = civil_from_days(day);
    let months = year * 12 + month - 1 + offset;
    days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
}

/// The first day of the calendar quarter `offset` quarters after the quarter of `day`.
#[must_use]
pub fn quarter_start(day: i64, offset: i64) -> i64 {
    let (_, month, _) = civil_from_days(day);
    month_start(day, offset * 3 - (month - 1) % 3)
}

/// The Sunday that starts the week `offset` weeks after the week of `day` (the US locale's week).
#[must_use]
pub fn week_start(day: i64, offset: i64) -> i64 {
    day - (day + 4).rem_euclid(7) + offset * 7
}

/// `2026-11-20`.
#[must_use]
pub fn format_date(day: i64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-20T21:08:25.000+0000`, as Salesforce's JSON has it.
#[must_use]
pub fn format_instant(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(DAY_SECONDS);
    format!(
        "{}T{:02}:{:02}:{:02}.000+0000",
        format_date(seconds.div_euclid(DAY_SECONDS)),
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Parse `2026-11-20`.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (
        digits(text, 0, 4)?,
        digits(text, 5, 2)?,
        digits(text, 8, 2)?,
    );
    let days = days_from_civil(year, month, day);
    // A day that does not exist comes back as another one.
    (YEARS.contains(&year) && civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Parse `2026-11-20T21:08:25Z`, with optional fraction and with `Z`, `+01:00` or `+0100`.
#[must_use]
pub fn parse_instant(text: &str) -> Option<i64> {
    let day = parse_date(text.get(..10)?)?;
    let bytes = text.as_bytes();
    if bytes.get(10) != Some(&b'T') || bytes.get(13) != Some(&b':') || bytes.get(16) != Some(&b':')
    {
        return None;
    }
    let (hour, minute, second) = (
        digits(text, 11, 2)?,
        digits(text, 14, 2)?,
        digits(text, 17, 2)?,
    );
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(length..)?;
    }
    let offset = parse_offset(rest)?;
    Some(day * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset)
}

/// Seconds east of UTC.
fn parse_offset(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(text, 1, 2)?;
    let minutes = match text.len() {
        5 => digits(text, 3, 2)?,
        6 if text.as_bytes().get(3) == Some(&b':') => digits(text, 4, 2)?,
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str, start: usize, length: usize) -> Option<i64> {
    let part = text.get(start..start + length)?;
    part.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| part.parse().ok())?
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(parse_date("2026-11-20"), Some(20_777));
        assert_eq!(
            format_instant(20_777 * DAY_SECONDS + 61),
            "2026-11-20T00:01:01.000+0000"
        );
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-01",
            "20261-1-1",
            "2026-11-20x",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_accept_the_zones_salesforce_accepts() {
        let noon = 20_777 * DAY_SECONDS + 12 * 3600;
        for text in [
            "2026-11-20T12:00:00Z",
            "2026-11-20T13:00:00.000+01:00",
            "2026-11-20T07:00:00-0500",
        ] {
            assert_eq!(parse_instant(text), Some(noon), "{text}");
        }
        assert_eq!(parse_instant("2026-11-20T12:00:00"), None);
        assert_eq!(parse_instant("2026-11-20T25:00:00Z"), None);
    }

    #[test]
    fn periods_start_where_a_calendar_says() {
        let day = parse_date("2026-11-20").unwrap();
        assert_eq!(format_date(week_start(day, 0)), "2026-11-15");
        assert_eq!(format_date(month_start(day, -11)), "2025-12-01");
        assert_eq!(format_date(quarter_start(day, 0)), "2026-10-01");
        assert_eq!(format_date(quarter_start(day, 1)), "2027-01-01");
    }

    proptest! {
        #[test]
        fn days_and_dates_are_the_same_thing(day in -90_000i64..700_000) {
            let (year, month, of_month) = civil_from_days(day);
            prop_assert_eq!(days_from_civil(year, month, of_month), day);
            prop_assert_eq!(parse_date(&format_date(day)), Some(day));
        }

        #[test]
        fn instants_survive_writing(seconds in -4_000_000_000i64..60_000_000_000) {
            prop_assert_eq!(parse_instant(&format_instant(seconds)), Some(seconds));
        }
    }
}
