//! Paths into JSON: `fields.project.key`, `issues[].key`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most steps of a path: JSON of any API is shallower.
pub const MAX_STEPS: usize = 32;

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;

/// Members separated by `.`, with `[]` behind one whose elements are meant: `issues[].fields.summary`.
///
/// A member whose name has a dot, bracket or quote in it is written in quotes: `"a.b".c`, with `\"` and `\\` inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into the member of this name.
    Member(String),
    /// Into each element.
    Each,
}

/// The text is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError(String);

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no path into JSON such as `project` or `issues[].key`",
            self.0.chars().take(80).collect::<String>()
        )
    }
}

impl std::error::Error for PathError {}

impl Path {
    /// The path of these steps; the caller has at least one.
    pub fn new(steps: Vec<Step>) -> Option<Path> {
        (!steps.is_empty() && steps.len() <= MAX_STEPS).then_some(Path(steps))
    }

    /// The steps; at least one.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The member the path begins with, when it begins with one.
    pub fn first(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Member(name)) => Some(name),
            _ => None,
        }
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Path, PathError> {
        if text.len() > MAX_PATH_BYTES {
            return Err(PathError(text.to_owned()));
        }
        parse(text)
            .and_then(Path::new)
            .ok_or_else(|| PathError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    if !rest.starts_with("[]") {
        rest = member(rest, &mut steps)?;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(Step::Each);
            rest = after;
        } else {
            rest = member(rest.strip_prefix('.')?, &mut steps)?;
        }
    }
    Some(steps)
}

/// Takes one member's name; returns what is behind it.
fn member<'t>(text: &'t str, steps: &mut Vec<Step>) -> Option<&'t str> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => self::quoted(quoted)?,
        None => {
            let end = text.find(['.', '[', '"', ']']).unwrap_or(text.len());
            let (name, rest) = text.split_at_checked(end)?;
            if name.is_empty() {
                return None;
            }
            (name.to_owned(), rest)
        }
    };
    steps.push(Step::Member(name));
    Some(rest)
}

/// The text up to the closing quote, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((name, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                escaped @ ('"' | '\\') => name.push(escaped),
                _ => return None,
            },
            other => name.push(other),
        }
    }
    None
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Each => f.write_str("[]")?,
                Step::Member(name) => {
                    f.write_str(if at == 0 { "" } else { "." })?;
                    if name.is_empty() || name.contains(['.', '[', ']', '"']) {
                        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
                        write!(f, "\"{escaped}\"")?;
                    } else {
                        f.write_str(name)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Path {
    type Error = PathError;

    fn try_from(text: String) -> Result<Path, PathError> {
        text.parse()
    }
}

impl From<Path> for String {
    fn from(path: Path) -> String {
        path.to_string()
    }
}
