//! Moments as text.

use metier_core::{Code, Fault};
use metier_store::types::Time;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::problem::Problem;

/// Milliseconds since 1970 as RFC 3339, in UTC.
pub fn of_millis(millis: u64) -> String {
    text(i128::from(millis) * 1_000_000)
}

/// The store's time as RFC 3339, in UTC.
pub fn of_time(time: Time) -> String {
    text(i128::from(time.0) * 1_000)
}

fn text(nanos: i128) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

/// The store's time from RFC 3339.
///
/// # Errors
/// `invalid-arguments`.
pub fn read(text: &str) -> Result<Time, Problem> {
    let moment = OffsetDateTime::parse(text, &Rfc3339);
    let micros = moment
        .ok()
        .and_then(|moment| i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok());
    micros.map(Time).ok_or_else(|| {
        Fault::new(
            Code::InvalidArguments,
            "A moment is written as 2026-11-29T06:00:00Z.",
        )
        .into()
    })
}
