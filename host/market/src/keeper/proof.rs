//! The proof that a namespace is somebody's: a line that only who has the domain can publish.
//!
//! For `com.acme` it stands in a TXT record of `_metier.acme.com`, or in the file `https://acme.com/.well-known/metier-publisher.txt`. It names
//! the market and the account, so that it proves nothing elsewhere, and stays where it is: the market looks again every day.

use std::fmt;

use async_trait::async_trait;

use crate::state::{Account, Namespace, ProofMethod};

/// Longest answer that is looked at, in bytes.
pub const MAX_PROOF: usize = 64 << 10;

/// Looks up what a domain publishes.
#[async_trait]
pub trait Lookup: fmt::Debug + Send + Sync {
    /// Whether it knows how to look there. A namespace is offered no proof that is never found.
    fn can(&self, method: ProofMethod) -> bool;

    /// The lines at a place: the TXT records of a name, or the lines of a file. None where there is nothing.
    ///
    /// # Errors
    /// Why it could not be looked, in words: then nobody knows.
    async fn lines(&self, method: ProofMethod, place: &str) -> Result<Vec<String>, String>;
}

/// Nothing is ever found: for a market that takes every namespace as it is claimed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLookup;

#[async_trait]
impl Lookup for NoLookup {
    fn can(&self, _: ProofMethod) -> bool {
        false
    }

    async fn lines(&self, _: ProofMethod, _: &str) -> Result<Vec<String>, String> {
        Err("this market looks nothing up".to_owned())
    }
}

/// Where a namespace's proof is.
pub fn place(namespace: &Namespace, method: ProofMethod) -> String {
    let domain = namespace.domain();
    match method {
        ProofMethod::Dns => format!("_metier.{domain}"),
        ProofMethod::Https => format!("https://{domain}/.well-known/metier-publisher.txt"),
    }
}

/// The line that says a namespace is this account's in the market whose log has this name.
pub fn line(log: &str, account: &Account) -> String {
    format!("metier-publisher=v1; market={log}; account={account}")
}
