//! Another registry, asked as the OCI distribution specification 1.1 says.
//!
//! [`Remote`] is one registry and what all repositories in it begin with. What is believed of it: nothing. Bytes are held against their digests
//! by whoever takes them, answers have a largest size and a longest time, and a page of HTML is told as such. Credentials go to the registry, and
//! to where it says that tokens are issued; where it sends for a blob, they do not go.

mod address;
mod auth;
mod blobs;
mod error;
mod manifests;
mod remote;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    address::{InvalidRegistry, RegistryAddress},
    blobs::{Blob, Whole},
    error::RemoteError,
    manifests::{EMPTY, EMPTY_TYPE, Referrer, artifact, descriptor},
    remote::{Login, Remote},
};

/// The answer of every request.
pub type Result<T, E = RemoteError> = std::result::Result<T, E>;
