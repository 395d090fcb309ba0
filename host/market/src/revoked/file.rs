//! The file a list travels in, and what a client makes of one.

use std::time::Duration;

use metier_core::{Digest, canonical, ids::shown};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::list::{Entry, List, ListError};
use crate::{
    fixtures::Moment,
    trust::{
        KeyError, KeyRecord, ListSummary, Policy, Revocation, SigningKey, Untrusted, VerifyingKey,
        verify,
    },
};

/// Longest file, in bytes: 100,000 entries with a sentence each.
pub const MAX_FILE: usize = 64 * 1024 * 1024;

/// How far ahead of this machine's clock a list may be issued: clocks are off by a day now and then, and a list must not be lost to that.
pub const MAX_SKEW: Duration = Duration::from_secs(86_400);

/// What the statement calls its subject.
const NAME: &str = "revocations";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u64,
    issued: Moment,
    expires: Moment,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'f> {
    #[serde(borrow)]
    bundle: &'f RawValue,
    #[serde(borrow)]
    list: &'f RawValue,
}

/// Signs a list; the result is the whole file.
///
/// # Errors
/// When the cryptographic library fails.
pub fn sign(list: &List, key: &SigningKey<Revocation>) -> Result<String, KeyError> {
    let text = text(list);
    let summary = summary(list);
    let bundle = key.sign(&Digest::of(text.as_bytes()), NAME, &summary)?;
    Ok(format!(
        r#"{{"bundle":{},"list":{text}}}"#,
        bundle.to_json()
    ))
}

fn text(list: &List) -> String {
    canonical::text(&json!({
        "version": list.version,
        "issued": list.issued,
        "expires": list.expires,
        "entries": list.entries,
    }))
}

fn summary(list: &List) -> ListSummary {
    ListSummary {
        version: list.version,
        issued: list.issued,
        expires: list.expires,
    }
}

/// The newest list a client has accepted from one market; to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    newest: Option<Newest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Newest {
    version: u64,
    list: Digest,
}

/// A list that is the market's, and not older than what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It can be relied on.
    Fresh(List),
    /// It should have been replaced by now: what it revokes is revoked, and what was revoked since, nobody here knows.
    Expired(List),
}

impl Accepted {
    /// The list, fresh or not.
    pub fn list(&self) -> &List {
        match self {
            Accepted::Fresh(list) | Accepted::Expired(list) => list,
        }
    }
}

/// Why a list is not taken; the one before stays in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListRefused {
    /// More bytes than any list has.
    #[error("the revocation list is longer than one can be ({MAX_FILE} bytes)")]
    TooLong,
    /// Not the file.
    #[error("this is no revocation list: {0}")]
    Shape(String),
    /// Times or entries that cannot be.
    #[error("the revocation list cannot be right: {0}")]
    List(ListError),
    /// Not signed by the market.
    #[error("the revocation list is not the market's: {0}")]
    Untrusted(Untrusted),
    /// The signature is about another version or other times than the list.
    #[error("the revocation list says other times or another version than its signature")]
    Summary,
    /// A list from before the one that was seen.
    #[error(
        "the revocation list is version {found}, and version {seen} was seen before: somebody holds newer ones back"
    )]
    Older {
        /// Of this list.
        found: u64,
        /// Of the newest seen.
        seen: u64,
    },
    /// Two lists of one version.
    #[error(
        "there are two revocation lists of version {0}: the market shows different ones to different people"
    )]
    Forked(u64),
    /// Issued later than now, by more than a clock is off.
    #[error(
        "the revocation list is from {issued}, and it is {now} here: this machine's clock or the market's is wrong"
    )]
    FromTheFuture {
        /// When it was made.
        issued: Moment,
        /// When it was looked at.
        now: Moment,
    },
}

impl Seen {
    /// The version of the newest list seen.
    pub fn version(&self) -> Option<u64> {
        self.newest.map(|newest| newest.version)
    }

    /// Reads a list, and takes it if it is the market's and not older than the newest seen. When it is refused, nothing changes.
    ///
    /// # Errors
    /// When it is refused, and why.
    pub fn accept(
        &mut self,
        file: &[u8],
        key: &VerifyingKey<Revocation>,
        now: Moment,
    ) -> Result<Accepted, ListRefused> {
        let (list, digest) = open(file, key)?;
        self.compare(list.version, digest)?;
        if list.issued > now.plus(MAX_SKEW) {
            let issued = list.issued;
            return Err(ListRefused::FromTheFuture { issued, now });
        }
        self.newest = Some(Newest {
            version: list.version,
            list: digest,
        });
        Ok(match list.expires > now {
            true => Accepted::Fresh(list),
            false => Accepted::Expired(list),
        })
    }

    fn compare(&self, found: u64, digest: Digest) -> Result<(), ListRefused> {
        match self.newest {
            Some(seen) if found < seen.version => Err(ListRefused::Older {
                found,
                seen: seen.version,
            }),
            Some(seen) if found == seen.version && digest != seen.list => {
                Err(ListRefused::Forked(found))
            }
            _ => Ok(()),
        }
    }
}

/// The list in a file, and the digest of its text. Nothing of the list is read before its signature is.
fn open(file: &[u8], key: &VerifyingKey<Revocation>) -> Result<(List, Digest), ListRefused> {
    let shape = |error: serde_json::Error| ListRefused::Shape(shown(&error.to_string()));
    if file.len() > MAX_FILE {
        return Err(ListRefused::TooLong);
    }
    let file: File<'_> = serde_json::from_slice(file).map_err(shape)?;
    // The same list by other white space or another order of fields has the same digest.
    let value: Value = serde_json::from_str(file.list.get()).map_err(shape)?;
    let digest = Digest::of(canonical::text(&value).as_bytes());
    let summary = verified(file.bundle.get(), digest, key)?;
    let wire: Wire = serde_json::from_value(value).map_err(shape)?;
    let list = List::new(wire.version, wire.issued, wire.expires, wire.entries)
        .map_err(ListRefused::List)?;
    match summary == self::summary(&list) {
        true => Ok((list, digest)),
        false => Err(ListRefused::Summary),
    }
}

fn verified(
    bundle: &str,
    subject: Digest,
    key: &VerifyingKey<Revocation>,
) -> Result<ListSummary, ListRefused> {
    // The trust root says whose signature counts, now; it has no times.
    let always = Moment::default();
    let policy = Policy {
        subject,
        name: NAME,
        keys: &[KeyRecord::new(key.clone(), always)],
        at: always,
    };
    let verified = verify(bundle.as_bytes(), &policy).map_err(ListRefused::Untrusted)?;
    Ok(verified.predicate)
}
