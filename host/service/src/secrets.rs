//! Secrets of tenants: written, listed by name, never read back.

use std::sync::Arc;

use metier_core::{Code, Fault, TenantId};
use metier_runtime::credentials::{
    AccountStore, Secret, SecretSources, SecretStore,
    vault::{Vault, VaultError},
};

use crate::{
    accounts::{Changes, TenantAccounts},
    audit::{SecretChange, What},
    identity::{Caller, Right},
    installs::{is_entry, vault_entry},
    service::Service,
};

/// Largest secret, in bytes: a private key with its chain.
pub const MAX_SECRET: usize = 64 << 10;

/// Bytes of all secrets of a tenant together.
pub const MAX_SECRETS: usize = 1 << 20;

/// The host's vault, and what changed of users' accounts in it.
pub struct Secrets {
    /// Where they are.
    pub vault: Arc<Vault>,
    /// Which users changed their accounts on this host.
    pub accounts: Arc<Changes>,
}

impl Secrets {
    /// Those of a vault.
    pub fn of(vault: Arc<Vault>) -> Arc<Secrets> {
        let accounts = Arc::default();
        Arc::new(Secrets { vault, accounts })
    }
}

/// What a tenant sees of the host's vault.
pub struct TenantVault {
    vault: Arc<Vault>,
    tenant: TenantId,
}

impl SecretStore for TenantVault {
    fn entry(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        match is_entry(name) {
            true => self.vault.get(&vault_entry(&self.tenant, name)),
            false => Ok(None),
        }
    }
}

/// The host's sources, with the vault as the tenant sees it.
pub fn sources_of(
    host: &SecretSources,
    secrets: Option<&Arc<Secrets>>,
    tenant: &TenantId,
) -> SecretSources {
    let vault = secrets.map(|secrets| {
        let (vault, tenant) = (secrets.vault.clone(), tenant.clone());
        Arc::new(TenantVault { vault, tenant }) as Arc<dyn SecretStore>
    });
    let accounts = secrets.map(|secrets| {
        let (vault, tenant) = (secrets.vault.clone(), tenant.clone());
        let changes = secrets.accounts.clone();
        Arc::new(TenantAccounts {
            vault,
            tenant,
            changes,
        }) as Arc<dyn AccountStore>
    });
    SecretSources {
        vault,
        accounts,
        ..host.clone()
    }
}

impl Service {
    /// Names of the tenant's secrets.
    ///
    /// # Errors
    /// `forbidden`, or the vault's.
    pub async fn secrets(&self, caller: &Caller) -> Result<Vec<String>, Fault> {
        self.needs(caller, Right::Operate)?;
        let all = self.with_vault(|vault| vault.list()).await?;
        let tenant = caller.tenant.clone();
        let theirs = all.into_iter().filter_map(|entry| {
            let name = match tenant == TenantId::local() {
                true => Some(entry.as_str()),
                false => entry.strip_prefix(&format!("{tenant}/")),
            };
            name.filter(|name| is_entry(name)).map(str::to_owned)
        });
        Ok(theirs.collect())
    }

    /// Keeps a secret, or replaces it. Credentials that are in use take it up when they are next renewed.
    ///
    /// # Errors
    /// `forbidden`, `invalid-arguments`, or the vault's.
    pub async fn keep_secret(
        &self,
        caller: &Caller,
        name: &str,
        value: Secret,
    ) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let entry = entry(caller, name)?;
        if !(1..=MAX_SECRET).contains(&value.expose().len()) {
            let message = format!("A secret has 1 to {MAX_SECRET} bytes.");
            return Err(Fault::new(Code::InvalidArguments, message));
        }
        let below = vault_entry(&caller.tenant, "");
        let is_theirs = move |other: &str| {
            let name = other.strip_prefix(&below);
            name.is_some_and(is_entry)
        };
        let keep = move |vault: &Vault| vault.set_within(&entry, value, is_theirs, MAX_SECRETS);
        self.with_vault(keep).await?;
        let change = SecretChange::Set;
        self.note(caller, What::Secret { change, name });
        Ok(())
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, or the vault's.
    pub async fn forget_secret(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let entry = entry(caller, name)?;
        match self.with_vault(move |vault| vault.remove(&entry)).await? {
            true => {
                let change = SecretChange::Removed;
                self.note(caller, What::Secret { change, name });
                Ok(())
            }
            false => Err(Fault::new(
                Code::NotFound,
                format!("There is no secret `{name}`."),
            )),
        }
    }

    pub(crate) async fn with_vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Fault> {
        let Some(vault) = self.secrets_kept().map(|secrets| secrets.vault.clone()) else {
            let fault = Fault::new(Code::StorageUnavailable, "The host has no vault.");
            return Err(
                fault.with_hint("The operator names one with --vault, or in `metier.toml`.")
            );
        };
        let done = tokio::task::spawn_blocking(move || work(&vault)).await;
        let done =
            done.map_err(|_| Fault::new(Code::HostInternal, "The vault was interrupted."))?;
        done.map_err(|error| {
            tracing::error!(%error, "the vault cannot be used");
            // Where it is on the host is no tenant's affair.
            match error {
                VaultError::Full => {
                    Fault::new(Code::StorageFull, "There is no room for more secrets.")
                        .with_hint("Take away what is not needed any more.")
                }
                _ => Fault::new(Code::StorageUnavailable, "The vault cannot be used now.")
                    .with_hint("Try again in a moment; the host's log says why."),
            }
        })
    }
}

fn entry(caller: &Caller, name: &str) -> Result<String, Fault> {
    match is_entry(name) {
        true => Ok(vault_entry(&caller.tenant, name)),
        false => Err(Fault::new(
            Code::InvalidArguments,
            "The name of a secret has 1 to 64 of A-Z a-z 0-9 . _ -.",
        )),
    }
}
