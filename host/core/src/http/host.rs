//! The host of a URL: a name or an address, in its one canonical spelling.

use std::{fmt, net::IpAddr, str::FromStr, sync::Arc};

/// Longest DNS name in text form without the trailing dot (RFC 1035).
const MAX_NAME_BYTES: usize = 253;

/// Longest DNS label (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// A host: a lowercase ASCII name without trailing dot, or an IP address.
///
/// IPv4 addresses in IPv6 clothing (`::ffff:10.0.0.1`) are IPv4 addresses here, so that one machine has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name; international names are in their `xn--` form.
    Name(Arc<str>),
    /// An address.
    Ip(IpAddr),
}

impl Host {
    /// The name, when it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Host::Name(name) => Some(name),
            Host::Ip(_) => None,
        }
    }

    /// The address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Name(_) => None,
            Host::Ip(ip) => Some(*ip),
        }
    }

    /// From what the `url` crate made of it; nothing for a name that DNS has not.
    pub(super) fn from_url(host: &::url::Host<&str>) -> Option<Self> {
        match host {
            ::url::Host::Ipv4(ip) => Some(Host::Ip(IpAddr::V4(*ip))),
            ::url::Host::Ipv6(ip) => Some(Host::Ip(IpAddr::V6(*ip).to_canonical())),
            ::url::Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                is_name(name).then(|| Host::Name(name.into()))
            }
        }
    }
}

/// Letters, digits, `-` and `_` (which some real names have) in non-empty labels.
pub(super) fn is_name(text: &str) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let label =
        |label: &str| (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(letter);
    text.len() <= MAX_NAME_BYTES && text.split('.').all(label)
}

/// As it stands in a URL: IPv6 addresses in brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

/// The text is not a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// Neither a name nor an address.
    #[error(
        "`{0}` is no host; write a lowercase name, an IPv4 address or an IPv6 address in brackets"
    )]
    Malformed(String),
    /// A host in another than its canonical spelling.
    #[error("`{text}` is not the plain spelling of this host; write `{canonical}`")]
    Spelling {
        /// As written.
        text: String,
        /// As it should be.
        canonical: Host,
    },
}

/// Accepts the canonical spelling only: rules are read by people, and `0x7f.1` hides what it means.
impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || InvalidHost::Malformed(crate::ids::shown(text));
        let parsed = ::url::Host::parse(text).map_err(|_| malformed())?;
        let canonical = match &parsed {
            ::url::Host::Domain(name) => Host::from_url(&::url::Host::Domain(name.as_str())),
            ::url::Host::Ipv4(ip) => Host::from_url(&::url::Host::Ipv4(*ip)),
            ::url::Host::Ipv6(ip) => Host::from_url(&::url::Host::Ipv6(*ip)),
        };
        let canonical = canonical.ok_or_else(malformed)?;
        if canonical.to_string() == text {
            return Ok(canonical);
        }
        Err(InvalidHost::Spelling {
            text: crate::ids::shown(text),
            canonical,
        })
    }
}
