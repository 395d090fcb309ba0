//! What was written down, the newest first, over all trails below a root.

mod backwards;

use std::{cmp::Reverse, io, path::Path};

use metier_core::{Code, Fault, TenantId};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{record::Sealed, segments};
use backwards::Backwards;

/// Most records on a page.
pub const MAX_PAGE: usize = 500;

/// Bytes looked at for one page.
pub const MAX_LOOKED_AT: u64 = 8 << 20;

/// Which records are meant: those to which all of it applies.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this tenant; of all, and of none, when absent.
    pub tenant: Option<TenantId>,
    /// Of this kind: `call`, `denied`, `grant` and so on.
    pub kind: Option<String>,
    /// By this principal.
    pub principal: Option<String>,
    /// Not before, in milliseconds since 1970.
    pub from: Option<u64>,
    /// Before, in milliseconds since 1970.
    pub to: Option<u64>,
    /// With this text anywhere, as JSON has it.
    pub text: Option<String>,
}

impl Filter {
    /// Whether a record is meant.
    pub fn admits(&self, record: &Record) -> bool {
        let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none() || wanted == has;
        is(
            self.tenant.as_ref().map(TenantId::as_str),
            record.tenant.as_deref(),
        ) && is(self.kind.as_deref(), Some(&record.kind))
            && is(self.principal.as_deref(), record.principal.as_deref())
            && self.from.is_none_or(|from| from <= record.at)
            && self.to.is_none_or(|to| record.at < to)
    }

    /// The record of a line, when it is meant.
    pub fn pick(&self, line: &[u8]) -> Option<Record> {
        let has = |text: &str| memchr::memmem::find(line, text.as_bytes()).is_some();
        let may_be = self.text.as_deref().is_none_or(has)
            && self
                .tenant
                .as_ref()
                .is_none_or(|tenant| has(tenant.as_str()));
        let record: Record = may_be.then(|| serde_json::from_slice(line).ok())??;
        self.admits(&record).then_some(record)
    }
}

/// A record, as it was written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Record {
    /// Its number in its trail.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What sort of thing happened.
    pub kind: String,
    /// Whose it is.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Who did it.
    #[serde(default)]
    pub principal: Option<String>,
    /// In which request; of a call, its id.
    #[serde(default)]
    pub request: Option<String>,
    /// Its hash.
    pub hash: String,
    /// The hash of the one before.
    pub prev: String,
    /// What its kind has.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One page.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest first.
    pub records: Vec<Record>,
    /// Where the next page begins; nothing when there is none.
    pub next: Option<String>,
}

/// Looks through the trails below `root` from `cursor` back.
///
/// # Errors
/// `invalid-arguments` for a cursor that is none, `storage-unavailable`.
pub fn search(
    root: &Path,
    filter: &Filter,
    cursor: Option<&str>,
    max: usize,
) -> Result<Found, Fault> {
    let places = cursor.map(places).transpose()?;
    let unreadable = |error: io::Error| {
        let message = format!(
            "The audit trail in `{}` cannot be read: {error}.",
            root.display()
        );
        Fault::new(Code::StorageUnavailable, message)
    };
    let mut trails = open(root, places.as_deref()).map_err(unreadable)?;
    look(&mut trails, filter, max.clamp(1, MAX_PAGE)).map_err(unreadable)
}

/// One trail, with the newest record of it that was not looked at yet.
struct Trail {
    name: String,
    lines: Backwards,
    /// When its next record was written.
    at: Option<u64>,
}

impl Trail {
    /// What is no record is passed over: `verify` tells of it.
    fn peek(&mut self) -> io::Result<()> {
        self.at = None;
        while let Some(line) = self.lines.peek()? {
            if let Some(record) = Sealed::read(line) {
                self.at = Some(record.at);
                return Ok(());
            }
            self.lines.pass();
        }
        Ok(())
    }
}

fn open(root: &Path, places: Option<&[Place<'_>]>) -> io::Result<Vec<Trail>> {
    let mut trails = Vec::new();
    let folders = match root.is_dir() {
        true => segments::trails(root)?,
        false => Vec::new(),
    };
    for folder in folders {
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let place = match places {
            None => None,
            // A trail that was begun since has only what is newer.
            Some(places) => match places.iter().find(|place| place.trail == name) {
                None => continue,
                Some(place) => Some((place.segment, place.offset)),
            },
        };
        let lines = Backwards::open(&folder, place)?;
        trails.push(Trail {
            name,
            lines,
            at: None,
        });
    }
    Ok(trails)
}

fn look(trails: &mut [Trail], filter: &Filter, max: usize) -> io::Result<Found> {
    let mut records = Vec::new();
    let mut looked_at = 0;
    for trail in &mut *trails {
        trail.peek()?;
    }
    while records.len() < max && looked_at < MAX_LOOKED_AT {
        let newest = trails.iter_mut().filter(|trail| trail.at.is_some());
        let Some(trail) = newest.min_by_key(|trail| Reverse(trail.at)) else {
            break;
        };
        // Clocks go back at times, but not by a day.
        let is_over = filter.from.zip(trail.at);
        if is_over.is_some_and(|(from, at)| at.saturating_add(A_DAY) < from) {
            trails.iter_mut().for_each(|trail| trail.at = None);
            break;
        }
        if let Some(line) = trail.lines.peek()? {
            looked_at += line.len() as u64;
            records.extend(filter.pick(line));
        }
        trail.lines.pass();
        trail.peek()?;
    }
    let next = trails.iter().any(|trail| trail.at.is_some());
    let next = next.then(|| cursor(trails));
    Ok(Found { records, next })
}

const A_DAY: u64 = 24 * 60 * 60 * 1000;

struct Place<'c> {
    trail: &'c str,
    segment: u64,
    offset: u64,
}

/// `TRAIL.SEGMENT.OFFSET`, with a comma between those of several trails.
fn cursor(trails: &[Trail]) -> String {
    let of = |trail: &Trail| {
        let (segment, offset) = trail.lines.place();
        format!("{}.{segment}.{offset}", trail.name)
    };
    trails.iter().map(of).collect::<Vec<_>>().join(",")
}

fn places(cursor: &str) -> Result<Vec<Place<'_>>, Fault> {
    let place = |text| {
        let mut parts = str::rsplitn(text, 3, '.');
        let offset = parts.next()?.parse().ok()?;
        let segment = parts.next()?.parse().ok()?;
        let trail = parts.next()?;
        Some(Place {
            trail,
            segment,
            offset,
        })
    };
    let places: Option<Vec<Place<'_>>> = cursor.split(',').map(place).collect();
    places.ok_or_else(|| {
        Fault::new(Code::InvalidArguments, "The cursor is none.")
            .with_hint("Give the `next` of the page before, as it is.")
    })
}
