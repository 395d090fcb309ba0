//! The name of a skill: who, in reverse-DNS, and what, in kebab case.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest namespace, in bytes: a DNS name is never longer (RFC 1035).
const MAX_NAMESPACE_BYTES: usize = 253;

/// Longest part of a namespace and longest short name, in bytes: a DNS label (RFC 1035) and an Agent Skills name.
const MAX_LABEL_BYTES: usize = 63;

/// `com.acme/salesforce`: a reverse-DNS namespace of two or more labels, a slash, a kebab-case name.
///
/// ```
/// use metier_core::ids::SkillName;
/// let name: SkillName = "com.acme/salesforce".parse()?;
/// assert_eq!((name.namespace(), name.short()), ("com.acme", "salesforce"));
/// # Ok::<(), metier_core::ids::InvalidSkillName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SkillName {
    text: Arc<str>,
    slash: usize,
}

impl SkillName {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The publisher's part: `com.acme`.
    pub fn namespace(&self) -> &str {
        &self.text[..self.slash]
    }

    /// The skill's own part: `salesforce`.
    pub fn short(&self) -> &str {
        &self.text[self.slash + 1..]
    }
}

/// The text is not a skill name; each case says which part and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSkillName {
    /// No slash, or more than one.
    #[error(
        "`{0}` is no skill name; write a namespace, one slash and a name, such as `com.acme/salesforce`"
    )]
    Shape(String),
    /// The part before the slash is no reverse-DNS name.
    #[error(
        "`{0}` is no namespace; write a domain you own backwards, at least two labels of a-z 0-9 -, such as `com.acme`"
    )]
    Namespace(String),
    /// The part after the slash is not kebab case.
    #[error(
        "`{0}` is no skill's short name; use 1 to 63 of a-z 0-9 with single hyphens between, such as `salesforce`"
    )]
    Short(String),
}

impl FromStr for SkillName {
    type Err = InvalidSkillName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split_once('/')
            .filter(|(_, short)| !short.contains('/'));
        let Some((namespace, short)) = parts else {
            return Err(InvalidSkillName::Shape(super::shown(text)));
        };
        if !is_namespace(namespace) {
            return Err(InvalidSkillName::Namespace(super::shown(namespace)));
        }
        if !is_kebab(short) {
            return Err(InvalidSkillName::Short(super::shown(short)));
        }
        Ok(SkillName {
            text: text.into(),
            slash: namespace.len(),
        })
    }
}

fn is_namespace(text: &str) -> bool {
    text.len() <= MAX_NAMESPACE_BYTES && text.contains('.') && text.split('.').all(is_kebab)
}

fn is_kebab(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MAX_LABEL_BYTES
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(plain))
}

impl TryFrom<String> for SkillName {
    type Error = InvalidSkillName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SkillName> for String {
    fn from(name: SkillName) -> Self {
        name.text.as_ref().to_owned()
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
