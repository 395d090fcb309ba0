//! The service: every request of every surface ends here.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metier_agent::{
    definition::Name,
    driver::{Ids, Runs},
    models::Model,
    naming::wire_name,
    trace,
};
use metier_core::{
    Call, CallId, Code, Fault, NanoDollars, RunScope, TenantId, ToolName, Usage, nearest::nearest,
    package,
};
use metier_runtime::{
    audit::Observer, capabilities::artifacts::ArtifactStore, context::Around, host::Host,
    outcome::Outcome, registry::Installed, within::NoRun,
};
use metier_store::Store;
use tracing::{Instrument, Span};

use crate::{
    agents::{Agents, Models},
    audit::{Notes, pace::Pace},
    bearers::Trust,
    binding::Bound,
    books::{self, Books},
    directory::Directory,
    hooks::Hooks,
    hub::Hub,
    identity::{Caller, Right},
    installing::no_skill,
    installs::{self, Install},
    limits::{Limiter, Limits},
    market::Vouching,
    metrics::Metrics,
    once::Repeated,
    policy::{Policies, Surface},
    questions::Questions,
    records::{Kept, Mirror},
    run_tools::RunTools,
    seal::Seal,
    secrets::Secrets,
    triggers::Triggers,
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
    /// Where tenants' secrets are kept, and the accounts of their users.
    pub secrets: Option<Arc<Secrets>>,
    /// Who writes down what happens: the trail that the host's calls go to as well.
    pub audit: Arc<dyn Notes>,
    /// How much one key and one tenant may ask for.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// Refusals for being too fast that are written down in a second.
const LIMITED_NOTED: u32 = 10;

/// One host service.
pub struct Service {
    parts: Parts,
    directory: Directory,
    installs: Mirror<Install>,
    policies: Arc<Policies>,
    vouching: Arc<Vouching>,
    trust: Trust,
    agents: Agents,
    repeated: Repeated,
    questions: Questions,
    books: Books,
    seal: Seal,
    triggers: Triggers,
    hooks: Hooks,
    limiter: Limiter,
    limited: Pace,
    bound: Bound,
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
    /// By which way it came, for policies.
    pub surface: Surface,
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
        let policies = Policies::open(store.clone(), parts.audit.clone()).await?;
        let policies = Arc::new(policies);
        parts.tools.obey(policies.clone());
        let vouching = Arc::new(Vouching::open(store.clone()).await?);
        parts.tools.believe(vouching.clone());
        Ok(Service {
            directory: Directory::open_noting(store.clone(), parts.audit.clone()).await?,
            installs: Mirror::open(store.clone()).await?,
            policies,
            vouching,
            trust: Trust::default(),
            agents: Agents::new(Mirror::open(store.clone()).await?, parts.models.clone()),
            questions: Questions::new(&parts.models),
            books: Books::of(store.clone()),
            seal: Seal::open(&*store).await?,
            triggers: Triggers::open(store.clone()).await?,
            hooks: Hooks::open(store.clone()).await?,
            repeated: Repeated::new(store),
            limiter: Limiter::new(parts.limits),
            limited: Pace::of(LIMITED_NOTED),
            bound: Bound::default(),
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

    pub(crate) fn secrets_kept(&self) -> Option<&Arc<Secrets>> {
        self.parts.secrets.as_ref()
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
        self.forget_outdated();
        self.policies.look().await?;
        self.vouching.look().await?;
        self.end_runs_of_revoked().await?;
        self.triggers.look().await?;
        self.hooks.look().await?;
        self.agents.look().await
    }

    pub(crate) fn bound_now(&self) -> &Bound {
        &self.bound
    }

    pub(crate) fn installs(&self) -> &Mirror<Install> {
        &self.installs
    }

    pub(crate) fn trusted(&self) -> &Trust {
        &self.trust
    }

    /// What markets say of the skills of this host.
    pub fn vouching(&self) -> &Vouching {
        &self.vouching
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
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

    pub(crate) fn books(&self) -> &Books {
        &self.books
    }

    pub(crate) fn questions(&self) -> &Questions {
        &self.questions
    }

    /// What clients keep for us and cannot read.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    pub(crate) fn triggers(&self) -> &Triggers {
        &self.triggers
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        &self.hooks
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
        let began = Instant::now();
        match self.prepared(caller, &request).await {
            Ok((installed, tool, name)) => {
                let span = trace::tool(&name);
                let skill = installed.clone();
                let made = self.booked_call(caller, installed, &tool, request, &name);
                let outcome = made.instrument(span.clone()).await;
                let result = outcome.result.as_deref().map_err(|fault| fault.code);
                trace::returned(&span, result);
                let (name, digest) = (skill.skill().manifest().name(), skill.skill().digest());
                self.metrics()
                    .called(&caller.tenant, name, digest, &tool, result, began);
                outcome
            }
            Err(fault) => {
                self.metrics()
                    .call_refused(&caller.tenant, fault.code, began);
                self.note_refused(caller, request.id.as_ref(), &request.tool, &fault);
                failed(fault)
            }
        }
    }

    async fn prepared(
        &self,
        caller: &Caller,
        request: &CallRequest,
    ) -> Result<(Arc<Installed>, ToolName, String), Fault> {
        caller.needs(Right::Call)?;
        let name = request.tool.as_str();
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
        let component = kept.value.digest;
        let installed = self.bind(&caller.tenant, &alias, kept).await?;
        let Some(tool) = exactly(&installed, alias.as_str(), tool, name) else {
            return Err(self.no_tool(caller, name).await);
        };
        let dotted = format!("{}.{tool}", alias.as_str());
        caller.needs_tool(&dotted, &format!("tool `{name}`"))?;
        self.vouching.may_call(&component)?;
        self.permits(caller, &alias, &installed, &tool, request)?;
        Ok((installed, tool, dotted))
    }

    /// The call, and a line about it where its publisher asks for money.
    async fn booked_call(
        &self,
        caller: &Caller,
        installed: Arc<Installed>,
        tool: &ToolName,
        request: CallRequest,
        name: &str,
    ) -> Outcome {
        let skill = installed.clone();
        if skill.skill().manifest().pricing.is_free() {
            return self.made(caller, installed, tool.clone(), request).await.1;
        }
        let place = match self.books.place("calls that cost something") {
            Ok(place) => place,
            Err(fault) => return failed(fault),
        };
        let (id, outcome) = self.made(caller, installed, tool.clone(), request).await;
        let key = id.and_then(|id| format!("call/{id}").parse().ok());
        let line = books::line_of_call(skill.skill().manifest().name(), name, outcome.price);
        if let (false, Some(key), Some(line)) = (outcome.price.is_zero(), key, line) {
            place.book(caller.tenant.clone(), key, line);
        }
        outcome
    }

    async fn made(
        &self,
        caller: &Caller,
        installed: Arc<Installed>,
        tool: ToolName,
        request: CallRequest,
    ) -> (Option<CallId>, Outcome) {
        let id = match request.id.map_or_else(|| self.parts.host.call_id(), Ok) {
            Ok(id) => id,
            Err(fault) => return (None, failed(fault)),
        };
        let call = Call {
            id: id.clone(),
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
        trace::called(&Span::current(), call.id.as_str(), &call.arguments);
        let around = Around {
            run: Arc::new(RunScope::unrestricted()),
            observer: request.observer,
            within: Arc::new(NoRun),
        };
        let outcome = self.parts.host.call_bound(call, installed, around).await;
        (Some(id), outcome)
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

    pub(crate) fn kept(&self, tenant: &TenantId, alias: &Name) -> Option<Kept<Install>> {
        self.installs.get(&installs::key(tenant, alias))
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

fn failed(fault: Fault) -> Outcome {
    Outcome {
        result: Err(fault),
        usage: Usage::default(),
        price: NanoDollars::default(),
        artifacts: Vec::new(),
        denials: Vec::new(),
        log: Vec::new(),
        stdio: String::new(),
    }
}
