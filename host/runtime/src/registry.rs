//! Which skills are installed, for whom, with which grant.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use metier_core::nearest::nearest;
use metier_core::{Call, Code, Digest, Fault, Grant, Limits, Manifest, TenantId};

use crate::credentials::Credentials;
use crate::skill::{Skill, Tool};
use crate::world::World;

/// A skill with the grant one tenant's operator gave it.
pub struct Installed {
    skill: Arc<Skill>,
    manifest: Arc<Manifest>,
    grant: Arc<Grant>,
    credentials: Arc<Credentials>,
    limits: Limits,
    world: World,
}

impl Installed {
    /// Bind `grant` to `skill`; `ceiling` is what this host allows at most.
    pub fn new(
        skill: Arc<Skill>,
        grant: Arc<Grant>,
        credentials: Arc<Credentials>,
        ceiling: &Limits,
    ) -> Installed {
        let manifest = match skill.manifest().or_grant(&grant) {
            Some(stand_in) => Arc::new(stand_in),
            None => skill.manifest().clone(),
        };
        let limits = Limits::effective(ceiling, &manifest.limits, &grant.limits);
        Installed {
            skill,
            manifest,
            grant,
            credentials,
            limits,
            world: World::default(),
        }
    }

    /// The same, in another world.
    #[must_use]
    pub fn within(self, world: World) -> Installed {
        Installed { world, ..self }
    }

    /// What its calls find around them.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The code.
    pub fn skill(&self) -> &Arc<Skill> {
        &self.skill
    }

    /// What is asked for: the skill's manifest, or what stands in for one.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// What the operator allows.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// Secrets and tokens the egress attaches.
    pub fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// Limits of every call.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How long this call may take: the caller's patience, up to the limit.
    pub fn wall(&self, call: &Call) -> Duration {
        call.deadline
            .map_or(self.limits.wall, |deadline| deadline.min(self.limits.wall))
    }

    /// The tool of that name.
    ///
    /// # Errors
    /// `unknown-tool`, offering the nearest name.
    pub fn tool(&self, name: &str) -> Result<&Tool, Fault> {
        self.skill.tool(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Fault {
        let names = || self.skill.tools().map(|tool| tool.info.name.as_str());
        let fault = Fault::new(
            Code::UnknownTool,
            format!("The skill has no tool `{name}`."),
        );
        match nearest(name, names()) {
            Some(nearest) => fault.with_hint(format!("Did you mean `{nearest}`?")),
            None => fault.with_hint(format!(
                "It has: {}.",
                names().collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

/// Installed skills, by tenant and by the digest of their file.
#[derive(Default)]
pub struct Registry {
    tenants: RwLock<HashMap<TenantId, HashMap<Digest, Arc<Installed>>>>,
}

impl Registry {
    /// Install or replace. Calls that already run keep what they started with.
    pub fn install(&self, installed: Arc<Installed>) {
        let (tenant, digest) = (installed.grant.tenant.clone(), *installed.skill.digest());
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant).or_default().insert(digest, installed);
    }

    /// Remove; true when it was there.
    pub fn remove(&self, tenant: &TenantId, skill: &Digest) -> bool {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants
            .get_mut(tenant)
            .is_some_and(|skills| skills.remove(skill).is_some())
    }

    /// The skill of `tenant` with that digest.
    ///
    /// # Errors
    /// `not-found`: another tenant's skills do not exist.
    pub fn get(&self, tenant: &TenantId, skill: &Digest) -> Result<Arc<Installed>, Fault> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants
            .get(tenant)
            .and_then(|skills| skills.get(skill))
            .cloned()
            .ok_or_else(|| {
                Fault::new(
                    Code::NotFound,
                    format!("The skill {skill} is not installed for the tenant `{tenant}`."),
                )
            })
    }
}
