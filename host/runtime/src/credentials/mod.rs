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
//! A refresh token that its issuer replaces is kept in memory only; after a restart the one in the source is used again. That of a user's
//! account is kept where the account is ([`AccountStore`]): nobody else could put it there.
//!
//! # Where a secret may appear
//! In the request, in this module's memory (wiped when dropped) and nowhere else: not in errors, `Debug`, traces, records or
//! answers. `tests/canary.rs` looks for one in all of these.

mod secret;
mod source;

mod account;
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
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

pub use account::Code;
pub use attach::{Attach, Attached, Outgoing};
pub use error::CredentialError;
use issuer::Issuer;
pub use issuer::{TokenAnswer, TokenRequest, TokenTransport};
use keeper::Keeper;
use metier_core::{
    grant::{Credential, Grant, SecretSource},
    ids::{CredentialName, PrincipalId},
};
pub use private_file::PrivateFileError;
pub use secret::{NotVisible, Secret};
pub use sigv4::{Signer, Unsigned};
pub use source::{AccountStore, EnvReader, SecretSources, SecretStore, SourceError};

use crate::egress::{Clock, EgressCall};

/// Most users whose tokens are kept in memory for one grant; with another, all are read anew.
const MAX_USERS: usize = 10_000;

/// After which of the user's changes it was made, and what keeps it fresh.
type OfUser = (u64, Arc<Keeper>);

/// The credentials of one grant. Share it between all calls under that grant: it keeps their tokens.
pub struct Credentials {
    keepers: BTreeMap<CredentialName, Arc<Keeper>>,
    /// Those of which each user has one.
    of_users: BTreeMap<CredentialName, Credential>,
    users: Mutex<BTreeMap<(CredentialName, PrincipalId), OfUser>>,
    sources: Arc<SecretSources>,
    transport: Arc<dyn TokenTransport>,
    clock: Clock,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.keepers.keys().chain(self.of_users.keys());
        f.debug_set().entries(names).finish()
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
        let (mut keepers, mut of_users) = (BTreeMap::new(), BTreeMap::new());
        for (name, located) in &grant.credentials {
            let credential = &located.value;
            if credential.secret == SecretSource::Account {
                of_users.insert(name.clone(), credential.clone());
                continue;
            }
            let keeper = Keeper::new(name, credential, None, &sources, &transport, &clock);
            keepers.insert(name.clone(), Arc::new(keeper));
        }
        Credentials {
            keepers,
            of_users,
            users: Mutex::default(),
            sources,
            transport,
            clock,
        }
    }

    /// Where the grant's relative paths begin.
    pub fn directory(&self) -> &Path {
        &self.sources.directory
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
        self.keeper(name, call)?.get(call).await
    }

    /// Another one after a service answered 401 to `old`; none when there is no other.
    pub async fn renew(
        &self,
        name: &CredentialName,
        old: &Attached,
        call: &Arc<EgressCall>,
    ) -> Option<Attached> {
        self.keeper(name, call).ok()?.renew(old, call).await
    }

    /// Exchanges the code an issuer gave a user for the refresh token of their account.
    ///
    /// # Errors
    /// [`CredentialError`], also when it is no credential of users.
    pub async fn connect(
        &self,
        name: &CredentialName,
        call: &Arc<EgressCall>,
        code: &Code<'_>,
    ) -> Result<Secret, CredentialError> {
        self.issuer(name)?.connect(call, code).await
    }

    /// Has an issuer take a refresh token back. Whether it has a place for that.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn revoke(
        &self,
        name: &CredentialName,
        call: &Arc<EgressCall>,
        token: &Secret,
    ) -> Result<bool, CredentialError> {
        self.issuer(name)?.revoke(call, token).await
    }

    fn issuer(&self, name: &CredentialName) -> Result<Issuer, CredentialError> {
        let credential = self.of_users.get(name);
        let credential = credential.ok_or_else(|| CredentialError::Undefined(name.clone()))?;
        let (sources, transport) = (self.sources.clone(), self.transport.clone());
        Ok(Issuer::new(
            name.clone(),
            credential.clone(),
            None,
            sources,
            transport,
        ))
    }

    fn keeper(
        &self,
        name: &CredentialName,
        call: &EgressCall,
    ) -> Result<Arc<Keeper>, CredentialError> {
        if let Some(keeper) = self.keepers.get(name) {
            return Ok(keeper.clone());
        }
        let credential = self.of_users.get(name);
        let credential = credential.ok_or_else(|| CredentialError::Undefined(name.clone()))?;
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let whose = (name.clone(), call.principal.clone());
        if users.len() >= MAX_USERS && !users.contains_key(&whose) {
            users.clear();
        }
        let user = call.principal.clone();
        // What was fetched before the account was connected anew, or taken back, is no more.
        let accounts = self.sources.accounts.as_ref();
        let since = accounts.map_or(0, |accounts| accounts.changes(&user));
        if let Some((known, keeper)) = users.get(&whose)
            && *known == since
        {
            return Ok(keeper.clone());
        }
        let (sources, transport) = (&self.sources, &self.transport);
        let keeper = Keeper::new(
            name,
            credential,
            Some(user),
            sources,
            transport,
            &self.clock,
        );
        let keeper = Arc::new(keeper);
        users.insert(whose, (since, keeper.clone()));
        Ok(keeper)
    }
}
