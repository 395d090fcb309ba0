//! How a request leaves: through whoever implements [`Transport`], never from here.
//!
//! An adapter makes a [`WireRequest`] and names the credential it needs; the surface's transport sends it through egress,
//! where policy is asked and the credential is attached. No key is ever in this crate.

use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, Method};

use super::FailureKind;

/// One HTTP request to a provider, without its credential.
#[derive(Clone, Debug, PartialEq)]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The headers, without any that carry a key.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The candidate it is for: decides where it may go and which credential goes with it.
    pub candidate: String,
}

/// A provider's answer, whose body is still coming.
pub struct WireResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. Dropping it ends the exchange.
    pub body: BoxStream<'static, Result<Bytes, TransportFailure>>,
}

/// Why there is no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportFailure {
    /// What kind: `Unreachable`, `Timeout`, `BrokenOff`, `Auth`, `Denied` or `TooLarge`.
    pub kind: FailureKind,
    /// One sentence, without a secret.
    pub message: String,
}

/// Carries requests to providers.
pub trait Transport: Send + Sync {
    /// Sends one request; gives back the head of the answer as soon as it is there, whatever its status. Dropping the
    /// future gives the request up.
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, TransportFailure>>;
}

impl std::fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
