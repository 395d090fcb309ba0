//! Credentials: secrets the host attaches to requests on a skill's behalf, and that no skill ever sees.
//!
//! A [`Credentials`] holds those of one grant. Each is read from its source ([`SecretSources`]) or fetched from its issuer
//! when it is first needed, kept in memory, and renewed:
//! - **early**, in the background, while the old one still serves (a token a minute before it expires, a plain secret
//!   every minute, so that a rotated file or vault entry is picked up);
//! - **once after a 401**, when egress asks for another one;
//! - **one renewal at a time**: a hundred calls that need a token wait for one request, get its answer or its error, and the
//!   request goes on when the call that began it is given up. An error is remembered for a second, no longer.
//!
//! A refresh token that its issuer replaces is kept in memory only; after a restart the one in the source is used again.
//!
//! # Where a secret may appear
//! In the request, in this module's memory (wiped when dropped) and nowhere else: not in errors, `Debug`, traces, records or
//! answers. `tests/canary.rs` looks for one in all of these.

mod secret;
mod source;

mod attach;
mod error;
mod issuer;
mod keeper;
mod private_file;
mod sigv4;
mod token;

pub mod vault;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use attach::{Attach, Attached, Outgoing};
pub use error::CredentialError;
pub use issuer::{TokenAnswer, TokenRequest, TokenTransport};
use keeper::Keeper;
use metier_core::{grant::Grant, ids::CredentialName};
pub use private_file::PrivateFileError;
pub use secret::{NotVisible, Secret};
pub use sigv4::{Signer, Unsigned};
pub use source::{EnvReader, SecretSources, SecretStore, SourceError};

use crate::egress::{Clock, EgressCall};

/// The credentials of one grant. Share it between all calls under that grant: it keeps their tokens.
pub struct Credentials {
    keepers: BTreeMap<CredentialName, Arc<Keeper>>,
    directory: PathBuf,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keepers.keys()).finish()
    }
}

impl Credentials {
    /// Reads nothing yet. `transport` carries requests for tokens; it is an [`Egress`](crate::egress::Egress).
    pub fn new(
        grant: &Grant,
        sources: SecretSources,
        transport: Arc<dyn TokenTransport>,
        clock: Clock,
    ) -> Self {
        let sources = Arc::new(sources);
        let keeper = |(name, credential): (&CredentialName, &_)| {
            let keeper = Keeper::new(name, credential, &sources, &transport, &clock);
            (name.clone(), Arc::new(keeper))
        };
        Credentials {
            keepers: grant
                .credentials
                .iter()
                .map(|(name, located)| keeper((name, &located.value)))
                .collect(),
            directory: sources.directory.clone(),
        }
    }

    /// Where the grant's relative paths begin.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The credential as it is to be attached now.
    ///
    /// # Errors
    /// [`CredentialError`] when it has to be read or fetched and that fails.
    pub async fn get(
        &self,
        name: &CredentialName,
        call: &Arc<EgressCall>,
    ) -> Result<Attached, CredentialError> {
        self.keeper(name)?.get(call).await
    }

    /// Another one after a service answered 401 to `old`; none when there is no other.
    pub async fn renew(
        &self,
        name: &CredentialName,
        old: &Attached,
        call: &Arc<EgressCall>,
    ) -> Option<Attached> {
        self.keeper(name).ok()?.renew(old, call).await
    }

    fn keeper(&self, name: &CredentialName) -> Result<&Arc<Keeper>, CredentialError> {
        self.keepers
            .get(name)
            .ok_or_else(|| CredentialError::Undefined(name.clone()))
    }
}
