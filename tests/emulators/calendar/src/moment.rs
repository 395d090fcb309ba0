//! Points in time as the API writes them: `{"dateTime": RFC 3339}` or `{"date": "2026-01-05"}`.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::refused::Refused;

/// RFC 3339 with a zone.
pub(crate) fn parse(name: &str, text: &str) -> Result<OffsetDateTime, Refused> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| Refused::bad("badRequest", format!("Invalid value for {name}: {text}")))
}

/// As answers give it.
pub(crate) fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    at.format(&Rfc3339).unwrap_or_default()
}

/// The start or end of an event. Whole days begin at midnight UTC: the calendars of the emulator are there.
pub(crate) fn of(name: &str, value: &Value) -> Result<OffsetDateTime, Refused> {
    if let Some(text) = value["dateTime"].as_str() {
        return parse(name, text);
    }
    match value["date"].as_str() {
        Some(date) => parse(name, &format!("{date}T00:00:00Z")),
        None => Err(Refused::bad("required", format!("Missing {name} time."))),
    }
}
