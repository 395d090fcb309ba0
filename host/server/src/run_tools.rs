//! The tools of durable runs, called through [`Host::call`] like every other call.
//!
//! A run names a skill by its digest and brings the grant it was started with. The bytes come from the store, so any
//! host that shares the store can take the run up. How a grant's text becomes a grant with its secrets is the surface's:
//! it knows the folders and the vault.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use metier_agent::{
    definition::{Name, SkillUse, Taint, ToolChoice},
    driver::{ToolCall, ToolEnd, Tools},
    journal::{PinnedSkill, PinnedTool},
};
use metier_core::{
    Artifact, Call, Code, Digest, Fault, Grant, RunScope, TenantId, nearest::nearest,
};
use metier_runtime::{
    audit::Observer,
    capabilities::artifacts::{ArtifactError, ArtifactStore},
    credentials::SecretSources,
    host::Host,
    skill::Skill,
};
use metier_store::Store;
use tokio::sync::Mutex;

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
    skills: Mutex<BTreeMap<Digest, Arc<Skill>>>,
    /// What is installed at present: one grant for a tenant's skill.
    installed: Mutex<BTreeMap<(TenantId, Digest), PinnedSkill>>,
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
            skills: Mutex::default(),
            installed: Mutex::default(),
        }
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
    ) -> Result<(PinnedSkill, BTreeMap<String, PinnedTool>), Fault> {
        let digest = Digest::of(&bytes);
        let kept = self.store.put_blob(&digest, &bytes).await;
        kept.map_err(|error| Fault::new(Code::StorageUnavailable, error.to_string()))?;
        let skill = self.host.load(bytes).await?;
        is_meant(alias, using, &skill)?;
        let is_outside =
            !skill.manifest().capabilities.http.is_empty() && !taint.trusted.contains(alias);
        let tools = chosen(alias, using, &skill)?
            .into_iter()
            .map(|name| pinned(alias, &skill, &name, is_outside))
            .collect::<Result<_, Fault>>()?;
        self.skills.lock().await.insert(digest, skill);
        let (grant, folder) = grant.unzip();
        let skill = PinnedSkill {
            digest,
            grant,
            folder,
        };
        Ok((skill, tools))
    }

    async fn make(&self, call: ToolCall) -> Result<ToolEnd, Fault> {
        self.install(&call).await?;
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
            ..made
        };
        let scope = Arc::new(RunScope::of_tools([tool]));
        let outcome = self.host.call(made, scope, self.observer.clone()).await;
        Ok(ToolEnd {
            result: outcome.result,
            artifacts: outcome.artifacts,
        })
    }

    async fn install(&self, call: &ToolCall) -> Result<(), Fault> {
        let key = (call.tenant.clone(), call.skill.digest);
        let mut installed = self.installed.lock().await;
        if installed.get(&key) == Some(&call.skill) {
            return Ok(());
        }
        let skill = self.load(&call.skill.digest).await?;
        let (grant, sources) = (self.reach)(&call.skill, &call.tenant)?;
        let credentials = self.host.credentials(&grant, sources);
        self.host.install(skill, grant, credentials)?;
        installed.insert(key, call.skill.clone());
        Ok(())
    }

    async fn load(&self, digest: &Digest) -> Result<Arc<Skill>, Fault> {
        let mut skills = self.skills.lock().await;
        if let Some(skill) = skills.get(digest) {
            return Ok(skill.clone());
        }
        let bytes = self.store.get_blob(digest).await;
        let bytes = bytes
            .map_err(|error| Fault::new(Code::StorageUnavailable, error.to_string()))?
            .ok_or_else(|| {
                let message = format!("The skill {digest} is not in the store any more.");
                Fault::new(Code::StorageUnavailable, message)
            })?;
        let skill = self.host.load(bytes).await?;
        skills.insert(*digest, skill.clone());
        Ok(skill)
    }
}

#[async_trait]
impl Tools for RunTools {
    async fn call(&self, call: ToolCall) -> ToolEnd {
        self.make(call).await.unwrap_or_else(|fault| ToolEnd {
            result: Err(fault),
            artifacts: Vec::new(),
        })
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

/// The skill is the one the definition means: its bytes, its name, its version.
fn is_meant(alias: &Name, using: &SkillUse, skill: &Skill) -> Result<(), Fault> {
    let alias = alias.as_str();
    let wrong = |what: String| {
        let message = format!("The file of the skill {alias}, {}, {what}.", using.file);
        Fault::new(Code::InvalidArguments, message)
    };
    if let Some(digest) = &using.digest
        && digest != skill.digest()
    {
        return Err(wrong(format!("is {} and not {digest}", skill.digest())));
    }
    let info = skill.manifest().skill.as_ref();
    if let Some(name) = &using.name
        && info.is_none_or(|info| info.name != *name)
    {
        let found = info.map_or("nameless".to_owned(), |info| info.name.to_string());
        return Err(wrong(format!("is {found} and not {name}")));
    }
    if let Some(wanted) = &using.version
        && info.is_none_or(|info| !wanted.matches(&info.version))
    {
        let found = info.map_or("without a version".to_owned(), |info| {
            info.version.to_string()
        });
        return Err(wrong(format!("is {found} and not {wanted}")));
    }
    Ok(())
}

/// The tools a definition uses; each has to be there.
fn chosen(alias: &Name, using: &SkillUse, skill: &Skill) -> Result<BTreeSet<String>, Fault> {
    let all: Vec<&str> = skill.tools().map(|tool| tool.info.name.as_str()).collect();
    let ToolChoice::These(names) = &using.tools else {
        return Ok(all.into_iter().map(str::to_owned).collect());
    };
    for name in names {
        if !all.contains(&name.as_str()) {
            let message = format!("The skill {} has no tool {name}.", alias.as_str());
            let fault = Fault::new(Code::UnknownTool, message);
            return Err(match nearest(name, all.iter().copied()) {
                Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")),
                None => fault.with_hint(format!("It has: {}.", all.join(", "))),
            });
        }
    }
    Ok(names.iter().cloned().collect())
}

fn pinned(
    alias: &Name,
    skill: &Skill,
    name: &str,
    outside: bool,
) -> Result<(String, PinnedTool), Fault> {
    let tool = skill.tool(name).ok_or_else(|| {
        Fault::new(
            Code::UnknownTool,
            format!("The skill {} has no tool {name}.", alias.as_str()),
        )
    })?;
    let pinned = PinnedTool {
        skill: alias.clone(),
        tool: tool.info.name.clone(),
        effect: tool.info.effect,
        description: tool.info.description.clone(),
        input_schema: tool.info.input_schema.clone(),
        output_schema: tool.info.output_schema.clone(),
        outside,
    };
    Ok((format!("{}.{name}", alias.as_str()), pinned))
}
