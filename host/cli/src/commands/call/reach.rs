//! What a call may reach: the grant, its secrets, and the stores it needs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use metier_core::{code::Code, fault::Fault, grant::Grant, ids::TenantId};
use metier_runtime::{
    audit::Audit,
    capabilities::{
        artifacts::ArtifactStore,
        kv::{DirKv, KvError, KvLimits, KvStore},
    },
    credentials::{SecretSources, SecretStore},
    host::HostConfig,
};

use crate::{
    args::call::CallOptions,
    commands::{App, artifact},
    errors::Failure,
    folders::Folders,
    grant_file::{self, GrantFile},
    vault,
};

/// The grant a call is made under.
pub struct Reach {
    file: Option<GrantFile>,
}

impl Reach {
    /// Reads the grant file; without one, every tool may be called and nothing be reached.
    pub fn read(path: Option<&Path>) -> Result<Reach, Failure> {
        Ok(Reach {
            file: path.map(grant_file::read).transpose()?,
        })
    }

    /// The stores the grant needs, and no others: a call that only computes leaves no folders behind.
    pub fn stores(&self, folders: &Folders) -> Result<Stores, Failure> {
        let grant = self.file.as_ref().map(|file| &file.grant);
        let mut stores = Stores::default();
        if grant.is_some_and(|grant| !grant.kv.is_empty()) {
            stores.kv = Some(open_kv(&folders.kv()?)?);
        }
        if grant.is_some_and(|grant| grant.artifacts.is_some()) {
            stores.artifacts = Some(artifact::open(&folders.artifacts()?)?);
        }
        Ok(stores)
    }

    /// The grant for the tenant of this call, with where its secrets are.
    ///
    /// # Errors
    /// `grant-invalid` for another tenant's grant; whatever keeps the vault from being opened, when it is needed.
    pub fn bind(self, options: &CallOptions, app: &App) -> Result<(Grant, SecretSources), Failure> {
        let Some(GrantFile { grant, directory }) = self.file else {
            let tenant = options.tenant.clone().unwrap_or_else(TenantId::local);
            return Ok((
                Grant::compute_only(tenant),
                SecretSources::files_only(PathBuf::new()),
            ));
        };
        if let Some(tenant) = options
            .tenant
            .as_ref()
            .filter(|tenant| **tenant != grant.tenant)
        {
            let message = format!(
                "The grant is for the tenant `{}`, and the call is for `{tenant}`.",
                grant.tenant
            );
            let hint = format!("Leave out --tenant, or use the grant of `{tenant}`.");
            return Err(Fault::new(Code::GrantInvalid, message)
                .with_hint(hint)
                .into());
        }
        let vault: Option<Arc<dyn SecretStore>> = match grant_file::needs_vault(&grant) {
            true => Some(Arc::new(vault::open(
                &options.vault,
                &app.folders,
                &app.environment,
                &app.printer,
            )?)),
            false => None,
        };
        let environment = app.environment.clone();
        let env = Arc::new(move |name: &str| environment.secret(name));
        Ok((
            grant,
            SecretSources {
                env,
                directory,
                vault,
                accounts: None,
            },
        ))
    }
}

/// Stores to put into a host.
#[derive(Clone, Default)]
pub struct Stores {
    kv: Option<Arc<dyn KvStore>>,
    artifacts: Option<Arc<dyn ArtifactStore>>,
}

impl Stores {
    /// All of them: for a session whose grant may change.
    pub fn all(folders: &Folders) -> Result<Stores, Failure> {
        Ok(Stores {
            kv: Some(open_kv(&folders.kv()?)?),
            artifacts: Some(artifact::open(&folders.artifacts()?)?),
        })
    }

    /// Where artifacts are, when the grant allows any.
    pub fn artifacts(&self) -> Option<&dyn ArtifactStore> {
        self.artifacts.as_deref()
    }

    /// `config` with these stores and this audit.
    pub fn within(&self, config: HostConfig, audit: &Arc<impl Audit + 'static>) -> HostConfig {
        let (kv, artifacts) = (self.kv.clone(), self.artifacts.clone());
        HostConfig {
            kv: kv.unwrap_or_else(|| config.kv.clone()),
            artifacts: artifacts.unwrap_or_else(|| config.artifacts.clone()),
            audit: audit.clone(),
            ..config
        }
    }
}

fn open_kv(path: &Path) -> Result<Arc<dyn KvStore>, Failure> {
    let what = || format!("The folder for key-value data, `{}`,", path.display());
    match DirKv::open(path, KvLimits::default()) {
        Ok(store) => Ok(Arc::new(store)),
        Err(KvError::Unavailable(error)) => Err(Failure::unwritable(&what(), &error)),
        Err(KvError::Full) => {
            Err(Fault::new(Code::StorageFull, format!("{} has no room left.", what())).into())
        }
        Err(error) => Err(Fault::new(
            Code::StorageUnavailable,
            format!("{} cannot be used: {error}.", what()),
        )
        .into()),
    }
}
