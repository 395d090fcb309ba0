//! One version of a skill, as its index has it.

use metier_core::{Digest, Price, SkillName, canonical, hidden};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::kind::Kind;

/// The form of lines written and read here.
pub(super) const FORM: u64 = 1;

/// Longest reason of a yank, or why a version is void, in characters: it is shown on a line.
pub const MAX_WHY_CHARACTERS: usize = 300;

/// One version. Unknown members are let be, so that a later market can say more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Line {
    /// The skill.
    pub name: SkillName,
    /// What it is; left out where it is a skill.
    #[serde(default, skip_serializing_if = "Kind::is_skill")]
    pub kind: Kind,
    /// The version.
    pub vers: Version,
    /// The skill's file.
    pub component: Digest,
    /// The OCI manifest, which the publisher and the reviewer signed.
    pub manifest: Digest,
    /// Bytes of the skill's file.
    pub size: u64,
    /// What it asks for, and what its tools say they do ([`crate::consent::Record::published_authority`]).
    pub authority: Digest,
    /// Everything a model reads of it ([`crate::consent::Record::published_words`]).
    pub words: Digest,
    /// What it costs; left out where it is free.
    #[serde(default, skip_serializing_if = "Price::is_free")]
    pub price: Price,
    /// Whether its publisher signed it as a security fix: it is installed without the cooldown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security_fix: bool,
    /// Why nobody should install it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// Why its publisher's signature does not count any more: it is never installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<String>,
    /// When it was published, in seconds since 1970 (UTC), as its leaf says.
    pub published: u64,
    /// The number of its leaf in the market's log.
    pub leaf: u64,
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    /// Not the JSON it should be.
    #[error("it cannot be read: {0}")]
    Json(String),
    /// A reason is not fit to be shown.
    #[error(
        "the reason of its yank, or why it is void, is not 1 to {MAX_WHY_CHARACTERS} visible characters on one line"
    )]
    Why,
}

#[derive(Deserialize)]
struct Form {
    v: u64,
}

impl Line {
    /// The JSON of the line, without a line break: equal lines have equal bytes.
    pub fn write(&self) -> String {
        // A struct of numbers, texts and digests is always an object.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.insert("v".to_owned(), FORM.into());
        }
        canonical::text(&value)
    }

    /// Reads a line; nothing when it is of a form this version does not know.
    ///
    /// # Errors
    /// See [`InvalidLine`].
    pub fn read(text: &str) -> Result<Option<Line>, InvalidLine> {
        let json = |error: serde_json::Error| InvalidLine::Json(error.to_string());
        let Form { v } = serde_json::from_str(text).map_err(json)?;
        if v != FORM {
            return Ok(None);
        }
        let line: Line = serde_json::from_str(text).map_err(json)?;
        line.check()?;
        Ok(Some(line))
    }

    pub(super) fn check(&self) -> Result<(), InvalidLine> {
        let fit = |why: &String| {
            let length = why.chars().count();
            (1..=MAX_WHY_CHARACTERS).contains(&length)
                && hidden::find(why).is_none()
                && !why.contains(['\n', '\r'])
        };
        match [&self.yanked, &self.void].into_iter().flatten().all(fit) {
            true => Ok(()),
            false => Err(InvalidLine::Why),
        }
    }
}
