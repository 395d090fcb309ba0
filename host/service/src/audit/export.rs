//! The trail for other programs: OCSF 1.9, one event a line.
//!
//! | records | class |
//! |---|---|
//! | `call`, `denied`, `policy`, `run`, `fired`, `delivery` | API Activity, 6003 |
//! | `login` | Authentication, 3002 |
//! | `egress` | HTTP Activity, 4002 |
//! | `key`, `tenant`, `skill`, `grant`, `policy-set`, `agent`, `trigger`, `webhook`, `secret`, `account`, `approval` | Entity Management, 3004 |
//! | `host` | Application Lifecycle, 6002 |
//!
//! A record's number is `metadata.sequence`, its hash `metadata.uid`: whoever has the export can ask the trail. What OCSF has no place
//! for is in `unmapped`, by the names the trail has. The schema is at <https://schema.ocsf.io/1.9.0>.

mod activity;
mod entity;
mod lifecycle;
mod parts;

use std::{
    io::{self, Write},
    path::Path,
};

use serde_json::Value;

use super::{
    search::{Filter, Record},
    segments::{self, Lines, Next},
};

/// The release of the schema that is written.
pub const OCSF: &str = "1.9.0";

/// Writes the records that are meant, the oldest first, of the trail in `folder`. Lines that are no records are passed over:
/// [`verify`](super::verify()) tells of them. How many were written.
///
/// # Errors
/// When a segment cannot be read, or `out` not written.
pub fn export(folder: &Path, filter: &Filter, out: &mut dyn Write) -> io::Result<u64> {
    let mut count = 0;
    for segment in segments::list(folder)? {
        let mut lines = Lines::open(&segments::path(folder, segment))?;
        loop {
            let line = match lines.read_next()? {
                Next::Line(line) => line,
                Next::Torn => continue,
                Next::End => break,
            };
            if let Some(record) = filter.pick(line) {
                serde_json::to_writer(&mut *out, &ocsf(record))?;
                out.write_all(b"\n")?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// One record as an OCSF event.
pub fn ocsf(record: Record) -> Value {
    match record.kind.as_str() {
        "call" => activity::call(record),
        "denied" => activity::denied(record),
        "policy" => activity::policy(record),
        "run" => activity::run(record),
        "fired" => activity::fired(record),
        "delivery" => activity::delivery(record),
        "egress" => activity::egress(record),
        "login" => lifecycle::login(record),
        "host" => lifecycle::host(record),
        _ => entity::changed(record),
    }
}
