//! `metier namespace key`: the keys that sign what is published under a namespace.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use metier_market::{state::Namespace, trust::Moment};

use super::{
    market_client::{KeyFile, Method, Place},
    members::Signs,
};

pub(super) const KEY_EXAMPLES: &str = "\
Examples:
  metier namespace key list com.acme
  metier namespace key add com.acme next.pem
  metier namespace key end com.acme 5w8VAG3e…=
  metier namespace key end com.acme 5w8VAG3e…= --compromised --since 2026-11-30T12:00:00Z
  metier namespace key end com.acme 5w8VAG3e…= --lost
  metier namespace key recover com.acme next.pem";

/// `metier namespace key`
#[derive(Debug, Args)]
pub struct NamespaceKeys {
    /// What to do.
    #[command(subcommand)]
    pub action: NamespaceKeyAction,
}

/// What to do with the keys of a namespace.
#[derive(Debug, Subcommand)]
pub enum NamespaceKeyAction {
    /// List its keys, those that signed before too
    List {
        /// Such as com.acme
        namespace: Namespace,
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
    /// Add a key: one it has already says so
    Add {
        /// Such as com.acme
        namespace: Namespace,
        /// The new key, in PEM: a file of `metier keygen`, or the public part of somebody's
        new_key: PathBuf,
        /// Signs for it.
        #[command(flatten)]
        signs: Signs,
    },
    /// End a key, for ever: it, or another key of the namespace, says so
    End(End),
    /// Give a namespace a key that no earlier one vouches for: says what to publish at the domain, and looks whether it is there
    Recover {
        /// Such as com.acme
        namespace: Namespace,
        /// The new key, in PEM
        new_key: PathBuf,
        /// How the domain is proven
        #[arg(long, value_enum, default_value_t)]
        method: Method,
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
}

/// `metier namespace key end`
#[derive(Debug, Args)]
pub struct End {
    /// Such as com.acme
    pub namespace: Namespace,
    /// Which key, as `metier namespace key list` has it, or a file with it
    #[arg(value_name = "KEY|FILE")]
    pub ended: String,
    /// Somebody else may have it: what it signed from --since on is void
    #[arg(long, requires = "since")]
    pub compromised: bool,
    /// Since when somebody else may have had it: 2026-11-30T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "compromised")]
    pub since: Option<Moment>,
    /// No key is left to sign with: prove the domain instead
    #[arg(long, conflicts_with = "key")]
    pub lost: bool,
    /// How the domain is proven
    #[arg(long, value_enum, default_value_t, requires = "lost")]
    pub method: Method,
    /// Signs for it.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}
