//! Skills that are loaded under their grants, ready for the next call.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_agent::{definition::Name, journal::PinnedSkill};
use metier_core::{Fault, TenantId};
use metier_runtime::registry::Installed;
use metier_store::types::Rev;

use crate::{
    identity::{Caller, Right},
    installs::{self, Install},
    records::Kept,
    service::Service,
};

/// By the key of its install, and for which revision of that.
pub type Bound = RwLock<HashMap<String, (Rev, Arc<Installed>)>>;

impl Service {
    /// An installed skill, loaded, under its grant.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, a fault of the file's.
    pub async fn bound(&self, caller: &Caller, alias: &Name) -> Result<Arc<Installed>, Fault> {
        self.needs(caller, Right::See)?;
        let kept = self.installed(caller, alias)?;
        self.bind(&caller.tenant, alias, kept).await
    }

    /// The skill under its grant, ready to be called.
    ///
    /// # Errors
    /// A fault of the file's, `skill-unverified`.
    pub(crate) async fn bind(
        &self,
        tenant: &TenantId,
        alias: &Name,
        kept: Kept<Install>,
    ) -> Result<Arc<Installed>, Fault> {
        let key = installs::key(tenant, alias);
        if let Some(installed) = self.bound_already(&key, kept.rev) {
            return Ok(installed);
        }
        let pinned = PinnedSkill {
            digest: kept.value.digest,
            name: kept.value.name.clone(),
            grant: kept.value.grant.clone(),
            folder: None,
        };
        let installed = self.parts().tools.bound(tenant, &pinned).await?;
        let mut bound = self
            .bound_now()
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        bound.insert(key, (kept.rev, installed.clone()));
        Ok(installed)
    }

    /// What was replaced or taken away is kept ready no longer.
    pub(crate) fn forget_outdated(&self) {
        let mut bound = self
            .bound_now()
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        bound.retain(|key, (rev, _)| {
            let kept = self.installs().get(key);
            kept.is_some_and(|kept| kept.rev == *rev)
        });
    }

    fn bound_already(&self, key: &str, rev: Rev) -> Option<Arc<Installed>> {
        let bound = self
            .bound_now()
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let (bound_at, installed) = bound.get(key)?;
        (*bound_at == rev).then(|| installed.clone())
    }
}
