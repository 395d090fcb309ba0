//! Patterns for paths: literal segments, one-segment wildcards and an open end.

use std::{fmt, str::FromStr};

use super::raw;

/// Most segments in one pattern; real services have fewer than twenty.
const MAX_SEGMENTS: usize = 64;

/// Which paths a rule means.
///
/// | written | matches |
/// |---|---|
/// | `/v1/query` | that path |
/// | `/v1/*/query` | any one non-empty segment in the middle |
/// | `/v1/**` | `/v1`, `/v1/` and everything under it; `**` is only allowed as the last segment |
///
/// A pattern is compared with the *decoded* segments of a canonical URL, so it is written decoded too: `/a b`, never
/// `/a%20b`. A wildcard is a whole segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    segments: Vec<Segment>,
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
}

impl Segment {
    fn matches(&self, text: &str) -> bool {
        match self {
            Segment::Literal(literal) => literal == text,
            Segment::Any => !text.is_empty(),
        }
    }

    fn covers(&self, other: &Segment) -> bool {
        match other {
            Segment::Literal(literal) => self.matches(literal),
            Segment::Any => *self == Segment::Any,
        }
    }
}

impl PathPattern {
    /// Whether the pattern means the path with these decoded segments. `/` has one empty segment.
    pub fn matches<S: AsRef<str>>(&self, path: &[S]) -> bool {
        let long_enough = if self.open {
            path.len() >= self.segments.len()
        } else {
            path.len() == self.segments.len()
        };
        long_enough
            && self
                .segments
                .iter()
                .zip(path)
                .all(|(segment, text)| segment.matches(text.as_ref()))
    }

    /// Whether every path `other` means is meant here too.
    pub fn covers(&self, other: &PathPattern) -> bool {
        let deep_enough = if self.open {
            other.segments.len() >= self.segments.len()
        } else {
            !other.open && other.segments.len() == self.segments.len()
        };
        deep_enough
            && self
                .segments
                .iter()
                .zip(&other.segments)
                .all(|(mine, theirs)| mine.covers(theirs))
    }
}

/// The text is no path pattern; each case says what is wrong with which segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPathPattern {
    /// Does not begin with `/`.
    #[error("the path `{0}` does not begin with `/`")]
    Relative(String),
    /// A wildcard that is only part of a segment.
    #[error("`{0}` mixes a wildcard with text; `*` stands for a whole segment")]
    PartialWildcard(String),
    /// `**` before the end.
    #[error("`**` stands only at the end of a path, as in `/v1/**`")]
    OpenInTheMiddle,
    /// A segment no canonical URL has, so that the rule would match nothing.
    #[error(
        "the path segment `{0}` can never match; write it decoded, without `%`, `?`, `#`, `\\`, control characters, `.` or `..`"
    )]
    Unreachable(String),
    /// More segments than any service needs.
    #[error("a path pattern has at most {MAX_SEGMENTS} segments")]
    TooLong,
}

impl FromStr for PathPattern {
    type Err = InvalidPathPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(InvalidPathPattern::Relative(crate::ids::shown(text)));
        };
        let (closed, open) = match rest.strip_suffix("**") {
            Some("") => {
                return Ok(PathPattern {
                    segments: Vec::new(),
                    open: true,
                });
            }
            Some(before) if before.ends_with('/') => (&before[..before.len() - 1], true),
            _ => (rest, false),
        };
        let segments = closed
            .split('/')
            .map(segment)
            .collect::<Result<Vec<_>, _>>()?;
        if segments.len() > MAX_SEGMENTS {
            return Err(InvalidPathPattern::TooLong);
        }
        Ok(PathPattern { segments, open })
    }
}

fn segment(text: &str) -> Result<Segment, InvalidPathPattern> {
    match text {
        "*" => Ok(Segment::Any),
        "**" => Err(InvalidPathPattern::OpenInTheMiddle),
        _ if text.contains('*') => {
            Err(InvalidPathPattern::PartialWildcard(crate::ids::shown(text)))
        }
        _ if text.contains(['%', '?', '#']) || raw::check_segment(text).is_err() => {
            Err(InvalidPathPattern::Unreachable(crate::ids::shown(text)))
        }
        _ => Ok(Segment::Literal(text.to_owned())),
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(f, "/{literal}")?,
                Segment::Any => f.write_str("/*")?,
            }
        }
        f.write_str(if self.open { "/**" } else { "" })
    }
}
