//! Where a locked skill was put, so that an update finds it again.
//!
//! A lock is checked in, and may come from somebody else. So what it says here is data: whoever writes below a directory that a lock names
//! makes sure that it lies where the lock does.

use std::{fmt, str::FromStr};

use metier_core::toml_text::{Section, TextError};

use super::lock::quoted;

/// Most bytes of a directory or a tenant.
const MAX_WORD: usize = 1_024;

/// What a skill is called, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What it is called there.
    pub alias: Word,
    /// Where.
    pub at: At,
}

/// What took the skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// A service; a tenant of it, or that of the key.
    Service(Option<Word>),
    /// A directory, as it was named.
    Directory(Word),
}

/// One line of text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(String);

/// A text that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is empty, longer than {MAX_WORD} bytes, or has characters nobody sees")]
pub struct InvalidWord;

impl FromStr for Word {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let fits = (1..=MAX_WORD).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| Word(text.to_owned())).ok_or(InvalidWord)
    }
}

impl Word {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Placed {
    /// Nothing in a lock from before places were kept.
    pub(super) fn read(section: &mut Section<'_>) -> Result<Option<Placed>, TextError> {
        let mut word = |name| section.take(name).map(|item| item.parsed()).transpose();
        let (alias, to, tenant) = (word("as")?, word("to")?, word("tenant")?);
        let at = to.map_or(At::Service(tenant), At::Directory);
        Ok(alias.map(|alias| Placed { alias, at }))
    }

    pub(super) fn write(&self) -> String {
        let mut text = format!("as = {}\n", quoted(self.alias.as_str()));
        match &self.at {
            At::Directory(to) => text.push_str(&format!("to = {}\n", quoted(to.as_str()))),
            At::Service(Some(tenant)) => {
                text.push_str(&format!("tenant = {}\n", quoted(tenant.as_str())));
            }
            At::Service(None) => {}
        }
        text
    }
}
