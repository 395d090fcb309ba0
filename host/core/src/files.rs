//! Paths as a skill sees them, and what it may do there.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest guest path, in bytes: Linux's own limit (`PATH_MAX`).
const MAX_PATH_BYTES: usize = 4096;

/// What may be done with files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Look only.
    Read,
    /// Look, create, change and delete.
    ReadWrite,
}

impl Access {
    /// The word used in manifests and grants.
    pub const fn as_str(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::ReadWrite => "read-write",
        }
    }

    /// Whether holding this is enough for `wanted`.
    pub fn covers(self, wanted: Access) -> bool {
        self >= wanted
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An absolute path inside a skill's view of the world: `/data/reports`.
///
/// Always normal: begins with `/`, no empty, `.` or `..` segment, no `\`, no control character, no trailing slash except
/// in `/` itself. It says nothing about symbolic links; those are the runtime's to contain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GuestPath(Arc<str>);

impl GuestPath {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What remains of `other` below this path: empty for the path itself, nothing when it lies elsewhere.
    ///
    /// ```
    /// use metier_core::files::GuestPath;
    /// let data: GuestPath = "/data".parse()?;
    /// assert_eq!(data.below(&"/data/a/b".parse()?), Some("a/b"));
    /// assert_eq!(data.below(&"/database".parse()?), None);
    /// # Ok::<(), metier_core::files::InvalidGuestPath>(())
    /// ```
    pub fn below<'p>(&self, other: &'p GuestPath) -> Option<&'p str> {
        if &*self.0 == "/" {
            return other.0.strip_prefix('/');
        }
        let rest = other.0.strip_prefix(&*self.0)?;
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix('/')
        }
    }

    /// Whether `other` is this path or lies below it.
    pub fn covers(&self, other: &GuestPath) -> bool {
        self.below(other).is_some()
    }
}

/// The text is no guest path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no guest path; write an absolute path without `.`, `..`, `\\` or a trailing slash, such as `/data`"
)]
pub struct InvalidGuestPath(String);

impl FromStr for GuestPath {
    type Err = InvalidGuestPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && !segment.contains(|c: char| c == '\\' || c.is_control())
        };
        let normal = text.len() <= MAX_PATH_BYTES
            && text
                .strip_prefix('/')
                .is_some_and(|rest| rest.is_empty() || rest.split('/').all(plain));
        if normal {
            Ok(GuestPath(text.into()))
        } else {
            Err(InvalidGuestPath(crate::ids::shown(text)))
        }
    }
}

impl TryFrom<String> for GuestPath {
    type Error = InvalidGuestPath;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<GuestPath> for String {
    fn from(path: GuestPath) -> Self {
        path.0.as_ref().to_owned()
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Access, GuestPath};

    #[test]
    fn only_normal_absolute_paths_are_paths() {
        for good in ["/", "/data", "/data/a b/ü.csv", "/..."] {
            assert!(good.parse::<GuestPath>().is_ok(), "{good}");
        }
        for bad in [
            "", "data", "/data/", "//data", "/a//b", "/a/../b", "/.", "/a\\b", "/a\0b", "/a\nb",
        ] {
            assert!(bad.parse::<GuestPath>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn covers_is_by_whole_segments() {
        let covers = |above: &str, below: &str| {
            let above: GuestPath = above.parse().unwrap();
            above.covers(&below.parse().unwrap())
        };
        assert!(
            covers("/", "/etc/passwd") && covers("/data", "/data") && covers("/data", "/data/x")
        );
        assert!(
            !covers("/data", "/database") && !covers("/data/x", "/data") && !covers("/data", "/")
        );
    }

    #[test]
    fn read_write_is_enough_to_read_and_not_the_other_way() {
        assert!(Access::ReadWrite.covers(Access::Read) && !Access::Read.covers(Access::ReadWrite));
    }
}
