//! What a manifest is asked for by.

use std::{fmt, str::FromStr};

use metier_core::{Digest, ids};
use semver::Version;

use super::RegistryError;

/// Longest tag, in bytes (distribution specification).
const MAX_TAG: usize = 128;

/// What stands in a tag for the `+` of a version, as `wkg` and Helm write it: no tag can have one.
const PLUS: char = '_';

/// A digest, or one of the two kinds of tags there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `sha256:…`
    Digest(Digest),
    /// `1.2.0`
    Version(Version),
    /// `sha256-…`: what refers to that manifest, for clients that do not know the referrers API.
    Referrers(Digest),
}

/// The tag of a version.
pub fn tag(version: &Version) -> String {
    version.to_string().replace('+', &PLUS.to_string())
}

impl FromStr for Reference {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        if let Ok(digest) = text.parse() {
            return Ok(Reference::Digest(digest));
        }
        let of_hex = |hex| format!("sha256:{hex}").parse().ok();
        if let Some(digest) = text.strip_prefix("sha256-").and_then(of_hex) {
            return Ok(Reference::Referrers(digest));
        }
        let version = (text.len() <= MAX_TAG && !text.contains('+'))
            .then(|| text.replace(PLUS, "+").parse().ok())
            .flatten();
        let none = || RegistryError::TagInvalid(ids::shown(text));
        version.map(Reference::Version).ok_or_else(none)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Digest(digest) => digest.fmt(f),
            Reference::Version(version) => f.write_str(&tag(version)),
            Reference::Referrers(digest) => write!(f, "sha256-{}", digest.to_hex()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::Reference;

    #[test]
    fn versions_digests_and_fallback_tags_are_all_there_is() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in [
            "1.2.0",
            "1.2.0-rc.1",
            "1.2.0_build.7",
            &format!("sha256:{hex}"),
            &format!("sha256-{hex}"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "latest",
            "1.2",
            "v1.2.0",
            "01.2.0",
            "1.2.0+x",
            "..",
            "../1.0.0",
            "1.0.0/..",
            " 1.0.0",
            &format!("sha256-{}", &hex[1..]),
            &format!("sha256-{}.sig", hex),
            &format!("1.0.0-{}", "a".repeat(128)),
        ] {
            text.parse::<Reference>().unwrap_err();
        }
    }
}
