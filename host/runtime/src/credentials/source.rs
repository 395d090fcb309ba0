//! Where secrets are kept: environment variables, files and the vault, each handed in by whoever starts the host.
//!
//! A library does not read the environment by itself: the surface passes a reader. Everything is read anew whenever a
//! credential is renewed, off the executor's threads, and never logged.

use std::{fmt, path::PathBuf, sync::Arc};

use metier_core::{
    grant::{Credential, SecretSource},
    ids::PrincipalId,
};

use super::{
    Secret,
    private_file::{self, Owner, PrivateFileError},
    vault::{Vault, VaultError},
};

/// Looks a variable up.
pub type EnvReader = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Something that has secrets by name. Called where blocking is allowed.
pub trait SecretStore: Send + Sync {
    /// The secret; nothing where there is none of this name.
    ///
    /// # Errors
    /// When it cannot be looked up.
    fn entry(&self, name: &str) -> Result<Option<Secret>, VaultError>;
}

impl SecretStore for Vault {
    fn entry(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        self.get(name)
    }
}

/// Has the refresh tokens of users' accounts.
pub trait AccountStore: Send + Sync {
    /// How often the user has connected or taken back an account here: with each, what was fetched before is no more. Does not block.
    fn changes(&self, user: &PrincipalId) -> u64;

    /// One renewal of an account at a time, whoever shares it: issuers take a refresh token that comes twice for a stolen one.
    fn turn(&self, user: &PrincipalId, credential: &Credential) -> Arc<tokio::sync::Mutex<()>>;

    /// The refresh token of the account that a user connected for a credential of the kind `oauth2-user`. Called where blocking is allowed.
    ///
    /// # Errors
    /// When it cannot be looked up.
    fn token(
        &self,
        user: &PrincipalId,
        credential: &Credential,
    ) -> Result<Option<Secret>, VaultError>;

    /// Keeps the token that the issuer gave for `old`, if that is the user's still. Called where blocking is allowed.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn keep(
        &self,
        user: &PrincipalId,
        credential: &Credential,
        old: &Secret,
        new: Secret,
    ) -> Result<(), VaultError>;
}

/// Where the secrets a grant names are looked for.
#[derive(Clone)]
pub struct SecretSources {
    /// Reads the host's environment.
    pub env: EnvReader,
    /// The directory of the grant file, which its paths are relative to.
    pub directory: PathBuf,
    /// The vault, or what this grant's tenant sees of it, when the host has one.
    pub vault: Option<Arc<dyn SecretStore>>,
    /// The accounts that users connected, when the host keeps some.
    pub accounts: Option<Arc<dyn AccountStore>>,
}

impl SecretSources {
    /// No environment, no vault; files relative to `directory`.
    pub fn files_only(directory: impl Into<PathBuf>) -> Self {
        SecretSources {
            env: Arc::new(|_| None),
            directory: directory.into(),
            vault: None,
            accounts: None,
        }
    }
}

impl fmt::Debug for SecretSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSources")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Why there is no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The file holds something other than text.
    #[error("the file `{0}` is not UTF-8 text")]
    NotText(PathBuf),
    /// The host was started without a vault.
    #[error("the host has no vault to look up `{0}` in")]
    NoVault(String),
    /// The vault does not know the name.
    #[error("the vault has no entry `{0}`; add it with `metier secret set {0}`")]
    NoEntry(String),
    /// The vault cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The user has connected no account.
    #[error("you have connected no account for it")]
    NotConnected,
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(SecretSource),
    /// The thread that read it died.
    #[error("reading the secret was interrupted")]
    Interrupted,
}

impl SecretSources {
    /// Reads a secret as it is now.
    ///
    /// # Errors
    /// [`SourceError`], which never holds the secret.
    pub async fn read(&self, source: &SecretSource) -> Result<Secret, SourceError> {
        let (sources, source) = (self.clone(), source.clone());
        let read = tokio::task::spawn_blocking(move || sources.read_now(&source));
        read.await.map_err(|_| SourceError::Interrupted)?
    }

    /// The refresh token of a user's account as it is now.
    ///
    /// # Errors
    /// [`SourceError`], which never holds the secret.
    pub async fn account(
        &self,
        user: &PrincipalId,
        credential: &Credential,
    ) -> Result<Secret, SourceError> {
        let accounts = self.accounts.clone().ok_or(SourceError::NotConnected)?;
        let (user, credential) = (user.clone(), credential.clone());
        let read = tokio::task::spawn_blocking(move || accounts.token(&user, &credential));
        let found = read.await.map_err(|_| SourceError::Interrupted)??;
        found.ok_or(SourceError::NotConnected)
    }

    /// Keeps the token an issuer gave in place of a user's.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn keep_account(
        &self,
        user: &PrincipalId,
        credential: &Credential,
        old: Secret,
        new: Secret,
    ) -> Result<(), SourceError> {
        let accounts = self.accounts.clone().ok_or(SourceError::NotConnected)?;
        let (user, credential) = (user.clone(), credential.clone());
        let keep = move || accounts.keep(&user, &credential, &old, new);
        let kept = tokio::task::spawn_blocking(keep);
        Ok(kept.await.map_err(|_| SourceError::Interrupted)??)
    }

    fn read_now(&self, source: &SecretSource) -> Result<Secret, SourceError> {
        let secret = match source {
            SecretSource::Env(name) => {
                let value =
                    (self.env)(name).ok_or_else(|| SourceError::NoVariable(name.clone()))?;
                Secret::new(value)
            }
            SecretSource::File(path) => self.file(path)?,
            SecretSource::Vault(name) => self.entry(name)?,
            // Read by `account`, which knows whose.
            SecretSource::Account => return Err(SourceError::NotConnected),
        };
        if secret.expose().is_empty() {
            Err(SourceError::Empty(source.clone()))
        } else {
            Ok(secret)
        }
    }

    /// The line break at the end, which editors and `echo` add, is not part of the secret.
    fn file(&self, path: &str) -> Result<Secret, SourceError> {
        let path = self.directory.join(path);
        let bytes = private_file::read(&path, Owner::Anybody)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| SourceError::NotText(path))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
    }

    fn entry(&self, name: &str) -> Result<Secret, SourceError> {
        let vault = self
            .vault
            .as_ref()
            .ok_or_else(|| SourceError::NoVault(name.to_owned()))?;
        vault
            .entry(name)?
            .ok_or_else(|| SourceError::NoEntry(name.to_owned()))
    }
}
