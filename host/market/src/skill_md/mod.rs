//! SKILL.md: YAML frontmatter and Markdown, strictly after the Agent Skills format (agentskills.io).
//!
//! What is published must be readable by every client, so this is as strict as the strictest of them: exactly the six keys
//! of the format, their lengths, no key twice, and of YAML only what the reference validator's reader takes — plain or quoted
//! text and one level of `metadata`; no anchors, aliases, tags, merge keys, flow collections or second document. Hidden
//! characters ([`metier_core::hidden`]) are refused anywhere in the file.
//!
//! ```
//! use metier_market::skill_md::SkillMd;
//! let read = SkillMd::parse("---\nname: weather\ndescription: Tells the weather.\n---\n\n# Weather\n")?;
//! assert_eq!((read.name.as_str(), read.body), ("weather", "\n# Weather\n"));
//! # Ok::<(), metier_market::skill_md::SkillMdError>(())
//! ```

mod yaml;

use std::collections::BTreeMap;

use metier_core::hidden::{self, Hidden};

/// Longest name, in characters; this and the following are the format's.
pub const MAX_NAME: usize = 64;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1024;
/// Longest compatibility note, in characters.
pub const MAX_COMPATIBILITY: usize = 500;
/// Largest frontmatter, in bytes: its texts at four bytes a character, and as much again for metadata.
const MAX_FRONTMATTER_BYTES: usize = 16 << 10;

/// A SKILL.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillMd<'t> {
    /// `name`.
    pub name: String,
    /// `description`: what a model reads to decide whether to open the rest.
    pub description: String,
    /// `license`.
    pub license: Option<String>,
    /// `compatibility`.
    pub compatibility: Option<String>,
    /// `metadata`.
    pub metadata: BTreeMap<String, String>,
    /// `allowed-tools`, as written.
    pub allowed_tools: Option<String>,
    /// The Markdown behind the frontmatter.
    pub body: &'t str,
}

/// Why a SKILL.md is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkillMdError {
    /// A character nobody sees.
    #[error(
        "line {}, column {}: there is {at}, which a reader does not see and a model does",
        at.line,
        at.column
    )]
    Hidden {
        /// Which, and where.
        at: Hidden,
    },
    /// Does not begin with `---`, or has no second one.
    #[error(
        "there is no frontmatter: the file begins with a line `---`, then `name:` and `description:`, then a line `---`"
    )]
    NoFrontmatter,
    /// Larger than any real one.
    #[error("the frontmatter is larger than {MAX_FRONTMATTER_BYTES} bytes")]
    TooLarge,
    /// The reference reader cuts the file at `---` wherever it is.
    #[error("`---` is inside the frontmatter: readers take it for its end")]
    Dashes,
    /// Not the YAML the format takes.
    #[error("line {line}: {problem}")]
    Yaml {
        /// From 1, in the file.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A value breaks its rule.
    #[error("`{key}` {rule}")]
    Value {
        /// The key.
        key: &'static str,
        /// The rule, as the end of a sentence.
        rule: String,
    },
}

impl SkillMdError {
    /// The line it is about, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            SkillMdError::Hidden { at } => Some(at.line),
            SkillMdError::Yaml { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl<'t> SkillMd<'t> {
    /// Reads one.
    ///
    /// # Errors
    /// See [`SkillMdError`]; the first of them.
    pub fn parse(text: &'t str) -> Result<Self, SkillMdError> {
        if let Some(at) = hidden::find(text) {
            return Err(SkillMdError::Hidden { at });
        }
        let (frontmatter, body) = split(text).ok_or(SkillMdError::NoFrontmatter)?;
        if frontmatter.len() > MAX_FRONTMATTER_BYTES {
            return Err(SkillMdError::TooLarge);
        }
        if frontmatter.contains("---") {
            return Err(SkillMdError::Dashes);
        }
        let read = yaml::read(frontmatter)?;
        let skill_md = SkillMd {
            name: required("name", read.name)?,
            description: required("description", read.description)?,
            license: read.license,
            compatibility: read.compatibility,
            metadata: read.metadata,
            allowed_tools: read.allowed_tools,
            body,
        };
        skill_md.check()?;
        Ok(skill_md)
    }

    fn check(&self) -> Result<(), SkillMdError> {
        if !is_name(&self.name) {
            let rule = format!(
                "is `{}`; it is 1 to {MAX_NAME} of a-z 0-9 with single hyphens between",
                self.name
            );
            return Err(SkillMdError::Value { key: "name", rule });
        }
        within("description", &self.description, MAX_DESCRIPTION)?;
        self.compatibility.as_deref().map_or(Ok(()), |text| {
            within("compatibility", text, MAX_COMPATIBILITY)
        })
    }
}

/// The lines between the first two `---`, and what comes behind.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn required(key: &'static str, value: Option<String>) -> Result<String, SkillMdError> {
    value.ok_or_else(|| SkillMdError::Value {
        key,
        rule: "is missing".to_owned(),
    })
}

fn within(key: &'static str, text: &str, most: usize) -> Result<(), SkillMdError> {
    let length = text.chars().count();
    if length <= most && !text.trim().is_empty() {
        return Ok(());
    }
    let rule = format!("has {length} characters; it has 1 to {most}");
    Err(SkillMdError::Value { key, rule })
}

fn is_name(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= MAX_NAME && text.split('-').all(word)
}

#[cfg(test)]
mod tests;
