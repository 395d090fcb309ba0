//! What an operator says about markets.

use std::sync::Arc;

use metier_market::trust::TrustRoot;
use serde::{Deserialize, Serialize};

/// Files nobody vouches for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsigned {
    /// Are installed by whoever says so.
    #[default]
    Ask,
    /// Are not installed.
    Refuse,
}

/// Skills of a market whose revocation list is too old to be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stale {
    /// Are called; the log says that nobody here knows what was revoked.
    #[default]
    Warn,
    /// Are not called until there is a newer one.
    Refuse,
}

/// Runs that depend on something that was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// Are cancelled.
    #[default]
    Cancel,
    /// Go on: each call of it fails.
    Continue,
}

/// A market that is trusted.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its address and keys.
    pub root: TrustRoot,
    /// The only namespaces it vouches for, and those below them; all when there is none.
    pub namespaces: Vec<String>,
    /// Networks it may be in beside public ones.
    pub addresses: Vec<String>,
    /// The only certificates that vouch for it.
    pub ca_file: Option<String>,
}

impl Market {
    /// What its log calls itself, by which receipts and lists name it.
    pub fn origin(&self) -> &str {
        self.root.log.name()
    }

    /// Whether it is trusted for a namespace.
    pub fn may_vouch_for(&self, namespace: &str) -> bool {
        let is_within = |known: &String| {
            let rest = namespace.strip_prefix(known.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.namespaces.is_empty() || self.namespaces.iter().any(is_within)
    }
}

/// What is trusted, and what becomes of the rest.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Markets.
    pub markets: Vec<Arc<Market>>,
    /// Files nobody vouches for.
    pub unsigned: Unsigned,
    /// Lists that are too old.
    pub stale: Stale,
    /// Runs that depend on what was revoked.
    pub running: Running,
}

impl Settings {
    /// The market with this log.
    pub fn market(&self, origin: &str) -> Option<&Arc<Market>> {
        self.markets.iter().find(|market| market.origin() == origin)
    }
}
