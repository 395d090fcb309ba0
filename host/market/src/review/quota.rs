//! How much a publisher may publish: little while nobody knows them.
//!
//! Whoever floods a market with names does it in their first days. Numbers are counted by the caller over the last 24 hours.

use std::time::Duration;

use metier_core::Span;

/// How long a publisher is new, from their first publication on.
pub const NEW_PUBLISHER: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a publisher did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Their first publication, in seconds since 1970 (UTC); nothing before it.
    pub since: Option<u64>,
    /// Names they first used in the last 24 hours.
    pub names_of_the_day: u32,
    /// Versions they published in the last 24 hours.
    pub versions_of_the_day: u32,
    /// Their files that were refused in the last 24 hours.
    pub refused_of_the_day: u32,
    /// When the oldest of all these was, in seconds since 1970 (UTC).
    pub oldest_of_the_day: u64,
}

/// What a day holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// New names.
    pub names: u32,
    /// Versions.
    pub versions: u32,
    /// Files that are refused: each costs the market a replay.
    pub refused: u32,
}

impl Quota {
    /// Of somebody new.
    pub const NEW: Quota = Quota {
        names: 3,
        versions: 20,
        refused: 10,
    };
    /// Of everybody else.
    pub const KNOWN: Quota = Quota {
        names: 50,
        versions: 500,
        refused: 100,
    };
}

/// The day is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of a day are used up: up to {most} for {}; the next is taken in {}", if *.new { "a new publisher" } else { "a publisher" }, Span::seconds(*.wait))]
pub struct Full {
    /// Of what.
    pub what: &'static str,
    /// How many a day holds.
    pub most: u32,
    /// Whether it is the quota of somebody new.
    pub new: bool,
    /// When there is room again, in seconds since 1970 (UTC).
    pub until: u64,
    /// How long that is, in seconds.
    pub wait: u64,
}

/// Whether one more version is looked at, under a name that is new or is not.
///
/// # Errors
/// When the day is full.
pub fn quota(standing: &Standing, new_name: bool, now: u64) -> Result<(), Full> {
    let new = standing
        .since
        .is_none_or(|since| now.saturating_sub(since) < NEW_PUBLISHER.as_secs());
    let day = if new { Quota::NEW } else { Quota::KNOWN };
    let until = standing.oldest_of_the_day.saturating_add(24 * 3600);
    let full = |what, most| Full {
        what,
        most,
        new,
        until,
        wait: until.saturating_sub(now),
    };
    if new_name && standing.names_of_the_day >= day.names {
        return Err(full("the new names", day.names));
    }
    if standing.versions_of_the_day >= day.versions {
        return Err(full("the versions", day.versions));
    }
    match standing.refused_of_the_day >= day.refused {
        true => Err(full("the refused files", day.refused)),
        false => Ok(()),
    }
}
