//! Which version is installed.
//!
//! As cargo does it: the newest version that the requirement allows; pre-releases only where it names them; what is locked stays,
//! also when it was yanked since. Beyond cargo: a version younger than the cooldown waits, so that a stolen key is noticed before its
//! work is installed everywhere. A security fix does not wait, nor does a version that is pinned by `=1.2.3`: somebody
//! looked at that one. An update never goes back to an older version. What is void is never installed, pinned and locked or not.

use std::{fmt, time::Duration};

use metier_core::{Digest, SkillName, Span};
use semver::{Prerelease, Version};

use super::{IndexFile, Line, Locked, Requirement};

/// How long a version waits unless somebody says otherwise: a weekend, and the working day after it.
pub const DEFAULT_COOLDOWN: Duration = Duration::from_secs(72 * 3600);

/// Most versions an error tells about.
const MAX_TOLD: usize = 12;

/// What beside the requirement decides.
#[derive(Clone, Copy)]
pub struct Rules<'r> {
    /// Now, in seconds since 1970 (UTC).
    pub now: u64,
    /// How old a version is before it is installed.
    pub cooldown: Duration,
    /// What is installed, or written in the lock.
    pub locked: Option<&'r Locked>,
    /// Whether it stays.
    pub prefer: Prefer,
    /// Why this host takes no such version, where it does not: revoked, or against its policy.
    pub refused: &'r dyn Fn(&Line) -> Option<String>,
}

/// Whether what is locked stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// As long as it will do.
    Locked,
    /// Not when there is something newer.
    Newest,
}

impl Rules<'_> {
    /// Nothing locked, nothing refused, the usual cooldown.
    pub const fn at(now: u64) -> Self {
        Rules {
            now,
            cooldown: DEFAULT_COOLDOWN,
            locked: None,
            prefer: Prefer::Locked,
            refused: &|_| None,
        }
    }
}

/// What is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'i> {
    /// This version.
    pub line: &'i Line,
    /// The newer ones, and why not.
    pub passed: Vec<PassedOver>,
}

/// A version that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Which.
    pub version: Version,
    /// Why.
    pub why: Why,
}

/// Why a version is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The requirement means others.
    NotWanted,
    /// It is a pre-release, and the requirement does not name it.
    PreRelease,
    /// Its publisher took it back, for this reason.
    Yanked(String),
    /// It is too young, for so long.
    Cooling(Duration),
    /// Its publisher's signature does not count any more, for this reason.
    Void(String),
    /// The host takes no such version, for this reason.
    Refused(String),
    /// It is older than what is installed.
    Older,
}

/// Nothing is installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The file is another skill's.
    #[error("the index of {found} says nothing about {wanted}")]
    OtherSkill {
        /// What is wanted.
        wanted: SkillName,
        /// Whose file it is.
        found: SkillName,
    },
    /// There is no version at all.
    #[error("{0} has no versions")]
    Empty(SkillName),
    /// None that will do.
    #[error("no version of {} can be installed for `{}`: {}", .wanted.name, .wanted, told(.passed))]
    None {
        /// What is wanted.
        wanted: Box<Requirement>,
        /// Every version, the newest first, and why not.
        passed: Vec<PassedOver>,
    },
    /// The index is older than the lock.
    #[error(
        "the index of {name} is older than what is locked: it stands on {log_size} leaves of the log, and {version} is leaf {leaf}"
    )]
    Stale {
        /// The skill.
        name: SkillName,
        /// What the index stands on.
        log_size: u64,
        /// What is locked.
        version: Version,
        /// Its leaf.
        leaf: u64,
    },
    /// A locked version is not there any more.
    #[error(
        "{name} {version} is locked, and the index does not have it any more: a market never takes a version out"
    )]
    Vanished {
        /// The skill.
        name: SkillName,
        /// What is locked.
        version: Version,
    },
    /// A locked version is another file now.
    #[error(
        "{name} {version} is locked as {locked}, and the index says it is {found}: a version never changes"
    )]
    Changed {
        /// The skill.
        name: SkillName,
        /// What is locked.
        version: Version,
        /// Its file then.
        locked: Box<Digest>,
        /// Its file as the index has it.
        found: Box<Digest>,
    },
    /// A locked version may not run here any more.
    #[error("{name} {version} is locked, and is refused here: {why}")]
    LockedRefused {
        /// The skill.
        name: SkillName,
        /// What is locked.
        version: Version,
        /// Why.
        why: String,
    },
}

/// The version to install.
///
/// # Errors
/// When there is none, or the index contradicts the lock; see [`ResolveError`].
pub fn resolve<'i>(
    wanted: &Requirement,
    index: &'i IndexFile,
    rules: &Rules<'_>,
) -> Result<Resolved<'i>, ResolveError> {
    if wanted.name != *index.name() {
        let (wanted, found) = (wanted.name.clone(), index.name().clone());
        return Err(ResolveError::OtherSkill { wanted, found });
    }
    let locked = rules
        .locked
        .map(|locked| check_locked(locked, index))
        .transpose()?;
    if let Some(line) = locked
        && rules.prefer == Prefer::Locked
        && wanted.versions.matches(&line.vers)
    {
        return keep(line, rules);
    }
    if index.lines().is_empty() {
        return Err(ResolveError::Empty(index.name().clone()));
    }
    let mut passed = Vec::new();
    for line in index.lines().iter().rev() {
        match why_not(line, wanted, locked, rules) {
            None => return Ok(Resolved { line, passed }),
            Some(why) => passed.push(PassedOver {
                version: line.vers.clone(),
                why,
            }),
        }
    }
    Err(ResolveError::None {
        wanted: Box::new(wanted.clone()),
        passed,
    })
}

fn keep<'i>(line: &'i Line, rules: &Rules<'_>) -> Result<Resolved<'i>, ResolveError> {
    let void = line.void.as_ref().map(|why| format!("void: {why}"));
    match void.or_else(|| (rules.refused)(line)) {
        None => Ok(Resolved {
            line,
            passed: Vec::new(),
        }),
        Some(why) => Err(ResolveError::LockedRefused {
            name: line.name.clone(),
            version: line.vers.clone(),
            why,
        }),
    }
}

/// The line of what is locked, which is as it was.
fn check_locked<'i>(locked: &Locked, index: &'i IndexFile) -> Result<&'i Line, ResolveError> {
    let (name, version) = (index.name().clone(), locked.version.clone());
    if index.log_size() <= locked.leaf {
        let (log_size, leaf) = (index.log_size(), locked.leaf);
        return Err(ResolveError::Stale {
            name,
            log_size,
            version,
            leaf,
        });
    }
    match index.line(&locked.version) {
        None => Err(ResolveError::Vanished { name, version }),
        Some(line) if line.component != locked.component => Err(ResolveError::Changed {
            name,
            version,
            locked: Box::new(locked.component),
            found: Box::new(line.component),
        }),
        Some(line) => Ok(line),
    }
}

fn why_not(
    line: &Line,
    wanted: &Requirement,
    locked: Option<&Line>,
    rules: &Rules<'_>,
) -> Option<Why> {
    if !wanted.versions.matches(&line.vers) {
        return Some(not_wanted(&line.vers, wanted));
    }
    // Also what is locked: nobody knows who made it.
    if let Some(why) = &line.void {
        return Some(Why::Void(why.clone()));
    }
    if let Some(why) = (rules.refused)(line) {
        return Some(Why::Refused(why));
    }
    if locked.is_some_and(|locked| locked.vers == line.vers) {
        return None;
    }
    if rules.prefer == Prefer::Newest
        && locked.is_some_and(|locked| line.vers.cmp_precedence(&locked.vers).is_lt())
    {
        return Some(Why::Older);
    }
    if let Some(why) = &line.yanked {
        return Some(Why::Yanked(why.clone()));
    }
    let left = cooling(line, rules);
    (!left.is_zero() && !line.security_fix && !wanted.is_exact()).then_some(Why::Cooling(left))
}

/// How long the version waits still. One from the future, of a market whose clock is ahead, is as young as can be.
fn cooling(line: &Line, rules: &Rules<'_>) -> Duration {
    let age = Duration::from_secs(rules.now.saturating_sub(line.published));
    rules.cooldown.saturating_sub(age)
}

fn not_wanted(version: &Version, wanted: &Requirement) -> Why {
    let release = Version {
        pre: Prerelease::EMPTY,
        ..version.clone()
    };
    match !version.pre.is_empty() && wanted.versions.matches(&release) {
        true => Why::PreRelease,
        false => Why::NotWanted,
    }
}

fn told(passed: &[PassedOver]) -> String {
    let mut told: Vec<String> = passed
        .iter()
        .take(MAX_TOLD)
        .map(PassedOver::to_string)
        .collect();
    if passed.len() > MAX_TOLD {
        told.push(format!("and {} older ones", passed.len() - MAX_TOLD));
    }
    told.join("; ")
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.why)
    }
}

/// As the end of a sentence about the version.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NotWanted => f.write_str("is another version"),
            Why::PreRelease => {
                f.write_str("is a pre-release, which is installed only when it is named")
            }
            Why::Yanked(why) => write!(f, "is yanked ({why})"),
            Why::Cooling(left) => write!(f, "is new and waits for {} more", rounded(*left)),
            Why::Void(why) => write!(f, "is void ({why})"),
            Why::Refused(why) => write!(f, "is refused here ({why})"),
            Why::Older => f.write_str("is older than what is installed"),
        }
    }
}

/// Minutes, or hours from two on; rounded up, so that nobody comes too early.
fn rounded(left: Duration) -> Span {
    let unit = if left.as_secs() < 7_200 { 60 } else { 3_600 };
    Span::seconds(left.as_secs().div_ceil(unit).saturating_mul(unit))
}
