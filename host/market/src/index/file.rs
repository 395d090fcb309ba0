//! The file of one skill.
//!
//! # How a cut file is noticed
//! The last line is no version but the end: how many lines come before it, their SHA-256, and the size of the log the file stands on.
//! A file cut at a line break still parses, and would quietly offer an older version; one without its end is refused whole. The
//! digest also finds lines lost or repeated in the middle, by a proxy that joined two answers. Neither is proof against a
//! market that lies: that is the receipt's work. The log size is that of the log just after the last leaf about this skill,
//! not of the newest checkpoint, so that the file changes, and its ETag with it, only when the skill does.

use std::collections::BTreeSet;

use metier_core::{Digest, SkillName, canonical, ids::shown};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::line::{FORM, InvalidLine, Line};

/// Largest file, in bytes: some ten thousand versions; a client holds one in memory.
pub const MAX_FILE_BYTES: usize = 8 << 20;

/// Most versions of one skill: an hour's build, published each time, for more than a year.
pub const MAX_LINES: usize = 10_000;

/// Longest line, in bytes: three times what the members can take.
pub const MAX_LINE_BYTES: usize = 8 << 10;

/// The versions of one skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    name: SkillName,
    /// Oldest first, by precedence.
    lines: Vec<Line>,
    skipped: usize,
    log_size: u64,
}

/// A file that is not used. None of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("the index file is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// More than [`MAX_LINES`].
    #[error("the index file has more than {MAX_LINES} versions")]
    TooMany,
    /// Not UTF-8.
    #[error("the index file is not UTF-8 text")]
    NotText,
    /// It has no end, or goes on behind it.
    #[error("the index file was cut off or joined with another: its last line is not its end")]
    Truncated,
    /// Its end does not fit what comes before it.
    #[error("the index file is damaged: its last line says {said}, and there is {found}")]
    Damaged {
        /// What the end says.
        said: String,
        /// What there is.
        found: String,
    },
    /// Its end is of a form this version does not know.
    #[error("the index file is of the form {0}, which needs a newer metier")]
    Newer(u64),
    /// A line that is none.
    #[error("line {line} of the index file is wrong: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: InvalidLine,
    },
    /// A line longer than [`MAX_LINE_BYTES`].
    #[error("line {0} of the index file is longer than {MAX_LINE_BYTES} bytes")]
    LongLine(usize),
    /// It is about another skill.
    #[error("the index file of {wanted} speaks of {found}")]
    OtherSkill {
        /// Whose file it is.
        wanted: SkillName,
        /// Who is in it.
        found: SkillName,
    },
    /// Two lines have one place in the order of versions; what is behind a `+` does not tell them apart.
    #[error("the index file has {first} and {second}, which are the same version")]
    SameVersion {
        /// The one.
        first: Version,
        /// The other.
        second: Version,
    },
    /// Two lines name the same leaf, or one that the log had not yet.
    #[error("the index file says that {version} is leaf {leaf}, which it cannot be")]
    Leaf {
        /// The version.
        version: Version,
        /// Its leaf.
        leaf: u64,
    },
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct End {
    name: SkillName,
    count: usize,
    sha256: Digest,
    log_size: u64,
}

#[derive(Deserialize)]
struct LastLine {
    v: u64,
    end: serde_json::Value,
}

impl IndexFile {
    /// A file to be written.
    ///
    /// # Errors
    /// When the lines do not belong together, or are too many; see [`IndexError`].
    pub fn new(name: SkillName, lines: Vec<Line>, log_size: u64) -> Result<Self, IndexError> {
        for (number, line) in lines.iter().enumerate() {
            let wrong = |why| IndexError::Line {
                line: number + 1,
                why,
            };
            line.check().map_err(wrong)?;
        }
        IndexFile {
            name,
            lines,
            skipped: 0,
            log_size,
        }
        .checked()
    }

    /// Reads the file of the skill `name`. Lines of a form this version does not know are skipped.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn read(name: &SkillName, bytes: &[u8]) -> Result<Self, IndexError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(IndexError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| IndexError::NotText)?;
        let whole = text.strip_suffix('\n').ok_or(IndexError::Truncated)?;
        let (before, last) = match whole.rfind('\n') {
            Some(at) => whole.split_at(at + 1),
            None => ("", whole),
        };
        let end = end(last)?;
        let count = before.lines().count();
        if count > MAX_LINES {
            return Err(IndexError::TooMany);
        }
        if end.name != *name {
            return Err(IndexError::OtherSkill {
                wanted: name.clone(),
                found: end.name,
            });
        }
        fits(format!("{} lines", end.count), format!("{count} lines"))?;
        fits(
            end.sha256.to_string(),
            Digest::of(before.as_bytes()).to_string(),
        )?;
        let (lines, skipped) = read_lines(before)?;
        IndexFile {
            name: name.clone(),
            lines,
            skipped,
            log_size: end.log_size,
        }
        .checked()
    }

    /// The file's text: lines in the order of the log, then the end. Equal contents have equal bytes.
    pub fn write(&self) -> String {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.leaf);
        let mut text = String::new();
        for line in lines {
            text.push_str(&line.write());
            text.push('\n');
        }
        let end = End {
            name: self.name.clone(),
            count: self.lines.len(),
            sha256: Digest::of(text.as_bytes()),
            log_size: self.log_size,
        };
        text.push_str(&canonical::text(&json!({"v": FORM, "end": end})));
        text.push('\n');
        text
    }

    /// Whose file it is.
    pub fn name(&self) -> &SkillName {
        &self.name
    }

    /// Its versions, the oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line of exactly this version.
    pub fn line(&self, version: &Version) -> Option<&Line> {
        self.lines.iter().find(|line| line.vers == *version)
    }

    /// Lines of a form this version does not know: a newer metier sees more versions.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The size of the log just after the last leaf about this skill.
    pub fn log_size(&self) -> u64 {
        self.log_size
    }

    fn checked(mut self) -> Result<Self, IndexError> {
        if self.lines.len() > MAX_LINES {
            return Err(IndexError::TooMany);
        }
        let mut leaves = BTreeSet::new();
        for line in &self.lines {
            if line.name != self.name {
                return Err(IndexError::OtherSkill {
                    wanted: self.name.clone(),
                    found: line.name.clone(),
                });
            }
            if line.leaf >= self.log_size || !leaves.insert(line.leaf) {
                return Err(IndexError::Leaf {
                    version: line.vers.clone(),
                    leaf: line.leaf,
                });
            }
        }
        self.lines.sort_by(|a, b| a.vers.cmp_precedence(&b.vers));
        let twins = self.lines.array_windows::<2>();
        let same = twins.filter(|[a, b]| a.vers.cmp_precedence(&b.vers).is_eq());
        match same.map(|[a, b]| (a.vers.clone(), b.vers.clone())).next() {
            Some((first, second)) => Err(IndexError::SameVersion { first, second }),
            None => Ok(self),
        }
    }
}

fn end(last: &str) -> Result<End, IndexError> {
    if last.len() > MAX_LINE_BYTES {
        return Err(IndexError::Truncated);
    }
    let last: LastLine = serde_json::from_str(last).map_err(|_| IndexError::Truncated)?;
    if last.v != FORM {
        return Err(IndexError::Newer(last.v));
    }
    serde_json::from_value(last.end).map_err(|error| IndexError::Damaged {
        said: "something else".to_owned(),
        found: shown(&error.to_string()),
    })
}

fn fits(said: String, found: String) -> Result<(), IndexError> {
    match said == found {
        true => Ok(()),
        false => Err(IndexError::Damaged { said, found }),
    }
}

fn read_lines(text: &str) -> Result<(Vec<Line>, usize), IndexError> {
    let (mut lines, mut skipped) = (Vec::new(), 0);
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        if line.len() > MAX_LINE_BYTES {
            return Err(IndexError::LongLine(number));
        }
        match Line::read(line).map_err(|why| IndexError::Line { line: number, why })? {
            Some(line) => lines.push(line),
            None => skipped += 1,
        }
    }
    Ok((lines, skipped))
}
