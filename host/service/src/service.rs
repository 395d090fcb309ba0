//! The service: every request of every surface ends here.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use metier_agent::{
    definition::Name,
    driver::{Ids, Runs},
    journal::PinnedSkill,
    models::Model,
    naming::wire_name,
};
use metier_core::{
    Call, CallId, Code, Digest, Fault, RunScope, TenantId, ToolName, Usage, nearest::nearest,
    package,
};
use metier_runtime::{
    audit::Observer, capabilities::artifacts::ArtifactStore, context::Around,
    credentials::vault::Vault, host::Host, outcome::Outcome, registry::Installed, skill::Skill,
    within::NoRun,
};
use metier_store::{
    Store,
    types::{Expect, Rev},
};

use crate::{
    agents::{Agents, Models},
    audit::{Notes, SkillChange, What, pace::Pace},
    directory::{Directory, now},
    faults::{of_store, sentence},
    hub::Hub,
    identity::{Caller, Right},
    installs::{self, Install},
    limits::{Limiter, Limits},
    noting,
    once::Repeated,
    questions::Questions,
    records::{Kept, Mirror},
    run_tools::RunTools,
    seal::Seal,
};

/// What a service is made of.
pub struct Parts {
    /// The sandbox.
    pub host: Arc<Host>,
    /// What must not be lost.
    pub store: Arc<dyn Store>,
    /// The tools of runs.
    pub tools: Arc<RunTools>,
    /// Durable runs.
    pub runs: Runs,
    /// New ids.
    pub ids: Ids,
    /// What models may be asked, and what they cost.
    pub models: Models,
    /// Who asks them.
    pub model: Arc<dyn Model>,
    /// Who follows runs; the runs' watcher.
    pub hub: Arc<Hub>,
    /// Files tools handed back.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Where tenants' secrets are kept.
    pub vault: Option<Arc<Vault>>,
    /// Who writes down what happens: the trail that the host's calls go to as well.
    pub audit: Arc<dyn Notes>,
    /// How much one key and one tenant may ask for.
    pub limits: Limits,
}

/// Refusals for being too fast that are written down in a second.
const LIMITED_NOTED: u32 = 10;

/// One host service.
pub struct Service {
    parts: Parts,
    directory: Directory,
    installs: Mirror<Install>,
    agents: Agents,
    repeated: Repeated,
    questions: Questions,
    seal: Seal,
    limiter: Limiter,
    limited: Pace,
    bound: RwLock<HashMap<String, (Rev, Arc<Installed>)>>,
}

/// A call of a tool.
pub struct CallRequest {
    /// Its id, where the surface has told it already.
    pub id: Option<CallId>,
    /// `alias.tool`, or as models see it, `alias__tool`.
    pub tool: String,
    /// JSON text, an object.
    pub arguments: String,
    /// How long the client waits.
    pub deadline: Option<Duration>,
    /// Names this attempt and all its repetitions.
    pub idempotency_key: Option<String>,
    /// Who hears what happens in it.
    pub observer: Arc<dyn Observer>,
}

/// A tool a caller may call.
#[derive(Clone, Debug)]
pub struct Listed {
    /// `alias.tool`.
    pub name: String,
    /// As models and MCP clients see it: `alias__tool`.
    pub wire_name: String,
    /// What the skill says of it.
    pub info: package::Tool,
}

impl Service {
    /// Over its parts. The catalog is read; nothing is loaded yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(parts: Parts) -> Result<Self, Fault> {
        let store = parts.store.clone();
        Ok(Service {
            directory: Directory::open_noting(store.clone(), parts.audit.clone()).await?,
            installs: Mirror::open(store.clone()).await?,
            agents: Agents::new(Mirror::open(store.clone()).await?, parts.models.clone()),
            questions: Questions::new(&parts.models),
            seal: Seal::open(&*store).await?,
            repeated: Repeated::new(store),
            limiter: Limiter::new(parts.limits),
            limited: Pace::of(LIMITED_NOTED),
            bound: RwLock::default(),
            parts,
        })
    }

    /// Tenants and keys.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Durable runs.
    pub fn runs(&self) -> &Runs {
        &self.parts.runs
    }

    /// What happens in runs.
    pub fn hub(&self) -> &Hub {
        &self.parts.hub
    }

    /// Who asks models.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.parts.model
    }

    /// Files tools handed back.
    pub fn artifacts(&self) -> &Arc<dyn ArtifactStore> {
        &self.parts.artifacts
    }

    pub(crate) fn vault(&self) -> Option<&Arc<Vault>> {
        self.parts.vault.as_ref()
    }

    /// The sandbox.
    pub fn host(&self) -> &Host {
        &self.parts.host
    }

    /// What must not be lost.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    /// Learns what other hosts changed.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<(), Fault> {
        self.directory.look().await?;
        self.installs.look().await?;
        self.agents.look().await
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    pub(crate) fn limited(&self) -> &Pace {
        &self.limited
    }

    pub(crate) fn deployments(&self) -> &Agents {
        &self.agents
    }

    pub(crate) fn repeated(&self) -> &Repeated {
        &self.repeated
    }

    pub(crate) fn questions(&self) -> &Questions {
        &self.questions
    }

    /// What clients keep for us and cannot read.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.parts.ids
    }

    pub(crate) fn run_tools(&self) -> &RunTools {
        &self.parts.tools
    }

    /// A tenant's skill that is switched on.
    pub(crate) fn skill_of(&self, tenant: &TenantId, alias: &Name) -> Result<Arc<Install>, Fault> {
        let kept = self.kept(tenant, alias).filter(|kept| kept.value.enabled);
        let kept = kept.ok_or_else(|| no_skill(alias))?;
        Ok(kept.value)
    }

    /// Installs a skill for the caller's tenant, or replaces what has the alias. A grant that is there stays where none is given.
    ///
    /// # Errors
    /// `forbidden`, a fault of the file's, `grant-invalid`.
    pub async fn install(
        &self,
        caller: &Caller,
        alias: Option<Name>,
        bytes: Vec<u8>,
        grant: Option<String>,
    ) -> Result<(Name, Arc<Install>), Fault> {
        self.needs(caller, Right::Operate)?;
        let digest = Digest::of(&bytes);
        let skill = self.parts.host.load(bytes.clone()).await?;
        let info = skill.manifest().skill.as_ref();
        let alias = alias.or_else(|| installs::alias_of(info.map(|info| &info.name)));
        let alias = alias.ok_or_else(|| {
            Fault::new(
                Code::InvalidArguments,
                "The skill has no name to call it by.",
            )
            .with_hint("Choose an alias.")
        })?;
        let before = self.kept(&caller.tenant, &alias);
        let grant = grant.or_else(|| before.as_ref()?.value.grant.clone());
        let kept = self.parts.store.put_blob(&digest, &bytes).await;
        kept.map_err(|error| of_store(&error))?;
        let install = Install {
            digest,
            name: info.map(|info| info.name.clone()),
            version: info.map(|info| info.version.to_string()),
            grant,
            enabled: before.as_ref().is_none_or(|before| before.value.enabled),
            by: caller.principal.clone(),
            changed: now(),
        };
        self.check(caller, &skill, &install)?;
        let install = self.write(caller, &alias, before, install).await?;
        Ok((alias, install))
    }

    /// Replaces the grant of an installed skill; nothing takes everything away.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, `grant-invalid`.
    pub async fn grant(
        &self,
        caller: &Caller,
        alias: &Name,
        grant: Option<String>,
    ) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let changed = Install {
            grant,
            by: caller.principal.clone(),
            changed: now(),
            ..(*before.value).clone()
        };
        let skill = self.parts.tools.skill(&changed.digest).await?;
        self.check(caller, &skill, &changed)?;
        self.write(caller, alias, Some(before), changed).await
    }

    /// Switches an installed skill on or off.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn enable(
        &self,
        caller: &Caller,
        alias: &Name,
        enabled: bool,
    ) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let changed = Install {
            enabled,
            by: caller.principal.clone(),
            changed: now(),
            ..(*before.value).clone()
        };
        self.write(caller, alias, Some(before), changed).await
    }

    /// Takes a skill away. Runs that have it pinned keep it.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn uninstall(&self, caller: &Caller, alias: &Name) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let key = installs::key(&caller.tenant, alias);
        self.installs.remove(&key, Expect::Rev(before.rev)).await?;
        let removed = What::Skill {
            change: SkillChange::Removed,
            alias: alias.as_str(),
            digest: before.value.digest,
            before: None,
        };
        self.note(caller, removed);
        Ok(())
    }

    /// The tenant's skills, by alias.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn skills(&self, caller: &Caller) -> Result<Vec<(String, Arc<Install>)>, Fault> {
        self.needs(caller, Right::See)?;
        let all = self
            .installs
            .below(&format!("{}/", caller.tenant))
            .into_iter();
        Ok(all.map(|(alias, kept)| (alias, kept.value)).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub fn skill(&self, caller: &Caller, alias: &Name) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::See)?;
        Ok(self.installed(caller, alias)?.value)
    }

    /// An installed skill, loaded, under its grant.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, a fault of the file's.
    pub async fn bound(&self, caller: &Caller, alias: &Name) -> Result<Arc<Installed>, Fault> {
        self.needs(caller, Right::See)?;
        let kept = self.installed(caller, alias)?;
        self.bind(&caller.tenant, alias, kept).await
    }

    /// The tools the caller may call, by name. A skill that cannot be loaded has none, and the host's log says why.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn tools(&self, caller: &Caller) -> Result<Vec<Listed>, Fault> {
        let mut listed = Vec::new();
        for (alias, install) in self.skills(caller)? {
            let Ok(name) = alias.parse::<Name>() else {
                continue;
            };
            if !install.enabled {
                continue;
            }
            match self.bound(caller, &name).await {
                Ok(installed) => listed.extend(callable(caller, &alias, &installed)),
                Err(fault) => {
                    tracing::warn!(tenant = %caller.tenant, alias, %fault, "a skill is left out")
                }
            }
        }
        Ok(listed)
    }

    /// Calls a tool. Whatever comes of it is told, and written down once.
    pub async fn call(&self, caller: &Caller, request: CallRequest) -> Outcome {
        let _permit = match self.admit(caller) {
            Ok(permit) => permit,
            Err(fault) => return failed(fault),
        };
        match self.prepared(caller, &request.tool).await {
            Ok((installed, tool)) => self.made(caller, installed, tool, request).await,
            Err(fault) => {
                self.note_refused(caller, request.id.as_ref(), &request.tool, &fault);
                failed(fault)
            }
        }
    }

    async fn prepared(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Arc<Installed>, ToolName), Fault> {
        caller.needs(Right::Call)?;
        let Some((alias, tool)) = name.split_once("__").or_else(|| name.split_once('.')) else {
            return Err(self.no_tool(caller, name).await);
        };
        let found = alias.parse().ok().and_then(|alias: Name| {
            let kept = self.kept(&caller.tenant, &alias)?;
            Some((alias, kept))
        });
        let Some((alias, kept)) = found.filter(|(_, kept)| kept.value.enabled) else {
            return Err(self.no_tool(caller, name).await);
        };
        let installed = self.bind(&caller.tenant, &alias, kept).await?;
        let Some(tool) = exactly(&installed, alias.as_str(), tool, name) else {
            return Err(self.no_tool(caller, name).await);
        };
        if !caller.is_for(&format!("{}.{tool}", alias.as_str())) {
            let message = format!("The key is not for the tool `{name}`.");
            let hint = format!("It is for: {}.", caller.tools.join(", "));
            return Err(Fault::new(Code::Forbidden, message).with_hint(hint));
        }
        Ok((installed, tool))
    }

    async fn made(
        &self,
        caller: &Caller,
        installed: Arc<Installed>,
        tool: ToolName,
        request: CallRequest,
    ) -> Outcome {
        let id = match request.id.map_or_else(|| self.parts.host.call_id(), Ok) {
            Ok(id) => id,
            Err(fault) => return failed(fault),
        };
        let call = Call {
            id,
            tenant: caller.tenant.clone(),
            principal: caller.principal.clone(),
            skill: *installed.skill().digest(),
            tool,
            arguments: request.arguments,
            deadline: request.deadline,
            idempotency_key: request.idempotency_key,
            within: None,
            depth: 0,
        };
        let around = Around {
            run: Arc::new(RunScope::unrestricted()),
            observer: request.observer,
            within: Arc::new(NoRun),
        };
        self.parts.host.call_bound(call, installed, around).await
    }

    async fn no_tool(&self, caller: &Caller, name: &str) -> Fault {
        let fault = Fault::new(
            Code::UnknownTool,
            format!("There is no tool `{}`.", metier_core::ids::shown(name)),
        );
        let tools = self.tools(caller).await.unwrap_or_default();
        let named = |tool: &Listed| match name.contains("__") {
            true => tool.wire_name.clone(),
            false => tool.name.clone(),
        };
        let names: Vec<String> = tools.iter().map(named).collect();
        match nearest(name, names.iter().map(String::as_str)) {
            Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")),
            None => fault.with_hint("List the tools you may call; an operator installs skills."),
        }
    }

    /// Whether the install makes sense: the grant is one the caller may give, and for this skill.
    fn check(&self, caller: &Caller, skill: &Arc<Skill>, install: &Install) -> Result<(), Fault> {
        let Some(text) = &install.grant else {
            return Ok(());
        };
        let grant = installs::grant(&caller.tenant, text)?;
        let may_give = installs::may_give(caller, &grant);
        may_give.inspect_err(|fault| {
            noting::refused(self.notes(), caller, Right::Administer, fault);
        })?;
        let subject = grant.subject.check(skill.manifest().name(), skill.digest());
        subject.map_err(|wrong| {
            let message = sentence(&wrong.to_string());
            Fault::new(Code::GrantInvalid, message)
        })
    }

    async fn write(
        &self,
        caller: &Caller,
        alias: &Name,
        before: Option<Kept<Install>>,
        install: Install,
    ) -> Result<Arc<Install>, Fault> {
        let key = installs::key(&caller.tenant, alias);
        let expect = before.as_ref();
        let expect = expect.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        self.installs.put(&key, expect, &install).await?;
        let before = before.as_ref().map(|before| &*before.value);
        self.note_install(caller, alias.as_str(), before, &install);
        Ok(Arc::new(install))
    }

    fn kept(&self, tenant: &TenantId, alias: &Name) -> Option<Kept<Install>> {
        self.installs.get(&installs::key(tenant, alias))
    }

    fn installed(&self, caller: &Caller, alias: &Name) -> Result<Kept<Install>, Fault> {
        self.kept(&caller.tenant, alias)
            .ok_or_else(|| no_skill(alias))
    }

    async fn bind(
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
        let installed = self.parts.tools.bound(tenant, &pinned).await?;
        let mut bound = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        bound.insert(key, (kept.rev, installed.clone()));
        Ok(installed)
    }

    fn bound_already(&self, key: &str, rev: Rev) -> Option<Arc<Installed>> {
        let bound = self.bound.read().unwrap_or_else(PoisonError::into_inner);
        let (bound_at, installed) = bound.get(key)?;
        (*bound_at == rev).then(|| installed.clone())
    }
}

/// The tool called `tool`, or the one that models see by the whole name.
fn exactly(installed: &Installed, alias: &str, tool: &str, name: &str) -> Option<ToolName> {
    let skill = installed.skill();
    let as_seen = || {
        let mut tools = skill.tools();
        tools.find(|tool| wire_name(&format!("{alias}.{}", tool.info.name)) == name)
    };
    let found = skill.tool(tool).or_else(as_seen)?;
    Some(found.info.name.clone())
}

fn callable<'a>(
    caller: &'a Caller,
    alias: &'a str,
    installed: &'a Installed,
) -> impl Iterator<Item = Listed> + 'a {
    let tools = installed.skill().tools();
    let granted = tools.filter(|tool| installed.grant().tools.contains(&tool.info.name));
    granted.filter_map(move |tool| {
        let name = format!("{alias}.{}", tool.info.name);
        caller.is_for(&name).then(|| Listed {
            wire_name: wire_name(&name),
            name,
            info: tool.info.clone(),
        })
    })
}

fn no_skill(alias: &Name) -> Fault {
    let message = format!("There is no skill `{}`.", alias.as_str());
    Fault::new(Code::NotFound, message)
        .with_hint("`metier admin skill list` shows what is installed.")
}

fn failed(fault: Fault) -> Outcome {
    Outcome {
        result: Err(fault),
        usage: Usage::default(),
        artifacts: Vec::new(),
        denials: Vec::new(),
        log: Vec::new(),
        stdio: String::new(),
    }
}
