//! The proof that a namespace is somebody's: a line that only who has the domain can publish.
//!
//! For `com.acme` it stands in a TXT record of `_metier.acme.com`, or in the file `https://acme.com/.well-known/metier-publisher.txt`. It names
//! the market and the account, so that it proves nothing elsewhere, and stays where it is: the market looks again every day.
//!
//! Because it stays, it shows nothing of who has the domain now. Where a key is lost, another line beside it names what is to be done
//! ([`Shows`]): namespace, key and time. It can be taken away when it is done, and is good for nothing else when it is not.

use std::fmt;

use async_trait::async_trait;
use metier_core::Digest;
use serde::{Deserialize, Serialize};

use crate::{
    fixtures::Moment,
    state::{Account, Namespace, ProofMethod},
    trust::KeyHint,
};

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

/// What a line at a domain shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shows {
    /// The namespace is this account's.
    #[default]
    Claim,
    /// It is to have this key, although no earlier one vouches for it.
    Recover {
        /// The new key.
        key: KeyHint,
    },
    /// A key of it is to sign nothing more, although none of them says so.
    End {
        /// The key.
        key: KeyHint,
        /// Since when it was in other hands; it was not when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Moment>,
    },
    /// Runs that it trusts are to publish nothing more, although no key says so.
    EndPublisher {
        /// Which.
        publisher: Digest,
        /// Since when somebody else had them; nobody had when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Moment>,
    },
}

/// The line that shows it, in the market whose log has this name. Each differs in everything that whoever has only the account could choose.
pub fn line(log: &str, account: &Account, namespace: &Namespace, shows: Shows) -> String {
    let by = format!("market={log}; account={account}");
    match shows {
        Shows::Claim => format!("metier-publisher=v1; {by}"),
        Shows::Recover { key } => {
            format!("metier-key=v1; {by}; namespace={namespace}; recover={key}")
        }
        Shows::End { key, since } => ending(&by, namespace, ("end", &key), since),
        Shows::EndPublisher { publisher, since } => {
            ending(&by, namespace, ("end-publisher", &publisher), since)
        }
    }
}

fn ending(
    by: &str,
    namespace: &Namespace,
    (ends, which): (&str, &dyn fmt::Display),
    since: Option<Moment>,
) -> String {
    let since = since.map(|since| format!("; compromised-since={since}"));
    let since = since.unwrap_or_default();
    format!("metier-key=v1; {by}; namespace={namespace}; {ends}={which}{since}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::Digest;

    use super::{Shows, line};
    use crate::trust::tests::{day, publisher};

    #[test]
    fn no_line_shows_what_another_does() {
        let (one, other) = (publisher().verifying(), publisher().verifying());
        let mut lines = Vec::new();
        for namespace in ["com.acme", "org.acme"] {
            for key in [one.hint(), other.hint()] {
                let publisher = Digest::of(key.to_string().as_bytes());
                for shows in [
                    Shows::EndPublisher {
                        publisher,
                        since: None,
                    },
                    Shows::EndPublisher {
                        publisher,
                        since: Some(day(1)),
                    },
                    Shows::Recover { key },
                    Shows::End { key, since: None },
                    Shows::End {
                        key,
                        since: Some(day(1)),
                    },
                    Shows::End {
                        key,
                        since: Some(day(2)),
                    },
                ] {
                    for (log, account) in [("a/log", "acme"), ("b/log", "acme"), ("a/log", "ada")] {
                        let account = account.parse().unwrap();
                        let namespace = namespace.parse().unwrap();
                        lines.push(line(log, &account, &namespace, shows));
                    }
                }
            }
        }
        let all = lines.len();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), all);
        // A TXT record has strings of 255 bytes, and most zone files want one.
        assert!(lines.iter().all(|line| line.len() < 255));
    }
}
