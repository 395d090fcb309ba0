//! Which skill a grant is for.

use crate::ids::{Digest, SkillName};

/// Which skill a grant is for.
///
/// A name is only what the file claims to be; an operator who wants exactly these bytes pins the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Whatever it is applied to. Never the meaning of a grant *file*.
    Any,
    /// The skill of this name, whatever its bytes.
    Named(SkillName),
    /// The skill of this name, with these bytes.
    Pinned(SkillName, Digest),
    /// These bytes, whatever they call themselves; for skills without a manifest.
    Bytes(Digest),
}

/// The grant is for another skill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongSubject {
    /// Another name.
    #[error("the grant is for `{granted}`, and this skill is {}", .found.as_ref().map_or("nameless".to_owned(), |name| format!("`{name}`")))]
    Name {
        /// The name in the grant.
        granted: SkillName,
        /// The name in the manifest.
        found: Option<SkillName>,
    },
    /// Other bytes.
    #[error("the grant pins the digest {granted}, and this skill's is {found}")]
    Digest {
        /// The digest in the grant.
        granted: Digest,
        /// The digest of the file.
        found: Digest,
    },
}

impl Subject {
    /// Whether the grant is for this skill. To be checked once, when grant and skill are brought together.
    pub fn check(&self, name: Option<&SkillName>, digest: &Digest) -> Result<(), WrongSubject> {
        let (wanted_name, wanted_digest) = match self {
            Subject::Any => (None, None),
            Subject::Named(name) => (Some(name), None),
            Subject::Pinned(name, digest) => (Some(name), Some(digest)),
            Subject::Bytes(digest) => (None, Some(digest)),
        };
        if let Some(granted) = wanted_name.filter(|wanted| Some(*wanted) != name) {
            return Err(WrongSubject::Name {
                granted: granted.clone(),
                found: name.cloned(),
            });
        }
        match wanted_digest.filter(|wanted| *wanted != digest) {
            Some(granted) => Err(WrongSubject::Digest {
                granted: *granted,
                found: *digest,
            }),
            None => Ok(()),
        }
    }
}
