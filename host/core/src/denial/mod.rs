//! Why something was refused, in one sentence that helps.
//!
//! Each constructor here writes one kind of refusal: what was asked, which rule is missing in which layer, and who can add
//! it. The layers are the manifest (`skill.toml`, the skill's author), the grant (the operator) and the run (whoever
//! started it). The sentence reaches the skill, the caller and the audit; it tells a skill nothing about other rules of
//! the grant than the line of the closest one.

mod http;
mod reach;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use http::{CredentialGap, HttpAsked};

use crate::{
    code::{Blame, Code},
    fault::Fault,
    ids::SkillName,
};

/// A refusal: a code and one sentence, and often the lines that would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    code: Code,
    message: Box<str>,
    remedy: Option<Box<str>>,
}

impl Denial {
    /// A refusal with its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Denial {
            code,
            message: message.into().into(),
            remedy: None,
        }
    }

    /// Adds what would allow it, for whoever can: a sentence, or lines of TOML.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into().into());
        self
    }

    /// What kind of refusal.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What was asked, which rule is missing, who can add it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would allow it; shown to people, never to the skill.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// Who can mend it.
    pub fn blame(&self) -> Blame {
        self.code.blame()
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Denial {}

impl From<Denial> for Fault {
    fn from(denial: Denial) -> Self {
        let mut fault = Fault::new(denial.code, denial.message);
        fault.hint = denial.remedy.map(String::from);
        fault
    }
}

/// The skill in a sentence: `The skill com.acme/x`, or `the skill com.acme/x` when formatted with `#`.
#[derive(Clone, Copy)]
pub(crate) struct Skill<'n>(pub Option<&'n SkillName>);

impl fmt::Display for Skill<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() {
            "the skill"
        } else {
            "The skill"
        })?;
        match self.0 {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

/// A TOML string of this text; nothing when it has characters that would mislead a reader.
fn toml_string(text: &str) -> Option<String> {
    text.chars()
        .all(crate::ids::is_plain)
        .then(|| toml::Value::String(text.to_owned()).to_string())
}
