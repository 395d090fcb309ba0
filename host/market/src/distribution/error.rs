//! Why another registry did not do as asked.

use http::StatusCode;
use metier_core::Digest;

/// What is told, with the registry's name in front where it is not clear.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// Nothing answers, or it broke off.
    #[error("the registry {registry} does not answer: {why}")]
    Away {
        /// Which.
        registry: String,
        /// Why, as the end of a sentence.
        why: String,
    },
    /// It wants to know who asks, or does not let them.
    #[error(
        "the registry {registry} does not let this one {what}: {why}; set METIER_REGISTRY_AUTH to `user:password` of somebody who may"
    )]
    Denied {
        /// Which.
        registry: String,
        /// What was tried.
        what: &'static str,
        /// What it says.
        why: String,
    },
    /// It says no.
    #[error("the registry {registry} answers {status} to an attempt to {what}: {why}")]
    Refused {
        /// Which.
        registry: String,
        /// What was tried.
        what: &'static str,
        /// Its status.
        status: StatusCode,
        /// What it says.
        why: String,
    },
    /// What it answers is none of a registry's.
    #[error("the registry {registry} answers what is none of a registry's: {why}")]
    Shape {
        /// Which.
        registry: String,
        /// Why.
        why: String,
    },
    /// It gives back other bytes than were asked for.
    #[error("the registry {registry} has other bytes as {wanted}: {found}; do not trust it")]
    OtherBytes {
        /// Which.
        registry: String,
        /// What was asked for.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// What is to be sent cannot be read here.
    #[error("what is to be sent to the registry cannot be read: {0}")]
    Here(String),
}
