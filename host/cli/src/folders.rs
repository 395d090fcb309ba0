//! Where `metier` keeps what it keeps, after the XDG Base Directory specification.
//!
//! | what | where | without a home |
//! |---|---|---|
//! | compiled code | `$XDG_CACHE_HOME/metier/code` | compiled anew each time, with a warning |
//! | key-value data, artifacts | `$XDG_DATA_HOME/metier/{kv,artifacts}` | an error, when a grant needs them |
//! | runs | `$XDG_DATA_HOME/metier/runs.db` | an error, unless `--store` says where |
//! | a host service | `$XDG_DATA_HOME/metier/service.db` | an error, unless `--store` says where |
//! | a market | `$XDG_DATA_HOME/metier/market` | an error, unless `--data` says where |
//! | the audit trail of a host service and its key | `$XDG_DATA_HOME/metier/audit`, `audit.key` | an error |
//! | markets that are trusted, and what is kept of them | `$XDG_DATA_HOME/metier/markets` | an error |
//! | the publisher's key | `$XDG_DATA_HOME/metier/keys/publisher.pem` | an error, unless `--key` says where |
//! | which market is whose | `$XDG_CONFIG_HOME/metier/markets.toml` | none |
//! | the vault and its key | `$XDG_DATA_HOME/metier/vault` | an error |

use std::path::{Path, PathBuf};

use crate::environment::{self, Environment};

/// The roots, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    cache: Option<PathBuf>,
    data: Option<PathBuf>,
    config: Option<PathBuf>,
}

/// Neither the variable nor HOME says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no folder for {0}: neither XDG_DATA_HOME nor HOME is set")]
pub struct NoHome(pub &'static str);

impl Folders {
    /// Where things are for this environment.
    pub fn of(environment: &Environment) -> Folders {
        let home = environment.directory(environment::HOME);
        let root = |variable, below: &str| {
            let told = environment.directory(variable);
            let root = told.or_else(|| home.as_ref().map(|home| home.join(below)))?;
            Some(root.join("metier"))
        };
        Folders {
            cache: root(environment::CACHE_HOME, ".cache"),
            data: root(environment::DATA_HOME, ".local/share"),
            config: root(environment::CONFIG_HOME, ".config"),
        }
    }

    /// Compiled code.
    pub fn code(&self) -> Option<PathBuf> {
        Some(self.cache.as_ref()?.join("code"))
    }

    /// What skills remember.
    ///
    /// # Errors
    /// [`NoHome`], as for the following.
    pub fn kv(&self) -> Result<PathBuf, NoHome> {
        self.below("kv", "key-value data")
    }

    /// Files skills handed back.
    pub fn artifacts(&self) -> Result<PathBuf, NoHome> {
        self.below("artifacts", "artifacts")
    }

    /// Runs, and everything about them.
    pub fn runs(&self) -> Result<PathBuf, NoHome> {
        self.below("runs.db", "runs")
    }

    /// Everything a host service keeps.
    pub fn service(&self) -> Result<PathBuf, NoHome> {
        self.below("service.db", "the service")
    }

    /// Everything a market keeps.
    pub fn market(&self) -> Result<PathBuf, NoHome> {
        self.below("market", "the market")
    }

    /// Markets that are trusted.
    pub fn markets(&self) -> Result<PathBuf, NoHome> {
        self.below("markets", "markets that are trusted")
    }

    /// The publisher's key.
    pub fn publisher_key(&self) -> Result<PathBuf, NoHome> {
        self.below("keys/publisher.pem", "the publisher's key")
    }

    /// Which market is whose.
    pub fn markets_file(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("markets.toml"))
    }

    /// Everything: the audit trail and its key are in it.
    pub fn data(&self) -> Result<PathBuf, NoHome> {
        self.data.clone().ok_or(NoHome("the audit trail"))
    }

    /// The vault.
    pub fn vault(&self) -> Result<PathBuf, NoHome> {
        self.below("vault/secrets.vault", "the vault")
    }

    fn below(&self, path: &str, what: &'static str) -> Result<PathBuf, NoHome> {
        Ok(self.data.as_ref().ok_or(NoHome(what))?.join(path))
    }
}

/// The key file that belongs to a vault: beside it.
pub fn vault_key(vault: &Path) -> PathBuf {
    vault.with_extension("key")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

    use super::{Folders, NoHome};
    use crate::environment::Environment;

    fn folders(values: &[(&'static str, &str)]) -> Folders {
        let values = values
            .iter()
            .map(|(name, value)| (*name, OsString::from(value)));
        Folders::of(&Environment::Fixed(values.collect::<BTreeMap<_, _>>()))
    }

    #[test]
    fn the_variables_win_over_home_and_relative_ones_are_ignored() {
        let home = folders(&[("HOME", "/home/ada")]);
        assert_eq!(
            home.code(),
            Some(PathBuf::from("/home/ada/.cache/metier/code"))
        );
        assert_eq!(
            home.kv(),
            Ok(PathBuf::from("/home/ada/.local/share/metier/kv"))
        );
        let told = folders(&[
            ("HOME", "/home/ada"),
            ("XDG_CACHE_HOME", "/c"),
            ("XDG_DATA_HOME", "relative"),
        ]);
        assert_eq!(told.code(), Some(PathBuf::from("/c/metier/code")));
        assert_eq!(
            told.vault(),
            Ok(PathBuf::from(
                "/home/ada/.local/share/metier/vault/secrets.vault"
            ))
        );
    }

    #[test]
    fn without_a_home_there_is_no_cache_and_no_vault() {
        assert_eq!(folders(&[]).code(), None);
        assert_eq!(folders(&[("HOME", "")]).vault(), Err(NoHome("the vault")));
    }
}
