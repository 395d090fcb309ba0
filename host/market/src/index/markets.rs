//! Which market a name comes from.
//!
//! A name resolves in one market only, and configuration says in which: by its namespace, the longest that is configured, or
//! the default market. No market is ever asked because another had no answer, and versions of two markets are never compared. So nobody
//! gets a private skill's users by publishing its name, with a higher version, in a public market.

use std::{collections::BTreeMap, fmt, str::FromStr};

use metier_core::{SkillName, ids::shown};
use url::Url;

/// Longest address and origin, in bytes.
const MAX_BYTES: usize = 1_024;

/// A market, by where it answers and what its log is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Market {
    /// Where it answers.
    pub address: Address,
    /// The origin of its log: the first line of its checkpoints. Two markets at one address are two origins.
    pub origin: Origin,
}

/// `https://market.example/`, in its one spelling: with a last slash, without query. Plain `http` on the machine itself only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

/// The origin line of a log (C2SP tlog-checkpoint): `market.example/log`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

/// A namespace, with all that are below it: `com.acme` is also that of `com.acme.tools/x`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Namespace(String);

/// The text is none of the three.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMarket {
    /// No address.
    #[error("`{0}` is no address of a market; write one such as `https://market.example/`")]
    Address(String),
    /// No origin.
    #[error(
        "`{0}` is no origin of a log; write it as its checkpoints do, such as `market.example/log`"
    )]
    Origin(String),
    /// No namespace.
    #[error("`{0}` is no namespace; write one such as `com.acme`")]
    Namespace(String),
}

/// No market is configured for a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no market is configured for {0}, and there is no default one")]
pub struct NoMarket(pub SkillName);

/// Every market that is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markets {
    default: Option<Market>,
    namespaces: BTreeMap<Namespace, Market>,
}

impl Markets {
    /// One market for every name.
    pub fn only(market: Market) -> Self {
        Markets {
            default: Some(market),
            namespaces: BTreeMap::new(),
        }
    }

    /// Names of this namespace, and of those below it, come from this market and from no other.
    #[must_use]
    pub fn with(mut self, namespace: Namespace, market: Market) -> Self {
        self.namespaces.insert(namespace, market);
        self
    }

    /// The one market that a skill comes from.
    ///
    /// # Errors
    /// When none is configured: then it comes from nowhere.
    pub fn of(&self, name: &SkillName) -> Result<&Market, NoMarket> {
        let covering = self
            .namespaces
            .iter()
            .filter(|(namespace, _)| namespace.covers(name));
        let longest = covering.max_by_key(|(namespace, _)| namespace.0.len());
        longest
            .map(|(_, market)| market)
            .or(self.default.as_ref())
            .ok_or_else(|| NoMarket(name.clone()))
    }

    /// Every market, each once.
    pub fn all(&self) -> impl Iterator<Item = &Market> {
        let all = self.default.iter().chain(self.namespaces.values());
        all.collect::<std::collections::BTreeSet<_>>().into_iter()
    }
}

impl Namespace {
    /// Whether the skill is in it, or in one below it.
    pub fn covers(&self, name: &SkillName) -> bool {
        match name.namespace().strip_prefix(self.0.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }
}

impl FromStr for Namespace {
    type Err = InvalidMarket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match format!("{text}/x").parse::<SkillName>() {
            Ok(_) => Ok(Namespace(text.to_owned())),
            Err(_) => Err(InvalidMarket::Namespace(shown(text))),
        }
    }
}

impl FromStr for Address {
    type Err = InvalidMarket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || InvalidMarket::Address(shown(text));
        let short = (text.len() <= MAX_BYTES)
            .then_some(text)
            .ok_or_else(wrong)?;
        let mut url = Url::parse(short).map_err(|_| wrong())?;
        let here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !safe || !bare {
            return Err(wrong());
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Address(url.into()))
    }
}

impl FromStr for Origin {
    type Err = InvalidMarket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
        match (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Origin(text.to_owned())),
            false => Err(InvalidMarket::Origin(shown(text))),
        }
    }
}

macro_rules! texts {
    ($($name:ident)*) => { $(
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )* };
}

texts!(Address Origin Namespace);
