//! `https://registry.acme.example/skills`.

use std::{fmt, str::FromStr};

use metier_core::ids::shown;
use url::Url;

use crate::index::Address;

/// Longest prefix, in bytes: names of repositories have 255 at most, and a skill's follows.
const MAX_PREFIX: usize = 100;

/// A registry, and what all repositories in it begin with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistryAddress {
    /// The registry itself.
    pub origin: Address,
    /// Without slashes at its ends; may be empty.
    pub prefix: String,
}

/// The text is no address of a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no registry: write `oci://registry.acme.example/prefix` or `https://…`; plain http is for one on this machine"
)]
pub struct InvalidRegistry(String);

impl RegistryAddress {
    /// The repository of this name.
    pub fn repository(&self, name: &str) -> String {
        match self.prefix.is_empty() {
            true => name.to_owned(),
            false => format!("{}/{name}", self.prefix),
        }
    }
}

impl FromStr for RegistryAddress {
    type Err = InvalidRegistry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || InvalidRegistry(shown(text));
        let spelled = match text.strip_prefix("oci://") {
            Some(rest) if is_here(rest) => format!("http://{rest}"),
            Some(rest) => format!("https://{rest}"),
            None => text.to_owned(),
        };
        let (_, path) = spelled
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .unwrap_or_default();
        let prefix = path.trim_matches('/');
        if prefix.len() > MAX_PREFIX || !(prefix.is_empty() || prefix.split('/').all(is_part)) {
            return Err(wrong());
        }
        let mut url = Url::parse(&spelled).map_err(|_| wrong())?;
        url.set_path("/");
        Ok(RegistryAddress {
            origin: url.as_str().parse().map_err(|_| wrong())?,
            prefix: prefix.to_owned(),
        })
    }
}

/// Whether what follows `oci://` begins with this machine.
fn is_here(rest: &str) -> bool {
    let http = format!("http://{rest}");
    let origin = http.split('/').take(3).collect::<Vec<_>>().join("/");
    origin.parse::<Address>().is_ok()
}

/// A part of a repository's name, as the specification has it.
fn is_part(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.into_iter()
        .all(|end| end.is_some_and(|end| is_plain(*end)))
        && bytes
            .iter()
            .all(|byte| is_plain(*byte) || b"._-".contains(byte))
        && !part.contains("..")
}

/// As `oci://`, which says what it is.
impl fmt::Display for RegistryAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin.as_str();
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        write!(f, "oci://{}", host.trim_end_matches('/'))?;
        match self.prefix.is_empty() {
            true => Ok(()),
            false => write!(f, "/{}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::RegistryAddress;

    #[test]
    fn a_registry_is_a_host_and_a_prefix() {
        for (text, origin, shown) in [
            (
                "http://127.0.0.1:5000/acme/skills",
                "http://127.0.0.1:5000/",
                "oci://127.0.0.1:5000/acme/skills",
            ),
            (
                "oci://127.0.0.1:5000",
                "http://127.0.0.1:5000/",
                "oci://127.0.0.1:5000",
            ),
            (
                "oci://localhost:5000/x/",
                "http://localhost:5000/",
                "oci://localhost:5000/x",
            ),
            (
                "oci://r.example/x",
                "https://r.example/",
                "oci://r.example/x",
            ),
            (
                "https://r.example:8443",
                "https://r.example:8443/",
                "oci://r.example:8443",
            ),
        ] {
            let read: RegistryAddress = text.parse().unwrap();
            assert_eq!(
                (read.origin.as_str(), read.to_string().as_str()),
                (origin, shown)
            );
        }
        for text in [
            "",
            "r.example/x",
            "ftp://r.example",
            "http://r.example/x",
            "oci://user:word@r.example/x",
            "https://r.example/X",
            "https://r.example/a//b",
            "https://r.example/a/../b",
            "https://r.example/-a",
            "https://r.example/a?b=c",
            "https://r.example/a%2fb",
        ] {
            assert!(text.parse::<RegistryAddress>().is_err(), "{text}");
        }
        let read: RegistryAddress = "oci://r.example/x".parse().unwrap();
        assert_eq!(read.repository("com.acme/weather"), "x/com.acme/weather");
    }
}
