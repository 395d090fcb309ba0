//! Patterns for hosts: one host, one label below a name, anything below a name, or any name.

use std::{fmt, str::FromStr, sync::Arc};

use super::{Host, host::InvalidHost};

/// Which hosts a rule means.
///
/// | written | matches |
/// |---|---|
/// | `api.acme.com` | that host; addresses are written as `10.0.0.1` or `[::1]` |
/// | `*.acme.com` | exactly one label more: `eu.acme.com`, not `acme.com`, not `a.b.acme.com` |
/// | `**.acme.com` | one or more labels more: `eu.acme.com`, `a.b.acme.com`, not `acme.com` |
/// | `**` | every host that has a name; no secret can be bound to it |
///
/// A wildcard never matches an IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// This host.
    Exactly(Host),
    /// One label below this name.
    OneBelow(Arc<str>),
    /// One or more labels below this name.
    Below(Arc<str>),
    /// Any name.
    Any,
}

impl HostPattern {
    /// Whether the pattern means this host.
    pub fn matches(&self, host: &Host) -> bool {
        match self {
            HostPattern::Exactly(only) => only == host,
            HostPattern::OneBelow(parent) => {
                labels_below(host, parent).is_some_and(|label| !label.contains('.'))
            }
            HostPattern::Below(parent) => labels_below(host, parent).is_some(),
            HostPattern::Any => host.name().is_some(),
        }
    }

    /// Whether every host `other` means is meant here too.
    pub fn covers(&self, other: &HostPattern) -> bool {
        match (self, other) {
            (_, HostPattern::Exactly(host)) => self.matches(host),
            (HostPattern::Any, _) => true,
            (_, HostPattern::Any) | (HostPattern::Exactly(_), _) => false,
            (HostPattern::OneBelow(a), HostPattern::OneBelow(b)) => a == b,
            (HostPattern::OneBelow(_), HostPattern::Below(_)) => false,
            (HostPattern::Below(a), HostPattern::OneBelow(b) | HostPattern::Below(b)) => {
                a == b || strip_parent(b, a).is_some()
            }
        }
    }
}

/// The labels in front of `.parent`, at least one.
fn labels_below<'h>(host: &'h Host, parent: &str) -> Option<&'h str> {
    strip_parent(host.name()?, parent)
}

fn strip_parent<'h>(name: &'h str, parent: &str) -> Option<&'h str> {
    let labels = name.strip_suffix(parent)?.strip_suffix('.')?;
    (!labels.is_empty()).then_some(labels)
}

/// The text is no host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHostPattern {
    /// A wildcard somewhere else than alone at the front.
    #[error(
        "`{0}` is no host pattern; a wildcard stands alone in front: `*.acme.com` for one label, `**.acme.com` for any, and `**` for every host with a name"
    )]
    Wildcard(String),
    /// A scheme, port or path that belongs in another key.
    #[error("`{0}` is more than a host; put scheme, port and path in `scheme`, `port` and `paths`")]
    TooMuch(String),
    /// A wildcard below an IP address.
    #[error("`{0}` puts a wildcard below an IP address, which has nothing below it")]
    BelowAddress(String),
    /// Not a host.
    #[error(transparent)]
    Host(#[from] InvalidHost),
}

impl FromStr for HostPattern {
    type Err = InvalidHostPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("//") || text.contains(['/', '?', '#', '@']) || has_port(text) {
            return Err(InvalidHostPattern::TooMuch(crate::ids::shown(text)));
        }
        if text == "**" {
            return Ok(HostPattern::Any);
        }
        if let Some(parent) = text.strip_prefix("**.") {
            return Ok(HostPattern::Below(parent_name(parent, text)?));
        }
        if let Some(parent) = text.strip_prefix("*.") {
            return Ok(HostPattern::OneBelow(parent_name(parent, text)?));
        }
        if text.contains('*') {
            return Err(InvalidHostPattern::Wildcard(crate::ids::shown(text)));
        }
        Ok(HostPattern::Exactly(text.parse()?))
    }
}

fn has_port(text: &str) -> bool {
    let after_address = text.rsplit_once(']').map_or(text, |(_, rest)| rest);
    !text.ends_with(']') && after_address.contains(':')
}

/// The name below which a wildcard reaches; an address has nothing below it.
fn parent_name(parent: &str, whole: &str) -> Result<Arc<str>, InvalidHostPattern> {
    if parent.contains('*') {
        return Err(InvalidHostPattern::Wildcard(crate::ids::shown(whole)));
    }
    match parent.parse()? {
        Host::Name(name) => Ok(name),
        Host::Ip(_) => Err(InvalidHostPattern::BelowAddress(crate::ids::shown(whole))),
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exactly(host) => write!(f, "{host}"),
            HostPattern::OneBelow(parent) => write!(f, "*.{parent}"),
            HostPattern::Below(parent) => write!(f, "**.{parent}"),
            HostPattern::Any => f.write_str("**"),
        }
    }
}
