//! When a cron schedule is due.
//!
//! Five fields as Vixie's cron has them, `minute hour day-of-month month day-of-week`, with names (`MON`, `JAN`), lists, ranges and steps,
//! or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. Day of month and day of week are "or" where
//! both are restricted. Also `L`, `W` and `#` for last days, nearest weekdays and n-th weekdays.
//!
//! A schedule is meant in its time zone, by IANA name. Where clocks are put forward, a fixed time within the gap comes at the first
//! moment after it; where they are put back, a fixed time within the hour that comes twice comes once, the first time. Whatever has a `*` or a
//! step in minutes or hours goes by what the clock shows: it comes in both halves, and has nothing in a gap.

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use metier_core::{Code, Fault, fault::sentence, ids::shown};

/// Longest expression, in bytes.
const MAX_EXPRESSION: usize = 128;

/// Longest name of a zone, in bytes; the longest there is has 32.
const MAX_ZONE: usize = 64;

/// An expression in a time zone. Moments are milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads an expression that comes at least once after `now`.
    ///
    /// # Errors
    /// `invalid-arguments`, saying what is wrong with which.
    pub fn read(expression: &str, zone: &str, now: u64) -> Result<Schedule, Fault> {
        let schedule = Schedule {
            cron: cron(expression)?,
            zone: named(zone)?,
        };
        match schedule.next(now) {
            Some(_) => Ok(schedule),
            None => {
                let message = format!("The schedule `{}` never comes.", shown(expression));
                Err(wrong(message).with_hint("Name a day that the month has."))
            }
        }
    }

    /// The first moment after `after`.
    pub fn next(&self, after: u64) -> Option<u64> {
        let found = self.cron.find_next_occurrence(&self.at(after)?, false);
        millis(&found.ok()?)
    }

    /// The last moment before `until`, or `until` itself.
    pub fn last(&self, until: u64) -> Option<u64> {
        // Whole seconds: what is due at 12:00:00 is due at 12:00:00.5, too.
        let until = self.at(until - until % 1000)?;
        let found = self.cron.find_previous_occurrence(&until, true);
        millis(&found.ok()?)
    }

    /// The next moments after `after`, at most `count`.
    pub fn upcoming(&self, after: u64, count: usize) -> Vec<u64> {
        let next = |moment: &u64| self.next(*moment);
        std::iter::successors(self.next(after), next)
            .take(count)
            .collect()
    }

    fn at(&self, millis: u64) -> Option<Zoned> {
        let millis = i64::try_from(millis).ok()?;
        let moment = Timestamp::from_millisecond(millis).ok()?;
        Some(moment.to_zoned(self.zone.clone()))
    }
}

/// A moment as RFC 3339 in UTC, as it is part of keys and inputs.
pub fn written(millis: u64) -> String {
    let moment = i64::try_from(millis)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    moment.map_or_else(|| millis.to_string(), |moment| moment.to_string())
}

fn millis(moment: &Zoned) -> Option<u64> {
    u64::try_from(moment.timestamp().as_millisecond()).ok()
}

fn cron(expression: &str) -> Result<Cron, Fault> {
    if expression.len() > MAX_EXPRESSION {
        return Err(wrong(format!(
            "A schedule has at most {MAX_EXPRESSION} bytes."
        )));
    }
    let told = match expression.trim() {
        word if word.eq_ignore_ascii_case("@midnight") => "@daily",
        other => other,
    };
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser.parse(told).map_err(|error| {
        let message = format!("`{}` is no schedule: {error}", shown(expression));
        wrong(sentence(&message)).with_hint(
            "Write five fields, minute hour day month weekday: `30 6 * * MON-FRI`, or @daily.",
        )
    })
}

fn named(zone: &str) -> Result<TimeZone, Fault> {
    let is_name = (1..=MAX_ZONE).contains(&zone.len())
        && zone
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    let found = is_name.then(|| TimeZone::get(zone).ok()).flatten();
    found.filter(|zone| !zone.is_unknown()).ok_or_else(|| {
        wrong(format!("There is no time zone `{}`.", shown(zone)))
            .with_hint("Use a name of the IANA database: Europe/Berlin, America/New_York, UTC.")
    })
}

fn wrong(message: impl Into<String>) -> Fault {
    Fault::new(Code::InvalidArguments, message)
}

#[cfg(test)]
mod tests;
