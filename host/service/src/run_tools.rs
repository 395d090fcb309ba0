//! The tools of durable runs, called through [`Host::call`] like every other call.
//!
//! A run names a skill by its digest and brings the grant it was started with. The bytes come from the store, so any
//! host that shares the store can take the run up. How a grant's text becomes a grant with its secrets is the surface's:
//! it knows the folders and the vault.

mod pin;
mod ready;
mod within;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Instant,
};

use async_trait::async_trait;
use metier_agent::{
    definition::{Name, SkillUse, Taint},
    driver::{ToolCall, ToolEnd, Tools},
    journal::{PinnedSkill, PinnedTool},
};
use metier_core::{Artifact, Call, Code, Digest, Fault, Grant, RouteName, RunScope, TenantId};
use metier_runtime::{
    audit::Observer,
    capabilities::artifacts::{ArtifactError, ArtifactStore},
    context::Around,
    credentials::SecretSources,
    host::Host,
    registry::Installed,
    skill::Skill,
    world::World,
};
use metier_store::Store;

use crate::{
    audit::{NoNotes, Notes},
    installs::Install,
    market::Vouching,
    metrics::Metrics,
    policy::{Asked, Policies, RUN_ROLE, Surface},
};
use pin::{chosen, is_meant, parsed, pinned, reaches_out, routes};
use ready::Ready;
use within::RunWithin;

/// Skills, and skills under their grants, that are kept ready for further calls. What a call uses stays while it does.
const READY: usize = 1_024;

/// A pinned grant as the surface opens it: for this tenant, with where its secrets are.
pub type Reach =
    Arc<dyn Fn(&PinnedSkill, &TenantId) -> Result<(Grant, SecretSources), Fault> + Send + Sync>;

/// The tools of runs on this host.
pub struct RunTools {
    host: Arc<Host>,
    store: Arc<dyn Store>,
    artifacts: Arc<dyn ArtifactStore>,
    reach: Reach,
    observer: Arc<dyn Observer>,
    notes: Arc<dyn Notes>,
    metrics: Arc<Metrics>,
    policies: OnceLock<Arc<Policies>>,
    vouching: OnceLock<Arc<Vouching>>,
    skills: Ready<Digest, Skill>,
    /// Skills under the grants their runs were started with. The same bytes under two grants are two of these, so that runs
    /// with different grants neither wait for each other nor get anything of the other's reach.
    bound: Ready<(TenantId, Digest), Installed>,
}

/// A skill as a run depends on it.
pub struct Pinned {
    /// The skill.
    pub skill: PinnedSkill,
    /// Its tools that the run uses.
    pub tools: BTreeMap<String, PinnedTool>,
    /// Routes by which it may ask models, when the run has them.
    pub routes: Vec<RouteName>,
}

impl RunTools {
    /// Tools called on `host`, whose skills are in `store`.
    pub fn new(
        host: Arc<Host>,
        store: Arc<dyn Store>,
        artifacts: Arc<dyn ArtifactStore>,
        reach: Reach,
        observer: Arc<dyn Observer>,
    ) -> RunTools {
        RunTools {
            host,
            store,
            artifacts,
            reach,
            observer,
            notes: Arc::new(NoNotes),
            metrics: Arc::default(),
            policies: OnceLock::new(),
            vouching: OnceLock::new(),
            skills: Ready::up_to(READY),
            bound: Ready::up_to(READY),
        }
    }

    /// The same, calling no tool while its record could not be written.
    #[must_use]
    pub fn noting(self, notes: Arc<dyn Notes>) -> RunTools {
        RunTools { notes, ..self }
    }

    /// The same, whose calls are counted there.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> RunTools {
        RunTools { metrics, ..self }
    }

    /// Calls no tool from now on that its tenant's policies do not let be called. The first that is told stays.
    pub fn obey(&self, policies: Arc<Policies>) {
        self.policies.get_or_init(|| policies);
    }

    /// Loads nothing from now on that nobody vouches for, and calls nothing that is revoked. The first that is told stays.
    pub fn believe(&self, vouching: Arc<Vouching>) {
        self.vouching.get_or_init(|| vouching);
    }

    /// Keeps a skill in the store and says what of it a definition uses.
    ///
    /// # Errors
    /// A fault of the file's, or `invalid-arguments` where it is not the skill the definition means.
    pub async fn pin(
        &self,
        alias: &Name,
        using: &SkillUse,
        taint: &Taint,
        grant: Option<(String, String)>,
        bytes: Vec<u8>,
    ) -> Result<Pinned, Fault> {
        let digest = Digest::of(&bytes);
        let kept = self.store.put_blob(&digest, &bytes).await;
        kept.map_err(|error| Fault::new(Code::StorageUnavailable, error.to_string()))?;
        let skill = self.skills.get(digest, self.host.load(bytes)).await?;
        pin_loaded(alias, using, taint, grant, &skill)
    }

    /// The same of a skill that the store keeps already, as a tenant has it installed.
    ///
    /// # Errors
    /// As [`RunTools::pin`].
    pub async fn pin_kept(
        &self,
        alias: &Name,
        using: &SkillUse,
        taint: &Taint,
        install: &Install,
    ) -> Result<Pinned, Fault> {
        let skill = self.skill(&install.digest).await?;
        let grant = install.grant.clone().map(|text| (text, String::new()));
        pin_loaded(alias, using, taint, grant, &skill)
    }

    async fn make(&self, call: ToolCall) -> Result<ToolEnd, Fault> {
        self.notes.ready()?;
        if let Some(vouching) = self.vouching.get() {
            vouching.may_call(&call.skill.digest)?;
        }
        let bound = self.bound(&call.tenant, &call.skill).await?;
        self.permit(&call, &bound)?;
        let tool = call.tool.tool.clone();
        let made = self.host.call_to(
            call.tenant,
            call.principal,
            call.skill.digest,
            tool.clone(),
            call.arguments,
        )?;
        let made = Call {
            idempotency_key: Some(call.idempotency_key),
            within: call.caller,
            depth: call.depth,
            deadline: call.deadline,
            ..made
        };
        let around = Around {
            run: Arc::new(RunScope::of_tools([tool])),
            observer: self.observer.clone(),
            within: Arc::new(RunWithin(call.asks)),
        };
        let outcome = self.host.call_bound(made, bound, around).await;
        Ok(ToolEnd {
            result: outcome.result,
            artifacts: outcome.artifacts,
            price: outcome.price,
        })
    }

    fn permit(&self, call: &ToolCall, bound: &Installed) -> Result<(), Fault> {
        let Some(policies) = self.policies.get() else {
            return Ok(());
        };
        let info = bound.skill().manifest().skill.as_ref();
        policies.permit(&Asked {
            tenant: &call.tenant,
            principal: &call.principal,
            role: RUN_ROLE,
            request: call.caller.as_ref(),
            alias: call.tool.skill.as_str(),
            tool: call.tool.tool.as_str(),
            effect: call.tool.effect,
            skill: info.map_or(&"", |info| &info.name),
            version: info.map_or(&"", |info| &info.version),
            digest: &call.skill.digest,
            arguments: &call.arguments,
            tainted: call.tainted,
            surface: Surface::Run,
        })
    }

    /// A skill of the store's under its grant, for this tenant.
    ///
    /// # Errors
    /// A fault of the file's, or `grant-invalid`.
    pub async fn bound(
        &self,
        tenant: &TenantId,
        skill: &PinnedSkill,
    ) -> Result<Arc<Installed>, Fault> {
        let key = (tenant.clone(), under(skill));
        let bind = async {
            let loaded = self.skill(&skill.digest).await?;
            let (grant, sources) = (self.reach)(skill, tenant)?;
            let credentials = self.host.credentials(&grant, sources);
            self.host.bind(World::default(), loaded, grant, credentials)
        };
        self.bound.get(key, bind).await
    }

    /// A skill of the store's, loaded.
    ///
    /// # Errors
    /// `storage-unavailable` when it is not there, or a fault of the file's.
    pub async fn skill(&self, digest: &Digest) -> Result<Arc<Skill>, Fault> {
        let load = async {
            if let Some(vouching) = self.vouching.get() {
                vouching.may_load(digest).await?;
            }
            let bytes = self.store.get_blob(digest).await;
            let bytes = bytes
                .map_err(|error| Fault::new(Code::StorageUnavailable, error.to_string()))?
                .ok_or_else(|| {
                    let message = format!("The skill {digest} is not in the store any more.");
                    Fault::new(Code::StorageUnavailable, message)
                })?;
            self.host.load(bytes).await
        };
        self.skills.get(*digest, load).await
    }
}

/// What a definition means and uses of a skill.
fn pin_loaded(
    alias: &Name,
    using: &SkillUse,
    taint: &Taint,
    grant: Option<(String, String)>,
    skill: &Skill,
) -> Result<Pinned, Fault> {
    is_meant(alias, using, skill)?;
    let granted = grant.as_ref().map(|(text, _)| parsed(text)).transpose()?;
    let granted = granted.as_ref();
    let is_outside = reaches_out(skill, granted) && !taint.trusted.contains(alias);
    let tools = chosen(alias, using, skill)?
        .into_iter()
        .map(|name| pinned(alias, skill, &name, is_outside))
        .collect::<Result<_, Fault>>()?;
    let routes = granted.map_or_else(Vec::new, |granted| routes(skill, granted));
    let (grant, folder) = grant.unzip();
    Ok(Pinned {
        skill: PinnedSkill {
            digest: *skill.digest(),
            name: skill.manifest().name().cloned(),
            grant,
            folder,
        },
        tools,
        routes,
    })
}

#[async_trait]
impl Tools for RunTools {
    async fn call(&self, call: ToolCall) -> ToolEnd {
        let began = Instant::now();
        let (tenant, tool) = (call.tenant.clone(), call.tool.tool.clone());
        let PinnedSkill { name, digest, .. } = call.skill.clone();
        let end = self.make(call).await.unwrap_or_else(|fault| ToolEnd {
            result: Err(fault),
            artifacts: Vec::new(),
            price: metier_core::NanoDollars::default(),
        });
        let result = end.result.as_deref().map_err(|fault| fault.code);
        self.metrics
            .called(&tenant, name.as_ref(), &digest, &tool, result, began);
        end
    }

    async fn keep(
        &self,
        tenant: &TenantId,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Artifact, Fault> {
        let full = |error: ArtifactError| Fault::new(Code::StorageUnavailable, error.to_string());
        let mut writer = self.artifacts.begin(tenant).await.map_err(full)?;
        writer.write(bytes).await.map_err(full)?;
        let blob = writer.finish().await.map_err(full)?;
        Ok(Artifact {
            digest: blob.digest,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: blob.size,
        })
    }
}

/// SHA-256 over the bytes, the grant and the folder its paths are relative to: what else a call may do depends on.
fn under(skill: &PinnedSkill) -> Digest {
    let PinnedSkill {
        digest,
        name: _,
        grant,
        folder,
    } = skill;
    let parts = serde_json::json!([digest, grant, folder]);
    Digest::of(parts.to_string().as_bytes())
}
