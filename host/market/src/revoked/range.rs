//! Ranges of versions, for revoking: a version is in one when it lies there in semver's order.
//!
//! They are written as Cargo's requirements are (`>=1.2, <1.4.1`, `^2`, `=1.0.3`, `*`), but not matched as those: for a requirement
//! `1.4.0-rc.1` is in no range that does not name a pre-release, and so it would slip through a revocation of `<1.4.1`.

use std::{cmp::Ordering, fmt, str::FromStr};

use metier_core::ids::shown;
use semver::{Comparator, Op, Prerelease, Version, VersionReq};
use serde::{Deserialize, Serialize};

/// Longest text, in bytes.
const MAX_TEXT: usize = 256;

/// A range of versions.
///
/// ```
/// use metier_market::revoked::Range;
/// let range: Range = ">=1.2, <1.4.1".parse()?;
/// assert!(range.covers(&"1.4.1-rc.1".parse()?) && !range.covers(&"1.4.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Range(VersionReq);

/// The text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of versions; write one such as `>=1.2, <1.4.1`, `=1.0.3` or `*`")]
pub struct RangeError(String);

impl Range {
    /// Whether this version is in it. What is built differently (`+…`) is the same version.
    pub fn covers(&self, version: &Version) -> bool {
        self.0.comparators.iter().all(|part| holds(part, version))
    }
}

/// Whether the version is within the bounds of one part.
fn holds(part: &Comparator, version: &Version) -> bool {
    let low = lowest(part);
    let after = |bound: Option<Version>| {
        bound.is_none_or(|bound| version.cmp_precedence(&bound) == Ordering::Less)
    };
    let is_whole = part.patch.is_some();
    match (part.op, version.cmp_precedence(&low)) {
        (Op::Greater, order) if is_whole => order == Ordering::Greater,
        (Op::Greater, _) => !after(next(part)),
        (Op::GreaterEq, order) => order != Ordering::Less,
        (Op::Less, order) => order == Ordering::Less,
        (Op::LessEq, order) if is_whole => order != Ordering::Greater,
        (Op::LessEq, _) => after(next(part)),
        (Op::Exact, order) if is_whole => order == Ordering::Equal,
        (Op::Caret, order) => order != Ordering::Less && after(compatible(part)),
        (Op::Tilde, order) => order != Ordering::Less && after(patches(part)),
        (_, order) => order != Ordering::Less && after(next(part)),
    }
}

/// The first version a part can mean: of `1.2` the first pre-release of 1.2.0.
fn lowest(part: &Comparator) -> Version {
    let mut version = Version::new(
        part.major,
        part.minor.unwrap_or_default(),
        part.patch.unwrap_or_default(),
    );
    version.pre = match part.patch {
        Some(_) => part.pre.clone(),
        None => first(),
    };
    version
}

/// The lowest of all pre-releases.
fn first() -> Prerelease {
    Prerelease::new("0").unwrap_or_default()
}

fn before(major: Option<u64>, minor: Option<u64>, patch: Option<u64>) -> Option<Version> {
    let mut version = Version::new(major?, minor?, patch?);
    version.pre = first();
    Some(version)
}

/// The first version after everything the part's digits stand for; nothing when there is none.
fn next(part: &Comparator) -> Option<Version> {
    match part.minor {
        None => before(part.major.checked_add(1), Some(0), Some(0)),
        Some(minor) => before(Some(part.major), minor.checked_add(1), Some(0)),
    }
}

/// The first version after those `~` means.
fn patches(part: &Comparator) -> Option<Version> {
    next(part)
}

/// The first version after those `^` means: the leftmost number that is not zero has gone up.
fn compatible(part: &Comparator) -> Option<Version> {
    match (part.major, part.minor, part.patch) {
        (0, Some(0), Some(patch)) => before(Some(0), Some(0), patch.checked_add(1)),
        (0, Some(minor), _) => before(Some(0), minor.checked_add(1), Some(0)),
        (major, _, _) => before(major.checked_add(1), Some(0), Some(0)),
    }
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = VersionReq::parse(text).ok();
        let short = parsed.filter(|_| text.len() <= MAX_TEXT);
        short.map(Range).ok_or_else(|| RangeError(shown(text)))
    }
}

impl TryFrom<String> for Range {
    type Error = RangeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Range> for String {
    fn from(range: Range) -> Self {
        range.to_string()
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl PartialOrd for Range {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By their texts: an order for maps, without a meaning.
impl Ord for Range {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}
